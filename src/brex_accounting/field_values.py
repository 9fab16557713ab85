"""The values of custom fields: general ledger accounts, departments, classes (https://developer.brex.com/openapi/fields_api)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import attrs

from brex_accounting._paging import MOST_PER_CALL, PAGING, checked_limit, id_parts
from clientkit.codec import Extra, unknown_fields
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
from clientkit.errors import ApiError
from clientkit.model import Input, Model
from clientkit.overriding import override
from clientkit.requests import PageRequest, Query, Request, post, segment
from clientkit.sequences import CallSequence, ask

T = TypeVar("T")
B = TypeVar("B")


@attrs.frozen(kw_only=True)
class FieldValue(Model):
    """One choice of a field. Records name it by `brex_id` and `remote_id`; `value` is what people see.

    `value_id` is the code that people know it by, `remote_id` its id in the ERP. A disabled value is not offered any
    more; records that use it keep it.
    """

    brex_id: str
    field_id: str
    value: str
    updated_at: datetime
    is_disabled: bool = False
    value_id: str | None = None
    remote_id: str | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewFieldValue(Input):
    """A value to create: what people see, the code they know it by, and its id in the ERP."""

    value: str
    value_id: str | None = None
    remote_id: str | None = None
    is_disabled: bool | None = None


@attrs.frozen(kw_only=True)
class FieldValueChange(Input):
    """What a value is to become; what is left out stays."""

    value: str | None = None
    is_disabled: bool | None = None


def _one_id(named: FieldValueUpdate | FieldValueId) -> None:
    if sum(each is not None for each in (named.brex_id, named.value_id, named.remote_id)) != 1:
        raise ValueError("name a field value by exactly one of brex_id, value_id and remote_id")


@attrs.frozen(kw_only=True)
class FieldValueUpdate(Input):
    """A value to change, named by exactly one of its ids."""

    brex_id: str | None = None
    value_id: str | None = None
    remote_id: str | None = None
    data: FieldValueChange

    @override
    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        _one_id(self)


@attrs.frozen(kw_only=True)
class FieldValueId(Input):
    """A value to delete, named by exactly one of its ids."""

    brex_id: str | None = None
    value_id: str | None = None
    remote_id: str | None = None

    @override
    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        _one_id(self)


@attrs.frozen(kw_only=True)
class FieldValueBatch(Model):
    """The values that one call wrote, in Brex's order."""

    items: tuple[FieldValue, ...]
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class _NewValues:
    items: Sequence[NewFieldValue]


@attrs.frozen(kw_only=True)
class _Updates:
    items: Sequence[FieldValueUpdate]


@attrs.frozen(kw_only=True)
class _Ids:
    items: Sequence[FieldValueId]


