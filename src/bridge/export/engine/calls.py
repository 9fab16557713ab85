"""Work as a generator of calls, so that one text of a protocol serves threads and an event loop.

A step that has to reach a service says ``answer = yield from ask(…)``. `drive` carries the calls out where they are,
`drive_async` beside an event loop; errors come back into the generator, where it can handle them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")

#: Yields calls and is sent their answers; returns what it comes to.
Calls: TypeAlias = Generator[Callable[[], object], Any, T]


def ask(call: Callable[[], T]) -> Calls[T]:
    """Have a call carried out. Raises what the call raises."""
    answer: T = yield call
    return answer


def drive(calls: Calls[T]) -> T:
    """Carry the calls out in this thread, one after the other."""
    resume: Callable[[], Callable[[], object]] = calls.__next__
    while True:
        try:
            call = resume()
        except StopIteration as end:
            result: T = end.value
            return result
        try:
            answer = call()
        except BaseException as error:  # noqa: BLE001 - the generator decides what it means
            resume = _throwing(calls, error)
        else:
            resume = _sending(calls, answer)


async def drive_async(calls: Calls[T]) -> T:
    """Carry the calls out in threads of the event loop's pool, one after the other."""
    resume: Callable[[], Callable[[], object]] = calls.__next__
    while True:
        try:
            call = resume()
        except StopIteration as end:
            result: T = end.value
            return result
        try:
            answer = await asyncio.to_thread(call)
        except BaseException as error:  # noqa: BLE001 - the generator decides what it means
            resume = _throwing(calls, error)
        else:
            resume = _sending(calls, answer)


def _sending(calls: Calls[Any], answer: object) -> Callable[[], Callable[[], object]]:
    return lambda: calls.send(answer)


def _throwing(calls: Calls[Any], error: BaseException) -> Callable[[], Callable[[], object]]:
    return lambda: calls.throw(error)
