"""Where a posted document stays and is corrected, a plan and an approval show the entry of the difference, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from bridge import ApprovalRule
from bridge.export import NothingToApproveError
from bridge.export.engine.reviewing import approve_record
from bridge.export.reporting.csv_reports import plan_report
from bridge.export.reporting.journal_lines import journal_lines
from bridge.export.reporting.report_json import outcome_json, plan_json
from support.companies.changing import START, MakeCompany, companies, of_kind
from support.companies.changing_records import CHARGE, DOCUMENTS, Balances, Kind

GRACE = "grace@example.com"
of_documents = pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.name)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


def net(lines: Iterable[tuple[Any, Any, Any]]) -> Balances:
    """Debits less credits by account."""
    sums = dict[str, Decimal]()
    for account, side, amount in lines:
        sums[account] = sums.get(account, Decimal(0)) + Decimal(amount) * (1 if side == "DEBIT" else -1)
    return {each: amount for each, amount in sorted(sums.items()) if amount}


def difference(before: Balances, after: Balances) -> Balances:
    changed = {code: after.get(code, Decimal(0)) - before.get(code, Decimal(0)) for code in {*before, *after}}
    return {code: amount for code, amount in sorted(changed.items()) if amount}


@of_documents
def test_a_plan_shows_what_is_posted_to_correct(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind, on_change="correct")
    company.change(kind.make("120", "61000"))
    export, before = company.export(), company.books()

    plan = export.plan()
    saved = export.saved(plan)
    outcome = export.run(plan=saved.approved(by=GRACE, at=START))

    (post,), ((step),) = plan.posts, saved.steps
    assert (post.step, step.step, outcome.complete) == ("correcting entry", "correcting entry", True)
    (posted,) = (each for each in outcome.posted if each.record.id == kind.record_id)
    assert posted.correction is not None
    assert step.day == plan.rows()[0]["impact_date"] == posted.correction.impact_date
    corrected = difference(before, company.books())
    assert corrected
    told: Any = plan_json(plan)
    done: Any = outcome_json(outcome)
    assert done["posted"][0]["postings"] == told["posts"][0]["postings"]
    _, rows = journal_lines(plan, export.books())
    lines = [(row[6], "CREDIT" if row[8] is None else "DEBIT", row[9] if row[8] is None else row[8]) for row in rows]
    assert net(lines) == corrected
    for shown in (step.postings, told["posts"][0]["postings"], plan_report(plan).flat_rows()):
        assert net((each["account"], each["side"], each["amount"]) for each in shown) == corrected


def test_a_replaced_document_is_shown_whole(make: MakeCompany) -> None:
    company = of_kind(make, CHARGE)
    company.change(CHARGE.make("120", "61000"))

    (post,) = company.export().plan().posts

    assert (post.correction, post.posted is post.document) == (None, True)
    assert net((each.account, each.side, each.amount) for each in post.posted.postings())["61000"] == 120


def test_an_approval_shows_how_a_change_is_posted(make: MakeCompany) -> None:
    company = of_kind(make, CHARGE, on_change="correct")
    company.settings = attrs.evolve(company.settings, approvals=(ApprovalRule(above=Decimal(50)),))
    company.change(CHARGE.make("120", "61000"))
    before = company.books()

    made = approve_record(company.export(), CHARGE.record_id, by=GRACE)

    assert company.run().complete
    shown = net((each.account, each.side, each.amount) for each in made.post.posted.postings())
    assert (made.post.step, shown) == ("correcting entry", difference(before, company.books()))


def test_what_the_ledger_does_not_take_cannot_be_approved(make: MakeCompany) -> None:
    company = of_kind(make, CHARGE, on_change="refuse")
    company.settings = attrs.evolve(company.settings, approvals=(ApprovalRule(above=Decimal(50)),))
    company.change(CHARGE.make("120", "61000"))

    with pytest.raises(NothingToApproveError, match="has changed since it was posted"):
        company.export().approve(CHARGE.record_id, by=GRACE)
