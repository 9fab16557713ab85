"""All readers read the same, and refuse the same: the careful one, the straight one, that of cut pages, and msgspec's.

``BREX_RILLET_BODIES=100000`` tries so many bodies of each class.
"""

from __future__ import annotations

import copy
import pickle
import random
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

import brex_accounting
import rillet
from clientkit.codec import (
    CodecError,
    Extra,
    FieldProblem,
    arrays,
    as_number,
    hooks,
    pages,
    parse,
    rules,
    structure,
    text,
    unknown_fields,
)
from clientkit.codec.remembered import MOST_REMEMBERED, Remembered
from clientkit.requests import PageRequest, Paging
from clientkit.tolerance import Unreadable
from support.bodies import as_text, body_of, exactly, spoiled
from support.classes import classes_of
from support.sizes import size

BODIES = size("BREX_RILLET_BODIES", quick=20, full=40)
SPOILED_EACH = 20


def answers() -> dict[str, type[Any]]:
    """Every class of both services that keeps what it does not know."""
    classes = classes_of(rillet, brex_accounting)
    return {name: kind for name, kind in classes.items() if "extra" in attrs.fields_dict(kind)}


def shadow_reader(kind: type[Any], items_key: str) -> Any:
    """The reader of pages by msgspec; None where it is not installed."""
    reader = hooks.page_reader(kind, items_key)
    return None if reader is None or isinstance(reader, pages.PageReader) else reader


def outcome(read: Any, value: object, kind: type[Any]) -> object:
    try:
        return exactly(read(value, kind))
    except Exception:  # noqa: BLE001 - the fast readers refuse in any way
        return "refused"


def problems(read: Callable[..., object], *given: object) -> tuple[FieldProblem, ...]:
    """What is wrong with a body that has to be refused."""
    with pytest.raises(CodecError) as raised:
        read(*given)
    assert raised.value.problems
    return raised.value.problems


