"""Accruals: spending of a month that is not in the books, one journal entry for each subsidiary, taken back on the next day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import attrs

from brex_accounting import RecordType
from bridge.books import Books
from bridge.closing.accrual_marks import accrual_mark, accrual_name
from bridge.closing.delimited import delimited
from bridge.closing.period import Period, month
from bridge.closing.report import CURRENCY, Report
from bridge.closing.snapshot import (
    NOT_CODED,
    AccountLine,
    ClosingRecord,
    DifferenceKind,
    LedgerEntry,
    Snapshot,
    checked_snapshot,
    summed,
)
from bridge.datatable import DataTable, Tabular, money
from bridge.master_data import INACTIVE
from bridge.settings.choices import Role
from bridge.settings.values import Entity
from bridge.values import FieldAssignment
from clientkit.money import decimal_text, is_rounded

_SPENDING = frozenset(
    {
        RecordType.CARD_EXPENSE_POST,
        RecordType.CARD_EXPENSE_REFUND,
        RecordType.REIMBURSEMENT_EXPENSE_APPROVAL,
        RecordType.REIMBURSEMENT_EXPENSE_POST,
        RecordType.BILL_EXPENSE,
    }
)
#: What these accounts would be credited with when the record is posted is accrued instead.
_LIABILITIES = (Role.CARD, Role.REIMBURSEMENT, Role.ACCOUNTS_PAYABLE)
_EXPENSE = "EXPENSE"


@attrs.frozen(kw_only=True)
class AccruedRecord:
    """A record that an accrual holds, with its share of the entry: its lines balance."""

    record_id: str
    version: int
    lines: tuple[AccountLine, ...]


@attrs.frozen(kw_only=True)
class Accrual:
    """One journal entry: it counts on the last day of `period` and is taken back on the day after. One currency."""

    period: Period
    subsidiary_id: str
    subsidiary: str
    currency: str
    records: tuple[AccruedRecord, ...]

    @property
    def name(self) -> str:
        """The name of the journal entry, by which it is found again."""
        return accrual_name(self.period, self.subsidiary_id, len(self.records))

    @property
    def lines(self) -> tuple[AccountLine, ...]:
        """What is posted, debits positive; empty where everything is zero."""
        return summed((line for each in self.records for line in each.lines), with_fields=True)

    def without(self, record_ids: Iterable[str]) -> Accrual:
        """The accrual without some of its records, which have arrived."""
        gone = frozenset(record_ids)
        return attrs.evolve(self, records=tuple(each for each in self.records if each.record_id not in gone))


@attrs.frozen(kw_only=True)
class NotAccrued:
    """Spending that is not in the books and cannot be accrued, and why.

    `amount` is the record's own, in decimal major units of `currency`; None where the record cannot be read. `not_posted`
    says why it is not in the books.
    """

    record_id: str
    why: str
    amount: Decimal | None = None
    currency: str = ""
    not_posted: str = ""


@attrs.frozen(kw_only=True, repr=False)
class AccrualPlan(Tabular):
    """What is to be accrued for a month; a subsidiary without an accrual has nothing to accrue.

    `posted` are the entries that the ledger has for it, by the ids of their subsidiaries.
    """

    period: Period
    accruals: tuple[Accrual, ...]
    left_out: tuple[NotAccrued, ...] = ()
    posted: Mapping[str, LedgerEntry] = MappingProxyType({})

    @property
    def table(self) -> DataTable:
        """The lines of each entry."""
        return DataTable(
            title=f"Accruals {self.period}: {sum(len(each.records) for each in self.accruals)} records",
            headings=("Subsidiary", "Account", "Debit", "Credit", "Currency", "Records"),
            rows=tuple(
                (
                    each.subsidiary,
                    line.account,
                    money(line.amount, line.currency) if line.amount > 0 else "",
                    money(line.amount.copy_negate(), line.currency) if line.amount < 0 else "",
                    line.currency,
                    str(sum(any(own.account == line.account for own in one.lines) for one in each.records)),
                )
                for each in self.accruals
                for line in each.lines
            ),
        )

    @property
    def reports(self) -> Mapping[str, Report]:
        """What is accrued, one row for each record and account, and what is not.

        ``posted`` tells that the ledger's entry says the same, and ``proposed`` that there is none.
        """
        rows = tuple(
            (
                *(each.subsidiary, self.period.last, self.period.next_day, one.record_id, line.account, line.amount),
                *(line.currency, *self._standing(each)),
            )
            for each in self.accruals
            for one in each.records
            for line in one.lines
        )
        headings = (
            *("Subsidiary", "Day", "Reversal day", "Record", "Account", "Amount", CURRENCY),
            *("Entry", "Rillet"),
        )
        return {
            "accruals": Report(title=f"Accruals: {len(rows)}", headings=headings, rows=rows),
            "not_accrued": self._not_accrued(),
        }

    def _standing(self, accrual: Accrual) -> tuple[str, str]:
        """Whether the entry of an accrual is posted, and as what."""
        entry = self.posted.get(accrual.subsidiary_id)
        if entry is None:
            return "proposed", ""
        is_same = summed(_plain(entry.lines)) == summed(_plain(accrual.lines))
        return "posted" if is_same else "posted with other amounts", str(entry.ref)

    def _not_accrued(self) -> Report:
        rows = tuple((each.record_id, each.amount, each.currency, each.why, each.not_posted) for each in self.left_out)
        headings = ("Record", "Amount", CURRENCY, "Why", "Why it is not in the books")
        return Report(title=f"Not accrued: {len(rows)}", headings=headings, rows=rows)

    def to_csv(self) -> str:
        """One line for each record and account; of what is left out, with the record's own amount."""
        headings = (
            *("subsidiary", "record", "version", "account", "amount", "currency", "left out because"),
            "not in the books because",
        )
        rows = [
            (each.subsidiary, one.record_id, one.version, line.account, line.amount, line.currency, None, None)
            for each in self.accruals
            for one in each.records
            for line in one.lines
        ]
        left_out = (
            (None, each.record_id, None, None, each.amount, each.currency, each.why, each.not_posted)
            for each in self.left_out
        )
        return delimited(headings, (*rows, *left_out))

    def as_json(self) -> dict[str, object]:
        """All of it for programs; amounts are texts, debits positive."""
        return {
            "period": str(self.period),
            "accruals": [
                {
                    "subsidiary": each.subsidiary,
                    "currency": each.currency,
                    "date": str(self.period.last),
                    "reversal_date": str(self.period.next_day),
                    "lines": _lines_json(each.lines),
                    "records": [{"record_id": one.record_id, "lines": _lines_json(one.lines)} for one in each.records],
                }
                for each in self.accruals
            ],
            "left_out": [
                {
                    "record_id": each.record_id,
                    "amount": None if each.amount is None else decimal_text(each.amount),
                    "currency": each.currency,
                    "why": each.why,
                    "not_posted": each.not_posted,
                }
                for each in self.left_out
            ],
        }


