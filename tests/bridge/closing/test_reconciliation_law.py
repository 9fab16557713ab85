"""The law of the reconciliation: it names every planted difference with its record, nothing else, and the sum is exact."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.closing import Reconciliation
from support.closing.months import Month, named
from support.companies.changing import companies

#: ``BREX_RILLET_MONTHS=500`` for a long run.
MONTHS = int(os.environ.get("BREX_RILLET_MONTHS", "6"))


@pytest.mark.parametrize("journal", [True, False])
def test_every_planted_difference_is_named_and_nothing_else(tmp_path: Path, journal: bool) -> None:
    for seed in range(MONTHS):
        folder = tmp_path / f"month{seed}"
        folder.mkdir()
        with companies(folder) as make:
            made = Month(make, seed, journal=journal)
            shown = made.reconciliation()
            assert named(shown) == made.planted, f"month {seed}"
            assert shown.is_explained
            for row in shown.rows:
                assert sum((part.amount for part in row.parts), Decimal(0)) == row.brex - row.rillet, (seed, row)
            assert _side(shown, "brex") == made.brex()
            assert _side(shown, "rillet") == made.rillet()


def _side(shown: Reconciliation, side: str) -> Mapping[str, Decimal]:
    return {row.account: amount for row in shown.rows if (amount := getattr(row, side))}
