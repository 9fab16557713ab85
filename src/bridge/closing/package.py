"""What is handed over at the end of a close: every report of the month, a few plots, and where all of it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType

import attrs

from bridge.closing.accruals import AccrualPlan, accrue
from bridge.closing.delimited import Cell
from bridge.closing.exchange import ExchangeDifferences, exchange_differences
from bridge.closing.month_totals import unexplained_of
from bridge.closing.period import Period
from bridge.closing.plots import Plot, ages_plot, differences_plot, spending_plot
from bridge.closing.reconciliation import Reconciliation, reconcile
from bridge.closing.report import CURRENCY, Report
from bridge.closing.snapshot import LedgerEntry, Snapshot
from bridge.closing.spending import MonthlySpending
from bridge.closing.status import CloseStatus
from bridge.datatable import DataTable, Tabular, money_text

#: What a row of each report is.
_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "reconciliation": "accounts",
        "differences": "parts of differences",
        "records": "amounts",
        "not_in_the_books": "records",
        "dismissed": "records",
        "missing_receipts": "records",
        "possible_duplicates": "pairs of records",
        "cut_off": "records",
        "no_service_period": "records",
        "audit_sample": "records",
        "accruals": "lines",
        "not_accrued": "records",
        "exchange_differences": "items",
        "exchange_entry": "lines",
        "not_settled": "items",
        "audit_trail": "decisions",
        "postings": "lines",
        "unread_records": "records",
        "unread_objects": "objects",
    }
)


@attrs.frozen(kw_only=True)
class Provenance:
    """Where a package comes from.

    `by` is who ran it, as they call themselves. `settings_digest` is the SHA-256 of the settings file, in hexadecimal
    digits, as ``sha256sum`` prints it. `versions` are those of the programs that made it, by their names.
    """

    by: str
    settings_digest: str
    versions: Mapping[str, str] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class AuditEntry:
    """Something that was decided about the posting of a record: `at` is UTC.

    `what` is ``refused``, ``no longer refused``, ``held`` (it waited for an approval), ``hold``, ``approve``, ``plan approved`` (as a part of a plan
    that was carried out), ``dismissed`` or ``replayed``, which took up again what was dismissed.
    """

    record_id: str
    what: str
    by: str
    at: datetime
    why: str = ""


@attrs.frozen(kw_only=True)
class ClosePackage(Tabular):
    """A month's reports by their names, its plots, and where they come from. Equal states give equal packages.

    `spending` holds what was spent in this month and those before it, and `audit_trail` what was decided about its records.
    """

    snapshot: Snapshot = attrs.field(repr=False)
    provenance: Provenance
    reconciliation: Reconciliation
    status: CloseStatus
    accruals: AccrualPlan
    exchange: ExchangeDifferences
    spending: tuple[MonthlySpending, ...] = ()
    audit_trail: tuple[AuditEntry, ...] = ()

    @property
    def period(self) -> Period:
        """The month."""
        return self.snapshot.period

    @property
    def is_complete(self) -> bool:
        """Whether every difference is explained and everything of the month is in the books."""
        return self.reconciliation.is_explained and self.status.is_complete

    @property
    def table(self) -> DataTable:
        """Where it comes from, and how many rows each report has."""
        return self._summary().table

    @property
    def reports(self) -> Mapping[str, Report]:
        """Every report by its name, in the order in which a person reads them; the first one sums them up."""
        return {
            "summary": self._summary(),
            **self._details,
        }

    @property
    def plots(self) -> tuple[Plot, ...]:
        """What was spent by account and month, the differences by account, and the age of what waits."""
        return (
            *spending_plot(self.spending, self.snapshot),
            *differences_plot(self.reconciliation),
            ages_plot((self.status.as_of - each.day).days for each in self.status.open),
        )

    @property
    def _details(self) -> Mapping[str, Report]:
        return {
            **self.reconciliation.reports,
            **self.status.reports,
            **self.accruals.reports,
            **self.exchange.reports,
            "audit_trail": self._audited(),
            "postings": _postings(self.snapshot),
            "unread_records": _unread(self.snapshot),
            "unread_objects": _unread_objects(self.snapshot),
        }

    def _summary(self) -> Report:
        told = self.provenance
        verdict = self.reconciliation
        unexplained = unexplained_of(verdict.rows)
        first: list[tuple[Cell, ...]] = [
            ("Period", str(self.period)),
            ("Prepared by", told.by),
            ("Settings, SHA-256", told.settings_digest),
            *((f"Version of {name}", version) for name, version in sorted(told.versions.items())),
            ("Reconciliation", verdict.verdict),
            ("Unexplained", ", ".join(money_text(unexplained[each], each) for each in sorted(unexplained))),
            ("Books", "everything of the month is in them" if self.status.is_complete else "something is not in them"),
            ("Days of purchase", "checked" if self.status.checked_purchases else "not checked"),
        ]
        counts = [
            (
                "Accounts compared" if name == "reconciliation" else each.title.split(":")[0],
                len(each.rows),
                _UNITS[name],
            )
            for name, each in self._details.items()
        ]
        return Report(
            title=f"Close of {self.period}",
            headings=("What", "Value", "Unit"),
            rows=(*((*row, "") for row in first), *counts),
        )

    def _audited(self) -> Report:
        rows = tuple(
            (each.record_id, each.what, each.by, f"{each.at:%Y-%m-%d %H:%M:%S}", each.why) for each in self.audit_trail
        )
        headings = ("Record", "What", "By", "At, UTC", "Why")
        return Report(title=f"Refusals, approvals and dismissals: {len(rows)}", headings=headings, rows=rows)


def close_package(
    snapshot: Snapshot,
    provenance: Provenance,
    *,
    status: CloseStatus,
    spending: Iterable[MonthlySpending] = (),
    audit_trail: Iterable[AuditEntry] = (),
) -> ClosePackage:
    """Everything that is handed over for a month.

    `status` says what counts as large or missing, and is made of the same snapshot.
    """
    return ClosePackage(
        snapshot=snapshot,
        provenance=provenance,
        reconciliation=reconcile(snapshot),
        status=status,
        accruals=accrue(snapshot),
        exchange=exchange_differences(snapshot),
        spending=tuple(spending),
        audit_trail=tuple(audit_trail),
    )


def _postings(snapshot: Snapshot) -> Report:
    """What the ledger's objects do in the month, with the record that each stands for."""
    rows = tuple(_lines(snapshot))
    headings = ("Subsidiary", "Day", "Record", "Rillet", "Name", "Account", "Account name", "Amount", CURRENCY)
    return Report(title=f"Postings: {len(rows)}", headings=headings, rows=rows)


