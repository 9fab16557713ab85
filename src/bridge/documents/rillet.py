"""What the export posts to Rillet: one class for each kind of document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeAlias

import attrs
from typing_extensions import override

from bridge.documents.form import Form
from bridge.documents.marks import is_mark_of
from bridge.documents.protocol import Document, Found, PlannedVendor
from bridge.documents.rillet_credits import VendorCreditPayload
from bridge.documents.rillet_entries import check_subsidiary, exchange_rate
from bridge.documents.rillet_expenses import ExpenseDocument
from bridge.documents.rillet_forms import BILLS, CHARGES, REIMBURSEMENTS
from bridge.documents.rillet_intercompany import IntercompanyPayload
from bridge.documents.rillet_items import debited, postings_of, postings_of_entry
from bridge.documents.rillet_payments import BillPaymentPayload, ReimbursementPaymentPayload, paid_postings
from bridge.postings import Posting
from clientkit.requests import Request
from rillet import (
    Bill,
    BillOperations,
    BillUpdate,
    ChargeOperations,
    ExpenseItem,
    ExternalReference,
    NewBill,
    NewCharge,
    NewExpenseItem,
    NewJournalEntry,
    NewReimbursement,
    NewVendor,
    ReimbursementOperations,
)


@attrs.frozen(kw_only=True)
class BillPayload:
    """A bill to post, and the code of the payable account that Rillet credits with it on its own."""

    bill: NewBill
    payable_account_code: str


#: What Rillet gets of a document, with the accounts that it posts to by itself.
Payload: TypeAlias = (
    NewCharge
    | NewReimbursement
    | NewJournalEntry
    | BillPayload
    | VendorCreditPayload
    | BillPaymentPayload
    | ReimbursementPaymentPayload
    | IntercompanyPayload
)


@attrs.frozen(kw_only=True)
class ChargeDocument(ExpenseDocument):
    """A card expense, or with negative lines its refund; `account` is the card's."""

    kind: str = attrs.field(default=CHARGES, init=False)
    noun: str = attrs.field(default="charge", init=False)

    charge_date: date

    @property
    def payload(self) -> NewCharge:
        """What Rillet gets; a vendor who has to be created is ``new:`` and its key."""
        return attrs.evolve(self._content(), external_references=self._references())

    def create(self) -> Request[Any]:
        """Post it. Raises `ValueError` while its vendor has to be created."""
        self._check_vendor()
        return ChargeOperations.create.build(self.payload)

    @override
    def _content(self) -> NewCharge:
        return NewCharge(
            vendor_id=self._vendor_id,
            items=self.items,
            charge_date=self.charge_date,
            impact_date=self.impact_date,
            credit_card_account_code=self.account,
            subsidiary_id=self.subsidiary_id,
            exchange_rate=exchange_rate(self.exchange_rate),
        )


@attrs.frozen(kw_only=True)
class ReimbursementDocument(ExpenseDocument):
    """What an employee gets back; `account` is what is owed to employees."""

    kind: str = attrs.field(default=REIMBURSEMENTS, init=False)
    noun: str = attrs.field(default="reimbursement", init=False)

    reimbursement_date: date

    @property
    def payload(self) -> NewReimbursement:
        """What Rillet gets; a vendor who has to be created is ``new:`` and its key."""
        return attrs.evolve(self._content(), external_references=self._references())

    def create(self) -> Request[Any]:
        """Post it. Raises `ValueError` while its vendor has to be created."""
        self._check_vendor()
        return ReimbursementOperations.create.build(self.payload)

    @override
    def _content(self) -> NewReimbursement:
        return NewReimbursement(
            vendor_id=self._vendor_id,
            items=self.items,
            reimbursement_date=self.reimbursement_date,
            impact_date=self.impact_date,
            payable_account_code=self.account,
            subsidiary_id=self.subsidiary_id,
            exchange_rate=exchange_rate(self.exchange_rate),
        )


