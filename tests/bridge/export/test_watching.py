"""Watching: when the export runs, over what, and when it ends. No test waits: waiting moves a clock."""

from __future__ import annotations

import asyncio
import copy
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import brex_accounting.testing
from bridge import SettingsError
from bridge.export import (
    Announcements,
    ExportOutcome,
    JournalError,
    SecretsUnavailableError,
    WrongJournalError,
    async_watch,
    watch,
)
from clientkit import labelled
from clientkit.errors import (
    ApiError,
    BadRequestError,
    Call,
    ConfigurationError,
    PagingError,
    UnauthorizedError,
    UnreadableAnswerError,
)
from clientkit.testing import Fault, Respond, json_answer
from clientkit.wire import Answer

HOUR = 3600.0
WELL = ExportOutcome()
STOPPED = ExportOutcome(stopped="Rillet answers 401")

Ended = ExportOutcome | Exception


def ignored(_: Exception) -> None:
    pass


@attrs.define
class World:
    """A clock that waiting moves, announcements by the second, and a record of every run: when, and over what."""

    until: float
    announced: Mapping[float, Sequence[str]] = attrs.field(factory=dict[float, Sequence[str]])
    results: list[Ended] = attrs.field(factory=list[Ended])
    lasting: float = 0.0
    now: float = 0.0
    taken: float = -1.0
    runs: list[tuple[float, tuple[str, ...] | None]] = attrs.field(factory=list[tuple[float, tuple[str, ...] | None]])

    def clock(self) -> float:
        return self.now

    def stop(self) -> bool:
        return self.now >= self.until

    def wait(self, seconds: float) -> Sequence[str]:
        next_told = min((at for at in self.announced if at > self.now), default=self.now + seconds)
        if not self._told():
            self.now = min(self.now + seconds, next_told)
        ids = dict.fromkeys(each for at in self._told() for each in self.announced[at])
        self.taken = self.now
        return tuple(ids)

    def _told(self) -> list[float]:
        return sorted(at for at in self.announced if self.taken < at <= self.now)

    def run(self, ids: Sequence[str] | None) -> ExportOutcome:
        self.runs.append((self.now, None if ids is None else tuple(ids)))
        self.now += self.lasting
        result = self.results.pop(0) if self.results else WELL
        if isinstance(result, Exception):
            raise result
        return result

    def watched(
        self, interval: timedelta = timedelta(hours=1), on_error: Callable[[Exception], object] = ignored
    ) -> list[ExportOutcome]:
        runs = watch(self.run, wait=self.wait, stop=self.stop, interval=interval, clock=self.clock, on_error=on_error)
        return list(runs)

    def async_watched(self, on_error: Callable[[Exception], object] = ignored) -> list[ExportOutcome]:
        async def run(ids: Sequence[str] | None) -> ExportOutcome:
            return self.run(ids)

        async def wait(seconds: float) -> Sequence[str]:
            return self.wait(seconds)

        async def outcomes() -> list[ExportOutcome]:
            runs = async_watch(run, wait=wait, stop=self.stop, clock=self.clock, on_error=on_error)
            return [each async for each in runs]

        return asyncio.run(outcomes())

    @property
    def whole(self) -> list[float]:
        return [at for at, ids in self.runs if ids is None]


def test_it_runs_at_once_and_then_every_hour() -> None:
    world = World(until=2.5 * HOUR)

    outcomes = world.watched()

    assert world.runs == [(0.0, None), (HOUR, None), (2 * HOUR, None)]
    assert outcomes == [WELL] * 3


def test_the_interval_is_from_start_to_start() -> None:
    world = World(until=2.5 * HOUR, lasting=600.0)

    world.watched()

    assert world.whole == [0.0, HOUR, 2 * HOUR]


def test_a_run_longer_than_the_interval_is_followed_by_the_next() -> None:
    world = World(until=2.5 * HOUR, lasting=1.25 * HOUR)

    world.watched()

    assert world.whole == [0.0, 1.25 * HOUR]


