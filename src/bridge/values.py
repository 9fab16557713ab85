"""The small values that the bridge makes itself, whatever the ledger is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs


@attrs.frozen(kw_only=True)
class ExternalReference:
    """The `id` that another system gives an object; `type` is what the ledger calls that system."""

    type: str
    id: str


@attrs.frozen(kw_only=True)
class FieldAssignment:
    """One value of one custom field, by the ids of the ledger."""

    field_id: str
    field_value_id: str


@attrs.frozen(kw_only=True)
class ExchangeRate:
    """How many units of `target` one unit of `base` buys on a day."""

    base: str
    target: str
    rate: Decimal
    date: date


@attrs.frozen(kw_only=True)
class NewVendor:
    """A vendor to create."""

    name: str
    email: str | None = None
    external_references: tuple[ExternalReference, ...] = ()
