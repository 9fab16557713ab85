"""A stand-in of Brex with a clock that stands still, and its client four ways."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

import brex_accounting
from brex_accounting.testing import TOKEN, StandIn
from endpoint_runner import WAYS, Runner, runner
from hand_clock import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def standin(clock: HandClock) -> StandIn:
    return StandIn(now=clock)


@pytest.fixture(params=WAYS)
def run(request: pytest.FixtureRequest, standin: StandIn) -> Iterator[Runner[brex_accounting.Client]]:
    options = brex_accounting.Options(retry=brex_accounting.RetryPolicy(attempts=1))
    pacer = brex_accounting.Pacer(1_000_000)
    with runner(
        request.param,
        standin,
        brex_accounting.Client,
        brex_accounting.AsyncClient,
        token=TOKEN,
        options=options,
        pacer=pacer,
    ) as made:
        yield made
