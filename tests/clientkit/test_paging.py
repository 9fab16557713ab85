"""Walking through a listing: whatever the service does, nothing is repeated and nothing lost, or it is said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit import AsyncPager, Page, Pager, PageRequest, PagingError, Request, Shape
from clientkit.requests import Query
from clientkit.sequences import ask_all, drive_calls, drive_calls_async
from support.shop import PAGING

T = TypeVar("T")

_LIFETIME = 100.0


@attrs.frozen(kw_only=True)
class Row:
    id: str


def _row_id(row: Row) -> str:
    return row.id


ROWS: PageRequest[Row] = PageRequest(path="/rows", item=Row, items_key="items", paging=PAGING, key=_row_id)


class Service:
    """A listing, newest first, whose cursors are the id of the last row given.

    `expires` tells for each request that brings a cursor whether it counts as expired, which is answered with the first
    page and no error; `grows` how many rows are added after each request; `waits` how long each request takes.
    """

    def __init__(
        self,
        rows: int,
        size: int,
        *,
        expires: Callable[[int], bool] = lambda _: False,
        grows: Callable[[int], int] = lambda _: 0,
        waits: Callable[[int], float] = lambda _: 0.0,
    ) -> None:
        self.rows = [f"r{number}" for number in reversed(range(rows))]
        self.size, self.expires, self.grows, self.waits = size, expires, grows, waits
        self.time = 0.0
        self.asked = list[Query]()
        self.oldest_cursor_used = 0.0
        self._given_at = dict[str, float]()

    def clock(self) -> float:
        return self.time

    def answer(self, request: Request[T]) -> T:
        count, cursor = len(self.asked), request.query.get("cursor")
        self.asked.append(request.query)
        start = 0
        if isinstance(cursor, str):
            self.oldest_cursor_used = max(self.oldest_cursor_used, self.time - self._given_at[cursor])
            if not self.expires(count):
                start = self.rows.index(cursor) + 1
        page = self.rows[start : start + self.size]
        more = start + self.size < len(self.rows)
        body = {"items": [{"id": each} for each in page], "next": page[-1] if more else None, "total": len(self.rows)}
        self.time += self.waits(count)
        if more:
            self._given_at[page[-1]] = self.time
        self.rows = [f"new{count}.{each}" for each in range(self.grows(count))] + self.rows
        assert isinstance(request.returns, Shape)
        return request.returns.read(body)


class Blocking:
    def __init__(self, answer: Callable[[Request[object]], object]) -> None:
        self._answer = answer

    def execute(self, request: Request[T]) -> T:
        return cast("T", self._answer(cast("Request[object]", request)))


class Awaiting:
    def __init__(self, answer: Callable[[Request[object]], object]) -> None:
        self._answer = answer

    async def execute(self, request: Request[T]) -> T:
        await asyncio.sleep(0)
        return cast("T", self._answer(cast("Request[object]", request)))


def _read(service: Service, listing: PageRequest[Row] = ROWS) -> list[str]:
    return [row.id for row in Pager(Blocking(service.answer), listing, clock=service.clock)]


# --- a service that behaves ----------------------------------------------------------


@given(rows=st.integers(0, 40), size=st.integers(1, 12))
def test_all_rows_come_once_and_in_order(rows: int, size: int) -> None:
    service = Service(rows, size)
    assert _read(service) == service.rows
    assert len(service.asked) == max(1, -(-rows // size))


def test_pages_carry_the_total_and_are_fetched_when_they_are_reached() -> None:
    service = Service(5, 2)
    pages = Pager(Blocking(service.answer), ROWS).pages()
    assert not service.asked
    first = next(pages)
    assert (len(first.items), first.next_cursor, first.total) == (2, "r3", 5)
    assert len(service.asked) == 1
    assert [len(page.items) for page in pages] == [2, 1]


def test_each_iteration_begins_anew() -> None:
    pager = Pager(Blocking(Service(5, 2).answer), ROWS)
    assert pager.collect() == list(pager) == pager.collect()
    assert repr(pager) == "<Pager of /rows>"


def test_a_plain_loop_over_what_is_awaited_is_told_how_to_read_it() -> None:
    pager: Any = AsyncPager(Awaiting(Service(1, 1).answer), ROWS)
    with pytest.raises(TypeError, match=r"^an AsyncPager is read by `async for`, or at once by `await pager.collect"):
        list(pager)


def test_a_pager_is_told_by_its_path() -> None:
    assert repr(AsyncPager(Awaiting(Service(1, 1).answer), ROWS)) == "<AsyncPager of /rows>"


# --- a service that forgets cursors -----------------------------------------------------

_GROWTH = st.lists(st.integers(0, 3), max_size=8)


def _nth(values: list[int]) -> Callable[[int], int]:
    return lambda count: values[count] if count < len(values) else 0


@given(rows=st.integers(0, 30), size=st.integers(1, 6), expired=st.integers(1, 30), growth=_GROWTH)
def test_one_forgotten_cursor_costs_nothing(rows: int, size: int, expired: int, growth: list[int]) -> None:
    service = Service(rows, size, expires=lambda count: count == expired, grows=_nth(growth))
    old = list(service.rows)
    found = _read(service)
    assert len(found) == len(set(found))
    assert [each for each in found if each in old] == old


@given(rows=st.integers(2, 30), size=st.integers(1, 6), expired=st.integers(1, 30))
def test_the_page_that_comes_instead_of_the_next_one_is_not_asked_for_again(rows: int, size: int, expired: int) -> None:
    service = Service(rows, size, expires=lambda count: count == expired)
    _read(service)
    pages = -(-rows // size)
    assert len(service.asked) == pages + (expired if expired < pages else 0)


@given(rows=st.integers(0, 20), size=st.integers(1, 5), expired=st.sets(st.integers(1, 40)), growth=_GROWTH)
def test_forgotten_cursors_neither_repeat_nor_lose_a_row_or_it_is_said(
    rows: int, size: int, expired: set[int], growth: list[int]
) -> None:
    service = Service(rows, size, expires=expired.__contains__, grows=_nth(growth))
    old = list(service.rows)
    found = list[str]()
    try:
        found.extend(row.id for page in Pager(Blocking(service.answer), ROWS).pages() for row in page.items)
        assert set(old) <= set(found)
    except PagingError:
        assert len(service.asked) < 200
    assert len(found) == len(set(found))


@given(
    rows=st.integers(0, 12),
    size=st.integers(1, 4),
    waits=st.lists(st.sampled_from([0.0, 30.0, _LIFETIME - 1, _LIFETIME, 500.0]), max_size=30),
)
def test_a_cursor_is_never_used_after_its_life(rows: int, size: int, waits: list[float]) -> None:
    # The wait stands before the answer, so the walk's clock, which is read after it, gives each cursor its full life.
    service = Service(rows, size, waits=lambda count: waits[count] if count < len(waits) else 0.0)
    assert _read(service) == service.rows
    assert service.oldest_cursor_used < _LIFETIME


@given(rows=st.integers(3, 12), size=st.integers(1, 2), slow=st.integers(0, 5), wait=st.floats(_LIFETIME, 9e9))
def test_a_reader_slower_than_the_cursor_starts_again_and_skips(rows: int, size: int, slow: int, wait: float) -> None:
    service = Service(rows, size)
    found = list[str]()
    for number, page in enumerate(Pager(Blocking(service.answer), ROWS, clock=service.clock).pages()):
        found.extend(row.id for row in page.items)
        if number == slow:
            service.time += wait
    assert found == service.rows
    assert service.oldest_cursor_used < _LIFETIME


def test_a_reader_that_is_always_too_slow_is_told() -> None:
    service = Service(12, 1)

    def read_slowly() -> None:
        for _ in Pager(Blocking(service.answer), ROWS, clock=service.clock).pages():
            service.time += _LIFETIME

    with pytest.raises(PagingError, match=r"^listing /rows: the service repeats its pages") as caught:
        read_slowly()
    assert caught.value.path == "/rows"
    assert len(service.asked) < 20


# --- a service that never ends -------------------------------------------------------------


def _endless(cursors: Callable[[int], str], ids: Callable[[int], list[str]]) -> tuple[list[int], Blocking]:
    asked = list[int]()

    def answer(request: Request[object]) -> object:
        count = len(asked)
        asked.append(count)
        assert count < 5_000, "the walk does not come to an end"
        return Page(items=tuple(Row(id=each) for each in ids(count)), next_cursor=cursors(count))

    return asked, Blocking(answer)


def _each(value: T) -> Callable[[int], T]:
    return lambda _: value


def _fresh(count: int) -> str:
    return f"c{count}"


def _round(text: str, length: int) -> Callable[[int], str]:
    return lambda count: f"{text}{count % length}"


def _rows_in_rounds_of(length: int) -> Callable[[int], list[str]]:
    return lambda count: [f"r{count % length}"]


def _one_row_only(count: int) -> list[str]:
    return [] if count else ["a"]


@pytest.mark.parametrize(
    ("cursors", "ids"),
    [
        (_each("c"), _each(["a", "b"])),
        (_round("c", 3), _rows_in_rounds_of(3)),
        (_fresh, _each(["a"])),
        (_fresh, _rows_in_rounds_of(50)),
        (_each("c"), _each([])),
        (_fresh, _each([])),
        (_fresh, _one_row_only),
    ],
    ids=[
        "one page",
        "three pages",
        "fresh cursors",
        "fifty pages",
        "empty",
        "empty, fresh cursors",
        "one row, then nothing",
    ],
)
@pytest.mark.parametrize("listing", [ROWS, attrs.evolve(ROWS, paging=attrs.evolve(PAGING, cursor_lifetime=None))])
def test_a_listing_without_end_is_an_error(
    cursors: Callable[[int], str], ids: Callable[[int], list[str]], listing: PageRequest[Row]
) -> None:
    asked, client = _endless(cursors, ids)
    found = list[str]()
    with pytest.raises(PagingError, match="repeats its pages"):
        found.extend(row.id for page in Pager(client, listing).pages() for row in page.items)
    assert len(found) == len(set(found))
    assert len(asked) <= 1_100


def test_rows_that_cannot_be_told_apart_are_not_read_twice() -> None:
    service = Service(9, 2, expires=lambda count: count == 3)
    found = list[str]()
    with pytest.raises(PagingError):
        found.extend(
            row.id
            for page in Pager(Blocking(service.answer), attrs.evolve(ROWS, key=None)).pages()
            for row in page.items
        )
    assert found == service.rows[:6]


def test_empty_pages_on_the_way_are_no_end() -> None:
    _, client = _endless(lambda count: f"c{count}", lambda count: ["a"] if count % 900 == 0 else [])
    pages = Pager(client, attrs.evolve(ROWS, key=None)).pages()
    assert [next(pages).items for _ in range(2_000)].count((Row(id="a"),)) == 3


# --- parts ------------------------------------------------------------------------------------


@given(parts=st.lists(st.lists(st.integers(0, 9), max_size=5), max_size=6), size=st.integers(1, 3))
def test_each_part_is_read_to_its_end(parts: list[list[int]], size: int) -> None:
    listing = attrs.evolve(ROWS, parts=[{"ids": [f"r{each}" for each in part]} for part in parts])

    def answer(request: Request[object]) -> object:
        ids = list(dict.fromkeys(cast("list[str]", request.query["ids"])))
        start = int(cast("str | None", request.query["cursor"]) or 0)
        end = start + size
        rows = tuple(Row(id=each) for each in ids[start:end])
        return Page(items=rows, next_cursor=str(end) if end < len(ids) else None)

    found = [row.id for row in Pager(Blocking(answer), listing)]
    assert found == list(dict.fromkeys(f"r{each}" for part in parts for each in part))


def test_a_listing_without_parts_asks_nothing() -> None:
    asked, client = _endless(lambda _: "c", lambda _: ["a"])
    assert Pager(client, attrs.evolve(ROWS, parts=())).collect() == []
    assert not asked


# --- blocking, awaitable, and as a step of a longer method ---------------------------------------


@given(rows=st.integers(0, 12), size=st.integers(1, 4), expired=st.sets(st.integers(1, 20)))
def test_all_ways_of_reading_are_equal(rows: int, size: int, expired: set[int]) -> None:
    def service() -> Service:
        return Service(rows, size, expires=expired.__contains__)

    def blocking(mine: Service) -> list[Row]:
        return Pager(Blocking(mine.answer), ROWS).collect()

    def awaiting(mine: Service) -> list[Row]:
        pager = AsyncPager(Awaiting(mine.answer), ROWS)
        return asyncio.run(pager.collect())

    def stepping(mine: Service) -> list[Row]:
        return drive_calls(ask_all(ROWS), Blocking(mine.answer))

    def stepping_async(mine: Service) -> list[Row]:
        return asyncio.run(drive_calls_async(ask_all(ROWS), Awaiting(mine.answer)))

    results = list[tuple[object, list[Query]]]()
    for way in (blocking, awaiting, stepping, stepping_async):
        mine = service()
        outcome: object
        try:
            outcome = way(mine)
        except PagingError as error:
            outcome = str(error)
        results.append((outcome, mine.asked))
    assert all(each == results[0] for each in results)


def test_leaving_an_awaitable_listing_early_asks_for_no_further_page() -> None:
    service = Service(9, 2)

    async def first() -> Row | None:
        pager = AsyncPager(Awaiting(service.answer), ROWS)
        async for row in pager:
            return row
        return None

    assert asyncio.run(first()) == Row(id="r8")
    assert len(service.asked) == 1
