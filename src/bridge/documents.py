"""What the mappings have in common: accounts of roles, lines against one offsetting account, dates and rates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import TypeAlias

import attrs

from brex_accounting import Record, Side
from bridge.books import Books
from bridge.coding import CodedLine, CodedRecord
from bridge.results import VENDOR_TO_COME, Findings, PlannedVendor, ReasonCode
from bridge.settings import ClosedPeriod, Entity, Role, Settings
from clientkit.money import total
from rillet import Account, AccountStatus, ExchangeRate, ExternalReference, Field, Money, NewExpenseItem

#: How many units of the second currency one unit of the first buys on a day, or None where nobody knows.
Rates: TypeAlias = Callable[[str, str, date], Decimal | None]


def no_rates(base: str, target: str, day: date) -> Decimal | None:
    """Knows no rate, so that a record in another currency than its subsidiary's is refused."""
    del base, target, day
    return None


#: The time zone of a name such as ``Europe/Berlin``, or None where nobody knows it.
Zones: TypeAlias = Callable[[str], tzinfo | None]


def only_utc(name: str) -> tzinfo | None:
    """Knows UTC alone: what other names mean is written in files."""
    return UTC if name == "UTC" else None


@attrs.frozen(kw_only=True)
class Context:
    """What a mapping may look at besides the record. `zone` is where moments become calendar days."""

    settings: Settings
    books: Books
    rates: Rates = no_rates
    zone: tzinfo = UTC


def day_of(moment: datetime, zone: tzinfo = UTC) -> date:
    """The calendar day of a moment in a time zone.

    Midnight in UTC is how Brex writes a day without a time, so it is that day everywhere.
    """
    try:
        in_utc = moment.astimezone(UTC)
        return in_utc.date() if in_utc.time() == time() else in_utc.astimezone(zone).date()
    except OverflowError:
        # There it lies outside the calendar, so it is on the calendar's first or last day already.
        return moment.date()


def impact_date(record: Record, context: Context, findings: Findings) -> date:
    """The day on which a record counts in the books; never one in a closed period."""
    day = day_of(record.erp_posting_date, context.zone)
    if not context.books.is_closed(day):
        return day
    first_open = context.books.first_open_day
    if context.settings.closed_period is ClosedPeriod.FIRST_OPEN_DAY and first_open is not None:
        return first_open
    text = f"it counts on {day}, and the books are closed up to {context.books.last_closed}"
    findings.add(ReasonCode.CLOSED_PERIOD, text)
    return day


def role_account(entity: Entity, role: Role, context: Context, findings: Findings) -> Account | None:
    """The account of the settings that stands for lines that nobody codes."""
    wanted = entity.account(role)
    if wanted is None:
        text = f"it needs an account that the settings do not name: {role.value} of {entity.name}"
        findings.add(ReasonCode.MISSING_ACCOUNT, text)
        return None
    account = context.books.account(wanted)
    if account is None:
        findings.add(ReasonCode.UNKNOWN_ACCOUNT, f"the {role.label} {wanted!r} of the settings is not in Rillet")
    elif account.status == AccountStatus.INACTIVE:
        findings.add(ReasonCode.INACTIVE_ACCOUNT, f"the {role.label} {account.code} {account.name} is inactive")
    return account


def items(
    coded: CodedRecord, *, offsetting: Account, side: Side, context: Context, findings: Findings
) -> tuple[NewExpenseItem, ...]:
    """The lines of the document: everything but the offsetting lines, which are those on `side` without an account.

    A line on `side` that is coded to the offsetting account itself is one of them. What is left has to be coded; debits
    become positive amounts and credits negative ones.
    """
    made = list[NewExpenseItem]()
    offset = list[Decimal]()
    for each in coded.lines:
        amount = each.line.amount.amount
        if not amount:
            continue
        if each.line.type == side and (
            not each.is_coded or (each.account is not None and each.account.id == offsetting.id)
        ):
            offset.append(amount)
            if each.fields:
                text = f"the line on {offsetting.code} {offsetting.name} carries field values, which Rillet cannot keep there"
                findings.add(ReasonCode.FIELDS_ON_OFFSETTING_LINE, text, each.line.id)
        elif not each.is_coded:
            text = f"a {each.line.type.lower()} line has no general ledger account; code it in Brex"
            findings.add(ReasonCode.UNCODED_LINE, text, each.line.id)
        elif each.account is not None:
            check_mandatory(each, context, findings)
            made.append(_item(each, each.account, coded))
    if made and not total(offset):
        text = f"no line stands for {offsetting.code} {offsetting.name}"
        findings.add(ReasonCode.NO_OFFSETTING_LINE, text)
    return tuple(made)


def exchange_rate(coded: CodedRecord, day: date, context: Context, findings: Findings) -> ExchangeRate | None:
    """The rate that Rillet wants where document and subsidiary differ in currency."""
    base, target = coded.currency, coded.subsidiary.currency
    if base == target:
        return None
    rate = context.rates(base, target, day)
    if rate is None:
        text = (
            f"it is in {base}, {coded.subsidiary.trade_name} keeps its books in {target}, and no exchange rate is given"
        )
        findings.add(ReasonCode.NO_EXCHANGE_RATE, text)
        return None
    return ExchangeRate(base=base, target=target, rate=rate, date=day)


def references(record: Record, settings: Settings) -> tuple[ExternalReference, ...]:
    """The link from the Rillet object back to the record."""
    if settings.reference_type is None:
        return ()
    url = settings.record_link.replace("{id}", record.id) if settings.record_link else None
    return (ExternalReference(type=settings.reference_type, id=record.id, url=url),)


def vendor_id(vendor: str | PlannedVendor) -> str:
    """The id for the payload, or what stands in for it until the vendor exists."""
    return vendor if isinstance(vendor, str) else VENDOR_TO_COME


def description(each: CodedLine, record: Record) -> str | None:
    """What a line says about itself, or else its record, or else the merchant's name."""
    return each.line.memo or record.memo or (record.vendor.name.strip() if record.vendor else None) or None


def _item(each: CodedLine, account: Account, coded: CodedRecord) -> NewExpenseItem:
    amount = each.line.amount.amount
    return NewExpenseItem(
        account_code=account.code,
        amount=Money(amount if each.line.type == Side.DEBIT else amount.copy_negate(), coded.currency),
        description=description(each, coded.record),
        fields=each.fields,
    )


def check_mandatory(each: CodedLine, context: Context, findings: Findings) -> None:
    """Note each field that Rillet wants on a line and that the line does not have."""
    assigned = {assignment.field_id for assignment in each.fields}
    for field in context.books.fields:
        if _is_mandatory(field) and field.id not in assigned:
            text = f"{field.name} is mandatory in Rillet and has no value on a line"
            findings.add(ReasonCode.MISSING_FIELD, text, each.line.id)


def _is_mandatory(field: Field) -> bool:
    return field.settings is not None and field.settings.expenses is not None and field.settings.expenses.mandatory
