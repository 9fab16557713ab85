"""How many records a second a journal takes: claimed, read, intended, noted, reported and released, one after the other::

    python benchmarks/journal.py [records] [postgresql://…]

SQLite's file is in the folder for temporary files, which `TMPDIR` names, and on the disk with every step. Shown are
records by the clock and the CPU time of this process; the rest of the time is the disk's or the server's.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from growth import attempt, settled

from bridge.export import SqlJournal

#: Before anything counts, so that statements are compiled.
FIRST = 50


def write(journal: SqlJournal, numbers: range) -> None:
    """Everything that is written down for these records."""
    for number in numbers:
        made = attempt(number)
        assert journal.claim(made.subject)
        assert not journal.attempts(made.subject)
        journal.intend(made)
        journal.note(settled(made))
        journal.reported([made.subject])
        journal.release(made.subject)


def row(title: str, place: str, count: int) -> None:
    """Print what a place takes."""
    with SqlJournal(place, namespace=f"benchmark-{time.time_ns()}") as journal:
        write(journal, range(FIRST))
        began, cpu = time.perf_counter(), time.process_time()
        write(journal, range(FIRST, FIRST + count))
        cpu, took = time.process_time() - cpu, time.perf_counter() - began
    print(f"| {title} | {count / took:,.0f} | {cpu / count * 1e6:,.0f} µs |", flush=True)


def main(count: int, url: str | None) -> None:
    """Print a row for each place."""
    print(f"load {os.getloadavg()[0]:.1f}, CPython {sys.version.split()[0]}, {count:,} records")
    print("| journal | records/s | CPU time of a record |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        row("SQLite", str(Path(folder) / "journal.db"), count)
    if url is not None:
        row("PostgreSQL", url, count)


if __name__ == "__main__":
    places = [each for each in sys.argv[1:] if not each.isdecimal()]
    counts = [int(each) for each in sys.argv[1:] if each.isdecimal()]
    main(counts[0] if counts else 1_000, places[0] if places else None)
