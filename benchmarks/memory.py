"""How much memory an export takes, and how it grows with the number of records::

    python benchmarks/memory.py [records …]

The exporter runs in a process of its own, with a journal, and reaches the stand-ins over the loopback. The limits of both
services are lifted, for otherwise 100,000 records would take 28 hours.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import brex_accounting
import brex_accounting.testing
import rillet
import rillet.testing
from brex_accounting import Record
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, Entity, Settings
from bridge.export import Export, SqlJournal
from clientkit import Pacer

SIZES = (1_000, 10_000, 100_000)
SETTINGS = Settings(
    entities=(Entity(name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340"),)
)
KEPT = 40
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


class Forgetful(list[object]):
    """Stands for `StandIn.asked`, whose requests nobody looks at here."""

    def append(self, _: object) -> None:
        pass


def records(count: int) -> Iterator[Record]:
    for number in range(count):
        moment = FIRST + timedelta(minutes=number)
        yield card_expense(
            "12.34",
            coding=[gl("61000")],
            merchant="Cumulus Cloud",
            record_id=f"accr_{number:08d}",
            posted_at=moment,
            erp_posting_date=moment,
            updated_at=moment,
        )


def export(brex_url: str, token: str, rillet_url: str, key: str, journal: str) -> None:
    """The exporter's process: prints what it posted and its largest resident set in MiB."""
    pacer = Pacer(1_000_000_000)
    with (
        SqlJournal(journal) as opened,
        brex_accounting.Client(token, base_url=brex_url, pacer=pacer) as brex,
        rillet.Client(key, base_url=rillet_url, pacer=pacer) as books,
    ):
        outcome = Export(brex, books, Bridge(SETTINGS), journal=opened).run(keep=KEPT)
    print(outcome.counts.posted, outcome.counts.reported, f"{peak():.1f}", f"{outcome.seconds:.0f}")


def peak() -> float:
    """The largest resident set of this process, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage tells on Linux counts the process that this one was forked from.
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def measure(count: int, folder: str) -> str:
    brex = brex_accounting.testing.StandIn(records(count), rate_limit=None)
    books = rillet.testing.StandIn(reference_types={"brex"})
    brex.asked = books.asked = Forgetful()  # type: ignore[assignment]  # it is only appended to
    with brex.serve() as brex_url, books.serve() as rillet_url:
        command = [sys.executable, __file__, "export", brex_url, brex.token, rillet_url, books.api_key]
        place = str(Path(folder) / f"{count}.db")
        return subprocess.run([*command, place], capture_output=True, check=True, text=True).stdout


def main(sizes: list[int]) -> None:
    """Print a row for each number of records."""
    with tempfile.TemporaryDirectory() as folder:
        for count in sizes:
            posted, reported, peak, seconds = measure(count, folder).split()
            if int(posted) != count or int(reported) != count:
                raise SystemExit(f"{posted} of {count} were posted, {reported} reported")
            print(f"{count:8,} records: {peak} MiB at most, {seconds} s", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["export"]:
        export(*sys.argv[2:])
    else:
        main([int(each) for each in sys.argv[1:]] or list(SIZES))
