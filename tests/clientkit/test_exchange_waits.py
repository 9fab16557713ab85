"""How long a call waits: before it is repeated, for a limit that others use too, and up to its deadline."""

from __future__ import annotations

import logging
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit import (
    Answer,
    Options,
    Pacer,
    RetryPolicy,
    errors,
)
from clientkit.exchange import call_flow
from clientkit.testing import Fault, Respond, no_wait
from clientkit.verdicts import Verdict
from clientkit.wire import Exchanged, Send, TransportFailure, Wait
from support.exchanges import GET, KEYED, LOST, OK, UNKEYED, World
from support.exchanges import UNTIL_MIDNIGHT as _UNTIL_MIDNIGHT
from support.exchanges import status_answer as _status
from support.shop import Shop, ShopStandIn, connect

# --- waits ------------------------------------------------------------------------------------------


@given(
    retry=st.integers(1, 5_000),
    jitter=st.floats(0, 1, exclude_max=True),
    base=st.floats(0, 10),
    ceiling=st.floats(0, 60),
)
def test_the_wait_lies_between_half_and_all_of_its_bound(
    retry: int, jitter: float, base: float, ceiling: float
) -> None:
    wait = RetryPolicy(base=base, ceiling=ceiling).wait(retry, LOST, wall_time=0.0, chance=jitter)
    full = min(ceiling, base * 2 ** min(retry - 1, 64))
    assert full / 2 <= wait <= full


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("0", 0.0), ("7", 7.0), ("60", 60.0), (" 7 ", 7.0),
        (formatdate(_UNTIL_MIDNIGHT + 12, usegmt=True), 12.0), (formatdate(_UNTIL_MIDNIGHT - 12, usegmt=True), 0.0),
        ("Mon, 12 Jan 1970 13:46:52", 12.0), ("Mon Jan 12 13:46:52 1970", 12.0),
        # Not followed: the client's own wait, which is half a second with the highest jitter.
        ("61", 0.5), ("9" * 400, 0.5), ("-1", 0.5), ("1.5", 0.5), ("soon", 0.5), ("", 0.5),
        ("Mon, 99 Jan 99999 00:00:00 GMT", 0.5), (formatdate(_UNTIL_MIDNIGHT + 61, usegmt=True), 0.5),
    ],
)  # fmt: skip
def test_the_service_tells_when_to_come_back(told: str, wait: float) -> None:
    world = World([_status(429, retry_after=told), OK])
    world.run(UNKEYED)
    assert world.waits == [wait]


@given(
    st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d [+-]?\w{0,12}")
)
def test_no_retry_after_hides_the_answer(told: str) -> None:
    world = World([_status(429, retry_after=told), OK])
    assert world.run(UNKEYED).status == 200
    assert 0 <= world.waits[0] <= 60


# --- a limit that others use too ---------------------------------------------------------------------


def test_a_window_is_waited_out_and_counts_as_no_attempt() -> None:
    world = World([*[_status(429)] * 6, OK], jitter=0.5)
    pacer = Pacer(60)
    assert world.run(UNKEYED, world.context(Options(retry=RetryPolicy(attempts=2)), pacer)).status == 200
    assert world.waits == [30.0] * 6
    # Nobody else who uses the limit sends meanwhile.
    world = World([_status(429), OK], jitter=0.5)
    flow = call_flow(GET, world.context(pacer=(shared := Pacer(60))))
    assert isinstance(next(flow), Send)
    assert flow.send(_status(429)) == Wait(30.0, is_unsent=True)
    assert shared.reserve(world.time + 1) == 29.0


def test_a_window_is_waited_out_within_the_deadline() -> None:
    world = World([_status(429)] * 20, jitter=0.0)
    with pytest.raises(errors.RateLimitedError) as caught:
        world.run(KEYED, world.context(Options(deadline=100.0), Pacer(60)))
    assert world.waits == [15.0] * 6
    assert caught.value.verdict is Verdict.PASSING
    world = World([LOST, *[_status(429)] * 20], jitter=0.0)
    with pytest.raises(errors.DeadlineExceededError):
        world.run(KEYED, world.context(Options(deadline=100.0), Pacer(60)))


def test_one_attempt_means_one() -> None:
    world = World([_status(429)])
    with pytest.raises(errors.RateLimitedError):
        world.run(GET, world.context(Options(retry=RetryPolicy(attempts=1)), Pacer(60)))
    assert not world.waits


def test_a_service_that_always_says_at_once_is_not_believed_twice() -> None:
    world = World([*[_status(429, retry_after="0")] * 3, _status(429, retry_after="50"), OK], jitter=0.5)
    world.run(GET, world.context(pacer=Pacer(60)))
    assert world.waits == [0.0, 30.0, 30.0, 50.0]


def test_failures_between_are_counted_by_themselves() -> None:
    world = World([_status(503), _status(429), _status(503), _status(429), _status(503)], jitter=0.5)
    with pytest.raises(errors.ServerError):
        world.run(GET, world.context(Options(retry=RetryPolicy(attempts=3, base=1.0)), Pacer(60)))
    assert world.waits == [0.75, 30.0, 1.5, 30.0]