def bodies(name: str) -> Iterator[object]:
    """Bodies that fit a class, each with others that are wrong in one place."""
    chance = random.Random(name)
    for _ in range(max(1, BODIES // SPOILED_EACH)):
        right = body_of(answers()[name], chance)
        yield right
        yield from (spoiled(right, chance) for _ in range(SPOILED_EACH - 1))


def is_read_cut(reader: pages.PageReader, content: bytes, careful: object) -> bool:
    """Whether a page is read of which arrays may have been cut out, and then as the careful reader reads its item."""
    for _ in range(2):
        # The second time it knows the arrays that it has read the first time.
        reader.effort.left = reader._arrays._effort.left = 0
        if (found := reader.read(content)) is None:
            return False
        assert exactly(found) == ("tuple", ("object",), ("tuple", careful)), content
    return len(reader._arrays) > 0


@pytest.mark.parametrize("name", sorted(answers()))
def test_all_readers_read_and_refuse_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # One body is an array that is long enough to be learnt from, and any array of texts is looked up by its JSON.
    monkeypatch.setattr(arrays, "_LONG", 1)
    monkeypatch.setattr(rules, "_FEW", 0)
    kind, read_by_shadow, read_cut = answers()[name], 0, 0
    array: Any = tuple[kind, ...]  # type: ignore[valid-type]  # a type made at run time
    hooks._page_readers.pop((kind, "items"), None)
    shadow = shadow_reader(kind, "items")
    cut = pages.PageReader.of(kind, "items", hooks._straight.rules)
    page: Any = (
        PageRequest(path="/", item=kind, items_key="items", paging=Paging(next_cursor=lambda _: None)).at(None).returns
    )
    for body in bodies(name):
        careful = outcome(hooks._converters().careful.structure, body, kind)
        assert outcome(hooks._straight.structure, body, kind) == careful, body
        in_array = "refused" if careful == "refused" else ("tuple", careful)
        assert [outcome(hooks._straight.structure, [body], array) for _ in range(2)] == [in_array] * 2, body
        content = as_text({"items": [body]})
        if careful == "refused":
            alone = problems(structure, body, kind)
            in_page = problems(page.read_text, content)
            assert in_page == tuple(each._replace(path=(0, *each.path)) for each in alone), body
        read_cut += cut is not None and is_read_cut(cut, content, careful)
        if shadow is None:
            continue
        assert exactly(text._parse_plainly(content)) == exactly(text._parse(content)), body
        for _ in range(2):
            # What it does not understand it leaves to the others; what was unknown it has learnt the second time.
            shadow.effort.left = 0
            if (found := shadow.read(content)) is not None:
                assert exactly(found) == ("tuple", ("object",), ("tuple", careful)), body
                read_by_shadow += 1
                break
            if careful != "refused":
                shadow.learn(["items"], (structure(body, kind),))
    assert shadow is None or read_by_shadow, "it has understood nothing"
    # Few bodies may have no array.
    assert cut is None or read_cut or BODIES < 1000, "nothing was cut out that it has understood"


@attrs.frozen(kw_only=True)
class Party:
    id: str
    name: str | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Booking:
    party: Party
    others: tuple[Party, ...] = ()
    extra: Extra = unknown_fields()


PAGES: Any = PageRequest(
    path="/bookings",
    item=Booking,
    items_key="items",
    paging=Paging(next_cursor=lambda body: str(body["next"]), total=lambda body: len(str(body["note"]))),
)
RIGHT = {"party": {"id": "1", "name": "Ada"}, "others": [{"id": "2", "type": "COMPANY"}]}


def long_page(*items: object) -> bytes:
    return as_text({"next": "c", "note": "x", "items": [*[RIGHT] * 400, *items]})


@pytest.mark.parametrize(
    "items",
    [
        (),
        ({**RIGHT, "level": 1},),
        ({**RIGHT, **{f"unknown_{number}": number for number in range(99)}},),
        ({**RIGHT, 'say "a\\b"\n': 1},),
    ],
    ids=["known", "one unknown", "many unknown", "odd name"],
)
def test_a_long_page_is_read_as_its_parsed_json_is(items: tuple[object, ...]) -> None:
    shape = PAGES.at(None).returns

    pages = [shape.read_text(long_page(*items)) for _ in range(3)]

    assert [exactly(page) for page in pages] == [exactly(shape.read(parse(long_page(*items))))] * 3
    assert pages[0].next_cursor == "c"
    assert pages[0].total == 1
    assert len(pages[0].items) == 400 + len(items)


def test_what_is_wrong_on_a_long_page_is_named_with_its_place() -> None:
    for _ in range(3):
        with pytest.raises(CodecError, match=r"\[400\]\.party\.id"):
            PAGES.at(None).returns.read_text(long_page({"party": {"id": 1}}))
        tolerant = PAGES.tolerant().at(None).returns.read_text(long_page({"party": {"id": 1}}))
        assert isinstance(tolerant.items[400], Unreadable)
        assert tolerant.items[399] == structure(RIGHT, Booking)


def test_what_stands_beside_the_items_of_a_page_may_come_and_go() -> None:
    beside: tuple[dict[str, object], ...] = (
        {"next_cursor": "c", "total": 1},
        {"next_cursor": None},
        {"next_cursor": "d", "total": 2, "took": Decimal("1.50"), "notes": [{"level": 1}]},
        {},
        {f"unknown_{number}": number for number in range(99)},
        {"next_cursor": "e", "took": 2**70},
    )
    reader = shadow_reader(Booking, "bookings")
    if reader is None:
        pytest.skip("msgspec is not installed")

    for each in [*beside, *beside]:
        content = as_text({**each, "bookings": [RIGHT]})
        reader.effort.left = 0
        if (found := reader.read(content)) is None:
            reader.learn(each, (structure(RIGHT, Booking),))
            found = reader.read(content)

        assert found is None or exactly(found[0]) == exactly(each)
        assert found is not None or len(each) == 99
        assert found is None or found[1] == (structure(RIGHT, Booking),)


def test_parts_of_a_page_are_shared_where_nobody_can_tell() -> None:
    parties: list[dict[str, object]] = [
        {"id": "1", "name": "x"},
        {"id": "1", "name": "x"},
        {"id": "1", "type": "COMPANY"},
        {"id": "1", "type": "COMPANY"},
        {"id": "1", "type": ["COMPANY"]},
        {"id": "1", "type": ["COMPANY"]},
        {"id": "2", "name": "y" * 2000},
    ]
    bodies = [{"party": party, "others": [party, party]} for party in parties]

    for _ in range(3):
        page = PAGES.at(None).returns.read_text(long_page(*bodies))
        read = [booking.party for booking in page.items[-len(parties) :]]

        assert read == [structure(party, Party) for party in parties]
        assert read[0] is read[1]
        assert read[2] is read[3]
        with pytest.raises(TypeError, match=r"attrs\.evolve"):
            read[2].extra["type"] = "PERSON"
        assert read[4].extra["type"] is not read[5].extra["type"]


@pytest.mark.parametrize("unknown", [1, 40], ids=["few", "many"])
def test_long_arrays_keep_unknown_fields_that_come_and_go(unknown: int) -> None:
    bodies = [{**RIGHT, **({f"unknown_{number}": number} if number < unknown else {})} for number in range(100)]

    read = [structure(bodies, tuple[Booking, ...]) for _ in range(3)]

    assert [[dict(each.extra) for each in items] for items in read] == [
        [{f"unknown_{number}": number} if number < unknown else {} for number in range(100)]
    ] * 3


@attrs.frozen(kw_only=True)
class Code:
    field: str
    value: str
    name: str | None = None
    kind: str | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Entry:
    id: str
    codes: tuple[Code, ...] = ()
    extra: Extra = unknown_fields()


ENTRIES: Any = PageRequest(path="/", item=Entry, items_key="items", paging=Paging(next_cursor=lambda _: None))
CODES = '[{"field":"GL","value":"61000","name":"Meals"},{"field":"Team","value":"t-1","type":"IDENTIFIER"}]'


def entries(*others: str, codes: str = CODES) -> bytes:
    usual = [f'{{"id":"{number}","codes":{codes}}}' for number in range(60)]
    return ('{"items":[' + ",".join([*usual, *others]) + "]}").encode()


@pytest.fixture
def cut_pages(monkeypatch: pytest.MonkeyPatch) -> pages.PageReader:
    """The reader of pages of entries without msgspec."""
    reader = pages.PageReader.of(Entry, "items", hooks._straight.rules)
    assert reader is not None
    known: Any = hooks._page_readers
    monkeypatch.setitem(known, (Entry, "items"), reader)
    return reader


def test_an_array_of_parts_that_was_met_before_is_one_object(cut_pages: pages.PageReader) -> None:
    content = entries('{"id":"a","codes":null}', '{"id":"b","codes":[]}', '{"id":"c"}')

    read = [cut_pages.read(content) for _ in range(2)]

    for found in read:
        assert found is not None
        body, items = found
        assert body == {}
        assert exactly(items) == exactly(structure(parse(content), dict[str, tuple[Entry, ...]])["items"])
    first, second = (found[1] for found in read if found is not None)
    assert first[0].codes is first[59].codes is second[7].codes
    assert first[0].codes[0] is structure({"id": "z", "codes": parse(CODES.encode())}, Entry).codes[0]


@pytest.mark.parametrize(
    "item",
    [
        f'{{"id":"a","codes":[],"codes":{CODES}}}',
        f'{{"id":"a","other":{{"codes":{CODES}}}}}',
        f'{{"id":"a","others":[[{{"codes":{CODES}}}]]}}',
        f'{{"id":"a","x\\"codes":{CODES}}}',
        '{"id":"a","note":"\\"codes\\":[]"}',
        '{"id":"a","codes":[{"field":"GL","value":"x]y"}]}',
        '{"id":"a","codes":[{"field":"GL","value":"x","level":[1]}]}',
        '{"id":"a","codes":[{"field":"GL","value":"x","level":1.50}]}',
        f'{{"id":"a","codes": {CODES} }}',
        f'{{ "codes" :{CODES},"id":"a"}}',
        '{"id":"a","codes":[{"field":"GL","value":"\\ud83d\\ude00"}]}',
    ],
    ids=str,
)
def test_a_page_is_read_as_its_json_says_wherever_arrays_stand_in_it(cut_pages: pages.PageReader, item: str) -> None:
    shape, content = ENTRIES.at(None).returns, entries(*[item] * 300)
    expected = exactly(shape.read(parse(content)))

    for _ in range(3):
        cut_pages.effort.left = 0
        assert exactly(shape.read_text(content)) == expected


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ('{"id":"a","note":NaN}', "not JSON"),
        ('{"id":"a","codes":NaN}', "not JSON"),
        ('{"id":"a","codes":Infinity}', "not JSON"),
        (f'{{"id":"a","codes":{CODES[:-1]}}}', "not JSON"),
        (f'{{"id":"a","x,"codes":{CODES}}}', "not JSON"),
        (f'{{"id":{CODES}}}', r"\[60\]\.id"),
        ('{"id":"a","codes":[{"field":"GL","value":1}]}', r"\[60\]\.codes\[0\]\.value"),
        ('{"id":"a","codes":"[]"}', r"\[60\]\.codes"),
        ('{"id":"a","codes":[{"field":"GL","value":"\\ud83d"}]}', "not JSON"),
    ],
    ids=str,
)
def test_what_is_wrong_on_a_page_is_told_with_its_place(cut_pages: pages.PageReader, item: str, problem: str) -> None:
    content = entries(item, *[f'{{"id":"b","codes":{CODES}}}'] * 300)

    for _ in range(3):
        cut_pages.effort.left = 0
        with pytest.raises(CodecError, match=problem):
            ENTRIES.at(None).returns.read_text(content)


