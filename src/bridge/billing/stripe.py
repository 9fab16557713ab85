"""Stripe's invoices and credit notes as values (https://docs.stripe.com/api/invoices/object).

Both generations of the documented shapes are read: ``taxes`` and ``pricing`` on lines, and ``tax_amounts`` and ``price``
before them. Objects may be expanded or ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Context, Decimal
from types import MappingProxyType
from typing import TypeAlias, cast

import attrs

from bridge.billing.values import (
    CreditNote,
    Customer,
    Invoice,
    InvoiceStatus,
    Line,
    PostalAddress,
    Product,
    TaxStatus,
)
from clientkit.money import total

_Object: TypeAlias = Mapping[str, object]

# Nothing that Stripe sends is rounded.
_WIDE = Context(prec=80)

# https://docs.stripe.com/currencies: amounts are integers of these; ISK and UGX have two places for Stripe and none elsewhere.
_WHOLE = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THOUSANDTHS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
_STATUSES: Mapping[str, InvoiceStatus] = MappingProxyType({each.value: each for each in InvoiceStatus})
_TAX_STATUSES: Mapping[str | None, TaxStatus] = MappingProxyType(
    {
        None: TaxStatus.TAXED,
        "none": TaxStatus.TAXED,
        "exempt": TaxStatus.EXEMPT,
        "reverse": TaxStatus.REVERSE_CHARGE,
    }
)


class StripeShapeError(ValueError):
    """Something is not as Stripe documents it; the message says where."""


def read_stripe_invoice(invoice: Mapping[str, object], *, zone: tzinfo = UTC) -> Invoice:
    """An invoice from Stripe's JSON, parsed.

    Discounts are taken off their lines, and taxes that are in a price are parted off it. The day of the invoice is that of
    ``effective_at``, or else of its finalization, in `zone`; a draft's is that of its creation. Stripe knows no company that
    sells, so the `entity` is what the ``metadata`` of the invoice, or else of its subscription, have under that name.

    Raises:
        StripeShapeError: A field is missing or of another form, or the lines are not all there (``has_more``).
    """
    at = f"invoice {_text(invoice, 'id', 'invoice')}"
    currency = _text(invoice, "currency", at).upper()
    status = _text(invoice, "status", at)
    if status not in _STATUSES:
        raise StripeShapeError(f"{at}: the status {status!r} is not one of {', '.join(_STATUSES)}")
    moments = _moments(invoice, at)
    created = _moment(invoice, "created", at)
    if created is None:
        raise StripeShapeError(f"{at}: created is missing")
    issued = _moment(invoice, "effective_at", at) or moments.get("finalized_at") or created
    due = _moment(invoice, "due_date", at)
    return Invoice(
        id=_text(invoice, "id", at),
        number=_optional(invoice, "number", at),
        customer=_customer(invoice, at),
        lines=tuple(_lines(invoice, currency, zone, at)),
        currency=currency,
        issued=issued.astimezone(zone).date(),
        due=None if due is None else due.astimezone(zone).date(),
        status=_STATUSES[status],
        total=_money(invoice, "total", currency, at),
        entity=_entity(invoice, at),
        created_at=created,
        updated_at=max((created, *moments.values())),
        link=_optional(invoice, "hosted_invoice_url", at),
    )


def read_stripe_credit_note(
    note: Mapping[str, object],
    customer: Customer,
    *,
    credited: Iterable[Line] = (),
    entity: str | None = None,
    zone: tzinfo = UTC,
) -> CreditNote:
    """A credit note from Stripe's JSON, parsed; Stripe tells of its `customer` in the invoice alone.

    `credited` are the lines of its invoice, whose products are those of the lines that name them (``invoice_line_item``).
    `entity` is that of its invoice, and counts where its own ``metadata`` have none.
    ``pre_payment_amount`` is what it takes off the invoice; the rest is refunded or kept for later invoices. Raises as
    `read_stripe_invoice`.
    """
    at = f"credit note {_text(note, 'id', 'credit note')}"
    currency = _text(note, "currency", at).upper()
    created = _moment(note, "created", at)
    if created is None:
        raise StripeShapeError(f"{at}: created is missing")
    voided = _moment(note, "voided_at", at)
    issued = _moment(note, "effective_at", at) or created
    invoice, products = note.get("invoice"), {each.id: each.product for each in credited}
    return CreditNote(
        id=_text(note, "id", at),
        number=_optional(note, "number", at),
        customer=customer,
        lines=tuple(_lines(note, currency, zone, at, products)),
        currency=currency,
        issued=issued.astimezone(zone).date(),
        invoice_id=None if invoice is None else _id(invoice, f"{at}.invoice"),
        applied=_money(note, "pre_payment_amount", currency, at),
        is_void=note.get("status") == "void",
        total=_money(note, "total", currency, at),
        entity=_entity(note, at) or entity,
        created_at=created,
        updated_at=max(created, voided or created),
        link=_optional(note, "pdf", at),
    )


def _entity(of: _Object, at: str) -> str | None:
    """The company that sells; a subscription gives its metadata to its invoices in a place of their own."""
    parent = _expanded(of.get("parent")) or of
    for holder in (of, _expanded(parent.get("subscription_details"))):
        named = _optional(_expanded(holder.get("metadata")), "entity", f"{at}.metadata")
        if named is not None:
            return named
    return None


def _customer(invoice: _Object, at: str) -> Customer:
    told = invoice.get("customer")
    expanded = _expanded(told)
    exempt = _optional(invoice, "customer_tax_exempt", at)
    if exempt not in _TAX_STATUSES:
        raise StripeShapeError(f"{at}: customer_tax_exempt is {exempt!r}, not one of none, exempt and reverse")
    address, shipping = invoice.get("customer_address"), invoice.get("customer_shipping")
    address = expanded.get("address") if address is None else address
    shipping = expanded.get("shipping") if shipping is None else shipping
    ours = _optional(expanded, "currency", f"{at}.customer")
    return Customer(
        id=_id(told, f"{at}.customer"),
        name=_optional(invoice, "customer_name", at) or _optional(expanded, "name", at) or "",
        email=_optional(invoice, "customer_email", at) or _optional(expanded, "email", at),
        currency=None if ours is None else ours.upper(),
        tax_status=_TAX_STATUSES[exempt],
        address=_address(address, f"{at}.customer_address"),
        shipping_address=_address(
            _object(shipping, f"{at}.customer_shipping").get("address") if shipping is not None else None,
            f"{at}.customer_shipping.address",
        ),
    )


def _address(told: object, at: str) -> PostalAddress | None:
    if told is None:
        return None
    of = _object(told, at)
    return PostalAddress(
        line1=_optional(of, "line1", at) or "",
        line2=_optional(of, "line2", at),
        city=_optional(of, "city", at) or "",
        state=_optional(of, "state", at) or "",
        zip_code=_optional(of, "postal_code", at) or "",
        country=_optional(of, "country", at) or "",
    )


def _lines(
    of: _Object, currency: str, zone: tzinfo, at: str, credited: Mapping[str, Product | None] = MappingProxyType({})
) -> Iterator[Line]:
    listed = _object(of.get("lines"), f"{at}.lines")
    if listed.get("has_more") is True:
        raise StripeShapeError(f"{at}: not all of its lines are there; list them with limit=100 and give them all")
    for index, each in enumerate(_list(listed.get("data"), f"{at}.lines.data")):
        where = f"{at}.lines[{index}]"
        line = _object(each, where)
        names = _optional(line, "invoice_line_item", where)
        product = None if names is None else credited.get(names)
        yield attrs.evolve(_line(line, currency, zone, where), credited_product=product)


def _line(line: _Object, currency: str, zone: tzinfo, at: str) -> Line:
    amount = _money(line, "amount", currency, at)
    if amount is None:
        raise StripeShapeError(f"{at}: amount is missing")
    discounts = [
        _required_money(_object(each, at), "amount", currency, f"{at}.discount_amounts")
        for each in _list(line.get("discount_amounts") or [], f"{at}.discount_amounts")
    ]
    taxes, included = list[Decimal](), list[Decimal]()
    for each in _list(line.get("taxes") or line.get("tax_amounts") or [], f"{at}.taxes"):
        tax = _object(each, f"{at}.taxes")
        worth = _required_money(tax, "amount", currency, f"{at}.taxes")
        taxes.append(worth)
        if tax.get("tax_behavior") == "inclusive" or tax.get("inclusive") is True:
            included.append(worth)
    net = total((amount, *(each.copy_negate() for each in (*discounts, *included))))
    quantity = _quantity(line, at)
    period = line.get("period")
    days = _period(_object(period, f"{at}.period"), zone, at) if period is not None else (None, None)
    description = _optional(line, "description", at) or ""
    return Line(
        id=_text(line, "id", at),
        amount=net,
        description=description,
        product=_product(line, description, at),
        quantity=quantity,
        # Amounts after discounts and taxes have no price of one unit that anybody has agreed on.
        unit_price=_unit_price(line, currency, at) if net == amount else None,
        tax=total(taxes),
        start=days[0],
        end=days[1],
    )


def _product(line: _Object, description: str, at: str) -> Product | None:
    details = _expanded(_expanded(line.get("pricing")).get("price_details"))
    told = details.get("product") or _expanded(line.get("price")).get("product")
    if told is None:
        return None
    product_id = _id(told, f"{at}.product")
    expanded = _expanded(told)
    tax_code = expanded.get("tax_code")
    return Product(
        id=product_id,
        name=_optional(expanded, "name", at) or description or product_id,
        description=_optional(expanded, "description", at) or "",
        tax_category=None if tax_code is None else _id(tax_code, f"{at}.product.tax_code"),
    )


def _unit_price(line: _Object, currency: str, at: str) -> Decimal | None:
    """The price of one unit: an exact number of cents, which may have places of its own."""
    for of in (_expanded(line.get("pricing")), _expanded(line.get("price")), line):
        told = of.get("unit_amount_decimal")
        if isinstance(told, str | Decimal | int):
            return _decimal(told, f"{at}.unit_amount_decimal").scaleb(-_places(currency), context=_WIDE)
    return None


def _quantity(line: _Object, at: str) -> Decimal:
    told = line.get("quantity_decimal")
    told = line.get("quantity") if told is None else told
    if told is None:
        return Decimal(1)
    return _decimal(told, f"{at}.quantity")


def _period(period: _Object, zone: tzinfo, at: str) -> tuple[date | None, date | None]:
    start, end = _moment(period, "start", f"{at}.period"), _moment(period, "end", f"{at}.period")
    first = None if start is None else start.astimezone(zone).date()
    if start is None or end is None or end == start:
        return first, first
    # The end is the first moment that is not in the period any more.
    last = datetime.fromtimestamp(end.timestamp() - 1, tz=zone).date()
    return first, last


def _moments(invoice: _Object, at: str) -> dict[str, datetime]:
    told = invoice.get("status_transitions")
    transitions: _Object = {} if told is None else _object(told, f"{at}.status_transitions")
    moments = {name: _moment(transitions, name, f"{at}.status_transitions") for name in transitions}
    return {name: moment for name, moment in moments.items() if moment is not None}


def _places(currency: str) -> int:
    if currency in _WHOLE:
        return 0
    return 3 if currency in _THOUSANDTHS else 2


def _money(of: _Object, key: str, currency: str, at: str) -> Decimal | None:
    """An amount of the smallest unit of its currency, in major units."""
    told = of.get(key)
    if told is None:
        return None
    if isinstance(told, bool) or not isinstance(told, int):
        raise StripeShapeError(f"{at}: {key} is {told!r}, not a whole number of the smallest unit")
    return Decimal(told).scaleb(-_places(currency), context=_WIDE)


def _required_money(of: _Object, key: str, currency: str, at: str) -> Decimal:
    amount = _money(of, key, currency, at)
    if amount is None:
        raise StripeShapeError(f"{at}: {key} is missing")
    return amount


def _decimal(told: object, at: str) -> Decimal:
    if isinstance(told, bool) or not isinstance(told, str | int | Decimal):
        raise StripeShapeError(f"{at} is {told!r}, not a number")
    try:
        number = Decimal(told)
    except ArithmeticError:
        raise StripeShapeError(f"{at} is {told!r}, not a number") from None
    if not number.is_finite():
        raise StripeShapeError(f"{at} is {told!r}, not a number")
    return number


def _moment(of: _Object, key: str, at: str) -> datetime | None:
    """A moment in seconds since 1970."""
    told = of.get(key)
    if told is None:
        return None
    if isinstance(told, bool) or not isinstance(told, int):
        raise StripeShapeError(f"{at}: {key} is {told!r}, not a number of seconds since 1970")
    try:
        return datetime.fromtimestamp(told, tz=UTC)
    except (OverflowError, OSError, ValueError):
        raise StripeShapeError(f"{at}: {key} is {told!r}, which is no moment") from None


def _text(of: _Object, key: str, at: str) -> str:
    told = of.get(key)
    if not isinstance(told, str) or not told:
        raise StripeShapeError(f"{at}: {key} is {told!r}, not a text")
    return told


def _optional(of: _Object, key: str, at: str) -> str | None:
    told = of.get(key)
    if told is not None and not isinstance(told, str):
        raise StripeShapeError(f"{at}: {key} is {told!r}, not a text")
    return told or None


def _id(told: object, at: str) -> str:
    """The id of what is an id or an expanded object."""
    return _text(_expanded(told) or {"id": told}, "id", at)


def _expanded(told: object) -> _Object:
    """What an expanded object tells; nothing where there is only its id."""
    return cast("_Object", told) if isinstance(told, Mapping) else {}


def _object(told: object, at: str) -> _Object:
    if not isinstance(told, Mapping):
        raise StripeShapeError(f"{at} is {told!r}, not an object")
    return cast("_Object", told)


def _list(told: object, at: str) -> Sequence[object]:
    if not isinstance(told, list | tuple):
        raise StripeShapeError(f"{at} is {told!r}, not a list")
    return cast("Sequence[object]", told)
