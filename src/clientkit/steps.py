"""Methods made of several calls, written once: a generator yields requests and is sent their answers.

The blocking and the asynchronous resource both carry out the same generator, so what happens between the calls cannot
differ. An error of a call is raised where the generator asked, which may know a way on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar

import attrs

from clientkit.drivers import drive, drive_async
from clientkit.errors import ApiError
from clientkit.paging import Walk
from clientkit.requests import AsyncExecutor, Executor, PageRequest, Request

T = TypeVar("T")

Steps: TypeAlias = Generator[Request[Any], Any, T]


@attrs.frozen
class _Failed:
    """A call that raised, on its way into the generator."""

    error: ApiError


def ask(request: Request[T]) -> Steps[T]:
    """A single call, in the type of its answer; use it with ``yield from``."""
    answer: T | _Failed = yield request
    if isinstance(answer, _Failed):
        raise answer.error
    return answer


def ask_all(listing: PageRequest[T], clock: Callable[[], float] = time.monotonic) -> Steps[list[T]]:
    """All items of a listing, page by page; use it with ``yield from``."""
    walk = Walk(listing, clock)
    items = list[T]()
    while (request := walk.request()) is not None:
        page = yield from ask(request)
        items.extend(walk.accept(page).items)
    return items


def carry_out(steps: Steps[T], client: Executor) -> T:
    """Carry steps to their end by blocking."""

    def act(request: Request[Any]) -> object:
        try:
            return client.execute(request)
        except ApiError as error:
            return _Failed(error)

    return drive(steps, act)


async def carry_out_async(steps: Steps[T], client: AsyncExecutor) -> T:
    """Carry steps to their end by awaiting."""

    async def act(request: Request[Any]) -> object:
        try:
            return await client.execute(request)
        except ApiError as error:
            return _Failed(error)

    return await drive_async(steps, act)
