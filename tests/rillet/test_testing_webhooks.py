"""The stand-in's webhooks: what is told, how it is signed, and how often it is tried."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from clientkit.testing import DeliveryStatus
from clientkit.webhooks import WebhookSecretError
from rillet import BadRequestError, Bill, Client, JournalEntry, JournalEntryUpdate, NewVendor, Vendor, webhooks
from rillet.testing import StandIn
from rillet.testing.server.outbox import SECRET, Delivery
from rillet.webhooks import Entity, Event, EventType
from support.clocks import ManualClock
from support.rillet.books import HOTEL, START, books, item
from support.rillet.documents import BILL, bill_update, entry, payment

OTHER_SECRET = "b3RoZXItb3RoZXItb3RoZXI="
STEP = JournalEntryUpdate(name="Changed", currency="USD", items=entry().items, date=entry().date)


class Receiver:
    """Keeps what arrives, and answers as it is told to: in turn, the last answer again and again."""

    def __init__(self, *answers: int | None, secret: str = SECRET) -> None:
        self.answers, self.secret = list(answers) or [200], secret
        self.arrived = list[tuple[Mapping[str, str], bytes]]()

    def __call__(self, headers: Mapping[str, str], body: bytes) -> int:
        self.arrived.append((headers, body))
        answer = self.answers[min(len(self.arrived), len(self.answers)) - 1]
        if answer is None:
            raise ConnectionError("nobody listens")
        return answer

    def events(self) -> list[Event]:
        return [webhooks.verify(headers, body, self.secret) for headers, body in self.arrived]


@pytest.fixture
def receiver(standin: StandIn) -> Receiver:
    made = Receiver()
    standin.outbox.subscribe(made)
    return made


@pytest.fixture
def client(standin: StandIn) -> Client:
    return standin.client()


def test_bills_are_told_of_until_they_are_gone(standin: StandIn, client: Client, receiver: Receiver) -> None:
    made = client.bills.create(BILL)
    changed = client.bills.update(made.id, bill_update(item("50.00")))
    paid = client.bills.create_payment(made.id, payment("50.00"))
    settled = client.bills.get(made.id)
    client.bills.delete_payment(made.id, paid.id)
    client.bills.delete(made.id)
    standin.outbox.deliver_due()

    events = receiver.events()
    assert {event.entity for event in events} == {Entity.BILL}
    assert [event.event for event in events] == [EventType.CREATED, *[EventType.UPDATED] * 3, EventType.DELETED]
    assert [event.data for event in events] == [made, changed, settled, changed, made.id]
    assert isinstance(events[0].data, Bill)
    assert len({event.id for event in events}) == 5


def test_vendors_and_journal_entries_are_told_of(standin: StandIn, client: Client, receiver: Receiver) -> None:
    vendor = client.vendors.create(NewVendor(name="New"))
    renamed = client.vendors.update(vendor.id, NewVendor(name="Renamed"))
    client.vendors.delete(vendor.id)
    posted = client.journal_entries.create(entry())
    corrected = client.journal_entries.update(posted.id, STEP)
    client.journal_entries.delete(posted.id)
    standin.outbox.deliver_due()

    told = [(event.entity, event.event, event.data) for event in receiver.events()]
    assert told == [
        (Entity.VENDOR, EventType.CREATED, vendor),
        (Entity.VENDOR, EventType.UPDATED, renamed),
        (Entity.VENDOR, EventType.DELETED, vendor.id),
        (Entity.JOURNAL_ENTRY, EventType.CREATED, posted),
        (Entity.JOURNAL_ENTRY, EventType.UPDATED, corrected),
        (Entity.JOURNAL_ENTRY, EventType.DELETED, posted.id),
    ]
    assert (type(vendor), type(posted)) == (Vendor, JournalEntry)


def test_a_repeated_and_a_refused_request_tell_nothing(standin: StandIn, client: Client, receiver: Receiver) -> None:
    for _ in range(2):
        client.bills.create(BILL, idempotency_key="one")
    with pytest.raises(BadRequestError):
        client.bills.create(attrs.evolve(BILL, items=[]))
    standin.outbox.deliver_due()
    assert len(receiver.arrived) == 1


def test_nothing_is_sent_before_the_test_says_so(standin: StandIn, client: Client, receiver: Receiver) -> None:
    client.bills.create(BILL)
    (waiting,) = standin.outbox.deliveries
    assert (receiver.arrived, waiting.status, waiting.next_attempt) == ([], DeliveryStatus.PENDING, START)
    assert standin.outbox.deliver_due() == (waiting,)
    assert (waiting.status, waiting.answers, standin.outbox.next_attempt) == (DeliveryStatus.DELIVERED, [200], None)
    assert standin.outbox.deliver_due() == ()


def test_everybody_hears_what_he_asked_for_under_his_own_secret(standin: StandIn, client: Client) -> None:
    all_, some, late = Receiver(), Receiver(secret=OTHER_SECRET), Receiver()
    standin.outbox.subscribe(all_)
    mine = standin.outbox.subscribe(some, secret=OTHER_SECRET, events=[(Entity.BILL, EventType.DELETED)])
    made = client.bills.create(BILL)
    client.bills.delete(made.id)
    standin.outbox.subscribe(late)
    standin.outbox.deliver_due()

    assert [event.event for event in all_.events()] == [EventType.CREATED, EventType.DELETED]
    assert [event.data for event in some.events()] == [made.id]
    assert late.arrived == []
    assert OTHER_SECRET not in repr(mine)
    assert all(OTHER_SECRET not in repr(each) for each in standin.outbox.deliveries)


def driven(standin: StandIn, clock: ManualClock) -> list[timedelta]:
    """The waits between the attempts, until there are none left."""
    waits = list[timedelta]()
    while (moment := standin.outbox.next_attempt) is not None:
        waits.append(moment - clock())
        clock.now = moment
        assert standin.outbox.deliver_due()
    return waits


@pytest.mark.parametrize("answer", [500, 404, 302, 199, None])
def test_fifteen_refused_attempts_are_a_failure(answer: int | None) -> None:
    clock, receiver = ManualClock(START), Receiver(answer)
    standin = books(clock)
    standin.outbox.subscribe(receiver)
    standin.client().bills.create(BILL)
    waits = driven(standin, clock)

    (delivery,) = standin.outbox.deliveries
    assert (delivery.status, delivery.answers) == (DeliveryStatus.FAILED, [answer] * 15)
    groups = [waits[start : start + 3] for start in range(3, 15, 3)]
    assert waits[:3] == [timedelta(0), waits[1], waits[1]]
    assert all(len(set(group)) == 1 for group in groups)
    growing = [waits[1], *(group[0] for group in groups)]
    assert {later / earlier for earlier, later in pairwise(growing)} == {6.0}
    assert len(receiver.arrived) == 15
    assert len({event.id for event in receiver.events()}) == 1
    clock.advance(10**9)
    assert standin.outbox.deliver_due() == ()


@given(refusals=st.integers(0, 20))
def test_the_first_success_ends_the_attempts(refusals: int) -> None:
    clock, receiver = ManualClock(START), Receiver(*[503] * refusals, 204)
    standin = books(clock)
    standin.outbox.subscribe(receiver)
    standin.client().vendors.delete(HOTEL.id)
    driven(standin, clock)

    (delivery,) = standin.outbox.deliveries
    arrived = refusals < 15
    assert delivery.status is (DeliveryStatus.DELIVERED if arrived else DeliveryStatus.FAILED)
    assert len(receiver.arrived) == min(refusals + 1, 15)
    assert all(attempt == receiver.arrived[0] for attempt in receiver.arrived)


def test_an_attempt_is_made_when_its_time_has_come() -> None:
    clock, receiver = ManualClock(START), Receiver(500, 200)
    standin = books(clock)
    standin.outbox.subscribe(receiver)
    standin.client().bills.create(BILL)
    standin.outbox.deliver_due()
    clock.advance(9)
    assert standin.outbox.deliver_due() == ()
    clock.advance(1)
    assert [each.status for each in standin.outbox.deliver_due()] == [DeliveryStatus.DELIVERED]


def test_five_receivers_are_enough(standin: StandIn) -> None:
    for _ in range(5):
        standin.outbox.subscribe(Receiver())
    with pytest.raises(ValueError, match="5 webhooks"):
        standin.outbox.subscribe(Receiver())


@pytest.mark.parametrize("url", ["ftp://example.com/hook", "example.com/hook", "http:///hook"])
def test_other_addresses_are_refused(standin: StandIn, url: str) -> None:
    with pytest.raises(ValueError, match="HTTP address"):
        standin.outbox.subscribe(url)


def test_a_secret_must_be_usable(standin: StandIn) -> None:
    with pytest.raises(WebhookSecretError):
        standin.outbox.subscribe(Receiver(), secret="not base64!")
    assert standin.outbox.subscriptions == []


@contextmanager
def listening(answer: Callable[[BaseHTTPRequestHandler, bytes], None]) -> Generator[str]:
    """A server on loopback that handles POSTs as `answer` does; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer(self, self.rfile.read(int(self.headers["content-length"])))

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hooks?tenant=1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def delivered_to(standin: StandIn, url: str) -> Delivery:
    standin.outbox.subscribe(url)
    standin.client().bills.create(BILL)
    (delivery,) = standin.outbox.deliver_due()
    return delivery


