"""Coding: which entity a record belongs to, and which account and field values each of its lines has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

import attrs

from brex_accounting import Amount, FieldValueRef, LineItem, Record, Side
from bridge.books import Books, normalised
from bridge.callers import ChooseAccount, ChosenAccount, calling, no_account
from bridge.card_accounts import with_card_account
from bridge.debts import Debt, debt_of
from bridge.decisions import Findings, ReasonCode
from bridge.entities import Followed, follows, ownership
from bridge.field_values import assignments, is_tax_code
from bridge.master_data import INACTIVE, Account, Subsidiary
from bridge.postings import Posting
from bridge.roles import choice, chosen_account, roles_of
from bridge.settings.values import AccountRule, Entity, Role, Settings
from bridge.taxes import LineTax, line_tax
from bridge.unreadable import UnreadableEntry
from bridge.values import ExchangeRate, FieldAssignment
from clientkit.money import decimal_text, is_rounded, places, total

_NO_REMOTE_ID = "; Brex's value has no remote id: run `sync-fields`, or add an [[accounts]] rule with `instead_of`"


@attrs.frozen(kw_only=True)
class CodedLine:
    """A line with its account, its values of Rillet's custom fields, and its tax.

    `account` is None where nobody has chosen one, and where Rillet does not have the one that was chosen; `is_coded`
    tells these apart. `rule` is the rule that gave the account, where one did, and `why`
    the reason of a caller who chose it. `tax` is None where a line
    has no tax code, and where nobody codes the line. `is_debtors` tells that it is of the entity that owes it to the other.
    """

    line: LineItem
    account: Account | None
    is_coded: bool
    fields: tuple[FieldAssignment, ...] = ()
    rule: AccountRule | None = None
    why: str | None = None
    tax: LineTax | None = None
    is_debtors: bool = False

    @property
    def transaction_amount(self) -> Amount | None:
        """What was paid, where that was in another currency than the line is in."""
        paid = self.line.original_amount
        return paid if paid is not None and paid.currency != self.line.amount.currency else None


@attrs.frozen(kw_only=True)
class CodedRecord:
    """A record with everything that its lines' coding leads to. All lines are in `currency` (ISO 4217).

    `roles` tells what a line on each side stands for that nobody codes: see `roles_of`. `conversion` is the rate at which the lines were converted into it, None where they are as Brex sent them.
    `debt` tells that some lines are another entity's, which owes them to `entity`.
    """

    record: Record
    entity: Entity
    subsidiary: Subsidiary
    currency: str
    lines: tuple[CodedLine, ...]
    roles: Mapping[Side, Role] = attrs.field(factory=dict[Side, Role], hash=False)
    conversion: ExchangeRate | None = None
    debt: Debt | None = None

    def shares(self) -> tuple[CodedRecord, ...]:
        """What each entity has of it: the payer's share with what it is owed, and the debtor's with what it owes.

        Both balance by themselves where the record does. A record of one entity is its own only share.
        """
        debt = self.debt
        if debt is None:
            return (self,)
        theirs = tuple(attrs.evolve(each, is_debtors=False) for each in self.lines if each.is_debtors)
        ours = (each for each in self.lines if not each.is_debtors)
        owed = tuple(_owed(each, debt.due_from, f"Due from {debt.debtor.name}", turned=False) for each in theirs)
        due = tuple(_owed(each, debt.due_to, f"Due to {self.entity.name}", turned=True) for each in theirs)
        payer = attrs.evolve(self, debt=None, lines=(*ours, *owed))
        return payer, attrs.evolve(
            self, debt=None, entity=debt.debtor, subsidiary=debt.subsidiary, lines=(*theirs, *due)
        )

    def role_of(self, each: CodedLine) -> Role | None:
        """What a line stands for where nobody codes it; None where it has to be coded, and where it is."""
        return None if each.is_coded else self.roles.get(each.line.type)

    def side_of(self, role: Role) -> Side | None:
        """The side on which lines that nobody codes stand for a role; None where there is none."""
        return next((side for side, each in self.roles.items() if each is role), None)

    @property
    def moves_money(self) -> bool:
        """Whether any line has an amount."""
        return any(each.line.amount.amount for each in self.lines)

    def postings(self, books: Books) -> tuple[Posting, ...]:
        """The record's own postings, which balance; a line that nobody codes is on the account of its role.

        The tax in a line is parted off it, onto the tax account of the entity, and a reverse charge is added on both
        sides. Of a record of two entities each of its `shares` has postings of its own.

        Raises `ValueError` where they do not balance, as where a line is on no account that the books have.
        """
        made = self.known_postings(books)
        sums = {side: total(each.amount for each in made if each.side == side) for side in Side}
        if len(set(sums.values())) > 1:
            text = ", ".join(f"{side.value.lower()} {decimal_text(amount)}" for side, amount in sums.items())
            raise ValueError(
                f"the postings of {self.record.id} do not balance: {text}; a line may be on no known account"
            )
        return made

    def known_postings(self, books: Books) -> tuple[Posting, ...]:
        """As `postings`, without what is on no account that the books have; they need not balance."""
        return tuple(posting for each in self.lines for posting in self._postings(each, books) if posting.amount)

    def _postings(self, coded: CodedLine, books: Books) -> Iterable[Posting]:
        account, tax, side = self._account(coded, books), coded.tax, coded.line.type
        amount, currency = coded.line.amount.amount, coded.line.amount.currency
        if account is None:
            return
        fields = frozenset(coded.fields)
        line = Posting(account=account.code, side=side, amount=amount, currency=currency, fields=fields)
        due = tax.amount_of(coded.line.amount) if tax is not None and tax.is_parted else Decimal(0)
        yield attrs.evolve(line, amount=total((amount, due.copy_negate())))
        named = self.entity.account(Role.TAX) if due else None
        if named is not None and (parted := books.account(named)) is not None:
            yield attrs.evolve(line, account=parted.code, amount=due, fields=frozenset())
        for charged, share in () if tax is None else tax.reverse_charge(coded.line.amount):
            opposite = Side.CREDIT if side == Side.DEBIT else Side.DEBIT
            on = side if share > 0 else opposite
            yield attrs.evolve(line, account=charged.code, amount=share.copy_abs(), side=on)

    def _account(self, coded: CodedLine, books: Books) -> Account | None:
        role = self.role_of(coded)
        wanted = None if role is None else self.entity.account(role)
        return coded.account if wanted is None else books.account(wanted)


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
                chosen_by=lambda line: calling("the choice of accounts", choose, record, line),
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


def _owed(each: CodedLine, account: Account, text: str, *, turned: bool) -> CodedLine:
    """The line of one entity as what it owes the other: with its amount, and in the books of the payer with its fields."""
    side = each.line.type
    other = Side.CREDIT if side == Side.DEBIT else Side.DEBIT
    line = attrs.evolve(
        each.line,
        id=f"{each.line.id}:due",
        type=other if turned else side,
        memo=f"{text}: {each.line.memo}" if (each.line.memo or "").strip() else text,
        accounting_field_values=(),
        extra={},
    )
    return CodedLine(line=line, account=account, is_coded=True, fields=() if turned else each.fields)


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
        account = _checked(books.account(rule.account), rule.account, line, books, findings)
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


def _replaces(rule: AccountRule, chosen: FieldValueRef, books: Books) -> bool:
    named = chosen.remote_field_value_id or chosen.field_value_name
    if named is None or rule.instead_of is None:
        return False
    account = books.account(rule.instead_of)
    return named == rule.instead_of or (account is not None and chosen_account(chosen, books) == account)


def _checked(
    account: Account | None, wanted: str | None, line: LineItem, books: Books, findings: Findings, *, advice: str = ""
) -> Account | None:
    if (unread := unread_account(account, wanted, books)) is not None:
        findings.add(ReasonCode.UNREADABLE, f"it is coded to {wanted!r} of {books.ledger}, and {unread}", line.id)
    elif account is None:
        text = f"it is coded to {wanted!r}, which is no account of {books.ledger}{advice}"
        findings.add(ReasonCode.UNKNOWN_ACCOUNT, text, line.id)
    elif account.status == INACTIVE:
        findings.add(ReasonCode.INACTIVE_ACCOUNT, f"the account {account.code} {account.name} is inactive", line.id)
    elif twins := books.twins(account):
        names = ", ".join(repr(each.name) for each in (account, *twins))
        text = f"{books.ledger} has several active accounts with the code {account.code} ({names}), which it cannot tell apart"
        findings.add(ReasonCode.AMBIGUOUS_ACCOUNT, text, line.id)
    return account


def unread_account(account: Account | None, wanted: str | None, books: Books) -> UnreadableEntry | None:
    """The unreadable account that is meant, or that the ledger cannot tell from the one that was found by its code."""
    if account is None:
        # A code and a name may stand in one text, as in ``7500 Other G&A``.
        return books.unread("account", wanted, *(wanted or "").split(maxsplit=1)) or books.nameless("account")
    twin = books.unread("account", account.code)
    return twin if twin is not None and twin.id != account.id and INACTIVE not in twin.texts else None
