"""A record with its coding: the account, the field values and the tax of each line, and the postings they come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from operator import attrgetter

import attrs

from brex_accounting import Amount, LineItem, Record, Side
from bridge.books import Books
from bridge.debts import Debt
from bridge.master_data import Account, Subsidiary
from bridge.postings import Posting
from bridge.settings.choices import Role
from bridge.settings.values import AccountRule, Entity
from bridge.taxes import LineTax
from bridge.values import ExchangeRate, FieldAssignment
from clientkit.money import decimal_text, total


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

    `roles` tells what a line on each side stands for that nobody codes: see `roles_of`. `conversion` is the rate at which
    the lines were converted into it, None where they are as Brex sent them. `debt` tells that some lines are another
    entity's, which owes them to `entity`.
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
        for side, each in self.roles.items():
            if each is role:
                return side
        return None

    @property
    def moves_money(self) -> bool:
        """Whether any line has an amount."""
        return any(map(_amount, self.lines))

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


#: What a line moves.
_amount = attrgetter("line.amount.amount")


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
