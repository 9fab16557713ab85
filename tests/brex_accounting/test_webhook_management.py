"""Webhook subscriptions, secrets and groups, four ways."""

from __future__ import annotations

import attrs
import pytest

from brex_accounting import BadRequestError, Client, ForbiddenError, NotFoundError, Request
from brex_accounting.testing import StandIn
from brex_accounting.webhook_groups import WebhookGroupMember, WebhookGroupMemberType, WebhookGroupOperations
from brex_accounting.webhook_secrets import WebhookSecret, WebhookSecretOperations, WebhookSecretStatus
from brex_accounting.webhook_subscriptions import (
    NewWebhookSubscription,
    WebhookEventType,
    WebhookSubscription,
    WebhookSubscriptionStatus,
    WebhookSubscriptionUpdate,
)
from clientkit import codec
from clientkit.testing import Fault, Respond, json_answer
from support.endpoint_runner import Runner

URL = "https://books.example.com/hooks/brex"
READY = WebhookEventType.ACCOUNTING_RECORD_READY_FOR_EXPORT
NEW = NewWebhookSubscription(url=URL, event_types=[READY])


def test_the_life_of_a_subscription(run: Runner[Client], standin: StandIn) -> None:
    made = run.call(lambda client: client.webhook_subscriptions.create(NEW, idempotency_key="key-1"))
    assert made == WebhookSubscription(
        id="wsub_1", url=URL, event_types=(READY,), status=WebhookSubscriptionStatus.ACTIVE
    )
    assert standin.asked[0].json() == {"url": URL, "event_types": ["ACCOUNTING_RECORD_READY_FOR_EXPORT"]}
    assert standin.asked[0].headers["idempotency-key"] == "key-1"
    assert run.call(lambda client: client.webhook_subscriptions.create(NEW, idempotency_key="key-1")) == made

    assert run.call(lambda client: client.webhook_subscriptions.get("wsub_1")) == made
    update = WebhookSubscriptionUpdate(
        url=URL, event_types=[READY, WebhookEventType.USER_UPDATED], status=WebhookSubscriptionStatus.INACTIVE
    )
    changed = run.call(lambda client: client.webhook_subscriptions.update("wsub_1", update))
    assert changed == attrs.evolve(made, event_types=tuple(update.event_types), status=update.status)
    assert standin.asked[-1].json() == {
        "url": URL,
        "event_types": ["ACCOUNTING_RECORD_READY_FOR_EXPORT", "USER_UPDATED"],
        "status": "INACTIVE",
    }

    run.call(lambda client: client.webhook_subscriptions.delete("wsub_1"))
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.webhook_subscriptions.get("wsub_1"))


def test_subscriptions_are_listed_page_by_page(run: Runner[Client], standin: StandIn) -> None:
    made = [run.call(lambda client: client.webhook_subscriptions.create(NEW)) for _ in range(3)]
    assert run.call(lambda client: client.webhook_subscriptions.list(limit=1)) == made
    assert "limit" not in standin.asked[0].query
    assert run.call(lambda client: client.webhook_subscriptions.list()) == made


def test_a_subscription_is_checked_before_it_is_sent() -> None:
    with pytest.raises(ValueError, match="https addresses alone"):
        NewWebhookSubscription(url="http://books.example.com", event_types=[READY])
    with pytest.raises(ValueError, match="at least one event type"):
        NewWebhookSubscription(url=URL, event_types=())
    with pytest.raises(TypeError, match=r"event_types: a list of WebhookEventType is wanted, not a WebhookEventType"):
        NewWebhookSubscription(url=URL, event_types=READY)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="https addresses alone"):
        WebhookSubscriptionUpdate(url="books", event_types=[READY], status=WebhookSubscriptionStatus.ACTIVE)


def test_an_event_and_a_status_of_tomorrow_are_kept() -> None:
    body = {"id": "wsub_1", "url": URL, "event_types": ["CARD_MELTED"], "status": "ERROR", "new": True}
    subscription = codec.structure(body, WebhookSubscription)
    assert subscription.event_types == (WebhookEventType("CARD_MELTED"),)
    assert subscription.status == "ERROR"
    assert codec.unstructure(subscription) == body


def test_secrets_come_as_a_bare_list_and_stay_secret(run: Runner[Client], standin: StandIn) -> None:
    standin.webhooks.secrets.append(WebhookSecret(secret="whsec_old", status=WebhookSecretStatus.PENDING_REVOKE))
    secrets = run.call(lambda client: client.webhook_secrets.list())
    assert [secret.status for secret in secrets] == ["ACTIVE", "PENDING_REVOKE"]
    assert secrets[1].secret == "whsec_old"
    assert "whsec" not in repr(secrets)
    assert (standin.asked[0].method, standin.asked[0].path) == ("GET", "/v1/webhooks/secrets")


