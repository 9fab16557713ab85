"""What the mapping of a bill costs that the ledger has already, beside a new one, in a company with many vendors.

Both are mapped against the same snapshot of the books, in turn, so that whatever else the machine does meets both alike::

    python benchmarks/outcome.py [rounds] [vendors]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import date

from brex_accounting import RecordType
from brex_accounting.testing.records import gl, record
from bridge import Bridge, Entity, Post, Settings
from bridge.books import Books
from rillet.testing import chart_of_accounts, subsidiary, vendor

US = Entity(
    name="US",
    subsidiary="Example Inc.",
    card_account="21120",
    reimbursement_account="21340",
    accounts_payable_account="21100",
)


def main(rounds: int, vendors: int) -> None:
    """Print the medians, and their ratio."""
    bill = record(
        RecordType.BILL_EXPENSE,
        debits=[("149.50", [gl("62000")])],
        credits=[("149.50", [])],
        record_id="accr_1",
        source_id="bill_1",
        vendor=f"Vendor {vendors // 2}",
        invoice_number="INV-1",
    )
    books = Books(
        accounts=tuple(chart_of_accounts()),
        subsidiaries=(subsidiary(),),
        vendors=tuple(vendor(f"Vendor {number}") for number in range(vendors)),
    )
    bridge = Bridge(Settings(entities=(US,), reference_type="brex"))
    ways: dict[str, Callable[[], object]] = {
        "a new bill": lambda: bridge.outcome(bill, books),
        "a bill that is there": lambda: bridge.outcome(bill, books, posted_on=date(2026, 2, 3)),
    }
    for way in ways.values():
        # The first look at the books indexes them, whichever it is.
        assert isinstance(way(), Post)
    times = {name: list[float]() for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(each) for name, each in times.items()}
    print(f"{vendors:,} vendors, {rounds:,} rounds")
    for name, median in medians.items():
        print(f"{name:22} {median * 1000:8.3f} ms {median / medians['a new bill']:6.2f} of a new one")


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(*given, *(2001, 5000)[len(given) :])
