"""What cattrs does for the codec: it writes values field by field, and reads the types that have no straight reader.

Its careful converter reads again what did not fit. The first answer of a program rarely needs any of it, and loading cattrs
takes an eighth of the time of loading httpx, so this module is imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

import attrs
import cattrs
from cattrs.cols import is_mapping
from cattrs.gen import make_dict_unstructure_fn, override

from clientkit.codec.careful import Structure, array_reader, mapping_reader, object_reader
from clientkit.codec.fields import EXTRA_KEY, Extra, is_always_sent, is_number, name_of
from clientkit.codec.rules import Hook, is_array
from clientkit.codec.scalars import SCALARS, is_enum, to_enum
from clientkit.codec.text import instant_text
from clientkit.money import sent_text


class Converters:
    """Two converters: `fast`, which reads classes and arrays by the `straight` readers, and `careful`."""

    def __init__(self, straight: Callable[[Any], Hook]) -> None:
        self.fast, self.careful = _converter(is_careful=False), _converter(is_careful=True)
        self.fast.register_structure_hook_factory(is_array, straight)
        self.fast.register_structure_hook_factory(attrs.has, straight)
        self.careful.register_structure_hook_factory(is_array, _array_reader)
        self.careful.register_structure_hook_factory(attrs.has, _object_reader)

    def teach_reading(self, kind: Any, reader: Callable[[Structure], Hook]) -> None:
        """Have both read a `kind` by the `reader` that is made for each."""
        for converter in (self.fast, self.careful):
            converter.register_structure_hook(kind, reader(converter.structure))

    def teach_writing(self, kind: Any, write: Callable[[Any], object]) -> None:
        """Have a `kind` written by `write`."""
        self.fast.register_unstructure_hook(kind, write)


def _converter(*, is_careful: bool) -> cattrs.Converter:
    made = cattrs.Converter(detailed_validation=False)
    for kind, read in SCALARS.items():
        if isinstance(kind, type) and kind is not object:
            made.register_structure_hook(kind, read)
    # An enum of texts is a str too, and cattrs asks the classes before the predicates below.
    made.register_structure_hook(StrEnum, to_enum)
    if is_careful:
        made.register_structure_hook_factory(is_mapping, _mapping_reader)
    made.register_structure_hook_func(_is_anything, SCALARS[object])
    made.register_structure_hook_func(is_enum, to_enum)
    made.register_unstructure_hook(Decimal, sent_text)
    made.register_unstructure_hook(datetime, instant_text)
    made.register_unstructure_hook(date, date.isoformat)
    made.register_unstructure_hook_func(is_enum, _value_of)
    made.register_unstructure_hook_func(_is_anything, _unchanged)
    made.register_unstructure_hook_factory(attrs.has, _writer)
    return made


def _is_anything(kind: object) -> bool:
    return kind is object or kind == Extra


def _value_of(member: Enum) -> object:
    plain: object = member.value
    return plain


def _unchanged(value: object) -> object:
    return value


def _object_reader(kind: type[Any], converter: cattrs.Converter) -> Hook:
    return object_reader(kind, converter.structure, wire_name=name_of, extra_key=EXTRA_KEY)


def _mapping_reader(kind: Any, converter: cattrs.Converter) -> Hook:
    return mapping_reader(kind, converter.structure)


def _array_reader(kind: Any, converter: cattrs.Converter) -> Hook:
    return array_reader(kind, converter.structure)


def _writer(kind: type[Any], converter: cattrs.Converter) -> Callable[[Any], dict[str, object]]:
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
