"""From a record that becomes ready in Brex to Rillet, by webhook, over real sockets."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Generator, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from http.client import HTTPConnection
from queue import SimpleQueue
from threading import Semaphore
from typing import Any

import attrs
import pytest

import brex_accounting.webhooks
import rillet.webhooks
from brex_accounting.webhook_subscriptions import NewWebhookSubscription, WebhookEventType
from bridge import Bridge
from bridge.export import Announcements, Export, ExportOutcome, WebhookApp, WebhookReceiver, announcing, watch
from bridge.export.watching.connections import MOST_AT_ONCE, BoundedProtocol
from bridge.export.watching.server import listening
from clientkit.errors import ConfigurationError
from clientkit.testing import PostTo
from rillet.testing import SECRET as TOKEN
from rillet.webhooks import Event
from support.companies.exported import SETTINGS, Company, expense

URL = "https://books.example.com/brex"
PATIENCE = timedelta(seconds=60)


@attrs.frozen
class Watched:
    """A company that is being watched: where webhooks arrive, and the outcomes of runs in the order of runs."""

    company: Company
    address: str
    announcements: Announcements
    rillet_events: SimpleQueue[Event]
    outcomes: SimpleQueue[ExportOutcome | None]

    def outcome(self) -> ExportOutcome:
        """The next one."""
        outcome = self.outcomes.get(timeout=PATIENCE.total_seconds())
        assert outcome is not None, "the watcher came to an end"
        return outcome


@contextmanager
def exporting(company: Company) -> Generator[Export]:
    """An export between both stand-ins over sockets."""
    with (
        company.brex.serve() as brex_url,
        company.rillet.serve() as rillet_url,
        brex_accounting.Client(company.brex.token, base_url=brex_url) as brex,
        rillet.Client(company.rillet.api_key, base_url=rillet_url, pacer=rillet.Pacer(1_000_000)) as books,
    ):
        yield Export(brex, books, Bridge(SETTINGS))


@pytest.fixture
def watched(company: Company) -> Generator[Watched]:
    announcements, events, outcomes = Announcements(), SimpleQueue[Event](), SimpleQueue[ExportOutcome | None]()
    secrets = [each.secret for each in company.brex.client().webhook_secrets.list()]
    verify = partial(brex_accounting.webhooks.verify, secrets=secrets)
    app = WebhookApp(
        {
            "/brex": WebhookReceiver(verify, announcing(announcements.tell, company_id=company.brex.team.company.id)),
            "/rillet": WebhookReceiver(partial(rillet.webhooks.verify, secrets=TOKEN), events.put),
        }
    )
    stopped = threading.Event()
    with exporting(company) as export, listening(app, "127.0.0.1", 0) as address:
        company.brex.client().webhook_subscriptions.create(
            NewWebhookSubscription(url=URL, event_types=[WebhookEventType.ACCOUNTING_RECORD_READY_FOR_EXPORT])
        )
        company.brex.outbox.listen(URL, f"{address}/brex")
        company.rillet.outbox.subscribe(f"{address}/rillet")

        def run(ids: Sequence[str] | None) -> ExportOutcome:
            return export.run(ids=ids)

        def work() -> None:
            try:
                for outcome in watch(run, wait=announcements.wait, stop=stopped.is_set):
                    outcomes.put(outcome)
            finally:
                outcomes.put(None)

        watcher = threading.Thread(target=work)
        watcher.start()
        try:
            made = Watched(company, address, announcements, events, outcomes)
            assert made.outcome().posted == ()
            yield made
        finally:
            stopped.set()
            watcher.join()


def posted(outcome: ExportOutcome) -> list[str]:
    return sorted(each.record.id for each in outcome.posted)


def test_a_record_that_becomes_ready_is_exported_at_once(watched: Watched) -> None:
    watched.company.brex.add(expense(1))

    (delivery,) = watched.company.brex.outbox.deliver_due()

    assert delivery.answers == [200]
    assert posted(watched.outcome()) == ["accr_001"]
    assert watched.company.exported() == watched.company.posted_references() == ["accr_001"]


def test_the_same_event_again_and_again_posts_once(watched: Watched) -> None:
    watched.company.brex.add(expense(1))
    (delivery,) = watched.company.brex.outbox.deliver_due()
    assert posted(watched.outcome()) == ["accr_001"]

    watched.company.brex.outbox.redeliver(delivery)
    watched.company.brex.add(expense(2))
    watched.company.brex.outbox.deliver_due()

    assert delivery.answers == [200, 200]
    assert posted(watched.outcome()) == ["accr_002"]
    assert watched.company.posted_references() == ["accr_001", "accr_002"]


def test_the_same_event_many_times_at_once_posts_once(watched: Watched) -> None:
    watched.company.brex.add(expense(1))
    (delivery,) = watched.company.brex.outbox.deliveries
    with ThreadPoolExecutor(8) as threads:
        for each in [threads.submit(watched.company.brex.outbox.redeliver, delivery) for _ in range(8)]:
            each.result()

    assert delivery.answers == [200] * 8
    assert posted(watched.outcome()) == ["accr_001"]
    watched.announcements.tell(["accr_001"])
    assert posted(watched.outcome()) == []
    assert watched.company.posted_references() == ["accr_001"]


def test_records_that_nobody_announced_wait_for_the_next_run_over_everything(watched: Watched) -> None:
    watched.company.brex.add(expense(1), expense(2))
    watched.announcements.tell(["accr_002"])

    assert posted(watched.outcome()) == ["accr_002"]
    assert watched.company.exported() == ["accr_002"]


def test_events_of_rillet_arrive(watched: Watched) -> None:
    watched.company.brex.add(expense(1))
    watched.company.brex.outbox.deliver_due()
    watched.outcome()

    deliveries = watched.company.rillet.outbox.deliver_due()

    assert [each.answers for each in deliveries] == [[200]] * len(deliveries)
    event = watched.rillet_events.get(timeout=PATIENCE.total_seconds())
    assert isinstance(event.data, rillet.Vendor)
    assert event.data.name == "Cumulus Cloud"


def test_a_stranger_is_turned_away(watched: Watched) -> None:
    post = PostTo(f"{watched.address}/brex", timeout=PATIENCE)

    assert post({"Webhook-Id": "a", "Webhook-Timestamp": "1", "Webhook-Signature": "v1,AAAA"}, b"{}") == 401
    assert post({}, b"x" * 3_000_000) == 413
    assert PostTo(watched.address, timeout=PATIENCE)({}, b"") == 404


def test_the_answer_does_not_name_the_server(watched: Watched) -> None:
    connection = HTTPConnection(watched.address.removeprefix("http://"), timeout=PATIENCE.total_seconds())
    connection.request("GET", "/brex")
    answer = connection.getresponse()
    connection.close()

    assert (answer.status, answer.headers["allow"], answer.headers["server"]) == (405, "POST", None)


@contextmanager
def unfinished(address: str, start: bytes, count: int = 1) -> Generator[list[socket.socket]]:
    """Connections that have sent the start of a request, and send no more."""
    host, port = address.removeprefix("http://").split(":")
    with ExitStack() as stack:
        made = [
            stack.enter_context(socket.create_connection((host, int(port)), PATIENCE.total_seconds()))
            for _ in range(count)
        ]
        for each in made:
            each.sendall(start)
        yield made


STARTS = [
    b"",
    b"POST /brex HTTP/1.1\r\nHost: x\r\n",
    b"POST /brex HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab",
    b"POST /brex HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
]


@pytest.mark.parametrize("start", STARTS)
def test_many_unfinished_requests_keep_nobody_out(start: bytes) -> None:
    taken = list[bytes]()
    app = WebhookApp({"/brex": lambda _, body: taken.append(body)})
    with listening(app, "127.0.0.1", 0) as address, unfinished(address, start, 2 * MOST_AT_ONCE):
        assert PostTo(f"{address}/brex", timeout=PATIENCE)({}, b"{}") == 200
        assert PostTo(f"{address}/brex", timeout=PATIENCE)({}, b"{}") == 200
    assert taken == [b"{}", b"{}"]


def test_whole_requests_that_take_all_places_turn_the_next_one_away() -> None:
    ready, over = Semaphore(0), threading.Event()

    async def busy(
        scope: MutableMapping[str, Any], _: object, send: Callable[[dict[str, Any]], Awaitable[None]]
    ) -> None:
        if scope["type"] == "http":
            ready.release()
            await asyncio.to_thread(over.wait, PATIENCE.total_seconds())
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    start = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with listening(busy, "127.0.0.1", 0) as address, unfinished(address, start, MOST_AT_ONCE) as made:
        for _ in made:
            assert ready.acquire(timeout=PATIENCE.total_seconds())
        assert PostTo(f"{address}/brex", timeout=PATIENCE)({}, b"{}") == 503
        over.set()
        assert {each.recv(12) for each in made} == {b"HTTP/1.1 200"}


@pytest.mark.parametrize("start", STARTS)
def test_a_request_that_does_not_come_whole_is_given_up(start: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedProtocol, "seconds", 0.05)
    with listening(WebhookApp({}), "127.0.0.1", 0) as address, unfinished(address, start) as (connection,):
        # A path that leads nowhere is answered before its body is read.
        while True:
            try:
                if not connection.recv(65_536):
                    break
            except ConnectionResetError:
                break


def _ignored(headers: object, body: bytes) -> None:
    del headers, body


@pytest.mark.parametrize("told", ["2000001", "99999999999", "9" * 20])
def test_a_length_that_is_too_long_is_answered_before_the_body(told: str) -> None:
    app = WebhookApp({"/brex": _ignored})
    start = f"POST /brex HTTP/1.1\r\nHost: x\r\nContent-Length: {told}\r\n\r\n".encode()
    with listening(app, "127.0.0.1", 0) as address, unfinished(address, start) as (connection,):
        assert connection.recv(12) == b"HTTP/1.1 413"


def test_a_port_that_is_taken_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        door = listening(WebhookApp({}), "127.0.0.1", taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"), door:
            pass


def test_without_its_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)

    with (
        pytest.raises(ConfigurationError, match=r'pip install "brex-rillet\[serve\]"'),
        listening(WebhookApp({}), "127.0.0.1", 0),
    ):
        pass
