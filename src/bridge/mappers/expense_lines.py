"""The lines of charges, reimbursements and bills: everything but what stands for the account that they are against."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import attrs

from brex_accounting import Side
from bridge.coded_record import CodedLine
from bridge.decisions import ReasonCode
from bridge.documents.rillet_items import TaxedItem, field_assignments
from bridge.mappers.draft import Draft
from bridge.mappers.service_periods import service_period
from bridge.master_data import Account
from bridge.settings.choices import Coverage, Role
from bridge.taxes import LineTax
from clientkit.making import maker
from clientkit.money import NOTHING, exact_sum, total
from rillet import ExpenseTax, Money, NewExpenseItem, TaxCoverage, TaxType

_new_item, _money = maker(NewExpenseItem), maker(Money)
_DEBIT = Side.DEBIT


def expense_lines(draft: Draft, *, against: Account | None, role: Role) -> tuple[NewExpenseItem, ...] | None:
    """The lines of the document: all but those that nobody codes, which stand for the account `against` of the role.

    A line on their side that is coded to that account itself is one of them. What is left has to be coded; debits become
    positive amounts and credits negative ones. A reverse charge adds two lines that sum to nothing.
    """
    if against is None:
        return None
    side = _offsetting_side(draft, role)
    made: list[NewExpenseItem] = []
    offset, converted_to_nothing = NOTHING, False
    for each in draft.coded.lines:
        line, account = each.line, each.account
        amount = line.amount.amount
        if not amount:
            # It may have been something before it was converted.
            before = line.original_amount if draft.coded.conversion is not None else None
            converted_to_nothing = converted_to_nothing or (
                line.type == side and before is not None and bool(before.amount)
            )
        elif line.type == side and (not each.is_coded or (account is not None and account.id == against.id)):
            offset = exact_sum(offset, amount)
            if each.fields or each.tax is not None:
                what = "field values" if each.fields else "a tax code"
                text = f"the line on {against.code} {against.name} carries {what}, which Rillet cannot keep there"
                draft.refuse(ReasonCode.FIELDS_ON_OFFSETTING_LINE, text, line.id)
        elif not each.is_coded or account is None or account.id == against.id:
            _refuse(draft, each, against)
        elif each.tax is None:
            made.append(_item(draft, each, account))
        else:
            made.extend(_with_tax(draft, _item(draft, each, account), each, each.tax))
    if made and not offset and not converted_to_nothing:
        draft.refuse(ReasonCode.NO_OFFSETTING_LINE, f"no line stands for {against.code} {against.name}")
    return tuple(made)


def _refuse(draft: Draft, each: CodedLine, against: Account) -> None:
    """Note why a line can be on no line of the document; that its account is unknown has been noted where it was coded."""
    if not each.is_coded:
        text = f"a {each.line.type.lower()} line has no general ledger account; code it in Brex"
        draft.refuse(ReasonCode.UNCODED_LINE, text, each.line.id)
    elif each.account is not None:
        text = (
            f"it is coded to {against.code} {against.name}, the account that it is owed on, so it would come to nothing"
        )
        draft.refuse(ReasonCode.OWN_ACCOUNT, text, each.line.id)


def _offsetting_side(draft: Draft, role: Role) -> Side | None:
    """The side whose lines stand for the role where nobody codes them.

    That is the credit side, as of an expense, for a type that says nothing of it: one that an integrator's mapper adds.
    """
    side = draft.coded.side_of(role)
    return Side.CREDIT if side is None and Side.CREDIT not in draft.coded.roles else side


def _item(draft: Draft, each: CodedLine, account: Account) -> NewExpenseItem:
    """A line as Rillet wants it, without its tax."""
    if draft.books.mandatory_fields:
        draft.check_mandatory(each)
    return _new_item(
        account_code=account.code,
        amount=_signed(each.line.amount.amount, each),
        description=draft.description(each),
        service_period=service_period(draft, each),
        fields=field_assignments(each.fields),
    )


def _with_tax(draft: Draft, item: NewExpenseItem, each: CodedLine, tax: LineTax) -> Iterator[NewExpenseItem]:
    """The line with its tax, and with lines of its own for that, if it is a reverse charge."""
    charged = tax.charged_in(each.line.amount)
    parted = draft.account(Role.TAX) if tax.is_parted and charged else None
    yield _taxed(item, tax, each, parted)
    for due_on, share in tax.reverse_charge(each.line.amount):
        text = f"Reverse charge {tax.rate.code}"
        yield attrs.evolve(
            item, account_code=due_on.code, amount=_signed(share, each), description=text, service_period=None
        )


def _taxed(item: NewExpenseItem, tax: LineTax, each: CodedLine, parted: Account | None) -> TaxedItem:
    charged = tax.charged_in(each.line.amount)
    net = total((each.line.amount.amount, charged.copy_negate()))
    return TaxedItem(
        account_code=item.account_code,
        amount=item.amount if tax.coverage is Coverage.INCLUSIVE else _signed(net, each),
        description=item.description,
        tax_rate=ExpenseTax(
            tax_amount=_signed(charged, each),
            percentage=tax.rate.percentage,
            country=tax.rate.country,
            type=TaxType.SALES_TAX if tax.is_sales_tax else TaxType.VAT,
            description=tax.rate.description,
            coverage=TaxCoverage(tax.coverage.name),
            tax_code=tax.rate.code,
        ),
        service_period=item.service_period,
        fields=item.fields,
        tax_account_code=None if parted is None else parted.code,
    )


def _signed(amount: Decimal, each: CodedLine) -> Money:
    return _money(amount if each.line.type == _DEBIT else amount.copy_negate(), each.line.amount.currency)
