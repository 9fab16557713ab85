"""How many requests to Rillet one record costs where many bills and vendors are there already::

    python benchmarks/requests_to_rillet.py [bills …]

Each record is exported by a run of its own, as it is when Brex announces it: with books that are read for the run, and
with the `KeptBooks` of a process that watches. No time is measured, so the numbers are the same on every machine.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import brex_accounting.testing
import rillet.testing
from brex_accounting import Record, RecordType
from brex_accounting.testing.records import Split, card_expense, gl, record
from bridge import Bridge, Entity, Settings
from bridge.export import Export, KeptBooks, SqlJournal
from rillet import ExternalReference, Money, NewBill, NewExpenseItem
from rillet.testing import builders

SIZES = (10, 1_000, 9_000)
A_YEAR = timedelta(days=365)
US = Entity(
    name="US",
    subsidiary="Example Inc.",
    card_account="21120",
    reimbursement_account="21340",
    accounts_payable_account="21100",
    bank_account="11100",
)
BRIDGE = Bridge(Settings(entities=(US,), reference_type="brex"))


class Company:
    """A company with so many bills in Rillet, of a year and each of a vendor of its own, whose journal is in this folder."""

    def __init__(self, bills: int, folder: Path) -> None:
        self.brex = brex_accounting.testing.StandIn(rate_limit=None)
        self.age = timedelta()
        self.rillet = rillet.testing.StandIn(reference_types={"brex"}, now=lambda: datetime.now(UTC) - self.age)
        self.journal = SqlJournal(str(folder / "journal.db"))
        client = self.rillet.client()
        for number in range(bills):
            self.age = A_YEAR * (bills - number) / bills
            vendor = builders.vendor(f"Vendor {number}")
            self.rillet.put(vendor)
            client.bills.create(_bill(number, vendor.id))
        self.age = timedelta()

    def export(self, kept: KeptBooks | None = None) -> Export:
        brex = self.brex.client(sleep=lambda _: None)
        return Export(brex, self.rillet.client(), BRIDGE, journal=self.journal, kept=kept)

    def asked(self, announced: Record, export: Export) -> list[str]:
        """What a run asks of Rillet that is told of one record."""
        self.brex.add(announced)
        before = len(self.rillet.asked)
        outcome = export.run(ids=[announced.id])
        assert outcome.counts.posted == 1, (*outcome.refused, *outcome.failed)
        return [f"{each.method} {each.path}" for each in self.rillet.asked[before:]]


def _bill(number: int, vendor: str) -> NewBill:
    line = NewExpenseItem(account_code="61000", amount=Money(Decimal(100), "USD"))
    return NewBill(
        vendor_id=vendor,
        expense_number=f"INV-{number}",
        bill_date=date(2026, 2, 14),
        due_date=date(2026, 3, 10),
        items=(line,),
        external_references=(ExternalReference(type="brex", id=f"bill-{number}"),),
    )


def _charge(name: str) -> Record:
    return card_expense("100.00", coding=[gl("61000")], record_id=name, merchant="Vendor 3")


def _bill_of(source: str) -> Record:
    lines: list[Split] = [("100.00", [gl("61000")])]
    return record(
        RecordType.BILL_EXPENSE,
        debits=lines,
        credits=[("100.00", ())],
        record_id=f"record of {source}",
        source_id=source,
        vendor="Vendor 3",
        invoice_number=source,
        due_at=datetime(2026, 3, 10, tzinfo=UTC),
    )


def _payment(source: str) -> Record:
    line: list[Split] = [("100.00", ())]
    return record(
        RecordType.BILL_EXPENSE_PAYMENT, debits=line, credits=line, record_id=f"payment of {source}", source_id=source
    )


def measured(bills: int) -> Iterator[tuple[str, list[str]]]:
    """What is asked for each row, in the order of the table."""
    with ExitStack() as stack:
        company = Company(bills, Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.callback(company.journal.close)
        watching = company.export(KeptBooks())
        company.asked(_charge("charge 0"), watching)
        company.asked(_bill_of("bill 0"), watching)
        company.asked(_payment("bill 0"), watching)
        for title, make in (("card expense", _charge), ("bill", _bill_of), ("payment of a bill", _payment)):
            of = "bill" if make is _payment else title
            yield f"a {title}", company.asked(make(f"{of} 1"), company.export())
            yield f"a {title}, books kept", company.asked(make(f"{of} 2"), watching)


def main(sizes: list[int]) -> None:
    columns = [dict(measured(bills)) for bills in sizes]
    print(f"| requests to Rillet, of them for bills | {' | '.join(f'{bills:,} bills' for bills in sizes)} |")
    print(f"|---|{'---|' * len(sizes)}")
    for row in columns[0]:
        cells = (f"{len(asked)}, {sum('/bills' in each for each in asked)}" for asked in (of[row] for of in columns))
        print(f"| {row} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or list(SIZES))