def test_arrays_that_are_all_new_are_left_to_the_parser(cut_pages: pages.PageReader) -> None:
    def page(start: int) -> bytes:
        codes = (f'[{{"field":"GL","value":"{start + number}"}}]' for number in range(400))
        return ('{"items":[' + ",".join(f'{{"id":"a","codes":{each}}}' for each in codes) + "]}").encode()

    for number in range(20):
        found = cut_pages.read(page(number * 400))
        assert found is not None
        assert [each.codes[0].value for each in found[1]] == [str(number * 400 + each) for each in range(400)]

    assert len(cut_pages._arrays) <= 4 * 400


def test_parts_whose_unknown_fields_may_be_changed_are_not_shared(cut_pages: pages.PageReader) -> None:
    item = '{"id":"a","codes":[{"field":"GL","value":"x","level":[1]}]}'

    for _ in range(2):
        found = cut_pages.read(entries(item, item))
        assert found is not None
        first, second = found[1][-2:]
        assert first.codes == second.codes
        assert first.codes[0].extra["level"] is not second.codes[0].extra["level"]


@attrs.frozen(kw_only=True)
class Fee:
    amount: Decimal = attrs.field(metadata=as_number())
    currency: str
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Payment:
    fee: Fee
    others: tuple[Fee, ...] = ()


