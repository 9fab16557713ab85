"""The canonical forms of Rillet's documents: of what is sent, of what Rillet has, and of the bytes of both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, TypeAlias

from bridge.datatable import trimmed
from bridge.documents.form import Form, FormLine, form
from bridge.documents.marks import mark_of_name, mark_of_references
from bridge.documents.protocol import Found, Mark, Ref
from bridge.documents.rillet_items import debited, form_line, form_line_of_entry
from clientkit import codec
from rillet import (
    Bill,
    BillPayment,
    BillStatus,
    BillUpdate,
    Charge,
    ClearingStatus,
    DocumentStatus,
    ExchangeRate,
    ExternalReference,
    JournalEntry,
    JournalEntryUpdate,
    Money,
    NewBill,
    NewCharge,
    NewJournalEntry,
    NewPayment,
    NewReimbursement,
    NewVendorCredit,
    Reimbursement,
    ReimbursementPayment,
    VendorCredit,
    VendorCreditStatus,
    VendorCreditUpdate,
)

#: What Rillet has.
RilletObject: TypeAlias = (
    Charge | Reimbursement | Bill | BillPayment | ReimbursementPayment | VendorCredit | JournalEntry
)
#: What is sent to it, but for payments, which do not tell what they are for.
Content: TypeAlias = (
    NewCharge
    | NewReimbursement
    | NewBill
    | BillUpdate
    | NewVendorCredit
    | VendorCreditUpdate
    | NewJournalEntry
    | JournalEntryUpdate
)

_Expense: TypeAlias = Charge | NewCharge | Reimbursement | NewReimbursement | Bill | NewBill | BillUpdate

CHARGES, REIMBURSEMENTS, BILLS, JOURNAL_ENTRIES = "charges", "reimbursements", "bills", "journal-entries"
VENDOR_CREDITS = "vendor-credits"
BILL_PAYMENTS, REIMBURSEMENT_PAYMENTS = "bill-payments", "reimbursement-payments"

#: By what payments are for: the kind of their forms, and what the head of these calls the document.
_OF_PAYMENTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {BILLS: (BILL_PAYMENTS, "bill"), REIMBURSEMENTS: (REIMBURSEMENT_PAYMENTS, "reimbursement")}
)
_PAYMENTS_OF = re.compile(rf"({BILLS}|{REIMBURSEMENTS})/([^/]+)/payments")
_CLASSES: Mapping[str, tuple[type[Any], type[Any]]] = MappingProxyType(
    {
        CHARGES: (Charge, NewCharge),
        REIMBURSEMENTS: (Reimbursement, NewReimbursement),
        # It reads updates too, which lack the subsidiary alone.
        BILLS: (Bill, NewBill),
        VENDOR_CREDITS: (VendorCredit, NewVendorCredit),
        JOURNAL_ENTRIES: (JournalEntry, NewJournalEntry),
    }
)


def form_of(value: RilletObject | Content) -> Form:
    """What a document says about the books. That of a bill has its due date, whether Brex tells it or not."""
    match value:
        case BillPayment() | ReimbursementPayment():
            of, paid = (
                (BILLS, value.bill_id) if isinstance(value, BillPayment) else (REIMBURSEMENTS, value.reimbursement_id)
            )
            return form_of_payment(of, paid or "", value.amount, value.account_code, value.date)
        case VendorCredit() | NewVendorCredit() | VendorCreditUpdate():
            return _form_of_credit(value)
        case JournalEntry() | NewJournalEntry() | JournalEntryUpdate():
            return _form_of_entry(value)
        case Charge() | NewCharge():
            return _form_of_expense(CHARGES, value, value.charge_date, account=value.credit_card_account_code)
        case Reimbursement() | NewReimbursement():
            # Its payable account does not come back.
            return _form_of_expense(REIMBURSEMENTS, value, value.reimbursement_date)
        case Bill() | NewBill() | BillUpdate():
            due = value.due_date.isoformat()
            return _form_of_expense(BILLS, value, value.bill_date, number=value.expense_number, due=due)


def form_of_payment(of: str, document_id: str, amount: Money, account_code: str | None, day: date | None) -> Form:
    """What a payment says of what it is `of`, such as ``bills``."""
    kind, paid = _OF_PAYMENTS[of]
    line = FormLine(account=account_code or "", amount=amount.amount.copy_negate(), currency=amount.currency)
    return form(kind, [line], {"day": _day(day), "currency": amount.currency, paid: document_id})


def paid_by(kind: str) -> tuple[str, str] | None:
    """What payments of a kind such as ``bills/…/payments`` are for: ``bills`` and the id; None of every other kind."""
    found = _PAYMENTS_OF.fullmatch(kind)
    return None if found is None else (found[1], found[2])


def form_of_bytes(kind: str, content: bytes) -> Form | None:
    """What a request or an answer says, by the kind of object such as ``charges`` or ``bills/…/payments``.

    None where that cannot be read. A due date that equals the bill's own date is taken for none: so bills are sent whose
    due date Brex does not tell.
    """
    try:
        read = _read(kind, codec.parse(content))
    except codec.CodecError:
        return None
    if read is None or isinstance(read, Form):
        return read
    is_untold = isinstance(read, NewBill) and read.due_date == read.bill_date
    return form_of(read).without("due") if is_untold else form_of(read)


def found(kind: str, value: RilletObject, *, reference_type: str | None) -> Found:
    """An object of Rillet as the engine knows it; `kind` is its path.

    A charge or a reimbursement is free while nothing of it is paid. Rillet does not say what else its states mean, and
    what may be settled is not touched.
    """
    shown = _shown(kind, value)
    day = shown.head.get("day")
    mark, sources = _mark(value, reference_type)
    return Found(
        ref=Ref(kind=kind, id=value.id),
        form=shown,
        impact_date=None if day is None else date.fromisoformat(day),
        is_free=_is_free(value),
        mark=mark,
        sources=sources,
        raw=value,
    )


def _shown(kind: str, value: RilletObject) -> Form:
    paid = paid_by(kind)
    if paid is not None and isinstance(value, ReimbursementPayment):
        # Its own answer need not tell the reimbursement.
        return form_of_payment(*paid, value.amount, value.account_code, value.date)
    return form_of(value)


def _read(kind: str, value: object) -> RilletObject | Content | Form | None:
    """What Rillet has, where it has an id, or else what is sent."""
    has_id = _has(value, "id")
    paid = paid_by(kind)
    if paid is not None:
        if not has_id:
            sent = codec.structure(value, NewPayment)
            return form_of_payment(*paid, sent.amount, sent.account_code, sent.date)
        if paid[0] == BILLS:
            return codec.structure(value, BillPayment)
        return _shown(kind, codec.structure(value, ReimbursementPayment))
    if kind == VENDOR_CREDITS and not has_id and not _has(value, "subsidiary_id"):
        return codec.structure(value, VendorCreditUpdate)
    if kind not in _CLASSES:
        return None
    answered, asked = _CLASSES[kind]
    read: RilletObject | Content = codec.structure(value, answered if has_id else asked)
    return read


def _has(value: object, key: str) -> bool:
    return isinstance(value, dict) and key in value


def _form_of_entry(entry: JournalEntry | NewJournalEntry | JournalEntryUpdate) -> Form:
    head = {
        "day": _day(entry.date),
        "currency": entry.currency,
        "subsidiary": None if isinstance(entry, JournalEntryUpdate) else entry.subsidiary_id,
        "rate": _rate(entry.exchange_rate),
    }
    return form(JOURNAL_ENTRIES, map(form_line_of_entry, entry.items), head)


def _form_of_expense(kind: str, value: _Expense, own_date: date | None, **more: str | None) -> Form:
    head = {
        "day": _day(value.impact_date or own_date),
        "party": value.vendor_id,
        "currency": " ".join(sorted({each.amount.currency for each in value.items})) or None,
        "subsidiary": None if isinstance(value, BillUpdate) else value.subsidiary_id,
        "rate": _rate(value.exchange_rate),
        **more,
    }
    return form(kind, map(form_line, value.items), head)


def _form_of_credit(credit: VendorCredit | NewVendorCredit | VendorCreditUpdate) -> Form:
    head = {
        "day": _day(credit.gl_impact_date),
        "party": credit.vendor_id,
        "currency": " ".join(sorted({each.amount.currency for each in credit.line_items})) or None,
        "subsidiary": None if isinstance(credit, VendorCreditUpdate) else credit.subsidiary_id,
        # Not the number of a bill, which it may share.
        "credit": credit.credit_number,
    }
    return form(VENDOR_CREDITS, [form_line(debited(each)) for each in credit.line_items], head)


def _is_free(value: RilletObject) -> bool:
    match value:
        case Charge() | Reimbursement():
            return value.status == DocumentStatus.UNPAID
        case Bill():
            return value.status == BillStatus.UNPAID
        case BillPayment() | ReimbursementPayment():
            return value.status == ClearingStatus.UNCLEARED
        case VendorCredit():
            return value.status == VendorCreditStatus.UNAPPLIED
        case JournalEntry():
            return True


def _mark(value: RilletObject, reference_type: str | None) -> tuple[Mark | None, frozenset[str]]:
    match value:
        case JournalEntry():
            return mark_of_name(value.name), frozenset()
        case VendorCredit():
            return mark_of_name(value.memo or ""), frozenset()
        case BillPayment() | ReimbursementPayment():
            return None, frozenset()
        case _:
            return mark_of_references(_ids(value.external_references, reference_type))


def _ids(references: Iterable[ExternalReference], reference_type: str | None) -> list[str]:
    return [] if reference_type is None else [each.id for each in references if each.type == reference_type]


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _rate(rate: ExchangeRate | None) -> str | None:
    return None if rate is None else f"{rate.base} {rate.target} {trimmed(rate.rate)} {rate.date}"
