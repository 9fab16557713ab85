"""What the tests of the Rillet client share: a stand-in with believable books, and a client of it in four ways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import rillet
from rillet.testing import StandIn
from support.endpoint_runner import WAYS, Runner, runner
from support.rillet.books import books


@pytest.fixture
def standin() -> StandIn:
    return books()


@pytest.fixture(params=WAYS)
def run(request: pytest.FixtureRequest, standin: StandIn) -> Iterator[Runner[rillet.Client]]:
    way: str = request.param
    with runner(
        way,
        standin,
        rillet.Client,
        rillet.AsyncClient,
        api_key=standin.api_key,
        pacer=rillet.Pacer(100_000),
        options=rillet.Options(retry=rillet.RetryPolicy(base=0.0)),
    ) as made:
        yield made
