"""What the sync needs of a billing system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from bridge.billing.documents import CREDIT_NOTE, INVOICE, subject_of
from bridge.billing.values import CreditNote, Invoice, UnreadableInvoice


class BillingSystem(Protocol):
    """Where invoices come from. Every method raises `ApiError` where it cannot be asked."""

    @property
    def name(self) -> str:
        """The billing system in messages, such as ``Stripe``."""
        ...

    def invoices(
        self, *, ids: Sequence[str] | None, updated_after: datetime | None
    ) -> Iterable[Invoice | UnreadableInvoice]:
        """Those with these ids, whatever their status, or else those that changed after a moment, all where there is none."""
        ...

    def credit_notes(
        self, *, ids: Sequence[str] | None, updated_after: datetime | None
    ) -> Iterable[CreditNote | UnreadableInvoice]:
        """As `invoices`, for credit notes."""
        ...


class ListedInvoices:
    """Invoices and credit notes that were read from a file or made by a program; they are always read whole."""

    def __init__(
        self,
        invoices: Iterable[Invoice | UnreadableInvoice],
        credit_notes: Iterable[CreditNote | UnreadableInvoice] = (),
        *,
        name: str = "the billing system",
    ) -> None:
        self._name = name
        self._invoices, self._credit_notes = tuple(invoices), tuple(credit_notes)

    @property
    def name(self) -> str:
        """The billing system in messages."""
        return self._name

    def invoices(
        self, *, ids: Sequence[str] | None, updated_after: datetime | None
    ) -> Iterator[Invoice | UnreadableInvoice]:
        """See `BillingSystem.invoices`."""
        del updated_after
        yield from (each for each in self._invoices if ids is None or each.id in ids)

    def credit_notes(
        self, *, ids: Sequence[str] | None, updated_after: datetime | None
    ) -> Iterator[CreditNote | UnreadableInvoice]:
        """See `BillingSystem.credit_notes`."""
        del updated_after
        yield from (each for each in self._credit_notes if ids is None or each.id in ids)

    def unreadable(self) -> tuple[UnreadableInvoice, ...]:
        """Those that cannot be read."""
        return tuple(each for each in (*self._invoices, *self._credit_notes) if isinstance(each, UnreadableInvoice))

    def subjects(self) -> tuple[str, ...]:
        """How the journal calls them, those that can be read."""
        invoices = [subject_of(INVOICE, each.id) for each in self._invoices if isinstance(each, Invoice)]
        notes = [subject_of(CREDIT_NOTE, each.id) for each in self._credit_notes if isinstance(each, CreditNote)]
        return (*invoices, *notes)
