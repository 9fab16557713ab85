"""The people of an account (https://developer.brex.com/openapi/team_api)."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from brex_accounting._paging import PAGING
from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Model
from clientkit.requests import PageRequest, Request, segment


class UserStatus(OpenEnum):
    """Where a person's membership stands."""

    INVITED = "INVITED"
    PENDING_ACTIVATION = "PENDING_ACTIVATION"
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    DISABLED = "DISABLED"
    ARCHIVED = "ARCHIVED"
    CLOSED = "CLOSED"
    DELETED = "DELETED"


@attrs.frozen(kw_only=True)
class TeamUser(Model):
    """A person as the Team API has them; `brex_accounting.User` is the shorter form inside a record.

    `remote_display_id` is the person's id in the company's directory or HR system. Names can end in blanks.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    status: UserStatus | None = None
    manager_id: str | None = None
    department_id: str | None = None
    location_id: str | None = None
    title_id: str | None = None
    remote_display_id: str | None = None
    metadata: Mapping[str, str] = attrs.field(factory=dict[str, str], hash=False)
    extra: Extra = unknown_fields()


class UserOperations:
    """The endpoints under ``/v2/users`` that read; they need the scope ``users.readonly``."""

    @listing
    def list(
        self, *, email: str | None = None, remote_display_id: str | None = None, limit: int | None = None
    ) -> PageRequest[TeamUser]:
        """People.

        Args:
            email: Only the person with this address.
            remote_display_id: Only the person with this id in the company's directory.
            limit: People per page.
        """
        query = {"email": email, "remote_display_id": remote_display_id, "limit": limit}
        return PageRequest(path="/v2/users", item=TeamUser, items_key="items", paging=PAGING, query=query, key=_id)

    @operation
    def get(self, user_id: str) -> Request[TeamUser]:
        """One person. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/v2/users/{segment(user_id)}", returns=TeamUser)

    @operation
    def me(self) -> Request[TeamUser]:
        """The person that the token belongs to."""
        return Request(method="GET", path="/v2/users/me", returns=TeamUser)


def _id(user: TeamUser) -> str:
    return user.id


class Users(UserOperations, SyncResource):
    """People, blocking."""


class AsyncUsers(UserOperations, AsyncResource):
    """People, to be awaited."""
