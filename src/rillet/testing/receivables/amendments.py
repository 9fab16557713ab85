"""What becomes of the stand-in's contracts when they are amended.

An item that is amended stays with the contract, of status AMENDED and ending before its new version begins. When
`effective_from` lets a change wait for the end of a billing cycle, the item's own days already say so.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import attrs

from rillet.receivables.amendments import (
    AddedItem,
    AmendmentPreview,
    ChangedItem,
    FullContractAmendment,
    RevenueRecognitionOnlyContractAmendment,
    TerminatedItem,
)
from rillet.receivables.contracts import Contract, ContractItem, ContractItemStatus
from rillet.receivables.pricing import OneTimePrice
from rillet.testing.receivables.amounts import contract_value
from rillet.testing.receivables.books import ReceivablesBooks
from rillet.testing.receivables.contract_items import amended_item, new_external_item, summed_value
from rillet.testing.server.routing import invalid


def amended(
    receivables: ReceivablesBooks, contract: Contract, asked: FullContractAmendment | AmendmentPreview
) -> Contract:
    """A contract that Rillet invoices, after an amendment."""
    _check_date(receivables, contract, asked.amendment_date)
    receivables.check_invoicing(asked.invoicing, "invoicing")
    items = {item.id: item for item in contract.items}
    for index, each in enumerate(asked.items):
        where = f"items[{index}]"
        if each.start_date < asked.amendment_date:
            raise invalid("start_date cannot be before the amendment", f"{where}.start_date")
        made = amended_item(receivables, each, end=contract.end_date, where=where)
        if each.amending is not None:
            before = items.get(each.amending)
            if before is None or before.status is not ContractItemStatus.ACTIVE:
                raise invalid(f"Active item {each.amending} not found", f"{where}.amending")
            items[before.id] = _superseded(before, each.start_date)
        items[made.id] = made
    found = tuple(items.values())
    return attrs.evolve(contract, items=found, total_value=summed_value(found), invoicing=asked.invoicing)


def amended_external(
    receivables: ReceivablesBooks, contract: Contract, asked: RevenueRecognitionOnlyContractAmendment
) -> Contract:
    """A contract that another system invoices, after an amendment."""
    _check_date(receivables, contract, asked.amendment_date)
    day, items = asked.amendment_date, {item.id: item for item in contract.items}
    for index, each in enumerate(asked.items):
        where = f"items[{index}]"
        if isinstance(each, AddedItem):
            made = new_external_item(receivables, each, start=day, end=contract.end_date, where=where)
        elif isinstance(each, ChangedItem):
            before = _referred(items, each.amending_reference, f"{where}.amending_reference")
            made = _changed(receivables, before, each, day, where)
            items[before.id] = _superseded(before, day)
        else:
            made = _terminated(
                _referred(items, each.external_reference, f"{where}.external_reference"), each, day, where
            )
        items[made.id] = made
    found = tuple(items.values())
    return attrs.evolve(contract, items=found, total_value=summed_value(found))


def _check_date(receivables: ReceivablesBooks, contract: Contract, day: date) -> None:
    earliest = receivables.amended_on.get(contract.id, contract.start_date)
    if day < earliest:
        raise invalid(f"amendment_date cannot be before {earliest}", "amendment_date")


def _superseded(item: ContractItem, day: date) -> ContractItem:
    last = max(item.start_date, day - timedelta(days=1))
    return attrs.evolve(item, status=ContractItemStatus.AMENDED, end_date=last)


def _referred(items: dict[str, ContractItem], reference: str, where: str) -> ContractItem:
    """The active item whose external reference has this id."""
    active = [item for item in items.values() if item.status is ContractItemStatus.ACTIVE]
    found = next((item for item in active if any(each.id == reference for each in item.external_references)), None)
    if found is None:
        raise invalid(f"Active item with external reference {reference} not found", where)
    return found


def _changed(
    receivables: ReceivablesBooks, before: ContractItem, asked: ChangedItem, day: date, where: str
) -> ContractItem:
    price, end = OneTimePrice(amount=asked.price), asked.end_date or before.end_date
    if end is not None and end < day:
        raise invalid("end_date cannot be before the amendment", f"{where}.end_date")
    return attrs.evolve(
        before,
        id=receivables.books.new_id(),
        price=price,
        discount=asked.discount,
        total_value=contract_value(price, Decimal(1), asked.discount, start=day, end=end, where=where),
        revenue_pattern=asked.revenue_pattern or before.revenue_pattern,
        start_date=day,
        end_date=end,
        amending=before.id,
    )


def _terminated(item: ContractItem, asked: TerminatedItem, day: date, where: str) -> ContractItem:
    end = asked.end_date or day
    if end < item.start_date:
        raise invalid("end_date cannot be before start_date", f"{where}.end_date")
    return attrs.evolve(item, end_date=end)