def test_a_token_that_may_not_manage_webhooks(run: Runner[Client], standin: StandIn) -> None:
    standin.faults.append(Fault(Respond(json_answer(403, {"type": "FORBIDDEN", "message": "no"}))))
    with pytest.raises(ForbiddenError, match=r"\[FORBIDDEN\]: no"):
        run.call(lambda client: client.webhook_secrets.list())
    assert WebhookSecretOperations.list.build().is_repeatable


def test_the_life_of_a_group(run: Runner[Client], standin: StandIn) -> None:
    group = run.call(lambda client: client.webhook_groups.create("East", idempotency_key="key-1"))
    assert (group.id, group.name) == ("wg_1", "East")
    assert standin.asked[0].json() == {"name": "East"}
    assert run.call(lambda client: client.webhook_groups.create("East", idempotency_key="key-1")) == group
    assert run.call(lambda client: client.webhook_groups.get("wg_1")) == group
    other = run.call(lambda client: client.webhook_groups.create("West"))
    assert run.call(lambda client: client.webhook_groups.list(limit=1)) == [group, other]

    run.call(lambda client: client.webhook_groups.delete("wg_1"))
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.webhook_groups.get("wg_1"))


def test_accounts_come_into_a_group_and_leave_it(run: Runner[Client], standin: StandIn) -> None:
    run.call(lambda client: client.webhook_groups.create("East"))
    run.call(lambda client: client.webhook_groups.add_members("wg_1", ["cuacc_1", "cuacc_2", "cuacc_3"]))
    assert standin.asked[-1].path == "/v1/webhooks/groups/wg_1/add_members"
    assert standin.asked[-1].json() == {
        "members": [{"member_type": "ACCOUNT", "member_id": f"cuacc_{number}"} for number in (1, 2, 3)]
    }
    run.call(lambda client: client.webhook_groups.remove_members("wg_1", ["cuacc_2"]))
    assert standin.asked[-1].path == "/v1/webhooks/groups/wg_1/remove_members"
    members = run.call(lambda client: client.webhook_groups.members("wg_1", limit=1))
    assert members == [
        WebhookGroupMember(group_id="wg_1", member_type=WebhookGroupMemberType.ACCOUNT, member_id=each)
        for each in ("cuacc_1", "cuacc_3")
    ]


def test_the_events_of_a_group_go_to_its_subscription(run: Runner[Client]) -> None:
    group = run.call(lambda client: client.webhook_groups.create("East"))
    new = attrs.evolve(NEW, group_id=group.id)
    assert run.call(lambda client: client.webhook_subscriptions.create(new)).group_id == group.id


def test_members_and_limits_are_checked_before_they_are_sent() -> None:
    with pytest.raises(ValueError, match="at least one id"):
        WebhookGroupOperations.add_members.build("wg_1", [])
    with pytest.raises(TypeError, match="account_ids: a list of str is wanted, not a str"):
        WebhookGroupOperations.remove_members.build("wg_1", "cuacc_1")
    with pytest.raises(ValueError, match="1 to 1000"):
        WebhookGroupOperations.list.build(limit=1001)
    with pytest.raises(ValueError, match="1 to 1000"):
        WebhookGroupOperations.members.build("wg_1", limit=0)


@pytest.mark.parametrize(
    ("path", "key", "body", "said"),
    [
        ("/v1/webhooks", None, {"url": URL, "event_types": [READY]}, "Idempotency-Key is required"),
        ("/v1/webhooks", "k", {"url": "http://a", "event_types": [READY]}, "https addresses alone"),
        ("/v1/webhooks", "k", {"url": URL, "event_types": [READY], "group_id": "wg_9"}, "names no group"),
        ("/v1/webhooks/groups", "k", {}, "name is text"),
        ("/v1/webhooks/groups/wg_1/add_members", None, {"members": []}, "at least one member"),
        ("/v1/webhooks/groups/wg_1/add_members", None, {"members": [{"member_id": "a"}]}, "member_type"),
    ],
)
def test_the_stand_in_refuses_what_brex_refuses(
    run: Runner[Client], path: str, key: str | None, body: object, said: str
) -> None:
    run.call(lambda client: client.webhook_groups.create("East"))
    with pytest.raises(BadRequestError, match=said):
        run.call(lambda client: client.execute(Request[None](method="POST", path=path, body=body, idempotency_key=key)))
