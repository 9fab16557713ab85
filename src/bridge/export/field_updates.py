"""Carrying out what `bridge.plan_field_sync` planned: Brex's fields get the values that Rillet has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import attrs

import brex_accounting
from bridge.export.engine.runner import never
from bridge.field_sync import FieldChange, FieldWithValues

T = TypeVar("T")

_MOST_PER_CALL = 1000


def _silent(done: int, of: int) -> None:
    del done, of


def read_fields(brex: brex_accounting.Client) -> tuple[FieldWithValues, ...]:
    """Every field of Brex with all its values, as `bridge.plan_field_sync` takes them.

    Raises:
        ApiError: Brex cannot be read, or one field or value of it: what is not seen would be made a second time.
    """
    return tuple(
        FieldWithValues(field=field, values=tuple(brex.field_values.list(field.brex_id)))
        for field in brex.fields.list()
    )


def apply_field_changes(
    brex: brex_accounting.Client,
    changes: Sequence[FieldChange],
    *,
    progress: Callable[[int, int], None] = _silent,
    stop: Callable[[], bool] = never,
) -> tuple[FieldChange, ...]:
    """Carry out the changes, and give back what was done of them: all, unless `stop` ended it.

    However it ended, a plan made afterwards has what is left, and nothing twice.

    Args:
        brex: The client of the Brex account.
        changes: The plan.
        progress: Told after each call how many values of how many are written.
        stop: Asked before each call whether to end early.

    Raises:
        ApiError: Brex refused a call or did not answer; earlier calls stay done.
    """
    of = sum(len(change.created) + len(change.updated) for change in changes)
    applied, done = list[FieldChange](), 0
    for change in changes:
        if stop():
            break
        field_id = _field(brex, change)
        updated = created = 0
        # What is renamed or disabled makes room for a new value of the same name.
        for updates in _chunks(change.updated, stop):
            brex.field_values.update(field_id, updates)
            updated += len(updates)
            progress(done + updated, of)
        for values in _chunks(change.created, stop):
            brex.field_values.create(field_id, values)
            created += len(values)
            progress(done + updated + created, of)
        done += updated + created
        applied.append(
            attrs.evolve(
                change,
                created=change.created[:created],
                updated=change.updated[:updated],
                before=change.before[:updated],
            )
        )
    return tuple(applied)


def _field(brex: brex_accounting.Client, change: FieldChange) -> str:
    if change.new is not None:
        return brex.fields.create(change.new).brex_id
    if change.field_id is None:
        raise ValueError("a change of a field has a field_id or a new field")
    if change.renamed is not None or change.is_enabled:
        brex.fields.update(change.field_id, name=change.renamed, is_disabled=False if change.is_enabled else None)
    return change.field_id


def _chunks(items: tuple[T, ...], stop: Callable[[], bool]) -> Iterator[tuple[T, ...]]:
    for start in range(0, len(items), _MOST_PER_CALL):
        if stop():
            return
        yield items[start : start + _MOST_PER_CALL]
