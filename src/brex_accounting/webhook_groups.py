"""Groups of accounts whose events go to subscriptions of their own; for partners.

Events of an account in a group go to the subscriptions of that group alone, all other events to subscriptions without a
group (https://developer.brex.com/openapi/webhooks_api/webhook-groups).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from brex_accounting._paging import PAGING, checked_limit
from clientkit.codec import Extra, always_sent, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Model
from clientkit.requests import PageRequest, Request, post, segment

_PATH = "/v1/webhooks/groups"
_PAGE = 1000


class WebhookGroupMemberType(OpenEnum):
    """What a group holds: customers' accounts, today nothing else."""

    ACCOUNT = "ACCOUNT"


@attrs.frozen(kw_only=True)
class WebhookGroup(Model):
    """A group of accounts."""

    id: str
    name: str
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class WebhookGroupMember(Model):
    """An account of a group; `member_id` is the account's id."""

    group_id: str
    member_type: WebhookGroupMemberType
    member_id: str
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class _NewGroup:
    name: str


@attrs.frozen(kw_only=True)
class _Member:
    member_id: str
    member_type: WebhookGroupMemberType = attrs.field(default=WebhookGroupMemberType.ACCOUNT, metadata=always_sent())


@attrs.frozen(kw_only=True)
class _Members:
    members: Sequence[_Member]


class WebhookGroupOperations:
    """The endpoints under ``/v1/webhooks/groups``."""

    @listing
    def list(self, *, limit: int | None = None) -> PageRequest[WebhookGroup]:
        """Groups, `limit` on a page, 1 to 1,000."""
        query = {"limit": checked_limit(limit, _PAGE)}
        return PageRequest(path=_PATH, item=WebhookGroup, items_key="items", paging=PAGING, query=query, key=_group_id)

    @operation
    def get(self, group_id: str) -> Request[WebhookGroup]:
        """One group. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"{_PATH}/{segment(group_id)}", returns=WebhookGroup)

    @operation
    def create(self, name: str, *, idempotency_key: str | None = None) -> Request[WebhookGroup]:
        """Create a group.

        Args:
            name: What it is called.
            idempotency_key: Under the same key Brex creates once only; made up when left out.
        """
        return post(_PATH, WebhookGroup, _NewGroup(name=name), idempotency_key)

    @operation
    def delete(self, group_id: str) -> Request[None]:
        """Remove a group."""
        return Request(method="DELETE", path=f"{_PATH}/{segment(group_id)}")

    @listing
    def members(self, group_id: str, *, limit: int | None = None) -> PageRequest[WebhookGroupMember]:
        """The accounts of a group, `limit` on a page, 1 to 1,000."""
        return PageRequest(
            path=f"{_PATH}/{segment(group_id)}/members",
            item=WebhookGroupMember,
            items_key="items",
            paging=PAGING,
            query={"limit": checked_limit(limit, _PAGE)},
            key=_member_id,
        )

    @operation
    def add_members(self, group_id: str, account_ids: Sequence[str]) -> Request[None]:
        """Put accounts into a group. Raises `ValueError` for no account."""
        return _post_members(group_id, "add_members", account_ids)

    @operation
    def remove_members(self, group_id: str, account_ids: Sequence[str]) -> Request[None]:
        """Take accounts out of a group. Raises `ValueError` for no account."""
        return _post_members(group_id, "remove_members", account_ids)


def _post_members(group_id: str, action: str, account_ids: Sequence[str]) -> Request[None]:
    if not account_ids:
        raise ValueError("account_ids holds at least one id")
    body = _Members(members=[_Member(member_id=each) for each in account_ids])
    return Request(method="POST", path=f"{_PATH}/{segment(group_id)}/{action}", body=body)


def _group_id(group: WebhookGroup) -> str:
    return group.id


def _member_id(member: WebhookGroupMember) -> str:
    return member.member_id


class WebhookGroups(WebhookGroupOperations, SyncResource):
    """Webhook groups, blocking."""


class AsyncWebhookGroups(WebhookGroupOperations, AsyncResource):
    """Webhook groups, to be awaited."""
