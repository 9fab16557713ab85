"""How each type is read and written: cattrs' converters, and what they are taught."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast, get_args

import attrs
import cattrs
from cattrs.cols import is_mapping, is_sequence, list_structure_factory
from cattrs.gen import make_dict_unstructure_fn, override

from clientkit.codec.arrays import ArrayReader
from clientkit.codec.careful import array_reader, maker, mapping_reader, object_reader
from clientkit.codec.fields import EXTRA_KEY, Extra, is_always_sent, is_number, name_of
from clientkit.codec.readers import ReaderOfDicts
from clientkit.codec.rules import Rules
from clientkit.codec.text import instant_text, parse, write
from clientkit.codec.writers import Writers
from clientkit.field_problems import CodecError, problems_of, wrong
from clientkit.money import checked, readable, sent_text

if TYPE_CHECKING:
    from clientkit.codec.shadows import PageReader

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

#: Reads parsed JSON as one class; what `register` hands to a reader, so that its errors name their place.
Structure: TypeAlias = Callable[[object, type[Any]], object]

_SMALL = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
_CENT, _MUCH = Decimal("0.01"), Decimal(10) ** 15
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


class Shape(ABC, Generic[T_co]):
    """How to read parsed JSON that is not simply one class, for instance a page of a listing."""

    __slots__ = ()

    @abstractmethod
    def read(self, value: object) -> T_co:
        """The value; raises `CodecError`."""

    def read_text(self, content: bytes) -> T_co:
        """The value of JSON text; raises `CodecError`. To be overridden where there is a faster way than to parse all of it."""
        return self.read(parse(content))


def structure(value: object, kind: type[T] | Shape[T]) -> T:
    """Parsed JSON as a value of `kind`. Raises `CodecError` with the place of what does not fit."""
    if isinstance(kind, Shape):
        return kind.read(value)
    try:
        return _fast.structure(value, kind)
    except Exception:  # noqa: BLE001 - whatever it was, the careful one says it better
        # Only a failure pays for finding its place.
        try:
            return _careful.structure(value, kind)
        except Exception as error:
            raise CodecError.of(*problems_of(error)) from error


def loads(content: bytes, kind: type[T] | Shape[T]) -> T:
    """JSON text as a value of `kind`. Raises `CodecError` with the place of what does not fit."""
    return kind.read_text(content) if isinstance(kind, Shape) else structure(parse(content), kind)


def page_reader(kind: type[Any]) -> PageReader | None:
    """The reader of pages of `kind`, where msgspec is installed; None for what is not read field by field."""
    if not attrs.has(kind) or kind in _read_otherwise:
        return None
    if kind not in _page_readers:
        try:
            from clientkit.codec.shadows import PageReader
        except ImportError:
            return None
        _page_readers[kind] = PageReader(kind, _rules(_fast, _read_otherwise))
    return _page_readers[kind]


def unstructure(value: object) -> object:
    """A value as plain JSON types, with amounts as text."""
    plain: object = _fast.unstructure(value)
    return plain


def dumps(value: object) -> bytes:
    """A value as compact JSON text. Raises `ValueError` for an amount or a time that must not leave."""
    kind = type(value)
    if attrs.has(kind) and kind not in _written_otherwise:
        with suppress(Exception):
            # Whatever it was, the hooks write it or say what is wrong.
            return _writers.of(kind)(value).encode()
    return write(unstructure(value))


def register(
    kind: object,
    *,
    read: Callable[[object, Structure], object] | None = None,
    write: Callable[[Any], object] | None = None,
) -> None:
    """Teach the codec to read or write `kind`, a class or a union of classes, in its own way."""
    if read is not None:
        _read_otherwise.add(kind)
    if write is not None:
        _written_otherwise.add(kind)
    for converter in (_fast, _careful):
        if read is not None:
            converter.register_structure_hook(kind, _reader(read, converter, optional=False))
            converter.register_structure_hook(cast("Any", kind) | None, _reader(read, converter, optional=True))
        if write is not None:
            converter.register_unstructure_hook(kind, write)


def _to_str(value: object, _: object) -> str:
    if isinstance(value, str):
        return value
    raise wrong(value, "text")


def _to_int(value: object, _: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Decimal) and value.is_finite() and checked(value) == int(value):
        return int(value)
    raise wrong(value, "a whole number")


def _to_bool(value: object, _: object) -> bool:
    if isinstance(value, bool):
        return value
    raise wrong(value, "true or false")


def _to_decimal(value: object, _: object) -> Decimal:
    if isinstance(value, str) and _SMALL.fullmatch(value):
        # Too short to be of a size that `checked` refuses.
        return Decimal(value)
    if isinstance(value, Decimal):
        return value if value.same_quantum(_CENT) and -_MUCH < value < _MUCH else readable(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return readable(Decimal(value))
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return readable(Decimal(value))
    raise wrong(value, "a decimal number")


def _to_datetime(value: object, _: object) -> datetime:
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.utcoffset() is not None:
            return moment
    raise wrong(value, "a date-time with a zone")


def _to_date(value: object, _: object) -> date:
    if isinstance(value, str) and len(value) == 10:
        return date.fromisoformat(value)
    raise wrong(value, "a date such as 2026-01-31")


def _to_enum(value: object, kind: type[Enum]) -> Enum:
    if isinstance(value, str):
        return kind(value)
    raise wrong(value, "text")


def _from_enum(value: Enum) -> object:
    plain: object = value.value
    return plain


def _unchanged(value: object) -> object:
    return value


def _anything(value: object, _: object) -> object:
    return value


def _array_reader(kind: Any, converter: cattrs.Converter) -> Callable[[object, object], object]:
    # Not cattrs' own: it takes anything that can be iterated over, so text would become a list of its characters.
    made_of, read = maker(kind), list_structure_factory(kind, converter)
    element: Any = (get_args(kind) or (object,))[0]

    def read_each(values: list[object]) -> object:
        return made_of(read(values, kind))

    read_all: Callable[[list[object]], object] = read_each
    if made_of is tuple and attrs.has(element) and element not in _read_otherwise:
        rules = _rules(converter, _read_otherwise)
        read_all = ArrayReader(element, rules, lambda: converter.get_structure_hook(element))

    def structure_array(value: object, _: object) -> object:
        if not isinstance(value, list):
            raise wrong(value, "an array")
        return read_all(cast("list[object]", value))

    return structure_array


def _careful_reader(kind: type[Any], converter: cattrs.Converter) -> Callable[[object, object], object]:
    return object_reader(kind, converter.structure, wire_name=name_of, extra_key=EXTRA_KEY)


def _careful_mapping_reader(kind: Any, converter: cattrs.Converter) -> Callable[[object, object], object]:
    return mapping_reader(kind, converter.structure)


def _careful_array_reader(kind: Any, converter: cattrs.Converter) -> Callable[[object, object], object]:
    return array_reader(kind, converter.structure)


def _straight_reader(kind: type[Any], converter: cattrs.Converter) -> Callable[[object, object], object]:
    if kind in _unfinished:
        # A class that contains itself: its reader is found when it is needed.
        return lambda value, _: converter.structure(value, kind)
    _unfinished.add(kind)
    try:
        return ReaderOfDicts(_rules(converter, _read_otherwise)).reader(kind)
    finally:
        _unfinished.discard(kind)


def _rules(converter: cattrs.Converter, otherwise: set[object]) -> Rules:
    return Rules(
        hook_of=converter.get_structure_hook,
        is_plain=lambda part: part not in otherwise,
        wire_name=name_of,
        extra_key=EXTRA_KEY,
    )


_page_readers = dict[type[Any], "PageReader"]()
_unfinished = set[type[Any]]()
#: What was taught to be read or written in its own way.
_read_otherwise = set[object]()
_written_otherwise = set[object]()


def _attrs_writer(kind: type[Any], converter: cattrs.Converter) -> Callable[[Any], dict[str, object]]:
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(attrs.resolve_types(kind))
    overrides = {
        field.name: override(
            rename=name_of(field),
            omit_if_default=not is_always_sent(field),
            unstruct_hook=_unchanged if is_number(field) else None,
        )
        for field in fields
    }
    write = make_dict_unstructure_fn(kind, converter, **overrides)  # type: ignore[arg-type]  # as above

    def unstructure_attrs(value: Any) -> dict[str, object]:
        plain: dict[str, Any] = write(value)
        plain.update(plain.pop(EXTRA_KEY, {}))
        return plain

    return unstructure_attrs


def _reader(
    read: Callable[[object, Structure], object], converter: cattrs.Converter, *, optional: bool
) -> Callable[[object, object], object]:
    def structure_registered(value: object, _: object) -> object:
        return None if optional and value is None else read(value, converter.structure)

    return structure_registered


def _converter(*, careful: bool) -> cattrs.Converter:
    made = cattrs.Converter(detailed_validation=False)
    made.register_structure_hook(str, _to_str)
    # An enum of texts is a str too, and cattrs asks the classes before the predicates below.
    made.register_structure_hook(StrEnum, _to_enum)
    made.register_structure_hook(int, _to_int)
    made.register_structure_hook(bool, _to_bool)
    made.register_structure_hook(Decimal, _to_decimal)
    made.register_structure_hook(datetime, _to_datetime)
    made.register_structure_hook(date, _to_date)
    if careful:
        made.register_structure_hook_factory(is_mapping, _careful_mapping_reader)
    made.register_structure_hook_func(lambda kind: kind is object or kind == Extra, _anything)
    made.register_structure_hook_func(lambda kind: isinstance(kind, type) and issubclass(kind, Enum), _to_enum)
    made.register_structure_hook_factory(is_sequence, _careful_array_reader if careful else _array_reader)
    made.register_structure_hook_factory(attrs.has, _careful_reader if careful else _straight_reader)
    made.register_unstructure_hook(Decimal, sent_text)
    made.register_unstructure_hook(datetime, instant_text)
    made.register_unstructure_hook(date, date.isoformat)
    made.register_unstructure_hook_func(lambda kind: isinstance(kind, type) and issubclass(kind, Enum), _from_enum)
    made.register_unstructure_hook_func(lambda kind: kind is object or kind == Extra, _unchanged)
    made.register_unstructure_hook_factory(attrs.has, _attrs_writer)
    return made


_fast = _converter(careful=False)
_careful = _converter(careful=True)
_writers = Writers(_rules(_fast, _written_otherwise), _fast.get_unstructure_hook)
