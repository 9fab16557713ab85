"""A pace that processes share: its slots, what happens without its store, and three exporters with one key."""

from __future__ import annotations

import asyncio
import json
import math
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import rillet
import rillet.testing
from bridge.export import SqlPaces
from bridge.export.commands.app import PACE_VARIABLE
from bridge.export.commands.every import app
from clientkit import Answer, ConfigurationError, Paces, PaceStoreError, Pacing, RedisPaces, SharedPacer
from clientkit.pacing import Pacer, next_slot
from clientkit.testing import Fault, Respond
from support.companies.exported import SETTINGS_TEXT, Company, expense
from support.postgres import empty
from support.postgres import missing as no_postgres
from support.redis import missing
from support.sizes import size

ROOT = Path(__file__).parents[3]
#: More than the pace of one window, because each record takes two requests.
PACED = size("BREX_RILLET_PACED", quick=60, full=240)


@pytest.fixture(params=["redis", "postgresql", "sqlite"])
def paces_at(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each place where a pace can be shared."""
    if request.param == "redis":
        url: str = request.getfixturevalue("redis_url")
        return url
    if request.param == "sqlite":
        return str(tmp_path / "paces.db")
    if why := no_postgres():
        pytest.skip(why)
    database: str = request.getfixturevalue("databases")
    empty(database)
    return database


@pytest.fixture
def paces(paces_at: str) -> Iterator[Paces]:
    if paces_at.startswith("unix:"):
        yield RedisPaces(paces_at, prefix=f"{uuid.uuid4()}:")
    else:
        with closing(SqlPaces(paces_at)) as made:
            yield made


def test_no_window_has_more_than_the_limit_whoever_asks(paces: Paces) -> None:
    # Two objects stand for two processes; each has threads. A window is longer than the test.
    users = [paces.pacing("key", 5, 1_000.0, 0.0) for _ in range(2)]
    waits = list[float]()

    def ask(pacing: Pacing) -> None:
        for _ in range(5):
            wait = pacing.reserve(0.0)
            assert wait is not None
            waits.append(wait)

    threads = [threading.Thread(target=ask, args=(each,)) for each in users * 2]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    windows = [round(wait / 1_000) for wait in sorted(waits)]
    assert windows == [0] * 5 + [1] * 5 + [2] * 5 + [3] * 5


def test_a_slot_that_comes_too_late_is_not_taken(paces: Paces) -> None:
    pacing = paces.pacing("key", 1, 60.0, 0.5)
    assert pacing.reserve(100.0, 100.0) == 0
    assert pacing.reserve(100.0, 130.0) is None
    first = pacing.reserve(100.0, 200.0)
    assert first is not None
    assert first == pytest.approx(60.5, abs=5)
    assert pacing.reserve(100.0) == pytest.approx(2 * first, abs=5)
    assert paces.pacing("another key", 1, 60.0, 0.5).reserve(100.0) == 0


def test_who_is_turned_away_keeps_all_from_sending(paces: Paces) -> None:
    one, other = (paces.pacing("key", 60, 60.0, 0.5) for _ in range(2))
    assert one.reserve(0.0) == 0
    one.hold(0.0, 30.0)
    one.hold(0.0, 10.0)
    wait = other.reserve(0.0)
    assert wait is not None
    assert 20 < wait <= 30


def test_a_client_shares_the_pace_of_its_key_and_of_no_other(paces: Paces) -> None:
    books = rillet.testing.StandIn(rate_limit=None)
    clients = [books.client(pacer=paces) for _ in range(2)]
    other = rillet.Client("another-key", transport=books.transport(), pacer=paces)
    for client in clients:
        assert client.accounts.list().collect()
    assert {client.pacer.limit for client in (*clients, other) if client.pacer is not None} == {60}
    waits = [client.pacer.reserve(0.0, 0.0) for client in clients for _ in range(29) if client.pacer is not None]
    assert waits == [0.0] * 58
    assert [client.pacer.reserve(0.0, 0.0) for client in clients if client.pacer is not None] == [None, None]
    assert other.pacer is not None
    assert other.pacer.reserve(0.0, 0.0) == 0


def test_a_429_tells_the_others(paces: Paces) -> None:
    books = rillet.testing.StandIn(rate_limit=None)
    books.faults.append(Fault(Respond(Answer(status=429))))
    waits = list[float]()
    client = rillet.Client(books.api_key, transport=books.transport(), pacer=paces, sleep=waits.append)
    client.accounts.list().collect()
    colleague = books.client(pacer=paces).pacer
    assert 15 <= waits[0] <= 45
    assert colleague is not None
    told = colleague.reserve(0.0)
    assert told is not None
    assert told == pytest.approx(waits[0], abs=5)


def test_an_event_loop_goes_on_while_the_pace_is_asked() -> None:
    asked_in = list[threading.Thread]()

    class Slow:
        limit, window = 60, 60.0

        def reserve(self, now: float, latest: float | None = None) -> float | None:
            asked_in.append(threading.current_thread())
            return 0.0

        def hold(self, now: float, seconds: float) -> None:
            asked_in.append(threading.current_thread())

    books = rillet.testing.StandIn(rate_limit=None)
    books.faults.append(Fault(Respond(Answer(status=429))))

    async def main() -> int:
        async def at_once(seconds: float) -> None:
            await asyncio.sleep(0)

        async with rillet.AsyncClient(
            books.api_key, transport=books.async_transport(), pacer=Slow(), sleep=at_once
        ) as client:
            return len(await client.accounts.list().collect())

    assert asyncio.run(main())
    assert len(asked_in) == 3
    assert threading.main_thread() not in asked_in


# --- without the store -------------------------------------------------------------------------------


class Gone:
    """A store that cannot be asked."""

    def __init__(self) -> None:
        self.asked = 0

    def reserve(self, name: str, limit: int, span: float, patience: float | None) -> float | None:
        self.asked += 1
        raise PaceStoreError("no route to host")

    def hold(self, name: str, seconds: float) -> None:
        self.asked += 1
        raise PaceStoreError("no route to host")


def test_without_its_store_a_process_keeps_a_pace_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    gone = Gone()
    pacing = SharedPacer(gone, "key", 2, 60.0, margin=0.0)
    assert [pacing.reserve(0.0), pacing.reserve(1.0), pacing.reserve(2.0)] == [0.0, 0.0, 58.0]
    pacing.hold(3.0, 100.0)
    assert pacing.reserve(4.0, 50.0) is None
    # It is not asked again for each request, and it is asked again later.
    assert gone.asked == 1
    pacing.reserve(6.0)
    assert gone.asked == 2
    assert len(caplog.records) == 2
    assert "no route to host" in caplog.text


class Broken:
    """A store of the caller's own that raises whatever it likes, or gives what are no seconds."""

    def __init__(self, given: Any) -> None:
        self._given = given

    def reserve(self, name: str, limit: int, span: float, patience: float | None) -> float | None:
        del name, limit, span, patience
        if isinstance(self._given, Exception):
            raise self._given
        answer: float = self._given
        return answer

    def hold(self, name: str, seconds: float) -> None:
        self.reserve(name, 1, seconds, None)


@pytest.mark.parametrize(
    ("given", "told"),
    [(OSError("redis://:secret@host"), ": OSError"), ("0", "gave '0'"), (math.nan, "gave nan"), (-5, "gave -5")],
)
def test_a_store_of_ones_own_that_fails_otherwise_stops_nothing_either(
    caplog: pytest.LogCaptureFixture, given: Any, told: str
) -> None:
    pacing = SharedPacer(Broken(given), "key", 2, 60.0, margin=0.0)

    assert [pacing.reserve(0.0), pacing.reserve(1.0), pacing.reserve(2.0)] == [0.0, 0.0, 58.0]
    pacing.hold(100.0, 10.0)
    assert pacing.reserve(101.0) == 9.0
    assert told in caplog.text
    assert "secret" not in caplog.text


def test_a_redis_that_is_not_there_stops_nothing(tmp_path: Path) -> None:
    if why := missing():
        pytest.skip(why)
    paces = RedisPaces(f"unix://{tmp_path}/nothing")
    client = rillet.testing.StandIn(rate_limit=None).client(pacer=paces)
    assert client.accounts.list().collect()


@pytest.mark.parametrize("url", ["localhost", "http://localhost", "redis://host:port"])
def test_what_is_no_redis_is_refused_without_its_password(url: str) -> None:
    pytest.importorskip("redis", reason="the extra `shared` is not installed")
    with pytest.raises(ConfigurationError, match="none of Redis"):
        RedisPaces(url)


@given(
    asked=st.lists(st.floats(0, 3, allow_subnormal=False), min_size=1, max_size=40),
    limit=st.integers(1, 5),
    held=st.floats(0, 20),
)
def test_the_rule_for_slots_is_that_of_one_process(asked: list[float], limit: int, held: float) -> None:
    pacer, slots, now = Pacer(limit, 1.0, margin=0.0), list[float](), 0.0
    pacer.hold(0.0, held)
    for step in asked:
        now += step
        slots.append(next_slot(slots[-limit:], held, now, limit, 1.0))
        wait = pacer.reserve(now)
        assert wait is not None
        assert now + wait == pytest.approx(slots[-1])
    assert slots == sorted(slots)
    assert min(slots) >= held
    assert all(later - earlier >= 1.0 - 1e-6 for earlier, later in zip(slots, slots[limit:], strict=False))


# --- three processes with one key --------------------------------------------------------------------


def three_processes(records: int, place: str, *pace: str) -> dict[str, object]:
    """What `benchmarks/shared_pace.py` tells; the pace are a window's seconds, its requests and a margin in seconds."""
    window, *others = pace
    command = [sys.executable, str(ROOT / "benchmarks" / "shared_pace.py"), str(records), window, place, *others]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=300)
    told: dict[str, object] = json.loads(run.stdout)
    return told


