"""Records mapped in a second, with one line and with four, beside another state of this repository::

    git worktree add /tmp/before eeccae6
    python benchmarks/mapping.py /tmp/before [rounds]

Both states run in processes of their own, in turn; shown is CPU time, and the median of the ratios.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
LINES = (1, 4)

#: What both states understand; the records are made before the clock starts, and each is mapped once.
_RUN = """
import sys, time
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, Entity, Settings
from bridge.books import Books
import rillet.testing

lines, count = int(sys.argv[1]), 3000
us = Entity(name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340")
bridge = Bridge(Settings(entities=(us,), reference_type="brex"))
books = Books(
    accounts=tuple(rillet.testing.chart_of_accounts()),
    subsidiaries=(rillet.testing.subsidiary(),),
    vendors=(rillet.testing.vendor("Cumulus Cloud"),),
)
splits = [("10.00", [gl("61000")])] * lines
made = [
    card_expense(f"{lines * 10}.00", splits=splits, merchant="Cumulus Cloud", record_id=f"accr_{number}")
    for number in range(count)
]
first = bridge.outcome(made[0], books)
assert type(first).__name__ == "Post", first
began = time.process_time()
for each in made:
    bridge.outcome(each, books)
print((time.process_time() - began) / count)
"""


def seconds(root: Path, lines: int) -> float:
    """CPU time of a record in one state of the repository."""
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    command = [sys.executable, "-c", _RUN, str(lines)]
    return float(subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout)


def main(before: Path, rounds: int) -> None:
    """Print records in a second, and how many times as many as before."""
    print(f"load {os.getloadavg()[0]:.1f}, CPython {sys.version.split()[0]}, {rounds} rounds")
    print("| | records/s | before | times as many |\n|---|---|---|---|")
    for lines in LINES:
        runs = [(seconds(HERE, lines), seconds(before, lines)) for _ in range(rounds)]
        now, then = (statistics.median(each) for each in zip(*runs, strict=True))
        ratio = statistics.median(each[1] / each[0] for each in runs)
        print(f"| {lines} line{'s' * (lines > 1)} | {1 / now:,.0f} | {1 / then:,.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 31)
