"""Events of the stand-in, on their way from a record that becomes ready to a receiver that verifies them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from brex_accounting import Client, Exported, RecordType, ReviewStatus, webhooks
from brex_accounting.testing import StandIn
from brex_accounting.testing.outbox import SCHEDULE
from brex_accounting.testing.records import card_expense, record, reimbursement
from brex_accounting.webhook_subscriptions import (
    NewWebhookSubscription,
    WebhookEventType,
    WebhookSubscription,
    WebhookSubscriptionStatus,
    WebhookSubscriptionUpdate,
)
from clientkit import testing
from clientkit.testing import Asked, DeliveryStatus, PostTo
from clientkit.webhooks import WebhookSecretError, WrongSignatureError
from clientkit.wire import Answer
from support.brex.oauth import NOW
from support.clocks import ManualClock
from support.endpoint_runner import Runner

URL = "https://books.example.com/hooks/brex"
READY = WebhookEventType.ACCOUNTING_RECORD_READY_FOR_EXPORT
NEW = NewWebhookSubscription(url=URL, event_types=[READY])


@attrs.define
class Receiver:
    """Keeps what it is sent; answers what it is told, the last answer for good; None is no answer."""

    answers: list[int | None] = attrs.field(factory=lambda: [200])
    received: list[tuple[Mapping[str, str], bytes]] = attrs.field(factory=list[tuple[Mapping[str, str], bytes]])

    def __call__(self, headers: Mapping[str, str], body: bytes) -> int:
        self.received.append((headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            raise TimeoutError
        return answer


@pytest.fixture
def receiver(standin: StandIn) -> Receiver:
    """A subscription's receiver."""
    subscribe(standin)
    made = Receiver()
    standin.outbox.listen(URL, made)
    return made


def subscribe(standin: StandIn, new: NewWebhookSubscription = NEW) -> WebhookSubscription:
    with standin.client() as client:
        return client.webhook_subscriptions.create(new)


def run_out(standin: StandIn, clock: ManualClock) -> list[datetime]:
    """Deliver until nothing is left to deliver; the moments of the attempts."""
    moments = list[datetime]()
    while (moment := standin.outbox.next_attempt) is not None:
        clock.now = moment
        moments.extend(clock.now for _ in standin.outbox.deliver_due())
    return moments


def test_from_a_record_that_is_ready_to_a_record_that_is_exported(run: Runner[Client], standin: StandIn) -> None:
    run.call(lambda client: client.webhook_subscriptions.create(NEW))
    events = list[webhooks.Event]()

    def receive(headers: Mapping[str, str], body: bytes) -> int:
        with standin.client() as client:
            secrets = webhooks.SecretCache(client.webhook_secrets.list)
            events.append(secrets.verify(headers, body, now=standin.now()))
        return 200

    standin.outbox.listen(URL, receive)
    standin.add(card_expense("42.75", record_id="a"), reimbursement("7", record_id="b"))
    (delivery,) = standin.outbox.deliver_due()
    assert (delivery.status, delivery.answers) == (DeliveryStatus.DELIVERED, [200])
    (event,) = events
    assert isinstance(event, webhooks.RecordsReadyForExport)
    assert event == webhooks.RecordsReadyForExport(
        id="msg_stand_in_000001", sent_at=NOW, record_ids=("a", "b"), company_id=standin.team.company.id
    )
    ids = event.record_ids
    records = run.call(lambda client: client.records.list(ids=ids))
    results = [Exported(accounting_record_id=each.id) for each in records]
    run.call(lambda client: client.export_results.report(results))
    assert {each.review_status for each in standin.records.values()} == {ReviewStatus.EXPORTED}
    assert standin.outbox.deliver_due() == ()


def test_an_event_tells_of_records_that_became_ready_and_of_no_others(standin: StandIn, receiver: Receiver) -> None:
    standin.add(
        card_expense("1", record_id="early", review_status=ReviewStatus.REVIEW),
        card_expense("1", record_id="ready"),
        record(RecordType.BILL_EXPENSE, debits=[("3", ())], credits=[("3", ())], record_id="bill"),
    )
    standin.add(card_expense("2", record_id="ready"), card_expense("1", record_id="early"))
    standin.add(card_expense("2", record_id="ready"))
    standin.outbox.deliver_due()
    assert [body for _, body in receiver.received] == [
        b'{"event_type":"ACCOUNTING_RECORD_READY_FOR_EXPORT","accountingRecordIds":["%b"],"companyId":"cuacc_stand_in"}'
        % name
        for name in (b"ready", b"early")
    ]


