"""The loops that carry a generator's steps out, one for each colour: a flow of attempts, or a sequence of calls.

A step's outcome is sent into the generator as a value, failures included, so the generator alone decides what follows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, TypeVar

from clientkit.wire import Exchanged, Send, TransportFailure, Wait

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


def over(transport: Transport, sleep: Callable[[float], object]) -> Callable[[Send | Wait], Exchanged | None]:
    """Carry out a step of a flow by blocking."""

    def act(step: Send | Wait) -> Exchanged | None:
        if isinstance(step, Wait):
            sleep(step.seconds)
            return None
        try:
            return transport.send(step.outgoing)
        except TransportFailure as failure:
            return failure

    return act


def over_async(
    transport: AsyncTransport, sleep: Callable[[float], Awaitable[object]]
) -> Callable[[Send | Wait], Awaitable[Exchanged | None]]:
    """Carry out a step of a flow by awaiting."""

    async def act(step: Send | Wait) -> Exchanged | None:
        if isinstance(step, Wait):
            await sleep(step.seconds)
            return None
        try:
            return await transport.send(step.outgoing)
        except TransportFailure as failure:
            return failure

    return act
