"""A company whose settings name an account for every role, between two stand-ins, with what its ledger says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

import brex_accounting.testing as bt
import rillet.testing as rt
from brex_accounting import FieldValueRef, Record, RecordType
from brex_accounting.testing.records import gl, record
from bridge import Bridge, Entity, Settings
from bridge.export import Disagreement, Export, ExportOutcome, SqlJournal, verify

US = Entity(
    name="US",
    subsidiary="Example Inc.",
    card_account="21120",
    reimbursement_account="21340",
    bank_account="11100",
    clearing_account="11900",
    accounts_payable_account="21100",
    tax_account="22500",
    personal_expense_receivable_account="12500",
)


def moved(
    type: str, amount: str, debit: Sequence[FieldValueRef] = (), credit: Sequence[FieldValueRef] = (), **more: Any
) -> Record:
    """A record of one amount on both sides."""
    return record(RecordType[type], debits=[(amount, debit)], credits=[(amount, credit)], **more)


def bill(amount: str = "100", id: str = "accr_b1", source: str = "bill1", **more: Any) -> Record:
    """A bill of Acme for software."""
    details: dict[str, Any] = {"invoice_number": "INV-1", "vendor": "Acme", "due_at": datetime(2026, 3, 10, tzinfo=UTC)}
    return moved("BILL_EXPENSE", amount, [gl("61000")], record_id=id, source_id=source, **(details | more))


def paid(
    amount: str, id: str = "accr_p1", source: str = "bill1", type: str = "BILL_EXPENSE_PAYMENT", **more: Any
) -> Record:
    """A payment of that bill."""
    return moved(type, amount, record_id=id, source_id=source, **more)


def payout(amount: str, id: str = "accr_o1", source: str = "expense_1", **more: Any) -> Record:
    """A payout of a reimbursement."""
    kind = "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT"
    return moved(kind, amount, record_id=id, source_id=source, **more)


class WholeCompany:
    """Both stand-ins, a journal where a place for it is given, and exports between them."""

    def __init__(
        self,
        *records: Record,
        place: Path | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        subsidiaries: Sequence[str] = ("Example Inc.",),
        entities: Sequence[Entity] = (US,),
        books: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        self.settings = Settings(entities=tuple(entities), reference_type="brex", **settings)
        self.now = now
        self.brex_side = bt.StandIn(records, now=now)
        self.rillet_side = rt.StandIn(
            now=now,
            reference_types=["brex"],
            subsidiaries=[rt.subsidiary(each) for each in subsidiaries],
            **(books or {}),
        )
        self.brex, self.rillet = self.brex_side.client(), self.rillet_side.client()
        self.journal = None if place is None else SqlJournal(str(place / "export.db"), now=now)

    def export(self, **bridge: Any) -> Export:
        """An export with the settings."""
        return Export(self.brex, self.rillet, Bridge(self.settings, **bridge), journal=self.journal)

    def run(self, **bridge: Any) -> ExportOutcome:
        """What a run comes to."""
        return self.export(**bridge).run()

    def posted(self) -> dict[str, str]:
        """Run it: the kind of document by record."""
        outcome = self.run()
        assert outcome.complete, outcome
        return {each.record.id: each.kind for each in outcome.posted}

    def refused(self) -> dict[str, list[str]]:
        """Run it: the codes of the reasons by record."""
        return {each.record.id: [reason.code.value for reason in each.reasons] for each in self.run().refused}

    def offer(self, changed: Record, **more: Any) -> None:
        """Brex has a newer state of a record."""
        self.brex_side.add(attrs.evolve(changed, updated_at=self.now(), **more))

    def balances(self) -> dict[str, Decimal]:
        """What the ledger has on each account, debits positive; without those that have nothing."""
        sums = Counter[str]()
        for each in self.rillet_side.ledger.postings:
            sums[each.account_code] += each.debit  # type: ignore[assignment]  # a Counter adds anything
        return {code: Decimal(amount) for code, amount in sorted(sums.items()) if amount}

    def disagreements(self) -> list[Disagreement]:
        """What `verify` finds."""
        assert self.journal is not None
        bridge = Bridge(self.settings)
        return list(verify(self.brex, self.rillet, self.journal, "brex", bridge=bridge))


def in_dollars(**balances: str) -> dict[str, Decimal]:
    """Balances as `WholeCompany.balances` gives them; the names are the codes after an underscore."""
    return {code.removeprefix("_"): Decimal(amount) for code, amount in balances.items()}
