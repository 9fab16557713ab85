"""The table of what many tenants need is computed from the figures above it, which are those of the benchmark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
BENCHMARKS = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")

RECORDS, RUNS, BUSY = 1_000, 720, 360
MONTH = 30 * 24 * 3_600
KEY = 60 * 60 * 24 * 30
HOUR, GIGABYTE = 0.05, 0.12


def figure(pattern: str) -> float:
    found = re.search(pattern, " ".join(PAGE.split()))
    assert found, pattern
    return float(found[1])


IDLE_REQUESTS = figure(r"reads Rillet with (\d+) requests")
LOOK_UPS = figure(r"looks them up with (\d+) more")
IDLE_SECONDS = figure(r"takes ([\d.]+) seconds of a processor")
RECORD_SECONDS = figure(r"a record costs one request, ([\d.]+) seconds")
RECORD_BYTES = figure(r"one row and ([\d.]+) kB") * 1_000

REQUESTS = RUNS * IDLE_REQUESTS + BUSY * LOOK_UPS + RECORDS
SECONDS = REQUESTS / RUNS
PROCESSORS = (RUNS * IDLE_SECONDS + RECORDS * RECORD_SECONDS) / MONTH
BYTES = RECORDS * 12 * RECORD_BYTES
COST = PROCESSORS * RUNS * HOUR + BYTES / 1e9 * GIGABYTE

#: By the beginning of a row what it says of one tenant, and how many of it there are in one of its units.
ROWS = {
    "requests to Rillet a month": REQUESTS,
    "runs in progress": SECONDS / 3_600,
    "processors": PROCESSORS,
    "rows of journal attempts a year": RECORDS * 12,
    "bytes of the journal a year": BYTES,
    "a month, at": COST,
}
UNITS = {"million": 1e6, "MB": 1e6, "GB": 1e9, "TB": 1e12}


def cells(row: str) -> list[str]:
    (line,) = (each for each in PAGE.splitlines() if each.startswith(f"| {row}"))
    return [each.strip() for each in line.strip("|").split("|")][1:]


def number(cell: str) -> float:
    value, _, unit = cell.lstrip("$").replace(",", "").partition(" ")
    return float(value) * UNITS.get(unit, 1.0)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_computed_from_what_was_measured(row: str) -> None:
    for cell, tenants in zip(cells(row), (1, 1_000, 100_000), strict=True):
        # As exact as the page writes it: half of the last digit.
        digits = re.sub(r"[^\d.]", "", cell.split()[0])
        last = 10.0 ** -len(digits.partition(".")[2]) * UNITS.get(cell.partition(" ")[2], 1.0)
        zeros = len(digits) - len(digits.rstrip("0")) if "." not in digits else 0
        assert number(cell) == pytest.approx(ROWS[row] * tenants, abs=last * 10**zeros * 0.51), (row, cell)


def test_rows_that_are_the_same_for_all() -> None:
    assert set(cells("of what their keys allow")) == {f"{REQUESTS / KEY:.1%}".replace("%", " %")}
    assert set(cells("seconds of a run on average")) == {f"{SECONDS:.1f}"}
    assert [number(each) for each in cells("threads for them")] == [7, 7 * 3, 7 * round(SECONDS / 3_600 * 100_000)]


def test_what_was_measured_is_on_the_page_of_benchmarks() -> None:
    (row,) = (each for each in BENCHMARKS.splitlines() if each.startswith("| 40, PostgreSQL |"))
    requests, _, idle, record, size = (float(each.replace(",", "")) for each in row.strip("| ").split("|")[1:])
    assert requests == IDLE_REQUESTS
    assert idle == pytest.approx(IDLE_SECONDS, abs=0.05)
    assert record == pytest.approx(RECORD_SECONDS, abs=0.005)
    assert size == pytest.approx(RECORD_BYTES, rel=0.02)
