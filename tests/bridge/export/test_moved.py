"""Records of a closed month that count on the first open day: everywhere it is said, with the record's own day."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.console import Console

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from bridge import Bridge, explain
from bridge.export import zone_of
from bridge.export.reporting import tables
from bridge.export.reporting.csv_reports import outcome_report, plan_report
from bridge.export.web.overview import overview
from bridge.export.web.readings import read_queue
from support.companies.changing import Company, MakeCompany, companies
from support.companies.changing_records import charge

OWN, FIRST_OPEN = date(2026, 2, 27), date(2026, 3, 1)
TEXT = "it is of 2026-02-27, whose period is closed, and counts on 2026-03-01"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


def closed(make: MakeCompany) -> Company:
    """One record of the closed month, and one of the month after it."""
    own, later = datetime(2026, 2, 27, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    company = make(
        charge(id="k1", erp_posting_date=own),
        charge("5", id="k2", erp_posting_date=later),
        closed_period="first_open_day",
    )
    company.close_books(date(2026, 2, 28))
    return company


def test_a_plan_and_an_export_warn_of_it(make: MakeCompany) -> None:
    company = closed(make)
    plan = company.export().plan()

    assert plan.warnings == (f"k1: {TEXT}",)
    assert TEXT in plan_report(plan).to_csv()

    outcome = company.run()

    assert outcome.complete
    assert [(each.record_id, each.code, each.text) for each in outcome.warnings] == [("k1", "moved", TEXT)]
    printed = Console(width=200, file=io.StringIO(), record=True)
    printed.print(tables.export_table(outcome))
    assert f"k1: {TEXT}" in printed.export_text()
    assert f'k1,,,warning,,,,,moved,"{TEXT}"' in outcome_report(outcome).to_csv()
    assert company.run().warnings == ()


def test_the_explanation_says_it(make: MakeCompany) -> None:
    export = closed(make).export()

    found = explain(export.record("k1"), export.bridge, export.books())

    assert found.summary == (
        "a charge, which counts on 2026-03-01, because it is of 2026-02-27, whose period is closed, for the vendor "
        "Sample Stationery, who has to be created"
    )
    assert "closed" not in explain(export.record("k2"), export.bridge, export.books()).summary


def test_the_page_shows_both_days(make: MakeCompany) -> None:
    company = closed(make)

    def days() -> dict[str, tuple[date | None, date | None]]:
        now = company.clock()
        rows = overview(company.journal, read_queue(company.export()), now)
        return {each.record_id: (each.day, each.counts_on) for each in rows}

    assert days() == {"k1": (OWN, FIRST_OPEN), "k2": (FIRST_OPEN, None)}
    company.run()
    assert days() == {"k1": (OWN, FIRST_OPEN), "k2": (FIRST_OPEN, None)}


@pytest.mark.parametrize(
    ("hour", "zone", "is_moved"),
    [(23, "UTC", True), (23, "Europe/Berlin", False), (3, "UTC", False), (3, "America/New_York", True)],
)
def test_its_own_day_is_that_of_its_time_zone(make: MakeCompany, hour: int, zone: str, *, is_moved: bool) -> None:
    moment = datetime(2026, 2, 28, 23, tzinfo=UTC) if hour == 23 else datetime(2026, 3, 1, hour, tzinfo=UTC)
    company = make(charge(erp_posting_date=moment), closed_period="first_open_day", time_zone=zone)
    company.close_books(date(2026, 2, 28))

    plan = company.export(Bridge(company.settings, zones=zone_of)).plan()

    (post,) = plan.posts
    assert post.document.impact_date == FIRST_OPEN
    assert [each.startswith("k1: it is of 2026-02-28") for each in plan.warnings] == ([True] if is_moved else [])
