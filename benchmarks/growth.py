"""What one item costs where there are many: time and memory with 1,000, 10,000 and 100,000 items::

    python benchmarks/growth.py [items …]

Each row and size has a process of its own. Shown is the CPU time of an item, or of a request where the row says so, in
microseconds, and the largest resident set of the process. The time of a row is to be the same at every size. The memory of
what holds its items grows with them, as that of the stand-ins; what only passes them on is to stay as it is.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import attrs
import sqlalchemy as sa
from memory import Forgetful, peak

import brex_accounting.testing
import rillet.testing
from brex_accounting import Exported, Record, ReviewStatus
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, Entity, Post, Settings, VendorMapping
from bridge.books import Books
from bridge.export import SqlJournal
from bridge.export.engine.attempts import Attempt, AttemptState
from bridge.export.journal import sql_tables
from bridge.export.journal.rows import COLUMNS, attempt_row
from clientkit import Pacer, codec
from clientkit.transport import InProcess
from clientkit.wire import Answer, Outgoing
from rillet import Money, NewCharge, NewExpenseItem

SIZES = (1_000, 10_000, 100_000)
#: How many items or requests are measured where many are there.
SOME = 300
PAGE = 100
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
US = Entity(name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340")

#: Prepares so many items and gives what is measured; what that returns is the number of items or requests that it did.
Prepare = Callable[[int], Callable[[], int]]
ROWS = dict[str, Prepare]()


def row(title: str) -> Callable[[Prepare], Prepare]:
    def keep(prepare: Prepare) -> Prepare:
        ROWS[title] = prepare
        return prepare

    return keep


def expense(number: int, merchant: str = "Cumulus Cloud") -> Record:
    moment = FIRST + timedelta(minutes=number)
    return card_expense(
        "12.34",
        coding=[gl("61000")],
        merchant=merchant,
        record_id=f"accr_{number:08d}",
        posted_at=moment,
        erp_posting_date=moment,
        updated_at=moment,
    )


@row("a record of a listing that is walked through")
def walked(count: int) -> Callable[[], int]:
    shown = codec.write([codec.unstructure(expense(number)) for number in range(PAGE)]).decode()
    pages = math.ceil(count / PAGE)
    asked = 0

    def answer(_: Outgoing) -> Answer:
        nonlocal asked
        asked += 1
        # Other ids on each page, and the last page has no cursor.
        items = shown.replace('"accr_00', f'"accr_{asked}_')
        cursor = "null" if asked == pages else f'"{asked}"'
        content = f'{{"items":{items},"next_cursor":{cursor}}}'.encode()
        return Answer(status=200, headers={"content-type": "application/json"}, content=content)

    client = brex_accounting.Client("token", transport=InProcess(answer), pacer=Pacer(1_000_000_000))
    return lambda: sum(1 for _ in client.records.list())


@row("a record made and mapped, of so many")
def mapped(count: int) -> Callable[[], int]:
    bridge, books = Bridge(Settings(entities=(US,), reference_type="brex")), books_with(1)
    return lambda: sum(isinstance(bridge.outcome(expense(number), books), Post) for number in range(count))


@row("a record mapped beside so many vendors and entries of `[[vendors]]`")
def mapped_beside(count: int) -> Callable[[], int]:
    vendors = tuple(VendorMapping(brex=f"Merchant {number}", rillet=f"Vendor {number}") for number in range(count))
    bridge = Bridge(Settings(entities=(US,), reference_type="brex", vendors=vendors))
    books = books_with(count)
    records = [expense(number, f"Merchant {count - number - 1}") for number in range(SOME)]
    bridge.outcome(expense(0), books)
    return lambda: sum(isinstance(bridge.outcome(each, books), Post) for each in records)


@row("a vendor of books whose vendors all have one name and address")
def grouped(count: int) -> Callable[[], int]:
    books = books_with(count, name="Cumulus Cloud")
    books.vendor("")

    def look() -> int:
        assert len(books.vendors_by_name("cumulus cloud")) == count
        assert len(books.vendors_by_email("a@example.com")) == count
        return len(books.vendors_like("Cumulus Clouds"))

    return look


def books_with(vendors: int, name: str | None = None) -> Books:
    made = (
        rillet.testing.vendor(name or f"Vendor {number}", email="a@example.com" if name else None)
        for number in range(vendors)
    )
    return Books(
        accounts=tuple(rillet.testing.chart_of_accounts()),
        subsidiaries=(rillet.testing.subsidiary(),),
        vendors=tuple(attrs.evolve(each, id=f"v-{number}") for number, each in enumerate(made)),
    )


@row("a record in the journal: claimed, intended, noted, reported, released")
def journalled(count: int) -> Callable[[], int]:
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    journal = SqlJournal(str(Path(folder.name) / "journal.db"))
    with journal._database.writing() as connection:
        for start in range(0, count, 10_000):
            rows = [
                attempt_row(settled(attempt(number)), COLUMNS)
                | {"namespace": "", "reported_at": "2026-01-02T00:00:00.000000Z"}
                for number in range(start, min(start + 10_000, count))
            ]
            connection.execute(sa.insert(sql_tables.attempts), rows)

    def write() -> int:
        for number in range(count, count + SOME):
            made = attempt(number)
            assert journal.claim(made.subject)
            assert not journal.attempts(made.subject)
            journal.intend(made)
            journal.note(settled(made))
            journal.reported([made.subject])
            journal.release(made.subject)
            assert journal.unfinished() == ()
        journal.close()
        folder.cleanup()
        return SOME

    return write


def attempt(number: int) -> Attempt:
    return Attempt(
        subject=f"accr_{number:08d}",
        version=2,
        number=1,
        kind="charges",
        path="/charges",
        payload=b'{"vendor_id":"v-1"}' * 20,
        key=f"key-{number}",
        intended_at=FIRST,
        intended_by="me",
        content="0123456789abcdef",
        source=f"expense_{number}",
    )


def settled(intended: Attempt) -> Attempt:
    return attrs.evolve(
        intended,
        state=AttemptState.POSTED,
        object_id=f"o-{intended.subject}",
        answer=b"{}",
        settled_at=FIRST,
        settled_by="me",
    )


def ledger(count: int) -> rillet.Client:
    """A client of a stand-in with so many charges."""
    standin = rillet.testing.StandIn(vendors=[rillet.testing.vendor("Vendor 0")])
    standin.asked = Forgetful()  # type: ignore[assignment]  # it is only appended to
    client = standin.client(pacer=Pacer(1_000_000_000))
    post(client, standin.vendors[0].id, count)
    return client


def post(client: rillet.Client, vendor_id: str, count: int) -> int:
    item = NewExpenseItem(account_code="62000", amount=Money(Decimal("149.50"), "USD"))
    for number in range(count):
        day = date(2026, 1, 1) + timedelta(days=number % 300)
        client.charges.create(
            NewCharge(vendor_id=vendor_id, items=[item], charge_date=day, credit_card_account_code="21120")
        )
    return count


@row("Rillet's stand-in: one more charge")
def charge_more(count: int) -> Callable[[], int]:
    client = ledger(count)
    (vendor,) = client.vendors.list()
    return lambda: post(client, vendor.id, SOME)


@row("Rillet's stand-in: `get` of a charge")
def charge_read(count: int) -> Callable[[], int]:
    client = ledger(count)
    first = client.charges.list().first()
    assert first is not None

    def read() -> int:
        for _ in range(SOME):
            client.charges.get(first.id)
        return SOME

    return read


@row("Rillet's stand-in: a charge of a listing of all")
def charges_listed(count: int) -> Callable[[], int]:
    client = ledger(count)
    return lambda: len(client.charges.list(limit=100).collect())


@row("Rillet's stand-in: the trial balance")
def balanced(count: int) -> Callable[[], int]:
    client = ledger(count)

    def read() -> int:
        for _ in range(20):
            client.reports.trial_balance(from_date=date(2026, 3, 1), to_date=date(2026, 6, 30))
        return 20

    return read


def company(count: int) -> brex_accounting.Client:
    """A client of a stand-in with so many records."""
    standin = brex_accounting.testing.StandIn((expense(number) for number in range(count)), rate_limit=None)
    standin.asked = Forgetful()  # type: ignore[assignment]  # it is only appended to
    return standin.client(pacer=Pacer(1_000_000_000))


@row("Brex's stand-in: one page of 100 records")
def page_read(count: int) -> Callable[[], int]:
    client = company(count)

    def read() -> int:
        for _ in range(20):
            assert next(client.records.list(limit=PAGE, review_status=ReviewStatus.READY_FOR_EXPORT).pages()).items
        return 20

    return read


@row("Brex's stand-in: a record of a listing of all")
def records_listed(count: int) -> Callable[[], int]:
    client = company(count)
    return lambda: len(client.records.list(limit=500).collect())


@row("Brex's stand-in: a record that is reported")
def records_reported(count: int) -> Callable[[], int]:
    client = company(count)
    results = [Exported(accounting_record_id=f"accr_{number:08d}") for number in range(SOME)]

    def report() -> int:
        for each in results:
            client.export_results.report([each])
        return SOME

    return report


def measure(title: str, count: int) -> tuple[float, float]:
    """Microseconds of one, and MiB of the process."""
    shown = subprocess.run([sys.executable, __file__, title, str(count)], capture_output=True, check=True, text=True)
    took, largest = shown.stdout.split()
    return float(took), float(largest)


def one(title: str, count: int) -> None:
    run = ROWS[title](count)
    began = time.process_time()
    done = run()
    print((time.process_time() - began) * 1e6 / done, peak())


def main(sizes: list[int], wanted: str) -> None:
    """Print a row for each thing that is done."""
    print(f"load {os.getloadavg()[0]:.1f}, CPython {sys.version.split()[0]}")
    print("| | " + " | ".join(f"{size:,}" for size in sizes) + " |")
    print("|---" * (len(sizes) + 1) + "|")
    for title in ROWS:
        if wanted in title:
            cells = (
                f"{took:,.0f} \u00b5s, {largest:,.0f} MiB" for took, largest in (measure(title, each) for each in sizes)
            )
            print(f"| {title} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in ROWS:
        one(sys.argv[1], int(sys.argv[2]))
    else:
        numbers = [int(each) for each in sys.argv[1:] if each.isdecimal()]
        main(numbers or list(SIZES), next((each for each in sys.argv[1:] if not each.isdecimal()), ""))
