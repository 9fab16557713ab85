"""Counting what a run comes to, whatever is kept of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypeVar

import attrs

from brex_accounting import Record
from bridge.decisions import Refuse, Skip, SkipCode
from bridge.export.reporting.report import (
    Counts,
    CreatedVendor,
    Elsewhere,
    ExportOutcome,
    Failed,
    Posted,
    RecordResult,
    StopCode,
    Unattached,
    Unread,
    Unreported,
    Warned,
    add_amounts,
    add_total,
    became,
    count_alike,
)
from bridge.totals import Total

T = TypeVar("T")


class Tally:
    """What a run came to so far; of each sort the first `keep` entries are kept, or all. For one thread."""

    def __init__(self, keep: int | None = None) -> None:
        self._keep = keep
        self._counts = Counts()
        self._amounts, self._found_amounts = dict[str, Decimal](), dict[str, Decimal]()
        self._posted = list[Posted]()
        self._vendors = list[CreatedVendor]()
        self._held, self._refused = list[Refuse](), list[Refuse]()
        self._nothing = list[Skip]()
        self._failed = list[Failed]()
        self._elsewhere = list[Elsewhere]()
        self._not_reached, self._not_reached_records = list[str](), list[Record]()
        self._totals = dict[str, Total]()
        self._reported = list[str]()
        self._unreported = list[Unreported]()
        self._unattached = list[Unattached]()
        self._unread = list[Unread]()
        self._warnings = list[Warned]()
        self._refused_alike = dict[str, int]()

    def add(self, result: RecordResult) -> None:
        """Count what became of a record."""
        self._count(became(result))
        add_total(self._totals, result)
        match result:
            case Posted():
                add_amounts(self._found_amounts if result.adopted else self._amounts, result)
                self._count("changed", result.is_change)
                self._hold(self._posted, result)
                self._count("attached", result.receipts.files)
                for each in result.receipts.unattached:
                    self._count("unattached")
                    self._hold(self._unattached, each)
            case Refuse():
                count_alike(self._refused_alike, result)
                self._hold(self._held if result.is_held else self._refused, result)
            case Skip():
                self._count("without_money", result.code is SkipCode.NO_MONEY)
                self._hold(self._nothing, result)
            case Failed():
                self._hold(self._failed, result)
            case Elsewhere():
                self._hold(self._elsewhere, result)

    def created(self, vendor: CreatedVendor) -> None:
        """Count a vendor that the run created."""
        self._count("created_vendors")
        self._hold(self._vendors, vendor)

    def reported(self, record_ids: Iterable[str]) -> None:
        """Count the records whose result Brex took."""
        for each in record_ids:
            self._count("reported")
            self._hold(self._reported, each)

    def unreported(self, unreported: Unreported) -> None:
        """Count a record whose result Brex does not have."""
        self._count("unreported")
        self._hold(self._unreported, unreported)

    def unread(self, unread: Unread) -> None:
        """Count a record that cannot be read."""
        before = self._totals.get("unreadable", Total())
        self._totals["unreadable"] = Total(records=before.records + 1)
        self._count("unreadable")
        self._hold(self._unread, unread)

    def warned(self, warned: Warned) -> None:
        """Count something that a person should look at."""
        self._count("warnings")
        self._hold(self._warnings, warned)

    def not_reached(self, record_ids: Iterable[str], waiting: Total, records: Mapping[str, Record]) -> None:
        """Count the records that nothing became of; `waiting` is the total of these and of all that something became of.

        `records` are those of them that are known, by their ids.
        """
        for each in record_ids:
            self._count("not_reached")
            self._hold(self._not_reached, each)
            if each in records:
                self._hold(self._not_reached_records, records[each])
        if self._counts.not_reached:
            rest = waiting.minus(self._totals.values())
            self._totals["not_reached"] = attrs.evolve(rest, records=self._counts.not_reached)

    def outcome(
        self, stopped: str | None = None, stop_code: StopCode | None = None, ledger: str = "Rillet"
    ) -> ExportOutcome:
        """All of it as a value."""
        return ExportOutcome(
            posted=tuple(self._posted),
            created_vendors=tuple(self._vendors),
            held=tuple(self._held),
            refused=tuple(self._refused),
            nothing=tuple(self._nothing),
            failed=tuple(self._failed),
            not_reached=tuple(self._not_reached),
            not_reached_records=tuple(self._not_reached_records),
            reported=tuple(self._reported),
            unreported=tuple(self._unreported),
            unattached=tuple(self._unattached),
            unreadable=tuple(self._unread),
            warnings=tuple(self._warnings),
            elsewhere=tuple(self._elsewhere),
            stopped=stopped,
            stop_code=stop_code,
            ledger=ledger,
            counts=self._counts,
            amounts=dict(sorted(self._amounts.items())),
            found_amounts=dict(sorted(self._found_amounts.items())),
            refused_alike=dict(self._refused_alike),
            totals=dict(self._totals),
        )

    def _count(self, what: str, more: int = 1) -> None:
        self._counts = attrs.evolve(self._counts, **{what: getattr(self._counts, what) + more})

    def _hold(self, held: list[T], each: T) -> None:
        if self._keep is None or len(held) < self._keep:
            held.append(each)
