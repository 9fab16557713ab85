"""The stand-in's room of custom fields and their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import TypeVar, cast

import attrs

from brex_accounting.field_values import FieldValue, FieldValueId, FieldValueUpdate, NewFieldValue
from brex_accounting.fields import Field, FieldGroup, NewField
from brex_accounting.integrations import Integration
from brex_accounting.testing.keys import Keys
from brex_accounting.testing.routes import Refusal, body_of, invalid, ok, page_of, read
from clientkit import codec
from clientkit.testing import Asked, Route
from clientkit.wire import Answer

T = TypeVar("T")

_PATH = "/v1/fields"
_MOST = 1000
_IDS = ("brex_id", "value_id", "remote_id")


class CustomFields:
    """Fields and field values by Brex's ids. Whether Brex refuses a second value of one name is not known; this does not."""

    def __init__(self, now: Callable[[], datetime], integrations: Mapping[str, Integration]) -> None:
        self.by_id = dict[str, Field]()
        self.values = dict[str, FieldValue]()
        self._now, self._integrations = now, integrations
        self._numbers, self._keys = count(1), Keys()

    def routes(self) -> Sequence[Route]:
        """The endpoints of this room."""
        one, values = f"{_PATH}/{{field_id}}", f"{_PATH}/{{field_id}}/values"
        return (
            Route("GET", _PATH, self._list),
            Route("POST", _PATH, self._keys.once(self._create)),
            Route("GET", one, self._get),
            Route("PUT", one, self._update),
            Route("DELETE", one, self._delete),
            Route("GET", values, self._list_values),
            Route("POST", values, self._keys.once(self._create_values)),
            Route("PUT", values, self._update_values),
            Route("DELETE", values, self._delete_values),
            Route("GET", f"{values}/{{brex_id}}", self._get_value),
        )

    def _list(self, asked: Asked, _: Mapping[str, str]) -> Answer:
        wanted = asked.query.get("field_id[]")
        found = [field for field in self.by_id.values() if wanted is None or field.brex_id in wanted]
        page, cursor = page_of(found, asked, _field_id)
        return ok({"items": [_shown(field) for field in page], "next_cursor": cursor})

    def _create(self, asked: Asked, _: Mapping[str, str]) -> Answer:
        new = read(body_of(asked), NewField)
        if new.group == FieldGroup.ERP and new.integration_id not in self._integrations:
            raise invalid("integration_id names no accounting integration")
        field = Field(
            brex_id=f"extended_field_{next(self._numbers)}",
            name=new.name,
            group=new.group,
            remote_id=new.remote_id,
            is_disabled=bool(new.is_disabled),
            updated_at=self._now(),
        )
        self.by_id[field.brex_id] = field
        return ok(_shown(field))

    def _get(self, _: Asked, segments: Mapping[str, str]) -> Answer:
        return ok(_shown(self._field(segments)))

    def _update(self, asked: Asked, segments: Mapping[str, str]) -> Answer:
        body = body_of(asked)
        changes = {name: body[name] for name in ("name", "is_disabled") if body.get(name) is not None}
        changed = read({**_shown(self._field(segments)), **changes}, Field)
        field = attrs.evolve(changed, updated_at=self._now())
        self.by_id[field.brex_id] = field
        return ok(_shown(field))

    def _delete(self, _: Asked, segments: Mapping[str, str]) -> Answer:
        field = self._field(segments)
        del self.by_id[field.brex_id]
        for value in self._values_of(field):
            del self.values[value.brex_id]
        return Answer(status=200)

    def _list_values(self, asked: Asked, segments: Mapping[str, str]) -> Answer:
        found = self._values_of(self._field(segments))
        for name in _IDS:
            wanted = asked.query.get(f"{name}[]")
            found = [value for value in found if wanted is None or getattr(value, name) in wanted]
        text = asked.one("value")
        found = [value for value in found if text is None or value.value == text]
        page, cursor = page_of(found, asked, _value_id)
        return ok({"items": [_shown(value) for value in page], "next_cursor": cursor})

    def _create_values(self, asked: Asked, segments: Mapping[str, str]) -> Answer:
        field = self._field(segments)
        made = [
            FieldValue(
                brex_id=f"efo_{next(self._numbers)}",
                field_id=field.brex_id,
                value=new.value,
                value_id=new.value_id,
                remote_id=new.remote_id,
                is_disabled=bool(new.is_disabled),
                updated_at=self._now(),
            )
            for new in _items(asked, NewFieldValue)
        ]
        return self._kept(made)

    def _update_values(self, asked: Asked, segments: Mapping[str, str]) -> Answer:
        field = self._field(segments)
        changed = list[FieldValue]()
        for update, value in self._named(field, _items(asked, FieldValueUpdate)):
            changes = {name: each for name, each in attrs.asdict(update.data).items() if each is not None}
            changed.append(attrs.evolve(value, **changes, updated_at=self._now()))
        return self._kept(changed)

    def _delete_values(self, asked: Asked, segments: Mapping[str, str]) -> Answer:
        field = self._field(segments)
        for _, value in self._named(field, _items(asked, FieldValueId)):
            self.values.pop(value.brex_id, None)
        return ok({})

    def _get_value(self, _: Asked, segments: Mapping[str, str]) -> Answer:
        (found,) = self._named(self._field(segments), [FieldValueId(brex_id=segments["brex_id"])])
        return ok(_shown(found[1]))

    def _kept(self, values: Sequence[FieldValue]) -> Answer:
        self.values.update({value.brex_id: value for value in values})
        return ok({"items": [_shown(value) for value in values]})

    def _field(self, segments: Mapping[str, str]) -> Field:
        field = self.by_id.get(segments["field_id"])
        if field is None:
            raise Refusal(404, "NOT_FOUND", "There is no field with this id")
        return field

    def _values_of(self, field: Field) -> Sequence[FieldValue]:
        return [value for value in self.values.values() if value.field_id == field.brex_id]

    def _named(self, field: Field, named: Sequence[T]) -> Sequence[tuple[T, FieldValue]]:
        """Each of `named` with the value that its one id names."""
        by_id = {
            (name, getattr(value, name)): value
            for value in self._values_of(field)
            for name in _IDS
            if getattr(value, name) is not None
        }
        found = [(each, by_id.get(_id_of(each))) for each in named]
        known = [(each, value) for each, value in found if value is not None]
        if len(known) < len(found):
            raise Refusal(404, "NOT_FOUND", "There is no field value with this id")
        return known


def _id_of(named: object) -> tuple[str, str | None]:
    return next((name, getattr(named, name)) for name in _IDS if getattr(named, name) is not None)


def _items(asked: Asked, kind: type[T]) -> Sequence[T]:
    items = body_of(asked).get("items")
    if not isinstance(items, list):
        raise invalid("items is a list")
    found = cast("list[object]", items)
    if not 1 <= len(found) <= _MOST:
        raise invalid(f"items holds 1 to {_MOST} values, not {len(found)}")
    return [read(each, kind) for each in found]


def _shown(value: Field | FieldValue) -> Mapping[str, object]:
    plain = cast("Mapping[str, object]", codec.unstructure(value))
    return {"remote_id": None, "is_disabled": False, **plain}


def _field_id(field: Field) -> str:
    return field.brex_id


def _value_id(value: FieldValue) -> str:
    return value.brex_id
