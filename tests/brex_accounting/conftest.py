"""A stand-in of Brex with a clock that stands still, and its client four ways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import brex_accounting
from brex_accounting.renewing import OAuth
from brex_accounting.testing import TOKEN, StandIn
from brex_accounting.tokens import MemoryTokenStore
from support.brex.oauth import app, clocks, new_brex, new_clock, seed
from support.clocks import ManualClock
from support.endpoint_runner import WAYS, Runner, runner


@pytest.fixture
def clock() -> ManualClock:
    return new_clock()


@pytest.fixture
def standin(clock: ManualClock) -> StandIn:
    return StandIn(now=clock)


@pytest.fixture
def brex(clock: ManualClock) -> StandIn:
    """A Brex that `seed` can give a former consent to."""
    return new_brex(clock)


@pytest.fixture
def store(brex: StandIn) -> MemoryTokenStore:
    return MemoryTokenStore(seed(brex))


@pytest.fixture
def oauth(store: MemoryTokenStore, clock: ManualClock) -> OAuth:
    return OAuth(app(), store, clocks=clocks(clock))


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
