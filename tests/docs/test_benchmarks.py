"""The benchmarks run as their page says, and print a ratio for each of its rows."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.full
@pytest.mark.parametrize(("script", "rows"), [("import_time.py", 5), ("outcome.py", 2)])
def test_a_benchmark_prints_ratios(script: str, rows: int) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / script), "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}

    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)

    assert done.returncode == 0, done.stderr
    assert len(re.findall(r" ms +\d+\.\d+ of ", done.stdout)) >= rows
    assert f"python benchmarks/{script}" in (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")


@pytest.mark.full
@pytest.mark.parametrize(
    ("script", "arguments", "tells"),
    [
        ("decode.py", ["1"], r"\| this library \| \d+\.\d\d \| \d+\.\d\d \| \d+\.\d\d \|"),
        ("encode.py", ["1"], r"\| this library \| \d+\.\d\d \|"),
        ("webhooks.py", ["1"], r"\| Rillet: a vendor \| \d+\.\d\d \|"),
        ("calls.py", ["1"], r"\| 32 at once, async \| \d+\.\d\d \|"),
        ("journal.py", ["20"], r"\| SQLite, an export \| [\d,]+ \| [\d,]+ µs \|"),
        ("pace.py", ["20", "60"], r"20 records, 20 charges, \d+ requests to Rillet: .* of the ideal"),
        ("many_tenants.py", ["3"], r'"posted": 110, "429": 0, "most slices of another while a small one waits": 0'),
        pytest.param(
            "memory.py",
            ["20"],
            r"20 records: \d+\.\d MiB at most",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the largest resident set"),
        ),
        pytest.param(
            "growth.py",
            ["20", "of a listing of all"],
            r"stand-in: a record of a listing of all \| [\d,]+ µs, \d+ MiB \|",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the largest resident set"),
        ),
    ],
)
def test_a_benchmark_prints_what_its_page_shows(script: str, arguments: list[str], tells: str) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / script), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}

    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)

    assert done.returncode == 0, done.stderr
    assert re.search(tells, done.stdout), done.stdout
    assert f"python benchmarks/{script}" in (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")


def test_the_ratios_of_the_pages_are_those_that_were_measured() -> None:
    spec = importlib.util.spec_from_file_location("import_time", ROOT / "benchmarks" / "import_time.py")
    assert spec is not None
    assert spec.loader is not None
    import_time = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(import_time)
    ratios = json.loads(import_time.KEPT.read_text(encoding="utf-8"))["ratios"]
    readme, page = (each.read_text(encoding="utf-8") for each in import_time.PAGES)

    assert set(ratios) == set(import_time.STATEMENTS)
    assert (import_time.page_with(readme, ratios), import_time.page_with(page, ratios)) == (readme, page)
    assert all(f"<!-- {statement} -->{ratio:.2f}<!-- end -->" in page for statement, ratio in ratios.items())
    assert f"<!-- import rillet -->{ratios['import rillet']:.2f}<!-- end -->" in readme