def test_amounts_that_are_written_alike_are_one_object_and_others_are_not() -> None:
    body = parse(
        b'{"fee": {"amount": 1.50, "currency": "USD"}, "others": [{"amount": 1.50, "currency": "USD"},'
        b' {"amount": 1.5, "currency": "USD"}, {"amount": 1.50, "currency": "EUR"},'
        b' {"amount": 1.50, "currency": "USD", "note": 1}]}'
    )

    read = structure(body, Payment)

    assert read.others[0] is read.fee
    assert [f"{each.amount} {each.currency} {dict(each.extra)}" for each in read.others] == [
        "1.50 USD {}",
        "1.5 USD {}",
        "1.50 EUR {}",
        "1.50 USD {'note': 1}",
    ]


def test_numbers_of_long_texts_are_forgotten() -> None:
    parse(b"[1.25]")

    for _ in range(2):
        parse(b"[1.5]" + b" " * 2**18)

    assert text.number.cache_info().currsize <= 1


def test_equal_parts_of_texts_are_one_object() -> None:
    body = {
        "party": {"id": "1", "type": "COMPANY"},
        "others": [{"type": "COMPANY", "id": "1"}, {"id": "1", "type": "COMPANY"}],
    }

    read = structure(body, Booking)

    assert read.others[1] is read.party
    assert read.others[0] == read.party


@pytest.mark.parametrize(("first", "second"), [(1, True), (True, 1), (1, 1.0), ([1], [True]), ("1", 1)])
def test_parts_are_not_confused_whose_unknown_fields_are_merely_equal(first: object, second: object) -> None:
    read = [
        structure({"party": {"id": "1", "level": level}}, Booking).party.extra["level"] for level in (first, second)
    ]

    assert [repr(each) for each in read] == [repr(first), repr(second)]


