"""The history of a record whose document was replaced: what was deleted, and what stands instead."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from brex_accounting.testing.records import gl
from bridge.export.reporting import tables
from bridge.export.reporting.csv_reports import history_report
from bridge.export.reporting.history import became_of, history_of
from support.commands import invoke
from support.companies.changing import Company, MakeCompany, companies
from support.companies.changing_records import bill, charge, pair


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


def printed(company: Company, record_id: str) -> list[list[str]]:
    """The blocks of the attempts, the first two lines of each."""
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(tables.history_table(record_id, history_of(company.journal, record_id).attempts))
    _, *blocks = console.export_text().strip().split("\n\n")
    return [[line.strip() for line in block.splitlines()] for block in blocks]


def test_a_replaced_document_is_told_as_deleted_and_replaced(make: MakeCompany) -> None:
    company = make(charge("100"))
    company.run()
    first = company.ids["k1"]
    company.change(charge("110"))
    company.run()
    second = company.ids["k1"]

    posted, deleted, posted_anew = printed(company, "k1")

    became = ["deleted by version 4, attempt 1", f"replaced by charges {second}"]
    assert posted[:4] == ["version 2, attempt 1: POSTED", f"charges {first}", *became]
    assert deleted[:2] == ["version 4, attempt 1: DELETED", f"deleted charges {first}"]
    assert posted_anew[:2] == ["version 4, attempt 2: POSTED", f"charges {second}"]
    assert not any("deleted" in line for line in posted_anew)
    rows = list(csv.DictReader(history_report(history_of(company.journal, "k1"), lambda _: {}).to_csv().splitlines()))
    assert [(row["State"], row["Did"], row["Became"]) for row in rows] == [
        ("POSTED", "", "; ".join(became)),
        ("POSTED", f"deleted charges {first}", ""),
        ("POSTED", "", ""),
    ]


@pytest.mark.parametrize("columns", ["40", "60", "80"])
def test_no_amount_is_cut_at_the_width_of_the_terminal(make: MakeCompany, tmp_path: Path, columns: str) -> None:
    accounts = ("61000", "62000", "63000")
    company = make(pair([(f"{n}234.56", [gl(account)]) for n, account in enumerate(accounts, 1)]), bill("12345.67"))
    company.run()
    where = str(next(tmp_path.glob("*.db")))

    told = [
        invoke("history", record, "--journal", where, env={"COLUMNS": width}).stdout
        for record in ("s1", "b1")
        for width in (columns, "10000")
    ]

    assert told[0] == told[1]
    assert told[2] == told[3]
    assert "12,345.67" in told[2] or "12345.67" in told[2]


def test_an_export_says_what_it_changed(make: MakeCompany) -> None:
    company = make(charge("100"), bill("100"))
    assert company.run().counts.changed == 0
    company.change(charge("110"))
    company.change(bill("120"))
    company.change(charge("5", id="k2"))

    outcome = company.run()

    assert (outcome.counts.posted, outcome.counts.changed) == (3, 2)
    console = Console(width=120, file=io.StringIO(), record=True)
    console.print(tables.export_table(outcome))
    lines = [" ".join(line.split()) for line in console.export_text().splitlines()]
    assert "Changes of what was posted before 2" in lines
    (changed,) = [line for line in lines if line.startswith("Changed: ")]
    assert "k1 (delete, post anew)" in changed
    assert "b1 (replace)" in changed


def test_what_was_deleted_and_not_posted_again_is_replaced_by_nothing(make: MakeCompany) -> None:
    company = make(charge("100"), on_delete="delete")
    company.run()
    company.change(charge("0"))
    company.run()

    attempts = history_of(company.journal, "k1").attempts

    assert [became_of(each, attempts) for each in attempts] == ["deleted by version 4, attempt 1", ""]


def test_a_document_whose_content_is_replaced_stays_the_same_object(make: MakeCompany) -> None:
    company = make(bill("100"))
    company.run()
    company.change(bill("110"))
    company.run()

    posted, replaced = printed(company, "b1")

    assert posted[1] == f"bills {company.ids['b1']}"
    assert replaced[:2] == ["version 4, attempt 1: POSTED", f"replaced the content of bills {company.ids['b1']}"]


def test_it_says_the_day_and_the_amounts_old_and_new(make: MakeCompany) -> None:
    company = make(bill("100"), charge("100"))
    company.run()
    company.change(bill("110.5", "62000"))
    company.change(charge("120"))
    company.run()

    posted, replaced = printed(company, "b1")
    _, deleted, anew = printed(company, "k1")

    assert "2026-02-03: 61000 100.00 USD" in posted
    assert "61000 nothing instead of 100.00 USD; 62000 110.50 USD instead of nothing" in replaced
    assert not any(" USD" in line for line in deleted)
    assert "61000 120.00 USD instead of 100.00 USD" in anew
    rows = history_report(history_of(company.journal, "k1"), lambda _: {}).flat_rows()
    assert [row["content"] for row in rows] == [
        "2026-02-03: 61000 100.00 USD",
        "",
        "61000 120.00 USD instead of 100.00 USD",
    ]


def test_what_somebody_deleted_in_rillet_keeps_its_kind_and_id(make: MakeCompany) -> None:
    company = make(charge("100"))
    company.run()
    first = company.ids["k1"]
    company.delete("k1")
    assert company.replay("k1").complete

    abandoned, posted = printed(company, "k1")

    assert abandoned[:2] == ["version 2, attempt 1: ABANDONED", f"charges {first}"]
    assert posted[1] == f"charges {company.ids['k1']}"


def test_a_dismissal_that_was_undone_says_who_did_what_and_when(make: MakeCompany) -> None:
    company = make(charge("7", "99999"))
    company.run()
    company.export().dismiss("k1", why="booked as JE-77", by="grace")
    at = f"{company.clock():%Y-%m-%d %H:%M:%S}"
    company.clock.advance(3600)
    company.replay("k1", even_dismissed=True, by="ada")

    (dismissed,) = printed(company, "k1")

    assert dismissed[:2] == [
        "version 2, attempt 1: DISMISSED, AND TAKEN UP AGAIN",
        f"dismissed {at} UTC by grace: booked as JE-77",
    ]
    assert dismissed[2].startswith("taken up again ")
    assert dismissed[2].endswith(" UTC by ada")
