"""Outcomes, plans and proofs as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from brex_accounting import Record
from bridge.export.attempts import Attempt
from bridge.export.outcome import ExportOutcome
from bridge.export.proof import AccountProof
from bridge.export.verification import Disagreement
from bridge.plan import Plan
from bridge.postings import effect
from bridge.results import PlannedVendor, Post
from clientkit.money import places, total

_MOST_ROWS = 40


def money(amount: Decimal, currency: str) -> str:
    """An amount with the places of its currency and its thousands apart."""
    return f"{amount:,.{places(currency)}f}"


def export_table(outcome: ExportOutcome) -> RenderableType:
    """What an export came to."""
    adopted = sum(each.adopted for each in outcome.posted)
    table = _table("Export")
    table.show_header = False
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_row("Posted", str(len(outcome.posted) - adopted))
    table.add_row("Vendors created", str(len(outcome.created_vendors)))
    table.add_row("Refused", str(len(outcome.refused)))
    table.add_row("Reported to Brex", str(len(outcome.reported)))
    unusual = {
        "Found in Rillet already": adopted,
        "Nothing to do": len(outcome.nothing),
        "Failed for now": len(outcome.failed),
        "Unknown to Brex": len(outcome.unreported),
    }
    for name, count in unusual.items():
        if count:
            table.add_row(name, str(count))
    for currency, amount in outcome.amounts.items():
        table.add_row(f"Amount {currency}", money(amount, currency))
    table.add_row("Requests sent", str(outcome.requests))
    table.add_row("Seconds", f"{outcome.seconds:.1f}")
    return Group(table, *_details(outcome))


def _details(outcome: ExportOutcome) -> Iterator[RenderableType]:
    if outcome.created_vendors:
        yield Text("Vendors created: " + ", ".join(vendor.name for vendor in outcome.created_vendors))
    if outcome.refused:
        yield _reasons("Refused", [(each.record, [str(r) for r in each.reasons]) for each in outcome.refused])
    if outcome.failed:
        yield _reasons("Failed for now", [(each.record, [each.why]) for each in outcome.failed])
    for each in outcome.unreported[:_MOST_ROWS]:
        yield Text(f"{each.record_id} is unknown to Brex: {each.why}", style="red")
    if outcome.stopped:
        yield Text(f"The run ended early: {outcome.stopped}", style="bold red")


def plan_table(plan: Plan) -> RenderableType:
    """What an export would do."""
    table = _table(f"Would be posted: {len(plan.posts)}")
    for heading in ("Record", "Day", "Vendor", "Postings"):
        table.add_column(heading, overflow="fold")
    for post in plan.posts[:_MOST_ROWS]:
        table.add_row(post.record.id, str(post.impact_date), _vendor(post), _postings(post))
    parts: list[RenderableType] = [table]
    if len(plan.posts) > _MOST_ROWS:
        parts.append(Text(f"… and {len(plan.posts) - _MOST_ROWS} more; --json has them all"))
    if plan.new_vendors:
        parts.append(Text("Vendors to create: " + ", ".join(each.vendor.name for each in plan.new_vendors)))
    if plan.nothing:
        parts.append(_reasons("Nothing to do", [(each.record, [each.why]) for each in plan.nothing]))
    if plan.refused:
        parts.append(_reasons("Refused", [(each.record, [str(r) for r in each.reasons]) for each in plan.refused]))
    return Group(*parts)


def proof_table(rows: Sequence[AccountProof]) -> RenderableType:
    """Brex's postings beside Rillet's trial balance, and what is between them; one table for each subsidiary."""
    heading = Text("\nProof: postings per account as Brex has them, beside Rillet's trial balance", style="bold")
    names = dict.fromkeys((row.subsidiary, row.currency) for row in rows)
    tables = [_balance(*name, [row for row in rows if row.subsidiary == name[0]]) for name in names]
    return Group(heading, *tables)


def _balance(subsidiary: str, currency: str, rows: Sequence[AccountProof]) -> Table:
    table = _table(f"{subsidiary}, {currency}")
    table.show_footer = True
    columns = [
        ("Debit\nBrex", [row.brex_debit for row in rows]),
        ("Debit\nRillet", [row.rillet_debit for row in rows]),
        ("Credit\nBrex", [row.brex_credit for row in rows]),
        ("Credit\nRillet", [row.rillet_credit for row in rows]),
        ("Difference", [row.difference for row in rows]),
    ]
    table.add_column("Account", footer="Total", no_wrap=True, overflow="ellipsis", max_width=16)
    for heading, amounts in columns:
        table.add_column(heading, footer=money(total(amounts), currency), justify="right", no_wrap=True, min_width=10)
    for row, *amounts in zip(rows, *(amounts for _, amounts in columns), strict=True):
        table.add_row(f"{row.account} {row.name}", *(money(amount, currency) for amount in amounts))
    return table


def history_table(record_id: str, attempts: Sequence[Attempt]) -> RenderableType:
    """The attempts to post one record, oldest first."""
    table = _table(f"{record_id}: {len(attempts)} attempts" if len(attempts) > 1 else f"{record_id}: 1 attempt")
    for heading in ("Version", "Attempt", "Intended (UTC)", "By", "Outcome", "Settled (UTC)", "Told to Brex (UTC)"):
        table.add_column(heading, overflow="fold")
    for each in attempts:
        there = f"{each.kind} {each.object_id}" if each.is_there else ""
        trace = f"trace id {each.trace_id}" if each.trace_id else ""
        outcome = "\n".join(part for part in (each.state.value, there, each.error, trace) if part)
        times = (_moment(each.settled_at), _moment(each.reported_at))
        table.add_row(str(each.version), str(each.number), _moment(each.intended_at), each.intended_by, outcome, *times)
    return table


def verify_table(found: Sequence[Disagreement]) -> RenderableType:
    """Every disagreement, or that there is none."""
    if not found:
        return Text("Journal, Brex and Rillet agree.", style="bold green")
    table = _table(f"Disagreements: {len(found)}")
    table.add_column("Record", overflow="fold")
    table.add_column("What", overflow="fold", ratio=1)
    for each in found:
        table.add_row(each.record_id, each.text)
    return table


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment is not None else ""


def errors(console: Console, problems: Sequence[str]) -> None:
    """Problems, one a line."""
    for problem in problems:
        console.print(Text(problem, style="red"))


def _reasons(title: str, found: Sequence[tuple[Record, Sequence[str]]]) -> RenderableType:
    table = _table(f"{title}: {len(found)}")
    table.add_column("Record", overflow="fold")
    table.add_column("Amount", justify="right", no_wrap=True)
    table.add_column("Why", overflow="fold", ratio=1)
    for record, reasons in found[:_MOST_ROWS]:
        amount = f"{record.amount.amount:,f} {record.amount.currency}"
        # Two lines with the same defect are one thing to mend.
        table.add_row(record.id, amount, "\n".join(dict.fromkeys(reasons)))
    if len(found) > _MOST_ROWS:
        table.add_row("…", "", f"{len(found) - _MOST_ROWS} more; --json has them all")
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))


def _vendor(post: Post) -> str:
    return f"{post.vendor.vendor.name} (new)" if isinstance(post.vendor, PlannedVendor) else post.vendor or ""


def _postings(post: Post) -> str:
    return "\n".join(
        f"{posting.side.value.lower():6} {posting.account} {money(posting.amount, posting.currency)} {posting.currency}"
        for posting in effect(post.payload)
    )
