"""What the books have to say about a record, computed from the record alone; it shares no code with the bridge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypeAlias

from brex_accounting import LineItem, Record, RecordType
from support.laws.oracle import UNCODED

#: Debits less credits by account code; no zeros.
Sums: TypeAlias = Mapping[str, Decimal]

_ACCOUNTS = {
    "card_account": "21120",
    "reimbursement_account": "21340",
    "bank_account": "11100",
    "clearing_account": "11900",
    "accounts_payable_account": "21100",
}
_DUE_FROM, _DUE_TO = "12000", "12500"
_THEIRS = " GmbH"


def expected(record: Record | None) -> Sums:
    """What a record says; nothing where Brex no longer has it."""
    return {} if record is None else added(_lines(record))


def half(record: Record | None) -> Sums:
    """What is there of a record that is two documents while the second one is not."""
    paid: Sums = added(_lines(record)) if record is not None else {}
    if record is not None and any(_is_theirs(each) for each in record.line_items):
        return {account: amount for account, amount in paid.items() if account != theirs(account)}
    owed, left = paid.get(_ACCOUNTS["accounts_payable_account"]), paid.get(_ACCOUNTS["bank_account"])
    if record is None or record.type != RecordType.BILL_EXPENSE_PAYMENT or owed is None or left is None:
        return {}
    amount = min(owed, -left)
    return {_ACCOUNTS["bank_account"]: -amount, _ACCOUNTS["accounts_payable_account"]: amount}


def _lines(record: Record) -> Iterable[Sums]:
    for line in record.line_items:
        coded = [each.remote_field_value_id for each in line.accounting_field_values]
        account = coded[0] if coded else None
        if account is None:
            named = UNCODED[record.type]
            # A bill that is turned round has its one account on the other side.
            account = _ACCOUNTS[named.get(line.type) or next(iter(named.values()))]
        amount = line.amount.amount if line.type == "DEBIT" else -line.amount.amount
        if _is_theirs(line):
            yield {_DUE_FROM: amount, theirs(account): amount, theirs(_DUE_TO): -amount}
        else:
            yield {account: amount}


def _is_theirs(line: LineItem) -> bool:
    return any(each.remote_field_value_id == "DE" for each in line.accounting_field_values)


def theirs(account: str) -> str:
    """An account in the books of the other subsidiary."""
    return account if account.endswith(_THEIRS) else account + _THEIRS


def added(many: Iterable[Sums]) -> Sums:
    """The sum of many sums."""
    found = dict[str, Decimal]()
    for each in many:
        for account, amount in each.items():
            found[account] = found.get(account, Decimal(0)) + amount
    return {account: amount for account, amount in sorted(found.items()) if amount}


def less(one: Sums, other: Sums) -> Sums:
    """What has to be added to the other to make the one."""
    return added([one, {account: -amount for account, amount in other.items()}])


def text(sums: Sums) -> str:
    """Sums for a person."""
    return ", ".join(f"{account} {amount}" for account, amount in sums.items()) or "nothing"
