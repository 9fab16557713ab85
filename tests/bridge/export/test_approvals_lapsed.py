"""The history says of an approval that it does not count any more, as soon as a run has seen it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from bridge import ApprovalRule
from bridge.export.engine.approvals import lapsed_at
from bridge.export.reporting.csv_reports import history_report
from bridge.export.reporting.history import history_of, review_text
from support.companies.changing import companies
from support.companies.changing_records import charge

GRACE = "grace@example.com"


@pytest.mark.parametrize("is_approved_again", [False, True])
def test_an_approval_that_lapsed_is_told_as_such(tmp_path: Path, *, is_approved_again: bool) -> None:
    with companies(tmp_path) as make:
        company = make(charge("600"))
        company.settings = attrs.evolve(company.settings, approvals=(ApprovalRule(above=Decimal(500)),))
        company.run()
        company.clock.advance(60)
        company.export().approve("k1", by=GRACE)
        before = history_of(company.journal, "k1")
        assert [lapsed_at(each, before.refusals) for each in before.reviews] == [None]
        company.clock.advance(60)
        company.change(charge("700"))
        company.run()
        seen = history_of(company.journal, "k1").refusals[-1].at
        company.clock.advance(60)
        if is_approved_again:
            company.export().approve("k1", by=GRACE)
            assert company.run().complete

        found = history_of(company.journal, "k1")

    first, *again = found.reviews
    assert lapsed_at(first, found.refusals) == seen
    assert review_text(first, found.refusals).endswith(f"; it had lapsed by {seen:%Y-%m-%d %H:%M:%S} UTC")
    assert [lapsed_at(each, found.refusals) for each in again] == [None] * is_approved_again
    report = history_report(found, lambda _: {})
    at = report.headings.index("Became")
    told = [row[at] for row in report.rows if row[0] == "review"]
    assert told == [f"it had lapsed by {seen:%Y-%m-%d %H:%M:%S} UTC", *[""] * is_approved_again]
