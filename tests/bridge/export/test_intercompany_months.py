"""The month of two entities of which one paid for the other: it ties out in both books, and a half is named."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from bridge.closing import accrue, month, reconcile
from bridge.export.closing import read_snapshot
from support.companies.intercompany import (
    companies,
    failing,
    spent,
)
from support.companies.two import GERMANY, US

FEBRUARY = month("2026-02")


ACCRUING: dict[str, Any] = {"accrual_account": "22500", "uncoded_account": "63000"}


@pytest.mark.parametrize("has_journal", [True, False])
def test_the_month_ties_out_in_both_books(has_journal: bool, tmp_path: Path) -> None:
    company = companies(spent(), journal=tmp_path if has_journal else None)
    assert company.run().complete
    found = reconcile(read_snapshot(company.export(), FEBRUARY))
    assert {(each.subsidiary, each.account): each.brex for each in found.rows} == {
        ("Example Inc.", "12000"): Decimal(40),
        ("Example Inc.", "61000"): Decimal(60),
        ("Example Inc.", "21120"): Decimal(-100),
        ("Example GmbH", "62000"): Decimal(40),
        ("Example GmbH", "12500"): Decimal(-40),
    }
    assert all(each.brex == each.rillet and not each.parts for each in found.rows)


def test_the_month_names_a_half(tmp_path: Path) -> None:
    company = companies(spent(), journal=tmp_path)
    failing(company, "/journal-entries", is_refused=True)
    company.run()
    found = reconcile(read_snapshot(company.export(), FEBRUARY))
    open_parts = {(each.subsidiary, each.account): sum(part.amount for part in each.parts) for each in found.rows}
    assert open_parts.pop(("Example GmbH", "62000")) == 40
    assert open_parts.pop(("Example GmbH", "12500")) == -40
    assert set(open_parts.values()) == {0}
    assert {part.record_id for each in found.rows for part in each.parts} == {"accr_k1"}


def test_both_accrue_what_is_not_in_the_books(tmp_path: Path) -> None:
    entities = (attrs.evolve(US, **ACCRUING), attrs.evolve(GERMANY, **ACCRUING))
    company = companies(spent(), entities=entities, journal=tmp_path)
    plan = accrue(read_snapshot(company.export(), FEBRUARY))
    assert plan.left_out == ()
    assert {each.subsidiary: {line.account: line.amount for line in each.lines} for each in plan.accruals} == {
        "Example Inc.": {"12000": Decimal(40), "61000": Decimal(60), "22500": Decimal(-100)},
        "Example GmbH": {"62000": Decimal(40), "12500": Decimal(-40)},
    }
