"""Several records in flight: the pace is used to the full, nothing is done twice, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

import brex_accounting.testing
import rillet
import rillet.testing
from brex_accounting import Record, RecordType
from brex_accounting.testing.records import gl, record
from bridge import Bridge
from bridge.export import Export, NoJournal, Progress, SqlJournal
from bridge.export.engine.attempts import Attempt, is_record
from bridge.export.ledgers.protocol import Sent
from bridge.export.ledgers.rillet import RilletLedger
from clientkit import Answer, Outgoing, Pacer
from clientkit.testing import Action, AnswerLost, Asked, Fault, Respond
from clientkit.transport import InProcess
from support.companies.exported import REFERENCE_TYPE, SETTINGS, Company, expense, refusal
from support.faults.harness import SETTINGS as WITH_BANK
from support.virtual_time import VirtualPacer, VirtualTime, VirtualTransport

LIMIT = 60


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 150), in_flight=st.integers(1, 8))
def test_the_pace_is_used_to_the_full_and_no_request_is_turned_away(count: int, in_flight: int) -> None:
    time = VirtualTime()
    books = rillet.testing.StandIn(reference_types={REFERENCE_TYPE}, rate_limit=(LIMIT, 60), now=time.datetime)
    company = Company(
        brex=brex_accounting.testing.StandIn((expense(n) for n in range(count)), rate_limit=None), rillet=books
    )
    client = rillet.Client(
        books.api_key,
        transport=VirtualTransport(time, books.transport().send),
        pacer=VirtualPacer(time, LIMIT),
        clocks=time.clocks,
        sleep=time.sleep,
    )

    outcome = Export(company.brex.client(), client, Bridge(SETTINGS), in_flight=in_flight).run()

    assert outcome.complete
    assert company.posted_references() == company.exported() == sorted(company.brex.records)
    # Reading the books and looking for what is there; then a vendor and the charges, none of them twice.
    assert client.requests_sent - 1 - count == len([asked for asked in books.asked if asked.method == "GET"])
    assert time.now <= (client.requests_sent - 1) // LIMIT * 60.1


class AllAtOnce(rillet.testing.StandIn):
    """Answers charges when `size` of them have arrived, and so shows how many are in flight."""

    def __init__(self, size: int) -> None:
        super().__init__(reference_types={REFERENCE_TYPE}, vendors=[rillet.testing.vendor("Cumulus Cloud")])
        self.barrier = threading.Barrier(size)

    @override
    def take(self, asked: Asked) -> tuple[Answer | None, Action | None]:
        if asked.path == "/charges" and asked.method == "POST":
            self.barrier.wait(timeout=30)
        return super().take(asked)


def test_so_many_records_are_in_flight() -> None:
    company = Company(
        brex=brex_accounting.testing.StandIn((expense(n) for n in range(12)), rate_limit=None), rillet=AllAtOnce(4)
    )

    assert company.export(in_flight=4).run().complete


class Counting(NoJournal):
    """Says when so many records have been claimed."""

    def __init__(self, wanted: int) -> None:
        self.reached = threading.Event()
        self._left = wanted
        self._guard = threading.Lock()

    @override
    def claim(self, subject: str) -> bool:
        with self._guard:
            self._left -= is_record(subject)
            if not self._left:
                self.reached.set()
        return True


def test_many_that_need_one_new_vendor_wait_for_the_first(company: Company) -> None:
    company.brex.add(*(expense(number) for number in range(20)))
    journal = Counting(8)

    def send(outgoing: Outgoing) -> Answer:
        if outgoing.method == "POST":
            assert journal.reached.wait(timeout=30)
        return company.rillet.transport().send(outgoing)

    client = rillet.Client(company.rillet.api_key, transport=InProcess(send), pacer=Pacer(1_000_000))
    outcome = Export(company.brex.client(), client, Bridge(SETTINGS), journal=journal, in_flight=8).run()

    assert outcome.complete
    assert company.posts().count("/vendors") == 1


def bill_of(number: int) -> list[Record]:
    owed = [("10.00", ())]
    bill = record(
        RecordType.BILL_EXPENSE,
        debits=[("10.00", [gl("62000")])],
        credits=owed,
        vendor="Hotel Adlon",
        record_id=f"accr_bill{number}",
        source_id=f"bill_{number}",
    )
    paid = record(
        RecordType.BILL_EXPENSE_PAYMENT,
        debits=owed,
        credits=owed,
        record_id=f"accr_a_paid{number}",
        source_id=f"bill_{number}",
    )
    return [paid, bill]


def test_bills_are_in_rillet_before_their_payments_begin(company: Company) -> None:
    company.brex.add(*(each for number in range(8) for each in bill_of(number)))

    outcome = company.export(WITH_BANK, in_flight=8).run()

    assert outcome.complete
    written = [path for path in company.posts() if path != "/vendors"]
    assert written[:8] == ["/bills"] * 8
    assert all(path.endswith("/payments") for path in written[8:])
    assert len(written) == 16


def halves() -> list[Record]:
    return [
        record(
            RecordType.BILL_EXPENSE_PAYMENT,
            debits=[("5.00", ())],
            credits=[("5.00", ())],
            record_id=f"accr_half{number}",
            source_id="bill_1",
        )
        for number in (1, 2)
    ]


def test_two_equal_payments_of_one_bill_are_two_payments(company: Company) -> None:
    company.brex.add(bill_of(1)[1], *halves())
    # The bill, and both of its payments.
    journal, looked = Counting(3), threading.Semaphore(0)

    def send(outgoing: Outgoing) -> Answer:
        of_payments = outgoing.url.partition("?")[0].endswith("/payments")
        if of_payments and outgoing.method == "GET":
            assert journal.reached.wait(timeout=30)
        answer = company.rillet.transport().send(outgoing)
        if of_payments and outgoing.method == "GET":
            looked.release()
        elif of_payments:
            # Rillet has the payment and nobody knows yet: a moment for the other one to find it.
            looked.acquire()
            looked.acquire(timeout=0.1)
        return answer

    client = rillet.Client(company.rillet.api_key, transport=InProcess(send), pacer=Pacer(1_000_000))
    outcome = Export(company.brex.client(), client, Bridge(WITH_BANK), journal=journal).run()

    assert outcome.complete
    (there,) = company.rillet.bills
    assert len(list(company.rillet.client().bills.list_payments(there.id))) == 2


@pytest.fixture(params=[False, True], ids=["no journal", "journal"])
def maybe_journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlJournal | None]:
    if not request.param:
        yield None
        return
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        yield journal


def makes_a_payment(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path.endswith("/payments")


def loses_a_payment(company: Company) -> None:
    """No answer to a payment arrives, however often a run sends it."""
    company.rillet.faults.append(Fault(AnswerLost(), matches=makes_a_payment, times=5))


def payments_in_rillet(company: Company) -> int:
    (there,) = company.rillet.bills
    return len(list(company.rillet.client().bills.list_payments(there.id)))


@pytest.mark.parametrize("lost", [0, 1])
def test_a_payment_in_doubt_is_not_taken_for_another_one_like_it(
    company: Company, maybe_journal: SqlJournal | None, lost: int
) -> None:
    both = halves()
    company.brex.add(bill_of(1)[1], both[lost])
    loses_a_payment(company)

    first = company.export(WITH_BANK, journal=maybe_journal, in_flight=1).run()
    # Read before the one that was lost, or after it: either may be taken for the payment that is there.
    company.brex.add(both[1 - lost])
    second = company.export(WITH_BANK, journal=maybe_journal, in_flight=1).run()

    assert [each.code for each in first.failed] == ["ConnectionLostError"]
    assert second.complete
    assert len({each.id for each in second.posted}) == payments_in_rillet(company) == 2
    assert company.exported() == sorted(company.brex.records)


@pytest.mark.parametrize("in_flight", [1, 4])
def test_a_payment_that_was_refused_and_one_like_it_that_was_lost_are_two(
    company: Company, maybe_journal: SqlJournal | None, in_flight: int
) -> None:
    bill, (refused, lost) = bill_of(1)[1], halves()
    company.brex.add(bill, refused, lost)
    company.rillet.faults.append(Fault(Respond(refusal(422)), matches=makes_a_payment))
    exporting = company.export(WITH_BANK, journal=maybe_journal, in_flight=in_flight)

    exporting.run(ids=[bill.id])
    first = exporting.run(ids=[refused.id])
    loses_a_payment(company)
    second = exporting.run(ids=[lost.id])
    # The payment that is there may be taken for the first one, before the second one's key is sent again.
    third = exporting.run()

    assert [each.record.id for each in first.refused] == [refused.id]
    assert [each.code for each in second.failed] == ["ConnectionLostError"]
    assert third.complete
    assert len({each.id for each in third.posted}) == payments_in_rillet(company) == 2
    assert company.exported() == sorted(company.brex.records)


def test_a_payment_waits_while_another_of_its_bill_is_in_doubt(
    company: Company, maybe_journal: SqlJournal | None
) -> None:
    company.brex.add(bill_of(1)[1], *halves())
    loses_a_payment(company)

    first = company.export(WITH_BANK, journal=maybe_journal).run()
    second = company.export(WITH_BANK, journal=maybe_journal).run()

    assert sorted(each.code for each in first.failed) == ["ConnectionLostError", "busy"]
    assert second.complete
    assert payments_in_rillet(company) == 2
    assert company.exported() == sorted(company.brex.records)


def test_what_is_in_flight_is_finished_after_a_stop(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)
    told = list[Progress]()

    outcome = company.export(in_flight=2).run(progress=told.append, stop=lambda: bool(told))

    assert outcome.stopped == "it was interrupted"
    left = {each.id for each in company.brex.records.values()} - {each.record.id for each in outcome.posted}
    assert set(outcome.not_reached) == left
    assert outcome.totals["not_reached"].records == outcome.counts.not_reached == len(left)
    assert outcome.failed == ()
    assert 1 <= outcome.counts.posted <= 3
    assert sorted(outcome.reported) == company.exported() == company.posted_references()


def test_an_interruption_gives_up_what_is_in_flight_and_the_next_run_finds_it(
    company: Company, records: list[Record]
) -> None:
    company.brex.add(*records)
    company.rillet.put(rillet.testing.vendor("Cumulus Cloud"))
    release, arrived = threading.Event(), threading.Semaphore(0)

    def held(outgoing: Outgoing) -> Answer:
        if outgoing.method == "POST" and not release.is_set():
            arrived.release()
            release.wait(timeout=30)
        return company.rillet.transport().send(outgoing)

    def interrupt() -> bool:
        # Asked before each record: the third time two are in flight.
        asked.append(True)
        if len(asked) < 3:
            return False
        arrived.acquire(timeout=30)
        arrived.acquire(timeout=30)
        raise KeyboardInterrupt

    asked = list[bool]()
    client = rillet.Client(company.rillet.api_key, transport=InProcess(held), pacer=Pacer(1_000_000))

    first = Export(company.brex.client(), client, Bridge(SETTINGS), in_flight=3).run(stop=interrupt)
    release.set()

    assert first.stopped == "it was interrupted"
    assert [each.code for each in first.failed] == ["interrupted"] * 2
    assert "the next run looks for it" in first.failed[0].why
    assert company.export().run().complete
    assert company.posted_references() == company.exported() == sorted(each.id for each in records)


def test_a_429_loses_no_work(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)
    busy = Fault(Respond(Answer(status=429)), matches=lambda asked: asked.method == "POST", times=4)
    company.rillet.faults.append(busy)

    outcome = company.export(in_flight=3).run()

    assert outcome.complete
    assert company.posted_references() == company.exported() == sorted(each.id for each in records)


def test_a_mistake_in_a_thread_fails_its_record_alone(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)
    export = company.export()
    export.ledger.__dict__["send"] = None

    outcome = export.run()

    assert [each.code for each in outcome.failed] == ["error"] * len(records)
    assert "TypeError" in outcome.failed[0].why
    assert company.export().run().complete


@pytest.mark.parametrize("in_flight", [0, -1])
def test_nothing_in_flight_is_refused(company: Company, in_flight: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        company.export(in_flight=in_flight)


class Repeating(RilletLedger):
    """Answers every payment with the first one."""

    first: Sent | None = None
    asked = 0

    @override
    def send(self, attempt: Attempt) -> Sent:
        if not attempt.path.endswith("/payments"):
            return super().send(attempt)
        self.asked += 1
        assert self.asked < 5
        self.first = self.first or super().send(attempt)
        return self.first


def test_a_payment_is_not_made_again_and_again_for_a_ledger_that_gives_one(
    company: Company, journal: SqlJournal
) -> None:
    first, second = halves()
    company.brex.add(bill_of(1)[1], first)
    ledger = Repeating(company.rillet.client(), REFERENCE_TYPE)
    exporting = Export(company.brex.client(), ledger, Bridge(WITH_BANK), journal=journal, in_flight=1)

    assert exporting.run().complete
    company.brex.add(second)
    outcome = exporting.run()

    assert [each.record.id for each in outcome.failed] == [second.id]
    assert f", which it gave for {second.id} before;" in outcome.failed[0].why
    # The first one, and one under each of two keys.
    assert ledger.asked == 3
