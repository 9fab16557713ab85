"""How long ``import rillet`` takes beside ``import httpx``, which every HTTP client of this kind would pay for anyway.

Each import happens in a fresh interpreter, in turn, so that whatever else the machine does meets all of them alike::

    python benchmarks/import_time.py [rounds] [--write]

With ``--write`` it measures in an environment of its own, in which nothing but the package and its dependencies is
installed, keeps the ratios in ``import_time.json`` and brings them into the pages.
"""

from __future__ import annotations

import json
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "benchmarks" / "import_time.json"
PAGES = (ROOT / "README.md", ROOT / "benchmarks" / "README.md")
BASE = "import httpx"
STATEMENTS = (
    BASE,
    "import rillet",
    "import brex_accounting",
    "from rillet import Client",
    "from rillet import Client, NewCharge",
)

_TIMED = """
import time
started = time.perf_counter()
{statement}
print(time.perf_counter() - started)
"""


def seconds(statement: str, python: str) -> float:
    """How long one statement takes in a fresh interpreter, its start not counted."""
    code = _TIMED.format(statement=statement)
    return float(subprocess.run([python, "-c", code], capture_output=True, check=True, text=True).stdout)


def measured(rounds: int, python: str) -> dict[str, float]:
    """The ratio of each statement to the base; medians in milliseconds are printed beside them."""
    for statement in STATEMENTS:
        seconds(statement, python)  # bytecode is written and files are cached before anything counts
    runs = [{statement: seconds(statement, python) for statement in STATEMENTS} for _ in range(rounds)]
    medians = {statement: statistics.median(run[statement] for run in runs) for statement in STATEMENTS}
    for statement, median in medians.items():
        print(f"{statement:40} {median * 1000:8.2f} ms   {median / medians[BASE]:6.3f} of {BASE!r}")
    return {statement: round(median / medians[BASE], 2) for statement, median in medians.items()}


def plain_installation(folder: Path) -> str:
    """The interpreter of a new environment with the package of this checkout and what it needs, and nothing else."""
    return installation(folder, str(ROOT))


def installation(folder: Path, *packages: str) -> str:
    """The interpreter of a new environment with these packages and what they need."""
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *packages], check=True)
    return python


def versions(python: str, packages: Sequence[str]) -> str:
    """The versions of packages that an interpreter has."""
    names = "import sys, importlib.metadata as m; print(', '.join(f'{n} {m.version(n)}' for n in sys.argv[1:]))"
    command = [python, "-c", names, *packages]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def page_with(text: str, ratios: Mapping[str, float]) -> str:
    """A page with these ratios where it marks a place for them: ``<!-- import x -->0.10<!-- end -->``."""
    for statement, ratio in ratios.items():
        place = re.compile(rf"(<!-- {re.escape(statement)} -->)[^<]*(<!-- end -->)")
        text = place.sub(rf"\g<1>{ratio:.2f}\g<2>", text)
    return text


def main(rounds: int, *, is_kept: bool) -> None:
    """Print the medians, and each beside the base; keep them if asked for."""
    if not is_kept:
        measured(rounds, sys.executable)
        return
    with tempfile.TemporaryDirectory() as folder:
        ratios = measured(rounds, plain_installation(Path(folder)))
    kept = {"python": platform.python_version(), "rounds": rounds, "ratios": ratios}
    KEPT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    for page in PAGES:
        page.write_text(page_with(page.read_text(encoding="utf-8"), ratios), encoding="utf-8")


if __name__ == "__main__":
    numbers = [each for each in sys.argv[1:] if not each.startswith("--")]
    main(int(numbers[0]) if numbers else 15, is_kept="--write" in sys.argv)
