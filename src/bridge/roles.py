"""What the lines of a record stand for that nobody codes, and how somebody codes one."""

from __future__ import annotations

from collections.abc import Mapping

from brex_accounting import FieldValueRef, LineItem, Record, Side
from bridge.books import Books
from bridge.entities import has_choice, names_field
from bridge.master_data import Account
from bridge.settings.choices import Role
from bridge.settings.default_accounts import ROLES
from bridge.settings.values import Entity, Settings


def roles_of(
    record: Record, entity: Entity | None, settings: Settings, books: Books, *, like: str
) -> Mapping[Side, Role]:
    """What the lines on each side of a record stand for that nobody codes.

    A record of a type with one such side may be turned round: the credit of a vendor, a refund that was taken back. That
    is so where no line on that side stands for the account, and one on the other side does.
    """
    roles = ROLES.get(like, {})
    if len(roles) != 1:
        return roles
    ((side, role),) = roles.items()
    named = None if entity is None else entity.account(role)
    against = None if named is None else books.account(named)
    stands = {
        line.type
        for line in record.line_items
        if line.amount.amount and _stands_for(against, line, settings, books, is_usual=line.type == side)
    }
    other = Side.DEBIT if side == Side.CREDIT else Side.CREDIT
    return {other: role} if stands == {other} else roles


def _stands_for(against: Account | None, line: LineItem, settings: Settings, books: Books, *, is_usual: bool) -> bool:
    """Whether a line stands for an account: nobody codes it, or it is coded to the account.

    On the usual side another account of its subtype counts too: who codes a card's line to another card has not turned
    the record round.
    """
    chosen = choice(line, settings)
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
    return next(
        (ref for ref in line.accounting_field_values if names_field(ref, settings.gl_field) and has_choice(ref)), None
    )
