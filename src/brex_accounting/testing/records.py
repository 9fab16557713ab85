"""Builders of believable accounting records, balanced and coded, for tests and demonstrations.

::

    card_expense("42.75", merchant="Sample Stationery", coding=[gl("6100"), dimension("Department", "dep_7")])
    card_expense("30", splits=[("10", [gl("6100")]), ("20", [gl("6200")])])

They carry the fields that Brex sends beyond its documentation, in `extra` as a client would read them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeAlias, TypedDict, Unpack

import attrs

from brex_accounting.records import (
    Amount,
    FieldValueRef,
    LineItem,
    Receipt,
    Record,
    RecordType,
    RecordVendor,
    ReviewStatus,
    Side,
    SourceType,
    User,
)
from clientkit.money import places, total

__all__ = [
    "Coding",
    "Details",
    "GL_FIELD",
    "POSTED_AT",
    "Split",
    "card_expense",
    "card_refund",
    "dimension",
    "gl",
    "record",
    "reimbursement",
]

#: The coding of one line.
Coding: TypeAlias = Sequence[FieldValueRef]
#: One line before it has a side: how much in major units, and its coding.
Split: TypeAlias = tuple[Decimal | str, Coding]

#: When records settled, unless they are told otherwise.
POSTED_AT = datetime(2026, 2, 3, 11, 0, 0, 500_000, tzinfo=UTC)
#: How the general ledger's field is called in a company without fields of its ERP.
GL_FIELD = "GL_ACCOUNT"

_DEFAULT_MERCHANT = "Sample Stationery"
_DEFAULT_USER = "Ada Example"
_numbers = itertools.count(1)


class Details(TypedDict, total=False):
    """What every builder takes; each has a believable default.

    `posted_at` is when the record settled; `erp_posting_date` is the same day at midnight and `updated_at` a day later
    when left out. `original` is the amount of the purchase in its own currency, shared out over the lines.
    """

    record_id: str
    review_status: ReviewStatus
    version: int
    source_id: str | None
    memo: str | None
    posted_at: datetime
    erp_posting_date: datetime
    updated_at: datetime
    due_at: datetime | None
    invoice_number: str | None
    original: Amount | None
    receipts: Sequence[Receipt]


def gl(account: str | None, name: str | None = None) -> FieldValueRef:
    """The general ledger account of a line, by its id or code in the ERP; None where nobody has chosen one yet."""
    return dimension(GL_FIELD, account, field_name="GL Account", name=name)


def dimension(
    field: str, value: str | None, *, field_name: str | None = None, name: str | None = None
) -> FieldValueRef:
    """The value of another field of a line, both by their ids in the ERP; None for a value that is missing."""
    return FieldValueRef(
        brex_field_id=f"extended_field_{_slug(field)}",
        remote_field_id=field,
        brex_field_value_id=None if value is None else f"efo_{_slug(value)}",
        remote_field_value_id=value,
        field_name=field_name or field,
        field_value_name=name or value,
        extra={"type": "IDENTIFIER"},
    )


def card_expense(
    amount: Decimal | str,
    currency: str = "USD",
    *,
    coding: Coding = (),
    splits: Sequence[Split] | None = None,
    merchant: RecordVendor | str = _DEFAULT_MERCHANT,
    user: User | str = _DEFAULT_USER,
    **details: Unpack[Details],
) -> Record:
    """A settled card expense: coded debits, and one credit of the card without a coding.

    Raises `ValueError` where `splits` do not add up to `amount`; `record` builds such records.
    """
    return record(
        RecordType.CARD_EXPENSE_POST,
        debits=_splits(amount, coding, splits),
        credits=[(amount, ())],
        currency=currency,
        vendor=merchant,
        user=user,
        **details,
    )


def card_refund(
    amount: Decimal | str,
    currency: str = "USD",
    *,
    coding: Coding = (),
    splits: Sequence[Split] | None = None,
    merchant: RecordVendor | str = _DEFAULT_MERCHANT,
    user: User | str = _DEFAULT_USER,
    **details: Unpack[Details],
) -> Record:
    """A merchant's refund: coded credits, and one debit of the card. Raises as `card_expense`."""
    return record(
        RecordType.CARD_EXPENSE_REFUND,
        debits=[(amount, ())],
        credits=_splits(amount, coding, splits),
        currency=currency,
        vendor=merchant,
        user=user,
        **details,
    )


def reimbursement(
    amount: Decimal | str,
    currency: str = "USD",
    *,
    coding: Coding = (),
    splits: Sequence[Split] | None = None,
    vendor: RecordVendor | str | None = None,
    user: User | str = _DEFAULT_USER,
    type: RecordType = RecordType.REIMBURSEMENT_EXPENSE_APPROVAL,
    **details: Unpack[Details],
) -> Record:
    """What an employee is owed: coded debits, and one credit of the liability. Raises as `card_expense`.

    `type` is the accrual record by default; ``REIMBURSEMENT_EXPENSE_POST`` is the one of cash accounting.
    """
    return record(
        type,
        debits=_splits(amount, coding, splits),
        credits=[(amount, ())],
        currency=currency,
        vendor=vendor,
        user=user,
        **details,
    )


