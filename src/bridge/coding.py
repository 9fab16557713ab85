"""Coding: which entity a record belongs to, and which account and field values each of its lines has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from brex_accounting import FieldValueRef, LineItem, Record, Side
from bridge.books import Books, normalised
from bridge.callers import ChooseAccount, ChosenAccount, account_chosen, no_account
from bridge.card_accounts import with_card_account
from bridge.coded_record import CodedLine, CodedRecord
from bridge.debts import debt_of
from bridge.decisions import Findings, ReasonCode
from bridge.entities import ownership
from bridge.field_values import assignments, tax_code
from bridge.followed import Followed, follows
from bridge.master_data import INACTIVE, Account, Subsidiary
from bridge.roles import choice, chosen_account, roles_of
from bridge.settings.choices import Role
from bridge.settings.values import AccountRule, Entity, Settings
from bridge.taxes import line_tax
from bridge.unreadable import UnreadableEntry
from clientkit.making import maker
from clientkit.money import NOTHING, decimal_text, exact_sum, is_rounded, places, total
from clientkit.showing import first_of

#: The one currency of a record's lines, and what they sum up to as debits and as credits.
_Sums: TypeAlias = tuple[str, Decimal, Decimal]

_coded_line, _coded_record = maker(CodedLine), maker(CodedRecord)
_DEBIT, _CREDIT = Side.DEBIT, Side.CREDIT
_NONE = frozenset[int]()
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
    owned, entity, debtor, of_debtor = None, settings.only_entity, None, _NONE
    if entity is None or followed is not None:
        owned = ownership(record, settings, books, findings, followed)
        entity, debtor = (None, None) if owned is None else (owned.entity, owned.debtor)
        of_debtor = _NONE if owned is None else owned.of_debtor
    if (
        books.unreadable
        and follows(record)
        and (unread := books.unread("bill", record.source_id) or books.unread("reimbursement", record.source_id))
    ):
        # What does not find it would take the payment for one of something else.
        findings.add(ReasonCode.UNREADABLE, f"it follows something that {books.ledger} has: {unread}")
    if entity is not None and settings.card_accounts:
        entity = with_card_account(entity, record, settings)
    sums = _checked_lines(record, findings)
    chosen = [(line, choice(line, settings)) for line in record.line_items]
    roles = roles_of(chosen, entity, books, like=like or record.type)
    rules = _rules(record, entity, settings)
    rules_of_debtor = _rules(record, debtor, settings) if of_debtor else rules
    lines: list[CodedLine] = []
    for place, (line, how) in enumerate(chosen):
        is_debtors = place in of_debtor
        held = rules_of_debtor if is_debtors else rules
        own = None
        if choose is not no_account and (how is not None or line.type not in roles):
            own = account_chosen(choose, record, line)
        if own is None and not held and not line.accounting_field_values:
            lines.append(_coded_line(line=line, account=None, is_coded=False, is_debtors=is_debtors))
        else:
            lines.append(_coded(line, how, roles, held, own, settings, books, findings, is_debtors=is_debtors))
    if entity is None or sums is None:
        return None
    subsidiary = _subsidiary(entity, books, findings)
    if subsidiary is None:
        return None
    _check_total(record, sums, entity, lines, roles, books, findings)
    debt = None if owned is None or debtor is None else debt_of(owned, books, findings)
    if debtor is not None and debt is None:
        return None
    return _coded_record(
        record=record,
        entity=entity,
        subsidiary=subsidiary,
        currency=sums[0],
        lines=tuple(lines),
        roles=roles,
        debt=debt,
    )


def _subsidiary(entity: Entity, books: Books, findings: Findings) -> Subsidiary | None:
    subsidiary = books.subsidiary(entity.subsidiary)
    if subsidiary is not None and (subsidiary.id == entity.subsidiary or not books.unreadable):
        return subsidiary
    unread = books.unread("subsidiary", entity.subsidiary)
    if unread is None and subsidiary is None:
        unread = books.nameless("subsidiary")
    if unread is not None:
        findings.add(ReasonCode.UNREADABLE, f"{entity.name} needs something of {books.ledger}: {unread}")
        return None
    if subsidiary is None:
        findings.add(ReasonCode.NO_ENTITY, f"{books.ledger} has no subsidiary {entity.subsidiary!r} for {entity.name}")
    return subsidiary


def _checked_lines(record: Record, findings: Findings) -> _Sums | None:
    """The sums of a record whose lines are sound, as far as they are of one currency."""
    lines = record.line_items
    first = lines[0].amount.currency if lines else record.amount.currency
    is_mixed, debited, credited = False, NOTHING, NOTHING
    for line in lines:
        money, side = line.amount, line.type
        amount, currency = money.amount, money.currency
        if currency != first:
            is_mixed = True
        if side == _DEBIT:
            debited = exact_sum(debited, amount)
        elif side == _CREDIT:
            credited = exact_sum(credited, amount)
        else:
            findings.add(ReasonCode.UNKNOWN_SIDE, f"a line is neither debit nor credit but {side}", line.id)
        if amount < NOTHING:
            findings.add(ReasonCode.NEGATIVE_AMOUNT, f"a line has the negative amount {decimal_text(amount)}", line.id)
        if not is_rounded(amount, currency):
            text = f"{decimal_text(amount)} {currency} has more than the {places(currency)} places of its currency"
            findings.add(ReasonCode.CURRENCY_PRECISION, text, line.id)
    if is_mixed:
        currencies = sorted({line.amount.currency for line in lines})
        findings.add(ReasonCode.MIXED_CURRENCIES, f"the lines are in {' and '.join(currencies)}")
        return None
    if debited != credited:
        text = f"the lines do not balance: debits {debited:f}, credits {credited:f}"
        findings.add(ReasonCode.UNBALANCED, text)
    if record.amount.amount and not debited and not credited:
        text = f"it is about {decimal_text(record.amount.amount)} {record.amount.currency}, and no line moves any money"
        findings.add(ReasonCode.NO_LINES, text)
    return first, debited, credited


def _check_total(  # noqa: PLR0917 - the usual companions
    record: Record,
    sums: _Sums,
    entity: Entity,
    lines: Iterable[CodedLine],
    roles: Mapping[Side, Role],
    books: Books,
    findings: Findings,
) -> None:
    """The amount of a record is that of one side of its lines, or of those lines that stand for its account."""
    told, (currency, *sides) = record.amount, sums
    if told.currency == currency and told.amount.copy_abs() in sides:
        return
    moving = [each for each in lines if each.line.amount.amount]
    if not moving:
        return
    if told.currency != currency:
        text = f"it is about {decimal_text(told.amount)} {told.currency}, and its lines are in {currency}"
        findings.add(ReasonCode.TOTAL_DIFFERS, text)
        return
    found = list[Decimal]()
    for side in Side:
        role = roles.get(side)
        named = None if role is None else entity.account(role)
        account = None if named is None else books.account(named)
        found.append(
            total(
                each.line.amount.amount
                for each in moving
                if each.line.type == side and (not each.is_coded or _is_on(role, account, each.account, books))
            )
        )
    # A side without a line for the account comes to nothing, which is no agreement.
    if not told.amount or told.amount.copy_abs() not in found:
        text = f"it is about {decimal_text(told.amount)} {currency}, and "
        if told.amount == sides[0]:
            text += "so are its lines, of which none may be negative: debit and credit say the direction"
        else:
            text += f"its lines come to {decimal_text(sides[0])} {currency}"
        findings.add(ReasonCode.TOTAL_DIFFERS, text)


def _is_on(role: Role | None, account: Account | None, coded: Account | None, books: Books) -> bool:
    """Whether a line is on the account of a role; of the bank also on any other account with money."""
    if coded is None or account is None:
        return False
    has_money = role is Role.BANK and (
        (account.subtype is not None and coded.subtype == account.subtype)
        or coded.code in (books.paying_accounts or ())
    )
    return coded == account or has_money


def _rules(record: Record, entity: Entity | None, settings: Settings) -> tuple[AccountRule, ...]:
    """The rules that hold for a record, as far as its lines do not matter."""
    if not settings.accounts:
        return ()
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


def _coded(  # noqa: PLR0917 - the usual companions
    line: LineItem,
    chosen: FieldValueRef | None,
    roles: Mapping[Side, Role],
    rules: Sequence[AccountRule],
    own: ChosenAccount | None,
    settings: Settings,
    books: Books,
    findings: Findings,
    *,
    is_debtors: bool,
) -> CodedLine:
    rule: AccountRule | None = None
    if own is not None:
        rule = AccountRule(account=own.account)
    elif rules and chosen is not None:
        rule = next((each for each in rules if _replaces(each, chosen, books)), None)
    elif rules and line.type not in roles:
        rule = next((each for each in rules if each.instead_of is None), None)
    if rule is not None:
        account = books.account(rule.account)
        if account is None or not books.is_sound(account):
            _check(account, rule.account, line, books, findings, put_by=_put_by(rule, own, settings))
    elif chosen is not None:
        account = chosen_account(chosen, books)
        if account is None or not books.is_sound(account):
            wanted = chosen.remote_field_value_id or chosen.field_value_name or chosen.brex_field_value_id
            advice = "" if chosen.remote_field_value_id else _NO_REMOTE_ID
            alike = books.accounts_named(wanted) if account is None and advice and wanted else ()
            _check(account, wanted, line, books, findings, advice=advice, alike=alike)
    else:
        account = None
    fields = assignments(line, settings, books, findings)
    is_coded = chosen is not None or rule is not None
    taxed = tax_code(line, settings) if is_coded and settings.tax_field is not None else None
    return _coded_line(
        line=line,
        account=account,
        is_coded=is_coded,
        fields=fields,
        rule=rule,
        why=None if own is None else own.why,
        tax=None if taxed is None else line_tax(taxed, line.id, settings, books, findings),
        is_debtors=is_debtors,
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


def _check(
    account: Account | None,
    wanted: str | None,
    line: LineItem,
    books: Books,
    findings: Findings,
    *,
    advice: str = "",
    put_by: str | None = None,
    alike: Sequence[Account] = (),
) -> None:
    """Note why nothing can be posted to the account that is meant.

    `put_by` says who chose it, if not who coded the line; `alike` are those that it may be, of which one has to be chosen.
    """
    if (unread := unread_account(account, wanted, books)) is not None:
        named = f"it is coded to {wanted!r} of {books.ledger}" if put_by is None else put_by
        findings.add(ReasonCode.UNREADABLE, f"{named}, and {unread}", line.id)
    elif alike:
        names = first_of([f"{each.code} {each.name}" for each in alike])
        text = f"it is coded to {wanted!r}, which may be several accounts of {books.ledger} ({names}){advice}"
        findings.add(ReasonCode.AMBIGUOUS_ACCOUNT, text, line.id)
    elif account is None:
        named = f"it is coded to {wanted!r}" if put_by is None else put_by
        text = f"{named}, which is no account of {books.ledger}{advice}"
        findings.add(ReasonCode.UNKNOWN_ACCOUNT, text, line.id)
    elif account.status == INACTIVE:
        text = f"the account {account.code} {account.name} is inactive"
        text = text if put_by is None else f"{put_by}, and {text}"
        findings.add(ReasonCode.INACTIVE_ACCOUNT, text, line.id)
    elif twins := books.twins(account):
        names = first_of([repr(each.name) for each in (account, *twins)])
        text = f"{books.ledger} has several active accounts with the code {account.code} ({names}), which it cannot tell apart"
        text = text if put_by is None else f"{put_by}, and {text}"
        findings.add(ReasonCode.AMBIGUOUS_ACCOUNT, text, line.id)


def unread_account(account: Account | None, wanted: str | None, books: Books) -> UnreadableEntry | None:
    """The unreadable account that is meant, or that the ledger cannot tell from the one that was found by its code."""
    if not books.unreadable:
        return None
    if account is None:
        # A code and a name may stand in one text, as in ``7500 Other G&A``.
        return books.unread("account", wanted, *(wanted or "").split(maxsplit=1)) or books.nameless("account")
    twin = books.unread("account", account.code)
    return twin if twin is not None and twin.id != account.id and INACTIVE not in twin.texts else None