def test_before_it_is_told_to_nothing_is_delivered(standin: StandIn, receiver: Receiver) -> None:
    standin.add(card_expense("1"))
    (delivery,) = standin.outbox.deliveries
    assert delivery.status is DeliveryStatus.PENDING
    assert receiver.received == []


def test_an_event_that_is_refused_comes_again_as_svix_plans_it(
    standin: StandIn, clock: ManualClock, receiver: Receiver
) -> None:
    receiver.answers = [500, 302, None, 404, 503, None, 400]
    standin.add(card_expense("1"))
    moments = run_out(standin, clock)
    hours = [0, 5 / 3600, 5 / 60, 0.5, 2, 5, 10, 10]
    assert [later - earlier for earlier, later in zip([NOW, *moments], moments, strict=False)] == [
        timedelta(hours=each) for each in hours
    ]
    (delivery,) = standin.outbox.deliveries
    assert delivery.answers == [500, 302, None, 404, 503, None, 400, 400]
    assert delivery.status is DeliveryStatus.FAILED
    # The id and the body stay, the time is that of each attempt, and each is signed.
    assert len({body for _, body in receiver.received}) == 1
    (secret,) = standin.webhooks.secrets
    for (headers, body), moment in zip(receiver.received, moments, strict=True):
        event = webhooks.verify(headers, body, secret.secret, now=moment, tolerance=timedelta(0))
        assert event.id == delivery.id


@given(st.lists(st.sampled_from([199, 200, 204, 299, 300, 429, 500, None]), min_size=8, max_size=8))
def test_attempts_end_with_the_first_success(answers: list[int | None]) -> None:
    clock = ManualClock(NOW)
    standin, receiver = StandIn(now=clock), Receiver([*answers])
    subscribe(standin)
    standin.outbox.listen(URL, receiver)
    standin.add(card_expense("1"))
    run_out(standin, clock)
    (delivery,) = standin.outbox.deliveries
    successes = [number for number, each in enumerate(answers) if each in {200, 204, 299}]
    assert delivery.answers == answers[: successes[0] + 1 if successes else len(SCHEDULE)]
    assert delivery.status == (DeliveryStatus.DELIVERED if successes else DeliveryStatus.FAILED)


def test_a_second_delivery_is_the_same_event(standin: StandIn, clock: ManualClock, receiver: Receiver) -> None:
    standin.add(card_expense("1"))
    (delivery,) = standin.outbox.deliver_due()
    clock.advance(60)
    standin.outbox.redeliver(delivery)
    (first, _), (second, _) = receiver.received
    assert first["Webhook-Id"] == second["Webhook-Id"]
    assert first["Webhook-Signature"] != second["Webhook-Signature"]
    assert delivery.answers == [200, 200]


def test_while_secrets_are_rotated_both_sign(standin: StandIn, receiver: Receiver) -> None:
    (former,) = standin.webhooks.secrets
    newer = standin.webhooks.rotate_secret()
    standin.add(card_expense("1"))
    standin.outbox.deliver_due()
    standin.webhooks.revoke_former_secrets()
    standin.add(card_expense("1"))
    standin.outbox.deliver_due()
    with standin.client() as client:
        assert [(each.secret, each.status) for each in client.webhook_secrets.list()] == [
            (former.secret, "REVOKED"),
            (newer.secret, "ACTIVE"),
        ]
    (during, body), (after, later) = receiver.received
    for secret in (former, newer):
        assert webhooks.verify(during, body, secret.secret, now=NOW).id == "msg_stand_in_000001"
    assert webhooks.verify(after, later, newer.secret, now=NOW).id == "msg_stand_in_000002"
    with pytest.raises(WrongSignatureError):
        webhooks.verify(after, later, former.secret, now=NOW)


def test_stand_ins_with_secrets_and_companies_of_their_own_share_no_event() -> None:
    key = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
    one, other = StandIn(now=lambda: NOW), StandIn(now=lambda: NOW, secret=f"whsec_{key}", company_id="cuacc_other")
    found = list[tuple[Mapping[str, str], bytes]]()
    for each in (one, other):
        subscribe(each)
        made = Receiver()
        each.outbox.listen(URL, made)
        each.add(card_expense("1"))
        each.outbox.deliver_due()
        found += made.received

    assert other.webhooks.secret == StandIn(secret=key).webhooks.secret == f"whsec_{key}"
    (_, (headers, body)) = found
    event = webhooks.verify(headers, body, other.webhooks.secret, now=NOW)
    assert isinstance(event, webhooks.RecordsReadyForExport)
    assert (event.id, event.company_id) == ("msg_other_000001", "cuacc_other")
    assert other.client().company.get().id == "cuacc_other"
    with pytest.raises(WrongSignatureError):
        webhooks.verify(*found[0], other.webhooks.secret, now=NOW)
    assert other.webhooks.rotate_secret().secret != one.webhooks.rotate_secret().secret
    assert other.webhooks.rotate_secret(key).secret == other.webhooks.secret == f"whsec_{key}"
    with pytest.raises(WebhookSecretError):
        StandIn(secret="whsec_?")


