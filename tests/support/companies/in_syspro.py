"""A company between Brex's stand-in and that of SYSPRO, and its records."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import brex_accounting.testing
from brex_accounting import Record
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, Entity, Settings
from bridge.export import (
    Export,
    ExportOutcome,
    Ledger,
    SqlJournal,
)
from clientkit.testing import Asked
from support.clocks import ManualClock
from syspro.client import Client
from syspro.journals import mappers
from syspro.ledger import SysproLedger
from syspro.standin import StandIn

US = Entity(
    name="US",
    subsidiary="Outdoors Company",
    card_account="2100",
    reimbursement_account="2110",
    bank_account="1000",
    accounts_payable_account="2000",
)
SETTINGS = Settings(entities=(US,), reference_type=None, vendor_field="VENDOR")


def expense(number: int, amount: str = "", *, account: str = "6100", merchant: str = "Cumulus Cloud") -> Record:
    coding = [gl(account)]
    return card_expense(amount or f"{number}.50", coding=coding, merchant=merchant, record_id=f"accr_{number:03d}")


class World:
    """Both stand-ins, a journal that outlives the runs, and exports between them."""

    def __init__(self, place: Path, *records: Record) -> None:
        self.brex = brex_accounting.testing.StandIn(records, rate_limit=None)
        self.syspro = StandIn(suppliers=["Cumulus Cloud"])
        self.clock = ManualClock(datetime(2026, 2, 6, 9, tzinfo=UTC))
        self._place = str(place / "journal.db")

    @contextmanager
    def export(
        self,
        client: Client | None = None,
        *,
        settings: Settings = SETTINGS,
        creates_suppliers: bool = True,
        in_flight: int = 4,
    ) -> Generator[Export]:
        ledger: Ledger = SysproLedger(client or self.syspro.client())
        bridge = Bridge(settings, mappers=mappers(creates_suppliers=creates_suppliers))
        with self.journal() as journal:
            brex = self.brex.client(sleep=lambda _: None)
            yield Export(brex, ledger, bridge, journal=journal, in_flight=in_flight)

    @contextmanager
    def journal(self) -> Generator[SqlJournal]:
        with SqlJournal(self._place, now=self.clock) as journal:
            yield journal

    def run(self, client: Client | None = None, **told: object) -> ExportOutcome:
        with self.export(client, **told) as export:  # type: ignore[arg-type]  # as `export` takes them
            return export.run()

    def posted(self) -> list[str]:
        """The record of each journal that stands in SYSPRO."""
        return sorted(each.reference for each in self.syspro.journals.values())

    def exported(self) -> list[str]:
        return sorted(each.id for each in self.brex.records.values() if each.review_status == "EXPORTED")

    def refusals(self, record_id: str) -> list[tuple[tuple[str, str], ...]]:
        """What the audit trail says about a record."""
        with self.journal() as journal:
            return [each.reasons for each in journal.refusals(record_id)]

    def is_settled(self) -> bool:
        """Whether every record is in SYSPRO once, and Brex knows."""
        return self.posted() == self.exported() == sorted(self.brex.records)


def posts(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path == "/GenJournal"
