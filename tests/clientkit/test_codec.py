"""JSON to attrs classes and back, the same with msgspec and without it."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, localcontext
from enum import Enum
from typing import Literal

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clientkit import CodecError, FieldProblem, Shape
from clientkit.codec import dumps, fields, hooks, loads, parse, structure, text, wire_name
from support.shop import Colour, Item, ItemOperations, NewItem, Part

# The engine is the same for all examples of one test.
_same_engine = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_SCALED = st.tuples(st.integers(0, 9), st.integers(-28, 17)).map(lambda pair: Decimal((0, (pair[0],), pair[1])))
_AMOUNTS = st.decimals(-(10**15), 10**15, places=4) | _SCALED
_ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_TIMES = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=_ZONES)  # noqa: DTZ001 - bounds
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | _TEXT
    | _AMOUNTS.filter(lambda amount: "." in f"{amount:f}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_EXTRAS = st.dictionaries(_TEXT.map(lambda name: f"unknown {name}"), _JSON, max_size=3)
_PARTS = st.builds(Part, name=_TEXT, weight=_AMOUNTS, extra=_EXTRAS)
_ITEMS = st.builds(
    Item,
    id=_TEXT,
    price=_AMOUNTS,
    count=st.integers(-(2**70), 2**70),
    sold=st.booleans(),
    colour=st.none() | st.sampled_from(Colour) | _TEXT.map(Colour),
    made_at=st.none() | _TIMES,
    due=st.none() | st.dates(),
    parts=st.lists(_PARTS, max_size=2).map(tuple),
    labels=st.dictionaries(_TEXT, _TEXT, max_size=2),
    type_=_TEXT,
    note=st.none() | _TEXT,
    extra=_EXTRAS,
)


# --- there and back ---------------------------------------------------------------


@_same_engine
@given(item=_ITEMS)
def test_what_is_written_reads_as_the_same_value(engine: str, item: Item) -> None:
    assert structure(parse(dumps(item)), Item) == item
    assert loads(dumps(item), Item) == item


@given(item=_ITEMS)
def test_what_is_written_is_json_without_exponents_of_amounts(item: Item) -> None:
    plain = json.loads(dumps(item))
    assert "e" not in plain["price"].lower()
    assert Decimal(plain["price"]) == item.price
    assert not {name for name, value in plain.items() if value is None} - {"note", *item.extra}


@given(value=_JSON)
def test_both_engines_read_the_same(value: object) -> None:
    pytest.importorskip("msgspec", reason="the extra `fast` is not installed")
    content = dumps(Item(id="a", price=Decimal(1), extra={"new": value}))
    plainly = text._parse_plainly(content)
    assert repr(plainly) == repr(text._make_parse()(content))


@given(
    content=st.text('0123456789-+.eE \t[]{},:"\\/utrfnalsd', max_size=14).map(str.encode)
    | st.lists(st.sampled_from([r"\ud83d", r"\ude00", r"\uDBFF", r"\u0041", "\\\\", "x"])).map(
        lambda each: f'"{"".join(each)}"'.encode()
    )
    | st.binary(max_size=6)
)
def test_both_engines_refuse_the_same(content: bytes) -> None:
    pytest.importorskip("msgspec", reason="the extra `fast` is not installed")
    results = list[str]()
    for engine in (text._parse_plainly, text._make_parse()):
        try:
            results.append(repr(engine(content)))
        except (ValueError, ArithmeticError):
            results.append("refused")
    assert results[0] == results[1]


# --- reading ------------------------------------------------------------------------


def _read(text: str) -> Item:
    return structure(parse(text.encode()), Item)


@pytest.mark.parametrize(
    "text", ["0.1", "1.10", "123456789012345.6789", "0.30000000000000004", "1e2", "1E-7", "5", "-0.05"]
)
@pytest.mark.parametrize("quote", ["", '"'])
def test_amounts_are_exact_whether_numbers_or_text(engine: str, text: str, quote: str) -> None:
    with localcontext(prec=3):
        price = _read(f'{{"id": "a", "price": {quote}{text}{quote}}}').price
    assert price == Decimal(text)
    assert price.as_tuple() == Decimal(text).as_tuple()


def test_null_is_left_out(engine: str) -> None:
    names = ("count", "sold", "colour", "made_at", "due", "parts", "labels", "type", "note")
    nulls = ", ".join(f'"{name}": null' for name in names)
    assert _read(f'{{"id": "a", "price": 1, {nulls}}}') == Item(id="a", price=Decimal(1))


def test_null_for_what_must_be_there_is_an_error(engine: str) -> None:
    with pytest.raises(CodecError, match=r"None is not text @ \$\.id"):
        _read('{"id": null, "price": 1}')


@attrs.frozen(kw_only=True)
class Nullable:
    must_be_there: str | None


def test_null_where_null_is_a_value(engine: str) -> None:
    assert structure(parse(b'{"must_be_there": null}'), Nullable) == Nullable(must_be_there=None)
    with pytest.raises(CodecError, match="must_be_there"):
        structure({}, Nullable)


def test_unknown_fields_are_kept_and_written_back(engine: str) -> None:
    text = b'{"price":1,"id":"a","new":{"deep":[1.50,null,{"x":true}]},"parts":[{"name":"p","weight":2,"odd":"yes"}],"gone":null}'
    item = structure(parse(text), Item)
    assert item.extra == {"new": {"deep": [Decimal("1.50"), None, {"x": True}]}, "gone": None}
    assert item.parts[0].extra == {"odd": "yes"}
    written = json.loads(dumps(item), parse_float=Decimal)
    assert written["new"] == item.extra["new"]
    assert written["gone"] is None
    assert written["parts"][0]["odd"] == "yes"


def test_unknown_fields_of_a_request_type_are_ignored(engine: str) -> None:
    assert structure(parse(b'{"price": 1, "new": 2}'), NewItem) == NewItem(price=Decimal(1))


@pytest.mark.parametrize("name", ["extra", fields.EXTRA_KEY])
def test_a_field_may_have_the_name_that_the_codec_uses(engine: str, name: str) -> None:
    text = f'{{"id":"a","price":"1",{json.dumps(name)}:"odd"}}'
    item = _read(text)
    assert list(item.extra.values()) == ["odd"]
    assert {"id": "a", "price": "1", "type": "ITEM", "note": None, **item.extra} == json.loads(dumps(item))


def test_an_unknown_enum_value_is_kept(engine: str) -> None:
    item = _read('{"id": "a", "price": 1, "colour": "GREEN"}')
    assert item.colour == "GREEN"
    assert item.colour is not None
    assert not item.colour.is_known
    assert json.loads(dumps(item))["colour"] == "GREEN"


class Closed(Enum):
    ON = "on"


def test_an_unknown_value_of_a_closed_enum_is_an_error() -> None:
    assert structure(["on"], list[Closed]) == [Closed.ON]
    with pytest.raises(CodecError, match=r"'off' is not a valid Closed @ \$\[0\]"):
        structure(["off"], list[Closed])


@pytest.mark.parametrize("digits", range(13))
@pytest.mark.parametrize(("zone", "offset"), [("Z", 0), ("+00:00", 0), ("-05:30", -330)])
def test_times_have_any_number_of_fraction_digits(engine: str, digits: int, zone: str, offset: int) -> None:
    fraction = f".{'123456789012'[:digits]}" if digits else ""
    made_at = _read(f'{{"id": "a", "price": 1, "made_at": "2026-01-31T12:00:05{fraction}{zone}"}}').made_at
    micros = int("123456"[:digits].ljust(6, "0"))
    assert made_at == datetime(2026, 1, 31, 12, 0, 5, micros, tzinfo=timezone(timedelta(minutes=offset)))
    assert made_at is not None
    assert made_at.utcoffset() == timedelta(minutes=offset)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (str, None), (str, 1), (str, True), (str, []), (str, {}), (str, Decimal("1.5")),
        (int, None), (int, True), (int, "1"), (int, Decimal("1.9")), (int, Decimal("1e30")), (int, Decimal("NaN")), (int, []),
        (bool, None), (bool, 0), (bool, 1), (bool, "true"), (bool, "false"), (bool, []),
        (Decimal, None), (Decimal, True), (Decimal, ""), (Decimal, "NaN"), (Decimal, "Infinity"), (Decimal, " 1"), (Decimal, "1_0"),
        (Decimal, "1\n"), (Decimal, "+1"), (Decimal, "0x1"), (Decimal, "٣"), (Decimal, []), (Decimal, Decimal("NaN")),
        (Decimal, Decimal("Infinity")), (Decimal, "1e999999999"), (Decimal, Decimal("1e401")), (Decimal, 10**1000),
        (Decimal, Decimal("1e-401")), (Decimal, "9" * 5000),
        (datetime, None), (datetime, 0), (datetime, "2026-01-31"), (datetime, "2026-01-31T12:00:00"), (datetime, "soon"), (datetime, ""),
        (date, None), (date, 0), (date, "2026-02-30"), (date, "2026-01-31T00:00:00Z"), (date, "20260131"), (date, ""),
        (Colour, None), (Colour, 1), (Colour, []),
        (tuple[str, ...], "abc"), (tuple[str, ...], {"a": 1}), (tuple[str, ...], None), (list[str], "abc"), (Sequence[str], "abc"),
        (list[str], {}), (list[int], 5), (dict[str, str], []), (dict[str, str], "a"), (dict[str, str], {"a": 1}),
        (Item, None), (Item, []), (Item, "a"), (Item, 1), (Item, {}), (Literal["a"], "b"),
    ],
)  # fmt: skip
def test_nothing_is_bent_to_fit(kind: type[object], value: object) -> None:
    with pytest.raises(CodecError, match=r" @ \$") as caught:
        structure(value, kind)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (int, Decimal("5.0"), 5), (int, Decimal("1e3"), 1000), (Decimal, 5, Decimal(5)), (Decimal, "007", Decimal(7)),
        (list[str], [], []), (tuple[int, ...], [1, 2], (1, 2)), (tuple[tuple[int, ...], ...], [[1], []], ((1,), ())),
        (list[list[str]], [["a"]], [["a"]]), (dict[str, Decimal], {"a": "1"}, {"a": Decimal(1)}), (object, {"a": [1]}, {"a": [1]}),
        (Mapping[str, object], {"a": [1]}, {"a": [1]}), (date, "2026-01-31", date(2026, 1, 31)),
    ],
)  # fmt: skip
def test_what_fits_is_read(kind: type[object], value: object, read: object) -> None:
    found = structure(value, kind)
    assert found == read
    assert type(found) is type(read)


@attrs.frozen(kw_only=True)
class Renamed:
    identifier: str = attrs.field(metadata=wire_name("id"))
    parts: tuple[Renamed, ...] = attrs.field(default=(), metadata=wire_name("children"))
    named: Mapping[str, Renamed] = attrs.field(factory=dict[str, "Renamed"], metadata=wire_name("byName"))


@attrs.frozen(kw_only=True)
class Tree:
    name: str
    branches: tuple[Tree, ...] = ()


def test_a_class_may_hold_itself() -> None:
    tree = Tree(name="a", branches=(Tree(name="b", branches=(Tree(name="c"),)),))
    assert structure(parse(dumps(tree)), Tree) == tree
    with pytest.raises(CodecError, match=r"1 is not text @ \$\.branches\[0\]\.branches\[0\]\.name"):
        structure({"name": "a", "branches": [{"name": "b", "branches": [{"name": 1}]}]}, Tree)


@given(item=_ITEMS, spoiled=st.dictionaries(st.sampled_from([each.name for each in attrs.fields(Item)]), _JSON))
def test_the_careful_readers_take_and_refuse_what_the_fast_ones_do(item: Item, spoiled: dict[str, object]) -> None:
    value = {**parse_object(dumps(item)), **spoiled}
    try:
        read = hooks._straight.structure(value, Item)
    except Exception:  # noqa: BLE001 - the fast readers do not say why
        with pytest.raises(CodecError):
            hooks._converters().careful.structure(value, Item)
    else:
        assert hooks._converters().careful.structure(value, Item) == read


def parse_object(content: bytes) -> dict[str, object]:
    return structure(parse(content), dict[str, object])


def test_an_error_names_every_place(engine: str) -> None:
    with pytest.raises(CodecError) as caught:
        _read(
            '{"id": 5, "price": "x", "parts": [{"name": "a", "weight": 1}, {"name": "b", "weight": true}], "labels": {"k": 1}}'
        )
    assert [each.path for each in caught.value.problems] == [
        ("id",), ("price",), ("parts", 1, "weight"), ("labels", "k")
    ]  # fmt: skip
    assert str(caught.value) == (
        "5 is not text @ $.id; 'x' is not a decimal number @ $.price; True is not a decimal number @ $.parts[1].weight; "
        "1 is not text @ $.labels['k']"
    )


def test_a_problem_has_the_path_and_what_is_wrong(engine: str) -> None:
    body = b'{"id": "a", "price": 1, "parts": [{"name": "a", "weight": "12; 50"}]}'
    with pytest.raises(CodecError) as caught:
        structure(parse(body), Item)
    twin = pickle.loads(pickle.dumps(caught.value))
    for error in (caught.value, twin):
        (problem,) = error.problems
        assert problem == FieldProblem(path=("parts", 0, "weight"), text="'12; 50' is not a decimal number")
        assert (problem.place, str(problem)) == ("parts[0].weight", str(error))


def test_what_is_no_json_has_no_places() -> None:
    with pytest.raises(CodecError) as caught:
        parse(b"<html>")
    assert caught.value.problems == ()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (list[str], [1] * 1_000_000),
        (dict[str, str], {str(number): 1 for number in range(1000)}),
        (list[list[str]], [[1] * 7] * 1000),
        (list[Renamed], [{"id": 1, "children": [{"id": 1, "children": [{"id": 1}] * 1000}] * 1000}] * 1000),
        (list[datetime], ["x" * 1_000_000] * 1000),
        (list[Closed], ["x" * 1_000_000] * 1000),
        (list[date], [["x" * 1_000_000]] * 1000),
    ],
    ids=["array", "mapping", "arrays", "objects", "times", "members", "values"],
)
def test_a_body_of_wrong_elements_is_read_no_further_than_ten_problems(kind: type[object], value: object) -> None:
    with pytest.raises(CodecError) as caught:
        structure(value, kind)
    assert len(caught.value.problems) == 10
    assert all(len(each.text) <= 200 for each in caught.value.problems)
    assert len(str(caught.value)) <= 2_000


def test_a_missing_field_is_named(engine: str) -> None:
    with pytest.raises(CodecError, match=r"^required field missing @ \$\.id$"):
        _read('{"price": 1}')


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "$.id"),
        ({"id": 1}, "$.id"),
        ({"id": "a", "children": [{"id": "b"}, {"children": [{"id": "c"}]}]}, "$.children[1].id"),
        ({"id": "a", "byName": {"x": {"id": "b", "children": 5}}}, "$.byName['x'].children"),
    ],
)
def test_an_error_names_places_as_the_json_does(body: object, place: str) -> None:
    with pytest.raises(CodecError) as caught:
        structure(body, Renamed)
    (problem,) = caught.value.problems
    assert str(problem) == f"{problem.text} @ {place}"
    assert place == f"$.{problem.place}"


def test_a_shape_reads_itself() -> None:
    class Length(Shape[int]):
        def read(self, value: object) -> int:
            return len(str(value))

    assert structure([1], Length()) == 3


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_a_page_that_is_no_object(value: object) -> None:
    shape = ItemOperations.list.build().at(None).returns
    assert shape is not None
    with pytest.raises(CodecError, match=r"a page is an object, not \w+ @ \$"):
        structure(value, shape)
    with pytest.raises(CodecError, match=r"no 'items' @ \$"):
        structure({"item": []}, shape)


# --- text that is no JSON, or too much of it ----------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b" ", b"{", b"[1,]", b"nul", b"01", b"1.", b"'a'", b'"\x01"', b"\xff", b'"\xff"', b"\xef\xbb\xbf1", b"1 2", b"NaN", b"[Infinity]",
     b"-Infinity", b'"\\ud800"', b'["\\ud83d", "\\ude00"]', b"<html></html>", b"[" * 100_000, b'{"a":' * 100_000, b"1e" + b"9" * 30,
     b"1" * 5000],
    ids=lambda content: repr(content[:12]),
)  # fmt: skip
def test_what_is_no_json_is_refused(engine: str, content: bytes) -> None:
    with pytest.raises(CodecError, match="not JSON"):
        parse(content)


def test_a_short_text_never_becomes_a_gigabyte_of_digits(engine: str) -> None:
    for number in ("1e999999999", "-1e-999999999", '"1e999999999"', "1" * 4000):
        with pytest.raises(CodecError) as caught:
            _read(f'{{"id": "a", "price": {number}}}')
        assert len(str(caught.value)) < 200


@given(_JSON)
def test_unknown_fields_leave_as_the_numbers_and_texts_that_they_were(value: object) -> None:
    content = dumps(Item(id="a", price=Decimal(1), extra={"new": value}))
    assert content.isascii()
    assert repr(json.loads(content, parse_float=Decimal)["new"]) == repr(value)
