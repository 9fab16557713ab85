"""Which product of Rillet a line sells, and on which account it earns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from bridge.billing.context import Context
from bridge.billing.documents import PlannedProduct
from bridge.billing.master_data import BookProduct
from bridge.billing.values import Line, Product
from bridge.decisions import ReasonCode
from bridge.master_data import INACTIVE
from clientkit.showing import first_of


@attrs.frozen(kw_only=True)
class MappedProduct:
    """A product by its id, or one to create, with the code of the account that it earns on."""

    product: str | PlannedProduct
    account_code: str


def product_of(line: Line, context: Context) -> MappedProduct | None:
    """The product of a line; None, with the reason in the context, where it is not mapped.

    The settings' links count first, then external references. Where products are created, one of the same name is used, and
    created if there is none. The default product is the last resort.
    """
    before = len(context.findings.reasons)
    product, creates = line.product, context.settings.create_products
    found = None if product is None else _linked(product, line, context)
    if found is None and product is not None and creates and len(context.findings.reasons) == before:
        found = _namesake(product, line, context)
    if found is None and len(context.findings.reasons) > before:
        return None
    if found is None and product is not None and creates:
        return _planned(line, product, context)
    found = found or _default(line, context)
    return None if found is None else _mapped(found, line, context)


def _linked(product: Product, line: Line, context: Context) -> BookProduct | None:
    named = next(
        (each.rillet for each in context.settings.products if each.billing in {product.id, product.name}), None
    )
    if context.refuse_unread("product", product.id if named is None else named, line=line):
        return None
    if named is not None:
        found = context.catalogue.product(named)
        if found is None:
            text = f"[[products]] maps {product.name!r} to {named!r}, which is not one product of {context.ledger}; name the id of one"
            context.refuse(ReasonCode.MISSING_SETUP, text, line)
        return found
    there = context.catalogue.products_by_reference(context.settings.reference_type, product.id)
    if len(there) > 1:
        text = f"{context.ledger} has {len(there)} products with the reference {product.id}; take it from all but one"
        context.refuse(ReasonCode.PRODUCT_NOT_MAPPED, text, line)
        return None
    return there[0] if there else None


def _namesake(product: Product, line: Line, context: Context) -> BookProduct | None:
    """The one active product of the same name: a second one would part the revenue of one product. None if there is none."""
    catalogue = context.catalogue
    if not product.name.strip():
        text = f"the product {product.id} has no name to be created under; name it in the billing system"
        context.refuse(ReasonCode.PRODUCT_NOT_MAPPED, text, line)
        return None
    unread = catalogue.unread("product", product.name) or catalogue.nameless("product")
    if unread is not None:
        # Nobody knows whether it is the one.
        text = f"the product {product.id} {product.name!r} is not mapped, and {unread}"
        context.refuse(ReasonCode.UNREADABLE, text, line)
        return None
    there = catalogue.products_by_name(product.name)
    active = [each for each in there if each.status != INACTIVE]
    if not there or len(active) == 1:
        return next(iter(active), None)
    ids = first_of(sorted(each.id for each in active or there))
    what, first = (f"{len(active)} products", "") if active else ("only inactive products", "activate one, or ")
    text = (
        f"{context.ledger} has {what} named {product.name!r}: {ids}; {first}add the id of the right one for {product.id} "
        f"to [[products]]"
    )
    context.refuse(ReasonCode.PRODUCT_NOT_MAPPED, text, line)
    return None


def _default(line: Line, context: Context) -> BookProduct | None:
    if context.settings.default_product is None:
        text = "a line has no product; set default_product to the product of such lines"
        if line.product is not None:
            what = f"the product {line.product.id} {line.product.name!r}"
            text = f"{what} is not mapped; add it to [[products]], set default_product, or set create_products to true"
        context.refuse(ReasonCode.PRODUCT_NOT_MAPPED, text, line)
        return None
    if context.refuse_unread("product", context.settings.default_product, line=line):
        return None
    found = context.catalogue.product(context.settings.default_product)
    if found is None:
        text = (
            f"the default product {context.settings.default_product!r} is not one product of {context.ledger}; set default_product "
            f"to the id of one"
        )
        context.refuse(ReasonCode.MISSING_SETUP, text, line)
    return found


def _mapped(product: BookProduct, line: Line, context: Context) -> MappedProduct | None:
    if product.status == INACTIVE:
        text = f"the product {product.name!r} is inactive in {context.ledger}; activate it, or map another one in [[products]]"
        context.refuse(ReasonCode.PRODUCT_NOT_MAPPED, text, line)
        return None
    if product.account_code is None:
        text = f"the product {product.name!r} has no account to earn on; give it one in {context.ledger}"
        context.refuse(ReasonCode.MISSING_ACCOUNT, text, line)
        return None
    code = _account(product.account_code, f"the product {product.name!r}", line, context)
    return None if code is None else MappedProduct(product=product.id, account_code=code)


def _planned(line: Line, product: Product, context: Context) -> MappedProduct | None:
    if context.settings.revenue_account is None:
        text = f"the product {product.name!r} would be created; set revenue_account to the account that it earns on"
        context.refuse(ReasonCode.MISSING_ACCOUNT, text, line)
        return None
    code = _account(context.settings.revenue_account, "the revenue_account", line, context)
    if code is None:
        return None
    price = line.unit_price if line.unit_price is not None and line.unit_price >= 0 else max(line.amount, Decimal(0))
    planned = PlannedProduct(
        product=product,
        amount=price,
        currency=context.invoice.currency,
        months=_months(line.start, line.end),
        account_code=code,
    )
    return MappedProduct(product=planned, account_code=code)


def _account(named: str, what: str, line: Line, context: Context) -> str | None:
    account = context.catalogue.account(named)
    if context.refuse_unread("account", named, None if account is None else account.code, line=line):
        return None
    if account is None:
        text = f"{what} earns on {named!r}, which is no account of {context.ledger}"
        context.refuse(ReasonCode.UNKNOWN_ACCOUNT, text, line)
    elif account.status == INACTIVE:
        text = f"{what} earns on {account.code} {account.name}, which is inactive"
        context.refuse(ReasonCode.INACTIVE_ACCOUNT, text, line)
    else:
        return account.code
    return None


def _months(start: date | None, end: date | None) -> int:
    """How many months a service period comes to, at least one."""
    if start is None or end is None:
        return 1
    days = (end - start).days + 1
    return max(1, round(days * 12 / 365.25))
