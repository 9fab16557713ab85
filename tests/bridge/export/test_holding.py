"""What waits for an approval: it is refused before anything is written, and goes as soon as it is approved.

The rows of the table that write something new are N4, S8, S9 and S11; each has a row before it for what is held.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bridge import Post, ReasonCode, Total
from bridge.export import Export
from bridge.export.engine.holding import Hold
from bridge.export.reporting import tables
from clientkit.testing import AnswerLost, Asked, Fault
from support.companies.changing import READY, Company, MakeCompany, companies, reason_texts, reasons
from support.companies.changing_records import MakeRecord, bill, charge, entry

LARGE = Decimal(500)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


def large_ones(post: Post) -> str | None:
    amount = post.record.amount.amount
    return f"{amount} has to be approved by the controller" if amount >= LARGE else None


def run(company: Company, hold: Hold) -> dict[str, list[ReasonCode]]:
    outcome = held_export(company, hold).run()
    company.clock.advance(3600)
    return reasons(outcome)


def held_export(company: Company, hold: Hold) -> Export:
    bridge = company.export().bridge
    return Export(company.to_brex, company.to_rillet, bridge, journal=company.journal, in_flight=1, hold=hold)


def is_brex_told(company: Company) -> bool:
    return any(asked.path.endswith("export-results") for asked in company.brex.asked)


@pytest.mark.parametrize("journal", [True, False])
def test_a_new_document_waits(make: MakeCompany, *, journal: bool) -> None:
    """N4: not even its vendor is created."""
    company = make(charge("600", merchant="Newcomer"), charge("5", id="k2", merchant="Sundry"), journal=journal)

    outcome = held_export(company, large_ones).run()

    assert reasons(outcome) == {"k1": [ReasonCode.HELD]}
    assert "has to be approved by the controller" in reason_texts(outcome, "k1")
    assert [each.name for each in company.rillet.vendors] == ["Sundry"]
    assert company.books() == {"21120": -5, "61000": 5}
    assert company.status("k1") == READY

    assert company.run().complete
    assert company.books() == {"21120": -605, "61000": 605}


@pytest.mark.parametrize(
    ("made", "account", "settings", "step"),
    [
        # Rillet replaces a bill and an entry, and deletes a charge; the settings may want a correction.
        pytest.param(bill, "61000", {}, "replace", id="S8-bill"),
        pytest.param(entry, "21120", {}, "replace", id="S8-entry"),
        pytest.param(charge, "61000", {}, "delete, post anew", id="S9"),
        pytest.param(charge, "61000", {"on_change": "correct"}, "correcting entry", id="S11"),
    ],
)
def test_a_change_of_what_is_posted_waits(
    make: MakeCompany, made: MakeRecord, account: str, settings: dict[str, Any], step: str
) -> None:
    before = made("100", account)
    company = make(before, **settings)
    assert company.run().complete
    writes, books = company.writes(), company.books()
    company.change(made("600", account))

    assert run(company, large_ones) == {before.id: [ReasonCode.HELD]}
    assert company.writes() == writes
    assert company.books() == books
    assert company.status(before.id) == READY

    approved = company.run()
    assert approved.complete
    assert [each.step for each in approved.posted] == [step]
    assert sum(each for each in company.books().values() if each > 0) == 600


def test_what_stands_and_what_is_there_already_is_not_held(make: MakeCompany) -> None:
    """Nothing is written for it, so nobody has to approve anything."""
    company = make(charge("600"))
    assert company.run().complete
    company.offer_again("k1")

    assert run(company, lambda _: "everything waits") == {}
    assert company.was_told("k1")
    make.begin_journal(company)
    company.offer_again("k1")
    assert run(company, lambda _: "everything waits") == {}


def test_what_decides_and_fails_holds(make: MakeCompany) -> None:
    company = make(charge())

    def broken(post: Post) -> str | None:
        raise RuntimeError(post.record.id)

    assert run(company, broken) == {"k1": [ReasonCode.HELD]}
    assert company.writes() == []
    assert not is_brex_told(company)


def test_a_plan_shows_what_waits(make: MakeCompany) -> None:
    company = make(charge("600"), charge("5", id="k2"))

    plan = held_export(company, large_ones).plan()

    assert [each.record.id for each in plan.posts] == ["k2"]
    assert [[reason.code for reason in each.reasons] for each in plan.held] == [[ReasonCode.HELD]]
    assert plan.refused == ()
    assert plan.table.title == "1 to post, 1 held, 0 refused, 0 with nothing to do"


def test_each_record_that_waits_is_named_with_its_amount(make: MakeCompany) -> None:
    company = make(*(charge(str(600 + number), id=f"k{number}") for number in range(4)))
    export = held_export(company, lambda _: "everything waits")
    plan, outcome = export.plan(), export.run()

    for table in (tables.plan_table(plan), tables.export_table(outcome)):
        console = Console(width=200, record=True, file=io.StringIO())
        console.print(table)
        shown = [line.split() for line in console.export_text().splitlines()]
        for number in range(4):
            assert [
                f"k{number}",
                f"60{number}.00",
                "USD",
                *["it", "waits", "for", "an", "approval:", "everything", "waits"],
            ] in shown


def test_what_waits_is_no_refusal_and_no_complete_run(make: MakeCompany) -> None:
    company = make(charge("600"), charge("5", id="k2"))

    outcome = held_export(company, large_ones).run()

    assert (outcome.counts.held, outcome.counts.refused, outcome.complete) == (1, 0, False)
    assert outcome.totals["held"] == Total(records=1, amounts={"USD": Decimal(600)})
    assert outcome.as_json()["refused"] == []
    assert ("Held for approval", "1") in outcome.table.rows


def test_a_summary_leaves_out_what_waits(make: MakeCompany) -> None:
    company = make(charge("600"), charge("5", id="k2"), charge("6", id="k3"), summarise=("CARD_EXPENSE_POST",))

    assert run(company, large_ones) == {"k1": [ReasonCode.HELD]}
    assert company.books() == {"21120": -11, "61000": 11}

    assert company.run().complete
    assert company.books() == {"21120": -611, "61000": 611}


def test_a_member_of_a_summary_is_not_corrected_while_it_waits(make: MakeCompany) -> None:
    company = make(charge("5"), charge("6", id="k2"), summarise=("CARD_EXPENSE_POST",))
    assert company.run().complete
    company.change(charge("600"))

    assert run(company, large_ones) == {"k1": [ReasonCode.HELD]}
    assert company.books() == {"21120": -11, "61000": 11}
    assert company.run().complete
    assert company.books() == {"21120": -606, "61000": 606}


def test_an_attempt_without_an_outcome_is_settled_first(make: MakeCompany) -> None:
    """What may be in the ledger already is not held; what is to come after it is."""

    def is_charge(asked: Asked) -> bool:
        return asked.path == "/charges" and asked.method == "POST"

    company = make(charge("600"))
    company.rillet.faults.append(Fault(AnswerLost(), matches=is_charge, times=99))
    assert company.run().failed
    company.rillet.faults.clear()

    assert run(company, large_ones) == {}
    assert company.books() == {"21120": -600, "61000": 600}
