"""Whether the law of the mapping finds the mistakes that a mapper or the coding could make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import TypeAlias

import attrs
import pytest
from hypothesis import Phase, find, settings

from bridge import (
    DEFAULT_MAPPERS,
    Bridge,
    CodedRecord,
    Context,
    Findings,
    Mapper,
    Payload,
    Post,
    effect,
    summed,
)
from bridge.decisions import BillPayload, BillPaymentPayload, BillReplacement
from bridge.mappers.journal_entries import journal_entry
from bridge.taxes import LineTax, TaxedEntryItem, TaxedItem
from bridge_cases import (
    BILL_PAYMENTS,
    BILLS,
    CHARGES,
    JOURNAL_ENTRIES,
    OTHERS,
    REIMBURSEMENTS,
    TYPES,
    Case,
    good_cases,
)
from bridge_law import coded, holds
from rillet import (
    FieldAssignment,
    Money,
    NewCharge,
    NewExpenseItem,
    NewJournalEntry,
    NewJournalEntryItem,
    NewReimbursement,
    TaxCoverage,
)
from rillet import Side as RilletSide

KINDS = {
    "charges": CHARGES,
    "reimbursements": REIMBURSEMENTS,
    "journal entries": JOURNAL_ENTRIES,
    "bills": BILLS,
    "bill payments": BILL_PAYMENTS,
}


def search(broken: Callable[[Case], Post | None], types: Sequence[str] = TYPES) -> Case:
    """A good record for which the law does not hold; raises where there is none."""

    def is_caught(case: Case) -> bool:
        post = broken(case)
        return post is not None and not holds(case, post)

    # The first counterexample will do, and it is the same in every run.
    unhurried = settings(database=None, derandomize=True, max_examples=1000, phases=[Phase.generate])
    return find(good_cases(types), is_caught, settings=unhurried)


def mapped(case: Case, mapper: Mapper) -> Post | None:
    outcome = Bridge(
        case.world.settings,
        mappers=dict.fromkeys([*DEFAULT_MAPPERS, *OTHERS], mapper),
        rates=case.world.bridge.rates,
    ).outcome(case.record, case.world.books)
    return outcome if isinstance(outcome, Post) else None


def right(record: CodedRecord, context: Context, findings: Findings) -> Post | None:
    """What the bridge itself makes of a record."""
    return DEFAULT_MAPPERS.get(record.record.type, journal_entry)(record, context, findings)


@attrs.frozen(kw_only=True)
class Line:
    """One line of any payload; a negative amount is on the other side than `item` is."""

    item: NewExpenseItem | NewJournalEntryItem | None
    account: str
    amount: Decimal
    currency: str
    fields: tuple[FieldAssignment, ...]


Lines: TypeAlias = Sequence[Line]


def lines_of(payload: Payload) -> Lines:
    match payload:
        case BillPaymentPayload():
            paid = payload.payment
            money = paid.amount
            return (
                Line(item=None, account=paid.account_code, amount=money.amount, currency=money.currency, fields=()),
            )
        case BillPayload():
            items: Sequence[NewExpenseItem | NewJournalEntryItem] = payload.bill.items
        case BillReplacement():
            items = payload.update.items
        case _:
            items = payload.items
    return tuple(
        Line(
            item=item,
            account=item.account_code,
            amount=item.amount.amount,
            currency=item.amount.currency,
            fields=tuple(item.fields),
        )
        for item in items
    )


def with_lines(payload: Payload, lines: Lines) -> Payload:
    match payload:
        case BillPaymentPayload():
            amount = sum((line.amount for line in lines), Decimal(0))
            account, currency = (lines[0].account, lines[0].currency) if lines else ("nowhere", "XXX")
            payment = attrs.evolve(payload.payment, amount=Money(amount, currency), account_code=account)
            return attrs.evolve(payload, payment=payment)
        case NewJournalEntry():
            return attrs.evolve(payload, items=tuple(_entry_item(line) for line in lines))
        case BillPayload():
            bill = attrs.evolve(payload.bill, items=tuple(_expense_item(line) for line in lines))
            return attrs.evolve(payload, bill=bill)
        case BillReplacement():
            update = attrs.evolve(payload.update, items=tuple(_expense_item(line) for line in lines))
            return attrs.evolve(payload, update=update)
        case _:
            return attrs.evolve(payload, items=tuple(_expense_item(line) for line in lines))


def _expense_item(line: Line) -> NewExpenseItem:
    assert isinstance(line.item, NewExpenseItem)
    money = Money(line.amount, line.currency)
    return attrs.evolve(line.item, account_code=line.account, amount=money, fields=line.fields)


def _entry_item(line: Line) -> NewJournalEntryItem:
    assert isinstance(line.item, NewJournalEntryItem)
    other = RilletSide.DEBIT if line.item.side == RilletSide.CREDIT else RilletSide.CREDIT
    return attrs.evolve(
        line.item,
        account_code=line.account,
        amount=Money(abs(line.amount), line.currency),
        side=other if line.amount < 0 else line.item.side,
        fields=line.fields,
    )


def on_another_account(payload: Payload) -> Payload:
    """Not the account of the lines, but the one that they are against."""
    match payload:
        case NewCharge():
            return attrs.evolve(payload, credit_card_account_code="elsewhere")
        case NewReimbursement():
            return attrs.evolve(payload, payable_account_code="elsewhere")
        case BillPayload() | BillReplacement():
            return attrs.evolve(payload, payable_account_code="elsewhere")
        case BillPaymentPayload():
            return attrs.evolve(payload, payable_account_code="elsewhere")
        case NewJournalEntry():
            *rest, last = payload.items
            return attrs.evolve(payload, items=(*rest, attrs.evolve(last, account_code="elsewhere")))


def per_line(change: Callable[[Line], Line]) -> Callable[[Payload], Payload]:
    return lambda payload: with_lines(payload, [change(line) for line in lines_of(payload)])


def with_amount(change: Callable[[Decimal], Decimal]) -> Callable[[Payload], Payload]:
    return per_line(lambda line: attrs.evolve(line, amount=change(line.amount)))


def fields_shifted(payload: Payload) -> Payload:
    lines = lines_of(payload)
    shifted = [lines[-1].fields, *(line.fields for line in lines[:-1])]
    return with_lines(payload, [attrs.evolve(line, fields=each) for line, each in zip(lines, shifted, strict=True)])


def untaxed(line: Line) -> Line:
    item = line.item
    if isinstance(item, NewExpenseItem):
        return attrs.evolve(line, item=attrs.evolve(item, tax_rate=None))
    assert item is not None
    plain = NewJournalEntryItem(account_code=item.account_code, amount=item.amount, side=item.side)
    return attrs.evolve(line, item=plain)


def taxed_elsewhere(line: Line) -> Line:
    item = line.item
    if not isinstance(item, TaxedItem | TaxedEntryItem):
        return line
    return attrs.evolve(line, item=attrs.evolve(item, tax_account_code="elsewhere"))


def taxed_on_top(line: Line) -> Line:
    item = line.item
    if not isinstance(item, NewExpenseItem) or item.tax_rate is None:
        return line
    tax = attrs.evolve(item.tax_rate, coverage=TaxCoverage.EXCLUSIVE)
    return attrs.evolve(line, item=attrs.evolve(item, tax_rate=tax))


def half_a_reverse_charge(payload: Payload) -> Payload:
    lines = lines_of(payload)
    added = [line for line in lines if line.item and (line.item.description or "").startswith("Reverse charge ")]
    return with_lines(payload, [line for line in lines if line not in added[:1]])


MISTAKES: dict[str, Callable[[Payload], Payload]] = {
    "drops a line": lambda payload: with_lines(payload, lines_of(payload)[1:]),
    "drops the last line": lambda payload: with_lines(payload, lines_of(payload)[:-1]),
    "repeats a line": lambda payload: with_lines(payload, [*lines_of(payload), lines_of(payload)[0]]),
    "swaps the sides": with_amount(lambda amount: -amount),
    "loses the sign": with_amount(abs),
    "rounds up": with_amount(lambda amount: amount.quantize(Decimal(1), ROUND_CEILING)),
    "goes through a short float": with_amount(lambda amount: Decimal(f"{float(amount):.6g}")),
    "takes another line account": per_line(lambda line: attrs.evolve(line, account="elsewhere")),
    "takes another account against the lines": on_another_account,
    "drops the fields": per_line(lambda line: attrs.evolve(line, fields=())),
    "drops one field": per_line(lambda line: attrs.evolve(line, fields=line.fields[:1])),
    "gives a line its neighbour's fields": fields_shifted,
    "takes another currency": per_line(lambda line: attrs.evolve(line, currency="EUR")),
    "drops the tax": per_line(untaxed),
    "takes another tax account": per_line(taxed_elsewhere),
    "charges the tax on top": per_line(taxed_on_top),
    "makes half a reverse charge": half_a_reverse_charge,
}
#: Mistakes that cannot be made there: a payment has no fields and no tax, nothing on a journal entry or a payment is
#: negative, and the VAT of a journal entry is always in its amounts.
IMPOSSIBLE = {
    ("bill payments", "drops the fields"),
    ("bill payments", "drops one field"),
    ("bill payments", "gives a line its neighbour's fields"),
    ("bill payments", "loses the sign"),
    ("bill payments", "drops the tax"),
    ("bill payments", "takes another tax account"),
    ("bill payments", "charges the tax on top"),
    ("bill payments", "makes half a reverse charge"),
    ("journal entries", "loses the sign"),
    ("journal entries", "charges the tax on top"),
}


@pytest.mark.parametrize(
    ("kind", "mistake"), [(kind, each) for kind in KINDS for each in MISTAKES if (kind, each) not in IMPOSSIBLE]
)
def test_the_law_finds_a_mistake_of_a_mapper(kind: str, mistake: str) -> None:
    def broken(record: CodedRecord, context: Context, findings: Findings) -> Post | None:
        post = right(record, context, findings)
        return None if post is None else attrs.evolve(post, payload=MISTAKES[mistake](post.payload))

    search(lambda case: mapped(case, broken), KINDS[kind])


def at_a_whole_rate(tax: LineTax | None) -> LineTax | None:
    if tax is None:
        return None
    percentage = tax.rate.percentage.quantize(Decimal(1), ROUND_CEILING)
    return attrs.evolve(tax, rate=attrs.evolve(tax.rate, percentage=percentage))


MISCODINGS: dict[str, Callable[[CodedRecord], CodedRecord]] = {
    "drops the taxes": lambda record: attrs.evolve(
        record, lines=tuple(attrs.evolve(line, tax=None) for line in record.lines)
    ),
    "rounds the rate of a tax": lambda record: attrs.evolve(
        record, lines=tuple(attrs.evolve(line, tax=at_a_whole_rate(line.tax)) for line in record.lines)
    ),
    "drops the fields": lambda record: attrs.evolve(
        record, lines=tuple(attrs.evolve(line, fields=()) for line in record.lines)
    ),
    "codes all lines like the first": lambda record: attrs.evolve(
        record,
        lines=tuple(
            attrs.evolve(line, account=next(each.account for each in record.lines if each.is_coded))
            if line.is_coded
            else line
            for line in record.lines
        ),
    ),
    "loses balanced lines": lambda record: attrs.evolve(record, lines=()),
}


@pytest.mark.parametrize("mistake", MISCODINGS.values(), ids=MISCODINGS.keys())
def test_the_oracle_finds_a_mistake_of_the_coding(mistake: Callable[[CodedRecord], CodedRecord]) -> None:
    def broken(record: CodedRecord, context: Context, findings: Findings) -> Post | None:
        return right(mistake(record), context, findings)

    case = search(lambda case: mapped(case, broken))
    # Seen from the coding alone all is well: record and payload are wrong in the same way.
    post = mapped(case, broken)
    assert post is not None
    assert summed(mistake(coded(case)).postings(case.world.books)) == summed(effect(post.payload))
