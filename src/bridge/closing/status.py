"""How far a month is: what is not in the books, what lacks a receipt, what looks double, and what lies across its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

import attrs

from brex_accounting import Record, RecordType
from bridge.closing.delimited import Cell
from bridge.closing.duplicates import PossibleDuplicate, possible_duplicates
from bridge.closing.period import Period
from bridge.closing.report import CURRENCY, Report
from bridge.closing.sample import Sampled, audit_sample
from bridge.closing.snapshot import ClosingRecord, DifferenceKind, Snapshot, checked_snapshot
from bridge.datatable import DataTable, Tabular, money_text
from bridge.mappers.draft import day_of
from bridge.totals import total_of

_WITH_RECEIPTS = frozenset(
    {
        RecordType.CARD_EXPENSE_POST,
        RecordType.REIMBURSEMENT_EXPENSE_APPROVAL,
        RecordType.REIMBURSEMENT_EXPENSE_POST,
        RecordType.BILL_EXPENSE,
    }
)
_NOT_IN_BOOKS = frozenset(
    {
        DifferenceKind.NOT_EXPORTED,
        DifferenceKind.DISMISSED,
        DifferenceKind.DELETED_IN_RILLET,
        DifferenceKind.UNREADABLE_IN_RILLET,
    }
)


@attrs.frozen(kw_only=True)
class CutOff:
    """A record that was bought, settled or counted on different sides of the month's end; `bought` is None where unknown."""

    record: ClosingRecord
    settled: date
    bought: date | None
    why: str


@attrs.frozen(kw_only=True, repr=False)
class CloseStatus(Tabular):
    """The state of a month's close. Every part is a `Report`; `reports` has all of them by their names.

    `as_of` is the day up to which ages count; `checked_purchases` tells that days of purchase were known.
    """

    period: Period
    as_of: date
    waiting: tuple[ClosingRecord, ...]
    missing_receipts: tuple[ClosingRecord, ...]
    duplicates: tuple[PossibleDuplicate, ...]
    cut_off: tuple[CutOff, ...]
    without_period: tuple[ClosingRecord, ...]
    sample: tuple[Sampled, ...]
    checked_purchases: bool
    snapshot: Snapshot = attrs.field(repr=False)

    @property
    def is_complete(self) -> bool:
        """Whether everything of the month is in the books, but for what a person has booked by hand."""
        return not self.open and not self.snapshot.unread

    @property
    def open(self) -> tuple[ClosingRecord, ...]:
        """The records that wait, without those that a person has booked by hand."""
        return tuple(each for each in self.waiting if not each.is_dismissed)

    @property
    def reports(self) -> Mapping[str, Report]:
        """All parts by name."""
        return {
            "not_in_the_books": self._waiting("Not in the books", is_dismissed=False),
            "dismissed": self._waiting("Dismissed", is_dismissed=True),
            "missing_receipts": self._missing_receipts(),
            "possible_duplicates": self._duplicates(),
            "cut_off": self._cut_off(),
            "no_service_period": self._without_period(),
            "audit_sample": self._sample(),
        }

    @property
    def table(self) -> DataTable:
        """How many there are of each, and the amounts of what is not in the books as Brex states them."""
        dismissed = tuple(each for each in self.waiting if each.is_dismissed)
        amounts = {"not_in_the_books": _amounts(self.open), "dismissed": _amounts(dismissed)}
        counts = tuple(
            (report.title.split(":")[0], str(len(report.rows)), amounts.get(name, ""))
            for name, report in self.reports.items()
        )
        unread = (("Records that cannot be read", str(len(self.snapshot.unread)), ""),) if self.snapshot.unread else ()
        return DataTable(
            title=f"Close of {self.period}", headings=("What", "Count", "Amounts"), rows=(*counts, *unread)
        )

    def as_json(self) -> dict[str, object]:
        """All of it for programs."""
        return {
            "period": str(self.period),
            "complete": self.is_complete,
            "checked_purchases": self.checked_purchases,
            **{name: report.as_json() for name, report in self.reports.items()},
            "unread": [{"record_id": each.record_id, "why": each.why} for each in self.snapshot.unread],
        }

    def _waiting(self, title: str, *, is_dismissed: bool) -> Report:
        headings = ("Record", "Type", "Status", "Kind", "Why", "Owner", "Day", "Age", "Amount", CURRENCY, "Link")
        rows = (
            (
                each.record.id,
                each.record.type.value,
                each.record.review_status.value,
                each.cause.value if each.cause is not None else "",
                each.why,
                _owner(each.record),
                each.day,
                (self.as_of - each.day).days,
                each.record.amount.amount,
                each.record.amount.currency,
                self._link(each.record),
            )
            for each in self.waiting
            if each.is_dismissed is is_dismissed
        )
        return _report(title, headings, rows)

    def _missing_receipts(self) -> Report:
        headings = ("Record", "Type", "Owner", "Merchant", "Day", "Amount", CURRENCY, "Link")
        rows = (
            (
                each.record.id,
                each.record.type.value,
                _owner(each.record),
                _merchant(each.record),
                each.day,
                each.record.amount.amount,
                each.record.amount.currency,
                self._link(each.record),
            )
            for each in self.missing_receipts
        )
        return _report("Receipts missing", headings, rows)

    def _duplicates(self) -> Report:
        headings = ("First", "Second", "Why", "Merchant", "First day", "Second day", "Amount", CURRENCY)
        rows = (
            (
                each.first.record.id,
                each.second.record.id,
                each.why,
                _merchant(each.second.record),
                each.first.day,
                each.second.day,
                each.second.record.amount.amount,
                each.second.record.amount.currency,
            )
            for each in self.duplicates
        )
        return _report("Possible duplicates", headings, rows)

    def _cut_off(self) -> Report:
        headings = ("Record", "Type", "Bought", "Settled", "Counts on", "Why", "Amount", CURRENCY)
        rows = (
            (
                each.record.record.id,
                each.record.record.type.value,
                each.bought if each.bought is not None else "not checked",
                each.settled,
                each.record.day,
                each.why,
                each.record.record.amount.amount,
                each.record.record.amount.currency,
            )
            for each in self.cut_off
        )
        return _report("Across the month's end", headings, rows)

    def _without_period(self) -> Report:
        headings = ("Record", "Type", "Merchant", "Day", "Amount", CURRENCY, "Entries")
        rows = (
            (
                each.record.id,
                each.record.type.value,
                _merchant(each.record),
                each.day,
                each.without_period,
                each.record.amount.currency,
                ", ".join(self._entry(entry.ref.kind, entry.ref.id) for entry in each.entries),
            )
            for each in self.without_period
        )
        return _report("Possible prepaids without a service period", headings, rows)

    def _sample(self) -> Report:
        headings = ("Record", "Drawn", "Owner", "Merchant", "Day", "Amount", CURRENCY, "Receipts", "Entries", "Link")
        rows = (
            (
                one.record.id,
                each.stratum,
                _owner(one.record),
                _merchant(one.record),
                one.day,
                one.record.amount.amount,
                one.record.amount.currency,
                ", ".join(receipt.id for receipt in one.record.receipts),
                ", ".join(self._entry(entry.ref.kind, entry.ref.id) for entry in one.entries),
                self._link(one.record),
            )
            for each in self.sample
            for one in [each.record]
        )
        return _report("Audit sample", headings, rows)

    def _link(self, record: Record) -> str:
        return self.snapshot.settings.record_address(record.id) or ""

    def _entry(self, kind: str, object_id: str) -> str:
        return self.snapshot.settings.object_address(kind, object_id) or f"{kind} {object_id}"