@attrs.frozen(kw_only=True)
class BillDocument(ExpenseDocument):
    """A vendor's bill; `account` is the payable account. Without a `due_date` Brex tells none, and it is `bill_date`."""

    kind: str = attrs.field(default=BILLS, init=False)
    noun: str = attrs.field(default="bill", init=False)

    expense_number: str
    bill_date: date
    due_date: date | None = None

    @property
    def payload(self) -> BillPayload:
        """What Rillet gets; a vendor who has to be created is ``new:`` and its key."""
        bill = attrs.evolve(self._content(), external_references=self._references())
        return BillPayload(bill=bill, payable_account_code=self.account)

    @override
    def form(self) -> Form:
        """The canonical form; with a due date where Brex tells one."""
        made = super().form()
        return made if self.due_date is not None else made.without("due")

    def create(self) -> Request[Any]:
        """Post it. Raises `ValueError` while its vendor has to be created."""
        self._check_vendor()
        return BillOperations.create.build(self.payload.bill)

    @override
    def replace(self, present: Found) -> Request[Any]:
        """Replace the bill that is there.

        What Brex does not know stays: dates that it does not tell, references of others, service periods of lines that
        stay as they are, and fields that this SDK does not know.

        Raises:
            ValueError: Its vendor has to be created, or the bill is of another subsidiary, which Rillet does not change.
        """
        self._check_vendor()
        bill = present.raw
        if not isinstance(bill, Bill):
            raise TypeError(f"{present.ref} is not a bill")
        check_subsidiary(bill.subsidiary_id, self.subsidiary_id)
        own, record_id = self._references(), self.origin.record_id
        others = (
            each for each in bill.external_references if not each.is_among(own) and not is_mark_of(each.id, record_id)
        )
        update = BillUpdate(
            vendor_id=self._vendor_id,
            expense_number=self.expense_number,
            items=_with_what_stays(self.items, bill.items),
            bill_date=bill.bill_date,
            due_date=self.due_date or bill.due_date,
            impact_date=self.impact_date,
            external_references=(*own, *others),
            exchange_rate=exchange_rate(self.exchange_rate),
            extra=bill.extra,
        )
        return BillOperations.update.build(bill.id, update)

    @override
    def _content(self) -> NewBill:
        return NewBill(
            vendor_id=self._vendor_id,
            expense_number=self.expense_number,
            items=self.items,
            bill_date=self.bill_date,
            due_date=self.due_date or self.bill_date,
            impact_date=self.impact_date,
            subsidiary_id=self.subsidiary_id,
            exchange_rate=exchange_rate(self.exchange_rate),
        )


def new_vendor(planned: PlannedVendor) -> NewVendor:
    """A vendor as Rillet creates it."""
    vendor = planned.vendor
    references = tuple(ExternalReference(type=each.type, id=each.id) for each in vendor.external_references)
    return NewVendor(name=vendor.name, email=vendor.email, external_references=references)


def effect(of: Document | Payload) -> tuple[Posting, ...]:
    """The postings that a document or a payload makes in the ledger.

    A charge debits its lines and credits its card account with their sum; a reimbursement and a bill credit their
    payable account, and a vendor credit debits it; a record of two entities does what both of its parts do; a negative amount goes to the other side. A payment debits what was
    payable and credits the account that it names. A journal entry says its postings itself. The tax of a `TaxedItem`,
    `TaxedCreditItem` or `TaxedEntryItem` is on the account that it names; that of any other line is on the account of
    the line.
    """
    match of:
        case NewCharge() | NewReimbursement():
            against = of.credit_card_account_code if isinstance(of, NewCharge) else of.payable_account_code
            return postings_of(of.items, against)
        case BillPayload():
            return postings_of(of.bill.items, of.payable_account_code)
        case VendorCreditPayload():
            return postings_of(tuple(map(debited, of.vendor_credit.line_items)), of.payable_account_code)
        case BillPaymentPayload() | ReimbursementPaymentPayload():
            rest = of.rest if isinstance(of, BillPaymentPayload) else None
            paid = paid_postings(of.payment, of.payable_account_code)
            return (*paid, *(() if rest is None else postings_of_entry(rest.items)))
        case NewJournalEntry() | IntercompanyPayload():
            paid, entry = (effect(of.payer), of.debtor) if isinstance(of, IntercompanyPayload) else ((), of)
            return (*paid, *postings_of_entry(entry.items))
        case _:
            return of.postings()


def _with_what_stays(items: Sequence[NewExpenseItem], present: Sequence[ExpenseItem]) -> tuple[NewExpenseItem, ...]:
    """The lines that Brex has, each with what the same line of the document in Rillet has besides."""
    left, made = list(present), list[NewExpenseItem]()
    for item in items:
        twin = next((each for each in left if _content(each) == _content(item)), None)
        if twin is None:
            made.append(item)
        else:
            left.remove(twin)
            made.append(attrs.evolve(item, service_period=item.service_period or twin.service_period, extra=twin.extra))
    return tuple(made)


def _content(item: ExpenseItem | NewExpenseItem) -> tuple[object, ...]:
    """What Brex says in a line."""
    tax = None if item.tax_rate is None else attrs.evolve(item.tax_rate, extra={})
    fields = frozenset((each.field_id, each.field_value_id) for each in item.fields)
    return item.account_code, item.amount, item.description, tax, fields
