"""Methods made of several calls, written once: a generator yields requests and is sent their answers.

The blocking and the asynchronous resource both carry out the same generator (see `clientkit.endpoints.several`), so what happens between the calls cannot
differ. An error of a call is raised where the generator asked, which may know a way on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar

from clientkit.drivers import drive, drive_async
from clientkit.errors import ApiError
from clientkit.paging import Walk
from clientkit.requests import AsyncExecutor, Executor, PageRequest, Request

T = TypeVar("T")

#: Requests, each answered by what its call gave, and in the end a value.
CallSequence: TypeAlias = Generator[Request[Any], Any, T]


class Failed:
    """A call that raised, on its way into the sequence, which is to raise it where it asked."""

    def __init__(self, error: ApiError) -> None:
        self.error = error


def ask(request: Request[T]) -> CallSequence[T]:
    """A single call, in the type of its answer; use it with ``yield from``."""
    answer: T | Failed = yield request
    if isinstance(answer, Failed):
        raise answer.error
    return answer


def ask_all(
    listing: PageRequest[T], *, where: Callable[[T], bool] | None = None, clock: Callable[[], float] = time.monotonic
) -> CallSequence[list[T]]:
    """The items of a listing, page by page; use it with ``yield from``. Of a page is kept what `where` holds for."""
    walk = Walk(listing, clock)
    items = list[T]()
    while (request := walk.request()) is not None:
        page = yield from ask(request)
        fresh = walk.accept(page).items
        items.extend(fresh if where is None else filter(where, fresh))
    return items


def drive_calls(calls: CallSequence[T], client: Executor) -> T:
    """Carry the calls out by blocking."""

    def act(request: Request[Any]) -> object:
        try:
            return client.execute(request)
        except ApiError as error:
            return Failed(error)

    return drive(calls, act)


async def drive_calls_async(calls: CallSequence[T], client: AsyncExecutor) -> T:
    """Carry the calls out by awaiting."""

    async def act(request: Request[Any]) -> object:
        try:
            return await client.execute(request)
        except ApiError as error:
            return Failed(error)

    return await drive_async(calls, act)
