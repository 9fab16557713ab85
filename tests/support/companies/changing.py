"""A company whose records and ledger change after the export: both stand-ins, a journal, and a clock moved by hand."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

import brex_accounting.testing
import rillet
import rillet.testing
from brex_accounting import Record, ReviewStatus
from bridge import Bridge, Entity, ReasonCode, Settings
from bridge.export import Export, ExportOutcome, Journal, NoJournal, SqlJournal, verify
from rillet import JournalEntryUpdate, Money, NewExpenseItem, NewJournalEntryItem, NewPayment, NewVendorCreditItem
from support.clocks import ManualClock
from support.companies.changing_records import Balances, Kind

#: In the month after the one in which the default records settled.
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR, DAY = 3600.0, 86400.0
REFERENCE_TYPE = "brex"
READY, EXPORTED = ReviewStatus.READY_FOR_EXPORT, ReviewStatus.EXPORTED
US = Entity(
    name="US",
    subsidiary="Example Inc.",
    card_account="21120",
    reimbursement_account="21340",
    bank_account="11100",
    clearing_account="11900",
    accounts_payable_account="21100",
)


def settings_of(**texts: Any) -> Settings:
    """Settings whose choices are given as in a settings file."""
    defaults: dict[str, Any] = {each.name: each.default for each in attrs.fields(Settings)}
    values = {
        name: type(defaults[name])(each) if isinstance(each, str) and defaults[name] is not None else each
        for name, each in texts.items()
    }
    return attrs.evolve(Settings(entities=(US,), reference_type=REFERENCE_TYPE), **values)


class Company:
    """Exports between two stand-ins, and what people do on both sides between them."""

    def __init__(self, *records: Record, ledger: Mapping[str, Any] | None = None, **settings: Any) -> None:
        self.clock = ManualClock(START)
        self.settings = settings_of(**settings)
        self.brex = brex_accounting.testing.StandIn(records, rate_limit=None, now=self.clock)
        self.rillet = rillet.testing.StandIn(now=self.clock, reference_types={REFERENCE_TYPE}, **(ledger or {}))
        self.journal: Journal = NoJournal()
        self.to_brex = self.brex.client(sleep=lambda _: None)
        self.to_rillet = self.rillet.client()
        #: The Rillet object of each record, as the runs told.
        self.ids = dict[str, str]()

    def set(self, **settings: Any) -> None:
        """Change settings."""
        new = settings_of(**settings)
        self.settings = attrs.evolve(self.settings, **{name: getattr(new, name) for name in settings})

    def export(self, bridge: Bridge | None = None) -> Export:
        return Export(self.to_brex, self.to_rillet, bridge or Bridge(self.settings), journal=self.journal, in_flight=1)

    def run(self, **arguments: Any) -> ExportOutcome:
        """Export; an hour passes."""
        outcome = self.export().run(**arguments)
        return self._after(outcome)

    def replay(self, record_id: str, **arguments: Any) -> ExportOutcome:
        return self._after(self.export().replay(record_id, **arguments))

    def dismiss(self, record_id: str) -> None:
        """Take a record out of the queue: it was booked by hand as JE-12."""
        self.export().dismiss(record_id, why="booked by hand as JE-12")
        self.clock.advance(HOUR)

    def _after(self, outcome: ExportOutcome) -> ExportOutcome:
        self.ids |= {each.record.id: each.id for each in outcome.posted}
        self.clock.advance(HOUR)
        return outcome

    def verify(self) -> dict[str, list[str]]:
        """The verdicts of `verify` by record id; that Brex offers again what it was told once is no news here."""
        found = dict[str, list[str]]()
        bridge = Bridge(self.settings)
        for each in verify(self.to_brex, self.to_rillet, self.journal, REFERENCE_TYPE, bridge=bridge):
            if each.verdict != "not_reported" or each.record_id not in self.brex.results:
                found.setdefault(each.record_id, []).append(each.verdict)
        return found

    def books(self) -> Balances:
        """Debits less credits of each account that is not zero."""
        sums = dict[str, Decimal]()
        for each in self.rillet.ledger.postings:
            sums[each.account_code] = sums.get(each.account_code, Decimal(0)) + each.debit
        return {code: amount for code, amount in sorted(sums.items()) if amount}

    def writes(self) -> list[str]:
        """Everything that was sent to Rillet to change something: method and path."""
        return [f"{each.method} {each.path}" for each in self.rillet.asked if each.method != "GET"]

    def status(self, record_id: str) -> ReviewStatus:
        return self.brex.records[record_id].review_status

    def was_told(self, record_id: str) -> bool:
        """Whether Brex has the record as exported because it was told so."""
        return record_id in self.brex.results and self.status(record_id) == EXPORTED

    # What happens in Brex.

    def change(self, changed: Record, status: ReviewStatus = READY) -> None:
        """Somebody edits a record in Brex: it has the next version; an hour passes."""
        known = self.brex.records.get(changed.id)
        version = changed.version if known is None else known.version + 1
        self.brex.add(attrs.evolve(changed, version=version, updated_at=self.clock(), review_status=status))
        self.clock.advance(HOUR)

    def offer_again(self, record_id: str) -> None:
        """Brex offers a record once more, as it is."""
        self.change(self.brex.records[record_id])

    # What people do in Rillet.

    def delete(self, record_id: str) -> None:
        """Delete what was posted for a record."""
        object_id = self.ids[record_id]
        if any(each.id == object_id for each in self.rillet.bills):
            self.to_rillet.bills.delete(object_id)
        elif any(each.id == object_id for each in self.rillet.charges):
            self.to_rillet.charges.delete(object_id)
        elif any(each.id == object_id for each in self.rillet.reimbursements):
            self.to_rillet.reimbursements.delete(object_id)
        elif any(each.id == object_id for each in self.rillet.vendor_credits):
            self.to_rillet.vendor_credits.delete(object_id)
        elif any(each.id == object_id for each in self.rillet.journal_entries):
            self.to_rillet.journal_entries.delete(object_id)
        elif (owed := self._paid_out_by(object_id)) is not None:
            self.to_rillet.reimbursements.delete_payment(owed, object_id)
        else:
            self.to_rillet.bills.delete_payment(self._paid_by(object_id), object_id)
        self.clock.advance(HOUR)

    def _paid_out_by(self, payment_id: str) -> str | None:
        there = self.rillet._payables.payments
        return next((each.document_id for each in there if each.id == payment_id), None)

    def _paid_by(self, payment_id: str) -> str:
        return next(
            each.id
            for each in self.rillet.bills
            if payment_id in {paid.id for paid in self.to_rillet.bills.list_payments(each.id)}
        )

    def pay_bill(self, record_id: str, amount: str) -> str:
        """Record a payment of a bill; the payment's id."""
        paid = NewPayment(amount=dollars(amount), account_code="11100", date=self.clock().date())
        made = self.to_rillet.bills.create_payment(self.ids[record_id], paid)
        self.clock.advance(HOUR)
        return made.id

    def pay_reimbursement(self, record_id: str, amount: str) -> None:
        paid = NewPayment(amount=dollars(amount), account_code="11100", date=self.clock().date())
        self.to_rillet.reimbursements.create_payment(self.ids[record_id], paid)
        self.clock.advance(HOUR)

    def recode(self, record_id: str, account: str, amount: str | None = None, **more: Any) -> None:
        """Put what a record spent on another account, and change the amount where one is given."""
        object_id = self.ids[record_id]
        if any(each.id == object_id for each in self.rillet.bills):
            (item,) = self.to_rillet.bills.get(object_id).items
            paid = item.amount if amount is None else dollars(amount)
            new = NewExpenseItem(account_code=account, amount=paid, description=item.description, **more)
            self.to_rillet.bills.modify(object_id, items=[new])
        elif any(each.id == object_id for each in self.rillet.vendor_credits):
            (line,) = self.to_rillet.vendor_credits.get(object_id).line_items
            given = line.amount if amount is None else dollars(amount)
            self.to_rillet.vendor_credits.modify(
                object_id, line_items=[NewVendorCreditItem(account_code=account, amount=given)]
            )
        elif any(each.id == object_id for each in self.rillet.journal_entries):
            self.edit_entry(object_id, account=account, amount=amount)
        else:
            self._edit_document(object_id, account, amount)
        self.clock.advance(HOUR)

    def edit_entry(
        self, object_id: str, *, account: str | None = None, amount: str | None = None, name: str | None = None
    ) -> None:
        """Change the first line of a journal entry to another account, its amounts, or its name."""
        found = self.to_rillet.journal_entries.get(object_id)
        items = [
            NewJournalEntryItem(
                account_code=account if account is not None and index == 0 else each.account_code,
                side=each.side,
                amount=each.amount if amount is None else dollars(amount),
                description=each.description,
            )
            for index, each in enumerate(found.items)
        ]
        update = JournalEntryUpdate(name=name or found.name, currency=found.currency, date=found.date, items=items)
        self.to_rillet.journal_entries.update(object_id, update)
        self.clock.advance(HOUR)

    def _edit_document(self, object_id: str, account: str, amount: str | None) -> None:
        """Change the one line of a charge or a reimbursement, which takes a person: no endpoint does it."""
        payables, ledger = self.rillet._payables, self.rillet.ledger
        charged = next((each for each in self.rillet.charges if each.id == object_id), None)
        owed = next((each for each in self.rillet.reimbursements if each.id == object_id), None)
        found = charged or owed
        assert found is not None, object_id
        (item,) = found.items
        old = item.account_code
        spent = item.amount
        if amount is not None:
            spent = dollars(amount if spent.amount > 0 else f"-{amount}")
        items = (attrs.evolve(item, account_code=account, amount=spent),)
        if charged is not None:
            payables.charges.put(attrs.evolve(charged, items=items, updated_at=self.clock()))
        elif owed is not None:
            payables.reimbursements.put(attrs.evolve(owed, items=items, updated_at=self.clock()))
        new_account = next(each for each in self.rillet.accounts if each.code == account)
        postings = [
            attrs.evolve(
                each,
                account_code=account if each.account_code == old else each.account_code,
                account_id=new_account.id if each.account_code == old else each.account_id,
                amount=Money(abs(spent.amount), "USD"),
                local=Money(abs(spent.amount), "USD"),
            )
            for each in ledger.of(object_id)
        ]
        ledger.post(object_id, postings)

    def close_books(self, through: date = date(2026, 2, 28)) -> None:
        self.rillet.close_books(through)


