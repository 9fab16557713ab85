"""Records that may stand for one event of the world."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise

import attrs

from brex_accounting import Record, RecordType
from bridge.books import normalised
from bridge.closing.snapshot import ClosingRecord

_REIMBURSED = frozenset({RecordType.REIMBURSEMENT_EXPENSE_APPROVAL, RecordType.REIMBURSEMENT_EXPENSE_POST})
_CARD, _BILL = RecordType.CARD_EXPENSE_POST, RecordType.BILL_EXPENSE


@attrs.frozen(kw_only=True)
class PossibleDuplicate:
    """Two records that look like one event, and in what; the second one is the later."""

    first: ClosingRecord
    second: ClosingRecord
    why: str


def possible_duplicates(records: Iterable[ClosingRecord], *, days: int = 3) -> tuple[PossibleDuplicate, ...]:
    """Pairs to look at, each once and for its strongest reason.

    Bills of one vendor and invoice number, whatever their amounts; spending of one merchant and amount within some days;
    a card expense and a reimbursement of one person, amount and currency within some days.
    """
    told = sorted((each for each in records if each.lines), key=lambda each: (each.day, each.record.id))
    found = dict[tuple[str, str], PossibleDuplicate]()
    for pair in (*_same_invoice(told), *_same_purchase(told, days), *_paid_twice(told, days)):
        found.setdefault((pair.first.record.id, pair.second.record.id), pair)
    return tuple(found.values())


def _same_invoice(records: Iterable[ClosingRecord]) -> Iterator[PossibleDuplicate]:
    for group in _grouped((_invoice(each.record), each) for each in records):
        for first, second in pairwise(group):
            number = first.record.invoice_number
            yield PossibleDuplicate(first=first, second=second, why=f"the same vendor and invoice number {number}")


def _same_purchase(records: Iterable[ClosingRecord], days: int) -> Iterator[PossibleDuplicate]:
    for group in _grouped((_purchase(each.record), each) for each in records):
        for first, second in pairwise(group):
            if second.day - first.day <= timedelta(days=days):
                yield PossibleDuplicate(first=first, second=second, why="the same merchant, amount and days")


def _paid_twice(records: Iterable[ClosingRecord], days: int) -> Iterator[PossibleDuplicate]:
    for group in _grouped((_person(each.record), each) for each in records):
        for first, second in pairwise(group):
            kinds = {first.record.type in _REIMBURSED, second.record.type in _REIMBURSED}
            if kinds == {True, False} and second.day - first.day <= timedelta(days=days):
                why = "paid by card and reimbursed: the same person and amount"
                yield PossibleDuplicate(first=first, second=second, why=why)


def _invoice(record: Record) -> object:
    number, vendor = (record.invoice_number or "").strip(), record.vendor
    if record.type != _BILL or not number or vendor is None:
        return None
    return normalised(vendor.name), number.casefold()


def _purchase(record: Record) -> object:
    vendor, amount = record.vendor, record.amount
    if record.type not in {_CARD, _BILL} or vendor is None or not amount.amount:
        return None
    # A vendor's bills of one amount are told apart by their numbers.
    number = (record.invoice_number or "").strip().casefold()
    return record.type, normalised(vendor.name), amount.amount, amount.currency, number


def _person(record: Record) -> object:
    user, amount = record.user, record.amount
    if record.type not in {_CARD, *_REIMBURSED} or user is None or not amount.amount:
        return None
    return user.id, amount.amount, amount.currency


def _grouped(keyed: Iterable[tuple[object, ClosingRecord]]) -> Iterable[list[ClosingRecord]]:
    groups = dict[object, list[ClosingRecord]]()
    for key, each in keyed:
        if key is not None:
            groups.setdefault(key, []).append(each)
    return groups.values()
