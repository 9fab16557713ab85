"""The demonstration of a close."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from bridge.export.commands.every import app


def test_it_finds_everything_that_was_late_or_disturbed(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["demo", "--close", "--records", "80", "--to", str(tmp_path), "--json"])

    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert shown["missed"] == []
    assert shown["files"] == [str(tmp_path / f"close-2026-10.{kind}") for kind in ("xlsx", "html")]
    assert all(Path(each).stat().st_size > 10_000 for each in shown["files"])
    assert shown["reconciliation"]["explained"]
    assert len(shown["late"]) == 5
    named = {
        (part["record_id"] or part["object"].rpartition(" ")[2], part["kind"])
        for row in shown["reconciliation"]["accounts"]
        for part in row["parts"]
    }
    kinds = {"changed_in_brex", "deleted_in_rillet", "only_in_rillet"}
    assert {name for name, kind in named if kind in kinds} == set(shown["done"])
    accrued = {each["record_id"] for one in shown["accruals"]["accruals"] for each in one["records"]}
    assert set(shown["late"]) <= accrued


def test_it_shows_it_to_people(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["demo", "--close", "--records", "60", "--seed", "2", "--to", str(tmp_path)])

    assert result.exit_code == 0, result.output
    assert "Every difference has its record or object." in result.stdout
    assert "all explained" in result.stdout
    assert str(tmp_path / "close-2026-10.html") in result.stdout
