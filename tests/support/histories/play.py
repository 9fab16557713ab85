"""Plays a history, and says what is wrong after each run: with the books, with what Brex was told, with what people did."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from brex_accounting import ReviewStatus
from bridge import Bridge
from bridge.export import Export, ExportOutcome, JournalError, verify
from clientkit import Answer, ApiError
from clientkit.testing import Action as Trouble
from clientkit.testing import AnswerLost, RequestLost, Respond
from support.companies.changing import READY, START, reasons
from support.histories.actions import Action, History, perform
from support.histories.choices import chosen
from support.histories.judge import Judge
from support.histories.world import SUMMARIES, Journals, World, world

TROUBLES: Sequence[Trouble] = (
    AnswerLost(),
    RequestLost(),
    Respond(Answer(status=500)),
    Respond(Answer(status=503)),
    Respond(Answer(status=429)),
    Respond(Answer(status=409)),
)
_MOST_REPORTS = 5
#: Longer than the claims of a process that was killed are kept.
PAUSE = 15 * 60.0

#: Looks at the world before a run without troubles, instead of the judge; what it gives is called with what came of it.
BeforeRun = Callable[[World, Mapping[str, Any]], Callable[[ExportOutcome], Sequence[str]]]


@dataclass
class Played:
    """What is wrong, and how it came to that."""

    problems: list[str] = field(default_factory=list[str])
    story: list[str] = field(default_factory=list[str])


def play(history: History, journals: Journals, *, before_run: BeforeRun | None = None) -> Played:
    """Let a history happen, to the end or to the first run after which something is wrong."""
    with world(history.setup, journals) as made:
        return _Play(made, before_run).all_of(history.actions)


def expect_good_ends(histories: Sequence[History], journals: Journals, *, before_run: BeforeRun | None = None) -> None:
    """Fail with a report of the first histories that do not end well, where there are any."""
    failed = [each for each in histories if play(each, journals, before_run=before_run).problems]
    reports = [report(each, journals, before_run=before_run) for each in failed[:_MOST_REPORTS]]
    if failed:
        pytest.fail("\n\n".join([f"{len(failed)} of {len(histories)} histories fail", *reports]), pytrace=False)


def shrunk(history: History, fails: Callable[[History], bool]) -> History:
    """The history without every action that can be left out while it still fails."""
    left = history
    again = True
    while again:
        again = False
        for index in reversed(range(len(left.actions))):
            shorter = with_actions(left, left.actions[:index] + left.actions[index + 1 :])
            if fails(shorter):
                left, again = shorter, True
    return left


def with_actions(history: History, actions: tuple[Action, ...]) -> History:
    """The history with other actions."""
    return replace(history, actions=actions)


def report(history: History, journals: Journals, *, before_run: BeforeRun | None = None) -> str:
    """What a person needs to see why a history fails: its seed, its story made short, and what is wrong."""
    short = shrunk(history, lambda each: bool(play(each, journals, before_run=before_run).problems))
    played = play(short, journals, before_run=before_run)
    setup = history.setup
    journal = "with a journal" if setup.journal else "without a journal"
    summaries = ", with summaries" if setup.summarise else ""
    return "\n".join(
        [
            f"history {history.seed}, {journal}{summaries}, settings {setup.settings}:",
            *(f"  {line}" for line in played.story),
            *(f"! {problem}" for problem in played.problems),
        ]
    )


class _Play:
    def __init__(self, made: World, before_run: BeforeRun | None) -> None:
        self._world, self._before_run = made, before_run
        self._judge = Judge(made)
        self._since = START

    def all_of(self, actions: Sequence[Action]) -> Played:
        """Everything, to the end or to the first problem; what is raised is one too, so that it can be made short."""
        try:
            found = (problems for each in actions if (problems := self._one(each)))
            problems = next(found, list[str]()) or self._run() or self._second()
        except Exception as error:  # noqa: BLE001 - a history says whatever went wrong
            last = traceback.extract_tb(error.__traceback__)[-1]
            problems = [f"{error!r} is raised in {last.name}"]
        return Played(problems, self._world.story)

    def _one(self, action: Action) -> list[str]:
        first, second, third, _ = action.numbers
        runs: Mapping[str, Callable[[], list[str]]] = {
            "run": self._run,
            "run_with_fault": lambda: self._run(
                trouble=chosen(TROUBLES, first), nth=1 + second % 30, times=chosen((1, 3, 50), third)
            ),
            "run_killed": lambda: self._run(dies_at=1 + first % 30, after=bool(second % 2)),
            "run_cut": lambda: self._run(dies_at=1 + first % 5, after=bool(second % 2), writes_alone=True),
            "run_beside": lambda: self._run_beside(first),
            "replay": lambda: self._replay(first),
        }
        if action.name in runs:
            return runs[action.name]()
        perform(self._world, action)
        return []

    def _run(
        self,
        *,
        trouble: Trouble | None = None,
        nth: int = 0,
        times: int = 0,
        dies_at: int | None = None,
        after: bool = False,
        writes_alone: bool = False,
        beside: Callable[[], object] | None = None,
    ) -> list[str]:
        made = self._world
        began = made.clock()
        arguments: dict[str, Any] = {}
        if not made.setup.journal and _reads_changes():
            arguments["changed_since"] = self._since
        is_clean = trouble is None and dies_at is None and beside is None
        finish = self._before_run(made, arguments) if is_clean and self._before_run is not None else None
        self._judge.before()
        if trouble is not None:
            made.break_down(trouble, nth, times)
        made.life.revive(dies_at, after=after, writes_alone=writes_alone, beside=beside)
        outcome, why = self._carried_out(lambda: made.export().run(**arguments))
        how = _how(trouble, nth, dies_at, writes_alone=writes_alone)
        made.say(f"{how}: {_told(outcome, why)}")
        made.mend()
        made.life.revive()
        made.clock.advance(PAUSE)
        if is_clean and outcome is None:
            return [f"a run without troubles ends with {why}"]
        problems = self._judge.after(outcome, is_clean=is_clean, verdicts=self._verdicts() if is_clean else None)
        if self._before_run is not None:
            problems = []
        if is_clean and outcome is not None:
            problems += finish(outcome) if finish is not None else []
            self._since = began
            made.edited.clear()
        return problems

    def _run_beside(self, number: int) -> list[str]:
        """Before a run first writes to Rillet, another exporter exports one of the records."""
        made = self._world
        ready = sorted(each.id for each in made.brex.records.values() if each.review_status == READY)
        if not ready or not made.setup.journal:
            return []
        name = chosen(ready, number)

        def other() -> None:
            with made.other_export() as export:
                made.say(f"beside it a run of {name}: {_told(export.run(ids=[name]), '')}")

        return self._run(beside=other)

    def _second(self) -> list[str]:
        ledger, states = self._world.ledger(), _states(self._world)
        problems = self._run()
        if self._before_run is not None:
            return problems
        if self._world.ledger() != ledger:
            problems.append("a second run changes Rillet")
        if _states(self._world) != states:
            problems.append("a second run tells Brex something")
        return problems

    def _replay(self, number: int) -> list[str]:
        made = self._world
        known = [each for each in sorted(made.brex.records) if made.group_of(each) != SUMMARIES]
        if not known or not made.setup.journal:
            return []
        name = chosen(known, number)
        made.dismissed.discard(name)
        self._judge.before(replayed=name)
        outcome, why = self._carried_out(lambda: made.export().replay(name, even_dismissed=True))
        made.say(f"replay {name}: {_told(outcome, why)}")
        made.clock.advance(PAUSE)
        if outcome is None:
            return [f"replay {name} ends with {why}"]
        found = self._judge.after(outcome, is_clean=False, verdicts=None)
        return [] if self._before_run is not None else found

    def _carried_out(self, what: Callable[[], ExportOutcome]) -> tuple[ExportOutcome | None, str]:
        try:
            return what(), ""
        except KeyboardInterrupt:
            return None, "its death"
        except (ApiError, JournalError) as error:
            return None, repr(error)

    def _verdicts(self) -> dict[str, list[str]] | None:
        made = self._world.company
        if not self._world.setup.journal:
            return None
        found = dict[str, list[str]]()
        for each in verify(
            made.to_brex, made.to_rillet, made.journal, made.settings.reference_type, bridge=Bridge(made.settings)
        ):
            found.setdefault(each.record_id, []).append(each.verdict)
        return found


def _how(trouble: Trouble | None, nth: int, dies_at: int | None, *, writes_alone: bool) -> str:
    if trouble is not None:
        return f"a run, request {nth} {trouble}"
    return "a run" if dies_at is None else f"a run dies at {'write ' if writes_alone else ''}{dies_at}"


def _states(made: World) -> dict[str, ReviewStatus]:
    return {each.id: each.review_status for each in made.brex.records.values()}


def _reads_changes() -> bool:
    return "changed_since" in inspect.signature(Export.run).parameters


def _told(outcome: ExportOutcome | None, why: str) -> str:
    if outcome is None:
        return why
    posted = [f"{each.record.id} {'adopted' if each.adopted else 'posted'}" for each in outcome.posted]
    refused = [f"{name} refused ({', '.join(codes)})" for name, codes in reasons(outcome).items()]
    failed = [f"{each.record.id} failed" for each in outcome.failed]
    nothing = [f"{each.record.id} nothing" for each in outcome.nothing]
    stopped = [f"stopped: {outcome.stopped}"] if outcome.stopped else []
    return "; ".join([*posted, *refused, *failed, *nothing, *stopped]) or "nothing to do"