def accrue(snapshot: Snapshot) -> AccrualPlan:
    """What is to be accrued: card spending, approved reimbursements and bills of the month that are not in the books.

    Each line is on the account on which the record would be posted, or on the entity's `uncoded_account` where nobody has
    coded it. Instead of the card, the employee or the payable account the entity's `accrual_account` is credited, so that
    these accounts keep agreeing with the documents on them.
    """
    accrued, left_out = dict[str, list[AccruedRecord]](), list[NotAccrued]()
    for each in checked_snapshot(snapshot).records:
        if not _is_missing(each, snapshot.period):
            continue
        shares = [(share.subsidiary_id, *_accrued(share, snapshot)) for share in _shares(each)]
        reasons = dict.fromkeys(why for *_, why in shares if why)
        if reasons:
            left_out.append(_left_out(each, reasons))
        for subsidiary_id, lines, _ in () if reasons else shares:
            if lines:
                one = AccruedRecord(record_id=each.record.id, version=each.record.version, lines=lines)
                accrued.setdefault(subsidiary_id, []).append(one)
    left_out += [NotAccrued(record_id=each.record_id or "", why=each.why) for each in snapshot.unread]
    made = (
        Accrual(
            period=snapshot.period,
            subsidiary_id=subsidiary_id,
            subsidiary=snapshot.subsidiary(subsidiary_id),
            currency=snapshot.currency_of(subsidiary_id),
            records=tuple(records),
        )
        for subsidiary_id, records in sorted(accrued.items())
    )
    return AccrualPlan(
        period=snapshot.period,
        accruals=tuple(each for each in made if each.lines),
        left_out=tuple(left_out),
        posted={each.subsidiary_id: each for each in snapshot.others if _is_accrual(each, snapshot.period)},
    )


def _is_accrual(entry: LedgerEntry, period: Period) -> bool:
    """Whether an entry is an accrual of the month, and not what takes that of another one back."""
    mark = accrual_mark(entry.name)
    return mark is not None and mark.month == str(period) and entry.day == period.last


def _plain(lines: Iterable[AccountLine]) -> Iterator[AccountLine]:
    return (attrs.evolve(each, fields=frozenset()) for each in lines)


def _left_out(each: ClosingRecord, reasons: Iterable[str]) -> NotAccrued:
    amount = each.record.amount
    return NotAccrued(
        record_id=each.record.id,
        why="; ".join(reasons),
        amount=amount.amount,
        currency=amount.currency,
        not_posted=each.why,
    )


def _shares(each: ClosingRecord) -> tuple[ClosingRecord, ...]:
    """A record as each of its entities has it."""
    theirs = each.debtor
    if theirs is None:
        return (each,)
    debtor = attrs.evolve(
        each, subsidiary_id=theirs.subsidiary_id, entity=theirs.entity, lines=theirs.lines, debtor=None
    )
    return attrs.evolve(each, debtor=None), debtor


