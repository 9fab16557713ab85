"""A pace of the caller's own that raises or gives no seconds: its call fails as others do, and nothing of it is sent."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

import rillet.testing
from clientkit import Answer, NoAnswerError
from clientkit.testing import Fault, Respond


class Own:
    """A pace that gives or raises the same each time."""

    limit, window = 60, 60.0

    def __init__(self, given: Any, held: Exception | None = None) -> None:
        self._given, self._held = given, held

    def reserve(self, now: float, latest: float | None = None) -> float | None:
        del now, latest
        if isinstance(self._given, Exception):
            raise self._given
        answer: float | None = self._given
        return answer

    def hold(self, now: float, seconds: float) -> None:
        del now, seconds
        if self._held is not None:
            raise self._held


def ask(standin: rillet.testing.StandIn, pacer: Own, *, awaits: bool) -> object:
    if not awaits:
        return standin.client(pacer=pacer).organization.get()

    async def awaited() -> object:
        return await standin.async_client(pacer=pacer).organization.get()

    return asyncio.run(awaited())


@pytest.mark.parametrize("awaits", [False, True], ids=["blocking", "awaited"])
@pytest.mark.parametrize(
    ("given", "told"),
    [
        (RuntimeError("boom"), "Own.reserve raised RuntimeError: boom"),
        ("0", "Own.reserve gave '0', and it has to give seconds or None"),
        (math.nan, "Own.reserve gave nan, and it has to give seconds or None"),
        (-5, "Own.reserve gave -5, and it has to give seconds or None"),
    ],
    ids=["raises", "text", "nan", "negative"],
)
def test_a_call_without_its_turn_fails_and_sends_nothing(given: Any, told: str, *, awaits: bool) -> None:
    standin = rillet.testing.StandIn()

    with pytest.raises(NoAnswerError) as raised:
        ask(standin, Own(given), awaits=awaits)

    assert f"nothing tells when its turn comes: {told}" in str(raised.value)
    assert raised.value.is_unsent
    assert standin.asked == []


@pytest.mark.parametrize("awaits", [False, True], ids=["blocking", "awaited"])
def test_a_pace_that_cannot_be_held_stops_nothing(caplog: pytest.LogCaptureFixture, *, awaits: bool) -> None:
    standin = rillet.testing.StandIn()
    standin.faults.append(Fault(Respond(Answer(status=429))))

    assert ask(standin, Own(0.0, RuntimeError("boom")), awaits=awaits)
    assert "Own.hold raised RuntimeError" in caplog.text
