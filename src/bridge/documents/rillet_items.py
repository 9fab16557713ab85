"""The lines of Rillet's documents: what they post, and what they say in a form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TypeAlias

import attrs

import rillet
from brex_accounting import Amount, Side
from bridge.documents.form import FormLine
from bridge.postings import Posting
from bridge.values import FieldAssignment
from clientkit.money import total
from rillet import (
    ExpenseItem,
    ExpenseTax,
    JournalEntryItem,
    Money,
    NewExpenseItem,
    NewJournalEntryItem,
    NewVendorCreditItem,
    TaxCoverage,
    VendorCreditItem,
)

AnyItem: TypeAlias = ExpenseItem | NewExpenseItem
AnyEntryItem: TypeAlias = JournalEntryItem | NewJournalEntryItem


@attrs.frozen(kw_only=True)
class TaxedItem(NewExpenseItem):
    """A line of a document with its tax, and the code of the account that the tax goes to, which is not sent.

    None stands for the account of the line itself. Rillet does not document where it posts the VAT of documents. It is
    taken to be where it posts that of journal entries, on the account of the subtype ``Sales Tax Liability``; the
    settings name it as `tax_account`.
    """

    tax_account_code: str | None


@attrs.frozen(kw_only=True)
class TaxedEntryItem(NewJournalEntryItem):
    """A line of a journal entry whose `amount` holds VAT: what Rillet parts off it, and onto which account.

    Neither is sent; Rillet computes the tax from the code.
    """

    tax_amount: Money
    tax_account_code: str


@attrs.frozen(kw_only=True)
class TaxedCreditItem(NewVendorCreditItem):
    """A line of a vendor credit with its tax, and the account that the tax comes off, as `TaxedItem` has it."""

    tax_account_code: str | None


def credited(item: NewExpenseItem) -> NewVendorCreditItem:
    """A line as a vendor credit has it, where what it gives back is positive."""
    made = NewVendorCreditItem(
        account_code=item.account_code,
        amount=_opposite(item.amount),
        description=item.description,
        tax_rate=_opposite_tax(item.tax_rate),
        fields=item.fields,
    )
    if not isinstance(item, TaxedItem):
        return made
    return TaxedCreditItem(**attrs.asdict(made, recurse=False), tax_account_code=item.tax_account_code)


def debited(item: NewVendorCreditItem | VendorCreditItem) -> NewExpenseItem:
    """A line of a vendor credit as every other document has it, where what is spent is positive."""
    made = NewExpenseItem(
        account_code=item.account_code,
        amount=_opposite(item.amount),
        description=item.description,
        tax_rate=_opposite_tax(item.tax_rate),
        fields=item.fields,
    )
    if not isinstance(item, TaxedCreditItem):
        return made
    return TaxedItem(**attrs.asdict(made, recurse=False), tax_account_code=item.tax_account_code)


def field_assignments(fields: Collection[FieldAssignment]) -> tuple[rillet.FieldAssignment, ...]:
    """Field values as Rillet wants them."""
    if not fields:
        return ()
    return tuple(rillet.FieldAssignment(field_id=each.field_id, field_value_id=each.field_value_id) for each in fields)


def spent_on(items: Iterable[AnyItem]) -> tuple[Amount, ...]:
    """What each line costs, with its tax."""
    return tuple(Amount(amount=cost.amount, currency=cost.currency) for cost in map(_gross, items))


def postings_of(items: Sequence[AnyItem], offsetting: str) -> tuple[Posting, ...]:
    """The lines are debited, and the account with the code `offsetting` is credited with their sum."""
    due = [_gross(item) for item in items]
    sums = {each.currency: total(one.amount for one in due if one.currency == each.currency) for each in due}
    offsets = (posting(offsetting, Money(sums[currency].copy_negate(), currency)) for currency in sorted(sums))
    lines = (each for item in items for each in _postings(item))
    return tuple(each for each in (*lines, *offsets) if each.amount)


def postings_of_entry(items: Iterable[NewJournalEntryItem]) -> tuple[Posting, ...]:
    """The lines as they are; VAT is parted off them."""
    return tuple(each for item in items for each in _entry_postings(item))


def posting(account: str, money: Money, fields: frozenset[FieldAssignment] = frozenset()) -> Posting:
    """A debit of a positive amount, a credit of a negative one."""
    side = Side.DEBIT if money.amount > 0 else Side.CREDIT
    # Not abs() and not a minus: they round to the precision of the caller's decimal context.
    amount = money.amount.copy_abs()
    return Posting(account=account, side=side, amount=amount, currency=money.currency, fields=fields)


def form_line(item: AnyItem) -> FormLine:
    """What a line of a document says."""
    cost, tax = _gross(item), item.tax_rate
    return FormLine(
        account=item.account_code,
        amount=cost.amount,
        currency=cost.currency,
        fields=_pairs(item.fields),
        tax=None if tax is None else tax.tax_code,
        tax_amount=Decimal(0) if tax is None else tax.tax_amount.amount,
    )


def form_line_of_entry(item: AnyEntryItem) -> FormLine:
    """What a line of a journal entry says; without its VAT, which Rillet does not give back."""
    amount = item.amount.amount
    return FormLine(
        account=item.account_code,
        amount=amount if item.side.value == Side.DEBIT.value else amount.copy_negate(),
        currency=item.amount.currency,
        fields=_pairs(item.fields),
    )


def _postings(item: AnyItem) -> Iterator[Posting]:
    gross, fields = _gross(item), _assigned(item.fields)
    if isinstance(item, TaxedItem) and item.tax_account_code is not None and item.tax_rate is not None:
        tax = item.tax_rate.tax_amount
        yield posting(item.account_code, _plus(gross, tax.amount.copy_negate()), fields)
        yield posting(item.tax_account_code, tax)
    else:
        yield posting(item.account_code, gross, fields)


def _entry_postings(item: NewJournalEntryItem) -> Iterator[Posting]:
    line = Posting(
        account=item.account_code,
        side=Side(item.side.value),
        amount=item.amount.amount,
        currency=item.amount.currency,
        fields=_assigned(item.fields),
    )
    if not isinstance(item, TaxedEntryItem):
        yield line
        return
    tax = item.tax_amount.amount
    yield attrs.evolve(line, amount=total((item.amount.amount, tax.copy_negate())))
    yield attrs.evolve(line, account=item.tax_account_code, amount=tax, fields=frozenset())


def _opposite(money: Money) -> Money:
    return Money(money.amount.copy_negate(), money.currency)


def _opposite_tax(tax: ExpenseTax | None) -> ExpenseTax | None:
    return None if tax is None else attrs.evolve(tax, tax_amount=_opposite(tax.tax_amount))


def _gross(item: AnyItem) -> Money:
    """What a line costs, with a tax that is on top of its amount."""
    tax = item.tax_rate
    if tax is None or tax.coverage is not TaxCoverage.EXCLUSIVE:
        return item.amount
    return _plus(item.amount, tax.tax_amount.amount)


def _plus(money: Money, amount: Decimal) -> Money:
    return Money(total((money.amount, amount)), money.currency)


def _assigned(fields: Iterable[rillet.FieldAssignment]) -> frozenset[FieldAssignment]:
    return frozenset(FieldAssignment(field_id=each.field_id, field_value_id=each.field_value_id) for each in fields)


def _pairs(fields: Iterable[rillet.FieldAssignment]) -> frozenset[tuple[str, str]]:
    return frozenset((each.field_id, each.field_value_id) for each in fields)
