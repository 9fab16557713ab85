"""The stand-in's room of webhook subscriptions, secrets and groups; the outbox sends the events."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from itertools import count
from typing import TypeVar, cast

import attrs

from brex_accounting.testing.keys import Keys as IdempotencyKeys
from brex_accounting.testing.routes import Refusal, body_of, invalid, ok, page_of, read
from brex_accounting.webhook_groups import WebhookGroup, WebhookGroupMemberType
from brex_accounting.webhook_secrets import WebhookSecret, WebhookSecretStatus
from brex_accounting.webhook_subscriptions import (
    NewWebhookSubscription,
    WebhookSubscription,
    WebhookSubscriptionStatus,
    WebhookSubscriptionUpdate,
)
from clientkit import codec
from clientkit.testing import Asked, Route
from clientkit.webhooks import Keys
from clientkit.wire import Answer

T = TypeVar("T")

_PATH = "/v1/webhooks"
_PREFIX = "whsec_"
_GROUPS = f"{_PATH}/groups"


@attrs.frozen(kw_only=True)
class _Member:
    member_type: WebhookGroupMemberType
    member_id: str


class WebhookManagement:
    """Subscriptions and groups by id, the accounts of each group, and the signing secrets, one unless it is rotated."""

    def __init__(self, secret: str | None = None) -> None:
        self.subscriptions = dict[str, WebhookSubscription]()
        self.groups = dict[str, WebhookGroup]()
        self.members = dict[str, list[str]]()
        self.secrets = list[WebhookSecret]()
        self._numbers, self._keys = count(1), IdempotencyKeys()
        self.rotate_secret(secret)

    @property
    def secret(self) -> str:
        """The active secret, with ``whsec_``."""
        return next(each.secret for each in reversed(self.secrets) if each.status == WebhookSecretStatus.ACTIVE)

    def rotate_secret(self, secret: str | None = None) -> WebhookSecret:
        """A new active secret; the former one signs beside it until `revoke_former_secrets`.

        Without a `secret` one is made from the first, so that stand-ins with secrets of their own never share one. Raises
        `WebhookSecretError` for one that is not base64.
        """
        made = WebhookSecret(
            secret=f"{_PREFIX}{(secret or self._next_secret()).removeprefix(_PREFIX)}",
            status=WebhookSecretStatus.ACTIVE,
        )
        Keys(made.secret, prefix=_PREFIX)
        self._pass_on(WebhookSecretStatus.ACTIVE, WebhookSecretStatus.PENDING_REVOKE)
        self.secrets.append(made)
        return made

    def revoke_former_secrets(self) -> None:
        """End a rotation: what was pending signs no more. Brex does not say after how long it does this."""
        self._pass_on(WebhookSecretStatus.PENDING_REVOKE, WebhookSecretStatus.REVOKED)

    def subscriptions_of(self, account_id: str) -> Sequence[WebhookSubscription]:
        """Where the events of an account go: to its groups' subscriptions alone, or to those without a group."""
        groups: set[str | None] = {group for group, members in self.members.items() if account_id in members}
        groups = groups or {None}
        return [each for each in self.subscriptions.values() if each.group_id in groups]

    def _next_secret(self) -> str:
        first = self.secrets[0].secret if self.secrets else ""
        return base64.b64encode(hashlib.sha256(f"{first} stand-in {len(self.secrets)}".encode()).digest()).decode()

    def _pass_on(self, before: WebhookSecretStatus, after: WebhookSecretStatus) -> None:
        self.secrets = [attrs.evolve(each, status=after) if each.status == before else each for each in self.secrets]

    def routes(self) -> Sequence[Route]:
        """The endpoints of this room; the fixed paths come before those with an id."""
        one, group = f"{_PATH}/{{id}}", f"{_GROUPS}/{{id}}"
        return (
            Route("GET", f"{_PATH}/secrets", self._list_secrets),
            Route("GET", _GROUPS, self._list_groups),
            Route("POST", _GROUPS, self._keys.once(self._create_group)),
            Route("GET", group, self._get_group),
            Route("DELETE", group, self._delete_group),
            Route("GET", f"{group}/members", self._list_members),
            Route("POST", f"{group}/add_members", self._add_members),
            Route("POST", f"{group}/remove_members", self._remove_members),
            Route("GET", _PATH, self._list),
            Route("POST", _PATH, self._keys.once(self._create)),
            Route("GET", one, self._get),
            Route("PUT", one, self._update),
            Route("DELETE", one, self._delete),
        )

    def _list(self, asked: Asked, _: Mapping[str, str]) -> Answer:
        page, cursor = page_of(self.subscriptions.values(), asked, _subscription_id)
        return ok({"items": [codec.unstructure(each) for each in page], "next_cursor": cursor})

    def _create(self, asked: Asked, _: Mapping[str, str]) -> Answer:
        new = read(body_of(asked), NewWebhookSubscription)
        return self._kept(
            WebhookSubscription(
                id=f"wsub_{next(self._numbers)}",
                url=new.url,
                event_types=tuple(new.event_types),
                status=WebhookSubscriptionStatus.ACTIVE,
                group_id=self._checked_group(new.group_id),
            )
        )

    def _get(self, _: Asked, segments: Mapping[str, str]) -> Answer:
        return ok(codec.unstructure(_known(self.subscriptions, segments)))

    def _update(self, asked: Asked, segments: Mapping[str, str]) -> Answer:
        update = read(body_of(asked), WebhookSubscriptionUpdate)
        return self._kept(
            attrs.evolve(
                _known(self.subscriptions, segments),
                url=update.url,
                event_types=tuple(update.event_types),
                status=update.status,
                group_id=self._checked_group(update.group_id),
            )
        )

    def _delete(self, _: Asked, segments: Mapping[str, str]) -> Answer:
        del self.subscriptions[_known(self.subscriptions, segments).id]
        return Answer(status=200)

    def _kept(self, subscription: WebhookSubscription) -> Answer:
        self.subscriptions[subscription.id] = subscription
        return ok(codec.unstructure(subscription))

    def _checked_group(self, group_id: str | None) -> str | None:
        if group_id is not None and group_id not in self.groups:
            raise invalid("group_id names no group")
        return group_id

    def _list_secrets(self, _: Asked, __: Mapping[str, str]) -> Answer:
        return ok([codec.unstructure(secret) for secret in self.secrets])

    def _list_groups(self, asked: Asked, _: Mapping[str, str]) -> Answer:
        page, cursor = page_of(self.groups.values(), asked, _group_id)
        return ok({"items": [codec.unstructure(each) for each in page], "next_cursor": cursor})

    def _create_group(self, asked: Asked, _: Mapping[str, str]) -> Answer:
        name = body_of(asked).get("name")
        if not isinstance(name, str):
            raise invalid("name is text")
        group = WebhookGroup(id=f"wg_{next(self._numbers)}", name=name)
        self.groups[group.id] = group
        self.members[group.id] = []
        return ok(codec.unstructure(group))

    def _get_group(self, _: Asked, segments: Mapping[str, str]) -> Answer:
        return ok(codec.unstructure(_known(self.groups, segments)))

    def _delete_group(self, _: Asked, segments: Mapping[str, str]) -> Answer:
        group = _known(self.groups, segments)
        del self.groups[group.id], self.members[group.id]
        return Answer(status=200)

    def _list_members(self, asked: Asked, segments: Mapping[str, str]) -> Answer:
        group = _known(self.groups, segments)
        page, cursor = page_of(self.members[group.id], asked, str)
        items = [{"group_id": group.id, "member_type": "ACCOUNT", "member_id": each} for each in page]
        return ok({"items": items, "next_cursor": cursor})

    def _add_members(self, asked: Asked, segments: Mapping[str, str]) -> Answer:
        members = self.members[_known(self.groups, segments).id]
        members.extend(each for each in _member_ids(asked) if each not in members)
        return Answer(status=200)

    def _remove_members(self, asked: Asked, segments: Mapping[str, str]) -> Answer:
        group = _known(self.groups, segments)
        gone = _member_ids(asked)
        self.members[group.id] = [each for each in self.members[group.id] if each not in gone]
        return Answer(status=200)


def _known(found: Mapping[str, T], segments: Mapping[str, str]) -> T:
    if segments["id"] not in found:
        raise Refusal(404, "NOT_FOUND", "There is nothing with this id")
    return found[segments["id"]]


def _member_ids(asked: Asked) -> Sequence[str]:
    members = body_of(asked).get("members")
    if not isinstance(members, list) or not members:
        raise invalid("members holds at least one member")
    return [read(each, _Member).member_id for each in cast("list[object]", members)]


def _subscription_id(subscription: WebhookSubscription) -> str:
    return subscription.id


def _group_id(group: WebhookGroup) -> str:
    return group.id
