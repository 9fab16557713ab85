"""Whatever happens while a listing is read, nothing is given twice, and nothing is lost without an error."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit.paging import AsyncPager, Pager
from rillet import NewVendor, PagingError, Vendor, VendorOperations
from rillet.testing import StandIn, vendor
from support.clocks import ManualClock
from support.rillet.books import AMERICA, START

HOURS = timedelta(hours=1)
vendors = st.integers(0, 30).map(lambda count: [vendor(f"Vendor {number}") for number in range(count)])
limits = st.integers(1, 10)
#: What happens after each page: hours that pass, and vendors that are added, changed or deleted.
happenings = st.lists(
    st.tuples(st.sampled_from([0, 0, 0, 1, 3]), st.sampled_from(["", "", "add", "change", "delete"])), max_size=12
)


def play(standin: StandIn, clock: ManualClock, happening: tuple[int, str]) -> set[str]:
    """Let time pass and somebody else work; the ids of vendors that are not there from beginning to end."""
    hours, what = happening
    clock.now += hours * HOURS
    client, present = standin.client(), standin.vendors
    if what == "add":
        return {client.vendors.create(NewVendor(name="new")).id}
    if what == "change" and present:
        client.vendors.update(present[len(present) // 2].id, NewVendor(name="changed"))
    if what == "delete" and present:
        gone = present[len(present) // 2].id
        client.vendors.delete(gone)
        return {gone}
    return set()


@given(vendors=vendors, limit=limits, happenings=happenings, knows_the_time=st.booleans())
def test_nothing_twice_and_nothing_lost(
    vendors: list[Vendor], limit: int, happenings: list[tuple[int, str]], knows_the_time: bool
) -> None:
    clock = ManualClock(START)
    standin = StandIn(subsidiaries=[AMERICA], vendors=vendors, now=clock)
    seconds = (lambda: clock().timestamp()) if knows_the_time else (lambda: 0.0)
    listing = VendorOperations.list.build(limit=limit)
    script = iter(happenings)

    found, transient = list[str](), set[str]()
    with suppress(PagingError):
        for page in Pager(standin.client(), listing, clock=seconds).pages():
            found += [each.id for each in page.items]
            transient |= play(standin, clock, next(script, (0, "")))
        assert {each.id for each in vendors} - transient <= set(found)
    assert len(found) == len(set(found))


@given(vendors=vendors, limit=limits, hours=st.lists(st.sampled_from([0, 3]), max_size=6))
def test_both_pagers_walk_alike(vendors: list[Vendor], limit: int, hours: list[int]) -> None:
    def setting() -> tuple[StandIn, ManualClock, Iterator[int]]:
        clock = ManualClock(START)
        return StandIn(subsidiaries=[AMERICA], vendors=vendors, now=clock), clock, iter(hours)

    def blocking() -> list[list[str]]:
        standin, clock, script = setting()
        seen = list[list[str]]()
        for page in Pager(standin.client(), VendorOperations.list.build(limit=limit), clock=lambda: 0.0).pages():
            seen.append([each.id for each in page.items])
            clock.now += next(script, 0) * HOURS
        return seen

    async def awaitable() -> list[list[str]]:
        standin, clock, script = setting()
        seen = list[list[str]]()
        pager = AsyncPager(standin.async_client(), VendorOperations.list.build(limit=limit), clock=lambda: 0.0)
        async for page in pager.pages():
            seen.append([each.id for each in page.items])
            clock.now += next(script, 0) * HOURS
        return seen

    try:
        expected = blocking()
    except PagingError:
        with pytest.raises(PagingError):
            asyncio.run(awaitable())
        return
    assert asyncio.run(awaitable()) == expected


def test_a_cursor_that_always_comes_too_late_ends_in_an_error() -> None:
    clock = ManualClock(START)
    standin = StandIn(subsidiaries=[AMERICA], vendors=[vendor(str(n)) for n in range(9)], now=clock)
    found = list[str]()

    def read() -> None:
        for page in Pager(standin.client(), VendorOperations.list.build(limit=2), clock=lambda: 0.0).pages():
            found.extend(each.id for each in page.items)
            clock.now += 3 * HOURS

    with pytest.raises(PagingError, match="/vendors"):
        read()
    assert len(found) == len(set(found)) == 2


@given(vendors=vendors, limit=limits)
def test_an_expired_or_unknown_cursor_gives_the_first_page(vendors: list[Vendor], limit: int) -> None:
    clock = ManualClock(START)
    standin = StandIn(subsidiaries=[AMERICA], vendors=vendors, now=clock)
    client, listing = standin.client(), VendorOperations.list.build(limit=limit)
    first = client.execute(listing.at(None))

    for cursor in ("garbage", "W10=", "bnVsbA==", "é", ""):
        assert client.execute(listing.at(cursor)).items == first.items
    if first.next_cursor is not None:
        clock.now = START + 2 * HOURS
        assert client.execute(listing.at(first.next_cursor)).items == standin.vendors[::-1][limit : 2 * limit]
        clock.now += timedelta(microseconds=1)
        assert client.execute(listing.at(first.next_cursor)).items == first.items


def test_pages_are_fetched_when_they_are_reached() -> None:
    standin = StandIn(vendors=[vendor(str(n)) for n in range(5)])
    pages = standin.client().vendors.list(limit=2).pages()

    assert standin.asked == []
    next(pages)
    assert [asked.one("cursor") for asked in standin.asked] == [None]
    assert [asked.one("limit") for asked in standin.asked] == ["2"]
