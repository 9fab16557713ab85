"""How many records a second a journal takes::

    python benchmarks/journal.py [records] [postgresql://…]
    python benchmarks/journal.py [records] --beside FOLDER

The first row of a place is what an export does with one record in flight: a record is claimed as the one before is noted
and given back, looked up and intended, and a hundred are reported at once. The second row is an export with a journal that
can do neither later, where each record is noted and given back at once. The third has each step of a record in a
transaction of its own. They are in turn, a hundred records at a time; medians of the hundreds are shown.

SQLite's file is in the folder for temporary files, which `TMPDIR` names, and on the disk with every step. Shown are
records by the clock and the CPU time of this process; the rest of the time is the disk's or the server's.

With ``--beside`` an export on SQLite stands beside an earlier state of this repository in a folder, in turn. The earlier
one takes each step in a transaction of its own, as it was measured then.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median

from growth import attempt, settled

from bridge.export import SqlJournal
from bridge.export.engine.attempts import Attempt
from bridge.export.engine.claims import Claims

#: How many results an export reports at once.
BATCH = 100
#: How often both states are measured.
ROUNDS = 7


def exported(journal: SqlJournal, numbers: range, *, hands_on: bool) -> None:
    """Everything that an export writes down for these records."""
    with closing(Claims(journal, hands_on=hands_on)) as claims:
        for number in numbers:
            made = attempt(number)
            with claims.holding(made.subject, "busy"):
                assert not journal.attempts(made.subject)
                journal.intend(made)
                (journal.note_later if hands_on else journal.note)(settled(made))
        journal.reported([attempt(number).subject for number in numbers])


def step_by_step(journal: SqlJournal, numbers: range) -> None:
    """The same, each step of a record in a transaction of its own."""
    for number in numbers:
        made = attempt(number)
        assert journal.claim(made.subject)
        assert not journal.attempts(made.subject)
        journal.intend(made)
        journal.note(settled(made))
        journal.reported([made.subject])
        journal.release(made.subject)


WAYS: dict[str, Callable[[SqlJournal, range], None]] = {
    "an export": partial(exported, hands_on=True),
    "each given back at once": partial(exported, hands_on=False),
    "each step by itself": step_by_step,
}


def rows(title: str, place: str, count: int) -> None:
    """Print what a place takes, each way."""
    took: dict[str, list[float]] = {way: [] for way in WAYS}
    cpu: dict[str, list[float]] = {way: [] for way in WAYS}
    with SqlJournal(place, namespace=f"benchmark-{time.time_ns()}") as journal:
        # The first batch does not count: statements are compiled in it.
        for batch in range(1 + max(1, count // BATCH)):
            for number, (way, write) in enumerate(WAYS.items()):
                first = (batch * len(WAYS) + number) * BATCH
                began, cpu_began = time.perf_counter(), time.process_time()
                write(journal, range(first, first + BATCH))
                if batch:
                    took[way].append(time.perf_counter() - began)
                    cpu[way].append(time.process_time() - cpu_began)
    for way in WAYS:
        records, each = BATCH / median(took[way]), median(cpu[way]) / BATCH
        print(f"| {title}, {way} | {records:,.0f} | {each * 1e6:,.0f} µs |", flush=True)


#: What an earlier state of this repository understands. It has the attempts, and the name of the file, as its arguments.
_EARLIER = """
import pickle, sys, time
from statistics import median
from bridge.export import SqlJournal
from bridge.export.attempts import Attempt, AttemptState

batches = pickle.load(sys.stdin.buffer)
took = []
with SqlJournal(sys.argv[1]) as journal:
    for batch in batches:
        made = [(Attempt(**first), Attempt(**{**last, "state": AttemptState(last["state"])})) for first, last in batch]
        began = time.perf_counter()
        for first, last in made:
            assert journal.claim(first.subject)
            assert not journal.attempts(first.subject)
            journal.intend(first)
            journal.note(last)
            journal.reported([first.subject])
            journal.release(first.subject)
        took.append(time.perf_counter() - began)
print(len(batches[0]) / median(took[1:]))
"""
#: What an attempt had then.
_HAD = ("subject", "version", "number", "kind", "path", "payload", "key", "intended_at", "intended_by")
_HAD_IN_THE_END = (*_HAD, "state", "object_id", "answer", "settled_at", "settled_by")


def earlier(folder: Path, place: str, numbers: Sequence[range]) -> float:
    """Records a second in an earlier state."""
    batches = [
        [(_as_then(attempt(number), _HAD), _as_then(settled(attempt(number)), _HAD_IN_THE_END)) for number in each]
        for each in numbers
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    command = [sys.executable, "-c", _EARLIER, place]
    told = subprocess.run(command, env=environment, check=True, input=pickle.dumps(batches), stdout=subprocess.PIPE)
    return float(told.stdout)


def _as_then(made: Attempt, names: Sequence[str]) -> dict[str, object]:
    values = {name: getattr(made, name) for name in names}
    return values | ({"state": made.state.value} if "state" in names else {})


def beside(folder: Path, count: int) -> None:
    """Print how many times as many records an export takes as an earlier state with each step by itself."""
    print(f"load {os.getloadavg()[0]:.1f}, CPython {sys.version.split()[0]}, {count:,} records")
    print("| journal | records/s | before | times as many |\n|---|---|---|---|")
    numbers = [range(start, start + BATCH) for start in range(0, count, BATCH)]
    runs = list[tuple[float, float]]()
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as place:
            then = earlier(folder, str(Path(place) / "earlier.db"), numbers)
            took = list[float]()
            with SqlJournal(str(Path(place) / "journal.db")) as journal:
                for each in numbers:
                    began = time.perf_counter()
                    exported(journal, each, hands_on=True)
                    took.append(time.perf_counter() - began)
            runs.append((BATCH / median(took[1:]), then))
    now, then = (median(each) for each in zip(*runs, strict=True))
    print(f"| SQLite, an export | {now:,.0f} | {then:,.0f} | {median(each[0] / each[1] for each in runs):.2f} |")


def main(count: int, url: str | None) -> None:
    """Print the rows of each place."""
    print(f"load {os.getloadavg()[0]:.1f}, CPython {sys.version.split()[0]}, {count:,} records")
    print("| journal | records/s | CPU time of a record |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        rows("SQLite", str(Path(folder) / "journal.db"), count)
    if url is not None:
        rows("PostgreSQL", url, count)


if __name__ == "__main__":
    places = [each for each in sys.argv[1:] if not each.isdecimal() and each != "--beside"]
    counts = [int(each) for each in sys.argv[1:] if each.isdecimal()]
    if "--beside" in sys.argv:
        beside(Path(places[0]), counts[0] if counts else 1_000)
    else:
        main(counts[0] if counts else 1_000, places[0] if places else None)
