"""What is written by a class's own writer, or by msgspec, is what the hooks write, byte for byte, and all refuse the same."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, cast

import attrs
import pytest

import brex_accounting
import rillet
from clientkit.codec import (
    Extra,
    always_sent,
    as_number,
    dumps,
    hooks,
    structure,
    unknown_fields,
    unstructure,
    write,
)
from clientkit.codec.unions import UnknownVariant
from support.bodies import STRANGE, body_of
from support.classes import classes_of
from support.sizes import size

needs_msgspec = pytest.mark.skipif(hooks._encoders() is None, reason="the extra `fast` is not installed")

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


def written_as_text(value: Any) -> bytes:
    """As `dumps` writes without msgspec."""
    kind: type[Any] = value.__class__
    try:
        return hooks._writers.of(kind)(value).encode()
    except Exception:  # noqa: BLE001 - the hooks say what is wrong
        return write(unstructure(value))


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_all_writers_write_and_refuse_the_same(name: str) -> None:
    for value in values(CLASSES[name], random.Random(name)):
        expected = outcome(lambda value=value: write(unstructure(value)))
        assert outcome(lambda value=value: dumps(value)) == expected, value
        assert outcome(lambda value=value: written_as_text(value)) == expected, value


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


@attrs.frozen(kw_only=True)
class Order:
    id: str
    total: Decimal
    placed_at: datetime
    side: Side = Side.DEBIT
    tags: Sequence[str] = ()
    count: int = 1
    extra: Extra = unknown_fields()


def order(**changes: Any) -> Order:
    known = Order(id="1", total=Decimal("12.30"), placed_at=datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC), tags=["a"])
    return attrs.evolve(known, **changes)


def encoded(value: Order) -> bytes | None:
    encoders = hooks._encoders()
    assert encoders is not None
    encode = encoders.of(Order)
    assert encode is not None
    return encode(value)


@needs_msgspec
def test_msgspec_writes_what_it_writes_as_the_hooks_do() -> None:
    expected = b'{"id":"1","total":"12.30","placed_at":"2026-01-02T03:04:05.000600Z","tags":["a"]}'

    assert encoded(order()) == write(unstructure(order())) == expected


@needs_msgspec
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": "\u00e9"}, rb'"id":"\u00e9"'),
        ({"id": "\x7f"}, rb'"id":"\u007f"'),
        ({"total": Decimal("1E+3")}, b'"total":"1000"'),
        ({"total": Decimal("0E-8")}, b'"total":"0.00000000"'),
        (
            {"placed_at": datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=1)))},
            b'"placed_at":"2026-01-02T02:00:00Z"',
        ),
        ({"tags": []}, b'"tags":[]'),
        ({"extra": {"tags": 1}}, b'"tags":1'),
    ],
)
def test_what_msgspec_would_write_otherwise_is_left_to_the_hooks(changes: dict[str, Any], expected: bytes) -> None:
    assert encoded(order(**changes)) is None
    assert expected in dumps(order(**changes))
    assert dumps(order(**changes)) == write(unstructure(order(**changes)))


@needs_msgspec
@pytest.mark.parametrize("kind", [rillet.NewCharge, rillet.NewBill, rillet.NewJournalEntry, rillet.NewReimbursement])
def test_msgspec_writes_what_an_export_sends(kind: type[Any]) -> None:
    encoders = hooks._encoders()
    assert encoders is not None
    assert encoders.of(kind) is not None
