"""Movements of money between accounts, and records that no document is for, as journal entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from bridge.coded_record import CodedLine
from bridge.decisions import Post, ReasonCode
from bridge.documents.rillet_entries import JournalEntryDocument
from bridge.documents.rillet_items import TaxedEntryItem, field_assignments
from bridge.mappers.draft import Draft
from bridge.master_data import Account
from bridge.settings.choices import Role
from bridge.taxes import LineTax
from clientkit.money import total
from rillet import AccountType, Money, NewJournalEntryItem, Side


def journal_entry(draft: Draft) -> Post | None:
    """A record as a journal entry, posting by posting: a line that nobody codes is on the account of its role.

    Rillet parts the VAT off a line that has a tax code. There is no code on a line whose tax it would compute otherwise:
    on one with a sales tax, on one that is exempt from the code's percentage, and on a reverse charge, whose tax is on
    lines of its own.
    """
    _check_sides(draft)
    return entry(draft)


def entry(draft: Draft) -> Post | None:
    """As `journal_entry`, for lines that need not be a whole movement, such as the share of an entity."""
    return draft.finish(
        JournalEntryDocument,
        title=draft.record.type.replace("_", " ").capitalize(),
        currency=draft.coded.currency,
        items=tuple(_items(draft)) or None,
        is_taxable=draft.settings.tax_field is not None,
    )


def _check_sides(draft: Draft) -> None:
    """Refuse a line that is coded to an account of the other side, so that the movement comes to nothing there."""
    lines = dict[str, list[CodedLine]]()
    for each in draft.coded.lines:
        account = each.account if each.is_coded else _of_role(draft, draft.coded.role_of(each))
        if each.line.amount.amount and account is not None:
            lines.setdefault(account.id, []).append(each)
    comes_to_nothing = not any(map(_is_left, lines.values()))
    for alike in lines.values():
        for each in alike:
            # Two accounts of the settings may be one, where nothing is to be told apart.
            if each.account is not None and any(
                line.line.type != each.line.type and (comes_to_nothing or not line.is_coded) for line in alike
            ):
                text = f"it is coded to {each.account.code} {each.account.name}, which is on its other side too"
                draft.refuse(ReasonCode.OWN_ACCOUNT, f"{text}, so it would come to nothing", each.line.id)


def _of_role(draft: Draft, role: Role | None) -> Account | None:
    named = None if role is None else draft.coded.entity.account(role)
    return None if named is None else draft.books.account(named)


def _is_left(lines: Sequence[CodedLine]) -> bool:
    debited, credited = (
        total(each.line.amount.amount for each in lines if each.line.type.value == side.value)
        for side in (Side.DEBIT, Side.CREDIT)
    )
    return debited != credited


def _items(draft: Draft) -> Iterator[NewJournalEntryItem]:
    for each in draft.coded.lines:
        if not each.line.amount.amount:
            continue
        account = _account(each, draft)
        if account is None:
            continue
        if each.is_coded and account.type == AccountType.EXPENSE:
            draft.check_mandatory(each)
        item = NewJournalEntryItem(
            account_code=account.code,
            amount=Money(each.line.amount.amount, draft.coded.currency),
            side=Side(each.line.type.value),
            description=draft.description(each),
            fields=field_assignments(each.fields),
        )
        tax = each.tax
        if tax is None:
            yield item
            continue
        is_parted = tax.is_parted and tax.rate.percentage
        parted = draft.account(Role.TAX) if is_parted else None
        yield _taxed(item, tax, each, parted)
        yield from _reverse_charge(item, tax, each)


def _taxed(item: NewJournalEntryItem, tax: LineTax, each: CodedLine, parted: Account | None) -> NewJournalEntryItem:
    kind = "Revenue" if each.account is not None and each.account.type == AccountType.INCOME else "Expense"
    if parted is not None:
        return TaxedEntryItem(
            account_code=item.account_code,
            amount=item.amount,
            side=item.side,
            description=item.description,
            vat_code=tax.rate.code,
            vat_type=kind,
            fields=item.fields,
            tax_amount=Money(tax.amount_of(each.line.amount), item.amount.currency),
            tax_account_code=parted.code,
        )
    is_without_tax = not tax.rate.percentage and not tax.is_sales_tax
    return attrs.evolve(item, vat_code=tax.rate.code, vat_type=kind) if is_without_tax else item


def _reverse_charge(item: NewJournalEntryItem, tax: LineTax, each: CodedLine) -> Iterator[NewJournalEntryItem]:
    opposite = Side.CREDIT if item.side == Side.DEBIT else Side.DEBIT
    for account, share in tax.reverse_charge(each.line.amount):
        yield attrs.evolve(
            item,
            account_code=account.code,
            amount=Money(share.copy_abs(), item.amount.currency),
            side=item.side if share > 0 else opposite,
            description=f"Reverse charge {tax.rate.code}",
        )


def _account(each: CodedLine, draft: Draft) -> Account | None:
    if each.is_coded:
        return each.account
    role = draft.coded.role_of(each)
    if role is None:
        text = f"a {each.line.type.lower()} line has no general ledger account; code it in Brex"
        draft.refuse(ReasonCode.UNCODED_LINE, text, each.line.id)
        return None
    return draft.account(role)
