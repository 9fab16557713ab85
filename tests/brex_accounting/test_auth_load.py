from __future__ import annotations

import asyncio
import itertools
import threading

import pytest

from authorization_server import REFUSED, WHO_AM_I, Brex, Clock, app, connection
from brex_accounting.auth import OAuth
from brex_accounting.oauth import (
    ConsentRequiredError,
)
from brex_accounting.tokens import MemoryTokenStore
from clientkit.client import AsyncBaseClient, BaseClient
from clientkit.exchange import (
    Answer,
    Flow,
    Outgoing,
    Send,
    Wait,
)
from clientkit.testing import (
    json_answer,
)
from clientkit.transport import InProcess


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def brex() -> Brex:
    return Brex()


@pytest.fixture
def store(brex: Brex) -> MemoryTokenStore:
    return MemoryTokenStore(brex.seed())


@pytest.fixture
def oauth(store: MemoryTokenStore, clock: Clock) -> OAuth:
    return OAuth(app(), store, clocks=clock.clocks())


@pytest.mark.parametrize("refusal", [401, 403])
def test_fifty_threads_with_an_expired_token_renew_it_once(clock: Clock, refusal: int) -> None:
    brex = Brex(refusal=refusal)
    oauth = OAuth(app(), MemoryTokenStore(brex.seed()), clocks=clock.clocks())
    refused, renewed, counted = threading.Event(), threading.Event(), itertools.count(1)
    transport, answers = brex.transport(), list[object]()

    def handle(outgoing: Outgoing) -> Answer:
        if outgoing.url.endswith("token"):
            assert refused.wait(30)
            answer = transport.send(outgoing)
            renewed.set()
            return answer
        answer = transport.send(outgoing)
        if answer.status == refusal and next(counted) == 50:
            refused.set()
        return answer

    made = BaseClient(connection(oauth, clock), InProcess(handle), sleep=renewed.wait)
    threads = [threading.Thread(target=lambda: answers.append(made.execute(WHO_AM_I))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [{"id": "cuacc_1"}] * 50
    assert (brex.granted, brex.paths.count("company")) == (1, 100)


@pytest.mark.parametrize("refusal", [401, 403])
def test_fifty_tasks_with_an_expired_token_renew_it_once(clock: Clock, refusal: int) -> None:
    brex = Brex(refusal=refusal)
    oauth = OAuth(app(), MemoryTokenStore(brex.seed()), clocks=clock.clocks())

    class Slow:
        """A transport whose token endpoint answers when everybody has been refused."""

        def __init__(self) -> None:
            self.inner, self.refused, self.everybody = brex.async_transport(), 0, asyncio.Event()

        async def send(self, outgoing: Outgoing) -> Answer:
            if outgoing.url.endswith("token"):
                await self.everybody.wait()
            answer = await self.inner.send(outgoing)
            if answer.status == refusal:
                self.refused += 1
            if self.refused == 50:
                self.everybody.set()
            return answer

        async def aclose(self) -> None:
            """Nothing is held."""

    async def scenario() -> list[object]:
        made = AsyncBaseClient(connection(oauth, clock), Slow(), sleep=lambda _: asyncio.sleep(0))
        return await asyncio.gather(*(made.execute(WHO_AM_I) for _ in range(50)))

    assert asyncio.run(scenario()) == [{"id": "cuacc_1"}] * 50
    assert (brex.granted, brex.paths.count("company")) == (1, 100)


def test_over_sockets_threads_renew_once(brex: Brex, clock: Clock) -> None:
    with brex.serve() as url:
        oauth = OAuth(app(url), MemoryTokenStore(brex.seed()), clocks=clock.clocks())
        with BaseClient(connection(oauth, clock, url)) as made:
            answers = list[object]()
            threads = [threading.Thread(target=lambda: answers.append(made.execute(WHO_AM_I))) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert answers == [{"id": "cuacc_1"}] * 8
    assert brex.granted == 1


def waited(flow: Flow[bool]) -> tuple[float, object]:
    """How long a flow waits that does nothing else, and what it gives."""
    seconds = 0.0
    try:
        while True:
            step = next(flow)
            assert isinstance(step, Wait)
            seconds += step.seconds
    except StopIteration as stop:
        return seconds, stop.value


def test_who_waits_does_so_no_longer_than_it_may(oauth: OAuth) -> None:
    leader = oauth.renew(REFUSED, 10.0)
    assert isinstance(next(leader), Send)
    follower = oauth.renew(REFUSED, 1.0)
    seconds, outcome = waited(follower)
    assert seconds == pytest.approx(1.0, abs=0.1)
    assert outcome is False
    leader.close()


def test_without_time_nothing_is_asked(oauth: OAuth) -> None:
    assert waited(oauth.renew(REFUSED, 0.0)) == (0.0, False)


def test_when_the_first_gives_up_the_next_asks(brex: Brex, oauth: OAuth) -> None:
    leader, follower = oauth.renew(REFUSED, 10.0), oauth.renew(REFUSED, 10.0)
    assert isinstance(next(leader), Send)
    assert isinstance(next(follower), Wait)
    leader.close()
    step = next(follower)
    assert isinstance(step, Send)
    with pytest.raises(StopIteration) as ended:
        follower.send(brex.transport().send(step.outgoing))
    assert ended.value.value is True
    assert oauth.header() == "Bearer access-1"


def test_a_failure_reaches_everybody_who_waits(oauth: OAuth) -> None:
    leader, follower = oauth.renew(REFUSED, 10.0), oauth.renew(REFUSED, 10.0)
    assert isinstance(next(leader), Send)
    assert isinstance(next(follower), Wait)
    no = json_answer(400, {"error": "invalid_grant"})
    with pytest.raises(ConsentRequiredError) as first:
        leader.send(no)
    with pytest.raises(ConsentRequiredError) as second:
        next(follower)
    assert str(second.value) == str(first.value)
    assert second.value is not first.value
