"""What the mappings have in common: accounts of roles, lines against one offsetting account, dates and rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import TypeAlias

import attrs

from brex_accounting import Record, Side
from bridge.books import Books
from bridge.coding import CodedLine, CodedRecord
from bridge.decisions import VENDOR_TO_COME, Findings, PlannedVendor, ReasonCode
from bridge.settings.values import ClosedPeriod, Coverage, Entity, Role, Settings
from bridge.taxes import LineTax, TaxedItem
from clientkit.money import is_rounded, rounded, total
from rillet import (
    Account,
    AccountStatus,
    Bill,
    ExchangeRate,
    ExpenseTax,
    ExternalReference,
    Field,
    Money,
    NewExpenseItem,
    TaxCoverage,
    TaxType,
)

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
    """The day on which a record counts in the books; never one in a closed period.

    Only a bill that Rillet has in a closed period stays on its day, so that it needs none where it stays as it is.
    """
    day = day_of(record.erp_posting_date, context.zone)
    if not context.books.is_closed(day):
        return day
    present = bill_in_books(record, context)
    if present is not None and context.books.is_closed(kept := present.impact_date or present.bill_date):
        return kept
    first_open = context.books.first_open_day
    if context.settings.closed_period is ClosedPeriod.FIRST_OPEN_DAY and first_open is not None:
        return first_open
    text = f"it counts on {day}, and the books are closed up to {context.books.last_closed}"
    findings.add(ReasonCode.CLOSED_PERIOD, text)
    return day


def bill_in_books(record: Record, context: Context) -> Bill | None:
    """The one bill that Rillet has for a record, None where it has several."""
    kind = context.settings.reference_type
    found = () if kind is None else context.books.bills_by_reference(ExternalReference(type=kind, id=record.id))
    return found[0] if len(found) == 1 else None


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
    become positive amounts and credits negative ones. A reverse charge adds two lines that sum to nothing.
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
            if each.fields or each.tax is not None:
                what = "field values" if each.fields else "a tax code"
                text = f"the line on {offsetting.code} {offsetting.name} carries {what}, which Rillet cannot keep there"
                findings.add(ReasonCode.FIELDS_ON_OFFSETTING_LINE, text, each.line.id)
        elif not each.is_coded:
            text = f"a {each.line.type.lower()} line has no general ledger account; code it in Brex"
            findings.add(ReasonCode.UNCODED_LINE, text, each.line.id)
        elif each.account is not None:
            check_mandatory(each, context, findings)
            made.extend(_items(each, each.account, coded, context, findings))
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
    if rate is not None and rate.is_finite() and rate > 0:
        return ExchangeRate(base=base, target=target, rate=rate, date=day)
    given = "no exchange rate" if rate is None else f"{rate} as the exchange rate"
    text = f"it is in {base}, {coded.subsidiary.trade_name} keeps its books in {target}, and for {day} {given} is given"
    findings.add(ReasonCode.NO_EXCHANGE_RATE, text)
    return None


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
    """What a line says about itself, or else its record, or else the merchant's name; and what was paid abroad."""
    text = each.line.memo or record.memo or (record.vendor.name.strip() if record.vendor else None) or None
    paid = each.transaction_amount
    if paid is None:
        return text
    # A number in JSON has lost its zeros: 41.2 is 41.20 EUR.
    amount = rounded(paid.amount, paid.currency) if is_rounded(paid.amount, paid.currency) else paid.amount
    return f"{text or ''} ({amount:f} {paid.currency})".strip()


def _items(
    each: CodedLine, account: Account, coded: CodedRecord, context: Context, findings: Findings
) -> Iterator[NewExpenseItem]:
    """A line as Rillet wants it, with those of its tax, if that is a reverse charge."""
    tax = each.tax
    item = NewExpenseItem(
        account_code=account.code,
        amount=_signed(each.line.amount.amount, each),
        description=description(each, coded.record),
        fields=each.fields,
    )
    if tax is None:
        yield item
        return
    charged = tax.charged_in(each.line.amount)
    parted = role_account(coded.entity, Role.TAX, context, findings) if tax.is_parted and charged else None
    yield _taxed(item, tax, each, parted)
    for due_on, share in tax.reverse_charge(each.line.amount):
        text = f"Reverse charge {tax.rate.code}"
        yield attrs.evolve(item, account_code=due_on.code, amount=_signed(share, each), description=text)


def _taxed(item: NewExpenseItem, tax: LineTax, each: CodedLine, parted: Account | None) -> TaxedItem:
    charged = tax.charged_in(each.line.amount)
    net = total((each.line.amount.amount, charged.copy_negate()))
    return TaxedItem(
        account_code=item.account_code,
        amount=item.amount if tax.coverage is Coverage.INCLUSIVE else _signed(net, each),
        description=item.description,
        tax_rate=ExpenseTax(
            tax_amount=_signed(charged, each),
            percentage=tax.rate.percentage,
            country=tax.rate.country,
            type=TaxType.SALES_TAX if tax.is_sales_tax else TaxType.VAT,
            description=tax.rate.description,
            coverage=TaxCoverage(tax.coverage.name),
            tax_code=tax.rate.code,
        ),
        fields=item.fields,
        tax_account_code=None if parted is None else parted.code,
    )


def _signed(amount: Decimal, each: CodedLine) -> Money:
    return Money(amount if each.line.type == Side.DEBIT else amount.copy_negate(), each.line.amount.currency)


def check_mandatory(each: CodedLine, context: Context, findings: Findings) -> None:
    """Note each field that Rillet wants on a line and that the line does not have."""
    assigned = {assignment.field_id for assignment in each.fields}
    for field in context.books.fields:
        if _is_mandatory(field) and field.id not in assigned:
            text = f"{field.name} is mandatory in Rillet and has no value on a line"
            findings.add(ReasonCode.MISSING_FIELD, text, each.line.id)


def _is_mandatory(field: Field) -> bool:
    return field.settings is not None and field.settings.expenses is not None and field.settings.expenses.mandatory
