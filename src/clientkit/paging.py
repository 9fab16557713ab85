"""Walking through a listing page by page, repeating nothing and losing nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

import attrs

from clientkit.errors import PagingError
from clientkit.requests import AsyncExecutor, Executor, Page, PageRequest, Request

if TYPE_CHECKING:
    from rich.table import Table

    from clientkit.showing import TableParts
    from clientkit.tolerance import Unreadable

T = TypeVar("T")

_log = logging.getLogger(__name__)
# Seconds after which a page that was read for the length is not the beginning of an iteration any more.
_AT_ONCE = 5.0
_FRUITLESS = 2
_EMPTY = 1_000
_REPEATS = "the service repeats its pages; the rest of the listing cannot be reached"


class Walk(Generic[T]):
    """Where a listing stands; the part that blocking and asynchronous paging share.

    A service may answer an expired cursor with the first page and no error. The walk therefore knows what it has
    given: a listing that starts again is followed from its new beginning, and items seen before are left out.
    """

    def __init__(self, listing: PageRequest[T], clock: Callable[[], float]) -> None:
        self._listing, self._clock = listing, clock
        self._part = 0
        self._cursor: str | None = None
        self._received = 0.0
        self._used: set[str] = set()
        self._seen: set[str] = set()
        self._starts_without_news = 0
        self._pages_with_news = 0
        self._pages_without_news = 0
        self._empty_pages = 0
        self._done = not listing.parts

    def request(self) -> Request[Page[T]] | None:
        """The next request to send, None at the end."""
        if self._done:
            return None
        lifetime = self._listing.paging.cursor_lifetime
        if self._cursor is not None and lifetime is not None and self._clock() - self._received >= lifetime:
            _log.warning("listing %s: the cursor outlived %.0f s, starting again", self._listing.path, lifetime)
            self._start_again()
        return self._listing.at(self._cursor, self._part)

    def accept(self, page: Page[T]) -> Page[T]:
        """Take in the answer; the page without the items that were given before."""
        repeated = bool(page.items)
        page = self._without_seen(page)
        if page.items:
            self._starts_without_news = self._pages_without_news = self._empty_pages = 0
            self._pages_with_news += 1
        elif repeated:
            self._pages_without_news += 1
        else:
            self._empty_pages += 1
        # Starting again shows every page once more, and a row or two more where rows were added meanwhile.
        if self._pages_without_news > self._pages_with_news + _FRUITLESS or self._empty_pages > _EMPTY:
            raise PagingError(self._listing.path, _REPEATS)
        self._cursor, self._received = page.next_cursor, self._clock()
        if self._cursor is None:
            self._part += 1
            self._starts_without_news = self._pages_without_news = self._empty_pages = 0
            self._used.clear()
            self._done = self._part == len(self._listing.parts)
        elif self._cursor in self._used:
            _log.warning("listing %s: the service started again", self._listing.path)
            cursor = self._cursor
            self._start_again()
            self._cursor = cursor
        if self._cursor is not None:
            self._used.add(self._cursor)
        return page

    def _start_again(self) -> None:
        self._starts_without_news += 1
        may_start_again = self._listing.key is not None and self._listing.paging.cursor_lifetime is not None
        if not may_start_again or self._starts_without_news > _FRUITLESS:
            raise PagingError(self._listing.path, _REPEATS)
        self._cursor = None
        self._used.clear()

    def _without_seen(self, page: Page[T]) -> Page[T]:
        key = self._listing.key
        if key is None:
            return page
        fresh = list[T]()
        for item in page.items:
            name = key(item)
            if name not in self._seen:
                self._seen.add(name)
                fresh.append(item)
        return page if len(fresh) == len(page.items) else attrs.evolve(page, items=tuple(fresh))


class Pager(Generic[T]):
    """The items of a listing, fetched page by page as they are read. Each iteration begins anew."""

    def __init__(
        self, client: Executor, listing: PageRequest[T], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client, self._listing, self._clock = client, listing, clock
        self._ahead: tuple[float, Page[T]] | None = None

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def __len__(self) -> int:
        """How many items there are, so that ``tqdm(pager)`` knows where it stands; `total` says the same without an error.

        The page that it takes is the first one of an iteration that follows at once, so that ``list(pager)``, which asks for
        the length, makes no request more. Raises `TypeError` where the service does not tell: Rillet never does.
        """
        paging = self._listing.paging
        total = self._ahead = None
        if paging.tells_total and len(self._listing.parts) == 1 and (first := next(self.pages(), None)) is not None:
            self._ahead, total = (self._clock(), first), first.total
        if total is None:
            raise TypeError(f"the service does not tell how many {self._listing.path} has; count what `collect` gives")
        return total

    def __bool__(self) -> bool:
        # It would ask for the length.
        return True

    def pages(self) -> Iterator[Page[T]]:
        """Whole pages. Raises `PagingError` if the service repeats pages without end."""
        walk, ahead = Walk(self._listing, self._clock), self._taken_ahead()
        while (request := walk.request()) is not None:
            yield walk.accept(self._client.execute(request) if ahead is None else ahead)
            ahead = None

    def _taken_ahead(self) -> Page[T] | None:
        """The first page where it was just read for the length; whoever begins later, or again, reads it anew."""
        ahead, self._ahead = self._ahead, None
        return ahead[1] if ahead is not None and self._clock() - ahead[0] < _AT_ONCE else None

    def collect(self) -> list[T]:
        """All items at once."""
        return list(self)

    def first(self) -> T | None:
        """The first item, None where there is none. Asks for as many pages as it takes to find one."""
        return next(iter(self), None)

    def total(self) -> int | None:
        """How many items there are, where the service tells it (Brex does for some listings, Rillet for none): one request."""
        page = next(self.pages(), None)
        return 0 if page is None else page.total

    def tolerant(self) -> Pager[T | Unreadable]:
        """The same listing, with an `Unreadable` in the place of each item that cannot be read.

        Without it one such item makes its whole page an `UnreadableAnswerError`.
        """
        return Pager(self._client, self._listing.tolerant(), clock=self._clock)

    def __repr__(self) -> str:
        return f"<Pager of {self._listing.path}>"

    def _repr_html_(self) -> str:
        """The first page as a table, which takes a request: a notebook that ends a cell with a listing wants to see it."""
        from clientkit.showing import html_table

        return html_table(*self._first_page())

    def __rich__(self) -> Table:
        """The first page as a table, as in a notebook."""
        from clientkit.showing import rich_table

        return rich_table(*self._first_page())

    def _first_page(self) -> TableParts:
        from clientkit.showing import table_of

        page = next(self.pages(), None)
        items = () if page is None else page.items
        return table_of(self._listing.path, items, more=page is not None and page.next_cursor is not None)


class AsyncPager(Generic[T]):
    """The items of a listing, fetched page by page as they are read. Each iteration begins anew."""

    def __init__(
        self, client: AsyncExecutor, listing: PageRequest[T], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client, self._listing, self._clock = client, listing, clock

    def __aiter__(self) -> AsyncIterator[T]:
        return self._items()

    if not TYPE_CHECKING:

        def __iter__(self) -> NoReturn:
            raise TypeError("an AsyncPager is read by `async for`, or at once by `await pager.collect()`")

    async def _items(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.items:
                yield item

    async def pages(self) -> AsyncIterator[Page[T]]:
        """Whole pages. Raises `PagingError` if the service repeats pages without end."""
        walk = Walk(self._listing, self._clock)
        while (request := walk.request()) is not None:
            yield walk.accept(await self._client.execute(request))

    async def collect(self) -> list[T]:
        """All items at once."""
        return [item async for item in self]

    async def first(self) -> T | None:
        """As `Pager.first`."""
        async for item in self:
            return item
        return None

    async def total(self) -> int | None:
        """As `Pager.total`."""
        async for page in self.pages():
            return page.total
        return 0

    def tolerant(self) -> AsyncPager[T | Unreadable]:
        """As `Pager.tolerant`."""
        return AsyncPager(self._client, self._listing.tolerant(), clock=self._clock)

    def __repr__(self) -> str:
        return f"<AsyncPager of {self._listing.path}>"