def test_a_part_that_does_not_fit_is_refused_after_one_that_equals_it() -> None:
    structure({"party": {"id": "1", "name": "x"}}, Booking)

    with pytest.raises(CodecError, match=r"party\.id"):
        structure({"party": {"id": 1, "name": "x"}}, Booking)


def test_a_part_is_read_anew_when_its_parsed_json_was_changed() -> None:
    body: dict[str, dict[str, object]] = {"party": {"id": "1", "name": "x"}}
    before = structure(body, Booking)

    body["party"]["name"] = "y"

    assert structure(body, Booking).party == Party(id="1", name="y")
    assert before.party == Party(id="1", name="x")


def test_parts_of_one_id_that_say_something_else_are_told_apart() -> None:
    parties = [{"id": "1", "name": "x"}, {"id": "1"}, {"id": "1", "name": "x", "type": None}, {"id": "1", "name": None}]

    read = [structure({"party": party}, Booking).party for party in [*parties, *parties]]

    told = [Party(id="1", name="x"), Party(id="1"), Party(id="1", name="x", extra={"type": None}), Party(id="1")]
    assert read == told * 2


@attrs.frozen(kw_only=True)
class Event:
    at: datetime
    extra: Extra = unknown_fields()


def test_unknown_fields_that_are_null_are_one_object() -> None:
    five: list[dict[str, object]] = [{"level": None}, {"level": None}, {"level": 1}, {}, {"level": None}]
    levels = five * 20

    read = [structure([{"at": "2026-01-02T00:00:00Z", **level} for level in levels], tuple[Event, ...]) for _ in "ab"]

    assert [dict(each.extra) for each in read[-1]] == levels
    assert read[-1][0].extra is read[-1][99].extra


def test_times_that_neighbours_share_are_those_that_each_says() -> None:
    texts = ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05.5Z"] * 20

    read = structure([{"at": text} for text in texts], tuple[Event, ...])

    assert [each.at for each in read] == [datetime.fromisoformat(text) for text in texts]
    with pytest.raises(CodecError, match=r"\[80\]\.at"):
        structure([{"at": text} for text in [*texts, "2026-01-02T03:04:05"]], tuple[Event, ...])


def test_unknown_fields_that_are_shared_cannot_be_changed() -> None:
    shared: Any = structure({"party": {"id": "1", "type": "COMPANY"}}, Booking).party.extra

    for change in (
        lambda: shared.update(a=1),
        lambda: shared.__setitem__("a", 1),
        shared.clear,
        lambda: shared.pop("type"),
    ):
        with pytest.raises(TypeError, match=r"attrs\.evolve"):
            change()
    assert shared == {"type": "COMPANY"}
    assert {**shared} == dict(copy.deepcopy(shared)) == pickle.loads(pickle.dumps(shared)) == {"type": "COMPANY"}


def test_what_was_read_is_frozen_and_of_its_class() -> None:
    read = structure({"party": {"id": "1"}}, Booking)

    assert type(read) is Booking
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        read.party.id = "2"  # type: ignore[misc]
    assert hash(read.party) == hash(Party(id="1"))
    assert pickle.loads(pickle.dumps(read)) == read


def test_few_and_short_texts_are_remembered() -> None:
    remembered = Remembered(len)

    for number in range(MOST_REMEMBERED * 2):
        assert remembered[str(number)] == len(str(number))
    assert remembered["1" * 1_000_000] == 1_000_000
    assert len(remembered) <= MOST_REMEMBERED
    assert max(map(len, remembered)) < 10


def test_equal_amounts_keep_the_places_that_they_came_with() -> None:
    read: Any = parse(b"[1.50, 1.5, 1.50, 15e-1]")

    assert [str(each) for each in read] == ["1.50", "1.5", "1.50", "1.5"]


def test_what_is_remembered_is_bounded() -> None:
    for number in range(MOST_REMEMBERED * 2):
        assert structure({"party": {"id": str(number)}}, Booking).party.id == str(number)
