"""Whether anything of a call was sent, where an error ended a wait of it."""

from __future__ import annotations

import asyncio

import pytest

import rillet.testing
from clientkit import Answer, ApiError, Clocks, Pacer
from clientkit.testing import Fault, Respond

CLOCKS = Clocks(monotonic=lambda: 0.0, wall=lambda: 0.0, chance=lambda: 0.5)

both_colours = pytest.mark.parametrize("awaits", [False, True], ids=["blocking", "awaited"])


class CutShortError(ApiError):
    """What a caller's own `sleep` raises."""


def sleep(seconds: float) -> None:
    raise CutShortError(f"0 of {seconds} seconds")


async def async_sleep(seconds: float) -> None:
    sleep(seconds)


async def asked(standin: rillet.testing.StandIn, pacer: Pacer) -> None:
    client = standin.async_client(pacer=pacer, clocks=CLOCKS, sleep=async_sleep)
    await client.organization.get()


def ask(standin: rillet.testing.StandIn, pacer: Pacer, *, awaits: bool) -> None:
    if awaits:
        asyncio.run(asked(standin, pacer))
    else:
        standin.client(pacer=pacer, clocks=CLOCKS, sleep=sleep).organization.get()


@both_colours
def test_a_call_that_waited_for_its_turn_sent_nothing(*, awaits: bool) -> None:
    standin, pacer = rillet.testing.StandIn(), Pacer(1, 30.0)
    pacer.reserve(0.0)

    with pytest.raises(CutShortError) as raised:
        ask(standin, pacer, awaits=awaits)
    assert raised.value.is_unsent
    assert standin.asked == []


@both_colours
def test_a_call_that_waited_to_be_repeated_sent_something(*, awaits: bool) -> None:
    standin = rillet.testing.StandIn()
    standin.faults.append(Fault(Respond(Answer(status=503))))

    with pytest.raises(CutShortError) as raised:
        ask(standin, Pacer(9, 30.0), awaits=awaits)
    assert not raised.value.is_unsent
    assert len(standin.asked) == 1