def test_announced_records_are_exported_at_once_and_the_rest_on_time() -> None:
    world = World(until=1.5 * HOUR, announced={100.0: ["accr_1", "accr_2"], 200.0: ["accr_3"]})

    world.watched()

    assert world.runs == [(0.0, None), (100.0, ("accr_1", "accr_2")), (200.0, ("accr_3",)), (HOUR, None)]


def test_what_is_announced_during_a_run_is_exported_together_once() -> None:
    world = World(
        until=0.5 * HOUR, lasting=60.0, announced={1.0: ["accr_1"], 2.0: ["accr_2", "accr_1"], 3.0: ["accr_1"]}
    )

    world.watched()

    assert world.runs == [(0.0, None), (60.0, ("accr_1", "accr_2"))]


def test_what_is_announced_before_a_run_over_everything_needs_no_run_of_its_own() -> None:
    world = World(until=0.5 * HOUR, announced={0.0: ["accr_1"]})

    world.watched()

    assert world.runs == [(0.0, None)]


@pytest.mark.parametrize("failure", [ApiError("no answer"), JournalError("locked"), STOPPED])
def test_a_failure_that_may_pass_is_tried_again_after_pauses_that_double(failure: Ended) -> None:
    world = World(until=4 * HOUR, results=[failure] * 7)

    world.watched()

    waits = [later - earlier for earlier, later in zip(world.whole, world.whole[1:], strict=False)]
    assert waits[:8] == [60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, HOUR, HOUR]


def test_after_a_success_pauses_are_short_again() -> None:
    world = World(until=1.9 * HOUR, results=[ApiError("a"), ApiError("b"), WELL, ApiError("c"), WELL])

    world.watched()

    assert world.whole == [0.0, 60.0, 180.0, 180.0 + HOUR, 240.0 + HOUR]


def test_a_pause_is_never_longer_than_the_interval() -> None:
    world = World(until=100.0, results=[ApiError("a")] * 20)

    world.watched(timedelta(seconds=10))

    assert world.whole == [10.0 * number for number in range(10)]


def test_announcements_wait_for_the_end_of_a_pause_and_none_is_lost() -> None:
    world = World(
        until=0.5 * HOUR, results=[WELL, ApiError("Rillet is away")], announced={10.0: ["accr_1"], 30.0: ["accr_2"]}
    )

    world.watched()

    assert world.runs == [(0.0, None), (10.0, ("accr_1",)), (70.0, None)]


def test_a_failed_run_is_logged_and_has_no_outcome(caplog: pytest.LogCaptureFixture) -> None:
    world = World(until=90.0, results=[PagingError("/accounts", "it repeats itself")])

    assert world.watched() == [WELL]
    assert [(each.levelno, each.exc_info) for each in caplog.records] == [(logging.ERROR, None)]
    assert "listing /accounts: it repeats itself verdict=passing" in caplog.text


def test_what_could_not_be_read_is_not_quoted(caplog: pytest.LogCaptureFixture) -> None:
    unreadable = UnreadableAnswerError(
        Call(service="Brex", method="GET", path="/v3/accounting/records"),
        Answer(status=200),
        reason="'jane@example.com' is not an object @ $.items[0].user",
    )

    with caplog.at_level(logging.INFO):
        World(until=90.0, results=[unreadable]).watched()

    text = 'UnreadableAnswerError service=Brex request="GET /v3/accounting/records" status=200'
    assert text in caplog.text
    assert "jane@example.com" not in caplog.text


REFUSED_KEY = UnauthorizedError(Call(service="Rillet", method="GET", path="/organizations/self"), Answer(status=401))


@pytest.mark.parametrize("watched", [World.watched, World.async_watched])
def test_a_run_that_could_not_begin_is_told_to_whoever_asks(watched: Callable[..., list[ExportOutcome]]) -> None:
    told = list[tuple[float, Exception]]()
    locked = JournalError("locked")
    world = World(until=0.5 * HOUR, results=[WELL, REFUSED_KEY, locked], announced={10.0: ["accr_1"]})

    def tell(error: Exception) -> None:
        told.append((world.now, error))

    assert watched(world, on_error=tell) == [WELL, WELL]
    assert told == [(10.0, REFUSED_KEY), (70.0, locked)]


