"""What a run sends again of an earlier one counts as posted, once and with its amounts; what it finds stays found."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from brex_accounting import Amount, ReviewStatus
from bridge import Bridge
from bridge.export import Export, ExportOutcome, SqlJournal
from clientkit.testing import AnswerLost, Asked, Fault, RequestLost
from support.companies.exported import SETTINGS, Company, expense

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("clock")


def run(company: Company, journal: SqlJournal, **changed: Any) -> ExportOutcome:
    clients = company.brex.client(sleep=lambda _: None), company.rillet.client(sleep=lambda _: None)
    return Export(*clients, Bridge(attrs.evolve(SETTINGS, **changed)), journal=journal).run()


def is_posted(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path in {"/charges", "/journal-entries"}


def cut(company: Company, action: RequestLost | AnswerLost) -> None:
    """Every attempt of the first run to post something is lost."""
    company.rillet.faults.append(Fault(action, matches=is_posted, times=99))


@pytest.mark.parametrize("action", [RequestLost(), AnswerLost()], ids=["request", "answer"])
def test_what_is_sent_again_counts_as_posted(company: Company, journal: SqlJournal, action: RequestLost) -> None:
    company.brex.add(expense(1, "7.00"), expense(2, "7.25"))
    cut(company, action)
    first = run(company, journal, reference_type=None)
    assert (first.counts.posted, first.counts.failed, dict(first.amounts)) == (0, 2, {})
    company.rillet.faults.clear()

    second = run(company, journal, reference_type=None)

    assert (second.counts.posted, second.counts.adopted, second.counts.reported) == (2, 0, 2)
    assert second.amounts == {"USD": Decimal("14.25")}
    assert "Found in Rillet already" not in str(second)
    charges = sorted(each.id for each in company.rillet.charges)
    assert sorted(each.id for each in second.posted) == charges
    assert {(each.step, each.adopted) for each in second.posted} == {("create", False)}
    assert [each.document.kind for each in second.posted if each.document is not None] == ["charges", "charges"]
    assert second.totals["posted"].records == 2
    assert run(company, journal, reference_type=None).counts.posted == 0


def test_what_is_found_stays_found(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1, "7.00"))
    cut(company, AnswerLost())
    run(company, journal)
    company.rillet.faults.clear()

    second = run(company, journal)

    assert (second.counts.posted, second.counts.adopted, dict(second.amounts)) == (0, 1, {})
    assert second.found_amounts == {"USD": Decimal("7.00")}
    assert second.as_json()["found_amounts"] == {"USD": "7.00"}
    assert "  Spending found in Rillet USD  7.00" in str(second).splitlines()
    assert run(company, journal).found_amounts == {}


def test_all_runs_together_tell_what_is_spent(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1, "7.00"), expense(2, "7.25"))
    cut(company, AnswerLost())
    runs = [run(company, journal)]
    company.rillet.faults.clear()
    company.brex.add(expense(3, "1.00"))
    runs += [run(company, journal)]
    company.brex.add(attrs.evolve(expense(3, "4.00"), version=3))
    runs += [run(company, journal) for _ in range(2)]

    told = sum(sum(each.amounts.values()) + sum(each.found_amounts.values()) for each in runs)
    assert told == company.rillet.ledger.balance("61000") == Decimal("18.25")


def test_what_is_found_and_then_changed_counts_with_all_of_it(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1, "7.00"))
    cut(company, AnswerLost())
    run(company, journal)
    company.rillet.faults.clear()
    company.brex.add(attrs.evolve(expense(1, "10.00"), version=3))

    second = run(company, journal)

    assert (dict(second.amounts), dict(second.found_amounts)) == ({"USD": Decimal("10.00")}, {})
    assert company.rillet.ledger.balance("61000") == 10


def test_what_has_changed_since_counts_with_what_it_says_now(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1, "7.00"))
    cut(company, RequestLost())
    run(company, journal)
    company.rillet.faults.clear()
    company.brex.add(attrs.evolve(expense(1, "99.00"), version=3))

    (posted,) = run(company, journal).posted

    assert (posted.step, posted.amounts) == ("delete, post anew", (Amount(amount=Decimal("99.00"), currency="USD"),))
    assert company.rillet.ledger.balance("61000") == 99


def test_a_document_in_the_place_of_a_deleted_one_counts_with_the_difference(
    company: Company, journal: SqlJournal
) -> None:
    company.brex.add(expense(1, "7.00"))
    first = run(company, journal)
    company.brex.add(attrs.evolve(expense(1, "10.00"), version=3))
    cut(company, RequestLost())
    second = run(company, journal)
    company.rillet.faults.clear()

    third = run(company, journal)

    assert [dict(each.amounts) for each in (first, second, third)] == [
        {"USD": Decimal("7.00")},
        {},
        {"USD": Decimal("3.00")},
    ]
    assert company.rillet.ledger.balance("61000") == 10


def test_the_members_of_a_summary_that_is_sent_again_count_as_posted(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1, "7.00"), expense(2, "7.25"))
    cut(company, RequestLost())
    run(company, journal, summarise=("CARD_EXPENSE_POST",))
    company.rillet.faults.clear()

    second = run(company, journal, summarise=("CARD_EXPENSE_POST",))

    assert (second.counts.posted, second.counts.adopted) == (2, 0)
    assert {(each.step, each.document is not None) for each in second.posted} == {("summary", True)}
    assert len(company.rillet.journal_entries) == 1


def test_a_record_that_nobody_waits_for_counts_when_it_is_sent_again(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1, "7.00"))
    run(company, journal)
    company.brex.add(attrs.evolve(expense(1, "10.00"), version=3, review_status=ReviewStatus.EXPORTED, updated_at=NOW))
    cut(company, RequestLost())
    assert run(company, journal).counts.failed == 1
    company.rillet.faults.clear()

    third = run(company, journal)

    assert (third.counts.posted, third.counts.reported, dict(third.amounts)) == (1, 0, {"USD": Decimal("3.00")})
