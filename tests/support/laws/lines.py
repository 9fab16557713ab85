"""Made-up lines of the records for the laws of the bridge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from hypothesis import strategies as st

from bridge import Account, Field
from support.laws.oracle import Json
from support.laws.strategies import (
    GL,
    PLACES,
    PROJECT,
    TAX,
    World,
    pick,
    ways_to_name,
)


def parts_of(draw: st.DrawFn, total: int) -> list[int]:
    cuts = sorted(draw(st.lists(st.integers(0, total), max_size=3)))
    return [high - low for low, high in zip([0, *cuts], [*cuts, total], strict=True)]


class LineMaker:
    """Draws the lines of one record. Amounts are counted in minor units until they are written."""

    def __init__(self, draw: st.DrawFn, world: World, currency: str) -> None:
        self.draw, self.world, self._currency = draw, world, currency
        self.units = dict[int, int]()

    def money(self, units: int) -> Decimal:
        return Decimal(units).scaleb(-PLACES[self._currency])

    def coded(self, side: str, units: int, *, beside: Sequence[Account] = ()) -> Json:
        """A line on some account, though not on `beside`, with all the mandatory fields and perhaps others and a tax."""
        accounts = self.world.books.accounts
        chosen = [each for each in accounts if each not in beside]
        refs = [field_value(GL, pick(self.draw, ways_to_name(chosen, accounts)))]
        for field, names in zip(self.world.books.fields, self.world.brex_fields, strict=True):
            rule = None if field.settings is None else field.settings.expenses
            if (rule and rule.mandatory) or self.draw(st.booleans()):
                refs.append(self._value(field, names))
        refs += self._tax()
        return self.line(side, units, self.draw(st.permutations([*refs, *self._noise()])))

    def offsetting(self, side: str, units: int, account: Account, *, uncoded: bool = True) -> Json:
        """A line of the account of the settings: not coded, or coded to just that account."""
        ways = ways_to_name([account], self.world.books.accounts)
        without: list[list[Json]] = [[], [field_value(GL, None)]] if uncoded else []
        coding = pick(self.draw, [*without, *([field_value(GL, way)] for way in ways)])
        # A tax code means nothing on a line that nobody codes.
        tax = [] if any(ref["remote_field_value_id"] for ref in coding) else self._tax()
        return self.line(side, units, [*coding, *tax, *self._noise()])

    def _value(self, field: Field, names: Mapping[str, str]) -> Json:
        value = pick(self.draw, field.values)
        by_id = field_value(names, value.id) | {"field_value_name": "renamed in Rillet"}
        by_name = field_value(names, None) | {"field_value_name": value.name.upper(), "brex_field_value_id": "efo_1"}
        return pick(self.draw, (by_id, by_name))

    def _tax(self) -> list[Json]:
        rates = self.world.books.tax_rates
        if not rates or not self.draw(st.booleans()):
            return []
        rate = pick(self.draw, rates)
        codes = [rate.code] if rate.code not in {each.id for each in rates} else []
        by_description = field_value(TAX, None) | {"field_value_name": rate.description}
        return [pick(self.draw, (*(field_value(TAX, way) for way in (rate.id, *codes)), by_description))]

    def _noise(self) -> list[Json]:
        """Values of a Brex field that has no counterpart in Rillet."""
        return pick(self.draw, ([], [field_value(PROJECT, "apollo")]))

    def line(self, side: str, units: int, refs: Sequence[Json]) -> Json:
        line = {
            "type": side,
            "amount": {"amount": self.money(units), "currency": self._currency},
            "memo": pick(self.draw, (None, "Taxi")),
            "accounting_field_values": list(refs),
        }
        self.units[id(line)] = units
        return line


def field_value(names: Mapping[str, str], value: str | None) -> Json:
    return {
        **names,
        "brex_field_value_id": None if value is None else f"efo_{value}",
        "remote_field_value_id": value,
        "field_value_name": value,
    }
