"""Every code block of the README does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bridge import read_settings

pytestmark = pytest.mark.place

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [code for kind, code in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8")) if kind == language]


def first_command(heading: str) -> str:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split(f"\n## {heading}\n", 1)[1]
    found = BLOCK.search(section)
    assert found is not None
    return found[2].strip()


@pytest.mark.parametrize("code", blocks("python"), ids=lambda code: code.splitlines()[0])
def test_python_blocks_run_as_pasted(code: str) -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_settings_block_is_accepted() -> None:
    (toml,) = blocks("toml")

    assert {entity.name for entity in read_settings(toml).entities} == {"US", "Germany"}


def test_quick_start_is_one_command_that_ends_with_a_zero_difference() -> None:
    setting_up, _, main_job = first_command("Quick start").rpartition(" && ")
    assert "\n" not in setting_up
    assert setting_up == 'python3 -m venv .venv && .venv/bin/pip install --quiet ".[cli]"'
    command = Path(sys.executable).parent / Path(main_job.split()[0]).name

    done = subprocess.run([command, *main_job.split()[1:]], capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stderr
    assert "Difference over all accounts: 0.00" in done.stdout
    assert "second time posted 0 records" in done.stdout


def test_the_command_for_tests_is_the_one_that_ci_runs() -> None:
    command = first_command("Tests")

    assert "\n" not in command
    assert command == 'python3 -m venv .venv && .venv/bin/pip install --quiet -e ".[dev]" && .venv/bin/nox'
    assert "block 'Tests'" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_commands_against_real_services_ask_for_their_keys(tmp_path: Path) -> None:
    shell = next(block for block in blocks("sh") if "brex-rillet plan" in block)
    settings = tmp_path / "settings.toml"
    settings.write_text(blocks("toml")[0], encoding="utf-8")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("BREX_", "RILLET_"))}
    for line in shell.splitlines():
        if not line.startswith("brex-rillet"):
            continue
        place = tmp_path / "new.toml" if " init " in line else settings
        arguments = [str(place) if each == "settings.toml" else each for each in line.split()[1:]]
        command = [str(Path(sys.executable).parent / "brex-rillet"), *arguments]

        done = subprocess.run(command, capture_output=True, text=True, env=bare, timeout=300)

        assert done.returncode == (1 if " check " in line else 2)
        asked = "RILLET_API_KEY" if " init " in line else "BREX_TOKEN"
        assert f"{asked} is not set" in " ".join((done.stdout + done.stderr).split())
