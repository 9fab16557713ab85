"""Two companies on one Brex account, between two stand-ins: what they spend, and what their books say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

import brex_accounting.testing
import rillet.testing
from brex_accounting import FieldValueRef, Record, RecordType
from brex_accounting.testing.records import dimension, gl, record
from bridge import Bridge, Entity, Settings, When
from bridge.export import Export, ExportOutcome, SqlJournal
from rillet import TaxRate
from rillet.testing import chart_of_accounts, subsidiary

US = Entity(
    name="US",
    subsidiary="Example Inc.",
    card_account="21120",
    reimbursement_account="21340",
    bank_account="11100",
    personal_expense_receivable_account="12500",
    clearing_account="11900",
    accounts_payable_account="21100",
    tax_account="22500",
)
GERMANY = attrs.evolve(US, name="Germany", subsidiary="Example GmbH", when=When(field="LEGAL_ENTITY", value="DE"))
VAT = TaxRate(id="t", code="DE19", country="DE", description="19 %", percentage=Decimal(19))
DUE = datetime(2026, 3, 10, tzinfo=UTC)


def legal_entity(value: str, name: str | None = None) -> FieldValueRef:
    return dimension("LEGAL_ENTITY", value, name=name)


GMBH = legal_entity("DE")


def movement(kind: str, amount: str, *, id: str, **details: Any) -> Record:
    """A record whose lines nobody codes."""
    return record(RecordType[kind], debits=[(amount, ())], credits=[(amount, ())], record_id=id, **details)


def bill(amount: str = "70", *more: FieldValueRef, id: str = "b1", source_id: str = "bill1", **details: Any) -> Record:
    details = {"invoice_number": f"INV-{id}", "vendor": "Acme", "due_at": DUE, **details}
    lines = [(amount, [gl("61000"), *more])]
    return record(
        RecordType.BILL_EXPENSE, debits=lines, credits=[(amount, ())], record_id=id, source_id=source_id, **details
    )


class TwoCompanies:
    """Exports between two stand-ins."""

    def __init__(
        self,
        *records: Record,
        entities: Sequence[Entity] = (US, GERMANY),
        journal: Path | None = None,
        accounts: Sequence[Any] = (),
        rates: Any = None,
        ledger: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        self.settings = Settings(entities=tuple(entities), reference_type="brex", **settings)
        self.brex = brex_accounting.testing.StandIn(records)
        more: dict[str, Any] = {"subsidiaries": [subsidiary("Example Inc."), subsidiary("Example GmbH")]}
        more |= {"tax_rates": [VAT]} | (ledger or {})
        self.rillet = rillet.testing.StandIn(
            reference_types=["brex"], accounts=(*chart_of_accounts(), *accounts), **more
        )
        self.to_brex, self.to_rillet = self.brex.client(sleep=lambda _: None), self.rillet.client()
        self.journal = None if journal is None else SqlJournal(str(journal / "export.db"))
        self.rates = rates

    def export(self) -> Export:
        more = {} if self.rates is None else {"rates": self.rates}
        return Export(self.to_brex, self.to_rillet, Bridge(self.settings, **more), journal=self.journal, in_flight=1)

    def run(self) -> ExportOutcome:
        return self.export().run()

    def books(self) -> dict[str, str]:
        """What each account of each subsidiary has, by the first word of its name, debits positive."""
        names = {each.id: each.trade_name.split()[1] for each in self.rillet.subsidiaries}
        sums = defaultdict[str, Decimal](Decimal)
        for each in self.rillet.ledger.postings:
            sums[f"{names[each.subsidiary_id]} {each.account_code}"] += each.debit
        return {account: f"{amount:.2f}" for account, amount in sorted(sums.items()) if amount}


def refusals(outcome: ExportOutcome) -> dict[str, list[str]]:
    """The codes of the reasons for each refused record."""
    return {each.record.id: [reason.code.value for reason in each.reasons] for each in outcome.refused}
