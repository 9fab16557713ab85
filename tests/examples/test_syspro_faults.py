"""Whatever goes wrong on the way to SYSPRO: nothing is posted twice, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import date, timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from clientkit import Answer, ApiError, Outgoing, dumps
from clientkit.testing import Action, AnswerLost, Asked, Fault, RequestLost, Respond, json_answer
from support.companies.in_syspro import World, expense, posts
from syspro.client import Client, Journal
from syspro.standin import StandIn

EXPIRED = json_answer(401, {"Code": "SESSION_EXPIRED", "Message": "The session has expired; log on again"})


class Forgetful(StandIn):
    """Every session expires once, when a few journals are there."""

    has_forgotten = False

    @override
    def take(self, asked: Asked) -> tuple[Answer | None, Action | None]:
        with self._lock:
            if posts(asked) and len(self.journals) == 3 and not self.has_forgotten:
                self.has_forgotten = True
                self.end_sessions()
            return super().take(asked)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, *(expense(number) for number in range(1, 9)))


@pytest.mark.parametrize("times", [1, 5, 12])
@pytest.mark.parametrize("action", [AnswerLost(), RequestLost(), Respond(Answer(status=503))], ids=str)
def test_lost_answers_and_a_service_that_is_down(world: World, action: Action, times: int) -> None:
    world.syspro.faults.append(Fault(action, matches=posts, times=times))
    world.run()
    world.syspro.faults.clear()
    assert world.run().complete
    assert world.is_settled()


@pytest.mark.parametrize("served", [False, True])
def test_an_expired_session_in_the_middle_is_no_failure(world: World, *, served: bool) -> None:
    world.syspro = Forgetful(suppliers=["Cumulus Cloud"])
    with ExitStack() as stack:
        client = world.syspro.client()
        if served:
            client = stack.enter_context(Client(stack.enter_context(world.syspro.serve()), world.syspro.log_on))
        outcome = world.run(client)

    assert outcome.complete
    assert outcome.counts.posted == 8
    assert world.is_settled()
    assert sum(asked.path == "/Utilities/Logon" for asked in world.syspro.asked) == 2


def test_a_log_on_that_is_refused_ends_the_run(world: World) -> None:
    wrong = attrs.evolve(world.syspro.log_on, password="changed by somebody")
    client = world.syspro.client()
    in_use = world.syspro.log_on
    client.company.get()

    def change_password(asked: Asked) -> bool:
        if posts(asked):
            world.syspro.log_on = wrong
            world.syspro.end_sessions()
        return False

    world.syspro.faults.append(Fault(RequestLost(), matches=change_password))
    first = world.run(client)
    world.syspro.faults.clear()
    world.syspro.log_on = in_use

    assert "LOGON_FAILED" in (first.stopped or "")
    assert world.run().complete
    assert world.is_settled()


class Killed:
    """The transport of a process that dies before or after its nth journal: nothing leaves it afterwards."""

    def __init__(self, inner: Callable[[Outgoing], Answer], nth: int, *, after: bool) -> None:
        self._inner, self._left, self._after, self._guard = inner, nth, after, threading.Lock()

    def send(self, outgoing: Outgoing) -> Answer:
        with self._guard:
            self._left -= outgoing.method == "POST" and outgoing.url.endswith("/GenJournal")
            if self._left == 0 and self._after:
                self._inner(outgoing)
            if self._left <= 0:
                self._left, self._after = 0, False
                raise KeyboardInterrupt
            return self._inner(outgoing)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("nth", [1, 3, 8])
def test_a_killed_run_is_finished_by_the_next_one(world: World, nth: int, *, after: bool) -> None:
    transport = Killed(world.syspro.transport().send, nth, after=after)
    killed = world.run(Client("https://syspro.test", world.syspro.log_on, transport=transport))
    for thread in threading.enumerate():
        if thread.name.startswith("export-"):
            thread.join()

    assert "interrupted" in (killed.stopped or "")
    assert len(world.posted()) == nth - 1 + after
    assert world.run().complete
    assert world.is_settled()


def test_what_came_of_a_posting_whose_key_is_forgotten_is_for_a_person(tmp_path: Path) -> None:
    world = World(tmp_path, expense(1))
    world.syspro.faults.append(Fault(RequestLost(), matches=posts, times=5))
    assert world.run().failed
    world.syspro.forget_keys()
    world.clock.advance(timedelta(days=1).total_seconds())

    (failed,) = world.run().failed

    # Journals cannot be searched, so the export neither posts it again nor takes it for posted.
    assert failed.code == "unknown_attempt"
    assert "look for it in SYSPRO" in failed.why
    assert world.posted() == []
    with world.export() as export:
        assert export.replay("accr_001", anew=True).complete
    assert world.is_settled()


def test_a_journal_that_was_deleted_is_posted_anew_by_a_replay(world: World) -> None:
    world.run()
    (lost,) = (each for each in world.syspro.journals.values() if each.reference == "accr_003")
    del world.syspro.journals[lost.id]

    assert world.run().counts.posted == 0
    with world.export() as export:
        assert export.replay("accr_003").counts.posted == 1
        assert export.replay("accr_003").counts.posted == 0

    assert world.is_settled()


def test_another_journal_than_the_one_that_was_sent_counts_as_none(world: World) -> None:
    other = Journal(id="77", day=date(2026, 2, 3), currency="USD", lines=(), reference="accr_999")
    answer = json_answer(200, dumps(other))
    world.syspro.faults.append(Fault(Respond(answer), matches=posts))
    first = world.run()
    assert "which is not what was sent" in first.failed[0].why
    assert world.run().complete
    assert world.is_settled()


_FAULTS = st.lists(
    st.tuples(
        st.sampled_from([AnswerLost(), RequestLost(), Respond(Answer(status=503)), Respond(EXPIRED)]),
        st.integers(1, 7),
        st.integers(0, 9),
    ),
    max_size=4,
)


@settings(max_examples=25)
@given(schedule=st.lists(_FAULTS, max_size=3), in_flight=st.integers(1, 4), merchant=st.sampled_from("AB"))
def test_whatever_goes_wrong_each_record_is_there_once(
    tmp_path_factory: pytest.TempPathFactory,
    schedule: list[list[tuple[Action, int, int]]],
    in_flight: int,
    merchant: str,
) -> None:
    place = tmp_path_factory.mktemp("law")
    world = World(place, *(expense(number, merchant=f"Merchant {merchant}") for number in range(1, 7)))

    for faults in schedule:
        world.syspro.faults[:] = [
            Fault(action, matches=_after(skipped), times=times) for action, times, skipped in faults
        ]
        with suppress(ApiError):  # The books could not be read.
            world.run(in_flight=in_flight)
    world.syspro.faults.clear()

    assert world.run(in_flight=in_flight).complete
    assert world.is_settled()
    assert len(world.syspro.suppliers) == 2


def _after(skipped: int) -> Callable[[Asked], bool]:
    """Matches once so many requests have passed."""
    left = [skipped]

    def matches(_: Asked) -> bool:
        left[0] -= 1
        return left[0] < 0

    return matches
