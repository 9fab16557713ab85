"""A small company between two stand-ins."""

from __future__ import annotations

import pytest

import brex_accounting.testing
import rillet.testing
from brex_accounting import Record
from export_company import REFERENCE_TYPE, Company, expense


@pytest.fixture
def company() -> Company:
    return Company(
        brex=brex_accounting.testing.StandIn(rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )


@pytest.fixture
def records() -> list[Record]:
    return [expense(number, f"{number}.50") for number in range(1, 6)]