def test_a_wait_that_takes_no_time_ends_all_the_same() -> None:
    # Stand-ins do not wait, and the clock does not move.
    standin = ShopStandIn()
    standin.faults.append(Fault(Respond(Answer(status=429)), times=10**6))
    shop = Shop(connect(pacer=Pacer(60)), standin.transport(), sleep=no_wait)
    with pytest.raises(errors.RateLimitedError):
        shop.items.get("a")
    assert len(standin.asked) < 30


# --- the deadline ------------------------------------------------------------------------------------------


@given(
    deadline=st.floats(0.1, 100),
    timeout=st.floats(0.1, 100),
    takes=st.floats(0, 30),
    base=st.floats(0, 20),
    paced=st.booleans(),
    retry_after=st.none() | st.integers(0, 60),
)
def test_attempts_waits_and_pace_stay_within_the_deadline(
    *, deadline: float, timeout: float, takes: float, base: float, paced: bool, retry_after: int | None
) -> None:
    told = {} if retry_after is None else {"retry_after": str(retry_after)}
    world = World([_status(503, **told)] * 1_000, takes=takes)
    options = Options(deadline=deadline, timeout=timeout, retry=RetryPolicy(attempts=20, base=base))
    start = world.time
    with pytest.raises(errors.ApiError) as caught:
        world.run(GET, world.context(options, Pacer(2, 5.0) if paced else None))
    assert isinstance(caught.value, errors.DeadlineExceededError | errors.ServerError)
    assert world.time - takes < start + deadline + 1e-6
    assert all(0 < sent.timeout <= min(timeout, deadline) + 1e-6 for sent in world.sent)


def test_a_deadline_error_keeps_what_came_before() -> None:
    world = World([_status(503, retry_after="50")])
    with pytest.raises(
        errors.DeadlineExceededError, match=r"deadline of 20 s passed: the next attempt would come after it"
    ) as caught:
        world.run(GET, world.context(Options(deadline=20)))
    assert isinstance(caught.value.__cause__, errors.ServerError)
    assert not world.waits


def test_a_pace_that_takes_longer_than_the_deadline() -> None:
    world = World([OK])
    pacer = Pacer(1, 60.0)
    pacer.reserve(world.time)
    with pytest.raises(errors.DeadlineExceededError, match="keeping to 1 requests in 60 s takes longer"):
        world.run(GET, world.context(Options(deadline=20), pacer))
    assert not world.sent


def test_the_pace_is_kept_by_waiting() -> None:
    world = World([OK])
    pacer = Pacer(1, 60.0)
    pacer.reserve(world.time)
    world.run(GET, world.context(pacer=pacer))
    assert world.waits == [pytest.approx(60.005)]


def test_a_machine_that_slept_through_the_deadline() -> None:
    world = World([_status(503), OK], takes=0.0)
    context = world.context(Options(deadline=20))
    flow = call_flow(GET, context)
    assert isinstance(next(flow), Send)
    assert isinstance(flow.send(_status(503)), Wait)
    world.time += 1_000
    with pytest.raises(errors.DeadlineExceededError, match="no time is left"):
        next(flow)


_REFUSED = TransportFailure("connection refused", sent=False)


@pytest.mark.parametrize(
    ("script", "verdict", "advice"),
    [
        ([_REFUSED] * 9, Verdict.PASSING, "repeating it is safe"),
        ([_status(429), *[_REFUSED] * 9], Verdict.PASSING, "repeating it is safe"),
        ([LOST, *[_REFUSED] * 9], Verdict.UNCLEAR, "may have carried the request out"),
        ([_REFUSED, *[LOST] * 9], Verdict.UNCLEAR, "may have carried the request out"),
    ],
    ids=["refused", "turned away, then refused", "lost, then refused", "refused, then lost"],
)
def test_after_the_deadline_it_is_known_whether_anything_may_be_done(
    script: list[Exchanged], verdict: Verdict, advice: str
) -> None:
    world, options = World(script, takes=30.0), Options(deadline=100.0, retry=RetryPolicy(attempts=99))

    with pytest.raises(errors.DeadlineExceededError) as raised:
        world.run(KEYED, world.context(options, Pacer(60)))

    assert (raised.value.verdict, raised.value.is_unsent) == (verdict, verdict is Verdict.PASSING)
    assert advice in str(raised.value)


@pytest.mark.parametrize(
    ("window", "said"),
    [(30.0, ["Shop GET /items/a: waits 30 s for its turn in the rate limit"]), (3.0, [])],
)
def test_a_long_wait_for_the_rate_limit_is_in_the_log(
    caplog: pytest.LogCaptureFixture, window: float, said: list[str]
) -> None:
    world, pacer = World([OK]), Pacer(1, window)
    pacer.reserve(world.time)

    with caplog.at_level(logging.INFO, "clientkit"):
        world.run(GET, world.context(pacer=pacer))

    assert caplog.messages == said
    assert len(world.waits) == 1
