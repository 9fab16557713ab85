"""Records as flat rows, one for each line, for tables and notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, Protocol

from brex_accounting.records import FieldValueRef, LineItem, Record, RecordType, Side
from clientkit.money import unsigned_zero

#: The columns that every row of `lines` has, and the types of their values: `rows_to_arrow` makes an empty table of them too.
LINE_COLUMNS: Mapping[str, type[object]] = MappingProxyType(
    {
        "record_id": str,
        "line_id": str,
        "day": date,
        "type": str,
        "merchant": str,
        "person": str,
        "memo": str,
        "account": str,
        "account_name": str,
        "side": str,
        "offsetting": bool,
        "spending": bool,
        "amount": Decimal,
        "currency": str,
    }
)
#: The side on which a record of spending is on the card, owed to a person or to a supplier.
_OFFSETTING: Mapping[str, Side] = {
    RecordType.CARD_EXPENSE_POST: Side.CREDIT,
    RecordType.CARD_EXPENSE_REFUND: Side.DEBIT,
    RecordType.REIMBURSEMENT_EXPENSE_APPROVAL: Side.CREDIT,
    RecordType.REIMBURSEMENT_EXPENSE_POST: Side.CREDIT,
    RecordType.BILL_EXPENSE: Side.CREDIT,
}
#: Brex has two records of each reimbursement; of each basis, the one that does not count.
_OTHER_BASIS: Mapping[str, RecordType] = {
    "accrual": RecordType.REIMBURSEMENT_EXPENSE_POST,
    "cash": RecordType.REIMBURSEMENT_EXPENSE_APPROVAL,
}


class ChartAccount(Protocol):
    """An account of a chart of accounts, such as `rillet.Account`."""

    @property
    def id(self) -> str:
        """Its id in the ERP, which stays."""
        ...

    @property
    def code(self) -> str:
        """Its number."""
        ...

    @property
    def name(self) -> str:
        """What people call it there."""
        ...


def lines(
    records: Iterable[Record],
    *,
    gl_field: str = "GL_ACCOUNT",
    accounts: Iterable[ChartAccount] = (),
    basis: Literal["accrual", "cash"] = "accrual",
) -> list[dict[str, object]]:
    """The lines of records as rows that all have the same keys.

    Each has ``record_id``, ``line_id``, ``day`` (on which it counts, UTC), ``type``, ``merchant``, ``person``, ``memo``,
    ``account``, ``account_name``, ``side``, ``offsetting``, ``spending``, ``amount`` (a `Decimal` in major units, debits
    positive and credits negative), ``currency`` (ISO 4217), and a key for each other field that any line has, under its name. What a line
    does not have is None. `LINE_COLUMNS` are those that every row has.

    ``account`` is the account's id in the ERP, ``account_name`` what people see in Brex, which often begins with the code.
    Brex names some accounts by their id and others by their code. With `accounts`, ``account`` is the code and
    ``account_name`` the name of the account in the ERP, either way; an account that is not there stays as Brex names it.

    ``spending`` is True for the lines that say what was spent, which are those to add up: refunds are negative, payments
    and other movements of money are not among them, and a reimbursement counts once, though Brex may have two records of it.
    What a person pays back, of a card expense or of a reimbursement, moves money: it changes who bears what was bought.

    ``offsetting`` is True for the line that balances the others, such as that of the card. Brex does not mark it: it is the
    line without any field on the other side than lines with fields, or else the one on the side that its type says. None
    for records that only move money, such as a payment of the card.

    Args:
        records: For instance ``client.records.list()``.
        gl_field: The field whose value is the account: its remote id, Brex id or name.
        accounts: The chart of accounts, such as ``rillet_client.accounts.list()``.
        basis: Which of the two records of a reimbursement is spending: that of its approval (``accrual``) or that of its
            payment (``cash``), as ``reimbursement_basis`` in the settings.

    Raises:
        TypeError: The records are no records, or the accounts no accounts.
        ValueError: There is no such basis.
    """
    _check(gl_field, basis)
    chart = _by_id_and_code(accounts)
    found = [(record, line) for record in _records(records) for line in record.line_items]
    names = dict[str, None]()
    for _, line in found:
        names.update(dict.fromkeys(_column(ref) for ref in line.accounting_field_values if not ref.is_of(gl_field)))
    other = _OTHER_BASIS[basis]
    return [
        _row(record, line, list(names), gl_field=gl_field, chart=chart, other_basis=other) for record, line in found
    ]


def _check(gl_field: object, basis: object) -> None:
    if not isinstance(gl_field, str):
        raise _wrong("gl_field", "the id or name of a field", gl_field)
    if basis not in tuple(_OTHER_BASIS):
        raise ValueError(f'basis: "accrual" or "cash" is wanted, not {basis!r}')


def _records(records: Iterable[Record]) -> Iterator[Record]:
    _check_iterable(records, "records", "an iterable of Record, such as client.records.list(),")
    for each in records:
        _check_record(each)
        yield each


def _check_record(given: object) -> None:
    if not isinstance(given, Record):
        raise _wrong("records", "a Record in each place", given)


def _check_iterable(given: object, name: str, wanted: str) -> None:
    # One record can be iterated over too: as its fields.
    if isinstance(given, Record) or not isinstance(given, Iterable):
        raise _wrong(name, wanted, given)


def _wrong(name: str, wanted: str, given: object) -> TypeError:
    return TypeError(f"{name}: {wanted} is wanted, not {type(given).__name__}")


def _by_id_and_code(accounts: Iterable[ChartAccount]) -> Mapping[str, ChartAccount]:
    _check_iterable(accounts, "accounts", "an iterable of accounts, such as rillet_client.accounts.list(),")
    by_id = dict[str, ChartAccount]()
    for each in accounts:
        if not all(hasattr(each, name) for name in ("id", "code", "name")):
            raise _wrong("accounts", "an account with id, code and name in each place", each)
        by_id[each.id] = each
    return {each.code: each for each in by_id.values()} | by_id


def _is_offsetting(record: Record, line: LineItem) -> bool | None:
    coded = {each.type for each in record.line_items if each.accounting_field_values}
    bare = {each.type for each in record.line_items if not each.accounting_field_values}
    side = _OFFSETTING.get(record.type)
    if coded and bare:
        # What balances the coded lines is on the other side than they are; a line beside them is one to be coded still.
        sides = bare - coded or bare & {side} or (bare if side is None else set[Side]())
        if sides:
            return not line.accounting_field_values and line.type in sides
    return None if side is None else line.type == side


def _row(
    record: Record,
    line: LineItem,
    names: list[str],
    *,
    gl_field: str,
    chart: Mapping[str, ChartAccount],
    other_basis: RecordType,
) -> dict[str, object]:
    by_column = {_column(ref): ref for ref in reversed(line.accounting_field_values) if not ref.is_of(gl_field)}
    amount = line.amount.amount
    account = next((each for each in line.accounting_field_values if each.is_of(gl_field)), None)
    account_id = None if account is None else account.remote_field_value_id or account.value
    known = None if account_id is None else chart.get(account_id)
    offsetting = _is_offsetting(record, line)
    is_spending = record.type in _OFFSETTING and record.type != other_basis
    return {
        "record_id": record.id,
        "line_id": line.id,
        "day": record.erp_posting_date.date(),
        "type": record.type.value,
        "merchant": None if record.vendor is None else record.vendor.name,
        "person": None if record.user is None else record.user.full_name or None,
        "memo": line.memo if line.memo is not None else record.memo,
        # The account's id in the ERP, which is often its code there, and not the name that people see in Brex.
        "account": account_id if known is None else known.code,
        "account_name": known.name if known is not None else None if account is None else account.field_value_name,
        "side": line.type.value,
        "offsetting": offsetting,
        "spending": is_spending and not offsetting,
        "amount": unsigned_zero(amount if line.type == Side.DEBIT else amount.copy_negate()),
        "currency": line.amount.currency,
        **{name: by_column[name].value if name in by_column else None for name in names},
    }


def _column(ref: FieldValueRef) -> str:
    """The name of a field, apart from the keys that every row has."""
    name = ref.field_name or ref.remote_field_id or ref.brex_field_id
    return f"field {name}" if name in LINE_COLUMNS else name
