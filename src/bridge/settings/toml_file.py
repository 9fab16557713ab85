"""Reading settings from a TOML file, with every mistake in it by its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar, cast, get_args

import attrs
import cattrs
from cattrs.cols import is_sequence, list_structure_factory
from cattrs.gen import make_dict_structure_fn

from bridge.settings.inconsistencies import inconsistencies_of
from bridge.settings.mistakes import KeyPath, MissingKey, Mistake, UnknownKey
from bridge.settings.salvage import Salvaged, salvage
from bridge.settings.toml_places import TomlText
from bridge.settings.values import Settings, SettingsError

S = TypeVar("S")

#: Keys of earlier releases, and what to write instead.
_GONE = {"replace_bills": 'use on_change = "refuse" where it was false, and leave it out where it was true'}
# So many keys are worth a look beside the one that is meant.
_FEW = 6
# One such mistake, a key that is there twice for instance, keeps the whole file from being read.
_REST = "; what else is wrong in the file is told once this is put right"
# As tomllib says where.
_AT = re.compile(r"(.*) \(at line (\d+), column (\d+)\)", re.DOTALL)


def read_settings(text: str, source: str = "settings") -> Settings:
    """Settings from the text of a TOML file; `source` is its name in messages.

    Raises:
        SettingsError: With every wrong key, wrong type and missing value, each with its place.
    """
    return read_toml(text, Settings, source, inconsistencies_of)


def read_toml(text: str, kind: type[S], source: str, inconsistencies: Callable[[S], Iterable[Mistake]]) -> S:
    """Settings of a `kind` from the text of a TOML file.

    `inconsistencies` tells what is wrong between its values. Raises `SettingsError`.
    """
    return read_table(parsed(text, source), kind, TomlText(text, source), inconsistencies)


def parsed(text: str, source: str) -> dict[str, Any]:
    """The tables of a TOML file. Raises `SettingsError`."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Besides its own error tomllib lets through what Python says to gigantic numbers and bottomless nesting.
        raise SettingsError((_no_toml(str(error), source),)) from None


def _no_toml(text: str, source: str) -> str:
    """What is wrong with a text that is no TOML, with its line where the error knows it."""
    found = _AT.fullmatch(text)
    if found is None:
        return f"{source}: {text}{_REST}"
    advice = "; a text has to be in quotes" if found[1] == "Invalid value" else ""
    return f"{source} line {found[2]}: {found[1]}, column {found[3]}{advice}{_REST}"


def read_table(table: object, kind: type[S], where: TomlText, inconsistencies: Callable[[S], Iterable[Mistake]]) -> S:
    """As `read_toml`, from a table that stands at `where`."""
    try:
        settings = _converter.structure(table, kind)
    except cattrs.BaseValidationError as error:
        mistakes = list(_mistakes(error))
        part = _salvaged(cast("dict[str, Any]", table), kind) if isinstance(table, dict) else None
        if part is not None:
            mistakes += [each for each in inconsistencies(part.settings) if part.has(each)]
        raise where.error(mistakes) from None
    except ValueError as error:
        raise where.error([Mistake(str(error))]) from None
    if mistakes := list(inconsistencies(settings)):
        raise where.error(mistakes)
    return settings


def readable_part(text: str) -> Salvaged[Settings] | None:
    """What of wrong settings can be compared with both services; None where nothing can."""
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    return _salvaged(table, Settings)


def _salvaged(table: dict[str, Any], kind: type[S]) -> Salvaged[S] | None:
    return salvage(table, lambda mended: _converter.structure(mended, kind), lambda each: _wrong_values(each, kind))


def _wrong_values(table: dict[str, Any], kind: type[object]) -> list[Mistake]:
    """What is wrong with single values."""
    try:
        _converter.structure(table, kind)
    except cattrs.BaseValidationError as error:
        return list(_mistakes(error))
    return []


def with_lines(error: SettingsError, text: str, source: str) -> SettingsError:
    """The error with the lines of the file `text`, for problems whose place in the settings is known."""
    where = TomlText(text, source)
    return SettingsError(tuple(where.located(each) for each in error.problems))


