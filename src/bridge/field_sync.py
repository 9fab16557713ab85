"""The other direction: what has to change in Brex's fields so that spenders code with today's chart of accounts.

The plan is a value; `bridge.export.apply_field_changes` carries it out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from brex_accounting import Field as BrexField
from brex_accounting import FieldGroup, FieldValue, FieldValueChange, FieldValueUpdate, NewField, NewFieldValue
from bridge.books import Books, normalised
from bridge.datatable import trimmed
from bridge.master_data import INACTIVE, Field, Vendor
from bridge.settings.values import Settings


@attrs.frozen(kw_only=True)
class FieldWithValues:
    """A field of Brex with all its values."""

    field: BrexField
    values: tuple[FieldValue, ...] = ()


@attrs.frozen(kw_only=True)
class FieldChange:
    """What has to change in one field of Brex.

    Either it is there and has a `field_id`, or it has to be created as `new`. `renamed` is its new name, None where it
    keeps its own; `is_enabled` tells to offer a field again that was disabled. `name` is the one that it has, and `before`
    are the values of `updated` as they are, in the same order.
    """

    name: str
    field_id: str | None = None
    new: NewField | None = None
    renamed: str | None = None
    is_enabled: bool = False
    created: tuple[NewFieldValue, ...] = ()
    updated: tuple[FieldValueUpdate, ...] = ()
    before: tuple[FieldValue, ...] = ()

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """What people see of the values, by what happens to them: create, rename, enable or disable."""
        pairs = [(value.value, update.data) for value, update in zip(self.before, self.updated, strict=True)]
        return {
            "create": tuple(each.value for each in self.created),
            "rename": tuple(f"{name} → {data.value}" for name, data in pairs if data.value is not None),
            "enable": tuple(data.value or name for name, data in pairs if data.is_disabled is False),
            "disable": tuple(name for name, data in pairs if data.is_disabled),
        }

    def __bool__(self) -> bool:
        """Whether there is anything to change."""
        return bool(self.new or self.renamed or self.is_enabled or self.created or self.updated)


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
    """The changes that bring what Rillet has into Brex's fields; none where all is as it should be.

    Subsidiaries become values of the field that tells the entities of the settings apart: that of an entity under its own
    value, so that `when` keeps holding, and every other one under its id. Accounts become values of the field that
    `settings.gl_field` names, vendors and tax rates those of
    `settings.vendor_field` and `settings.tax_field` where these are given, and custom fields for expenses the fields that
    are mapped to them, or else fields under their own id. Vendors of one name are told apart by their ids. What Rillet has
    deactivated or does not have is disabled, never deleted: records that use it keep it. What Rillet has and cannot be read
    is left as it is. New fields belong to the integration with this id.
    """
    there = tuple(fields)
    changes = [
        _of_setting("GL Account", settings.gl_field, _accounts(books), there, integration_id, _Unread(books, "account"))
    ]
    if settings.vendor_field is not None:
        unread = _Unread(books, "vendor")
        changes.append(_of_setting("Vendor", settings.vendor_field, _vendors(books), there, integration_id, unread))
    if settings.tax_field is not None:
        unread = _Unread(books, "tax rate")
        changes.append(_of_setting("Tax Code", settings.tax_field, _tax_rates(books), there, integration_id, unread))
    telling = [each.when.field for each in settings.entities if each.when is not None and each.when.field is not None]
    if telling:
        # The settings may name the one field in several ways.
        field = next((each for each in telling if _named(each, there) is not None), telling[0])
        wanted, unread = _subsidiaries(books, settings), _Unread(books, "subsidiary", settings)
        changes.append(_of_setting("Legal Entity", field, wanted, there, integration_id, unread))
    changes += [
        _of_field(field, books, there, settings, integration_id) for field in books.fields if _is_for_expenses(field)
    ]
    return tuple(change for change in changes if change)


class _Unread:
    """What of one kind Rillet has and cannot be read, so that nobody knows whether a value of Brex is for it."""

    def __init__(self, books: Books, kind: str, settings: Settings | None = None) -> None:
        self._books, self._kind = books, kind
        # One without an id may be what any value is for.
        self._is_any = any(each.kind == kind and each.id is None for each in books.unreadable)
        # An entity's value stands for its subsidiary by the settings alone.
        self._whens = {
            each.when.value
            for each in (() if settings is None else settings.entities)
            if each.when is not None and books.unread(kind, each.subsidiary) is not None
        }

    def __contains__(self, value: FieldValue) -> bool:
        said = (value.remote_id, value.value_id, value.value)
        is_named = not self._whens.isdisjoint({value.brex_id, *said} - {None})
        return self._is_any or is_named or self._books.unread(self._kind, *said) is not None


def _of_setting(  # noqa: PLR0917 - the usual companions
    name: str,
    field: str,
    wanted: Sequence[_Wanted],
    there: Sequence[FieldWithValues],
    integration_id: str,
    unread: _Unread,
) -> FieldChange:
    return _change(_named(field, there), _new(name, field, integration_id), None, wanted, unread)


def _accounts(books: Books) -> list[_Wanted]:
    return [
        _Wanted(
            ids=(account.id, account.code),
            text=f"{account.code} {account.name}",
            code=account.code,
            is_disabled=account.status == INACTIVE,
        )
        for account in books.accounts
    ]


def _subsidiaries(books: Books, settings: Settings) -> list[_Wanted]:
    """Every subsidiary, under the value by which the settings know it. One that two values stand for has both."""
    made, named = list[_Wanted](), set[str]()
    for entity in settings.entities:
        subsidiary = books.subsidiary(entity.subsidiary)
        when = entity.when
        if subsidiary is not None and when is not None and when.value is not None:
            several = subsidiary.id in named
            named.add(subsidiary.id)
            text = f"{subsidiary.trade_name} ({entity.name})" if several else subsidiary.trade_name
            ids = (when.value,) if several else (when.value, subsidiary.id)
            made.append(_Wanted(ids=ids, text=text, is_disabled=False))
    rest = (each for each in books.subsidiaries if each.id not in named)
    return [*made, *(_Wanted(ids=(each.id,), text=each.trade_name, is_disabled=False) for each in rest)]


def _vendors(books: Books) -> list[_Wanted]:
    times = Counter(normalised(vendor.name) for vendor in books.vendors)

    def text(vendor: Vendor) -> str:
        # Never by an e-mail address, which may be a person's: every spender sees the list.
        return vendor.name if times[normalised(vendor.name)] == 1 else f"{vendor.name} ({vendor.id})"

    return [_Wanted(ids=(vendor.id,), text=text(vendor), is_disabled=False) for vendor in books.vendors]


def _tax_rates(books: Books) -> list[_Wanted]:
    return [
        _Wanted(
            ids=(rate.id, rate.code),
            text=f"{rate.code} ({trimmed(rate.percentage)} %) {rate.description}",
            code=rate.code,
            is_disabled=False,
        )
        for rate in books.tax_rates
    ]


def _of_field(
    field: Field, books: Books, there: Sequence[FieldWithValues], settings: Settings, integration_id: str
) -> FieldChange:
    wanted = [_Wanted(ids=(value.id,), text=value.name, is_disabled=value.deactivated) for value in field.values]
    mapping = next((each for each in settings.fields if books.field(each.rillet) == field), None)
    if mapping is not None:
        # The settings may know it by its name, so it keeps that.
        new = _new(field.name, mapping.brex, integration_id)
        return _change(_named(mapping.brex, there), new, None, wanted, _Unread(books, "field value"))
    found = next((each for each in there if each.field.remote_id == field.id), None)
    new = _new(field.name, field.id, integration_id)
    return _change(found, new, field.name, wanted, _Unread(books, "field value"))


def _change(
    found: FieldWithValues | None, new: NewField, name: str | None, wanted: Sequence[_Wanted], unread: _Unread
) -> FieldChange:
    if found is None:
        return FieldChange(
            name=new.name, new=new, created=tuple(_new_value(each) for each in wanted if not each.is_disabled)
        )
    pairs = list(_paired(found.values, wanted))
    kept = {value.brex_id for value, _ in pairs if value is not None}
    changed = [(value, update) for value, each in pairs if value is not None and (update := _update(value, each))]
    changed += [
        (value, FieldValueUpdate(brex_id=value.brex_id, data=FieldValueChange(is_disabled=True)))
        for value in found.values
        if value.brex_id not in kept and not value.is_disabled and value not in unread
    ]
    return FieldChange(
        name=found.field.name or found.field.brex_id,
        field_id=found.field.brex_id,
        renamed=name if name is not None and name != found.field.name else None,
        is_enabled=found.field.is_disabled,
        created=tuple(_new_value(each) for value, each in pairs if value is None and not each.is_disabled),
        updated=tuple(update for _, update in changed),
        before=tuple(value for value, _ in changed),
    )


def _paired(values: Sequence[FieldValue], wanted: Sequence[_Wanted]) -> Iterator[tuple[FieldValue | None, _Wanted]]:
    """Each value of Rillet with that of Brex: by its id, or by its name where that of Brex has no id of an ERP."""
    by_id = {value.remote_id: value for value in reversed(values) if value.remote_id}
    by_name = {normalised(value.value): value for value in reversed(values) if not value.remote_id}
    by_brex_id = {value.brex_id: value for value in values if not value.remote_id}
    # An id of Rillet's comes before a code, which may be spelt like the id of another account.
    own = {each.ids[0] for each in wanted}
    taken = set[str]()
    for each in wanted:
        ids = (each.ids[0], *(one for one in each.ids[1:] if one not in own))
        # The settings may name a value without an id of an ERP by its id at Brex, or by its name.
        own_names = (found for one in ids for found in (by_brex_id.get(one), by_name.get(normalised(one))))
        candidates = (*(by_id.get(one) for one in ids), by_name.get(normalised(each.text)), *own_names)
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
