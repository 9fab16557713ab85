"""What records came to, by number and amount, so that a plan or a run can be compared with its source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType

import attrs

from brex_accounting import Amount, Record
from bridge.datatable import DataTable, money
from clientkit.money import decimal_text, total

#: How tables call what can become of a record; ``{ledger}`` stands for the ledger's name.
LABELS: Mapping[str, str] = MappingProxyType(
    {
        "post": "would be posted",
        "delete": "would be deleted",
        "posted": "posted",
        "adopted": "found in {ledger} already",
        "held": "held for approval",
        "refused": "refused",
        "nothing": "nothing to do",
        "failed": "failed for now",
        "elsewhere": "in another exporter's hand",
        "not_reached": "not reached",
        "unreadable": "cannot be read",
    }
)
_NONE: Mapping[str, Decimal] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Total:
    """How many records there are, and the sum of their own amounts in each ISO 4217 currency, as the source states them.

    Of records that cannot be read the number alone is known.
    """

    records: int = 0
    amounts: Mapping[str, Decimal] = _NONE

    def plus(self, amount: Amount) -> Total:
        """With one more record."""
        before = self.amounts.get(amount.currency, Decimal(0))
        amounts = {**self.amounts, amount.currency: total((before, amount.amount))}
        return Total(records=self.records + 1, amounts=amounts)

    def minus(self, others: Iterable[Total]) -> Total:
        """What is left without these."""
        records, left = self.records, dict(self.amounts)
        for other in others:
            records -= other.records
            for currency, amount in other.amounts.items():
                left[currency] = total((left.get(currency, Decimal(0)), amount.copy_negate()))
        return Total(records=records, amounts={currency: amount for currency, amount in left.items() if amount})

    def as_json(self) -> dict[str, object]:
        """For programs; amounts are texts."""
        amounts = {currency: decimal_text(amount) for currency, amount in sorted(self.amounts.items())}
        return {"records": self.records, "amounts": amounts}


def total_of(records: Iterable[Record]) -> Total:
    """The total of some records."""
    made = Total()
    for record in records:
        made = made.plus(record.amount)
    return made


def sum_of(totals: Iterable[Total]) -> Total:
    """Several totals as one."""
    records, parts = 0, dict[str, list[Decimal]]()
    for each in totals:
        records += each.records
        for currency, amount in each.amounts.items():
            parts.setdefault(currency, []).append(amount)
    return Total(records=records, amounts={currency: total(each) for currency, each in parts.items()})


def totals_table(totals: Mapping[str, Total], *, title: str, ledger: str = "Rillet") -> DataTable:
    """A row for each of the `totals`, by what became of its records, and their sum: a column for each currency."""
    whole, known = sum_of(totals.values()), [*LABELS]
    ordered = sorted(totals, key=lambda name: known.index(name) if name in known else len(known))
    currencies = sorted(whole.amounts)
    rows = [
        (
            LABELS.get(name, name).format(ledger=ledger),
            str(each.records),
            *(money(each.amounts[currency], currency) if currency in each.amounts else "" for currency in currencies),
        )
        for name, each in [*((name, totals[name]) for name in ordered), ("all records", whole)]
    ]
    return DataTable(title=title, headings=("What became of them", "Records", *currencies), rows=tuple(rows))


def totals_json(totals: Mapping[str, Total]) -> dict[str, object]:
    """The `totals` for programs, and their sum as ``all``."""
    return {**{name: each.as_json() for name, each in totals.items()}, "all": sum_of(totals.values()).as_json()}
