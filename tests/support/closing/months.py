"""Generated months with differences between Brex and Rillet that are known, because they were planted."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from brex_accounting import Amount, FieldValueRef, LineItem, Record, RecordType, ReviewStatus, Side
from brex_accounting.testing.records import gl
from bridge import Bridge, Rates
from bridge.closing import DifferenceKind, Reconciliation, month, reconcile
from bridge.export import Export
from bridge.export.closing import read_snapshot
from rillet import (
    ExternalReference,
    JournalEntryUpdate,
    NewCharge,
    NewExpenseItem,
    NewJournalEntry,
    NewJournalEntryItem,
    NewVendor,
)
from rillet import Side as RilletSide
from support.companies.changing import EXPORTED, Company, MakeCompany, dollars
from support.companies.changing_records import bill, charge, entry, payment, refund, reimbursed

PERIOD, AFTER = month("2026-02"), date(2026, 3, 1)
ACCOUNTS = ("61000", "62000", "63000")
#: The id of a record, or of an object that no record stands behind, with the kind of the difference.
Named: TypeAlias = set[tuple[str, str]]

_K = DifferenceKind
_T = RecordType
_RATE, _CORRECTED = Decimal("1.0856"), Decimal("1.0917")
#: The account of a line that nobody codes, by the type of its record and its side.
_UNCODED: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        (_T.CARD_EXPENSE_POST, "CREDIT"): "21120",
        (_T.CARD_EXPENSE_REFUND, "DEBIT"): "21120",
        (_T.REIMBURSEMENT_EXPENSE_APPROVAL, "CREDIT"): "21340",
        (_T.BILL_EXPENSE, "CREDIT"): "21100",
        (_T.BILL_EXPENSE_PAYMENT, "DEBIT"): "21100",
        (_T.BILL_EXPENSE_PAYMENT, "CREDIT"): "11100",
        (_T.CARD_PAYMENT, "CREDIT"): "11100",
    }
)


def rates(base: str, target: str, day: date) -> Decimal | None:
    """What a euro cost, as it was known when the month was exported."""
    return _RATE if (base, target, day.year) == ("EUR", "USD", 2026) else None


def corrected_rates(base: str, target: str, day: date) -> Decimal | None:
    """The same days in a corrected table."""
    return _CORRECTED if (base, target, day.year) == ("EUR", "USD", 2026) else None


class Month:
    """One month of a company: clean records, others with a planted difference each, and what people post by hand."""

    def __init__(self, make: MakeCompany, seed: int, *, journal: bool) -> None:
        self._chance = random.Random(seed)
        self._journal = journal
        self.planted: Named = set()
        self._summarised = _T.CARD_EXPENSE_REFUND if journal and self._chance.random() < 0.4 else None
        self._paid = set[str | None]()
        records = self._records()
        plants = {each.id: self._chance.choice(self._choices(each)) for each in records}
        ready = [_BEFORE.get(plants[each.id], _as_it_is)(each) for each in records]
        summarise = () if self._summarised is None else (self._summarised.value,)
        self.company = make(*ready, journal=journal, summarise=summarise)
        self.company.ids |= {each.record.id: each.id for each in self.export(rates).run().posted}
        for each in ready:
            plant = plants[each.id]
            if plant in _AFTER:
                _AFTER[plant](self, each)
            if plant in _KINDS:
                self.planted.add((each.id, _KINDS[plant]))
        self._post_by_hand()

    def export(self, known: Rates) -> Export:
        return self.company.export(Bridge(self.company.settings, rates=known))

    def reconciliation(self) -> Reconciliation:
        """The month as it is seen when the table of rates has been corrected."""
        return reconcile(read_snapshot(self.export(corrected_rates), PERIOD))

    def brex(self) -> Mapping[str, Decimal]:
        """What Brex's records say on each account, from their lines alone."""
        sums = dict[str, Decimal]()
        for each in self.company.brex.records.values():
            for line in each.line_items if PERIOD.holds(each.erp_posting_date.date()) else ():
                _add(sums, _account(each, line), _in_dollars(line))
        return _without_zeros(sums)

    def rillet(self) -> Mapping[str, Decimal]:
        """What is in Rillet's ledger in the month."""
        sums = dict[str, Decimal]()
        for each in self.company.rillet.ledger.postings:
            if PERIOD.holds(each.date):
                _add(sums, each.account_code, each.debit)
        return _without_zeros(sums)

    def delete(self, each: Record) -> None:
        self.company.delete(each.id)

    def forget(self, each: Record) -> None:
        """Brex has the record no longer."""
        self.company.brex.remove(each.id)

    def change(self, each: Record) -> None:
        """Everything costs more now."""
        lines = tuple(attrs.evolve(line, amount=_raised(line.amount)) for line in each.line_items)
        self.company.change(attrs.evolve(each, amount=_raised(each.amount), line_items=lines), EXPORTED)

    def recode(self, each: Record) -> None:
        """An accountant takes another account in Rillet."""
        used = {_account(each, line) for line in each.line_items}
        self.company.recode(each.id, next(account for account in ACCOUNTS if account not in used))

    def change_both(self, each: Record) -> None:
        self.recode(each)
        self.change(each)

    def post_twice(self, each: Record) -> None:
        """A person has posted it as well, and says for which record."""
        self._charge(each.amount.amount, [ExternalReference(type="brex", id=each.id)])

    def move(self, each: Record) -> None:
        """A person moves an entry into the next month."""
        found = self.company.to_rillet.journal_entries.get(self.company.ids[each.id])
        items = [
            NewJournalEntryItem(account_code=item.account_code, side=item.side, amount=item.amount)
            for item in found.items
        ]
        update = JournalEntryUpdate(name=found.name, currency="USD", date=AFTER, items=items)
        self.company.to_rillet.journal_entries.update(found.id, update)

    def _records(self) -> list[Record]:
        chance, made = self._chance, list[Record]()
        for number in range(chance.randint(6, 16)):
            kind = chance.choice((charge, charge, refund, reimbursed, entry, bill))
            amount, account = f"{chance.randint(1, 90_000) / 100:.2f}", chance.choice(ACCOUNTS)
            day = datetime(2026, 2, chance.randint(1, 28), tzinfo=UTC)
            more: dict[str, Any] = {"erp_posting_date": day, "posted_at": day, "id": f"k{number}"}
            if kind is bill:
                source = f"bill{number}"
                made.append(bill(amount, account, source=source, invoice_number=f"INV-{number}", **more))
                if chance.random() < 0.4:
                    self._paid.add(source)
                    made.append(payment(amount, source=source, **{**more, "id": f"p{number}"}))
            else:
                made.append(kind(amount, "21120" if kind is entry else account, **more))
        return made

    def _choices(self, each: Record) -> Sequence[str]:
        clean = ["clean"] * 3
        if each.type == _T.BILL_EXPENSE_PAYMENT:
            # Without a journal nothing tells for which record a payment was made, once it says something else.
            return [*clean, "deleted", *(["changed in Brex"] if self._journal else [])]
        if each.type == _T.BILL_EXPENSE and each.source_id in self._paid:
            return clean
        choices = [*clean, "unknown account", "prepare", "review", "changed in Brex", "gone from Brex"]
        if each.type == self._summarised:
            return choices
        choices += ["deleted", "changed in Rillet", "both"]
        choices += ["twice", "euros"] if each.type == _T.CARD_EXPENSE_POST else []
        return [*choices, "moved"] if each.type == _T.CARD_PAYMENT else choices

    def _post_by_hand(self) -> None:
        made, entries = list[str](), self.company.to_rillet.journal_entries
        if self._chance.random() < 0.6:
            made.append(entries.create(_by_hand("Payroll", date(2026, 2, 27))).id)
        if self._chance.random() < 0.3:
            provision = _by_hand("Provision", date(2026, 1, 31))
            made.append(entries.create(attrs.evolve(provision, reversal_date=date(2026, 2, 1))).id)
        if self._chance.random() < 0.3:
            made.append(self._charge(Decimal("12.34"), []))
        self.planted.update((each, _K.ONLY_IN_RILLET) for each in made)

    def _charge(self, amount: Decimal, references: Sequence[ExternalReference]) -> str:
        rillet = self.company.to_rillet
        vendor = rillet.vendors.create(NewVendor(name="A vendor of Rillet"))
        charged = NewCharge(
            vendor_id=vendor.id,
            items=[NewExpenseItem(account_code="61000", amount=dollars(str(amount)))],
            charge_date=date(2026, 2, 9),
            credit_card_account_code="21120",
            external_references=references,
        )
        return rillet.charges.create(charged).id


