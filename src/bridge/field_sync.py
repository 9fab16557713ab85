"""The other direction: what has to change in Brex's fields so that spenders code with today's chart of accounts.

The plan is a value. To carry it out::

    for change in plan_field_sync(books, fields, settings, integration_id):
        field_id = change.field_id or brex.fields.create(change.new).brex_id
        if change.renamed is not None or change.is_enabled:
            brex.fields.update(field_id, name=change.renamed, is_disabled=False if change.is_enabled else None)
        brex.field_values.create(field_id, change.created)
        brex.field_values.update(field_id, change.updated)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from brex_accounting import Field as BrexField
from brex_accounting import FieldGroup, FieldValue, FieldValueChange, FieldValueUpdate, NewField, NewFieldValue
from bridge.books import Books, normalised
from bridge.settings import Settings
from rillet import AccountStatus, Field

_GL_NAME = "GL Account"


@attrs.frozen(kw_only=True)
class FieldWithValues:
    """A field of Brex with all its values."""

    field: BrexField
    values: tuple[FieldValue, ...] = ()


@attrs.frozen(kw_only=True)
class FieldChange:
    """What has to change in one field of Brex.

    Either it is there and has a `field_id`, or it has to be created as `new`. `renamed` is its new name, None where it
    keeps its own; `is_enabled` tells to offer a field again that was disabled.
    """

    field_id: str | None = None
    new: NewField | None = None
    renamed: str | None = None
    is_enabled: bool = False
    created: tuple[NewFieldValue, ...] = ()
    updated: tuple[FieldValueUpdate, ...] = ()


@attrs.frozen(kw_only=True)
class _Wanted:
    """A value as Rillet has it: the ids it can have in Brex, the best first."""

    ids: tuple[str, ...]
    text: str
    code: str | None = None
    is_disabled: bool


def plan_field_sync(
    books: Books, fields: Iterable[FieldWithValues], settings: Settings, integration_id: str
) -> tuple[FieldChange, ...]:
    """The changes that bring Rillet's accounts and custom fields into Brex's fields; none where all is as it should be.

    Accounts become values of the field that `settings.gl_field` names, custom fields for expenses the fields that are
    mapped to them, or else fields under their own id. What Rillet has deactivated or does not have is disabled, never
    deleted: records that use it keep it. New fields belong to the integration with this id.
    """
    there = tuple(fields)
    changes = [_of_accounts(books, there, settings, integration_id)]
    changes += [
        _of_field(field, books, there, settings, integration_id) for field in books.fields if _is_for_expenses(field)
    ]
    return tuple(change for change in changes if change != FieldChange(field_id=change.field_id))


def _of_accounts(
    books: Books, there: Sequence[FieldWithValues], settings: Settings, integration_id: str
) -> FieldChange:
    wanted = [
        _Wanted(
            ids=(account.id, account.code),
            text=f"{account.code} {account.name}",
            code=account.code,
            is_disabled=account.status == AccountStatus.INACTIVE,
        )
        for account in books.accounts
    ]
    found = _named(settings.gl_field, there)
    return _change(found, _new(_GL_NAME, settings.gl_field, integration_id), None, wanted)


def _of_field(
    field: Field, books: Books, there: Sequence[FieldWithValues], settings: Settings, integration_id: str
) -> FieldChange:
    wanted = [_Wanted(ids=(value.id,), text=value.name, is_disabled=value.deactivated) for value in field.values]
    mapping = next((each for each in settings.fields if books.field(each.rillet) == field), None)
    if mapping is not None:
        # The settings may know it by its name, so it keeps that.
        return _change(_named(mapping.brex, there), _new(field.name, mapping.brex, integration_id), None, wanted)
    found = next((each for each in there if each.field.remote_id == field.id), None)
    return _change(found, _new(field.name, field.id, integration_id), field.name, wanted)


def _change(found: FieldWithValues | None, new: NewField, name: str | None, wanted: Sequence[_Wanted]) -> FieldChange:
    if found is None:
        return FieldChange(new=new, created=tuple(_new_value(each) for each in wanted if not each.is_disabled))
    pairs = list(_paired(found.values, wanted))
    kept = {value.brex_id for value, _ in pairs if value is not None}
    gone = (value for value in found.values if value.brex_id not in kept and not value.is_disabled)
    return FieldChange(
        field_id=found.field.brex_id,
        renamed=name if name is not None and name != found.field.name else None,
        is_enabled=found.field.is_disabled,
        created=tuple(_new_value(each) for value, each in pairs if value is None and not each.is_disabled),
        updated=(
            *(update for value, each in pairs if value is not None and (update := _update(value, each)) is not None),
            *(FieldValueUpdate(brex_id=value.brex_id, data=FieldValueChange(is_disabled=True)) for value in gone),
        ),
    )


def _paired(values: Sequence[FieldValue], wanted: Sequence[_Wanted]) -> Iterator[tuple[FieldValue | None, _Wanted]]:
    """Each value of Rillet with that of Brex: by its id, or by its name where that of Brex has no id of an ERP."""
    by_id = {value.remote_id: value for value in reversed(values) if value.remote_id}
    by_name = {normalised(value.value): value for value in reversed(values) if not value.remote_id}
    # An id of Rillet's comes before a code, which may be spelt like the id of another account.
    own = {each.ids[0] for each in wanted}
    taken = set[str]()
    for each in wanted:
        ids = (each.ids[0], *(one for one in each.ids[1:] if one not in own))
        candidates = (*(by_id.get(one) for one in ids), by_name.get(normalised(each.text)))
        value = next((one for one in candidates if one is not None and one.brex_id not in taken), None)
        if value is not None:
            taken.add(value.brex_id)
        yield value, each


def _update(value: FieldValue, wanted: _Wanted) -> FieldValueUpdate | None:
    text = wanted.text if wanted.text != value.value and not wanted.is_disabled else None
    is_disabled = wanted.is_disabled if wanted.is_disabled != value.is_disabled else None
    if text is None and is_disabled is None:
        return None
    return FieldValueUpdate(brex_id=value.brex_id, data=FieldValueChange(value=text, is_disabled=is_disabled))


def _new_value(wanted: _Wanted) -> NewFieldValue:
    return NewFieldValue(value=wanted.text, value_id=wanted.code, remote_id=wanted.ids[0])


def _new(name: str, remote_id: str, integration_id: str) -> NewField:
    return NewField(name=name, group=FieldGroup.ERP, remote_id=remote_id, integration_id=integration_id)


def _named(name: str, there: Sequence[FieldWithValues]) -> FieldWithValues | None:
    """The field that the settings name by its remote id, its Brex id or its name."""
    return next((each for each in there if name in {each.field.remote_id, each.field.brex_id, each.field.name}), None)


def _is_for_expenses(field: Field) -> bool:
    return field.settings is None or field.settings.expenses is not None
