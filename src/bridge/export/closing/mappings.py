"""The mapping of an export for the reports of a close, which are in the currency of the books whatever the settings say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property

import attrs

from bridge.callers import Rates
from bridge.mapping import Bridge
from bridge.master_data import Rate
from bridge.settings.choices import ForeignCurrency
from bridge.settings.values import Settings


class Mappings:
    """A mapping whose records are in the currency of the books, and one whose records are in their own."""

    def __init__(self, usual: Bridge) -> None:
        self._usual = usual

    def converting(self, posted: Sequence[Rate]) -> Bridge:
        """In the currency of the books; where no rate is told, those count that the record was `posted` with."""
        return self._with_rates(posted) if posted else self._converting

    @cached_property
    def unconverted(self) -> Bridge:
        """In the currency of each record."""
        return self._in(ForeignCurrency.DOCUMENT)

    @cached_property
    def _converting(self) -> Bridge:
        return self._in(ForeignCurrency.SUBSIDIARY)

    def _in(self, currency: ForeignCurrency) -> Bridge:
        usual = self._usual
        return self._like_usual(attrs.evolve(usual.settings, foreign_currency=currency), usual.rates)

    def _with_rates(self, posted: Sequence[Rate]) -> Bridge:
        told = self._usual.rates

        def rates(base: str, target: str, day: date) -> Decimal | None:
            known = (each.rate for each in posted if (each.base, each.target) == (base, target))
            rate = told(base, target, day)
            return rate if rate is not None else next(known, None)

        return self._like_usual(self._converting.settings, rates)

    def _like_usual(self, settings: Settings, rates: Rates) -> Bridge:
        usual = self._usual
        return Bridge(
            settings,
            mappers=usual.mappers,
            rates=rates,
            zones=usual.zones,
            choose_account=usual.choose_account,
            choose_vendor=usual.choose_vendor,
        )
