"""Accounting records, the double-entry lines of what a company spends with Brex.

https://developer.brex.com/openapi/accounting_api/accounting-records/queryaccountingrecords
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import attrs

from brex_accounting._paging import PAGING, checked_limit, id_parts
from clientkit.codec import Extra, as_number, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Model
from clientkit.money import with_currency
from clientkit.requests import PageRequest, QueryValue, Request, segment

#: Without a lower bound the service leaves old records out and does not say so; before this, Brex had none.
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)

_IDS_PER_CALL = 500
_PAGE = 500


class RecordType(OpenEnum):
    """What happened. Brex lists the last three without an explanation."""

    CARD_EXPENSE_POST = "CARD_EXPENSE_POST"
    CARD_EXPENSE_REFUND = "CARD_EXPENSE_REFUND"
    CARD_EXPENSE_REPAYMENT = "CARD_EXPENSE_REPAYMENT"
    CARD_PAYMENT = "CARD_PAYMENT"
    CARD_PAYMENT_REFUND = "CARD_PAYMENT_REFUND"
    REWARD_REDEMPTION = "REWARD_REDEMPTION"
    REIMBURSEMENT_EXPENSE_APPROVAL = "REIMBURSEMENT_EXPENSE_APPROVAL"
    REIMBURSEMENT_EXPENSE_POST = "REIMBURSEMENT_EXPENSE_POST"
    REIMBURSEMENT_EXPENSE_REPAYMENT = "REIMBURSEMENT_EXPENSE_REPAYMENT"
    REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT = "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT"
    REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL = "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL"
    REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN = "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN"
    REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND = "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND"
    BILL_EXPENSE = "BILL_EXPENSE"
    BILL_EXPENSE_PAYMENT = "BILL_EXPENSE_PAYMENT"
    BILL_EXPENSE_CARD_PAYMENT = "BILL_EXPENSE_CARD_PAYMENT"
    BILL_MONEY_MOVEMENT_PAYIN = "BILL_MONEY_MOVEMENT_PAYIN"
    INVOICE = "INVOICE"
    INVOICE_PAYMENT = "INVOICE_PAYMENT"


class ReviewStatus(OpenEnum):
    """Where a record stands, in the order of its life."""

    PREPARE = "PREPARE"
    REVIEW = "REVIEW"
    READY_FOR_EXPORT = "READY_FOR_EXPORT"
    EXPORTED = "EXPORTED"


class SourceType(OpenEnum):
    """The coarse kind of a record."""

    CARD = "CARD"
    REIMBURSEMENT = "REIMBURSEMENT"
    BILL = "BILL"


class Side(OpenEnum):
    """The side of the ledger that a line is on."""

    DEBIT = "DEBIT"
    CREDIT = "CREDIT"


@attrs.frozen(kw_only=True)
class Amount(Model):
    """Money in decimal major units, exactly as it was sent (42.75 is forty-two dollars seventy-five), and its ISO 4217
    currency. The accounting paths differ here from Brex's other APIs, which count cents.
    """  # noqa: D205 - one sentence, two lines

    amount: Decimal = attrs.field(metadata=as_number())
    currency: str
    extra: Extra = unknown_fields()

    def __str__(self) -> str:
        return with_currency(self.amount, self.currency)

    def __format__(self, spec: str, /) -> str:
        return with_currency(self.amount, self.currency, spec)


@attrs.frozen(kw_only=True)
class FieldValueRef(Model):
    """One dimension of a line's coding: which value of which field.

    The Brex ids are those of Brex's Fields API, the remote ids those that the ERP gave there. `brex_field_value_id` is
    None where a value is missing, for instance a general ledger account that nobody has chosen yet.
    """

    brex_field_id: str
    remote_field_id: str | None = None
    brex_field_value_id: str | None = None
    remote_field_value_id: str | None = None
    field_name: str | None = None
    field_value_name: str | None = None
    extra: Extra = unknown_fields()

    def is_of(self, field: str) -> bool:
        """Whether it is about this field, named by its remote id, its Brex id or its name."""
        return field in {self.remote_field_id, self.brex_field_id, self.field_name}

    @property
    def value(self) -> str | None:
        """The value as people know it: its name, else its id in the ERP, else Brex's; None where none was chosen."""
        return self.field_value_name or self.remote_field_value_id or self.brex_field_value_id


@attrs.frozen(kw_only=True)
class LineItem(Model):
    """One side of a double entry; the amounts are never negative, the direction is in `type`."""

    id: str
    type: Side
    amount: Amount
    original_amount: Amount | None = None
    memo: str | None = None
    accounting_field_values: tuple[FieldValueRef, ...] = ()
    extra: Extra = unknown_fields()

    def value(self, field: str) -> str | None:
        """What the line has in a field, such as ``Department``; the field by its name, remote id or Brex id.

        The value's name, or its id where it has none. None where the field has no value on this line.
        """
        return next((ref.value for ref in self.accounting_field_values if ref.is_of(field)), None)


