"""What is written by a class's own writer is what the hooks write, byte for byte, and they refuse the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from typing import Any, cast

import attrs
import pytest

import brex_accounting
import rillet
from clientkit.codec import always_sent, as_number, dumps, hooks, structure, unstructure, write
from clientkit.codec.unions import UnknownVariant
from support.bodies import STRANGE, body_of
from support.classes import classes_of
from support.sizes import size

BODIES = size("BREX_RILLET_BODIES", quick=20, full=40)
SPOILED_EACH = 8


def spoiled(value: Any, chance: random.Random) -> Any:
    """The value with something else in the place of one field, as callers without type checks bring it."""
    kind: type[Any] = value.__class__
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    field = chance.choice(fields)
    part: Any = getattr(value, field.name)
    if attrs.has(part.__class__) and chance.random() < 0.7:
        part = spoiled(part, chance)
    elif isinstance(part, tuple) and part and attrs.has(cast("Any", part[0]).__class__) and chance.random() < 0.7:
        part = (spoiled(part[0], chance), *part[1:])
    else:
        part = chance.choice([*STRANGE, 1.5, float("nan"), b"x", (), (1,), Decimal("NaN"), Decimal("1E+30"), object()])
    made: Any = object.__new__(kind)
    for each in fields:
        object.__setattr__(made, each.name, part if each is field else getattr(value, each.name))
    return made


def outcome(make: Any) -> object:
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to be the same
        return f"{type(error).__name__}: {error}"


def values(kind: type[Any], chance: random.Random) -> Iterator[Any]:
    for _ in range(max(1, BODIES // SPOILED_EACH)):
        try:
            value = structure(body_of(kind, chance), kind)
        except ValueError:
            continue  # its validators want more than its types say
        yield value
        yield from (spoiled(value, chance) for _ in range(SPOILED_EACH - 1) if attrs.fields(kind))


CLASSES = {name: kind for name, kind in classes_of(rillet, brex_accounting).items() if kind is not UnknownVariant}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_both_writers_write_and_refuse_the_same(name: str) -> None:
    for value in values(CLASSES[name], random.Random(name)):
        assert outcome(lambda value=value: dumps(value)) == outcome(lambda value=value: write(unstructure(value))), (
            value
        )


class Side(Enum):
    DEBIT = "DEBIT"


@attrs.frozen(kw_only=True)
class Line:
    rate: Decimal = attrs.field(metadata=as_number())
    amount: Decimal
    note: str | None = None
    side: Side = attrs.field(default=Side.DEBIT, metadata=always_sent())


def test_a_class_has_a_writer_that_keeps_amounts_exact() -> None:
    line = Line(rate=Decimal("0.10"), amount=Decimal("1E+3"), note='say "é"')

    expected = b'{"rate":0.10,"amount":"1000","side":"DEBIT","note":"say \\"\\u00e9\\""}'
    assert hooks._writers.of(Line)(line).encode() == dumps(line) == expected
