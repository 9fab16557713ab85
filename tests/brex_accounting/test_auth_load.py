from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from brex_accounting import AsyncClient, Client
from brex_accounting.company import Company
from brex_accounting.oauth import AuthorizationError, ConsentRequiredError
from brex_accounting.renewing import OAuth
from brex_accounting.testing import StandIn
from brex_accounting.tokens import MemoryTokenStore, Tokens
from clientkit.pacing import Pacer
from clientkit.testing import Action, AnswerLost, AnswerTruncated, Fault, RequestLost, Respond, json_answer
from clientkit.transport import AsyncHttpTransport, AsyncTransport, HttpTransport, Transport
from clientkit.wire import Answer, Flow, Outgoing, Send, Wait
from support.brex.oauth import ONCE, REFUSED, app, client, clocks, new_brex, paths, seed
from support.clocks import ManualClock

MANY = 50
OVER = pytest.mark.parametrize("is_served", [False, True], ids=["in-process", "over-sockets"])


def at_token_endpoint(outgoing: Outgoing) -> bool:
    return outgoing.url.endswith("/token")


class Together:
    """A transport whose token endpoint answers when all of the callers were refused."""

    def __init__(self, inner: Transport) -> None:
        self.inner, self.refused, self.everybody = inner, 0, threading.Event()
        self._lock = threading.Lock()

    def send(self, outgoing: Outgoing) -> Answer:
        if at_token_endpoint(outgoing):
            assert self.everybody.wait(30)
        answer = self.inner.send(outgoing)
        with self._lock:
            self.refused += answer.status in {401, 403}
            if self.refused == MANY:
                self.everybody.set()
        return answer

    def close(self) -> None:
        self.inner.close()


class AsyncTogether:
    """`Together`, to be awaited; `on_token` is told of each request to the token endpoint, and of its answer."""

    def __init__(self, inner: AsyncTransport, on_token: Callable[[str], object] = lambda _: None) -> None:
        self.inner, self.refused, self.everybody = inner, 0, asyncio.Event()
        self.on_token = on_token

    async def send(self, outgoing: Outgoing) -> Answer:
        if at_token_endpoint(outgoing):
            await self.everybody.wait()
            self.on_token("request")
        answer = await self.inner.send(outgoing)
        if at_token_endpoint(outgoing):
            self.on_token("answer")
            await asyncio.sleep(0)
        self.refused += answer.status in {401, 403}
        if self.refused == MANY:
            self.everybody.set()
        return answer

    async def aclose(self) -> None:
        await self.inner.aclose()


@contextmanager
def reached(brex: StandIn, *, is_served: bool) -> Generator[str]:
    """Where the stand-in is: on loopback if it is served, else anywhere."""
    if is_served:
        with brex.serve() as url:
            yield url
    else:
        yield "https://stand-in.test"


def shortly(_: float) -> None:
    """Other threads go first."""
    time.sleep(0.001)


