"""What an export came to as tables and lines, for notebooks and `print`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from brex_accounting import Record
from bridge.datatable import DataTable, first_lines, money, money_text
from bridge.decisions import Refuse
from clientkit.showing import in_short

if TYPE_CHECKING:
    from bridge.export.reporting.report import ExportOutcome


def counts_table(outcome: ExportOutcome) -> DataTable:
    """The counts and amounts; what is unusual only where it came up."""
    counts = outcome.counts
    usual = {
        "Posted": counts.posted,
        "Vendors created": counts.created_vendors,
        "Refused": counts.refused,
        "Reported to Brex": counts.reported,
    }
    unusual = {
        "Changes of what was posted before": counts.changed,
        "Receipts attached": counts.attached,
        "Receipts not attached": counts.unattached,
        f"Found in {outcome.ledger} already": counts.adopted,
        "Held for approval": counts.held,
        "Nothing to do": counts.nothing - counts.without_money,
        "Moved no money": counts.without_money,
        "Failed for now": counts.failed,
        "In another exporter's hand": counts.elsewhere,
        "Not reached": counts.not_reached,
        "Unknown to Brex": counts.unreported,
        "Cannot be read": counts.unreadable,
        "Warnings": counts.warnings,
    }
    rows = [(name, str(count)) for name, count in usual.items()]
    rows += [(name, str(count)) for name, count in unusual.items() if count]
    rows += [(f"Spending posted {currency}", money(amount, currency)) for currency, amount in outcome.amounts.items()]
    rows += [
        (f"Spending found in {outcome.ledger} {currency}", money(amount, currency))
        for currency, amount in outcome.found_amounts.items()
    ]
    rows += [("Requests sent", str(outcome.requests)), ("Seconds", f"{outcome.seconds:.1f}")]
    title = "Export, which ended early" if outcome.stopped else "Export"
    return DataTable(title=title, headings=("What", "How much"), rows=tuple(rows))


def tables_of(outcome: ExportOutcome) -> Iterator[DataTable]:
    """The counts, why it ended early, the totals, and the records that did not go with their reasons."""
    yield counts_table(outcome)
    if outcome.stopped:
        yield DataTable(title="The run ended early", headings=("Why",), rows=((outcome.stopped,),))
    if outcome.totals:
        yield outcome.totals_table
    if outcome.held:
        yield _refused("Held for approval", outcome.held)
    if outcome.refused:
        yield _refused("Refused", outcome.refused)
    if outcome.failed:
        yield _reasons("Failed for now", ((each.record, each.why) for each in outcome.failed))


def lines_of(outcome: ExportOutcome) -> list[str]:
    """The counts, the first records that did not go, and why it ended early."""
    counts = outcome.counts
    parts = [str(outcome.table), *first_lines("Held for approval", outcome.held, counts.held)]
    parts += first_lines("Refused", outcome.refused, counts.refused)
    parts += first_lines("Failed for now", outcome.failed, counts.failed)
    if outcome.stopped:
        parts.append(f"The run ended early: {in_short(outcome.stopped)}")
    return parts


def _refused(title: str, refused: Iterable[Refuse]) -> DataTable:
    return _reasons(title, ((each.record, "\n".join(each.texts)) for each in refused))


def _reasons(title: str, found: Iterable[tuple[Record, str]]) -> DataTable:
    """Records with why they did not go."""
    rows = [(record.id, money_text(record.amount.amount, record.amount.currency), why) for record, why in found]
    return DataTable(title=title, headings=("Record", "Amount", "Why"), rows=tuple(rows))
