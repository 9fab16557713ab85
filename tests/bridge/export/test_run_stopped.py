"""What stops a run before its end, and what the next one does with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import brex_accounting
import rillet.testing
from brex_accounting import Record, ReviewStatus
from bridge import Bridge
from bridge.export import Export, Progress, StopCode
from bridge.export.reporting.csv_reports import outcome_report
from bridge.totals import Total, sum_of
from clientkit import Answer, Options, Outgoing, Pacer, RetryPolicy, Transport, TransportFailure
from clientkit.testing import Asked, Fault, Respond
from support.companies.changing import companies
from support.companies.exported import SETTINGS, Company, Interrupting, expense


@pytest.mark.parametrize("in_flight", [1, 3])
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_stops_the_run_at_once(
    company: Company, records: list[Record], status: int, in_flight: int
) -> None:
    company.brex.add(*records)
    no_entry = Fault(Respond(Answer(status=status)), matches=lambda asked: asked.method == "POST", times=1000)
    company.rillet.faults.append(no_entry)

    outcome = company.export(in_flight=in_flight).run()

    assert str(status) in (outcome.stopped or "")
    assert 1 <= len(company.posts()) <= in_flight
    assert outcome.posted == ()
    assert company.exported() == []


def test_an_unknown_reference_type_stops_the_run_and_says_what_to_do(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)
    company.rillet.reference_types.clear()

    outcome = company.export(in_flight=1).run()

    assert "Settings → External References" in (outcome.stopped or "")
    assert len(company.posts()) == 1


@pytest.mark.parametrize("in_flight", [1, 2])
def test_three_failures_in_a_row_stop_the_run(company: Company, records: list[Record], in_flight: int) -> None:
    company.brex.add(*records)
    company.rillet.put(rillet.testing.vendor("Cumulus Cloud"))
    is_down = list[bool]()

    def matches(asked: Asked) -> bool:
        # From the first write on nothing can be read either.
        is_down.extend([True] if asked.method == "POST" else [])
        return bool(is_down)

    company.rillet.faults.append(Fault(Respond(Answer(status=503)), matches=matches, times=1000))

    outcome = company.export(in_flight=in_flight).run()

    assert 3 <= len(outcome.failed) <= 2 + in_flight
    assert "3 records in a row" in (outcome.stopped or "")
    assert "cannot be read either" in (outcome.stopped or "")
    assert outcome.stop_code is StopCode.LEDGER_DOWN
    assert company.exported() == []


def test_failures_in_a_row_stop_nothing_while_rillet_can_be_read(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)
    company.rillet.put(rillet.testing.vendor("Cumulus Cloud"))
    down = Fault(Respond(Answer(status=503)), matches=lambda asked: asked.method == "POST", times=1000)
    company.rillet.faults.append(down)

    outcome = company.export().run()

    assert (outcome.counts.failed, outcome.stopped, outcome.stop_code, outcome.complete) == (5, None, None, False)
    assert company.exported() == []


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("nth", [1, 2, 4])
def test_an_interruption_leaves_what_the_next_run_completes(
    company: Company, records: list[Record], nth: int, *, after: bool
) -> None:
    company.brex.add(*records)
    seen = list[Outgoing]()

    def nth_charge(outgoing: Outgoing) -> bool:
        seen.extend([outgoing] if outgoing.method == "POST" and outgoing.url.endswith("/charges") else [])
        return len(seen) == nth

    transport = Interrupting(company.rillet.transport().send, nth_charge, after=after)
    client = rillet.Client(company.rillet.api_key, transport=transport, pacer=Pacer(1_000_000))

    first = Export(company.brex.client(), client, Bridge(SETTINGS), in_flight=1).run()

    assert "interrupted" in (first.stopped or "")
    assert len(first.posted) == nth - 1
    assert list(first.reported) == company.exported() == [posted.record.id for posted in first.posted]
    assert [failed.record.id for failed in first.failed] == [f"accr_{nth:03d}"]

    second = company.export().run()

    assert second.complete
    assert company.posted_references() == company.exported() == sorted(record.id for record in records)


def test_a_notebook_and_rows_tell_what_an_interruption_has_left(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)
    transport = Interrupting(
        company.rillet.transport().send,
        lambda outgoing: outgoing.method == "POST" and outgoing.url.endswith("/charges"),
        after=True,
    )
    client = rillet.Client(company.rillet.api_key, transport=transport, pacer=Pacer(1_000_000))

    outcome = Export(company.brex.client(), client, Bridge(SETTINGS), in_flight=1).run()

    html = outcome._repr_html_()
    assert "<caption>Export, which ended early</caption>" in html
    assert "<caption>The run ended early</caption>" in html
    assert f"<td>{outcome.stopped}</td>" in html
    (failed,) = outcome.failed
    assert f"<td>{failed.record.id}</td>" in html
    assert failed.why in html
    first, *left = records
    assert failed.record.id == first.id
    known = {each.id: (each.type, each.amount.amount, each.amount.currency) for each in left}
    told = [row for row in outcome.rows() if row["outcome"] == "not reached"]
    assert {row["record_id"]: (row["type"], row["amount"], row["currency"]) for row in told} == known
    assert {row["day"] for row in told} == {each.erp_posting_date.date() for each in left}
    cells = {row[0]: row[1:3] for row in outcome_report(outcome).rows if row[3] == "not reached"}
    assert cells == {key: (amount, currency) for key, (_, amount, currency) in known.items()}


def test_a_run_that_keeps_little_has_the_ids_alone(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)

    outcome = company.export().run(stop=lambda: True, keep=2)

    assert (len(outcome.not_reached), outcome.not_reached_records) == (2, ())
    assert outcome.counts.not_reached == len(records)


def test_an_interruption_while_brex_is_told_says_what_brex_does_not_know(
    company: Company, records: list[Record]
) -> None:
    company.brex.add(*records)
    transport = Interrupting(company.brex.transport().send, lambda outgoing: outgoing.method == "POST", after=True)
    brex = brex_accounting.Client(company.brex.token, transport=transport)

    outcome = Export(brex, company.rillet.client(), Bridge(SETTINGS)).run()

    assert len(outcome.unreported) == 5
    assert "interrupted" in (outcome.stopped or "")


def test_what_a_stopped_run_has_not_reached_is_what_the_next_plan_shows(tmp_path: Path) -> None:
    with companies(tmp_path) as make:
        company = make(*(expense(number, f"{number}.50") for number in range(1, 6)), journal=True)
        company.run()
        company.change(expense(2, "7.00"), ReviewStatus.EXPORTED)
        company.change(company.brex.records["accr_003"], ReviewStatus.EXPORTED)
        company.change(expense(6, "30.00"))

        outcome = company.export().run(stop=lambda: True)

        assert outcome.not_reached == ("accr_002", "accr_006")
        assert outcome.totals == {"not_reached": Total(records=2, amounts={"USD": Decimal("37.00")})}
        assert sum_of(company.export().plan().totals.values()) == outcome.totals["not_reached"]


def test_what_a_stopped_run_has_only_compared_is_counted_nowhere(tmp_path: Path) -> None:
    with companies(tmp_path) as make:
        company = make(*(expense(number, f"{number}.50") for number in range(1, 4)), journal=True)
        company.run()
        company.change(expense(4, "40.00"))
        company.change(expense(5, "50.00"))
        told = list[Progress]()

        outcome = company.export().run(progress=told.append, stop=lambda: len(told) == 4)

        (done,) = outcome.posted
        assert set(outcome.not_reached) == {"accr_004", "accr_005"} - {done.record.id}
        assert sum_of(outcome.totals.values()) == Total(records=2, amounts={"USD": Decimal("90.00")})


@pytest.mark.parametrize("allowed", [2, 12, 15])
def test_what_waits_for_the_rate_limit_is_left_to_the_next_run(company: Company, allowed: int) -> None:
    records = [expense(number) for number in range(12)]
    company.brex.add(*records)
    stopping = threading.Event()

    def sleep(seconds: float) -> None:
        assert seconds <= 0.5
        stopping.set()

    books = company.rillet.client(pacer=Pacer(allowed, 60.0), sleep=sleep)
    export = Export(company.brex.client(), books, Bridge(SETTINGS), in_flight=4)
    outcome = export.run(stop=stopping.is_set)

    assert (outcome.stop_code, outcome.stopped) == (StopCode.INTERRUPTED, "it was interrupted")
    assert (outcome.counts.failed, outcome.counts.refused) == (0, 0)
    assert len(company.rillet.asked) == allowed
    assert company.exported() == company.posted_references()
    if allowed > 2:
        # With fewer requests not even the books can be read, and nobody knows what waits.
        assert outcome.counts.posted + outcome.counts.not_reached == 12
    assert company.export().run().complete
    assert company.exported() == company.posted_references() == sorted(each.id for each in records)


class Hanging:
    """A transport that carries out every charge and has no answer to it; the last of so many asks to stop meanwhile."""

    def __init__(self, inner: Transport, charges: int, stop: Callable[[], None]) -> None:
        self._inner, self._together = inner, threading.Barrier(charges, action=stop, timeout=60)

    def send(self, outgoing: Outgoing) -> Answer:
        answer = self._inner.send(outgoing)
        if outgoing.method == "POST":
            self._together.wait()
            raise TransportFailure("no answer within 30 s", sent=True, late=True)
        return answer

    def close(self) -> None:
        pass


@pytest.mark.parametrize("attempts", [1, 5])
def test_a_stop_while_rillet_hangs_is_an_interruption(company: Company, attempts: int) -> None:
    company.brex.add(*(expense(number) for number in range(3)))
    company.rillet.put(rillet.testing.vendor("Cumulus Cloud"))
    stopping = threading.Event()
    transport = Hanging(company.rillet.transport(), 3, stopping.set)
    options = Options(retry=RetryPolicy(attempts=attempts))
    books = rillet.Client(company.rillet.api_key, transport=transport, pacer=Pacer(1_000_000), options=options)

    outcome = Export(company.brex.client(), books, Bridge(SETTINGS), in_flight=3).run(stop=stopping.is_set)

    assert (outcome.stop_code, outcome.stopped) == (StopCode.INTERRUPTED, "it was interrupted")
    assert sorted(each.record.id for each in outcome.failed) == ["accr_000", "accr_001", "accr_002"]
    assert all("The next run looks for it." in each.why for each in outcome.failed)
    # Whether Rillet answers at all is not looked at, which might hang too.
    assert [each.method for each in company.rillet.asked[-3:]] == ["POST"] * 3
    assert company.export().run().complete
    assert company.posted_references() == company.exported() == ["accr_000", "accr_001", "accr_002"]


def test_a_stop_that_raises_while_a_request_waits_ends_the_run(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)

    def stop() -> bool:
        raise ValueError("no such flag")

    books = company.rillet.client(pacer=Pacer(2, 60.0), sleep=lambda _: None)
    outcome = Export(company.brex.client(), books, Bridge(SETTINGS)).run(stop=stop)

    assert (outcome.stop_code, outcome.counts.posted) == (StopCode.INTERRUPTED, 0)
    assert len(company.rillet.asked) == 2


def test_brex_is_told_of_what_was_posted_although_that_has_to_wait(company: Company) -> None:
    company.brex.add(*(expense(number) for number in range(12)))
    stopping, waits = threading.Event(), list[float]()
    books = company.rillet.client(pacer=Pacer(16, 60.0), sleep=lambda _: stopping.set())
    brex = company.brex.client(pacer=Pacer(2, 60.0), sleep=waits.append)

    # The source is read before anything is posted, which waits in full as nobody asks to stop yet.
    outcome = Export(brex, books, Bridge(SETTINGS)).run(stop=stopping.is_set)

    assert outcome.stop_code is StopCode.INTERRUPTED
    assert outcome.counts.posted > 0
    assert company.exported() == company.posted_references()
    assert waits[-1] > 50


@pytest.mark.parametrize(("service", "nth"), [("brex", 1), ("brex", 2), ("rillet", 1), ("rillet", 4)])
def test_an_interruption_before_the_first_record_is_an_outcome(
    company: Company, records: list[Record], service: str, nth: int
) -> None:
    company.brex.add(*records)
    seen = list[Outgoing]()

    def nth_request(outgoing: Outgoing) -> bool:
        seen.append(outgoing)
        return len(seen) == nth

    brex, books = company.brex.client(), company.rillet.client()
    if service == "brex":
        transport = Interrupting(company.brex.transport().send, nth_request, after=False)
        brex = brex_accounting.Client(company.brex.token, transport=transport)
    else:
        transport = Interrupting(company.rillet.transport().send, nth_request, after=False)
        books = rillet.Client(company.rillet.api_key, transport=transport, pacer=Pacer(1_000_000))

    outcome = Export(brex, books, Bridge(SETTINGS), in_flight=1).run()

    assert len(seen) >= nth
    assert (outcome.stop_code, outcome.complete, outcome.posted) == (StopCode.INTERRUPTED, False, ())
    assert "interrupted" in (outcome.stopped or "")
    assert company.posts() == []
    assert company.export().run().complete
