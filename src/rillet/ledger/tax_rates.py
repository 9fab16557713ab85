"""Predefined tax rates (https://docs.api.rillet.com/reference/list-all-tax-rates)."""

from __future__ import annotations

from decimal import Decimal

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.endpoints import AsyncResource, SyncResource, listing
from clientkit.model import Model
from clientkit.requests import PageRequest
from rillet._paging import WHOLE


@attrs.frozen(kw_only=True)
class TaxRate(Model):
    """A tax rate that lines can name by its `code`.

    `percentage` is 0 to 100 (``Decimal("23.0000")``), `country` an ISO 3166 alpha-2 code.
    """

    id: str
    code: str
    country: str
    description: str
    percentage: Decimal
    extra: Extra = unknown_fields()


class TaxRateOperations:
    """The endpoints under ``/tax-rates``. Rillet has none to create or change a rate."""

    @listing
    def list(self, *, country: str | None = None) -> PageRequest[TaxRate]:
        """Tax rates, in one answer.

        Args:
            country: Only rates of this country, an ISO 3166 alpha-2 code.
        """
        query = {"country": country}
        return PageRequest(path="/tax-rates", item=TaxRate, items_key="tax_rates", paging=WHOLE, query=query)


class TaxRates(TaxRateOperations, SyncResource):
    """Tax rates, blocking."""


class AsyncTaxRates(TaxRateOperations, AsyncResource):
    """Tax rates, to be awaited."""
