"""An object of Rillet that cannot be read concerns its own record; the month is read all the same."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from bridge.closing import DifferenceKind, Reconciliation, close_status, reconcile
from bridge.export.closing import read_snapshot
from support.closing.company import FEBRUARY, accruing, planned
from support.companies.changing import MakeCompany
from support.companies.changing_records import DOCUMENTS, MEMBER, Kind, bill, charge, payment
from support.companies.spoiled import spoil


def shown(found: Reconciliation) -> dict[tuple[str, str | None], Decimal]:
    """The differences on the account that was spent on, by kind and record."""
    return {(part.kind.value, part.record_id): part.amount for row, part in found.parts if row.account == "61000"}


@pytest.mark.parametrize("journal", [True, False], ids=["journal", "no journal"])
@pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.name)
def test_it_is_named_and_the_rest_of_the_month_is_compared(make: MakeCompany, kind: Kind, *, journal: bool) -> None:
    company = make(kind.make("100", "61000"), charge("7", "62000", id="good"), journal=journal)
    assert company.run().complete
    stands = company.books()["61000"]
    spoil(company, company.ids[kind.record_id])

    found = reconcile(read_snapshot(company.export(), FEBRUARY))

    # What the record says, and what the trial balance has beyond the objects that could be read.
    assert shown(found) == {("unreadable_in_rillet", kind.record_id): stands, ("unexplained", None): -stands}
    row = next(each for each in found.rows if each.account == "62000")
    assert (row.brex, row.rillet, row.parts) == (Decimal(7), Decimal(7), ())
    assert [each.ref.split()[-1] for each in found.unread_objects] == [company.ids[kind.record_id]]
    assert not found.is_explained


@pytest.mark.parametrize("journal", [True, False], ids=["journal", "no journal"])
def test_what_may_be_in_the_books_is_not_accrued(make: MakeCompany, *, journal: bool) -> None:
    company = accruing(make, charge(), journal=journal)
    assert company.run().complete
    spoil(company, company.ids["k1"])

    assert planned(company).accruals == ()
    waiting = close_status(read_snapshot(company.export(), FEBRUARY)).waiting
    assert [(each.record.id, each.cause) for each in waiting] == [("k1", DifferenceKind.UNREADABLE_IN_RILLET)]


def test_a_summary_concerns_its_members(make: MakeCompany) -> None:
    company = make(*MEMBER.others, charge(), **MEMBER.settings)
    assert company.run().complete
    spoil(company, company.ids["k1"])

    assert shown(reconcile(read_snapshot(company.export(), FEBRUARY))) == {
        ("unreadable_in_rillet", "k1"): 100,
        ("unexplained", None): -100,
    }


@pytest.mark.parametrize("spoiled", ["p1", "b1"])
def test_a_payment_or_what_it_pays(make: MakeCompany, spoiled: str) -> None:
    company = make(bill(), payment("40"))
    assert company.run().complete
    spoil(company, company.ids[spoiled])

    found = reconcile(read_snapshot(company.export(), FEBRUARY))

    on_bank = {(part.kind.value, part.record_id): part.amount for row, part in found.parts if row.account == "11100"}
    assert on_bank == {("unreadable_in_rillet", "p1"): -40, ("unexplained", None): 40}
    assert not found.is_explained


def test_the_command_lists_it(make: MakeCompany, command: Callable[..., Any]) -> None:
    company = make(charge())
    company.run()
    spoil(company, company.ids["k1"])

    told = command(company, "reconcile", "--period", "2026-02")

    assert told.exit_code == 1
    assert f"charges {company.ids['k1']} of Rillet cannot be read" in " ".join(told.output.split())