def _as_it_is(each: Record) -> Record:
    return each


def _to_unknown_account(each: Record) -> Record:
    lines = (attrs.evolve(line, accounting_field_values=_unknown(line)) for line in each.line_items)
    return attrs.evolve(each, line_items=tuple(lines))


def _unknown(line: LineItem) -> tuple[FieldValueRef, ...]:
    return (gl("99999"),) if line.accounting_field_values else ()


def _in_preparation(each: Record) -> Record:
    return attrs.evolve(each, review_status=ReviewStatus.PREPARE)


def _in_review(each: Record) -> Record:
    return attrs.evolve(each, review_status=ReviewStatus.REVIEW)


def _in_euros(each: Record) -> Record:
    lines = (attrs.evolve(line, amount=attrs.evolve(line.amount, currency="EUR")) for line in each.line_items)
    # What Brex billed would be the rate, whatever a table of rates says.
    rest = {name: value for name, value in each.extra.items() if name != "billing_amount"}
    return attrs.evolve(each, amount=attrs.evolve(each.amount, currency="EUR"), line_items=tuple(lines), extra=rest)


_BEFORE: Mapping[str, Callable[[Record], Record]] = MappingProxyType(
    {
        "unknown account": _to_unknown_account,
        "prepare": _in_preparation,
        "review": _in_review,
        "euros": _in_euros,
    }
)
_AFTER: Mapping[str, Callable[[Month, Record], None]] = MappingProxyType(
    {
        "deleted": Month.delete,
        "gone from Brex": Month.forget,
        "changed in Brex": Month.change,
        "changed in Rillet": Month.recode,
        "both": Month.change_both,
        "twice": Month.post_twice,
        "moved": Month.move,
    }
)
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "unknown account": _K.NOT_EXPORTED,
        "prepare": _K.NOT_EXPORTED,
        "review": _K.NOT_EXPORTED,
        "euros": _K.EXCHANGE_DIFFERENCE,
        "deleted": _K.DELETED_IN_RILLET,
        "gone from Brex": _K.ONLY_IN_RILLET,
        "changed in Brex": _K.CHANGED_IN_BREX,
        "changed in Rillet": _K.CHANGED_IN_RILLET,
        "both": _K.CHANGED_ON_BOTH_SIDES,
        "twice": _K.POSTED_SEVERAL_TIMES,
        "moved": _K.OTHER_PERIOD,
    }
)


