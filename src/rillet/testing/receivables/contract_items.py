"""The lines of the stand-in's contracts, made from what was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from rillet.receivables.amendments import AddedItem, AmendedItem
from rillet.receivables.contracts import ContractItem, ContractItemStatus, NewContractItem, NewExternalContractItem
from rillet.receivables.pricing import OneTimePrice, UsagePrice
from rillet.testing.receivables.amounts import contract_value, one_currency, summed
from rillet.testing.receivables.books import ReceivablesBooks
from rillet.testing.server.routing import invalid
from rillet.values import Money


def new_item(
    receivables: ReceivablesBooks, asked: NewContractItem, *, start: date, end: date | None, where: str
) -> ContractItem:
    """A line of a contract that Rillet invoices; `start` and `end` are the contract's."""
    receivables.check_fields(asked.fields, f"{where}.fields")
    references = (asked.external_reference,) if asked.external_reference is not None else ()
    receivables.books.check_references(references)
    commitment = asked.usage_minimum_commitment
    if commitment is not None:
        if not isinstance(asked.price, UsagePrice):
            raise invalid("A minimum commitment goes with a usage price", f"{where}.usage_minimum_commitment")
        receivables.books.account(commitment.revenue_account, f"{where}.usage_minimum_commitment.revenue_account")
    first, last = asked.start_date or start, asked.end_date or end
    return ContractItem(
        id=receivables.books.new_id(),
        product_id=receivables.product(asked.product_id, where).id,
        price=asked.price,
        quantity=asked.quantity,
        total_value=contract_value(asked.price, asked.quantity, asked.discount, start=first, end=last, where=where),
        revenue_pattern=asked.revenue_pattern,
        discount=asked.discount,
        tax_rate=asked.tax_rate,
        start_date=first,
        end_date=_after(first, last, where),
        status=ContractItemStatus.ACTIVE,
        fields=tuple(asked.fields),
        external_references=references,
        usage_minimum_commitment=commitment,
    )


def new_external_item(
    receivables: ReceivablesBooks,
    asked: NewExternalContractItem | AddedItem,
    *,
    start: date,
    end: date | None,
    where: str,
) -> ContractItem:
    """A line of a contract that another system invoices: one of its product, at one price."""
    receivables.books.check_references([asked.external_reference])
    first, last, price = asked.start_date or start, asked.end_date or end, OneTimePrice(amount=asked.price)
    return ContractItem(
        id=receivables.books.new_id(),
        product_id=receivables.product(asked.product_id, where).id,
        price=price,
        quantity=Decimal(1),
        total_value=contract_value(price, Decimal(1), asked.discount, start=first, end=last, where=where),
        revenue_pattern=asked.revenue_pattern,
        discount=asked.discount,
        start_date=first,
        end_date=_after(first, last, where),
        status=ContractItemStatus.ACTIVE,
        external_references=(asked.external_reference,),
    )


def amended_item(receivables: ReceivablesBooks, asked: AmendedItem, *, end: date | None, where: str) -> ContractItem:
    """A new line of a contract that Rillet invoices, or a new version of one; `end` is the contract's."""
    if asked.tax_rate is not None and asked.tax_rate.tax_amount is None:
        raise invalid("tax_amount must not be null", f"{where}.tax_rate.tax_amount")
    first, last = asked.start_date, asked.end_date or end
    return ContractItem(
        id=receivables.books.new_id(),
        product_id=receivables.product(asked.product_id, where).id,
        price=asked.price,
        quantity=asked.quantity,
        total_value=contract_value(asked.price, asked.quantity, asked.discount, start=first, end=last, where=where),
        revenue_pattern=asked.revenue_pattern,
        discount=asked.discount,
        tax_rate=asked.tax_rate,
        start_date=first,
        end_date=_after(first, last, where),
        status=ContractItemStatus.ACTIVE,
        amending=asked.amending,
    )


def summed_value(items: Iterable[ContractItem]) -> Money:
    """What a contract is worth: its active items together. Refuses two currencies."""
    found = list(items)
    currency = one_currency([item.total_value for item in found], "items")
    return summed([item.total_value for item in found if item.status is ContractItemStatus.ACTIVE], currency)


def _after(start: date, end: date | None, where: str) -> date | None:
    if end is not None and end < start:
        raise invalid("end_date cannot be before start_date", f"{where}.end_date")
    return end