def close_status(
    snapshot: Snapshot,
    *,
    as_of: date | None = None,
    receipts_from: Decimal = Decimal(75),
    prepaids_from: Decimal = Decimal(5000),
    sample_size: int = 25,
    sample_above: Decimal | None = None,
    seed: str = "",
    checked_purchases: bool = False,
) -> CloseStatus:
    """The state of a month's close.

    Args:
        snapshot: Both sides of the month.
        as_of: The day up to which ages count, by default the first one after the month.
        receipts_from: From which amount on, in a record's own currency, spending needs a receipt.
        prepaids_from: From which amount on, in a document's own currency, lines need a service period.
        sample_size: How many records the audit sample has beside the large ones.
        sample_above: From which amount on every record is in the sample.
        seed: Another text draws another sample; that of the period counts in any case.
        checked_purchases: Whether the snapshot was read with days of purchase.
    """
    period = checked_snapshot(snapshot).period
    mine = [each for each in snapshot.records if period.holds(each.day) and each.is_counted]
    return CloseStatus(
        period=period,
        as_of=as_of or period.next_day,
        waiting=tuple(each for each in mine if not each.is_in_books and each.cause in _NOT_IN_BOOKS),
        missing_receipts=tuple(each for each in mine if _lacks_receipt(each.record, receipts_from)),
        duplicates=possible_duplicates(snapshot.records),
        cut_off=tuple(_across(snapshot.records, period)),
        without_period=tuple(each for each in mine if each.without_period >= prepaids_from),
        sample=audit_sample(mine, size=sample_size, seed=f"{period} {seed}", above=sample_above),
        checked_purchases=checked_purchases,
        snapshot=snapshot,
    )


def _lacks_receipt(record: Record, least: Decimal) -> bool:
    return record.type in _WITH_RECEIPTS and not record.receipts and record.amount.amount.copy_abs() >= least


def _across(records: Iterable[ClosingRecord], period: Period) -> Iterator[CutOff]:
    for each in records:
        settled, bought = day_of(each.record.posted_at), each.bought
        counts = period.holds(each.day)
        if bought is not None and period.holds(bought) is not counts and each.record.type in _WITH_RECEIPTS:
            why = f"bought on {bought}, and counts on {each.day}"
        elif period.holds(settled) is not counts:
            why = f"settled on {settled}, and counts on {each.day}"
        else:
            continue
        yield CutOff(record=each, settled=settled, bought=bought, why=why)


def _owner(record: Record) -> str:
    user = record.user
    return "" if user is None else (f"{user.first_name} {user.last_name}".strip() or user.email)


def _merchant(record: Record) -> str:
    return "" if record.vendor is None else record.vendor.name.strip()


def _amounts(records: Iterable[ClosingRecord]) -> str:
    amounts = total_of(each.record for each in records).amounts
    return ", ".join(money_text(amount, currency) for currency, amount in sorted(amounts.items()))


def _report(title: str, headings: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> Report:
    made = tuple(rows)
    return Report(title=f"{title}: {len(made)}", headings=headings, rows=made)
