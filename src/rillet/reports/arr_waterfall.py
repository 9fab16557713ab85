"""The ARR waterfall (https://docs.api.rillet.com/reference/retrieve-waterfall-report)."""

from __future__ import annotations

from datetime import date
from typing import Literal

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.endpoints import listing
from clientkit.model import Model
from clientkit.requests import PageRequest
from rillet._paging import KEYSET, checked_limit
from rillet.values import Money


@attrs.frozen(kw_only=True)
class MonthlyRevenue(Model):
    """Recurring revenue in one month; `year_month` is a text such as ``2026-01``."""

    year_month: str
    amount: Money
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class CustomerRevenue(Model):
    """One customer's recurring revenue.

    Rillet's document demands a ``totals`` that it does not describe, and describes `total`: should the first come, it
    is in `extra`.
    """

    id: str
    name: str
    total: MonthlyRevenue | None = None
    extra: Extra = unknown_fields()


class ArrWaterfallOperations:
    """The endpoint ``/reports/arr-waterfall``."""

    _resource = "reports"

    @listing
    def arr_waterfall(
        self,
        *,
        month: date,
        status: Literal["ACTIVE", "COMMITTED"],
        breakdown: Literal["ARR", "MRR"],
        subsidiary_id: str | None = None,
        limit: int | None = None,
    ) -> PageRequest[CustomerRevenue]:
        """Recurring revenue by customer.

        Args:
            month: Any day of the month.
            status: Revenue of contracts that run, or of all that are signed.
            breakdown: Annual or monthly amounts.
            subsidiary_id: Only this subsidiary's revenue.
            limit: Customers per page, 1 to 100.
        """
        query = {
            "month": month.isoformat()[:7],
            "status": status,
            "breakdown": breakdown,
            "subsidiary_id": subsidiary_id,
            "limit": checked_limit(limit),
        }
        return PageRequest(
            path="/reports/arr-waterfall",
            item=CustomerRevenue,
            items_key="customers",
            paging=KEYSET,
            query=query,
            key=_id,
        )


def _id(row: CustomerRevenue) -> str:
    return row.id
