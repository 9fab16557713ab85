"""Custom fields, the dimensions that expenses are coded with.

https://developer.brex.com/openapi/fields_api (a beta). The order for an ERP: create an integration, create fields of the
group ``ERP`` with its id, upload their values with the ERP's ids as `remote_id`; records then carry these remote ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from brex_accounting._paging import MOST_PER_CALL, PAGING, checked_limit, id_parts
from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Input, Model
from clientkit.overriding import override
from clientkit.requests import PageRequest, Query, Request, post, segment

if TYPE_CHECKING:
    from brex_accounting.field_values import AsyncFieldValues, FieldValues


class FieldGroup(OpenEnum):
    """What a field is for: kept in Brex (``ACCOUNTING``), of people, kept in an ERP, or of travel."""

    ACCOUNTING = "ACCOUNTING"
    USER = "USER"
    ERP = "ERP"
    TRAVEL = "TRAVEL"


@attrs.frozen(kw_only=True)
class Field(Model):
    """A field with a list of values, of which an expense gets one. Records name it by `brex_id` and `remote_id`.

    A disabled field is not offered any more; records that use it keep it.
    """

    brex_id: str
    updated_at: datetime
    name: str | None = None
    is_disabled: bool = False
    remote_id: str | None = None
    group: FieldGroup | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewField(Input):
    """A field to create. The group ``ERP`` needs the id of the integration, and the other groups must not have one."""

    name: str
    group: FieldGroup
    remote_id: str | None = None
    integration_id: str | None = None
    is_disabled: bool | None = None

    @override
    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if (self.group == FieldGroup.ERP) != (self.integration_id is not None):
            raise ValueError("a field has an integration_id if, and only if, its group is ERP")


class FieldOperations:
    """The endpoints under ``/v1/fields``."""

    @listing
    def list(self, *, field_ids: Sequence[str] | None = None, limit: int | None = None) -> PageRequest[Field]:
        """Fields.

        Args:
            field_ids: Only these fields, by Brex's ids; many are asked for in several calls, and no ids give no fields.
            limit: Fields per page, 1 to 1,000; 1,000 when left out.
        """
        query: Query = {"limit": checked_limit(limit, MOST_PER_CALL) or MOST_PER_CALL}
        parts = id_parts("field_id[]", field_ids)
        return PageRequest(
            path="/v1/fields", item=Field, items_key="items", paging=PAGING, query=query, parts=parts, key=_id
        )

    @operation
    def get(self, field_id: str) -> Request[Field]:
        """One field, by Brex's id. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/v1/fields/{segment(field_id)}", returns=Field)

    @operation
    def create(self, field: NewField, *, idempotency_key: str | None = None) -> Request[Field]:
        """Create a field.

        Args:
            field: The field.
            idempotency_key: Under the same key Brex creates once only; made up when left out.
        """
        return post("/v1/fields", Field, field, idempotency_key)

    @operation
    def update(self, field_id: str, *, name: str | None = None, is_disabled: bool | None = None) -> Request[Field]:
        """Rename, disable or enable a field; what is left out stays. Raises `ValueError` if both are left out."""
        if name is None and is_disabled is None:
            raise ValueError("give name, is_disabled, or both")
        change: dict[str, object] = {"name": name, "is_disabled": is_disabled}
        body = {key: each for key, each in change.items() if each is not None}
        return Request(method="PUT", path=f"/v1/fields/{segment(field_id)}", returns=Field, body=body)

    @operation
    def delete(self, field_id: str) -> Request[None]:
        """Delete a field. To keep it on the records that use it, disable it instead."""
        return Request(method="DELETE", path=f"/v1/fields/{segment(field_id)}")


def _id(field: Field) -> str:
    return field.brex_id


class Fields(FieldOperations, SyncResource):
    """Fields, blocking."""

    @property
    def values(self) -> FieldValues:
        """The values of fields; the same as `Client.field_values`."""
        from brex_accounting.field_values import FieldValues

        return FieldValues(self._client)


class AsyncFields(FieldOperations, AsyncResource):
    """Fields, to be awaited."""

    @property
    def values(self) -> AsyncFieldValues:
        """The values of fields; the same as `AsyncClient.field_values`."""
        from brex_accounting.field_values import AsyncFieldValues

        return AsyncFieldValues(self._client)
