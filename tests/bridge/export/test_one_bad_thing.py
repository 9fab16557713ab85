"""One record, vendor or function that goes wrong never stops the others, and never passes as done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from brex_accounting import Record
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge
from bridge.export import Export, ExportOutcome, SqlJournal, StopCode
from clientkit import Answer
from clientkit.testing import Asked, Fault, Respond
from support.companies.exported import SETTINGS, Company


def queue(bad: int, good: int) -> list[Record]:
    """Records of which the oldest are bad."""
    memos = ["bad"] * bad + ["good"] * good
    return [
        card_expense("1", coding=[gl("61000")], memo=memo, merchant="Cumulus Cloud", record_id=f"accr_{number:03d}")
        for number, memo in enumerate(memos)
    ]


def is_bad(asked: Asked) -> bool:
    return asked.method == "POST" and b"bad" in asked.content


@pytest.fixture(params=["journal", "no journal"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlJournal | None]:
    if request.param == "no journal":
        yield None
        return
    with SqlJournal(str(tmp_path / "journal.db")) as opened:
        yield opened


def export(company: Company, journal: SqlJournal | None) -> Export:
    clients = company.brex.client(sleep=lambda _: None), company.rillet.client(sleep=lambda _: None)
    return Export(*clients, Bridge(SETTINGS), journal=journal)


HTML = Answer(status=404, headers={"content-type": "text/html"}, content=b"<html>")


@pytest.mark.parametrize("bad", [1, 3, 10])
@pytest.mark.parametrize(
    "answer", [Answer(status=500), Answer(status=409), Answer(status=429), HTML, Answer(status=200, content=b"{}")],
    ids=["500", "409", "429", "a page", "unreadable"],
)  # fmt: skip
def test_records_that_always_fail_keep_no_other_from_its_turn(
    company: Company, journal: SqlJournal | None, bad: int, answer: Answer
) -> None:
    company.brex.add(*queue(bad, 12))
    company.rillet.faults.append(Fault(Respond(answer), matches=is_bad, times=10**6))

    outcome = export(company, journal).run()

    assert (outcome.counts.posted, outcome.counts.failed, outcome.stopped) == (12, bad, None)
    assert len(company.exported()) == 12
    assert not outcome.complete


def test_what_failed_comes_behind_the_rest_the_next_time(company: Company, journal: SqlJournal | None) -> None:
    company.brex.add(*queue(3, 0))
    company.rillet.faults.append(Fault(Respond(Answer(status=500)), matches=is_bad, times=10**6))
    exporting = export(company, journal)
    assert exporting.run().counts.failed == 3
    newer = queue(3, 4)[3:]
    company.brex.add(*newer)
    told = list[str]()

    # A worker that slices its time gets to them.
    outcome = exporting.run(progress=lambda each: told.append(each.record_id), stop=lambda: len(told) >= 4)

    assert outcome.counts.posted == 4
    assert outcome.stop_code is StopCode.INTERRUPTED
    assert set(told[:4]) == {each.id for each in newer}


def test_a_right_that_one_record_needs_keeps_the_others_for_one_run_at_most(
    company: Company, journal: SqlJournal | None
) -> None:
    company.brex.add(*queue(1, 5))
    problem = Answer(status=403, headers={"content-type": "application/json"}, content=b'{"title": "No"}')
    company.rillet.faults.append(Fault(Respond(problem), matches=is_bad, times=10**6))
    exporting = export(company, journal)

    first, second = exporting.run(), exporting.run()

    assert first.stop_code is StopCode.SETUP
    assert first.counts.posted + second.counts.posted == 5


@pytest.mark.parametrize("status", [500, 503])
def test_a_ledger_that_cannot_be_read_either_ends_the_run(company: Company, status: int) -> None:
    company.brex.add(*queue(0, 20))
    is_down = list[bool]()

    def goes_down(asked: Asked) -> bool:
        is_down.extend([True] if asked.path == "/charges" and asked.method == "POST" else [])
        return bool(is_down)

    company.rillet.faults.append(Fault(Respond(Answer(status=status)), matches=goes_down, times=10**6))

    outcome = export(company, None).run()

    assert outcome.stop_code is StopCode.LEDGER_DOWN
    assert outcome.as_json()["stop_code"] == "ledger_down"
    assert outcome.counts.failed < 20


def test_a_source_that_takes_no_results_is_told_apart(company: Company) -> None:
    company.brex.add(*queue(0, 1))
    company.brex.faults.append(
        Fault(Respond(Answer(status=500)), matches=lambda asked: asked.method == "POST", times=10**6)
    )

    assert export(company, None).run().stop_code is StopCode.SOURCE_NOT_TOLD


class SpeechlessError(Exception):
    """An error whose text cannot be had."""

    def __str__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize(
    ("error", "told"),
    [(RuntimeError("no terminal"), "RuntimeError: no terminal"), (SpeechlessError(), "SpeechlessError")],
)
def test_what_shows_the_progress_may_fail(company: Company, error: Exception, told: str) -> None:
    company.brex.add(*queue(0, 5))

    def shows(_: object) -> None:
        raise error

    outcome = export(company, None).run(progress=shows)

    assert outcome.complete
    assert outcome.counts.posted == len(company.exported()) == 5
    (warned,) = outcome.warnings
    assert (warned.code, warned.text) == ("progress_failed", f"what shows the progress raised {told}")


def test_what_tells_whether_to_stop_may_fail(company: Company) -> None:
    company.brex.add(*queue(0, 5))
    asked = list[bool]()

    def stops() -> bool:
        asked.append(True)
        if len(asked) > 2:
            raise RuntimeError("no supervisor")
        return False

    outcome: ExportOutcome = export(company, None).run(stop=stops)

    assert outcome.stop_code is StopCode.INTERRUPTED
    assert "RuntimeError: no supervisor" in (outcome.stopped or "")
    assert outcome.counts.posted == len(company.exported()) == 2
