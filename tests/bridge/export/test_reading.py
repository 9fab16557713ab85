"""Records are read page by page, each is handed out once, and what the outcome keeps is bounded."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from typing_extensions import override

import brex_accounting.testing
import rillet.testing
from brex_accounting import ReviewStatus
from brex_accounting.testing.records import card_expense
from bridge import Bridge
from bridge.export import Export, ExportOutcome, SqlJournal
from clientkit import Answer
from clientkit.testing import Asked, Fault, Respond
from support.clocks import ManualClock
from support.companies.exported import REFERENCE_TYPE, SETTINGS, Company, expense

PAGE = 500


class Skipping(brex_accounting.testing.StandIn):
    """A Brex that leaves half of a later page out when the queue is read for the second time."""

    later_pages = 0

    @override
    def respond(self, asked: Asked) -> Answer:
        answer = super().respond(asked)
        self.later_pages += asked.one("cursor") is not None
        if asked.one("cursor") is None or self.later_pages != 2:
            return answer
        page = json.loads(answer.content)
        return attrs.evolve(answer, content=json.dumps({**page, "items": page["items"][::2]}).encode())


def many(count: int, kind: type[brex_accounting.testing.StandIn] = brex_accounting.testing.StandIn) -> Company:
    return Company(
        brex=kind((expense(n) for n in range(count)), rate_limit=None),
        rillet=rillet.testing.StandIn(
            reference_types={REFERENCE_TYPE}, vendors=[rillet.testing.vendor("Cumulus Cloud")]
        ),
    )


@pytest.mark.parametrize("count", [PAGE, PAGE + 1, 2 * PAGE + 7])
def test_more_than_a_page_arrives_whole_though_records_leave_the_queue_meanwhile(count: int) -> None:
    company = many(count)

    outcome = company.export(batch=50).run(keep=3)

    assert outcome.complete
    assert outcome.counts.posted == outcome.counts.reported == count
    assert outcome.amounts == {"USD": 10 * count}
    assert len(outcome.posted) == len(outcome.reported) == 3
    assert company.posted_references() == company.exported() == sorted(company.brex.records)


def test_what_a_reading_missed_is_read_again() -> None:
    company = many(PAGE + 20, Skipping)

    outcome = company.export(batch=50).run()

    assert outcome.counts.posted == PAGE + 20
    assert company.posted_references() == company.exported() == sorted(company.brex.records)


def test_a_small_queue_is_read_once(company: Company) -> None:
    company.brex.add(*(expense(number) for number in range(5)))

    company.export().run()

    # The fields that the settings are compared with, the records of cards and reimbursements, and the bills.
    records = "/v3/accounting/records"
    assert [asked.path for asked in company.brex.asked if asked.method == "GET"] == ["/v1/fields", records, records]


def test_only_these_records_are_exported(company: Company) -> None:
    company.brex.add(*(expense(number) for number in range(5)))

    outcome = company.export().run(ids=["accr_001", "accr_003", "accr_999"])

    assert [each.record_id for each in outcome.unreadable] == ["accr_999"]
    assert company.exported() == company.posted_references() == ["accr_001", "accr_003"]


def test_records_that_are_not_ready_are_left_alone(company: Company) -> None:
    company.brex.add(attrs.evolve(expense(1), review_status=ReviewStatus.REVIEW), expense(2))
    company.export().run(ids=["accr_001", "accr_002"])
    posts = company.posts()

    again = company.export().run(ids=["accr_001", "accr_002"])

    assert again == attrs.evolve(again, posted=(), refused=(), nothing=(), failed=())
    assert company.posts() == posts
    assert company.exported() == ["accr_002"]


def test_nothing_is_exported_where_no_id_is_told(company: Company) -> None:
    company.brex.add(expense(1))

    outcome = company.export().run(ids=[])

    assert outcome.complete
    assert company.exported() == []


def test_what_is_kept_is_bounded_and_everything_is_counted(company: Company) -> None:
    company.brex.add(*(card_expense("5", record_id=f"accr_bad{number}") for number in range(9)))
    company.brex.add(*(expense(number) for number in range(9)))
    stuck = Fault(Respond(Answer(status=500)), matches=lambda asked: asked.method == "POST", times=1000)
    company.brex.faults.append(stuck)

    outcome = company.export().run(keep=2)

    assert not outcome.complete
    assert [len(each) for each in (outcome.posted, outcome.refused, outcome.unreported)] == [2, 2, 2]
    counts = outcome.counts
    assert (counts.posted, counts.refused, counts.unreported, counts.reported) == (9, 9, 9, 0)
    assert outcome.as_json()["counts"] == attrs.asdict(counts)


def test_where_all_is_kept_the_counts_are_those_of_what_is_kept(company: Company) -> None:
    company.brex.add(*(card_expense("5", record_id=f"accr_bad{number}") for number in range(3)))
    company.brex.add(*(expense(number) for number in range(4)))

    outcome = company.export().run()

    names = ("posted", "created_vendors", "refused", "nothing", "failed", "reported", "unreported")
    derived = ExportOutcome(**{name: getattr(outcome, name) for name in names})
    assert derived.counts == outcome.counts
    assert derived.amounts == outcome.amounts


@pytest.mark.parametrize("amount", ["10.00", "11.00"])
@pytest.mark.parametrize("replayed", [False, True])
@pytest.mark.parametrize("with_journal", [False, True])
def test_a_record_that_changed_after_it_was_posted_is_found_also_without_the_journal_that_knows(
    tmp_path: Path, amount: str, *, with_journal: bool, replayed: bool
) -> None:
    clock = ManualClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    company = Company(
        brex=brex_accounting.testing.StandIn([expense(1)], rate_limit=None, now=clock),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}, now=clock),
    )
    company.brex.faults.append(
        Fault(Respond(Answer(status=500)), matches=lambda asked: asked.method == "POST", times=9)
    )
    assert company.export().run().reported == ()
    (before,) = company.rillet.charges
    company.brex.faults.clear()
    clock.advance(7 * 24 * 3600)
    company.brex.add(attrs.evolve(expense(1, amount), version=3, updated_at=clock()))

    with ExitStack() as stack:
        journal = stack.enter_context(SqlJournal(str(tmp_path / "new.db"), now=clock)) if with_journal else None
        export = Export(company.brex.client(), company.rillet.client(), Bridge(SETTINGS), journal=journal)
        outcome = export.replay("accr_001") if replayed else export.run()

    is_alike = amount == "10.00"
    # Rillet replaces no charge, so what its mark tells of gives way to what the record says now.
    step = "keep" if is_alike else "delete, post anew"
    assert [(each.adopted, each.step) for each in outcome.posted] == [(is_alike, step)]
    assert outcome.complete
    (charge,) = company.rillet.charges
    assert (charge.id == before.id) == is_alike
    assert [item.amount.amount for item in charge.items] == [Decimal(amount)]
    assert outcome.amounts == ({} if is_alike else {"USD": Decimal("1.00")})
    assert company.rillet.ledger.balance("61000") == Decimal(amount)


@pytest.mark.parametrize("count", [1, 7])
def test_what_is_offered_again_is_looked_at_with_one_request_each(company: Company, tmp_path: Path, count: int) -> None:
    company.brex.add(*(expense(number) for number in range(count)))
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        export = Export(company.brex.client(), company.rillet.client(), Bridge(SETTINGS), journal=journal)
        assert export.run().complete
        for each in tuple(company.brex.records.values()):
            company.brex.add(attrs.evolve(each, version=each.version + 1, review_status=ReviewStatus.READY_FOR_EXPORT))
        asked, posts = len(company.rillet.asked), company.posts()

        outcome = export.run()

        assert outcome.complete
        assert [each.step for each in outcome.posted] == ["keep"] * count
        assert outcome.counts.reported == count
        assert company.posts() == posts
        looks = [each.path for each in company.rillet.asked[asked:] if each.path.startswith("/charges")]
        assert sorted(looks) == sorted(f"/charges/{each.id}" for each in company.rillet.charges)

        # What is exported and has not changed is not looked at.
        asked = len(company.rillet.asked)
        assert export.run().counts.nothing == 0
        assert [each.path for each in company.rillet.asked[asked:] if "charges" in each.path] == []
