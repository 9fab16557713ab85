"""A proxy's page with status 200 does not tell that a document was deleted."""

from __future__ import annotations

from pathlib import Path

import attrs

from brex_accounting import ReviewStatus
from bridge.export import SqlJournal
from clientkit import Answer
from clientkit.testing import Fault, Respond
from support.companies.exported import Company, expense

PAGE = Answer(status=200, headers={"content-type": "text/html"}, content=b"<html>maintenance</html>")


def test_a_charge_is_not_posted_anew_beside_the_one_that_is_still_there(company: Company, tmp_path: Path) -> None:
    with SqlJournal(f"{tmp_path}/journal.db") as journal:

        def run() -> bool:
            return company.export(journal=journal).run().complete

        company.brex.add(expense(1))
        assert run()
        known = company.brex.records["accr_001"]
        newer = attrs.evolve(
            expense(1, "12.00"), version=known.version + 1, review_status=ReviewStatus.READY_FOR_EXPORT
        )
        company.brex.add(newer)
        company.rillet.faults.append(Fault(Respond(PAGE), matches=lambda asked: asked.method == "DELETE"))

        assert not run()

        assert company.rillet.ledger.balance("61000") == 10
        assert run()
        assert company.rillet.ledger.balance("61000") == 12
