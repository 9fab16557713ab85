"""Reading and writing: what is tried first, what is done where that fails, and how both are taught a type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache, partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

import attrs

from clientkit.codec.rules import Hook
from clientkit.codec.straight import StraightReaders
from clientkit.codec.text import parse, write
from clientkit.codec.writers import Writers
from clientkit.field_problems import CodecError, problems_of

if TYPE_CHECKING:
    from clientkit.codec.converters import Converters
    from clientkit.codec.encoders import Encoders
    from clientkit.codec.pages import PageReader as PlainPageReader
    from clientkit.codec.shadows import PageReader

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

#: Reads parsed JSON as one class; what `register` hands to a reader, so that its errors name their place.
Structure: TypeAlias = Callable[[object, type[Any]], object]


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
        return cast("T", _straight.structure(value, kind))
    except Exception:  # noqa: BLE001 - whatever it was, the careful one says it better
        # Only a failure pays for finding its place.
        try:
            return _converters().careful.structure(value, kind)
        except Exception as error:
            raise CodecError.of(*problems_of(error)) from error


def loads(content: bytes, kind: type[T] | Shape[T]) -> T:
    """JSON text as a value of `kind`. Raises `CodecError` with the place of what does not fit."""
    return kind.read_text(content) if isinstance(kind, Shape) else structure(parse(content), kind)


def page_reader(kind: type[Any], items_key: str) -> PageReader | PlainPageReader | None:
    """The reader of pages of `kind` with their items under `items_key`; None where they are read as any JSON."""
    if not attrs.has(kind) or _straight.is_taught(kind):
        return None
    if (kind, items_key) not in _page_readers:
        try:
            from clientkit.codec.shadows import PageReader
        except ImportError:
            from clientkit.codec.pages import PageReader as PlainPageReader

            _page_readers[kind, items_key] = PlainPageReader.of(kind, items_key, _straight.rules)
        else:
            _page_readers[kind, items_key] = PageReader(kind, items_key, _straight.rules)
    return _page_readers[kind, items_key]


def unstructure(value: object) -> object:
    """A value as plain JSON types, with amounts as text."""
    plain: object = _converters().fast.unstructure(value)
    return plain


def dumps(value: object) -> bytes:
    """A value as compact JSON text. Raises `ValueError` for an amount or a time that must not leave."""
    kind = type(value)
    try:
        content = (_dumpers.get(kind) or _dumper(kind))(value)
    except Exception:  # noqa: BLE001 - whatever it was, the hooks write it or say what is wrong
        content = None
    return write(unstructure(value)) if content is None else content


def register(
    kind: object,
    *,
    read: Callable[[object, Structure], object] | None = None,
    write: Callable[[Any], object] | None = None,
) -> None:
    """Teach the codec to read or write `kind`, a class or a union of classes, in its own way."""
    with _teaching:
        if read is not None:
            for each, is_optional in ((kind, False), (cast("Any", kind) | None, True)):
                reader = partial(_reader, read, is_optional=is_optional)
                _read_otherwise[each] = reader
                _straight.teach(each, reader(_straight.structure))
                if _made:
                    _made[0].teach_reading(each, reader)
        if write is not None:
            _written_otherwise[kind] = write
            _dumpers.clear()
            if _made:
                _made[0].teach_writing(kind, write)


def _reader(read: Callable[[object, Structure], object], structure: Structure, *, is_optional: bool) -> Hook:
    def structure_registered(value: object, _: object) -> object:
        return None if is_optional and value is None else read(value, structure)

    return structure_registered


def _converters() -> Converters:
    """The converters of cattrs, taught what was registered."""
    if not _made:
        from clientkit.codec.converters import Converters

        with _teaching:
            if not _made:
                converters = Converters(_straight.of)
                for kind, reader in _read_otherwise.items():
                    converters.teach_reading(kind, reader)
                for kind, write in _written_otherwise.items():
                    converters.teach_writing(kind, write)
                _made.append(converters)
    return _made[0]


def _dumper(kind: type[Any]) -> Callable[[Any], bytes | None]:
    """What writes a class field by field, by msgspec where it is installed; it gives None for what is left to the hooks."""
    if attrs.has(kind) and _is_written_by_field(kind):
        text, encoders = _writers.of(kind), _encoders()
        encode = None if encoders is None else encoders.of(kind)
        if encode is None:
            _dumpers[kind] = lambda value: text(value).encode()
        else:
            _dumpers[kind] = lambda value: encode(value) or text(value).encode()
    else:
        _dumpers[kind] = _left_to_the_hooks
    return _dumpers[kind]


def _left_to_the_hooks(_: object) -> None:
    return None


@cache
def _encoders() -> Encoders | None:
    try:
        from clientkit.codec.encoders import Encoders
    except ImportError:
        return None
    return Encoders(_writers.rules)


def _is_written_by_field(kind: type[Any]) -> bool:
    return kind not in _written_otherwise


def _read_by_cattrs(kind: Any) -> Hook:
    return _converters().fast.get_structure_hook(kind)


def _written_by_cattrs(kind: Any) -> Callable[[Any], object]:
    return lambda value: _converters().fast.unstructure(value, kind)


_dumpers = dict[type[Any], Callable[[Any], "bytes | None"]]()
_page_readers = dict[tuple[type[Any], str], "PageReader | PlainPageReader | None"]()
_teaching = Lock()
#: What was taught to be read or written in its own way.
_read_otherwise = dict[Any, Callable[[Structure], Hook]]()
_written_otherwise = dict[Any, Callable[[Any], object]]()
_made = list["Converters"]()
_straight = StraightReaders(_read_by_cattrs)
_writers = Writers(_straight.rules._replace(is_plain=_is_written_by_field), _written_by_cattrs)
