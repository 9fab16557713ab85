"""What charges, reimbursements, bills and vendor credits have in common: lines against one account, for a vendor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Self

import attrs

from brex_accounting import Amount
from bridge.documents.form import Form, FormLine
from bridge.documents.marks import Origin
from bridge.documents.protocol import PlannedVendor
from bridge.documents.rillet_entries import JournalEntryDocument, RilletDocument, correcting_entry, sum_of, untaxed
from bridge.documents.rillet_forms import form_of
from bridge.documents.rillet_items import postings_of, spent_on
from bridge.postings import Posting
from clientkit.money import total
from rillet import ExternalReference, NewBill, NewCharge, NewExpenseItem, NewReimbursement, NewVendorCredit


@attrs.frozen(kw_only=True)
class ExpenseDocument(RilletDocument, ABC):
    """What is owed to a vendor: lines against `account`, the code of the one that Rillet credits with their sum.

    `tax_account` is the code of the account with the VAT of lines, which is that of every tax code but `sales_taxes`.
    """

    origin: Origin
    party: str | PlannedVendor
    items: tuple[NewExpenseItem, ...]
    account: str
    tax_account: str | None = None
    sales_taxes: frozenset[str] = frozenset()

    def with_vendor(self, vendor: str | PlannedVendor, /) -> Self:
        """The document for another vendor."""
        return attrs.evolve(self, party=vendor)

    def postings(self) -> tuple[Posting, ...]:
        """The lines, and what Rillet credits with their sum; a negative amount is on the other side."""
        return postings_of(self.items, self.account)

    def spent(self) -> tuple[Amount, ...]:
        """What each line costs, with its tax."""
        return spent_on(self.items)

    def correction(self, lines: tuple[FormLine, ...], day: date) -> JournalEntryDocument | None:
        """An entry of the lines and their taxes, against the document's account; None where it is not known where to."""
        currency = self.items[0].amount.currency if self.items else None
        parts = list[FormLine]()
        for line in lines:
            tax = Decimal(0) if line.tax in self.sales_taxes else line.tax_amount
            if tax and self.tax_account is None:
                return None
            parts.append(untaxed(line, line.account, total((line.amount, tax.copy_negate())), line.fields))
            parts.append(untaxed(line, self.tax_account or "", tax))
            parts.append(untaxed(line, self.account, line.amount.copy_negate()))
        return correcting_entry(
            parts, day, corrected=self, origin=self.origin, currency=currency, total=self.form().digest()
        )

    def corrected(self, base: Form, corrections: Sequence[Form]) -> Form | None:
        """The lines of all, but for what stands against them; None where taxes are parted off the lines."""
        if any(line.tax is not None for line in (*base.lines, *self.form().lines)):
            return None
        return sum_of(base, corrections, self.account)

    @property
    def _vendor_id(self) -> str:
        return self.party if isinstance(self.party, str) else f"new:{self.party.key}"

    def _references(self) -> tuple[ExternalReference, ...]:
        origin = self.origin
        return tuple(
            ExternalReference(
                type=origin.reference_type, id=each, url=origin.link if each == origin.record_id else None
            )
            for each in origin.references(self.form().digest())
            if origin.reference_type is not None
        )

    def form(self) -> Form:
        """The canonical form."""
        return form_of(self._content())

    @abstractmethod
    def _content(self) -> NewCharge | NewReimbursement | NewBill | NewVendorCredit:
        """What Rillet gets, without references."""

    def _check_vendor(self) -> None:
        if not isinstance(self.party, str):
            raise ValueError(f"the vendor {self.party.key!r} has to be created first")  # noqa: TRY004 - its state is wrong
