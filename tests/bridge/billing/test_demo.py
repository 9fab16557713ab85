"""``brex-rillet demo --billing``: its proof, and the stand-in that it leaves running for the commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from support.commands import invoke

DEMO = [sys.executable, "-c", "from bridge.export.cli import main; main()", "demo", "--billing", "--serve"]


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_demo_proves_that_receivables_are_the_open_invoices(seed: str) -> None:
    done = invoke("demo", "--billing", "--records", "25", "--seed", seed, "--json")

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert Decimal(told["difference"]) == 0
    assert told["posted"] > 25
    assert (told["second_run_posted"], told["problems"]) == (0, [])
    assert told["statuses_back"] > 10
    assert {each["currency"] for each in told["receivables"]} == {"USD", "EUR"}
    assert all(Decimal(each["open"]) > 0 for each in told["receivables"])


def test_the_demo_for_people() -> None:
    done = invoke("demo", "--billing", "--records", "5")

    assert "Difference over all subsidiaries: 0.00" in done.output


@contextmanager
def served(*arguments: str, last: str, width: str = "200") -> Generator[str]:
    """What the demonstration prints until a line that contains `last`, for as long as the context lasts."""
    with subprocess.Popen(
        [*DEMO, *arguments], stdout=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": width}
    ) as process:
        try:
            assert process.stdout is not None
            told = ""
            for line in process.stdout:
                told += line
                if last in line:
                    break
            yield told
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()
    assert process.returncode == 0


def test_the_commands_can_be_tried_on_what_it_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = ["--journal", str(tmp_path / "billing.db")]
    with served("--records", "4", "--json", "--settings", str(tmp_path / "billing.toml"), last="}\n") as text:
        told = json.loads(text)
        for name, value in told["variables"].items():
            monkeypatch.setenv(name, value)
        what = ["--settings", told["settings"], "--invoices", told["invoices"], "--rates", told["rates"]]

        checked = invoke("billing", "check", "--settings", told["settings"])
        planned = invoke("billing", "plan", *what, "--json")
        synced = invoke("billing", "sync", *what, *journal, "--json")
        again = invoke("billing", "sync", *what, *journal, "--json")

    assert set(told["variables"]) == {"RILLET_API_KEY", "RILLET_BASE_URL"}
    assert (checked.exit_code, planned.exit_code) == (0, 0)
    assert len(json.loads(planned.stdout)["invoices"]["posts"]) == 4
    assert json.loads(synced.stdout) == {"posted": 4, "already_there": 0, "stopped": None, "problems": []}
    assert json.loads(again.stdout)["posted"] == 0
    states = json.loads(invoke("billing", "status", *journal, "--json").stdout)["invoices"]
    assert [each["state"] for each in states] == ["in Rillet"] * 4


def test_people_are_told_what_to_type_in_lines_that_can_be_pasted() -> None:
    with served("--records", "1", last="Ctrl-C", width="40") as text:
        commands = [line for line in text.splitlines() if line.startswith(("export ", "brex-rillet "))]

    assert [" ".join(each.split()[:3]) for each in commands[2:]] == [
        f"brex-rillet billing {name}" for name in ("check", "plan", "sync", "status", "verify")
    ]
    assert "--rates" in commands[3]
    assert "BREX" not in text


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_text("mine", encoding="utf-8")

    done = invoke("demo", "--billing", "--serve", "--settings", str(tmp_path / "billing.toml"))

    assert done.exit_code == 2
    assert "invoices.csv is there already" in done.output
    assert not (tmp_path / "billing.toml").exists()


@pytest.mark.parametrize("other", ["--billing", "--serve"])
def test_the_close_is_a_demonstration_of_its_own(other: str) -> None:
    done = invoke("demo", "--close", other)

    assert done.exit_code == 2
    assert f"--close does not go with {other}" in done.output