class FieldValueOperations:
    """The endpoints under ``/v1/fields/{field_id}/values``; one call writes up to 1,000 values.

    The resources add `create`, `update` and `delete`, which take any number.
    """

    @listing
    def list(
        self,
        field_id: str,
        *,
        brex_ids: Sequence[str] | None = None,
        value_ids: Sequence[str] | None = None,
        remote_ids: Sequence[str] | None = None,
        value: str | None = None,
        limit: int | None = None,
    ) -> PageRequest[FieldValue]:
        """The values of a field.

        Args:
            field_id: The field, by Brex's id.
            brex_ids: Only these values; many are asked for in several calls, and no ids give no values.
            value_ids: Only the values with these codes, as above.
            remote_ids: Only the values with these ids in the ERP, as above.
            value: Only values that people see under this name.
            limit: Values per page, 1 to 1,000; 1,000 when left out.

        Raises:
            ValueError: Ids of two kinds (how Brex combines them is not documented), or a limit outside 1 to 1,000.
        """
        filters = {"brex_id[]": brex_ids, "value_id[]": value_ids, "remote_id[]": remote_ids}
        given = [(name, ids) for name, ids in filters.items() if ids is not None]
        if len(given) > 1:
            raise ValueError("give one of brex_ids, value_ids and remote_ids")
        query: Query = {"value": value, "limit": checked_limit(limit, MOST_PER_CALL) or MOST_PER_CALL}
        return PageRequest(
            path=_path(field_id),
            item=FieldValue,
            items_key="items",
            paging=PAGING,
            query=query,
            parts=id_parts(*given[0]) if given else ({},),
            key=_id,
        )

    @operation
    def get(self, field_id: str, brex_id: str) -> Request[FieldValue]:
        """One value, by Brex's ids. Raises `NotFoundError` where there is none."""
        return Request(method="GET", path=f"{_path(field_id)}/{segment(brex_id)}", returns=FieldValue)

    @operation
    def create_batch(
        self, field_id: str, values: Sequence[NewFieldValue], *, idempotency_key: str | None = None
    ) -> Request[FieldValueBatch]:
        """Create 1 to 1,000 values in one call.

        Args:
            field_id: The field, by Brex's id.
            values: The values.
            idempotency_key: Under the same key Brex creates once only; made up when left out.

        Raises:
            ValueError: No value, or more than 1,000.
        """
        return post(_path(field_id), FieldValueBatch, _NewValues(items=_checked(values)), idempotency_key)

    @operation
    def update_batch(self, field_id: str, updates: Sequence[FieldValueUpdate]) -> Request[FieldValueBatch]:
        """Change 1 to 1,000 values in one call. Raises `ValueError` for none or more."""
        body = _Updates(items=_checked(updates))
        return Request(method="PUT", path=_path(field_id), returns=FieldValueBatch, body=body)

    @operation
    def delete_batch(self, field_id: str, values: Sequence[FieldValueId]) -> Request[None]:
        """Delete 1 to 1,000 values in one call. Raises `ValueError` for none or more."""
        return Request(method="DELETE", path=_path(field_id), body=_Ids(items=_checked(values)))

    @several
    def create(
        self, field_id: str, values: Sequence[NewFieldValue], *, idempotency_key: str | None = None
    ) -> CallSequence[tuple[FieldValue, ...]]:
        """Create any number of values, 1,000 in a call.

        Args:
            field_id: The field, by Brex's id.
            values: The values; none make no call.
            idempotency_key: Of the first call; the others append their number to it. After an error, the same values
                under the same key create only what is missing. Made up for each call when left out.

        Raises:
            ApiError: A call failed; a note on the error says how many values were written before it.
        """

        def request(batch: Sequence[NewFieldValue], number: int) -> Request[FieldValueBatch]:
            key = f"{idempotency_key}-{number + 1}" if idempotency_key is not None and number else idempotency_key
            return FieldValueOperations.create_batch.build(field_id, batch, idempotency_key=key)

        return _values((yield from _in_batches(values, request)))

    @several
    def update(self, field_id: str, updates: Sequence[FieldValueUpdate]) -> CallSequence[tuple[FieldValue, ...]]:
        """Change any number of values, 1,000 in a call; errors as in `create`."""

        def request(batch: Sequence[FieldValueUpdate], _: int) -> Request[FieldValueBatch]:
            return FieldValueOperations.update_batch.build(field_id, batch)

        return _values((yield from _in_batches(updates, request)))

    @several
    def delete(self, field_id: str, values: Sequence[FieldValueId]) -> CallSequence[None]:
        """Delete any number of values, 1,000 in a call; errors as in `create`."""

        def request(batch: Sequence[FieldValueId], _: int) -> Request[None]:
            return FieldValueOperations.delete_batch.build(field_id, batch)

        yield from _in_batches(values, request)


def _path(field_id: str) -> str:
    return f"/v1/fields/{segment(field_id)}/values"


def _id(value: FieldValue) -> str:
    return value.brex_id


def _checked(items: Sequence[T]) -> tuple[T, ...]:
    if not 1 <= len(items) <= MOST_PER_CALL:
        raise ValueError(f"a call takes 1 to {MOST_PER_CALL} values, not {len(items)}")
    return tuple(items)


def _in_batches(items: Sequence[T], request: Callable[[Sequence[T], int], Request[B]]) -> CallSequence[list[B]]:
    answers = list[B]()
    for number, start in enumerate(range(0, len(items), MOST_PER_CALL)):
        try:
            answer = yield from ask(request(items[start : start + MOST_PER_CALL], number))
        except ApiError as error:
            if start:
                error.add_note(f"The first {start} of {len(items)} values were written by earlier calls.")
            raise
        answers.append(answer)
    return answers


def _values(batches: Sequence[FieldValueBatch]) -> tuple[FieldValue, ...]:
    return tuple(value for batch in batches for value in batch.items)


class FieldValues(FieldValueOperations, SyncResource):
    """Field values, blocking."""


class AsyncFieldValues(FieldValueOperations, AsyncResource):
    """Field values, to be awaited."""
