"""A small company between two stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import brex_accounting.testing
import rillet.testing
from brex_accounting import Record
from export_company import REFERENCE_TYPE, Company, expense
from postgres_server import empty, missing, postgres


@pytest.fixture
def company() -> Company:
    return Company(
        brex=brex_accounting.testing.StandIn(rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )


@pytest.fixture
def records() -> list[Record]:
    return [expense(number, f"{number}.50") for number in range(1, 6)]


@pytest.fixture(scope="module")
def databases() -> Iterator[str]:
    if why := missing():
        pytest.skip(why)
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a journal can be, on each of the databases."""
    if request.param == "sqlite":
        return str(tmp_path / "journal.db")
    url: str = request.getfixturevalue("databases")
    empty(url)
    return url
