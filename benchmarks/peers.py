"""The models of this library as other libraries would declare them: the same fields, frozen, nothing left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any, get_args, get_origin

import attrs
from pages import Sample

from clientkit.codec.rules import without_none

Read = Callable[[bytes], object]


def readers(sample: Sample) -> dict[str, Read]:
    """How each peer that is installed reads a page."""
    found = dict[str, Read]()
    for title, make in (
        ("pydantic, frozen model", partial(_pydantic, extra="ignore")),
        ("pydantic, frozen model that keeps unknown fields", partial(_pydantic, extra="allow")),
        ("cattrs, as it comes", _cattrs),
        ("msgspec, frozen Struct", _msgspec),
    ):
        try:
            found[title] = make(sample)
        except ImportError:
            print(f"{title} is not installed, so it is not measured")
    return found


def _pydantic(sample: Sample, *, extra: Any) -> Read:
    import pydantic

    made = dict[type[Any], Any]()

    def model(kind: type[Any]) -> Any:
        if kind not in made:
            told = [each for each in attrs.fields(attrs.resolve_types(kind)) if each.name != "extra"]
            fields: Any = {each.name: (_type(each.type, model), _field(each)) for each in told}
            config = pydantic.ConfigDict(frozen=True, populate_by_name=True, extra=extra)
            made[kind] = pydantic.create_model(kind.__name__, __config__=config, **fields)
        return made[kind]

    def _field(each: attrs.Attribute[Any]) -> Any:
        name = each.metadata.get("clientkit.wire", each.name)
        return (
            pydantic.Field(alias=name) if each.default is attrs.NOTHING else pydantic.Field(_default(each), alias=name)
        )

    item = sample.listing.item
    page = pydantic.create_model("Page", **{sample.listing.items_key: (tuple[model(item), ...], ...)})  # type: ignore[call-overload,misc]  # made at run time
    return page.model_validate_json


def _cattrs(sample: Sample) -> Read:
    import cattrs
    from cattrs.gen import make_dict_structure_fn, override

    made = dict[type[Any], Any]()
    converter = cattrs.Converter(detailed_validation=False)
    converter.register_structure_hook(Decimal, lambda value, _: Decimal(str(value)))
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))

    def attrs_class(kind: type[Any]) -> Any:
        if kind not in made:
            told = [each for each in attrs.fields(attrs.resolve_types(kind)) if each.name != "extra"]
            fields = {
                each.name: attrs.field(
                    type=_type(each.type, attrs_class),
                    default=attrs.NOTHING if each.default is attrs.NOTHING else _default(each),
                )
                for each in told
            }
            made[kind] = attrs.make_class(kind.__name__, fields, frozen=True, kw_only=True)
            names = {each.name: override(rename=each.metadata.get("clientkit.wire", each.name)) for each in told}
            read = make_dict_structure_fn(made[kind], converter, **names)  # type: ignore[arg-type]  # overrides by name
            converter.register_structure_hook(made[kind], read)
        return made[kind]

    items: Any = tuple[attrs_class(sample.listing.item), ...]  # type: ignore[misc]  # made at run time
    return lambda content: converter.structure(json.loads(content)[sample.listing.items_key], items)


def _msgspec(sample: Sample) -> Read:
    import msgspec

    made = dict[type[Any], Any]()

    def struct(kind: type[Any]) -> Any:
        if kind not in made:
            told = [each for each in attrs.fields(attrs.resolve_types(kind)) if each.name != "extra"]
            fields = [
                (each.name, _type(each.type, struct), *(() if each.default is attrs.NOTHING else (_default(each),)))
                for each in told
            ]
            rename = {each.name: each.metadata.get("clientkit.wire", each.name) for each in told}
            made[kind] = msgspec.defstruct(kind.__name__, fields, kw_only=True, frozen=True, rename=rename)
        return made[kind]

    item = sample.listing.item
    page = msgspec.defstruct("Page", [(sample.listing.items_key, tuple[struct(item), ...])])  # type: ignore[misc]  # as above
    return msgspec.json.Decoder(page, float_hook=Decimal).decode


def _default(field: attrs.Attribute[Any]) -> Any:
    return () if isinstance(field.default, attrs.Factory) else field.default  # type: ignore[arg-type]  # it is a class


def _type(kind: Any, of_class: Callable[[type[Any]], Any]) -> Any:
    wanted, optional = without_none(kind)
    if get_origin(wanted) in {tuple, Sequence}:
        made: Any = tuple[_type(get_args(wanted)[0], of_class), ...]
    elif isinstance(wanted, type) and attrs.has(wanted):
        made = of_class(wanted)
    elif isinstance(wanted, type) and issubclass(wanted, Enum):
        made = str  # their enums are closed, and a new value would end the page
    else:
        made = wanted if wanted in {str, int, bool, Decimal, date, datetime} else Any
    return made | None if optional else made
