"""The loops that carry a generator's steps out, one for each colour: a flow of attempts, or a sequence of calls.

A step's outcome is sent into the generator as a value, failures included, so the generator alone decides what follows.
Here and in the transports asyncio is imported where it is awaited, since who blocks never needs it and would wait for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from clientkit.errors import ApiError
from clientkit.stopping import parts_of
from clientkit.wire import Came, Consult, Step, TransportFailure, Wait

if TYPE_CHECKING:
    from clientkit.transport import AsyncTransport, Transport

S = TypeVar("S")
R = TypeVar("R")
T = TypeVar("T")


def drive(steps: Generator[S, R | None, T], act: Callable[[S], R | None]) -> T:
    """Carry the steps to their end by blocking. What `act` raises ends them, and the generator is closed."""
    outcome: R | None = None
    try:
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            outcome = act(step)
    finally:
        steps.close()


async def drive_async(steps: Generator[S, R | None, T], act: Callable[[S], Awaitable[R | None]]) -> T:
    """Carry the steps to their end by awaiting. What `act` raises ends them, and the generator is closed."""
    outcome: R | None = None
    try:
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            outcome = await act(step)
    finally:
        steps.close()


async def pause(seconds: float) -> None:
    """Let other tasks run for as long."""
    import asyncio

    await asyncio.sleep(seconds)


@contextmanager
def _marked(wait: Wait) -> Generator[None]:
    """Let an error that ends a wait tell whether anything was sent before."""
    try:
        yield
    except ApiError as error:
        error.is_unsent = wait.is_unsent
        raise


def over(transport: Transport, sleep: Callable[[float], object]) -> Callable[[Step], Came]:
    """Carry out a step of a flow by blocking."""

    def act(step: Step) -> Came:
        if isinstance(step, Wait):
            with _marked(step):
                for part in parts_of(step.seconds):
                    sleep(part)
            return None
        if isinstance(step, Consult):
            return step.call()
        try:
            return transport.send(step.outgoing)
        except TransportFailure as failure:
            return failure

    return act


def over_async(
    transport: AsyncTransport, sleep: Callable[[float], Awaitable[object]]
) -> Callable[[Step], Awaitable[Came]]:
    """Carry out a step of a flow by awaiting. A pace is asked in a thread, because its client blocks."""

    async def act(step: Step) -> Came:
        if isinstance(step, Wait):
            with _marked(step):
                for part in parts_of(step.seconds):
                    await sleep(part)
            return None
        if isinstance(step, Consult):
            import asyncio

            return await asyncio.to_thread(step.call)
        try:
            return await transport.send(step.outgoing)
        except TransportFailure as failure:
            return failure

    return act