def _text(value: object, _: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError("it is empty" if value == "" else f"{_shown(value)} is not a text; put texts in quotes")


def _flag(value: object, _: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"{_shown(value)} is not true or false")


def _day(value: object, _: object) -> date:
    # A date-time is a date by inheritance, and not what is meant.
    if type(value) is date:
        return value
    raise ValueError(f"{_shown(value)} is not a date such as 2026-01-31 (without quotes)")


def _amount(value: object, _: object) -> Decimal:
    # A number with a point has become a binary one, which is not what was written.
    if isinstance(value, int | str) and not isinstance(value, bool):
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal("NaN")
        if amount.is_finite() and amount >= 0:
            return amount
    raise ValueError(f'{_shown(value)} is not an amount such as 500 or "99.50"')


def _choice(value: object, kind: type[StrEnum]) -> StrEnum:
    if isinstance(value, str) and value in list(kind):
        return kind(value)
    raise ValueError(f"{_shown(value)} is not one of {', '.join(kind)}")


def _shown(value: object) -> str:
    """A value nearly as it is written in TOML, on one line that is not long."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "an array"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _table_reader(kind: type[Any], converter: cattrs.Converter) -> Callable[[object, object], object]:
    read = make_dict_structure_fn(kind, converter)

    def structure_table(value: object, _: object) -> object:
        if isinstance(value, dict):
            return read(cast("dict[str, object]", value), kind)
        raise ValueError(f"{_shown(value)} is not a table")

    return structure_table


def _array_reader(kind: Any, converter: cattrs.Converter) -> Callable[[object, object], object]:
    read = list_structure_factory(kind, converter)
    of = "tables" if attrs.has(get_args(kind)[0]) else "texts"

    def structure_array(value: object, _: object) -> object:
        if isinstance(value, list):
            return tuple(read(cast("list[object]", value), kind))
        raise ValueError(f"{_shown(value)} is not an array of {of}")

    return structure_array


def _make_converter() -> cattrs.Converter:
    made = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    made.register_structure_hook(str, _text)
    made.register_structure_hook(bool, _flag)
    made.register_structure_hook(date, _day)
    made.register_structure_hook(Decimal, _amount)
    # By class and not by a predicate: a `StrEnum` is a `str`, whose hook would win.
    made.register_structure_hook(StrEnum, _choice)
    made.register_structure_hook_factory(attrs.has, _table_reader)
    made.register_structure_hook_factory(is_sequence, _array_reader)
    return made


_converter = _make_converter()


def _mistakes(error: Exception, path: KeyPath = ()) -> Iterator[Mistake]:
    """Each error in a group of cattrs, with the way to it, which stands in the notes."""
    if isinstance(error, cattrs.ClassValidationError):
        of_fields, others = error.group_exceptions()
        inner = [(each, (*path, note.name)) for each, note in of_fields]
    elif isinstance(error, cattrs.IterableValidationError):
        of_entries, others = error.group_exceptions()
        inner = [(each, (*path, note.index)) for each, note in of_entries]
    else:
        yield from _explained(error, path)
        return
    for each, place in (*inner, *((each, path) for each in others)):
        yield from _mistakes(each, place)


def _explained(error: Exception, path: KeyPath) -> Iterator[Mistake]:
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        known = [field.name for field in attrs.fields(error.cl)]
        yield from (_unknown(each, known, path) for each in sorted(error.extra_fields))
    elif isinstance(error, KeyError):
        yield MissingKey(f"the key {path[-1]} is missing", path)
    else:
        yield Mistake(str(error), path)


def _unknown(key: str, known: Sequence[str], path: KeyPath) -> UnknownKey:
    if (advice := _GONE.get(key)) is not None:
        return UnknownKey(f"unknown key {key}; {advice}", path, key=key)
    meant = next(iter(get_close_matches(key, known, n=1)), None)
    parts = [f"unknown key {key}"]
    if meant is None or len(known) <= _FEW:
        parts.append(f"the keys here are {', '.join(known)}")
    if meant is not None:
        parts.append(f"did you mean {meant}?")
    return UnknownKey("; ".join(parts), path, key=key, meant=meant)
