"""What stands between a client and the stand-in's endpoints: keys, rate limit, cursors, and faults."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit.call_context import Clocks
from clientkit.errors import EarlierTry
from clientkit.testing import AnswerLost, AnswerTruncated, Fault, RequestLost
from rillet import (
    BadRequestError,
    Client,
    ConflictError,
    ConnectionLostError,
    NewVendor,
    Options,
    Pacer,
    RateLimitedError,
    Request,
    RetryPolicy,
    UnauthorizedError,
    Vendor,
)
from rillet.testing import RATE_LIMIT, StandIn
from support.clocks import ManualClock
from support.endpoint_runner import Runner
from support.rillet.books import CHARGE, REIMBURSEMENT, START, books, charge, item

KEY = "5f2b6c1e-0000-4000-8000-000000000001"


def test_one_key_posts_once(run: Runner[Client], standin: StandIn) -> None:
    first = run.call(lambda client: client.charges.create(CHARGE, idempotency_key=KEY))
    other_body = charge(item("1.00"))
    again = run.call(lambda client: client.charges.create(other_body, idempotency_key=KEY))

    assert again == first
    assert standin.charges == (first,)


def test_every_call_has_a_key_of_its_own(run: Runner[Client], standin: StandIn) -> None:
    for _ in range(2):
        run.call(lambda client: client.charges.create(CHARGE))
    run.call(lambda client: client.reimbursements.create(REIMBURSEMENT))

    keys = [asked.headers["idempotency-key"] for asked in standin.asked]
    assert len(set(keys)) == 3
    assert len(standin.charges) == 2


@given(faults=st.lists(st.sampled_from([RequestLost, AnswerLost, AnswerTruncated]), max_size=4))
def test_a_charge_is_posted_once_however_often_the_connection_breaks(
    faults: list[type[RequestLost | AnswerLost | AnswerTruncated]],
) -> None:
    standin = books()
    standin.faults.extend(Fault(fault()) for fault in faults)

    made = standin.client().charges.create(CHARGE)

    assert standin.charges == (made,)
    assert len({asked.headers["idempotency-key"] for asked in standin.asked}) == 1


def test_over_sockets_too(run: Runner[Client], standin: StandIn) -> None:
    standin.faults.extend([Fault(AnswerLost()), Fault(AnswerTruncated()), Fault(RequestLost())])
    made = run.call(lambda client: client.charges.create(CHARGE))
    assert standin.charges == (made,)


def test_a_connection_that_stays_broken_is_told_with_its_attempts(run: Runner[Client], standin: StandIn) -> None:
    standin.faults.append(Fault(AnswerLost(), times=99))
    with pytest.raises(ConnectionLostError) as caught:
        run.call(lambda client: client.charges.create(CHARGE))
    assert len(caught.value.attempts) == 4
    assert all(isinstance(attempt, EarlierTry) for attempt in caught.value.attempts)
    assert len(standin.charges) == 1


def test_a_delete_whose_answer_was_lost_is_done(run: Runner[Client], standin: StandIn) -> None:
    made = run.call(lambda client: client.charges.create(CHARGE))
    standin.faults.append(Fault(AnswerLost()))
    run.call(lambda client: client.charges.delete(made.id))
    assert standin.charges == ()


def test_a_failure_is_not_kept_under_its_key(run: Runner[Client], standin: StandIn) -> None:
    with pytest.raises(BadRequestError):
        run.call(lambda client: client.charges.create(charge(item("1.001")), idempotency_key=KEY))
    made = run.call(lambda client: client.charges.create(charge(item("1.00")), idempotency_key=KEY))
    assert standin.charges == (made,)


def test_a_key_is_forgotten_after_a_day() -> None:
    clock = ManualClock(START)
    standin = books(clock)
    client = standin.client()
    first = client.charges.create(CHARGE, idempotency_key=KEY)

    clock.now = START + timedelta(hours=24) - timedelta(microseconds=1)
    assert client.charges.create(CHARGE, idempotency_key=KEY) == first
    clock.now = START + timedelta(hours=24)
    assert client.charges.create(CHARGE, idempotency_key=KEY) != first


def test_a_test_can_make_a_day_pass_for_the_keys(standin: StandIn) -> None:
    client = standin.client()
    first = client.charges.create(CHARGE, idempotency_key=KEY)
    standin.idempotency_keys.forget_all()
    assert client.charges.create(CHARGE, idempotency_key=KEY).id != first.id


def test_keys_count_on_post_alone(standin: StandIn) -> None:
    client = standin.client()
    vendor = standin.vendors[0]
    for name in ("first", "second"):
        path = f"/vendors/{vendor.id}"
        body = NewVendor(name=name)
        client.execute(Request(method="PUT", path=path, returns=Vendor, body=body, idempotency_key=KEY))
    assert client.vendors.get(vendor.id).name == "second"


def test_a_second_request_waits_for_the_first(run: Runner[Client], standin: StandIn) -> None:
    standin.idempotency_keys.hold(KEY, times=2)
    made = run.call(lambda client: client.charges.create(CHARGE, idempotency_key=KEY))

    assert standin.charges == (made,)
    assert len(standin.asked) == 3


def test_a_first_request_that_never_ends_is_a_conflict(run: Runner[Client], standin: StandIn) -> None:
    standin.idempotency_keys.hold(times=99)
    with pytest.raises(ConflictError):
        run.call(lambda client: client.charges.create(CHARGE))
    assert standin.charges == ()


def test_above_the_rate_limit_answers_are_bare() -> None:
    clock = ManualClock(START)
    standin = books(clock, rate_limit=(2, 60.0))
    once = standin.client(options=Options(retry=RetryPolicy(attempts=1)))
    once.organization.get()
    clock.advance(30)
    once.organization.get()

    with pytest.raises(RateLimitedError) as caught:
        once.organization.get()
    assert (caught.value.content, caught.value.code) == (b"", None)
    assert "retry-after" not in caught.value.headers

    clock.advance(30)
    once.organization.get()
    with pytest.raises(RateLimitedError):
        once.organization.get()


def test_a_client_at_rillets_pace_never_meets_the_limit() -> None:
    clock = ManualClock(START)
    standin = books(clock, rate_limit=RATE_LIMIT)
    clocks = Clocks(monotonic=lambda: clock().timestamp(), wall=lambda: clock().timestamp(), chance=lambda: 0.0)
    paced = standin.client(pacer=Pacer(*RATE_LIMIT), clocks=clocks, sleep=clock.advance)
    for _ in range(150):
        paced.organization.get()

    assert len(standin.asked) == 150
    assert timedelta(seconds=120) <= clock() - START < timedelta(seconds=121)


@pytest.mark.parametrize("used", [0, 20, 45, 59])
def test_what_others_use_of_the_limit_is_waited_out(used: int) -> None:
    clock = ManualClock(START)
    standin = books(clock, rate_limit=RATE_LIMIT)
    clocks = Clocks(monotonic=lambda: clock().timestamp(), wall=lambda: clock().timestamp(), chance=lambda: 0.5)

    def client() -> Client:
        # Another program has a pacer of its own, and so has the next run of the same one.
        return standin.client(pacer=Pacer(*RATE_LIMIT), clocks=clocks, sleep=clock.advance)

    for _ in range(60):
        client().organization.get()
    clock.advance(used)
    second = client()
    for _ in range(60):
        second.organization.get()
    assert clock() - START <= timedelta(seconds=2 * 60 + 45)


def test_another_key_is_refused(run: Runner[Client], standin: StandIn) -> None:
    standin.api_key = "changed"
    with pytest.raises(UnauthorizedError) as caught:
        run.call(lambda client: client.organization.get())
    assert (caught.value.code, caught.value.trace_id is not None) == ("unauthorized", True)
