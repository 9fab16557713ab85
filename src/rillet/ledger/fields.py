"""Custom fields, the dimensions of the books (https://docs.api.rillet.com/reference/get-fields)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from clientkit.codec import Extra, unknown_fields, wire_name
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from rillet._paging import WHOLE


class FieldDisplay(OpenEnum):
    """How Rillet shows a field: one choice of its own, or one of many tags (which cannot be mandatory)."""

    STANDALONE = "STANDALONE"
    FREE_TAG = "FREE_TAG"


@attrs.frozen(kw_only=True)
class FieldRule(Model):
    """How a field behaves on one side of the books."""

    mandatory: bool
    display: FieldDisplay
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class FieldSettings(Model):
    """`expenses` rules bills, charges and manual entries; `revenue` customers, contracts, invoices, credit memos."""

    expenses: FieldRule | None = attrs.field(default=None, metadata=wire_name("EXPENSES"))
    revenue: FieldRule | None = attrs.field(default=None, metadata=wire_name("REVENUE"))
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class FieldValue(Model):
    """One choice of a field. A deactivated one stays where it is assigned and cannot be assigned anew."""

    id: str
    name: str
    deactivated: bool = False
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Field(Model):
    """A custom field with all its values."""

    id: str
    name: str
    values: tuple[FieldValue, ...] = ()
    settings: FieldSettings | None = None
    updated_at: datetime | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewFieldValue(Input):
    """A value to add to a field, or what one is to be called. Rillet trims the name and refuses a duplicate."""

    name: str


@attrs.frozen(kw_only=True)
class NewField(Input):
    """A field to create. Creating the same name twice makes two fields."""

    name: str
    values: Sequence[NewFieldValue] = attrs.field(metadata={"clientkit.always": True})


@attrs.frozen(kw_only=True)
class FieldUpdate(Input):
    """What a field is to be; settings that are left out stay as they are."""

    name: str
    settings: FieldSettings | None = None


class FieldOperations:
    """The endpoints under ``/fields``. A field cannot be read alone or deleted; its values can be deleted."""

    @listing
    def list(self, *, updated_after: datetime | None = None) -> PageRequest[Field]:
        """Every field with every value, in one answer.

        Args:
            updated_after: Only fields changed after this moment, which is itself excluded.
        """
        query = {"updated.gt": updated_after}
        return PageRequest(path="/fields", item=Field, items_key="fields", paging=WHOLE, query=query)

    @operation
    def create(self, field: NewField, *, idempotency_key: str | None = None) -> Request[Field]:
        """Create a field with its first values."""
        return post("/fields", Field, field, idempotency_key)

    @operation
    def update(self, field_id: str, field: FieldUpdate) -> Request[Field]:
        """Rename a field or change its settings."""
        return Request(method="PUT", path=f"/fields/{segment(field_id)}", returns=Field, body=field)

    @operation
    def add_value(self, field_id: str, value: NewFieldValue, *, idempotency_key: str | None = None) -> Request[Field]:
        """Add a value; the whole field comes back. Raises `BadRequestError` for a name that exists already."""
        return post(f"/fields/{segment(field_id)}/values", Field, value, idempotency_key)

    @operation
    def update_value(self, field_id: str, field_value_id: str, value: NewFieldValue) -> Request[Field]:
        """Rename a value; the whole field comes back."""
        path = f"/fields/{segment(field_id)}/values/{segment(field_value_id)}"
        return Request(method="PUT", path=path, returns=Field, body=value)

    @operation
    def delete_value(self, field_id: str, field_value_id: str) -> Request[Field]:
        """Delete a value; the whole field comes back."""
        path = f"/fields/{segment(field_id)}/values/{segment(field_value_id)}"
        return Request(method="DELETE", path=path, returns=Field)


class Fields(FieldOperations, SyncResource):
    """Custom fields, blocking."""


class AsyncFields(FieldOperations, AsyncResource):
    """Custom fields, to be awaited."""
