"""Coding: which entity a record belongs to, and which account and field values each of its lines has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import attrs

from brex_accounting import FieldValueRef, LineItem, Record, Side
from bridge.books import Books, normalised
from bridge.callers import ChooseAccount, ChosenAccount, account_chosen, no_account
from bridge.card_accounts import with_card_account
from bridge.coded_record import CodedLine, CodedRecord
from bridge.debts import debt_of
from bridge.decisions import Findings, ReasonCode
from bridge.entities import Followed, follows, ownership
from bridge.field_values import assignments, is_tax_code
from bridge.master_data import INACTIVE, Account
from bridge.roles import choice, chosen_account, roles_of
from bridge.settings.choices import Role
from bridge.settings.values import AccountRule, Entity, Settings
from bridge.taxes import line_tax
from bridge.unreadable import UnreadableEntry
from clientkit.money import decimal_text, is_rounded, places, total
from clientkit.showing import first_of

_NO_REMOTE_ID = "; Brex's value has no remote id: run `sync-fields`, or add an [[accounts]] rule with `instead_of`"


def code(
    record: Record,
    settings: Settings,
    books: Books,
    findings: Findings,
    *,
    followed: Followed | None = None,
    like: str | None = None,
    choose: ChooseAccount = no_account,
) -> CodedRecord | None:
    """Code a record; None, with the reasons in `findings`, where that is not possible at all.

    `followed` is what is known of the record that it follows, such as the reimbursement of a payout. `like` is the type whose
    uncoded lines stand for the same accounts as this record's, where that is not its own. `choose` is asked before the rules
    of the settings, of every line that stands for itself. Raises `CallerError` for what it raises.
    """
    owned = ownership(record, settings, books, findings, followed)
    entity, debtor = (None, None) if owned is None else (owned.entity, owned.debtor)
    of_debtor = frozenset[int]() if owned is None else owned.of_debtor
    if follows(record) and (
        unread := books.unread("bill", record.source_id) or books.unread("reimbursement", record.source_id)
    ):
        # What does not find it would take the payment for one of something else.
        findings.add(ReasonCode.UNREADABLE, f"it follows something that {books.ledger} has: {unread}")
    if entity is not None:
        entity = with_card_account(entity, record, settings)
    currency = _checked_lines(record, findings)
    roles = roles_of(record, entity, settings, books, like=like or record.type)
    lines = tuple(
        attrs.evolve(
            _coded(
                line,
                roles,
                rules=_rules(record, debtor if place in of_debtor else entity, settings),
                settings=settings,
                books=books,
                findings=findings,
                chosen_by=lambda line: account_chosen(choose, record, line),
            ),
            is_debtors=place in of_debtor,
        )
        for place, line in enumerate(record.line_items)
    )
    if entity is None or currency is None:
        return None
    subsidiary = books.subsidiary(entity.subsidiary)
    is_sure = subsidiary is not None and subsidiary.id == entity.subsidiary
    unread = None if is_sure else books.unread("subsidiary", entity.subsidiary)
    if unread is None and subsidiary is None:
        unread = books.nameless("subsidiary")
    if unread is not None:
        findings.add(ReasonCode.UNREADABLE, f"{entity.name} needs something of {books.ledger}: {unread}")
        return None
    if subsidiary is None:
        findings.add(ReasonCode.NO_ENTITY, f"{books.ledger} has no subsidiary {entity.subsidiary!r} for {entity.name}")
        return None
    _check_total(record, entity, lines, roles, books, findings)
    debt = None if owned is None else debt_of(owned, books, findings)
    if debtor is not None and debt is None:
        return None
    return CodedRecord(
        record=record,
        entity=entity,
        subsidiary=subsidiary,
        currency=currency,
        lines=lines,
        roles=roles,
        debt=debt,
    )


def _checked_lines(record: Record, findings: Findings) -> str | None:
    """The one currency of a record whose lines are sound."""
    currencies = sorted({line.amount.currency for line in record.line_items})
    for line in record.line_items:
        amount, currency = line.amount.amount, line.amount.currency
        if not line.type.is_known:
            findings.add(ReasonCode.UNKNOWN_SIDE, f"a line is neither debit nor credit but {line.type}", line.id)
        if amount < 0:
            findings.add(ReasonCode.NEGATIVE_AMOUNT, f"a line has the negative amount {decimal_text(amount)}", line.id)
        if not is_rounded(amount, currency):
            text = f"{decimal_text(amount)} {currency} has more than the {places(currency)} places of its currency"
            findings.add(ReasonCode.CURRENCY_PRECISION, text, line.id)
    if len(currencies) > 1:
        findings.add(ReasonCode.MIXED_CURRENCIES, f"the lines are in {' and '.join(currencies)}")
        return None
    debited, credited = (
        total(line.amount.amount for line in record.line_items if line.type == side)
        for side in (Side.DEBIT, Side.CREDIT)
    )
    if debited != credited:
        text = f"the lines do not balance: debits {debited:f}, credits {credited:f}"
        findings.add(ReasonCode.UNBALANCED, text)
    if record.amount.amount and not debited and not credited:
        text = f"it is about {decimal_text(record.amount.amount)} {record.amount.currency}, and no line moves any money"
        findings.add(ReasonCode.NO_LINES, text)
    return currencies[0] if currencies else record.amount.currency


def _check_total(  # noqa: PLR0917 - the usual companions
    record: Record,
    entity: Entity,
    lines: Iterable[CodedLine],
    roles: Mapping[Side, Role],
    books: Books,
    findings: Findings,
) -> None:
    """The amount of a record is that of one side of its lines, or of those lines that stand for its account."""
    moving = [each for each in lines if each.line.amount.amount]
    if not moving:
        return
    told, currency = record.amount, moving[0].line.amount.currency
    if told.currency != currency:
        text = f"it is about {decimal_text(told.amount)} {told.currency}, and its lines are in {currency}"
        findings.add(ReasonCode.TOTAL_DIFFERS, text)
        return
    sums = [total(each.line.amount.amount for each in moving if each.line.type == side) for side in Side]
    for side in Side:
        role = roles.get(side)
        named = None if role is None else entity.account(role)
        account = None if named is None else books.account(named)
        sums.append(
            total(
                each.line.amount.amount
                for each in moving
                if each.line.type == side and (not each.is_coded or _is_on(role, account, each.account, books))
            )
        )
    if told.amount.copy_abs() not in sums:
        text = f"it is about {decimal_text(told.amount)} {currency}, and its lines come to {decimal_text(sums[0])} {currency}"
        findings.add(ReasonCode.TOTAL_DIFFERS, text)


def _is_on(role: Role | None, account: Account | None, coded: Account | None, books: Books) -> bool:
    """Whether a line is on the account of a role; of the bank also on any other account with money."""
    if coded is None or account is None:
        return False
    has_money = role is Role.BANK and (
        (account.subtype is not None and coded.subtype == account.subtype) or coded.code in books.paying_accounts
    )
    return coded == account or has_money


def _rules(record: Record, entity: Entity | None, settings: Settings) -> tuple[AccountRule, ...]:
    """The rules that hold for a record, as far as its lines do not matter."""
    vendor = record.vendor
    return tuple(
        rule
        for rule in settings.accounts
        if (rule.entity is None or (entity is not None and rule.entity == entity.name))
        and (
            rule.merchant is None
            or (
                vendor is not None
                and (rule.merchant == vendor.id or normalised(rule.merchant) == normalised(vendor.name))
            )
        )
    )


def _coded(
    line: LineItem,
    roles: Mapping[Side, Role],
    *,
    rules: Iterable[AccountRule],
    settings: Settings,
    books: Books,
    findings: Findings,
    chosen_by: Callable[[LineItem], ChosenAccount | None],
) -> CodedLine:
    chosen = choice(line, settings)
    stands_for_itself = line.type not in roles
    own = chosen_by(line) if chosen is not None or stands_for_itself else None
    rule: AccountRule | None
    if own is not None:
        rule = AccountRule(account=own.account)
    elif chosen is None:
        rule = next((each for each in rules if each.instead_of is None and stands_for_itself), None)
    else:
        rule = next((each for each in rules if _replaces(each, chosen, books)), None)
    if rule is not None:
        account = _checked(
            books.account(rule.account),
            rule.account,
            line,
            books,
            findings,
            put_by=partial(_put_by, rule, own, settings),
        )
    elif chosen is not None:
        wanted = chosen.remote_field_value_id or chosen.field_value_name or chosen.brex_field_value_id
        account = _checked(
            chosen_account(chosen, books),
            wanted,
            line,
            books,
            findings,
            advice="" if chosen.remote_field_value_id else _NO_REMOTE_ID,
        )
    else:
        account = None
    fields = tuple(dict.fromkeys(assignments(line, settings, books, findings)))
    is_coded = chosen is not None or rule is not None
    taxed = next((ref for ref in line.accounting_field_values if is_tax_code(ref, settings)), None)
    tax = line_tax(taxed, line.id, settings, books, findings) if taxed is not None and is_coded else None
    return CodedLine(
        line=line,
        account=account,
        is_coded=is_coded,
        fields=fields,
        rule=rule,
        why=None if own is None else own.why,
        tax=tax,
    )


def _put_by(rule: AccountRule, own: ChosenAccount | None, settings: Settings) -> str:
    if own is not None:
        return f"your program puts it on {own.account!r} ({own.why})"
    return f"the rule accounts[{settings.accounts.index(rule)}] of the settings puts it on {rule.account!r}"


def _replaces(rule: AccountRule, chosen: FieldValueRef, books: Books) -> bool:
    named = chosen.remote_field_value_id or chosen.field_value_name
    if named is None or rule.instead_of is None:
        return False
    account = books.account(rule.instead_of)
    return named == rule.instead_of or (account is not None and chosen_account(chosen, books) == account)


def _checked(
    account: Account | None,
    wanted: str | None,
    line: LineItem,
    books: Books,
    findings: Findings,
    *,
    advice: str = "",
    put_by: Callable[[], str] | None = None,
) -> Account | None:
    """The account, with a finding where nothing can be posted to it; `put_by` says who chose it, if not who coded the line."""
    if (unread := unread_account(account, wanted, books)) is not None:
        named = f"it is coded to {wanted!r} of {books.ledger}" if put_by is None else put_by()
        findings.add(ReasonCode.UNREADABLE, f"{named}, and {unread}", line.id)
    elif account is None:
        named = f"it is coded to {wanted!r}" if put_by is None else put_by()
        text = f"{named}, which is no account of {books.ledger}{advice}"
        findings.add(ReasonCode.UNKNOWN_ACCOUNT, text, line.id)
    elif account.status == INACTIVE:
        text = f"the account {account.code} {account.name} is inactive"
        text = text if put_by is None else f"{put_by()}, and {text}"
        findings.add(ReasonCode.INACTIVE_ACCOUNT, text, line.id)
    elif twins := books.twins(account):
        names = first_of([repr(each.name) for each in (account, *twins)])
        text = f"{books.ledger} has several active accounts with the code {account.code} ({names}), which it cannot tell apart"
        text = text if put_by is None else f"{put_by()}, and {text}"
        findings.add(ReasonCode.AMBIGUOUS_ACCOUNT, text, line.id)
    return account


def unread_account(account: Account | None, wanted: str | None, books: Books) -> UnreadableEntry | None:
    """The unreadable account that is meant, or that the ledger cannot tell from the one that was found by its code."""
    if account is None:
        # A code and a name may stand in one text, as in ``7500 Other G&A``.
        return books.unread("account", wanted, *(wanted or "").split(maxsplit=1)) or books.nameless("account")
    twin = books.unread("account", account.code)
    return twin if twin is not None and twin.id != account.id and INACTIVE not in twin.texts else None
