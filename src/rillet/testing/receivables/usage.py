"""The stand-in's usage of contract items: one row for each day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from rillet.receivables.contract_items import NewUsage, Usage
from rillet.receivables.pricing import UsagePrice
from rillet.testing.receivables.books import ReceivablesBooks, UsageDay
from rillet.testing.server.collection import Collection
from rillet.testing.server.routing import Call, Route, invalid, not_found


@attrs.frozen(kw_only=True)
class _UsageRecords:
    usage: Sequence[NewUsage]


class UsageEndpoints:
    """Usage, said again as often as one likes."""

    def __init__(self, receivables: ReceivablesBooks) -> None:
        self._receivables = receivables

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/contract-items/{contract_item_id}/usage", self._list)
        yield Route("PATCH", "/contract-items/{contract_item_id}/usage", self._record)
        yield Route("DELETE", "/contract-items/{contract_item_id}/usage", self._delete)

    def _list(self, call: Call) -> object:
        return self._days(call).page(call)

    def _record(self, call: Call) -> object:
        """Add or overwrite days; the answer has these days, because what Rillet's has beyond them is not documented."""
        days, asked = self._days(call), call.body(_UsageRecords).usage
        if not asked:
            raise invalid("usage must not be empty", "usage")
        rows = {each.date: Usage(date=each.date, quantity=each.quantity) for each in asked}
        return {
            "usage": [days.put(UsageDay(id=day.isoformat(), usage=rows[day])) for day in sorted(rows, reverse=True)]
        }

    def _delete(self, call: Call) -> object:
        self._days(call).remove(call.required_day("date").isoformat())
        return None

    def _days(self, call: Call) -> Collection[UsageDay]:
        item_id = call.ids["contract_item_id"]
        items = (item for contract in self._receivables.contracts for item in contract.items)
        item = next((each for each in items if each.id == item_id), None)
        if item is None:
            raise not_found(f"Contract item {item_id}")
        if not isinstance(item.price, UsagePrice):
            raise invalid(f"Contract item {item_id} has no usage price")
        return self._receivables.usage_of(item_id)
