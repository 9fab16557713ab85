"""What a ledger of the caller's own raises or answers concerns its record alone, and the text says whose code it was."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from rich.console import Console
from typing_extensions import override

from bridge import Bridge
from bridge.export import Export, SqlJournal, StopCode
from bridge.export.engine.attempts import Attempt
from bridge.export.ledgers.protocol import Sent
from bridge.export.ledgers.rillet import RilletLedger
from bridge.export.reporting.csv_reports import outcome_report
from bridge.export.reporting.tables import records_table
from clientkit.testing import AnswerLost, Fault
from support.companies.exported import REFERENCE_TYPE, SETTINGS, Company, expense

BAD = "accr_002"


class MyLedger(RilletLedger):
    """Rillet, but for what it says of one record."""

    distorts: Callable[[Sent], Any]

    @override
    def send(self, attempt: Attempt) -> Sent:
        sent = super().send(attempt)
        return self.distorts(sent) if attempt.subject == BAD else sent


def export(company: Company, journal: SqlJournal, distorts: Callable[[Sent], Any]) -> Export:
    ledger = MyLedger(company.rillet.client(sleep=lambda _: None), REFERENCE_TYPE)
    ledger.distorts = distorts
    return Export(company.brex.client(sleep=lambda _: None), ledger, Bridge(SETTINGS), journal=journal)


def with_field(name: str, value: Any) -> Callable[[Sent], Any]:
    return lambda sent: attrs.evolve(sent, **{name: value})


def nothing(_: Sent) -> Any:
    return None


def fail(_: Sent) -> Any:
    raise RuntimeError("boom")


@pytest.mark.parametrize(
    ("distorts", "why"),
    [
        (with_field("id", 5), "MyLedger.send gave a Sent whose id is int, and it has to be str."),
        (with_field("content", "{}"), "MyLedger.send gave a Sent whose content is str, and it has to be bytes."),
        (with_field("trace_id", 5), "MyLedger.send gave a Sent whose trace_id is int, and it has to be str."),
        (nothing, "MyLedger.send gave NoneType, and it has to give a Sent."),
        (fail, "MyLedger.send of your program failed: RuntimeError: boom"),
    ],
    ids=["id", "content", "trace id", "nothing", "raises"],
)
def test_rubbish_in_one_answer_concerns_its_record_alone(
    company: Company, journal: SqlJournal, distorts: Callable[[Sent], Any], why: str
) -> None:
    company.brex.add(expense(1), expense(2), expense(3))

    first = export(company, journal, distorts).run()

    assert (first.counts.posted, first.counts.reported, first.stopped) == (2, 2, None)
    ((record_id, text),) = [(each.record.id, each.why) for each in first.failed]
    assert record_id == BAD
    assert why in text

    # It is found, and not posted a second time.
    assert export(company, journal, lambda sent: sent).run().counts.adopted == 1
    assert len(company.rillet.charges) == 3


class Failing:
    """A pace of the caller's own that fails from some request on."""

    limit, window = 1_000, 60.0

    def __init__(self, after: int) -> None:
        self._left = after

    def reserve(self, now: float, latest: float | None = None) -> float:
        del now, latest
        self._left -= 1
        if self._left < 0:
            raise RuntimeError("boom")
        return 0.0

    def hold(self, now: float, seconds: float) -> None:
        """Nothing else asks."""


@pytest.mark.parametrize("after", range(14, 19))
def test_a_pace_that_fails_in_the_middle_ends_the_run_and_brex_hears_of_what_was_posted(
    company: Company, journal: SqlJournal, after: int
) -> None:
    company.brex.add(*(expense(number) for number in range(1, 7)))
    client = company.rillet.client(pacer=Failing(after))

    outcome = Export(company.brex.client(), client, Bridge(SETTINGS), journal=journal, in_flight=1).run()

    assert 0 < outcome.counts.posted == outcome.counts.reported == len(company.rillet.charges) < 6
    assert outcome.stop_code is StopCode.LEDGER_DOWN or outcome.counts.failed
    assert not outcome.complete
    # What was not sent is not looked for either.
    assert all(not each.is_open for each in journal.walk())


def test_texts_of_an_outcome_have_the_name_of_the_ledger(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1), expense(2))
    named = type("AcmeLedger", (RilletLedger,), {"name": "Acme Books"})
    client = company.rillet.client(sleep=lambda _: None)
    # The answer to a posting is lost, so that the next run finds it.
    company.rillet.faults.append(Fault(AnswerLost(), matches=lambda asked: b"accr_002" in asked.content, times=9))
    first = Export(company.brex.client(), named(client, REFERENCE_TYPE), Bridge(SETTINGS), journal=journal).run()
    company.rillet.faults.clear()

    outcome = Export(company.brex.client(), named(client, REFERENCE_TYPE), Bridge(SETTINGS), journal=journal).run()

    assert (first.counts.posted, outcome.counts.adopted) == (1, 1)
    console = Console(width=300, file=io.StringIO(), record=True)
    console.print(records_table("Records", outcome), outcome, outcome.totals_table)
    text = console.export_text()
    assert "found in Acme Books: charges" in text
    assert "Found in Acme Books already" in text
    assert "found in Acme Books already" in text
    assert [row[3] for row in outcome_report(outcome).rows] == ["found in Acme Books"]
    assert "Rillet" not in text
