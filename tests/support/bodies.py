"""Bodies of any class that the codec reads, made by chance from its types, and bodies that are wrong in one place."""

from __future__ import annotations

import json
import random
import types
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, cast, get_args, get_origin

import attrs

from clientkit.codec.unions import UnknownVariant

#: What stands in the place of something else: other types, odd spellings, nothing, and what almost fits.
STRANGE: tuple[object, ...] = (
    None, True, False, 0, 1, -1, 7, 10**30, "", " ", "x", "1", "1.0", "1.00", "1.10", "+1", "1.", ".5", "1_000", " 12 ", "NaN", "Infinity",
    "1e5", "1E+2", "-0", "-0.00", "0.1234567890123456789012345678901", "1e999999999", "\u0661", "2026-01-31", "20260131", "2026-1-31",
    "2026-01-31T00:00:00Z", "2026-01-31T00:00:00", "2026-01-31T00:00:00.1234567+02:00", "2026-02-30", "USD", "NEVER_SEEN",
    Decimal("1.5"), Decimal("2.00"), Decimal("1E+3"), Decimal("1E+999999"), Decimal("1E-40"), Decimal("1.0"), list[object](), [None], [1], ["x"], dict[str, object](),
    {"id": "x"}, {"amount": "1.0", "currency": "USD"}, {"amount": True, "currency": "USD"}, {"amount": 1, "currency": "USD"}, [dict[str, object]()], [list[object]()],
)  # fmt: skip
_TEXTS = ("a", "b", "USD", "Ada", "0f0a7c1e-0000-4000-8000-000000000001", "")
_DEPTH = 5


def body_of(kind: Any, chance: random.Random, depth: int = 0) -> object:
    """Parsed JSON that fits `kind`, with fields that nobody knows here and there."""
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        members = [each for each in get_args(kind) if each not in {types.NoneType, UnknownVariant}]
        return (
            None
            if types.NoneType in get_args(kind) and chance.random() < 0.3
            else body_of(chance.choice(members), chance, depth)
        )
    if origin is Literal:
        return get_args(kind)[0]
    if isinstance(kind, type) and attrs.has(kind):
        return _object(kind, chance, depth)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {text: body_of(get_args(kind)[1], chance, depth + 1) for text in chance.sample(_TEXTS, 2)}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return [
            body_of(get_args(kind)[0], chance, depth + 1) for _ in range(chance.randrange(3) if depth < _DEPTH else 0)
        ]
    return _scalar(kind, chance)


def spoiled(body: object, chance: random.Random) -> object:
    """The same body with another value in one place, a field left out or a field too many."""
    if isinstance(body, dict) and body and chance.random() < 0.9:
        found = dict(cast("dict[str, object]", body))
        name = chance.choice(list(found))
        action = chance.random()
        if action < 0.1:
            del found[name]
        elif action < 0.2:
            found["novelty"] = chance.choice(STRANGE)
        else:
            found[name] = spoiled(found[name], chance)
        return found
    if isinstance(body, list) and body and chance.random() < 0.8:
        items = cast("list[object]", body)
        index = chance.randrange(len(items))
        return [*items[:index], spoiled(items[index], chance), *items[index + 1 :]]
    return chance.choice(STRANGE)


def as_text(body: object) -> bytes:
    """The JSON text of a body as services write it, without blanks, with numbers of any size as they are."""
    numbers = dict[str, str]()

    def named(number: object) -> str:
        name = f"<number {len(numbers)}>"
        numbers[json.dumps(name)] = str(number)
        return name

    text = json.dumps(body, default=named, separators=(",", ":"))
    for name, number in numbers.items():
        text = text.replace(name, number)
    return text.encode()


def exactly(value: object) -> object:
    """A value in which nothing is equal that can be told apart: types, and the places of decimals. Objects have no order."""
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))  # type: ignore[arg-type]  # what `has` said
        return (type(value), *(exactly(getattr(value, field.name)) for field in fields))
    if isinstance(value, Mapping):
        return ("object", *sorted((key, exactly(each)) for key, each in cast("Mapping[str, object]", value).items()))
    if isinstance(value, list | tuple):
        return (type(cast("object", value)).__name__, *map(exactly, cast("Sequence[object]", value)))
    return (value.__class__.__name__, repr(value))


def _object(kind: type[Any], chance: random.Random, depth: int) -> dict[str, object]:
    body = dict[str, object]()
    for field in attrs.fields(attrs.resolve_types(kind)):
        if field.metadata.get("clientkit.extra", False):
            if chance.random() < 0.3:
                body["unheard_of"] = chance.choice(["IDENTIFIER", 1, True, Decimal("1.0"), None, {"deep": [1]}])
        elif field.default is attrs.NOTHING or chance.random() < 0.6:
            body[field.metadata.get("clientkit.wire", field.name)] = body_of(field.type, chance, depth + 1)
    return body


def _scalar(kind: Any, chance: random.Random) -> object:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return chance.choice([*(each.value for each in kind), "NEVER_SEEN"])
    if kind is Decimal:
        return chance.choice(["1.00", "42.75", "-3.5", "0", Decimal("42.75"), Decimal("1.5"), 12, "0.00012345"])
    by_type: Mapping[Any, Sequence[object]] = {
        str: _TEXTS,
        bool: (True, False),
        int: (0, 1, 12, Decimal("3.0")),
        date: ("2026-01-31", "2026-03-14"),
        datetime: ("2026-03-14T15:09:26Z", "2026-03-14T15:09:26.535+02:00", "2026-03-14T15:09:26.1234567Z"),
    }
    return chance.choice(by_type.get(kind, ("anything", 1, None)))