@attrs.frozen(kw_only=True)
class Receipt(Model):
    """An attached receipt; its links stop working 15 minutes after the record was read."""

    id: str
    # A link is a permission to whoever has it.
    download_uris: tuple[str, ...] = attrs.field(default=(), repr=False)
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class User(Model):
    """The person behind a record. Names can end in blanks."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    role: str | None = None
    status: str | None = None
    manager_id: str | None = None
    department_id: str | None = None
    department_name: str | None = None
    location_id: str | None = None
    location_name: str | None = None
    title_id: str | None = None
    title_name: str | None = None
    extra: Extra = unknown_fields()

    @property
    def full_name(self) -> str:
        """Both names, without blanks at their ends; empty where Brex tells none."""
        return " ".join(each for each in (self.first_name.strip(), self.last_name.strip()) if each)


@attrs.frozen(kw_only=True)
class RecordVendor(Model):
    """The vendor of a record; of a card record, the merchant."""

    id: str
    name: str
    contact_name: str | None = None
    email: str | None = None
    website: str | None = None
    phone: str | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Record(Model):
    """One accounting event with its ledger lines.

    All times are UTC: `erp_posting_date` is when it counts in the books, `posted_at` when it settled. There is no date
    of purchase. `due_at` and `invoice_number` are for bills alone. What Brex sends beyond its documentation is in
    `extra`.
    """

    id: str
    amount: Amount
    type: RecordType
    review_status: ReviewStatus
    source_type: SourceType
    erp_posting_date: datetime
    updated_at: datetime
    version: int
    posted_at: datetime
    line_items: tuple[LineItem, ...]
    original_amount: Amount | None = None
    source_id: str | None = None
    receipts: tuple[Receipt, ...] = ()
    user: User | None = None
    vendor: RecordVendor | None = None
    memo: str | None = None
    due_at: datetime | None = None
    invoice_number: str | None = None
    extra: Extra = unknown_fields()

    def __repr__(self) -> str:
        # With its lines and the person it would be some thousand characters, for each of a list.
        from clientkit.showing import brief

        return brief(self)


class RecordOperations:
    """The endpoints under ``/v3/accounting/records``. Brex calls this API an alpha: expect it to change."""

    @operation
    def get(self, record_id: str, *, single_entry: bool | None = None) -> Request[Record]:
        """One record. Raises `RecordsNotFoundError` where there is none with this id.

        Args:
            record_id: The id, which begins with ``accr_``.
            single_entry: Leave out the lines that only offset others.
        """
        path = f"/v3/accounting/records/{segment(record_id)}"
        return Request(method="GET", path=path, returns=Record, query={"single_entry": single_entry})

    @listing
    def list(
        self,
        *,
        review_status: ReviewStatus | str | None = None,
        source_type: SourceType | str | None = None,
        ids: Sequence[str] | None = None,
        updated_after: datetime | None = None,
        updated_from: datetime | None = None,
        updated_before: datetime | None = None,
        updated_until: datetime | None = None,
        single_entry: bool | None = None,
        limit: int | None = None,
    ) -> PageRequest[Record]:
        """Records, page by page.

        A lower bound is always sent: without one Brex leaves out old records and does not say so. Give `updated_after`
        or `updated_from` to read less than everything.

        Args:
            review_status: Only records of cards and reimbursements in this state. Brex leaves out bills and their payments.
            source_type: Only records of this kind.
            ids: Only these records; no ids give no records. More than 500, or more than fit into a request line, are
                asked for in several calls.
            updated_after: Only records changed after this moment, which is itself excluded.
            updated_from: Only records changed at or after this moment.
            updated_before: Only records changed before this moment, which is itself excluded.
            updated_until: Only records changed at or before this moment.
            single_entry: Leave out the lines that only offset others.
            limit: Records per page, 1 to 500; 500 when left out.

        Raises:
            ValueError: Two lower or two upper bounds, a limit outside 1 to 500, or a state of bills.
        """
        if updated_after is not None and updated_from is not None:
            raise ValueError("give updated_after or updated_from, not both")
        if updated_before is not None and updated_until is not None:
            raise ValueError("give updated_before or updated_until, not both")
        if review_status is not None and source_type == SourceType.BILL:
            raise ValueError("Brex does not find bills by their review_status: list all, and look at each")
        query: dict[str, QueryValue] = {
            "review_status": review_status,
            "source_type": source_type,
            "updated_at[gt]": updated_after,
            "updated_at[gte]": updated_from or (None if updated_after is not None else EARLIEST),
            "updated_at[lt]": updated_before,
            "updated_at[lte]": updated_until,
            "single_entry": single_entry,
            "limit": checked_limit(limit, _PAGE) or _PAGE,
        }
        return PageRequest(
            path="/v3/accounting/records",
            item=Record,
            items_key="items",
            paging=PAGING,
            query=query,
            parts=id_parts("ids", ids, _IDS_PER_CALL),
            key=_id,
        )


def _id(record: Record) -> str:
    return record.id


class Records(RecordOperations, SyncResource):
    """Accounting records, blocking."""


class AsyncRecords(RecordOperations, AsyncResource):
    """Accounting records, to be awaited."""