@pytest.mark.parametrize("paces_at", ["redis", "postgresql"], indirect=True)
def test_three_processes_with_one_key_are_never_turned_away(paces_at: str) -> None:
    # A busy machine keeps a request waiting for less than the margin.
    told = three_processes(PACED, paces_at, "0.5", "60", "2.0")
    assert told["posted"] == told["exported"] == PACED
    assert (told["turned_away"], told["twice"], told["failed"], told["stopped"]) == (0, 0, 0, [])


def test_three_processes_that_share_no_pace_post_everything_all_the_same() -> None:
    told = three_processes(20, "", "0.6", "10")
    assert told["posted"] == told["exported"] == 20
    # What one of them is turned away with too often is left to the others.
    assert (told["twice"], told["stopped"]) == (0, [])


# --- the command -------------------------------------------------------------------------------------


def test_the_commands_keep_the_pace_where_they_are_told(
    company: Company, paces_at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.brex.add(expense(1))
    (tmp_path / "settings.toml").write_text(SETTINGS_TEXT, encoding="utf-8")
    with company.brex.serve() as brex_url, company.rillet.serve() as rillet_url:
        monkeypatch.setenv("BREX_TOKEN", company.brex.token)
        monkeypatch.setenv("BREX_BASE_URL", brex_url)
        monkeypatch.setenv("RILLET_API_KEY", company.rillet.api_key)
        monkeypatch.setenv("RILLET_BASE_URL", rillet_url)
        settings = ["--settings", str(tmp_path / "settings.toml")]
        planned = CliRunner().invoke(app, ["plan", *settings, "--pace", paces_at])
        monkeypatch.setenv(PACE_VARIABLE, paces_at)
        exported = CliRunner().invoke(app, ["export", *settings])
        paces = RedisPaces(paces_at) if paces_at.startswith("unix:") else SqlPaces(paces_at)
        client = rillet.Client(company.rillet.api_key, base_url=rillet_url, pacer=paces)
    assert (planned.exit_code, exported.exit_code) == (0, 0), planned.output + exported.output
    assert client.pacer is not None
    slots = 0
    while client.pacer.reserve(0.0, 0.0) is not None:
        slots += 1
    assert slots == 60 - len(company.rillet.asked)
    if isinstance(paces, SqlPaces):
        paces.close()


def test_a_pace_in_the_journal_needs_one(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(SETTINGS_TEXT, encoding="utf-8")
    told = CliRunner().invoke(app, ["plan", "--settings", str(tmp_path / "settings.toml"), "--pace", "journal"])
    assert told.exit_code == 2
    assert "--pace journal needs --journal" in told.output