def by_threads(
    brex: StandIn,
    store: MemoryTokenStore,
    clock: ManualClock,
    *,
    is_served: bool,
    wrap: Callable[[Transport], Transport] = lambda inner: inner,
) -> list[object]:
    """What each of many threads gets, which meet an expired token at the same time."""
    found = list[object]()
    with reached(brex, is_served=is_served) as url:
        transport = Together(wrap(HttpTransport(proxies=False) if is_served else brex.transport()))
        made = Client(
            OAuth(app(url), store, clocks=clocks(clock)),
            base_url=url,
            options=ONCE,
            pacer=Pacer(1_000_000),
            transport=transport,
            clocks=clocks(clock),
            sleep=shortly,
        )

        def call() -> None:
            try:
                found.append(made.company.get())
            except (AuthorizationError, Killed) as error:
                found.append(error)

        threads = [threading.Thread(target=call) for _ in range(MANY)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        transport.close()
    return found


def by_tasks(
    brex: StandIn,
    store: MemoryTokenStore,
    clock: ManualClock,
    *,
    is_served: bool = False,
    on_token: Callable[[str], object] = lambda _: None,
) -> list[Company | BaseException]:
    """`by_threads` with tasks."""

    async def scenario(url: str) -> list[Company | BaseException]:
        inner: AsyncTransport = AsyncHttpTransport(proxies=False) if is_served else brex.async_transport()
        transport = AsyncTogether(inner, on_token)
        made = AsyncClient(
            OAuth(app(url), store, clocks=clocks(clock)),
            base_url=url,
            options=ONCE,
            pacer=Pacer(1_000_000),
            transport=transport,
            clocks=clocks(clock),
            sleep=lambda _: asyncio.sleep(0.001),
        )
        try:
            return await asyncio.gather(*(made.company.get() for _ in range(MANY)), return_exceptions=True)
        finally:
            await transport.aclose()

    with reached(brex, is_served=is_served) as url:
        return asyncio.run(scenario(url))


def works(brex: StandIn, store: MemoryTokenStore, clock: ManualClock) -> bool:
    """Whether a new process, with nothing but the store, can make a call."""
    brex.faults.clear()
    found = client(brex, OAuth(app(), store, clocks=clocks(clock)), clock).company.get()
    return found == brex.team.company


@OVER
@pytest.mark.parametrize("refusal", [401, 403])
def test_fifty_threads_with_an_expired_token_renew_it_once(clock: ManualClock, refusal: int, is_served: bool) -> None:
    brex = new_brex(clock, refusal=refusal)
    store = MemoryTokenStore(seed(brex))
    assert by_threads(brex, store, clock, is_served=is_served) == [brex.team.company] * MANY
    assert (brex.oauth.granted, paths(brex).count("company")) == (1, 2 * MANY)
    assert works(brex, store, clock)
    assert brex.oauth.granted == 1


@OVER
@pytest.mark.parametrize("refusal", [401, 403])
def test_fifty_tasks_with_an_expired_token_renew_it_once(clock: ManualClock, refusal: int, is_served: bool) -> None:
    brex = new_brex(clock, refusal=refusal)
    store = MemoryTokenStore(seed(brex))
    assert by_tasks(brex, store, clock, is_served=is_served) == [brex.team.company] * MANY
    assert (brex.oauth.granted, paths(brex).count("company")) == (1, 2 * MANY)
    assert works(brex, store, clock)
    assert brex.oauth.granted == 1


def test_fifty_threads_and_fifty_tasks_of_one_credential_renew_once(
    brex: StandIn, oauth: OAuth, clock: ManualClock
) -> None:
    made = brex.client(token=oauth, clocks=clocks(clock), sleep=shortly)
    amade = brex.async_client(token=oauth, clocks=clocks(clock), sleep=lambda _: asyncio.sleep(0.001))

    async def tasks() -> list[Company]:
        return await asyncio.gather(*(amade.company.get() for _ in range(MANY)))

    with ThreadPoolExecutor(MANY + 1) as threads:
        by_all_tasks = threads.submit(asyncio.run, tasks())
        found = [each.result() for each in [threads.submit(made.company.get) for _ in range(MANY)]]
    assert found + by_all_tasks.result() == [brex.team.company] * 2 * MANY
    assert brex.oauth.granted == 1


FAULTS: dict[str, Action] = {
    "request lost": RequestLost(),
    "answer lost": AnswerLost(),
    "answer cut": AnswerTruncated(),
    "server error": Respond(json_answer(503, {})),
    "rate limit": Respond(json_answer(429, {})),
}


@OVER
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_token_endpoint_fails_none_of_fifty_calls(
    brex: StandIn, store: MemoryTokenStore, clock: ManualClock, fault: str, is_served: bool
) -> None:
    brex.faults.append(Fault(FAULTS[fault], matches=lambda asked: asked.path.endswith("/token")))
    assert by_threads(brex, store, clock, is_served=is_served) == [brex.team.company] * MANY
    # What was lost with an answer was granted all the same.
    assert brex.oauth.granted == (2 if fault in {"answer lost", "answer cut"} else 1)
    assert works(brex, store, clock)


class FaultyDisk(MemoryTokenStore):
    """A store that fails at the first save, before it has written or after."""

    def __init__(self, tokens: Tokens, fails: str) -> None:
        super().__init__(tokens)
        self.fails = fails

    def save(self, tokens: Tokens) -> None:
        fails, self.fails = self.fails, ""
        if fails == "before":
            raise OSError("disk full")
        super().save(tokens)
        if fails == "after":
            raise OSError("disk slow")


@pytest.mark.parametrize("fails", ["before", "after"])
def test_a_store_that_fails_under_fifty_threads_loses_no_token(brex: StandIn, clock: ManualClock, fails: str) -> None:
    store = FaultyDisk(seed(brex), fails)
    found = by_threads(brex, store, clock, is_served=False)
    failed = [each for each in found if each != brex.team.company]
    assert failed
    assert {type(each) for each in failed} == {AuthorizationError}
    assert brex.oauth.granted == 1
    assert works(brex, store, clock)


class Killed(BaseException):
    """The end of a worker."""


class Killing:
    """A transport that ends the worker which renews first, before its request is sent or before its answer is read."""

    def __init__(self, inner: Transport, moment: str) -> None:
        self.inner, self.moment, self.is_armed = inner, moment, True

    def send(self, outgoing: Outgoing) -> Answer:
        is_hit = at_token_endpoint(outgoing) and self.is_armed
        self.is_armed = self.is_armed and not is_hit
        if is_hit and self.moment == "request":
            raise Killed
        answer = self.inner.send(outgoing)
        if is_hit:
            raise Killed
        return answer

    def close(self) -> None:
        self.inner.close()


@OVER
@pytest.mark.parametrize("moment", ["request", "answer"])
def test_a_worker_that_dies_while_it_renews_leaves_that_to_another(
    brex: StandIn, store: MemoryTokenStore, clock: ManualClock, moment: str, is_served: bool
) -> None:
    found = by_threads(brex, store, clock, is_served=is_served, wrap=lambda inner: Killing(inner, moment))
    assert [type(each) for each in found if each != brex.team.company] == [Killed]
    assert brex.oauth.granted == (2 if moment == "answer" else 1)
    assert works(brex, store, clock)


@pytest.mark.parametrize("moment", ["request", "answer"])
def test_a_task_that_is_cancelled_while_it_renews_leaves_that_to_another(
    brex: StandIn, store: MemoryTokenStore, clock: ManualClock, moment: str
) -> None:
    cancelled = list[str]()

    def cancel_the_first(reached: str) -> None:
        if reached == moment and not cancelled:
            cancelled.append(reached)
            task = asyncio.current_task()
            assert task is not None
            task.cancel()

    found = by_tasks(brex, store, clock, on_token=cancel_the_first)
    assert [type(each) for each in found if each != brex.team.company] == [asyncio.CancelledError]
    assert works(brex, store, clock)


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


def test_when_the_first_gives_up_the_next_asks(brex: StandIn, oauth: OAuth) -> None:
    leader, follower = oauth.renew(REFUSED, 10.0), oauth.renew(REFUSED, 10.0)
    assert isinstance(next(leader), Send)
    assert isinstance(next(follower), Wait)
    leader.close()
    step = next(follower)
    assert isinstance(step, Send)
    with pytest.raises(StopIteration) as ended:
        follower.send(brex.transport().send(step.outgoing))
    assert ended.value.value is True
    assert oauth.header() == "Bearer access-2"


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