def _lines(snapshot: Snapshot) -> Iterator[tuple[Cell, ...]]:
    mine = [(entry, each.record.id) for each in snapshot.records for entry in each.entries]
    told = [*mine, *((entry, entry.record_id) for entry in snapshot.others)]
    for entry, record_id in sorted(told, key=_place):
        for line in entry.lines if snapshot.period.holds(entry.day) else ():
            yield (
                snapshot.subsidiary(entry.subsidiary_id), entry.day, record_id, str(entry.ref), entry.name, line.account,
                snapshot.account(line.account), line.amount, line.currency,
            )  # fmt: skip


def _place(told: tuple[LedgerEntry, str | None]) -> tuple[date, str, str]:
    entry, record_id = told
    return entry.day, str(entry.ref), record_id or ""


def _unread(snapshot: Snapshot) -> Report:
    rows = tuple((each.record_id, each.why) for each in snapshot.unread)
    return Report(title=f"Records that cannot be read: {len(rows)}", headings=("Record", "Why"), rows=rows)


def _unread_objects(snapshot: Snapshot) -> Report:
    rows = tuple((each.ref, each.why) for each in snapshot.unread_objects)
    return Report(title=f"Objects of Rillet that cannot be read: {len(rows)}", headings=("Rillet", "Why"), rows=rows)