def test_what_is_told_may_end_it() -> None:
    def give_up(error: Exception) -> None:
        raise error

    world = World(until=HOUR, results=[REFUSED_KEY])

    with pytest.raises(UnauthorizedError):
        world.watched(on_error=give_up)


def test_a_refused_key_is_logged_as_what_a_person_has_to_mend(caplog: pytest.LogCaptureFixture) -> None:
    World(until=90.0, results=[REFUSED_KEY]).watched()

    (line,) = (each.getMessage() for each in caplog.records)
    assert line.startswith("The export cannot run before a person mends this; it is tried again: ")
    assert "401" in line


class OwnLedgerError(ApiError):
    """Raised by a ledger of somebody's own, with whatever text."""


def person_quoted() -> ApiError:
    """What a client raises where the service's answer names a person."""
    brex = brex_accounting.testing.StandIn()
    brex.faults.append(Fault(Respond(json_answer(400, {"message": "Ada Example <ada@example.com>"}))))
    with pytest.raises(BadRequestError) as raised:
        list(brex.client().records.list())
    assert "ada@example.com" in str(raised.value)
    return raised.value


@pytest.mark.parametrize("error", [person_quoted(), OwnLedgerError("Ada Example <ada@example.com>")])
def test_what_a_service_answered_is_logged_at_debug_alone(error: ApiError, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    World(until=30.0, results=[error]).watched()

    (line,) = (each.getMessage() for each in caplog.records if each.levelno >= logging.INFO)
    assert "Ada" not in line
    assert f"{type(error).__name__} " in line
    assert f"verdict={error.verdict}" in line
    assert [each for each in caplog.records if "ada@example.com" in each.getMessage()]


def test_keys_of_another_company_are_logged_as_what_a_person_has_to_mend(caplog: pytest.LogCaptureFixture) -> None:
    World(until=90.0, results=[WrongJournalError("the journal belongs to Rillet organization 1")]).watched()

    (line,) = (each.getMessage() for each in caplog.records)
    assert line.startswith("The export cannot run before a person mends this; it is tried again: the journal belongs")


def test_a_failure_is_logged_with_the_request_and_the_status(caplog: pytest.LogCaptureFixture) -> None:
    World(until=30.0, results=[person_quoted()]).watched()

    (line,) = caplog.records
    facts = 'BadRequestError service=Brex request="GET /v3/accounting/records" status=400'
    assert facts in line.getMessage()
    assert (line.__dict__["service"], line.__dict__["status"]) == ("Brex", 400)


def test_a_failure_is_logged_with_its_tenant(caplog: pytest.LogCaptureFixture) -> None:
    with labelled(tenant="acme", name="a label that a log record has itself"):
        World(until=30.0, results=[person_quoted()]).watched()

    (line,) = caplog.records
    assert "tenant=acme" in line.getMessage()
    assert line.__dict__["tenant"] == "acme"
    assert line.name == "bridge.export.watching.loop"


@pytest.mark.parametrize(
    "error", [SettingsError(("no such account",)), ConfigurationError("no token"), KeyError("a bug")]
)
def test_what_does_not_pass_ends_it(error: Exception) -> None:
    world = World(until=HOUR, results=[error])

    with pytest.raises(type(error)):
        world.watched()


def test_secrets_that_cannot_be_looked_up_now_are_tried_again() -> None:
    world = World(until=HOUR / 2, results=[SecretsUnavailableError("the vault sleeps"), WELL])

    assert world.watched() == [WELL]
    assert world.runs == [(0.0, None), (60.0, None)]


def test_a_stop_between_runs_is_noticed_soon() -> None:
    world = World(until=100.25)

    world.watched()

    assert world.runs == [(0.0, None)]
    assert world.now <= 101.0


def test_a_stop_during_a_run_ends_it_after_the_run() -> None:
    world = World(until=5.0, lasting=10.0, announced={1.0: ["accr_1"]}, results=[STOPPED])

    assert world.watched() == [STOPPED]
    assert world.runs == [(0.0, None)]


def test_a_stop_before_the_first_run_exports_nothing() -> None:
    world = World(until=0.0)

    assert world.watched() == []
    assert world.runs == []


IDS = st.lists(st.sampled_from([f"accr_{number}" for number in range(5)]), min_size=1, max_size=3)
TIMES = st.integers(0, 180).map(float)
FAILURES = st.sampled_from([WELL, WELL, STOPPED, ApiError("away"), JournalError("locked")])


@given(st.dictionaries(TIMES, IDS, max_size=12), st.lists(FAILURES, max_size=12), st.sampled_from([0.0, 5.0, 90.0]))
def test_every_announcement_is_followed_by_a_run_that_covers_it(
    announced: Mapping[float, Sequence[str]], results: list[Ended], lasting: float
) -> None:
    given_results = list(results)
    world = World(until=HOUR, announced=announced, results=results, lasting=lasting)

    world.watched(timedelta(minutes=1))

    good = [
        (at, ids)
        for (at, ids), result in zip(world.runs, [*given_results, *[WELL] * len(world.runs)], strict=False)
        if result is WELL
    ]
    for told_at, told in announced.items():
        for each in told:
            assert any(at >= told_at and (ids is None or each in ids) for at, ids in good)
    for _, ids in world.runs:
        assert ids is None or len(ids) == len(set(ids)) > 0


def test_announcements_cross_threads_and_each_id_is_told_once() -> None:
    announcements = Announcements()
    tellers = [
        threading.Thread(target=announcements.tell, args=([f"accr_{number}", "accr_everywhere"],))
        for number in range(20)
    ]
    for each in tellers:
        each.start()
    for each in tellers:
        each.join()

    told = announcements.wait(0.0)

    assert sorted(told) == sorted(["accr_everywhere", *(f"accr_{number}" for number in range(20))])
    assert announcements.wait(0.0) == ()


def test_whoever_waits_is_woken_by_what_is_told() -> None:
    announcements, told = Announcements(), list[Sequence[str]]()
    waiter = threading.Thread(target=lambda: told.append(announcements.wait(60.0)))
    waiter.start()

    announcements.tell(["accr_1"])
    waiter.join()

    assert told == [("accr_1",)]


@pytest.mark.parametrize(
    "world",
    [
        World(until=2.5 * HOUR, lasting=600.0),
        World(until=1.5 * HOUR, announced={100.0: ["accr_1", "accr_2"], 200.0: ["accr_3"]}),
        World(until=HOUR, results=[WELL, ApiError("away"), STOPPED], announced={10.0: ["accr_1"], 30.0: ["accr_2"]}),
    ],
)
def test_what_is_awaited_runs_at_the_same_times_over_the_same(world: World) -> None:
    twin = copy.deepcopy(world)

    assert twin.async_watched() == world.watched()
    assert twin.runs == world.runs
    assert len(world.runs) >= 3


def test_what_does_not_pass_ends_what_is_awaited_too() -> None:
    with pytest.raises(SettingsError, match="no such account"):
        World(until=HOUR, results=[SettingsError(("no such account",))]).async_watched()


def test_a_cancellation_ends_what_is_awaited_and_loses_no_announcement() -> None:
    announcements, runs = Announcements(), list[Sequence[str] | None]()

    async def main() -> None:
        async def run(ids: Sequence[str] | None) -> ExportOutcome:
            runs.append(ids)
            return WELL

        async def forever(ran: asyncio.Queue[ExportOutcome]) -> None:
            async for outcome in async_watch(run, wait=announcements.async_wait):
                ran.put_nowait(outcome)

        ran = asyncio.Queue[ExportOutcome]()
        watching = asyncio.create_task(forever(ran))
        await ran.get()
        announcements.tell(["accr_1"])
        await ran.get()
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching
        announcements.tell(["accr_2"])

    asyncio.run(main())
    assert runs == [None, ("accr_1",)]
    assert announcements.wait(0) == ("accr_2",)
