"""Whether an account is of a type that its role can have. It is only doubted: charts of accounts differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from bridge.books import Books
from bridge.master_data import INACTIVE
from bridge.settings.choices import Role
from bridge.settings.mistakes import KeyPath, Mistake
from bridge.settings.values import Settings

_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "ASSET": "an asset",
        "LIABILITY": "a liability",
        "EQUITY": "equity",
        "EXPENSE": "an expense",
        "INCOME": "income",
    }
)
_OWED, _BALANCE, _RESULT = ("LIABILITY",), ("ASSET", "LIABILITY"), ("INCOME", "EXPENSE")
#: The types of accounts for each role; a card account has a subtype of its own, which is checked as such.
_OF_ROLE: Mapping[Role, tuple[str, ...]] = MappingProxyType(
    {
        Role.REIMBURSEMENT: _OWED,
        # A bank account may be overdrawn.
        Role.BANK: _BALANCE,
        Role.PERSONAL_EXPENSE_RECEIVABLE: _BALANCE,
        Role.REWARDS: _RESULT,
        Role.CLEARING: _BALANCE,
        Role.ACCOUNTS_PAYABLE: _OWED,
        Role.TAX: _BALANCE,
        Role.ACCRUAL: _OWED,
        # Some companies keep what is to be clarified in the balance sheet.
        Role.UNCODED: ("EXPENSE", "ASSET"),
        Role.EXCHANGE: _RESULT,
    }
)


def doubtful_types(settings: Settings, books: Books) -> Iterator[Mistake]:
    """A warning for each account of the settings whose type does not go with its role."""
    for path, code, types in _expected(settings):
        account = None if code is None else books.account(code)
        if account is None or account.status == INACTIVE or account.type not in _TYPES or account.type in types:
            continue
        wanted = " or ".join(_TYPES[each] for each in types)
        text = f"the account {account.code} {account.name} is {_TYPES[account.type]} in {books.ledger}; {wanted} is usual here"
        yield Mistake(text, path, is_warning=True)


def _expected(settings: Settings) -> Iterator[tuple[KeyPath, str | None, tuple[str, ...]]]:
    for index, entity in enumerate(settings.entities):
        for role, types in _OF_ROLE.items():
            yield ("entities", index, role.value), entity.account(role), types
    for index, owed in enumerate(settings.intercompany):
        yield ("intercompany", index, "due_from"), owed.due_from, _BALANCE
        yield ("intercompany", index, "due_to"), owed.due_to, _BALANCE
    for index, tax in enumerate(settings.taxes):
        # Tax that may not be deducted is an expense.
        yield ("taxes", index, "input_account"), tax.input_account, (*_BALANCE, "EXPENSE")
        yield ("taxes", index, "output_account"), tax.output_account, _BALANCE