class MakeCompany:
    """Makes companies with a journal, or without one."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.journals = folder, list[SqlJournal]()

    def __call__(self, *records: Record, journal: bool = True, **settings: Any) -> Company:
        made = Company(*records, **settings)
        if journal:
            self.begin_journal(made)
        return made

    def begin_journal(self, company: Company) -> None:
        """Give a company a new journal."""
        place = str(self._folder / f"journal{len(self.journals)}.db")
        self.journals.append(SqlJournal(place, now=company.clock))
        company.journal = self.journals[-1]


@contextmanager
def companies(folder: Path) -> Generator[MakeCompany]:
    """Companies whose journals are in this folder, and closed when the context ends."""
    make = MakeCompany(folder)
    try:
        yield make
    finally:
        for each in make.journals:
            each.close()


def of_kind(make: MakeCompany, kind: Kind, *, journal: bool = True, amount: str = "100", **settings: Any) -> Company:
    """A company that has exported one record of a kind, on account 61000, and what goes with it."""
    company = make(*kind.others, kind.make(amount, "61000"), journal=journal, **{**kind.settings, **settings})
    outcome = company.run()
    assert outcome.complete, outcome
    assert company.books() == kind.books(int(amount))
    return company


def reasons(outcome: ExportOutcome) -> dict[str, list[ReasonCode]]:
    """Why records were refused or are held, by their ids."""
    left = (*outcome.held, *outcome.refused)
    return {each.record.id: [reason.code for reason in each.reasons] for each in left}


def reason_texts(outcome: ExportOutcome, record_id: str) -> str:
    """All that the outcome says about the refusal of a record."""
    left = (*outcome.held, *outcome.refused)
    return "\n".join(str(reason) for each in left if each.record.id == record_id for reason in each.reasons)


def warnings(outcome: ExportOutcome) -> list[tuple[str, str, str]]:
    """Record id, code and text of each warning."""
    return [(each.record_id, each.code, each.text) for each in outcome.warnings]


def new(outcome: ExportOutcome) -> list[str]:
    """The records that this run posted, replaced or corrected."""
    return sorted(each.record.id for each in outcome.posted if not each.adopted)


def adopted(outcome: ExportOutcome) -> list[str]:
    """The records that this run found posted already."""
    return sorted(each.record.id for each in outcome.posted if each.adopted)


def dollars(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def later(**time: float) -> datetime:
    """A moment after the start."""
    return START + timedelta(**time)
