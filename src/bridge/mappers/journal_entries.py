"""Movements of money between accounts, and records that no document is for, as journal entries."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from brex_accounting import Record
from bridge.coding import CodedLine, CodedRecord
from bridge.decisions import Findings, Post, ReasonCode
from bridge.mappers import draft
from bridge.mappers.draft import Context
from bridge.settings.default_accounts import role_of
from bridge.settings.values import Role
from bridge.taxes import LineTax, TaxedEntryItem
from rillet import Account, AccountType, Money, NewJournalEntry, NewJournalEntryItem, Side

_MARK = re.compile(r"Brex (\S+):")


def journal_entry(coded: CodedRecord, context: Context, findings: Findings) -> Post | None:
    """A record as a journal entry, posting by posting: a line that nobody codes is on the account of its role.

    Rillet parts the VAT off a line that has a tax code. There is no code on a line whose tax it would compute otherwise:
    on one with a sales tax, on one that is exempt from the code's percentage, and on a reverse charge, whose tax is on
    lines of its own.
    """
    impact = draft.impact_date(coded.record, context, findings)
    rate = draft.exchange_rate(coded, impact, context, findings)
    items = tuple(_items(coded, context, findings))
    if not items:
        return None
    payload = NewJournalEntry(
        name=name_of(coded.record),
        currency=coded.currency,
        items=items,
        date=impact,
        exchange_rate=rate,
        subsidiary_id=coded.subsidiary.id,
    )
    return Post(record=coded.record, payload=payload)


def name_of(record: Record) -> str:
    """The name of a record's journal entry. Journal entries have no external references, so the id is in here."""
    return f"Brex {record.id}: {record.type.replace('_', ' ').capitalize()}"


def record_id_of(name: str) -> str | None:
    """The id of the record that a journal entry was made for, None for one that was not made here."""
    marked = _MARK.match(name)
    return marked[1] if marked else None


def _items(coded: CodedRecord, context: Context, findings: Findings) -> Iterator[NewJournalEntryItem]:
    for each in coded.lines:
        if not each.line.amount.amount:
            continue
        account = _account(each, coded, context, findings)
        if account is None:
            continue
        if each.is_coded and account.type == AccountType.EXPENSE:
            draft.check_mandatory(each, context, findings)
        item = NewJournalEntryItem(
            account_code=account.code,
            amount=Money(each.line.amount.amount, coded.currency),
            side=Side(each.line.type.value),
            description=draft.description(each, coded.record),
            fields=each.fields,
        )
        tax = each.tax
        if tax is None:
            yield item
            continue
        is_parted = tax.is_parted and tax.rate.percentage
        parted = draft.role_account(coded.entity, Role.TAX, context, findings) if is_parted else None
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


def _account(each: CodedLine, coded: CodedRecord, context: Context, findings: Findings) -> Account | None:
    if each.is_coded:
        return each.account
    role = role_of(coded.record.type, each.line.type)
    if role is None:
        text = f"a {each.line.type.lower()} line has no general ledger account; code it in Brex"
        findings.add(ReasonCode.UNCODED_LINE, text, each.line.id)
        return None
    return draft.role_account(coded.entity, role, context, findings)
