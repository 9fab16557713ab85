"""Invoices from a plain CSV file: one row for each line, the columns of the invoice repeated."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from bridge.billing.values import (
    Customer,
    Invoice,
    InvoiceStatus,
    Line,
    PostalAddress,
    Product,
    TaxStatus,
    UnreadableInvoice,
)
from bridge.settings.values import SettingsError
from clientkit.currencies import is_currency
from clientkit.money import checked

#: The columns that there have to be.
NEEDED = ("invoice_id", "issued", "currency", "customer_id", "customer_name", "amount")
#: The columns that there may be. All but those of `_OF_LINES` belong to the invoice.
OPTIONAL = (
    "number", "status", "due", "total", "entity", "updated_at", "customer_email", "customer_currency", "customer_country",
    "tax_status", "line_id", "description", "product_id", "product_name", "tax_category", "quantity", "tax", "service_start",
    "service_end",
)  # fmt: skip
_OF_LINES = frozenset(
    {
        "amount", "line_id", "description", "product_id", "product_name", "tax_category", "quantity", "tax",
        "service_start", "service_end",
    }
)  # fmt: skip

_Row = tuple[int, Mapping[str, str]]


def read_invoices_csv(text: str, *, source: str = "invoices") -> tuple[Invoice | UnreadableInvoice, ...]:
    """The invoices in a CSV file, in their order; one that cannot be read stands as an `UnreadableInvoice`.

    Dates are ``2026-01-31``, amounts have a point, `updated_at` is ISO 8601 with a zone. Without `updated_at` nobody
    can tell an older copy of an invoice. `amount` is without tax; `tax` may be left out for Rillet's tax rate to tell.

    Raises:
        SettingsError: It is no CSV, or a column is missing, unknown or there twice.
    """
    reader = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise SettingsError((f"{source} line {reader.line_num}: it is no CSV: {error}",)) from error
    if not rows:
        raise SettingsError((f"{source} is empty; its first line has to name the columns",))
    heading = [cell.lower() for cell in rows[0][1]]
    problems = [f"{source} line 1: the column {each} is missing" for each in NEEDED if each not in heading]
    known = {*NEEDED, *OPTIONAL}
    problems += [
        f"{source} line 1: {each!r} is no column; there are {', '.join(sorted(known))}"
        for each in heading
        if each not in known
    ]
    problems += [
        f"{source} line 1: the column {each} is there twice"
        for each in sorted({each for each in heading if heading.count(each) > 1})
    ]
    if problems:
        raise SettingsError(tuple(problems))
    grouped, shifted = dict[str, list[_Row]](), list[tuple[int, list[str]]]()
    for number, cells in rows[1:]:
        if len(cells) != len(heading):
            shifted.append((number, cells))
            continue
        row = dict(zip(heading, cells, strict=True))
        grouped.setdefault(row["invoice_id"], []).append((number, row))
    wrong = tuple(_shifted(shifted, heading, grouped, source))
    damaged = {each.id for each in wrong}
    return (*(_read(name, lines, source) for name, lines in grouped.items() if name not in damaged), *wrong)


def _shifted(
    rows: Iterable[tuple[int, list[str]]], heading: list[str], grouped: Mapping[str, object], source: str
) -> Iterator[UnreadableInvoice]:
    """The invoices of rows with too many or too few cells.

    Behind a comma too many or too few every cell is that of another column, that of the invoice too, and an invoice short of a
    line is a wrong one. So each that the row names anywhere is unreadable.
    """
    place = heading.index("invoice_id")
    for number, cells in rows:
        why = f"{source} line {number}: it has {len(cells)} columns, and the heading has {len(heading)}"
        named = [each for each in dict.fromkeys(cells) if each in grouped]
        is_told = bool(named) or len(cells) > len(heading) or (place == 0 and bool(cells[0]))
        if not is_told:
            raise SettingsError((f"{why}, so that nobody knows which invoice it is of",))
        yield from (UnreadableInvoice(id=each, why=why) for each in named or [cells[place]])


def _read(invoice_id: str, rows: list[_Row], source: str) -> Invoice | UnreadableInvoice:
    place = f"{source} line {rows[0][0]}"
    try:
        return _invoice(invoice_id, rows)
    except ValueError as error:
        return UnreadableInvoice(id=invoice_id or None, why=f"{place}: {error}")


def _invoice(invoice_id: str, rows: list[_Row]) -> Invoice:
    head = rows[0][1]
    if not invoice_id:
        raise ValueError("invoice_id is empty")
    for number, row in rows[1:]:
        other = next((key for key in head if key not in _OF_LINES and row[key] != head[key]), None)
        if other is not None:
            raise ValueError(f"{other} is {head[other]!r}, and {row[other]!r} in line {number} of the same invoice")
    issued = _day(head, "issued")
    if issued is None:
        raise ValueError("issued is empty")
    country = head.get("customer_country", "")
    customer = Customer(
        id=_needed(head, "customer_id"),
        name=_needed(head, "customer_name"),
        email=head.get("customer_email") or None,
        currency=_currency(head, "customer_currency"),
        tax_status=TaxStatus(_choice(head, "tax_status", list(TaxStatus)) or TaxStatus.TAXED),
        address=PostalAddress(country=country.upper()) if country else None,
    )
    return Invoice(
        id=invoice_id,
        number=head.get("number") or None,
        customer=customer,
        lines=tuple(_lines(rows)),
        currency=_currency(head, "currency") or _needed(head, "currency"),
        issued=issued,
        due=_day(head, "due"),
        status=InvoiceStatus(_choice(head, "status", list(InvoiceStatus)) or InvoiceStatus.OPEN),
        total=_amount(head, "total"),
        entity=head.get("entity") or None,
        updated_at=_moment(head),
    )


def _lines(rows: list[_Row]) -> Iterator[Line]:
    named = dict[str, int]()
    for index, (number, row) in enumerate(rows, start=1):
        line_id = row.get("line_id", "")
        if line_id and named.setdefault(line_id, number) != number:
            raise ValueError(
                f"line_id {line_id!r} is in line {named[line_id]} and in line {number}; leave one of them out"
            )
        amount = _amount(row, "amount")
        if amount is None:
            raise ValueError(f"amount is empty in line {number}")
        product = row.get("product_id") or row.get("product_name")
        yield Line(
            id=line_id or f"line {index}",
            amount=amount,
            description=row.get("description", ""),
            product=None
            if not product
            else Product(
                id=product, name=row.get("product_name") or product, tax_category=row.get("tax_category") or None
            ),
            quantity=_amount(row, "quantity") or Decimal(1),
            tax=_amount(row, "tax"),
            start=_day(row, "service_start"),
            end=_day(row, "service_end"),
        )


def _needed(row: Mapping[str, str], key: str) -> str:
    if not row[key]:
        raise ValueError(f"{key} is empty")
    return row[key]


def _currency(row: Mapping[str, str], key: str) -> str | None:
    told = row.get(key) or None
    if told is not None and not is_currency(told):
        raise ValueError(f"{key} is {told!r}, not a code of ISO 4217 such as USD")
    return told


def _choice(row: Mapping[str, str], key: str, known: Iterable[str]) -> str | None:
    told = row.get(key) or None
    if told is not None and told not in [*known]:
        raise ValueError(f"{key} is {told!r}, not one of {', '.join(known)}")
    return told


def _amount(row: Mapping[str, str], key: str) -> Decimal | None:
    told = row.get(key) or None
    if told is None:
        return None
    try:
        return checked(Decimal(told))
    except (ArithmeticError, ValueError):
        raise ValueError(f"{key} is {told!r}, not a number with a point such as 1250.00") from None


def _day(row: Mapping[str, str], key: str) -> date | None:
    told = row.get(key) or None
    try:
        return None if told is None else date.fromisoformat(told)
    except ValueError:
        raise ValueError(f"{key} is {told!r}, not a date such as 2026-01-31") from None


def _moment(row: Mapping[str, str]) -> datetime | None:
    told = row.get("updated_at") or None
    if told is None:
        return None
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        raise ValueError(f"updated_at is {told!r}, not a time such as 2026-01-31T12:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError(f"updated_at is {told!r}, without a time zone")
    return moment
