"""What waits for its turn ends when the program is asked to stop."""

from __future__ import annotations

import asyncio
import pickle

import pytest

import rillet.testing
from clientkit import Answer, Clocks, Pacer, StoppedError, Verdict
from clientkit.stopping import stopping
from clientkit.testing import Fault, Respond

CLOCKS = Clocks(monotonic=lambda: 0.0, wall=lambda: 0.0, chance=lambda: 0.5)

both_colours = pytest.mark.parametrize("awaits", [False, True], ids=["blocking", "awaited"])


class Waiting:
    """Seconds that were waited, and whether to stop after so many of them."""

    def __init__(self, patience: float) -> None:
        self.patience, self.waited = patience, 0.0

    def stop(self) -> bool:
        return self.waited >= self.patience

    def sleep(self, seconds: float) -> None:
        self.waited += seconds

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)


def ask(standin: rillet.testing.StandIn, pacer: Pacer, waiting: Waiting, *, awaits: bool) -> None:
    async def awaited() -> None:
        client = standin.async_client(pacer=pacer, clocks=CLOCKS, sleep=waiting.async_sleep)
        with stopping(waiting.stop):
            await client.organization.get()

    if awaits:
        asyncio.run(awaited())
    else:
        with stopping(waiting.stop):
            standin.client(pacer=pacer, clocks=CLOCKS, sleep=waiting.sleep).organization.get()


@both_colours
def test_a_call_that_waits_for_its_turn_is_not_sent(*, awaits: bool) -> None:
    standin, pacer, waiting = rillet.testing.StandIn(), Pacer(1, 30.0), Waiting(2.0)
    pacer.reserve(0.0)

    with pytest.raises(StoppedError) as raised:
        ask(standin, pacer, waiting, awaits=awaits)
    assert (raised.value.is_unsent, raised.value.verdict) == (True, Verdict.PASSING)
    assert waiting.waited == 2.0
    assert standin.asked == []
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), again.is_unsent) == (str(raised.value), True)


@both_colours
def test_a_call_that_waits_to_be_repeated_may_have_been_carried_out(*, awaits: bool) -> None:
    standin = rillet.testing.StandIn()
    standin.faults.append(Fault(Respond(Answer(status=503))))

    with pytest.raises(StoppedError) as raised:
        ask(standin, Pacer(9, 30.0), Waiting(0.0), awaits=awaits)
    assert (raised.value.is_unsent, raised.value.verdict) == (False, Verdict.UNCLEAR)
    assert len(standin.asked) == 1


@both_colours
def test_a_call_waits_as_long_as_without_it_if_nobody_asks_to_stop(*, awaits: bool) -> None:
    standin, pacer, waiting = rillet.testing.StandIn(), Pacer(1, 30.0), Waiting(1000.0)
    pacer.reserve(0.0)

    ask(standin, pacer, waiting, awaits=awaits)
    assert waiting.waited == pytest.approx(Pacer(1, 30.0).window, abs=0.1)
    assert len(standin.asked) == 1


def test_a_stop_of_an_outer_block_holds_again_after_an_inner_one() -> None:
    standin, pacer = rillet.testing.StandIn(), Pacer(1, 30.0)
    pacer.reserve(0.0)
    waiting = Waiting(0.0)
    client = standin.client(pacer=pacer, clocks=CLOCKS, sleep=waiting.sleep)

    with stopping(waiting.stop):
        with stopping(None):
            client.organization.get()
        with pytest.raises(StoppedError):
            client.organization.get()
    assert len(standin.asked) == 1
