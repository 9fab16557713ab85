"""What the lines of a record stand for that nobody codes, and how somebody codes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from brex_accounting import FieldValueRef, LineItem, Side
from bridge.books import Books
from bridge.entities import has_choice, names_field
from bridge.master_data import Account
from bridge.settings.choices import Role
from bridge.settings.default_accounts import ROLES
from bridge.settings.values import Entity, Settings

_DEBIT, _CREDIT = Side.DEBIT, Side.CREDIT
_NO_ROLES: Mapping[Side, Role] = {}
# The types of documents against one account, with the side and the role of its lines.
_AGAINST_ONE = {kind: next(iter(roles.items())) for kind, roles in ROLES.items() if len(roles) == 1}


def roles_of(
    lines: Sequence[tuple[LineItem, FieldValueRef | None]], entity: Entity | None, books: Books, *, like: str
) -> Mapping[Side, Role]:
    """What the lines on each side of a record stand for that nobody codes; each line comes with its `choice`.

    A record of a type with one such side may be turned round: the credit of a vendor, a refund that was taken back. That
    is so where no line on that side stands for the account, and one on the other side does.
    """
    against_one = _AGAINST_ONE.get(like)
    if against_one is None:
        return ROLES.get(like, _NO_ROLES)
    side, role = against_one
    for line, chosen in lines:
        if chosen is None and line.type == side and line.amount.amount:
            return ROLES[like]
    named = None if entity is None else entity.account(role)
    against = None if named is None else books.account(named)
    stands = {
        line.type
        for line, chosen in lines
        if line.amount.amount and _stands_for(against, chosen, books, is_usual=line.type == side)
    }
    other = _DEBIT if side == _CREDIT else _CREDIT
    return {other: role} if stands == {other} else ROLES[like]


def _stands_for(against: Account | None, chosen: FieldValueRef | None, books: Books, *, is_usual: bool) -> bool:
    """Whether a line stands for an account: nobody codes it, or it is coded to the account.

    On the usual side another account of its subtype counts too: who codes a card's line to another card has not turned
    the record round.
    """
    if chosen is None:
        return True
    account = chosen_account(chosen, books)
    if account is None or against is None:
        return False
    return account.id == against.id or (is_usual and account.subtype is not None and account.subtype == against.subtype)


def chosen_account(chosen: FieldValueRef, books: Books) -> Account | None:
    """The account that a value names: by its remote id, or where it has none by its own name, as in ``7500 Other G&A``."""
    if chosen.remote_field_value_id:
        return books.account(chosen.remote_field_value_id)
    return books.account_named(chosen.field_value_name) if chosen.field_value_name else None


def choice(line: LineItem, settings: Settings) -> FieldValueRef | None:
    """The value by which somebody coded a line, None where nobody did."""
    field = settings.gl_field
    for ref in line.accounting_field_values:
        if names_field(ref, field) and has_choice(ref):
            return ref
    return None