@pytest.mark.parametrize("is_awaited", [False, True])
def test_a_receiver_follows_a_rotation_by_itself(standin: StandIn, receiver: Receiver, is_awaited: bool) -> None:
    now = [0.0]
    with standin.client() as client:
        cache = webhooks.SecretCache(client.webhook_secrets.list, clock=lambda: now[0])
        for _ in range(3):
            standin.add(card_expense("1"))
            standin.outbox.deliver_due()
            headers, body = receiver.received[-1]
            assert cache.verify(headers, body, now=NOW).id == headers["Webhook-Id"]
            standin.webhooks.rotate_secret()
            if is_awaited:
                standin.webhooks.revoke_former_secrets()
            now[0] += 60


def test_a_subscription_hears_what_it_asked_for_while_it_is_active(
    standin: StandIn, clock: ManualClock, receiver: Receiver
) -> None:
    other = subscribe(standin, attrs.evolve(NEW, event_types=[WebhookEventType.USER_UPDATED]))
    standin.add(card_expense("1"))
    assert [each.subscription_id for each in standin.outbox.deliveries] == ["wsub_1"]
    receiver.answers = [500]
    standin.outbox.deliver_due()
    update = WebhookSubscriptionUpdate(url=URL, event_types=[READY], status=WebhookSubscriptionStatus.INACTIVE)
    with standin.client() as client:
        client.webhook_subscriptions.update("wsub_1", update)
        standin.add(card_expense("1"))
        clock.advance(5)
        standin.outbox.deliver_due()
        assert [each.status for each in standin.outbox.deliveries] == [DeliveryStatus.FAILED]
        client.webhook_subscriptions.update(other.id, attrs.evolve(update, status=WebhookSubscriptionStatus.ACTIVE))
        standin.add(card_expense("1"))
        client.webhook_subscriptions.delete(other.id)
    standin.outbox.deliver_due()
    assert len(receiver.received) == 1


def test_the_events_of_an_account_in_a_group_go_to_its_subscriptions_alone(standin: StandIn) -> None:
    with standin.client() as client:
        group = client.webhook_groups.create("East")
        client.webhook_subscriptions.create(NEW)
        client.webhook_subscriptions.create(attrs.evolve(NEW, group_id=group.id))
        standin.add(card_expense("1"))
        client.webhook_groups.add_members(group.id, [standin.team.company.id])
        standin.add(card_expense("1"))
    assert [each.subscription_id for each in standin.outbox.deliveries] == ["wsub_2", "wsub_3"]


def test_where_nobody_listens_there_is_no_answer(standin: StandIn, clock: ManualClock) -> None:
    subscribe(standin)
    standin.add(card_expense("1"))
    run_out(standin, clock)
    assert standin.outbox.deliveries[0].answers == [None] * 8


class Endpoint(testing.StandIn):
    """A receiver over HTTP, which breaks the first connection."""

    @override
    def respond(self, asked: Asked) -> Answer:
        return Answer(status=204 if asked.path == "/hooks" and asked.one("tenant") == "1" else 404)


def test_over_http_to_this_machine(standin: StandIn, clock: ManualClock) -> None:
    subscribe(standin)
    endpoint = Endpoint()
    endpoint.faults.append(testing.Fault(testing.RequestLost()))
    with endpoint.serve() as url:
        standin.outbox.listen(URL, f"{url}/hooks?tenant=1")
        standin.add(card_expense("1"))
        moments = run_out(standin, clock)
    (delivery,) = standin.outbox.deliveries
    assert delivery.answers == [None, 204]
    arrived = endpoint.asked[-1]
    (secret,) = standin.webhooks.secrets
    assert webhooks.verify(arrived.headers, arrived.content, secret.secret, now=moments[-1]).id == delivery.id


@pytest.mark.parametrize("url", ["https://127.0.0.1", "http://books.example.com", "ftp://127.0.0.1", "http://", "x"])
def test_nothing_leaves_this_machine(standin: StandIn, url: str) -> None:
    with pytest.raises(ValueError, match="on loopback"):
        standin.outbox.listen(URL, url)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://", "books.example.com"])
def test_a_post_needs_an_http_address(url: str) -> None:
    with pytest.raises(ValueError, match="needs an HTTP address"):
        PostTo(url, timeout=timedelta(seconds=1))