@pytest.mark.parametrize("status", [200, 503])
def test_a_receiver_can_be_a_server(standin: StandIn, status: int) -> None:
    found = list[tuple[str, Event]]()

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        found.append((handler.path, webhooks.verify(handler.headers, body, SECRET)))
        handler.send_response(status)
        handler.end_headers()

    with listening(answer) as url:
        delivery = delivered_to(standin, url)
    ((path, event),) = found
    assert (path, event.data, delivery.answers) == ("/hooks?tenant=1", standin.bills[0], [status])


def test_a_redirect_is_not_followed(standin: StandIn) -> None:
    paths = list[str]()

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        paths.append(handler.path)
        handler.send_response(302)
        handler.send_header("location", "/elsewhere")
        handler.end_headers()

    with listening(answer) as url:
        delivery = delivered_to(standin, url)
    assert (paths, delivery.answers, delivery.status) == (["/hooks?tenant=1"], [302], DeliveryStatus.PENDING)


def senseless(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.wfile.write(b"what?\r\n\r\n")


def test_an_answer_in_another_protocol_is_none(standin: StandIn) -> None:
    with listening(senseless) as url:
        assert delivered_to(standin, url).answers == [None]
    assert standin.outbox.deliveries[0].next_attempt == START + timedelta(seconds=10)


def test_a_server_that_is_gone_is_no_answer(standin: StandIn) -> None:
    with listening(lambda _, __: None) as url:
        pass
    assert delivered_to(standin, url).answers == [None]


def test_a_stand_in_signs_with_its_own_secret_where_a_receiver_has_none() -> None:
    standin = StandIn(secret=OTHER_SECRET, seed=1)
    receiver = Receiver(secret=OTHER_SECRET)
    standin.outbox.subscribe(receiver)
    standin.client().vendors.create(NewVendor(name="New"))
    standin.outbox.deliver_due()
    assert [event.entity for event in receiver.events()] == [Entity.VENDOR]
    assert StandIn(seed=1).organization.id == standin.organization.id != StandIn().organization.id
    with pytest.raises(WebhookSecretError):
        StandIn(secret="not base64!")


def test_a_new_signing_token_ends_the_old_one_also_for_what_waits(standin: StandIn, client: Client) -> None:
    receiver = Receiver(secret=OTHER_SECRET)
    former = standin.outbox.subscribe(receiver)
    client.vendors.create(NewVendor(name="Waits"))
    newer = standin.outbox.rotate_secret(former, OTHER_SECRET)
    client.vendors.create(NewVendor(name="Later"))
    standin.outbox.deliver_due()
    assert standin.outbox.subscriptions == [newer]
    assert [event.event for event in receiver.events()] == [EventType.CREATED] * 2
    with pytest.raises(ValueError, match="not in list"):
        standin.outbox.rotate_secret(former, SECRET)
