"""What many tenants cost on one journal: requests, processor time, rows and bytes::

    python benchmarks/tenants.py [tenants] [records] [place]

Each tenant exports `records` in a first run, and nothing in a second one. `place` is the journal of all: an SQLite file, which is
the default, or a PostgreSQL. Services are stand-ins in the same process, and their time is counted too; no wait takes time.
Printed are, as JSON, the numbers for one run and for one record.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

import brex_accounting.testing
import rillet.testing
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, Entity, Settings
from bridge.export import Export, SqlJournal

US = Entity(name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340")
BRIDGE = Bridge(Settings(entities=(US,), reference_type="brex"))
Company = tuple[brex_accounting.testing.StandIn, rillet.testing.StandIn]


def new_company(records: int) -> Company:
    ready = (card_expense("10.00", coding=[gl("61000")], record_id=f"accr_{number:05d}") for number in range(records))
    brex = brex_accounting.testing.StandIn(ready, rate_limit=None)
    return brex, rillet.testing.StandIn(reference_types={"brex"})


def run_all(companies: list[Company], place: str) -> tuple[float, float, int]:
    """Of one run of each: processor seconds, requests to Rillet, and records posted in all."""
    began, posted, asked = time.process_time(), 0, 0
    for number, (brex, books) in enumerate(companies):
        before = len(books.asked)
        with SqlJournal(place, namespace=f"tenant-{number}") as journal:
            outcome = Export(brex.client(sleep=lambda _: None), books.client(), BRIDGE, journal=journal).run()
        posted += outcome.counts.posted
        asked += len(books.asked) - before
    return (time.process_time() - began) / len(companies), asked / len(companies), posted


def size_of(place: str) -> tuple[int, int]:
    """The bytes of the journal, and its attempts."""
    is_file = "://" not in place
    engine = sa.create_engine(f"sqlite:///{place}" if is_file else place.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        rows = int(connection.execute(sa.text("SELECT count(*) FROM journal_attempts")).scalar_one())
        query = "SELECT pg_database_size(current_database())"
        size = Path(place).stat().st_size if is_file else int(connection.execute(sa.text(query)).scalar_one())
    engine.dispose()
    return size, rows


def main(tenants: int, records: int, place: str) -> None:
    SqlJournal(place).close()
    empty, _ = size_of(place)
    companies = [new_company(records) for _ in range(tenants)]
    first_seconds, first_asked, posted = run_all(companies, place)
    full, rows = size_of(place)
    idle_seconds, idle_asked, _ = run_all(companies, place)
    told = {
        "tenants": tenants,
        "posted": posted,
        "requests of an idle run": idle_asked,
        "requests of a record": round((first_asked - idle_asked) / records, 2),
        "processor seconds of an idle run": round(idle_seconds, 3),
        "processor seconds of a record": round((first_seconds - idle_seconds) / records, 4),
        "rows of a record": round(rows / posted, 2),
        "journal bytes of a record": round((full - empty) / posted),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        given = [*sys.argv[1:], *["50", "20", str(Path(folder) / "journal.db")][len(sys.argv) - 1 :]]
        main(int(given[0]), int(given[1]), given[2])
