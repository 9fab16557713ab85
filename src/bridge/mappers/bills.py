"""What vendors are owed as Rillet bills, and bills replaced when Brex has a newer version of their record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from brex_accounting import Record, Side
from bridge.coding import CodedRecord
from bridge.decisions import BillPayload, BillReplacement, Findings, Post, ReasonCode
from bridge.mappers import draft
from bridge.mappers.draft import Context
from bridge.settings.values import Role, Settings
from bridge.vendors import matching
from rillet import Bill, BillStatus, BillUpdate, ExpenseItem, ExternalReference, NewBill, NewExpenseItem


def bill(coded: CodedRecord, context: Context, findings: Findings) -> Post | None:
    """A bill; the credit line that nobody codes is the payable account that Rillet itself posts to.

    Brex tells no date of a bill, so it is the day on which the record settled. Besides the record's id the bill carries
    that of the bill in Brex, by which its payment finds it, and the version of the record that it shows. Where the books
    have the bill in an older version, the post is a `BillReplacement`; where they have it as it is, a `BillPayload` that
    equals it, which an export does not post a second time.
    """
    record, settings = coded.record, context.settings
    payable = draft.role_account(coded.entity, Role.ACCOUNTS_PAYABLE, context, findings)
    vendor = matching.supplier(record, settings, context.books, findings)
    impact = draft.impact_date(record, context, findings)
    rate = draft.exchange_rate(coded, impact, context, findings)
    if payable is None:
        return None
    items = draft.items(coded, offsetting=payable, side=Side.CREDIT, context=context, findings=findings)
    if vendor is None:
        return None
    billed = draft.day_of(record.posted_at, context.zone)
    made = NewBill(
        vendor_id=draft.vendor_id(vendor),
        expense_number=(record.invoice_number or "").strip() or record.id,
        items=items,
        bill_date=billed,
        due_date=billed if record.due_at is None else draft.day_of(record.due_at, context.zone),
        impact_date=impact,
        subsidiary_id=coded.subsidiary.id,
        external_references=_references(record, settings),
        exchange_rate=rate,
    )
    present = older_version(record, context)
    update = None if present is None else _update(present, made, record)
    if present is None or update is None:
        payload: BillPayload | BillReplacement = BillPayload(bill=made, payable_account_code=payable.code)
    else:
        _check_replaceable(present, coded, context, findings)
        payload = BillReplacement(bill_id=present.id, update=update, payable_account_code=payable.code)
    return Post(record=record, payload=payload, vendor=vendor)


def version_shown(present: Bill, record: Record, settings: Settings) -> int | None:
    """The version of its record that a bill of Rillet shows, None where it does not say so."""
    mark = _mark(record.id)
    versions = [
        int(version)
        for each in present.external_references
        if each.type == settings.reference_type
        and each.id.startswith(mark)
        and (version := each.id.removeprefix(mark)).isdecimal()
    ]
    return max(versions, default=None)


def _mark(record_id: str) -> str:
    return f"{record_id} v"


def _references(record: Record, settings: Settings) -> tuple[ExternalReference, ...]:
    """Links to the record, to the bill in Brex where that has an id of its own, and to the record's version."""
    own = draft.references(record, settings)
    ids = [f"{_mark(record.id)}{record.version}"]
    if record.source_id is not None and record.source_id != record.id:
        ids.insert(0, record.source_id)
    return own + tuple(attrs.evolve(each, id=other, url=None) for each in own for other in ids)


def older_version(record: Record, context: Context) -> Bill | None:
    """The one bill that Rillet has for an older version of the record, where it may be replaced."""
    present = draft.bill_in_books(record, context) if context.settings.replace_bills else None
    if present is None:
        return None
    shown = version_shown(present, record, context.settings)
    return present if shown is None or shown < record.version else None


def _update(present: Bill, made: NewBill, record: Record) -> BillUpdate | None:
    """What the bill is to be, None where only its version would change.

    Brex's values go in, and what Brex does not know stays: dates that it does not tell, references of others, service
    periods of lines that stay as they are, and fields that this SDK does not know.
    """
    wanted = attrs.evolve(
        made, bill_date=present.bill_date, due_date=present.due_date if record.due_at is None else made.due_date
    )
    items = tuple(_items(present.items, made.items))
    if _head(present) == _head(wanted) and [*map(_content, present.items)] == [*map(_content, items)]:
        return None
    mark = _mark(record.id)
    others = (
        each
        for each in present.external_references
        if not each.is_among(made.external_references) and not each.id.startswith(mark)
    )
    return BillUpdate(
        vendor_id=wanted.vendor_id,
        expense_number=wanted.expense_number,
        items=items,
        bill_date=wanted.bill_date,
        due_date=wanted.due_date,
        impact_date=wanted.impact_date,
        external_references=(*made.external_references, *others),
        exchange_rate=wanted.exchange_rate,
        extra=present.extra,
    )


def _items(present: Sequence[ExpenseItem], made: Sequence[NewExpenseItem]) -> Iterator[NewExpenseItem]:
    """The lines that Brex has, each with what the same line of the bill has besides."""
    left = list(present)
    for item in made:
        twin = next((each for each in left if _content(each) == _content(item)), None)
        if twin is None:
            yield item
        else:
            left.remove(twin)
            yield attrs.evolve(item, service_period=item.service_period or twin.service_period, extra=twin.extra)


def _head(of: Bill | NewBill) -> tuple[object, ...]:
    """What Brex says of a bill besides its lines."""
    rate = None if of.exchange_rate is None else attrs.evolve(of.exchange_rate, extra={})
    return of.vendor_id, of.expense_number, of.due_date, of.impact_date, of.subsidiary_id, rate


def _content(item: ExpenseItem | NewExpenseItem) -> tuple[object, ...]:
    """What Brex says in a line."""
    tax = None if item.tax_rate is None else attrs.evolve(item.tax_rate, extra={})
    fields = frozenset((each.field_id, each.field_value_id) for each in item.fields)
    return item.account_code, item.amount, item.description, tax, fields


def _check_replaceable(present: Bill, coded: CodedRecord, context: Context, findings: Findings) -> None:
    """Note why Rillet's bill cannot become what Brex has."""
    where = f"version {coded.record.version} cannot replace the bill {present.expense_number} ({present.id})"
    if not coded.moves_money:
        text = f"{where}, because it moves no money: where nothing is owed any more, delete it in Rillet"
        findings.add(ReasonCode.BILL_NOT_REPLACEABLE, text)
    if present.status != BillStatus.UNPAID:
        text = f"{where}, which is {present.status}: take back in Rillet what settles it, or change it there by hand"
        findings.add(ReasonCode.BILL_NOT_REPLACEABLE, text)
    if present.subsidiary_id is not None and present.subsidiary_id != coded.subsidiary.id:
        text = f"{where}, which is not of {coded.subsidiary.trade_name}: delete it in Rillet and replay the record"
        findings.add(ReasonCode.BILL_NOT_REPLACEABLE, text)
    counts = present.impact_date or present.bill_date
    if context.books.is_closed(counts):
        text = (
            f"{where}, which counts on {counts}, and the books are closed up to {context.books.last_closed}: open the "
            f"period again, or correct it by an entry of your own"
        )
        findings.add(ReasonCode.BILL_NOT_REPLACEABLE, text)
