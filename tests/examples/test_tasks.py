"""The five tasks run as they stand, with public imports alone, and say what they should."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

TASKS = Path(__file__).parents[2] / "examples" / "tasks"
SCRIPTS = sorted(TASKS.glob("[!_]*.py"))
SAID = {
    "spend_by_account.py": """\
61000     100.00
62000      19.90
would post 3, would refuse 1: a debit line has no general ledger account; code it in Brex
3 posted
21120 Brex Card            -119.9 USD
61000 Software             100 USD
62000 Travel               19.9 USD
""",
    "own_rules.py": """\
1 posted, 1 left out, 1 held
accr_000003 it waits for an approval: it is 5,000 or more
61000: 0, 62000: 310.00
""",
    "invoices.py": """\
1 posted, receivable 100.00
0 posted by the second run
in_1 is partially_paid: 40 USD paid, 60 left
""",
    "service.py": """\
acme: 0 posted
beta: 0 posted
cargo: could not run
acme: the webhook was answered with [200]
acme: 1 posted
beta: the webhook was answered with [200]
beta: 1 posted
forged: 400
health: 503 {"cargo":"SettingsError"}
""",
}


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=900, check=False, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_says_what_it_should(script: Path) -> None:
    if script.name == "service.py":
        pytest.importorskip("fastapi", reason="fastapi of the extra `dev` is not installed")
    assert run(sys.executable, str(script)) == SAID[script.name]


def test_a_months_end_at_the_command_line(tmp_path: Path) -> None:
    # The commands of this tree, whatever else is installed.
    command = tmp_path / "brex-rillet"
    command.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -c "from bridge.export.cli import main; main()" "$@"\n', encoding="utf-8"
    )
    command.chmod(0o755)

    told = run(
        "bash",
        str(TASKS / "month_end.sh"),
        RECORDS="2",
        PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        COLUMNS="200",
    )

    assert "what they name is there on both sides" in told
    assert "Would be posted: 2" in told
    assert "Journal, Brex and Rillet agree." in told
    assert "Reconciliation 2026-10" in told


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_needs_nothing_private(script: Path) -> None:
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        names = [each.name for each in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        assert (
            not any(part.startswith("_") for name in (module, *names) for part in name.split("."))
            or module == "__future__"
        )
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_") or node.attr == "__name__", node.attr


def test_the_page_names_every_script() -> None:
    page = (TASKS / "README.md").read_text(encoding="utf-8")
    assert {each.name for each in TASKS.glob("[!_]*.[ps][yh]")} == {
        name for name in page.split("`") if name.endswith((".py", ".sh")) and "/" not in name
    }
