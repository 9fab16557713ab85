"""What can become of a record: post this, nothing to do, or refused with every reason found."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TypeAlias

import attrs

from brex_accounting import Record
from rillet import BillUpdate, NewBill, NewCharge, NewJournalEntry, NewPayment, NewReimbursement, NewVendor


@attrs.frozen(kw_only=True)
class BillPayload:
    """A bill to post, and the code of the payable account that Rillet credits with it on its own."""

    bill: NewBill
    payable_account_code: str


@attrs.frozen(kw_only=True)
class BillReplacement:
    """What a bill is to be whose record has a newer version in Brex, and the payable account that Rillet credits with it.

    `bill_id` is Rillet's. Lines that somebody changed in Rillet become what Brex has.
    """

    bill_id: str
    update: BillUpdate
    payable_account_code: str


@attrs.frozen(kw_only=True)
class BillPaymentPayload:
    """A payment to record, the id of the bill it is for, and the code of the payable account that Rillet debits."""

    bill_id: str
    payment: NewPayment
    payable_account_code: str


Payload: TypeAlias = NewCharge | NewReimbursement | NewJournalEntry | BillPayload | BillReplacement | BillPaymentPayload

#: Stands in a payload whose vendor has still to be created; no Rillet object has this id, so Rillet would refuse it.
VENDOR_TO_COME = "00000000-0000-0000-0000-000000000000"


class ReasonCode(StrEnum):
    """Why a record is refused, for programs."""

    TYPE_NOT_SUPPORTED = "type_not_supported"
    NOTHING_MAPPED = "nothing_mapped"
    OTHER_BASIS = "other_basis"
    NO_ENTITY = "no_entity"
    SEVERAL_ENTITIES = "several_entities"
    NO_LINES = "no_lines"
    NEGATIVE_AMOUNT = "negative_amount"
    UNKNOWN_SIDE = "unknown_side"
    MIXED_CURRENCIES = "mixed_currencies"
    UNBALANCED = "unbalanced"
    CURRENCY_PRECISION = "currency_precision"
    UNCODED_LINE = "uncoded_line"
    MISSING_ACCOUNT = "missing_account"
    UNKNOWN_ACCOUNT = "unknown_account"
    INACTIVE_ACCOUNT = "inactive_account"
    NOT_A_CARD_ACCOUNT = "not_a_card_account"
    NO_OFFSETTING_LINE = "no_offsetting_line"
    FIELDS_ON_OFFSETTING_LINE = "fields_on_offsetting_line"
    UNKNOWN_FIELD_VALUE = "unknown_field_value"
    DEACTIVATED_FIELD_VALUE = "deactivated_field_value"
    MISSING_FIELD = "missing_field"
    UNKNOWN_TAX_CODE = "unknown_tax_code"
    CLOSED_PERIOD = "closed_period"
    NO_TIME_ZONE = "no_time_zone"
    NO_EXCHANGE_RATE = "no_exchange_rate"
    EXCHANGE_DIFFERENCE = "exchange_difference"
    NO_VENDOR = "no_vendor"
    AMBIGUOUS_VENDOR = "ambiguous_vendor"
    NEAR_DUPLICATE_VENDOR = "near_duplicate_vendor"
    BILL_NOT_FOUND = "bill_not_found"
    BILL_NOT_REPLACEABLE = "bill_not_replaceable"
    NOT_A_PAYMENT = "not_a_payment"
    REJECTED_BY_RILLET = "rejected_by_rillet"


@attrs.frozen(kw_only=True)
class Reason:
    """One reason for a refusal, in words that a bookkeeper can act on. `line_id` names the line, where it is one."""

    code: ReasonCode
    text: str
    line_id: str | None = None

    def __str__(self) -> str:
        return self.text


@attrs.frozen(kw_only=True)
class PlannedVendor:
    """A vendor that Rillet does not have yet. Records with the same `key` share one."""

    key: str
    vendor: NewVendor


@attrs.frozen(kw_only=True)
class Post:
    """Post `payload`, to the vendor with this id or to one that has to be created first; to none where it needs none."""

    record: Record
    payload: Payload
    vendor: str | PlannedVendor | None = None

    @property
    def impact_date(self) -> date | None:
        """The day on which it counts in the general ledger."""
        match self.payload:
            case NewJournalEntry():
                return self.payload.date
            case BillPayload():
                return self.payload.bill.impact_date
            case BillReplacement():
                return self.payload.update.impact_date
            case BillPaymentPayload():
                return self.payload.payment.date
            case _:
                return self.payload.impact_date

    def for_vendor(self, vendor_id: str) -> Payload:
        """The payload once its vendor's id is known."""
        match self.payload:
            case NewJournalEntry() | BillPaymentPayload():
                return self.payload
            case BillPayload():
                return attrs.evolve(self.payload, bill=attrs.evolve(self.payload.bill, vendor_id=vendor_id))
            case BillReplacement():
                return attrs.evolve(self.payload, update=attrs.evolve(self.payload.update, vendor_id=vendor_id))
            case _:
                return attrs.evolve(self.payload, vendor_id=vendor_id)


@attrs.frozen(kw_only=True)
class Nothing:
    """There is nothing to post, and why."""

    record: Record
    why: str


@attrs.frozen(kw_only=True)
class Refused:
    """The record cannot be posted as it is; `reasons` holds everything that was found, not only the first."""

    record: Record
    reasons: tuple[Reason, ...]


Outcome: TypeAlias = Post | Nothing | Refused


class Findings:
    """The reasons found so far while one record is looked at."""

    def __init__(self) -> None:
        self.reasons = list[Reason]()

    def add(self, code: ReasonCode, text: str, line_id: str | None = None) -> None:
        """Note a reason; the same one is noted once."""
        reason = Reason(code=code, text=text, line_id=line_id)
        if reason not in self.reasons:
            self.reasons.append(reason)
