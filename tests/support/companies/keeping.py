"""Companies whose exports keep their books between runs."""

from __future__ import annotations

from typing import Any

from brex_accounting import Record
from bridge import Bridge
from bridge.export import Export, ExportOutcome, KeptBooks
from rillet.testing import builders
from support.companies.changing import Company


class Keeping:
    """A company whose export keeps its books, on a clock that stands still unless a test moves it."""

    def __init__(self, company: Company, *, keeps: bool = True, **more: Any) -> None:
        self.company, self.seconds = company, 0.0
        self.kept = KeptBooks(clock=lambda: self.seconds) if keeps else None
        self.export = Export(
            company.to_brex,
            company.to_rillet,
            Bridge(company.settings),
            journal=company.journal,
            in_flight=1,
            kept=self.kept,
            **more,
        )

    def run(self, **more: Any) -> ExportOutcome:
        return self.export.run(**more)

    def announce(self, *records: Record) -> tuple[ExportOutcome, list[str]]:
        """Records become ready and are exported at once; what was asked of Rillet."""
        self.company.brex.add(*records)
        before = len(self.company.rillet.asked)
        outcome = self.run(ids=[each.id for each in records])
        return outcome, [f"{each.method} {each.path}" for each in self.company.rillet.asked[before:]]


def with_vendors(company: Company) -> Company:
    """The vendors of the records are there, whom nobody has to create."""
    for name in ("Acme", "Cumulus Cloud"):
        company.rillet.put(builders.vendor(name))
    return company
