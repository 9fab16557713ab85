"""A small company between two stand-ins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import brex_accounting.testing
import rillet.testing
from brex_accounting import Record
from bridge.export.journal.sql import SqlJournal
from support.clocks import ManualClock
from support.commands import invoke
from support.companies.exported import REFERENCE_TYPE, SETTINGS_TEXT, Company, expense
from support.companies.with_receipts import House
from support.postgres import empty, missing, postgres
from support.redis import missing as no_redis
from support.redis import redis_server

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def house() -> Iterator[House]:
    with ExitStack() as stack:
        yield House(stack)


@pytest.fixture
def company(request: pytest.FixtureRequest) -> Company:
    """Its Rillet goes by `clock` where the test asks for one, else by the machine's."""
    made = Company(
        brex=brex_accounting.testing.StandIn(rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )
    if "clock" in request.fixturenames:
        clock: ManualClock = request.getfixturevalue("clock")
        made.rillet = rillet.testing.StandIn(reference_types={REFERENCE_TYPE}, now=clock)
    return made


@pytest.fixture
def journal(tmp_path: Path, clock: ManualClock) -> Iterator[SqlJournal]:
    with SqlJournal(str(tmp_path / "journal.db"), now=clock) as opened:
        yield opened


@pytest.fixture
def records() -> list[Record]:
    return [expense(number, f"{number}.50") for number in range(1, 6)]


@pytest.fixture(scope="session")
def databases() -> Iterator[str]:
    """A PostgreSQL server; it takes seconds to start, so all tests of one worker share it and empty it."""
    if why := missing():
        pytest.skip(why)
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server, which all tests of one worker share."""
    if why := no_redis():
        pytest.skip(why)
    with redis_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a journal can be, on each of the databases."""
    if request.param == "sqlite":
        return str(tmp_path / "journal.db")
    url: str = request.getfixturevalue("databases")
    empty(url)
    return url


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot be without a journal: the cases that `needs_journal` marks, of all kinds or of those named."""
    left_out = [item for item in items if isinstance(item, pytest.Function) and _lacks_its_journal(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _lacks_its_journal(item: pytest.Function) -> bool:
    marker, params = item.get_closest_marker("needs_journal"), getattr(item, "callspec", None)
    if marker is None or params is None or params.params.get("journal", True):
        return False
    kind = params.params.get("kind")
    return not marker.args or (kind is not None and kind.name in marker.args)


@pytest.fixture
def environment(company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The variables with which commands reach the stand-ins of the company."""
    with ExitStack() as stack:
        monkeypatch.setenv("BREX_TOKEN", company.brex.token)
        monkeypatch.setenv("BREX_BASE_URL", stack.enter_context(company.brex.serve()))
        monkeypatch.setenv("RILLET_API_KEY", company.rillet.api_key)
        monkeypatch.setenv("RILLET_BASE_URL", stack.enter_context(company.rillet.serve()))
        yield


@pytest.fixture
def run(tmp_path: Path, environment: None) -> Callable[..., Any]:
    """Runs a command with the settings of the company and a journal."""
    path = tmp_path / "settings.toml"
    path.write_text(SETTINGS_TEXT, encoding="utf-8")

    def call(command: str, *arguments: str) -> Any:
        settings = [] if command == "history" else ["--settings", str(path)]
        return invoke(command, *arguments, *settings, "--journal", str(tmp_path / "journal.db"))

    return call
