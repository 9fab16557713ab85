"""Laws of the stand-in's books, for any sequence of posts, updates, payments, applications and deletions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from typing_extensions import override

from clientkit.money import total
from rillet import (
    BadRequestError,
    BillStatus,
    JournalEntryUpdate,
    NewVendorCreditApplication,
    ReportGroup,
    VendorCreditStatus,
)
from support.rillet.books import AMERICA, DAY, ENGINEERING, REIMBURSEMENT, TRAVEL, books, charge, item
from support.rillet.documents import (
    BANK,
    CLEARING,
    PAYABLES,
    REWARDS,
    bill,
    bill_update,
    credit,
    dollars,
    entry,
    line,
    payment,
)

FIRST, LAST = DAY - timedelta(days=30), DAY + timedelta(days=30)
cents = st.integers(1, 20_000).map(lambda amount: f"{Decimal(amount) / 100:.2f}")
days = st.dates(FIRST, LAST)
accounts = st.sampled_from([TRAVEL, BANK, CLEARING, REWARDS])
picks = st.integers(0, 100)


def picked(values: Sequence[str], pick: int) -> str:
    return values[pick % len(values)]


def totals(sections: Sequence[ReportGroup]) -> Mapping[str, Decimal]:
    return {section.name: section.totals[0].amount.amount for section in sections}


class Bookkeeping(RuleBasedStateMachine):
    """Somebody who posts, changes, settles and deletes. Refusals are allowed; they must change nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.standin = books()
        self.client = self.standin.client()

    @property
    def bills(self) -> list[str]:
        return [each.id for each in self.standin.bills]

    @property
    def credits(self) -> list[str]:
        return [each.id for each in self.standin.vendor_credits]

    @property
    def entries(self) -> list[str]:
        return [each.id for each in self.standin.journal_entries]

    @rule(amounts=st.lists(cents, min_size=1, max_size=3), on=days)
    def post_a_bill(self, amounts: list[str], on: date) -> None:
        lines = [item(amount, "USD", TRAVEL, ENGINEERING) for amount in amounts]
        self.client.bills.create(attrs.evolve(bill(*lines), impact_date=on))

    @precondition(lambda self: self.bills)
    @rule(pick=picks, amount=cents)
    def change_a_bill(self, pick: int, amount: str) -> None:
        self._try(lambda: self.client.bills.update(picked(self.bills, pick), bill_update(item(amount))))

    @precondition(lambda self: self.bills)
    @rule(pick=picks, amount=cents)
    def pay_a_bill(self, pick: int, amount: str) -> None:
        self._try(lambda: self.client.bills.create_payment(picked(self.bills, pick), payment(amount)))

    @precondition(lambda self: self.bills)
    @rule(pick=picks)
    def take_a_payment_back(self, pick: int) -> None:
        bill_id = picked(self.bills, pick)
        for paid in list(self.client.bills.list_payments(bill_id))[:1]:
            self.client.bills.delete_payment(bill_id, paid.id)

    @precondition(lambda self: self.bills)
    @rule(pick=picks)
    def delete_a_bill(self, pick: int) -> None:
        self._try(lambda: self.client.bills.delete(picked(self.bills, pick)))

    @rule(amount=cents)
    def post_a_credit(self, amount: str) -> None:
        self.client.vendor_credits.create(credit(amount))

    @precondition(lambda self: self.bills and self.credits)
    @rule(pick=picks, other=picks, amount=cents)
    def apply_a_credit(self, pick: int, other: int, amount: str) -> None:
        part = NewVendorCreditApplication(bill_id=picked(self.bills, pick), amount=dollars(amount))
        self._try(lambda: self.client.vendor_credits.apply(picked(self.credits, other), [part]))

    @rule(amount=cents, paid=cents)
    def reimburse(self, amount: str, paid: str) -> None:
        owed = self.client.reimbursements.create(attrs.evolve(REIMBURSEMENT, items=[item(amount)]))
        self._try(lambda: self.client.reimbursements.create_payment(owed.id, payment(paid)))

    @rule(amount=cents, kept=st.booleans())
    def charge_a_card(self, amount: str, kept: bool) -> None:
        made = self.client.charges.create(charge(item(f"-{amount}"), item("5.00")))
        if not kept:
            self.client.charges.delete(made.id)

    @rule(amount=cents, debit=accounts, credited=accounts, on=days, reversal=st.none() | days)
    def post_an_entry(self, amount: str, debit: str, credited: str, on: date, reversal: date | None) -> None:
        posted = attrs.evolve(entry(line(debit, amount), line(credited, f"-{amount}")), date=on, reversal_date=reversal)
        self._try(lambda: self.client.journal_entries.create(posted))

    @precondition(lambda self: self.entries)
    @rule(pick=picks, amount=cents, balanced=st.booleans(), on=days)
    def change_an_entry(self, pick: int, amount: str, balanced: bool, on: date) -> None:
        lines = [line(TRAVEL, amount), line(BANK, f"-{amount}" if balanced else "-0.00")]
        update = JournalEntryUpdate(name="Changed", currency="USD", items=lines, date=on)
        self._try(lambda: self.client.journal_entries.update(picked(self.entries, pick), update))

    @precondition(lambda self: self.entries)
    @rule(pick=picks)
    def delete_an_entry(self, pick: int) -> None:
        self.client.journal_entries.delete(picked(self.entries, pick))

    @invariant()
    def every_report_balances(self) -> None:
        reports = self.client.reports
        trial = reports.trial_balance(from_date=FIRST, to_date=LAST, subsidiary_id=AMERICA.id)
        assert trial.totals.debit_total == trial.totals.credit_total
        assert trial.totals.ending_balance.amount == 0

        sheet = reports.balance_sheet(as_of_date=LAST, subsidiary_id=AMERICA.id)
        found = totals(sheet.sections)
        assert found["Assets"] == found["Liabilities"] + found["Equity"]
        assert found["Assets"] == total(
            row.ending_balance.amount for row in trial.accounts if row.code in {BANK, CLEARING}
        )
        income = reports.income_statement(from_date=FIRST, to_date=LAST, subsidiary_id=AMERICA.id)
        assert found["Equity"] == income.summaries[-1].amounts[0].amount.amount

        flow = reports.cash_flow_statement(from_date=DAY, to_date=LAST, subsidiary_id=AMERICA.id)
        change, opening, closing = (each.amounts[0].amount.amount for each in flow.summaries)
        assert opening + change == closing == self.standin.ledger.balance(BANK)

    @invariant()
    def payables_are_what_is_open(self) -> None:
        applied = [application for each in self.standin.vendor_credits for application in each.applications]
        left = Decimal(0)
        for each in self.standin.bills:
            owed = total(line_.amount.amount for line_ in each.items)
            paid = total(payment_.amount.amount for payment_ in self.client.bills.list_payments(each.id))
            credited = total(part.amount.amount for part in applied if part.bill_id == each.id)
            assert each.status is expected(owed, paid, credited)
            left += owed - paid - credited
        for found in self.standin.vendor_credits:
            used = total(part.amount.amount for part in found.applications)
            assert found.applied_amount.amount == used
            assert (found.status is VendorCreditStatus.UNAPPLIED) == (used == 0)
            left -= found.remaining_amount.amount
        assert self.standin.ledger.balance(PAYABLES) == -left

    @override
    def teardown(self) -> None:
        """Whatever is deletable goes, and takes its postings along."""
        for each in self.entries:
            self.client.journal_entries.delete(each)
        kept = {posting.document_id for posting in self.standin.ledger.postings}
        assert not kept & set(self.entries)

    def _try(self, call: Callable[[], object]) -> None:
        before = self.standin.ledger.postings, self.standin.bills, self.standin.vendor_credits
        try:
            call()
        except BadRequestError:
            assert (self.standin.ledger.postings, self.standin.bills, self.standin.vendor_credits) == before


def expected(owed: Decimal, paid: Decimal, credited: Decimal) -> BillStatus:
    """What settles a bill names its status; money goes before credit while something is open."""
    if paid + credited == 0:
        return BillStatus.UNPAID
    if paid + credited < owed:
        return BillStatus.PARTIALLY_PAID if paid else BillStatus.PARTIALLY_CREDITED
    return {(True, False): BillStatus.PAID, (False, True): BillStatus.CREDITED}.get(
        (paid > 0, credited > 0), BillStatus.APPLIED
    )


TestBookkeeping = Bookkeeping.TestCase
TestBookkeeping.settings = settings(max_examples=2 * settings().max_examples // 5, stateful_step_count=25)
