"""What the codec writes, and what it never lets leave."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from clientkit import codec
from clientkit.codec import dumps, unstructure
from support.shop import Colour, Item, NewItem, Part


def test_defaults_are_left_out_unless_they_must_be_sent() -> None:
    assert json.loads(dumps(Item(id="a", price=Decimal(1)))) == {"id": "a", "price": "1", "type": "ITEM", "note": None}


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1E+2", "100"),
        ("1.10", "1.10"),
        ("1E-7", "0.0000001"),
        ("-5", "-5"),
        ("0E+3", "0"),
        ("999999999999999999", "9" * 18),
    ],
)
def test_amounts_leave_as_digits(amount: str, text: str) -> None:
    part = Part(name="p", weight=Decimal(amount))
    assert dumps(part) == b'{"name":"p","weight":%s}' % text.encode()
    assert dumps(NewItem(price=Decimal(amount))) == b'{"price":"%s"}' % text.encode()


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity", "1e18", "1e-29", "1e999999"])
def test_what_is_no_amount_never_leaves(amount: str) -> None:
    for value in (NewItem(price=Decimal(amount)), Part(name="p", weight=Decimal(amount)), [Decimal(amount)]):
        with pytest.raises(ValueError, match="amount"):
            dumps(value)


def test_times_leave_in_utc() -> None:
    at = datetime(2026, 1, 31, 23, 59, 59, 500, tzinfo=timezone(timedelta(hours=-1)))
    assert dumps([at, date(2026, 1, 31)]) == b'["2026-02-01T00:59:59.000500Z","2026-01-31"]'
    assert dumps(datetime(2026, 1, 31, tzinfo=UTC)) == b'"2026-01-31T00:00:00Z"'
    with pytest.raises(ValueError, match="no time zone"):
        dumps(Item(id="a", price=Decimal(1), made_at=datetime(2026, 1, 31)))  # noqa: DTZ001 - the case


@pytest.mark.parametrize("value", [1.5, b"bytes", {1}, object()])
def test_what_json_has_not_never_leaves(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        dumps([value])


def test_unstructure_gives_plain_types() -> None:
    item = Item(id="a", price=Decimal("1.0"), colour=Colour.RED, parts=(Part(name="p", weight=Decimal(2)),))
    plain = unstructure(item)
    assert plain == {
        "id": "a", "price": "1.0", "colour": "RED", "type": "ITEM", "note": None, "parts": [{"name": "p", "weight": Decimal(2)}],
    }  # fmt: skip


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_time_that_is_none_in_utc_cannot_be_sent(text: str) -> None:
    with pytest.raises(ValueError, match="no time in UTC"):
        codec.instant_text(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    "text", ["1.0812345678901234567890123456789012", "5.551115123125783e-17", "1e400", "-1e-400", "9" * 1000, "5e-324"]
)
def test_an_amount_that_is_too_fine_to_be_sent_can_be_read(text: str) -> None:
    for body in (text, f'"{text}"'):
        assert codec.structure(codec.parse(body.encode()), Decimal) == Decimal(text)
    with pytest.raises(ValueError, match="too large or too finely divided"):
        codec.dumps({"amount": Decimal(text)})
