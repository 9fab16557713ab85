"""Journal entries: for movements of money, for many records together, and to correct other documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Self

import attrs
from typing_extensions import override

from brex_accounting import Amount
from bridge.documents.form import Form, FormLine, form, lines_beside
from bridge.documents.marks import CORRECTION, Origin
from bridge.documents.protocol import Found, PlannedVendor
from bridge.documents.rillet_forms import JOURNAL_ENTRIES, form_of
from bridge.documents.rillet_items import field_assignments, postings_of_entry
from bridge.master_data import Rate
from bridge.postings import Posting
from bridge.values import FieldAssignment
from clientkit.requests import Request
from rillet import (
    ExchangeRate,
    JournalEntry,
    JournalEntryOperations,
    JournalEntryUpdate,
    Money,
    NewJournalEntry,
    NewJournalEntryItem,
    Side,
)


@attrs.frozen(kw_only=True)
class RilletDocument:
    """What all kinds have in common.

    `exchange_rate` converts the document's currency into that of its subsidiary, None where these are the same.
    """

    impact_date: date
    subsidiary_id: str
    exchange_rate: Rate | None = None

    def replace(self, present: Found) -> Request[Any]:
        """Raises `TypeError`, unless Rillet replaces objects of the kind."""
        raise TypeError(f"Rillet does not replace {present.ref.kind}")


@attrs.frozen(kw_only=True)
class Movement(RilletDocument):
    """A document without a vendor: money only moves."""

    @property
    def party(self) -> None:
        """Nobody."""
        return None

    def with_vendor(self, vendor: str | PlannedVendor, /) -> Self:
        """The same."""
        del vendor
        return self

    def spent(self) -> tuple[Amount, ...]:
        """Nothing."""
        return ()


@attrs.frozen(kw_only=True)
class JournalEntryDocument(Movement):
    """A journal entry: for the record of `origin`, whose mark follows the `title` in its name, or for many without one.

    `is_taxable` tells that VAT may be in what was posted for the record: Rillet does not give it back, so nothing can be
    corrected that is not known. `total` is the digest of what a correcting entry makes of its document.
    """

    kind: str = attrs.field(default=JOURNAL_ENTRIES, init=False)
    noun: str = attrs.field(default="journal entry", init=False)

    title: str
    currency: str
    items: tuple[NewJournalEntryItem, ...]
    origin: Origin | None = None
    is_taxable: bool = False
    total: str | None = None

    @property
    def payload(self) -> NewJournalEntry:
        """What Rillet gets."""
        link = None if self.origin is None else self.origin.link
        return attrs.evolve(self._content(), name=self._name(), attachment_url=link)

    def postings(self) -> tuple[Posting, ...]:
        """The lines as they are; VAT is parted off them."""
        return postings_of_entry(self.items)

    def form(self) -> Form:
        """The canonical form."""
        return form_of(self._content())

    def create(self) -> Request[Any]:
        """Post it."""
        return JournalEntryOperations.create.build(self.payload)

    @override
    def replace(self, present: Found) -> Request[Any]:
        """Replace the entry that is there; the day on which it is taken back, its attachment and unknown fields stay.

        Raises:
            ValueError: The entry is of another subsidiary, which Rillet does not change.
        """
        entry = present.raw
        if not isinstance(entry, JournalEntry):
            raise TypeError(f"{present.ref} is not a journal entry")
        check_subsidiary(entry.subsidiary_id, self.subsidiary_id)
        update = JournalEntryUpdate(
            name=self._name(),
            currency=self.currency,
            items=self.items,
            date=self.impact_date,
            reversal_date=entry.reversal_date,
            attachment_url=entry.attachment_url or (None if self.origin is None else self.origin.link),
            exchange_rate=exchange_rate(self.exchange_rate),
            extra=entry.extra,
        )
        return JournalEntryOperations.update.build(entry.id, update)

    def correction(self, lines: tuple[FormLine, ...], day: date) -> JournalEntryDocument | None:
        """An entry of the lines, which balance by themselves; None for one whose lines may have VAT."""
        if self.origin is None or self.is_taxable or any(each.vat_code is not None for each in self.items):
            return None
        return correcting_entry(
            lines,
            day,
            corrected=self,
            origin=self.origin,
            currency=self.currency,
            total=self.form().digest(),
        )

    def corrected(self, base: Form, corrections: Sequence[Form]) -> Form | None:
        """The sum of all lines."""
        added = (line for each in corrections for line in lines_beside(base, each))
        return form(base.kind, [*base.lines, *added], base.head)

    def _name(self) -> str:
        if self.origin is None:
            return self.title
        own = self.form().digest()
        return (
            self.origin.name(self.title, own)
            if self.total is None
            else self.origin.name_of_correction(self.title, self.total, own)
        )

    def _content(self) -> NewJournalEntry:
        return NewJournalEntry(
            name=self.title,
            currency=self.currency,
            items=self.items,
            date=self.impact_date,
            exchange_rate=exchange_rate(self.exchange_rate),
            subsidiary_id=self.subsidiary_id,
        )


def correcting_entry(
    lines: Sequence[FormLine],
    day: date,
    *,
    corrected: RilletDocument,
    origin: Origin,
    currency: str | None,
    total: str,
) -> JournalEntryDocument | None:
    """The entry that corrects a document.

    None where nothing is left to post, or an amount is in another currency or in the books of another subsidiary.
    """
    summed = form(JOURNAL_ENTRIES, lines, {}).lines
    if currency is None or not summed:
        return None
    if any(each.currency != currency or each.subsidiary is not None for each in summed):
        return None
    items = tuple(
        NewJournalEntryItem(
            account_code=each.account,
            amount=Money(each.amount.copy_abs(), currency),
            side=Side.DEBIT if each.amount > 0 else Side.CREDIT,
            description="Correction",
            fields=field_assignments(
                [FieldAssignment(field_id=field, field_value_id=value) for field, value in sorted(each.fields)]
            ),
        )
        for each in summed
    )
    return JournalEntryDocument(
        title=CORRECTION,
        currency=currency,
        items=items,
        impact_date=day,
        subsidiary_id=corrected.subsidiary_id,
        exchange_rate=corrected.exchange_rate,
        origin=origin,
        total=total,
    )


def sum_of(base: Form, corrections: Sequence[Form], against: str) -> Form:
    """What a document and the entries that correct it say, without the account that stands against the lines."""
    lines = (line for each in corrections for line in lines_beside(base, each))
    added = (line for line in lines if line.subsidiary is not None or line.account != against)
    return form(base.kind, [*base.lines, *added], base.head)


def untaxed(
    line: FormLine, account: str, amount: Decimal, fields: frozenset[tuple[str, str]] = frozenset()
) -> FormLine:
    """A line of a correcting entry: this account and amount, in the currency and the books of another line."""
    return FormLine(account=account, amount=amount, currency=line.currency, fields=fields, subsidiary=line.subsidiary)


def check_subsidiary(present: str | None, wanted: str) -> None:
    """Raise `ValueError` where an object is of another subsidiary, which Rillet does not change."""
    if present is not None and present != wanted:
        raise ValueError(f"it is of the subsidiary {present}, and has to be of {wanted}: delete it and post it anew")


def exchange_rate(rate: Rate | None) -> ExchangeRate | None:
    """A rate as Rillet wants it."""
    return None if rate is None else ExchangeRate(base=rate.base, target=rate.target, rate=rate.rate, date=rate.date)
