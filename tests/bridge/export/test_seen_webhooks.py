"""Webhooks that were handled, remembered outside of the process: taken once by several, never lost, tenants apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

import brex_accounting.webhooks
from bridge.export import JournalError, SqlJournal, SqlSeenIds, WebhookApp, WebhookReceiver, announcing
from clientkit import ConfigurationError, RedisSeenIds, SeenStoreError, SharedSeenStore, codec
from support.asgi import Ask, ask
from support.clocks import ManualClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
READY = {
    "event_type": "ACCOUNTING_RECORD_READY_FOR_EXPORT",
    "accountingRecordIds": ["accr_1"],
    "companyId": "cuacc_1",
}

Opened = Callable[[str], SharedSeenStore]


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """Opens a store for a namespace, each time as another process would."""
    with ExitStack() as stack:
        if request.param == "redis":
            url: str = request.getfixturevalue("redis_url")
            yield lambda namespace: RedisSeenIds(url, namespace=namespace, prefix=f"{tmp_path}:")
            return
        place = str(tmp_path / "journal.db")
        if request.param == "postgresql":
            place = request.getfixturevalue("databases")

        def opened(namespace: str) -> SqlSeenIds:
            made = SqlSeenIds(place, namespace=f"{tmp_path}{namespace}")
            stack.callback(made.close)
            return made

        yield opened


class Instance:
    """One process that takes webhooks; `fails` raises instead of what it would do."""

    def __init__(self, seen: SharedSeenStore) -> None:
        self.told, self.fails = list[str](), False
        verified = partial(brex_accounting.webhooks.verify, secrets=SECRET, now=NOW)
        self.app = WebhookApp({"/brex": WebhookReceiver(verified, announcing(self._tell), seen=seen)})

    def _tell(self, ids: object) -> None:
        if self.fails:
            raise RuntimeError("it cannot be told")
        self.told.append(str(ids))

    def take(self, id: str = "msg_1") -> int:
        content = codec.write(READY)
        headers = brex_accounting.webhooks.sign(SECRET, content, id=id, timestamp=NOW)
        return ask(self.app, Ask(headers=headers, chunks=(content,))).status


def test_an_event_is_taken_once_by_all_processes(store: Opened) -> None:
    first, second = Instance(store("brex/acme")), Instance(store("brex/acme"))

    assert [first.take(), second.take(), first.take(), second.take("msg_2")] == [200] * 4

    assert len(first.told) == 1
    assert len(second.told) == 1


def test_an_event_that_could_not_be_handled_is_handled_by_another_process(store: Opened) -> None:
    first, second = Instance(store("brex/acme")), Instance(store("brex/acme"))
    first.fails = True

    assert (first.take(), second.take()) == (500, 200)

    assert len(second.told) == 1


def test_the_events_of_tenants_are_apart(store: Opened) -> None:
    acme, other = Instance(store("brex/acme")), Instance(store("brex/other"))

    assert (acme.take(), other.take()) == (200, 200)

    assert len(acme.told) == len(other.told) == 1


def test_a_store_adds_and_discards(store: Opened) -> None:
    seen = store("n")

    assert [seen.has("a"), seen.add("a"), seen.add("a"), seen.has("a")] == [False, True, False, True]
    seen.discard("a")
    assert not store("n").has("a")
    assert seen.add("a")


class Broken:
    """A store that cannot be asked."""

    def has(self, id: str) -> bool:
        raise SeenStoreError(f"no {id}")

    def add(self, id: str) -> bool:
        raise SeenStoreError(f"no {id}")

    def discard(self, id: str) -> None:
        raise SeenStoreError(f"no {id}")


def test_nothing_is_lost_where_the_store_cannot_be_asked() -> None:
    instance = Instance(Broken())

    assert (instance.take(), instance.take()) == (200, 200)

    # This process remembers it.
    assert len(instance.told) == 1


def test_ids_are_forgotten_in_time(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    place = str(tmp_path / "seen.db")
    first = SqlSeenIds(place, kept=timedelta(days=1), now=clock)
    first.add("old")
    first.close()
    clock.advance(timedelta(days=2).total_seconds())
    second = SqlSeenIds(place, now=clock, kept=timedelta(days=1))

    second.add("new")

    assert (second.has("old"), second.has("new")) == (False, True)
    second.close()


def test_it_is_beside_a_journal(tmp_path: Path) -> None:
    place = str(tmp_path / "journal.db")
    with SqlSeenIds(place) as seen:
        with SqlJournal(place) as journal:
            assert seen.add("a")
            assert journal.first_intended_at() is None
        assert seen.has("a")


def test_a_place_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(JournalError):
        SqlSeenIds(str(tmp_path / "no" / "such" / "folder" / "seen.db"))


def test_an_address_that_is_no_redis_is_said() -> None:
    pytest.importorskip("redis", reason="the extra `shared` is not installed")
    with pytest.raises(ConfigurationError, match="redis://localhost"):
        RedisSeenIds("http://localhost")
    with pytest.raises(SeenStoreError, match="Redis"):
        RedisSeenIds("redis://127.0.0.1:1").has("a")