def _by_hand(name: str, day: date) -> NewJournalEntry:
    lines = (("62000", RilletSide.DEBIT), ("41000", RilletSide.CREDIT))
    items = [NewJournalEntryItem(account_code=code, side=side, amount=dollars("77.70")) for code, side in lines]
    return NewJournalEntry(name=name, currency="USD", date=day, items=items)


def _account(each: Record, line: LineItem) -> str:
    coded = next((ref.remote_field_value_id for ref in line.accounting_field_values), None)
    if coded is None:
        return _UNCODED[each.type, line.type]
    return "" if coded == "99999" else coded


def _in_dollars(line: LineItem) -> Decimal:
    amount = line.amount.amount if line.type == Side.DEBIT else -line.amount.amount
    if line.amount.currency == "USD":
        return amount
    return (amount * _CORRECTED).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _raised(amount: Amount) -> Amount:
    return attrs.evolve(amount, amount=amount.amount * 2 + 1)


def _add(sums: dict[str, Decimal], account: str, amount: Decimal) -> None:
    sums[account] = sums.get(account, Decimal(0)) + amount


def _without_zeros(sums: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    return {account: amount for account, amount in sums.items() if amount}


def named(shown: Reconciliation) -> Named:
    """What a reconciliation names."""
    return {(part.record_id or (part.object or "").split(" ")[-1], part.kind.value) for _, part in shown.parts}


__all__ = ["ACCOUNTS", "AFTER", "PERIOD", "Company", "Month", "Named", "corrected_rates", "named", "rates"]
