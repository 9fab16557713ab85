"""Whether the law of the mapping finds the mistakes that a mapper or the coding could make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import TypeAlias

import attrs
import pytest
from hypothesis import Phase, find, settings

from brex_accounting import RecordType
from bridge import (
    DEFAULT_MAPPERS,
    Bridge,
    CodedRecord,
    Draft,
    Mapper,
    Post,
    Skip,
    summed,
)
from bridge.documents.rillet import BillDocument, ChargeDocument, ReimbursementDocument
from bridge.documents.rillet_entries import JournalEntryDocument
from bridge.documents.rillet_items import TaxedEntryItem, TaxedItem
from bridge.documents.rillet_payments import BillPaymentDocument
from bridge.mappers.journal_entries import journal_entry
from bridge.taxes import LineTax
from rillet import (
    FieldAssignment,
    Money,
    NewExpenseItem,
    NewJournalEntryItem,
    TaxCoverage,
    TaxRate,
)
from rillet import Side as RilletSide
from support.laws.law import coded, holds
from support.laws.records import (
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
        mappers=dict.fromkeys(map(RecordType, [*DEFAULT_MAPPERS, *OTHERS]), mapper),
        rates=case.world.bridge.rates,
    ).outcome(case.record, case.world.books)
    return outcome if isinstance(outcome, Post) else None


def right(draft: Draft) -> Post | None:
    """What the bridge itself makes of a record."""
    made = DEFAULT_MAPPERS.get(draft.record.type, journal_entry)(draft)
    assert not isinstance(made, Skip)
    return made


@attrs.frozen(kw_only=True)
class Line:
    """One line of any document; a negative amount is on the other side than `item` is."""

    item: NewExpenseItem | NewJournalEntryItem | None
    account: str
    amount: Decimal
    currency: str
    fields: tuple[FieldAssignment, ...]


Lines: TypeAlias = Sequence[Line]
Made: TypeAlias = ChargeDocument | ReimbursementDocument | BillDocument | BillPaymentDocument | JournalEntryDocument


def lines_of(document: Made) -> Lines:
    if isinstance(document, BillPaymentDocument):
        money = document.amount
        return (Line(item=None, account=document.account, amount=money.amount, currency=money.currency, fields=()),)
    items: Sequence[NewExpenseItem | NewJournalEntryItem] = document.items
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


def with_lines(document: Made, lines: Lines) -> Made:
    match document:
        case BillPaymentDocument():
            amount = sum((line.amount for line in lines), Decimal(0))
            account, currency = (lines[0].account, lines[0].currency) if lines else ("nowhere", "XXX")
            return attrs.evolve(document, amount=Money(amount, currency), account=account)
        case JournalEntryDocument():
            return attrs.evolve(document, items=tuple(_entry_item(line) for line in lines))
        case _:
            return attrs.evolve(document, items=tuple(_expense_item(line) for line in lines))


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


def on_another_account(document: Made) -> Made:
    """Not the account of the lines, but the one that they are against."""
    match document:
        case BillPaymentDocument():
            return attrs.evolve(document, payable_account="elsewhere")
        case JournalEntryDocument():
            *rest, last = document.items
            return attrs.evolve(document, items=(*rest, attrs.evolve(last, account_code="elsewhere")))
        case _:
            return attrs.evolve(document, account="elsewhere")


def per_line(change: Callable[[Line], Line]) -> Callable[[Made], Made]:
    return lambda document: with_lines(document, [change(line) for line in lines_of(document)])


def with_amount(change: Callable[[Decimal], Decimal]) -> Callable[[Made], Made]:
    return per_line(lambda line: attrs.evolve(line, amount=change(line.amount)))


def fields_shifted(document: Made) -> Made:
    lines = lines_of(document)
    shifted = [lines[-1].fields, *(line.fields for line in lines[:-1])]
    return with_lines(document, [attrs.evolve(line, fields=each) for line, each in zip(lines, shifted, strict=True)])


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


def half_a_reverse_charge(document: Made) -> Made:
    lines = lines_of(document)
    added = [line for line in lines if line.item and (line.item.description or "").startswith("Reverse charge ")]
    return with_lines(document, [line for line in lines if line not in added[:1]])


MISTAKES: dict[str, Callable[[Made], Made]] = {
    "drops a line": lambda document: with_lines(document, lines_of(document)[1:]),
    "drops the last line": lambda document: with_lines(document, lines_of(document)[:-1]),
    "repeats a line": lambda document: with_lines(document, [*lines_of(document), lines_of(document)[0]]),
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
    def broken(draft: Draft) -> Post | None:
        post = right(draft)
        if post is None:
            return None
        assert isinstance(post.document, Made)
        return attrs.evolve(post, document=MISTAKES[mistake](post.document))

    search(lambda case: mapped(case, broken), KINDS[kind])


def at_a_whole_rate(tax: LineTax | None) -> LineTax | None:
    if tax is None:
        return None
    percentage = tax.rate.percentage.quantize(Decimal(1), ROUND_CEILING)
    assert isinstance(tax.rate, TaxRate)
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
    def broken(draft: Draft) -> Post | None:
        return right(attrs.evolve(draft, coded=mistake(draft.coded)))

    case = search(lambda case: mapped(case, broken))
    # Seen from the coding alone all is well: record and document are wrong in the same way.
    post = mapped(case, broken)
    assert post is not None
    assert summed(mistake(coded(case)).postings(case.world.books)) == summed(post.document.postings())