def record(
    type: RecordType,
    *,
    debits: Sequence[Split],
    credits: Sequence[Split],
    currency: str = "USD",
    vendor: RecordVendor | str | None = None,
    user: User | str | None = None,
    **details: Unpack[Details],
) -> Record:
    """A record of any type from its lines, whether they balance or not. Its amount is the sum of the debits."""
    number = next(_numbers)
    if unknown := details.keys() - Details.__annotations__.keys():
        raise TypeError(
            f"a record has no {' and no '.join(sorted(unknown))}; it takes {', '.join(Details.__annotations__)}"
        )
    posted_at = details.get("posted_at", POSTED_AT)
    original = details.get("original")
    debited = _lines(Side.DEBIT, debits, currency, original)
    credited = _lines(Side.CREDIT, credits, currency, original)
    amount = Amount(amount=total(line.amount.amount for line in debited), currency=currency)
    # The economic side comes first, as in the records that Brex sends.
    lines = (*credited, *debited) if type is RecordType.CARD_EXPENSE_REFUND else (*debited, *credited)
    return Record(
        id=details.get("record_id", f"accr_{number:06d}"),
        amount=amount,
        type=type,
        review_status=details.get("review_status", ReviewStatus.READY_FOR_EXPORT),
        source_type=_source_type(type),
        erp_posting_date=details.get("erp_posting_date", posted_at.replace(hour=0, minute=0, second=0, microsecond=0)),
        updated_at=details.get("updated_at", posted_at + timedelta(days=1, microseconds=123_456)),
        version=details.get("version", 2),
        posted_at=posted_at,
        line_items=tuple(attrs.evolve(line, id=f"accrli_{number:06d}_{index}") for index, line in enumerate(lines, 1)),
        original_amount=original,
        source_id=details.get("source_id", f"expense_{number:06d}"),
        receipts=tuple(details.get("receipts", ())),
        user=_user(user) if isinstance(user, str) else user,
        vendor=_vendor(vendor) if isinstance(vendor, str) else vendor,
        memo=details.get("memo"),
        due_at=details.get("due_at"),
        invoice_number=details.get("invoice_number"),
        extra={"status": "SUBMITTED", "billing_amount": _plain(amount)},
    )


def _splits(amount: Decimal | str, coding: Coding, splits: Sequence[Split] | None) -> Sequence[Split]:
    if splits is None:
        return [(amount, coding)]
    if coding:
        raise ValueError("give coding or splits, not both")
    split = total(Decimal(each) for each, _ in splits)
    if split != Decimal(amount):
        raise ValueError(f"the splits add up to {split}, not to {amount}")
    return splits


def _lines(side: Side, splits: Sequence[Split], currency: str, original: Amount | None) -> list[LineItem]:
    amounts = [Amount(amount=Decimal(each), currency=currency) for each, _ in splits]
    originals = [None] * len(splits) if original is None or not splits else _shares(original, amounts)
    return [
        LineItem(
            id="",
            type=side,
            amount=amount,
            original_amount=share,
            accounting_field_values=tuple(coding),
            # Brex leaves the billing amount out where a line has no coding.
            extra={"amortization": None, **({"billing_amount": _plain(amount)} if coding else {})},
        )
        for amount, share, (_, coding) in zip(amounts, originals, splits, strict=True)
    ]


def _shares(whole: Amount, parts: Sequence[Amount]) -> list[Amount]:
    """`whole` in proportion to `parts`, rounded to the currency; the last share takes what rounding left."""
    weight = total(part.amount for part in parts) or Decimal(1)
    unit = Decimal(1).scaleb(-places(whole.currency))
    shares = [(whole.amount * part.amount / weight).quantize(unit, ROUND_HALF_EVEN) for part in parts[:-1]]
    shares.append(total([whole.amount, *(-share for share in shares)]))
    return [Amount(amount=share, currency=whole.currency) for share in shares]


def _vendor(name: str) -> RecordVendor:
    """The same name gives the same id."""
    return RecordVendor(id=f"pmch_{_slug(name)}", name=name)


def _user(name: str) -> User:
    """The same name gives the same id."""
    first, _, last = name.partition(" ")
    return User(
        id=f"cuuser_{_slug(name)}",
        first_name=first,
        last_name=last,
        email=f"{_slug(name)}@example.com",
        role="EMPLOYEE",
        status="ACTIVE",
        extra={"account_id": "cuacc_example"},
    )


def _source_type(type: RecordType) -> SourceType:
    if type.startswith("REIMBURSEMENT"):
        return SourceType.REIMBURSEMENT
    return SourceType.BILL if type.startswith(("BILL", "INVOICE")) else SourceType.CARD


def _plain(amount: Amount) -> dict[str, object]:
    return {"amount": amount.amount, "currency": amount.currency}


def _slug(text: str) -> str:
    return "".join(each if each.isalnum() else "_" for each in text.lower())
