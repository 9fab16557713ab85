"""How long ``import rillet`` takes beside ``import httpx``, which every HTTP client of this kind would pay for anyway.

Each import happens in a fresh interpreter, in turn, so that whatever else the machine does meets all of them alike::

    python benchmarks/import_time.py [rounds]
"""

from __future__ import annotations

import statistics
import subprocess
import sys

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


def seconds(statement: str) -> float:
    """How long one statement takes in a fresh interpreter, its start not counted."""
    code = _TIMED.format(statement=statement)
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)


def main(rounds: int) -> None:
    """Print the medians, and each beside the base."""
    for statement in STATEMENTS:
        seconds(statement)  # bytecode is written and files are cached before anything counts
    runs = [{statement: seconds(statement) for statement in STATEMENTS} for _ in range(rounds)]
    medians = {statement: statistics.median(run[statement] for run in runs) for statement in STATEMENTS}
    for statement, median in medians.items():
        print(f"{statement:40} {median * 1000:8.2f} ms   {median / medians[BASE]:6.3f} of {BASE!r}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
