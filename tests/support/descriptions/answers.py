"""Answers as Rillet's description allows them, and as its service was seen to give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from random import Random
from uuid import UUID

from hypothesis import strategies as st

from support.descriptions.rillet import Schema, flat, resolved, variant

_DEPTH = 5
#: Texts that are numbers, by the name of their property.
_NUMERALS = {"amount", "rate", "percentage", "exchange_rate"}
_FRACTIONS = ("", ".1", ".12", ".123", ".123456", ".123456789")
#: Where texts begin to be difficult: quotes, control characters, accents, other planes, and what ends a line.
_CHARACTERS = (
    "aZ09 -_/.,:;'\"\\{}[]<>&%+\t\n\r\x00\x1f\x7f\x85\xa0éßØ\u0301\u200b\u2028\u2029\ufeff\uffff漢🙂\U0010ffff"
)
_FORMATS: Mapping[str, Callable[[Random], str]] = {
    "uuid": lambda chance: str(UUID(int=chance.getrandbits(128))),
    "date": lambda chance: str(date.fromordinal(chance.randint(1, date.max.toordinal()))),
    "date-time": lambda chance: f"2026-03-14T{chance.randrange(24):02}:09:26{chance.choice(_FRACTIONS)}Z",
    "yearMonth": lambda _: "2026-03",
}


def answers(schema: Schema, *, surprises: bool) -> st.SearchStrategy[object]:
    """Bodies that conform to `schema`.

    With `surprises` they also have what a client must live with: unknown properties and values, nulls for what may be
    left out, numbers as text.

    Hypothesis draws the seed alone: drawing each value of bodies this large takes far longer than reading them.
    """
    return st.integers(0, 2**64 - 1).map(lambda seed: _Bodies(Random(seed), surprises=surprises).of(schema))


class _Bodies:
    """Makes bodies by chance."""

    def __init__(self, chance: Random, *, surprises: bool) -> None:
        self._chance, self._surprises = chance, surprises

    def of(self, schema: Schema, name: str = "", depth: int = 0) -> object:
        schema = resolved(schema)
        if "oneOf" in schema:
            return self._variant(schema, depth)
        if "enum" in schema:
            return self._chance.choice([*schema["enum"], *(["NEVER_SEEN"] if self._surprises else [])])
        kind = schema.get("type", "object")
        if kind == "array":
            least = max(1, schema.get("minItems", 0)) if depth < _DEPTH else schema.get("minItems", 0)
            size = self._chance.randint(schema.get("minItems", 0), max(least, 2) if depth < _DEPTH else least)
            return [self.of(schema["items"], name, depth + 1) for _ in range(size)]
        return self._object(schema, depth) if kind == "object" else self._scalar(schema, name)

    def _variant(self, schema: Schema, depth: int) -> dict[str, object]:
        field, tag = (
            schema["discriminator"]["propertyName"],
            self._chance.choice(sorted(schema["discriminator"]["mapping"])),
        )
        if self._surprises and self._chance.randrange(10) == 0:
            return {field: "NEW_VARIANT", "novelty": [1, Decimal("2.5"), None]}
        member = variant(schema, tag)
        assert member is not None
        return {**self._object(member, depth), field: tag}

    def _object(self, schema: Schema, depth: int) -> dict[str, object]:
        properties, required = flat(schema)
        body = dict[str, object]()
        for name, each in properties.items():
            optional = name not in required
            if optional and (depth > _DEPTH or self._chance.randrange(2)):
                continue
            is_null = optional and self._surprises and self._chance.randrange(6) == 0
            body[name] = None if is_null else self.of(each, name, depth + 1)
        if self._surprises and self._chance.randrange(2):
            body["not_described"] = {"nested": [None, Decimal("1.10"), {"a": True}]}
        return body

    def _scalar(self, schema: Schema, name: str) -> object:
        kind = schema["type"]
        if kind == "boolean":
            return self._chance.random() < 0.5
        if kind == "integer":
            return self._chance.randint(1, 1000)
        if kind == "number":
            return str(self._decimal()) if self._surprises else self._decimal()
        # The facts have no patterns.
        if name == "month_day":
            return "--03-14"
        if name in _NUMERALS:
            return str(self._decimal())
        return _FORMATS.get(schema.get("format", ""), _text)(self._chance)

    def _decimal(self) -> Decimal:
        edge = self._chance.choice([0, 1, -1, 10**10, -(10**10), self._chance.randint(-(10**10), 10**10)])
        return Decimal(edge).scaleb(-4)


def _text(chance: Random) -> str:
    # Half of the characters are those that made trouble somewhere, half any but those that UTF-8 does not have.
    return "".join(_character(chance) for _ in range(chance.randint(1, 8)))


def _character(chance: Random) -> str:
    if chance.randrange(2):
        return chance.choice(_CHARACTERS)
    number = chance.randrange(0x110000 - 0x800)
    return chr(number if number < 0xD800 else number + 0x800)
