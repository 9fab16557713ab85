"""The simulated drips of the fault harness: an attempt meets them, ends in no time, and by its own time alone."""

from __future__ import annotations

import asyncio
import time

import pytest

import rillet
import rillet.testing
from clientkit import Answer, Options, RetryPolicy
from clientkit.errors import AnswerTimeoutError
from clientkit.testing import Fault, Respond
from support.faults.drips import DripPlace, dripping, marked

ONCE = Options(timeout=30, deadline=60, retry=RetryPolicy(attempts=1))


@pytest.mark.parametrize("awaits", [False, True], ids=["blocking", "awaited"])
@pytest.mark.parametrize("place", DripPlace)
def test_half_a_minute_of_drops_takes_no_time(place: DripPlace, *, awaits: bool) -> None:
    standin = rillet.testing.StandIn()
    whole = standin.client().accounts.list().collect()
    answer = Answer(status=200, headers={"content-type": "application/json"}, content=b'{"accounts": []}')
    standin.faults.append(Fault(Respond(marked(answer, place))))
    began = time.monotonic()

    with standin.serve() as url, dripping():
        if awaits:
            asyncio.run(_ask(url, standin.api_key, len(whole)))
        else:
            with rillet.Client(standin.api_key, base_url=url, options=ONCE) as client:
                with pytest.raises(AnswerTimeoutError):
                    client.accounts.list().collect()
                assert len(client.accounts.list().collect()) == len(whole)

    assert time.monotonic() - began < 20


async def _ask(url: str, key: str, count: int) -> None:
    async with rillet.AsyncClient(key, base_url=url, options=ONCE) as client:
        with pytest.raises(AnswerTimeoutError):
            await client.accounts.list().collect()
        assert len(await client.accounts.list().collect()) == count
