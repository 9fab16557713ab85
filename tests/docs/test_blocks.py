"""Every code block of every page does what it says: Python runs in order, commands exist with their options, TOML is TOML."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from clientkit.observing import observe_by

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
    *sorted((ROOT / "benchmarks").glob("*.md")),
    *sorted((ROOT / "tests").glob("*.md")),
    *sorted((ROOT / "changes").glob("README.md")),
]
KINDS = {"python", "sh", "toml", "text", "json", "csv"}


def blocks(page: Path, kind: str) -> list[str]:
    return [code for found, code in BLOCK.findall(page.read_text(encoding="utf-8")) if found == kind]


def pages_with(kind: str) -> list[object]:
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES if blocks(page, kind)]


def test_every_block_is_of_a_kind_that_is_tried() -> None:
    fences = [
        (page.name, line) for page in PAGES for line in re.findall(r"^```(.*)$", page.read_text("utf-8"), re.MULTILINE)
    ]

    assert [each for each in fences[::1] if each[1] and each[1] not in KINDS] == []
    assert len(fences) > 100


@pytest.mark.parametrize("page", pages_with("python"))
def test_python_blocks_run_in_order(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if page.name == "scaling.md":
        pytest.importorskip("redis", reason="the extra `shared` is not installed")
    if page.name == "telemetry.md":
        pytest.importorskip("opentelemetry", reason="the extra `telemetry` is not installed")
    if page.name == "notebooks.md":
        pytest.importorskip("pyarrow", reason="the extra `frames` is not installed")
    if page.name == "web-frameworks.md":
        for needed in ("fastapi", "flask"):
            pytest.importorskip(needed, reason=f"{needed} of the extra `dev` is not installed")
    if page.name == "warehouse.md":
        pytest.importorskip("dlt", reason="the extra `dlt` is not installed")
        monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
        monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in [
        each for each in os.environ if each.startswith(("BREX_", "RILLET_")) and each != "BREX_RILLET_NO_SKIPS"
    ]:
        monkeypatch.delenv(name)
    there = ModuleType("__page__")
    monkeypatch.setitem(sys.modules, there.__name__, there)
    for number, code in enumerate(blocks(page, "python"), start=1):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compiled = compile(code, f"<block {number} of {page.name}>", "exec", dont_inherit=True)
            exec(compiled, there.__dict__)
    observe_by(None)
    if (journal := there.__dict__.get("journal")) is not None:
        journal.close()


@pytest.mark.parametrize("page", pages_with("toml"))
def test_toml_blocks_are_toml(page: Path) -> None:
    for code in blocks(page, "toml"):
        assert tomllib.loads(code)


@pytest.mark.parametrize("page", pages_with("sh"))
def test_shell_blocks_are_shell_and_call_commands_that_are_there(page: Path) -> None:
    known: dict[str, Any] = importlib.import_module("make_commands").commands()
    for code in blocks(page, "sh"):
        subprocess.run(["bash", "-n"], input=code, text=True, check=True)
        for line in code.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if "brex-rillet" not in words:
                continue
            # Another program may be told to run it.
            said = words[len(words) - words[::-1].index("brex-rillet") :]
            command = known.get(" ".join(said[:2])) or known.get(said[0] if said else "")
            assert command is not None or said in (["--help"], ["--version"]), line
            params: list[Any] = command.params if command else []
            options: set[str] = {option for each in params for option in (*each.opts, *each.secondary_opts)}
            named = {each.partition("=")[0] for each in said if each.startswith("--")}
            assert named <= {*options, "--help", "--version"}, line
