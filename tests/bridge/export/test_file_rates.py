"""A file of exchange rates that changes while the process lives."""

from __future__ import annotations

import pickle
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bridge import RatesError
from bridge.export import FileRates

DAY = date(2026, 2, 3)
ROWS = "base,target,date,rate\nEUR,USD,2026-02-03,{}\n"


def put(path: Path, text: str) -> Path:
    """Replace the file in one step."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
    return path


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = put(tmp_path / "rates.csv", ROWS.format("1.08"))
    rates = FileRates(path)
    assert rates("EUR", "USD", DAY) == Decimal("1.08")
    put(path, ROWS.format("1.09"))
    assert rates("EUR", "USD", DAY) == Decimal("1.09")
    assert rates("EUR", "GBP", DAY) is None


def test_it_pickles(tmp_path: Path) -> None:
    rates = FileRates(put(tmp_path / "rates.csv", ROWS.format("1.08")))
    assert pickle.loads(pickle.dumps(rates))("EUR", "USD", DAY) == Decimal("1.08")


def test_an_unchanged_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = FileRates(put(tmp_path / "rates.csv", ROWS.format("1.08")))
    monkeypatch.setattr(Path, "read_text", None)
    assert [rates("EUR", "USD", DAY) for _ in range(3)] == [Decimal("1.08")] * 3


@pytest.mark.parametrize("broken", [ROWS.format("?"), "", None])
def test_a_file_that_went_wrong_changes_nothing_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: str | None
) -> None:
    path = put(tmp_path / "rates.csv", ROWS.format("1.08"))
    rates = FileRates(path)
    if broken is None:
        path.unlink()
    else:
        put(path, broken)
    assert [rates("EUR", "USD", DAY), rates("EUR", "USD", DAY)] == [Decimal("1.08")] * 2
    (told,) = caplog.records
    assert told.levelname == "WARNING"
    assert "rates.csv cannot be used" in told.getMessage()
    put(path, ROWS.format("1.10"))
    assert rates("EUR", "USD", DAY) == Decimal("1.10")


def test_a_file_that_is_wrong_from_the_beginning_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RatesError, match=r"rates\.csv line 2: '\?' is not a rate"):
        FileRates(put(tmp_path / "rates.csv", ROWS.format("?")))
    with pytest.raises(FileNotFoundError):
        FileRates(tmp_path / "missing.csv")
