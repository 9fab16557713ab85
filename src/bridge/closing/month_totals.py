"""What a month's records came to in each currency, by where they stand, beside what the books differ by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from bridge.closing.report import CURRENCY, Report
from bridge.closing.snapshot import ClosingRecord, Snapshot
from bridge.datatable import DataTable, money
from bridge.totals import Total, sum_of, total_of
from clientkit.money import total

#: How the table calls where records stand, in its order.
_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "posted": "in Rillet",
        "refused": "refused",
        "dismissed": "dismissed",
        "held": "held for an approval",
        "waiting": "not ready in Brex, or waiting for the next run",
        "gone": "deleted in Rillet",
        "unreadable": "unreadable in Rillet",
    }
)


class _Row(Protocol):
    @property
    def currency(self) -> str: ...

    @property
    def difference(self) -> Decimal: ...

    @property
    def unexplained(self) -> Decimal: ...


def records_of(snapshot: Snapshot) -> Mapping[str, Total]:
    """The records that count in the month, with their amounts as Brex states them, by where they stand."""
    found = dict[str, list[ClosingRecord]]()
    for each in snapshot.records:
        if each.is_counted and snapshot.period.holds(each.day):
            found.setdefault(each.became, []).append(each)
    return {name: total_of(each.record for each in found[name]) for name in _LABELS if name in found}


def records_report(records: Mapping[str, Total]) -> Report:
    """A row for each status and currency; below, a spreadsheet adds up what the source has."""
    rows = tuple(
        (_LABELS[name], amount, currency)
        for name, each in records.items()
        for currency, amount in sorted(each.amounts.items())
    )
    count = sum_of(records.values()).records
    return Report(title=f"Records of the month: {count}", headings=("Status", "Amount", CURRENCY), rows=rows)


def unexplained_of(rows: Iterable[_Row]) -> Mapping[str, Decimal]:
    """What nothing explains in the books of each currency, whatever its sign, so that no two accounts cancel out."""
    return _summed(rows, lambda each: each.unexplained.copy_abs())


def month_table(records: Mapping[str, Total], rows: Iterable[_Row], *, title: str) -> DataTable:
    """Where the records stand, their sum, and what the accounts differ by: a column for each currency."""
    rows = tuple(rows)
    whole = sum_of(records.values())
    different = _summed(rows, lambda each: max(each.difference, Decimal(0)))
    unexplained = unexplained_of(rows)
    currencies = sorted({*whole.amounts, *unexplained})

    def row(name: str, count: str, amounts: Mapping[str, Decimal]) -> tuple[str, ...]:
        return name, count, *(money(amounts[each], each) if each in amounts else "" for each in currencies)

    return DataTable(
        title=title,
        headings=("Records of the month", "Records", *currencies),
        rows=(
            *(row(_LABELS[name], str(each.records), each.amounts) for name, each in records.items()),
            row("all records", str(whole.records), whole.amounts),
            row("difference between Brex and Rillet, debits", "", different),
            row("unexplained", "", unexplained),
        ),
    )


def _summed(rows: Iterable[_Row], amount: Callable[[_Row], Decimal]) -> Mapping[str, Decimal]:
    parts = dict[str, list[Decimal]]()
    for each in rows:
        parts.setdefault(each.currency, []).append(amount(each))
    return {currency: total(amounts) for currency, amounts in parts.items() if currency}