def _is_missing(each: ClosingRecord, period: Period) -> bool:
    """Whether a record is spending of the month for which nothing was ever posted, by this export or by a person."""
    is_open = each.cause is DifferenceKind.NOT_EXPORTED and not each.is_dismissed
    return is_open and not each.is_in_books and each.record.type in _SPENDING and period.holds(each.day)


def _accrued(each: ClosingRecord, snapshot: Snapshot) -> tuple[tuple[AccountLine, ...], str]:
    """The lines of a record in the accrual, or why there are none."""
    entity, currency = each.entity, snapshot.currency_of(each.subsidiary_id)
    if each.is_undecided:
        return (), "it may be in the books: the outcome of its last attempt is unknown; export first"
    if entity is None:
        return (), f"nobody knows whose it is: {each.why}"
    if any(line.currency != currency for line in each.lines):
        return (), f"no exchange rate into {currency} is known for it"
    if not all(is_rounded(line.amount, currency) for line in each.lines):
        return (), f"an amount has more places than {currency}"
    return _on_accounts(each.lines, entity, snapshot)


def _on_accounts(
    lines: tuple[AccountLine, ...], entity: Entity, snapshot: Snapshot
) -> tuple[tuple[AccountLine, ...], str]:
    """The lines on the accounts of an accrual, or why they cannot be there."""
    accrual, uncoded = (snapshot.code_of(entity, role) for role in (Role.ACCRUAL, Role.UNCODED))
    if accrual is None:
        return (), f"the settings name no accrual_account for {entity.name}"
    if uncoded is None and any(line.account == NOT_CODED for line in lines):
        return (), f"it is not coded, and the settings name no uncoded_account for {entity.name}"
    liabilities = {snapshot.code_of(entity, role) for role in _LIABILITIES}
    moved = summed((_moved(line, liabilities, accrual, uncoded or "") for line in lines), with_fields=True)
    obstacle = next(_obstacles(moved, snapshot.books), None)
    return (moved, "") if obstacle is None else ((), obstacle)


def _moved(line: AccountLine, liabilities: set[str | None], accrual: str, uncoded: str) -> AccountLine:
    if line.account in liabilities:
        return attrs.evolve(line, account=accrual, fields=frozenset())
    return attrs.evolve(line, account=uncoded) if line.account == NOT_CODED else line


def _obstacles(lines: Iterable[AccountLine], books: Books) -> Iterator[str]:
    """Why Rillet would not take the lines."""
    rules = [(each, each.settings.expenses) for each in books.fields if each.settings is not None]
    mandatory = [field for field, rule in rules if rule is not None and rule.mandatory]
    for line in lines:
        account = books.account(line.account)
        if account is not None and account.status == INACTIVE:
            yield f"the account {account.code} {account.name} is inactive"
        if account is not None and account.type == _EXPENSE:
            has = {each.field_id for each in line.fields}
            yield from (
                f"{each.name} is mandatory in Rillet, and a part on {account.code} has no value"
                for each in mandatory
                if each.id not in has
            )


def accrual_json(accrual: Accrual) -> str:
    """An accrual as a text, for a journal; `accrual_of_json` reads it."""
    return json.dumps(
        {
            "period": str(accrual.period),
            "subsidiary_id": accrual.subsidiary_id,
            "subsidiary": accrual.subsidiary,
            "currency": accrual.currency,
            "records": [
                {"id": each.record_id, "version": each.version, "lines": _lines_json(each.lines)}
                for each in accrual.records
            ],
        },
        sort_keys=True,
    )


def accrual_of_json(text: str) -> Accrual:
    """The accrual that `accrual_json` wrote. Raises `ValueError` for any other text."""
    try:
        read = json.loads(text)
        records = tuple(
            AccruedRecord(
                record_id=each["id"], version=each["version"], lines=tuple(_line_of(line) for line in each["lines"])
            )
            for each in read["records"]
        )
        return Accrual(
            period=month(read["period"]),
            subsidiary_id=read["subsidiary_id"],
            subsidiary=read["subsidiary"],
            currency=read["currency"],
            records=records,
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ValueError("this is not an accrual") from error


def _lines_json(lines: Iterable[AccountLine]) -> list[Mapping[str, object]]:
    return [
        {
            "account": each.account,
            "amount": decimal_text(each.amount),
            "currency": each.currency,
            "fields": sorted([one.field_id, one.field_value_id] for one in each.fields),
        }
        for each in lines
    ]


def _line_of(read: dict[str, Any]) -> AccountLine:
    return AccountLine(
        account=str(read["account"]),
        amount=Decimal(read["amount"]),
        currency=str(read["currency"]),
        fields=frozenset(FieldAssignment(field_id=field, field_value_id=value) for field, value in read["fields"]),
    )


__all__ = ["Accrual", "AccrualPlan", "AccruedRecord", "NotAccrued", "accrual_json", "accrual_of_json", "accrue"]
