"""Outcomes and plans as tables for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from brex_accounting import Record
from bridge.books import Books
from bridge.datatable import DataTable, money_text
from bridge.decisions import Post, Refuse
from bridge.documents.protocol import PlannedVendor
from bridge.export.engine.attempts import Attempt, Purpose, is_receipt, reason_of_dismissal
from bridge.export.journal.protocol import Refusal
from bridge.export.reporting.history import became_of, done_by, moment_text, said_by, why_of
from bridge.export.reporting.naming import merchant_of, party_name, person_of, posting_lines
from bridge.export.reporting.report import ExportOutcome, Posted, RecordResult
from bridge.export.reporting.verification import Disagreement
from bridge.field_sync import FieldChange
from bridge.mappers.summaries import Member
from bridge.plan import Plan
from bridge.totals import totals_table
from clientkit.showing import on_one_line, plain

#: Of long lists the first rows are shown.
MOST_ROWS = 40
_MOST_NAMES = 10
#: From so many on, records with the same reasons share a line.
_MANY = 3


def export_table(outcome: ExportOutcome) -> RenderableType:
    """What an export came to."""
    counted = outcome.table
    table = _table(counted.title)
    table.show_header = False
    table.add_column(style="bold")
    table.add_column(justify="right")
    for row in counted.rows:
        _row(table, *row)
    totals = [outcome.totals_table] if outcome.totals else []
    return Group(table, *totals, *_details(outcome))


def records_table(title: str, outcome: ExportOutcome) -> RenderableType:
    """What became of each of a few records, and whether Brex was told just now."""
    results: list[RecordResult] = [*outcome.posted, *outcome.nothing, *outcome.held]
    results += [*outcome.refused, *outcome.failed, *outcome.elsewhere]
    told = {*outcome.reported}
    rows = [
        (
            each.record.id,
            money_text(each.record.amount.amount, each.record.amount.currency),
            _became(each, outcome.ledger),
            "now" if each.record.id in told else "",
        )
        for each in results[:MOST_ROWS]
    ]
    rows += [("…", "", f"{len(results) - MOST_ROWS} more; --json has them all", "")] if len(results) > MOST_ROWS else []
    headings = ("Record", "Amount", "What became of it", "Reported to Brex")
    return Group(DataTable(title=title, headings=headings, rows=tuple(rows)), *_beside(outcome))


def _became(result: RecordResult, ledger: str) -> str:
    match result:
        case Posted():
            done = f"found in {ledger}" if result.adopted else result.step
            return f"{done}: {result.ref}"
        case Refuse():
            return f"{'held' if result.is_held else 'refused'}: " + "\n".join(result.texts)
        case _:
            return result.why


def _details(outcome: ExportOutcome) -> Iterator[RenderableType]:
    counts = outcome.counts
    if outcome.created_vendors:
        names = [vendor.name for vendor in outcome.created_vendors[:MOST_ROWS]]
        yield Text("Vendors created: " + on_one_line(", ".join(names)) + _more(counts.created_vendors, names))
    if counts.changed:
        changed = [f"{each.record.id} ({each.step})" for each in outcome.posted if each.is_change][:_MOST_NAMES]
        yield Text("Changed: " + on_one_line(", ".join(changed)) + _more(counts.changed, changed))
    yield from _left_out(outcome)
    yield from _beside(outcome)


def _beside(outcome: ExportOutcome) -> Iterator[RenderableType]:
    """What a person should know beside what became of the records."""
    counts = outcome.counts
    for each in outcome.unreported[:MOST_ROWS]:
        yield Text(on_one_line(f"{each.record_id} is unknown to Brex: {each.why}"), style="red")
    for unread in outcome.unreadable[:MOST_ROWS]:
        yield Text(on_one_line(f"{unread.record_id or 'A record'} cannot be read: {unread.why}"), style="red")
    for warned in outcome.warnings[:MOST_ROWS]:
        yield Text(f"{on_one_line(warned.record_id)}: {on_one_line(warned.text)}".removeprefix(": "), style="yellow")
    for receipt in outcome.unattached[:MOST_ROWS]:
        name = f"Receipt {receipt.receipt_id}" if receipt.receipt_id else "A receipt"
        yield Text(on_one_line(f"{name} of {receipt.record_id} is not attached: {receipt.why}"))
    if outcome.not_reached:
        ids = outcome.not_reached[:_MOST_NAMES]
        named = on_one_line(", ".join(ids)) + _more(counts.not_reached, ids)
        yield Text(f"Not reached: {counts.not_reached}; the next run takes them: {named}")
    if outcome.stopped:
        yield Text(on_one_line(f"The run ended early: {outcome.stopped}"), style="bold red")


def _left_out(outcome: ExportOutcome) -> Iterator[RenderableType]:
    """The records that did not go, and why."""
    counts = outcome.counts
    if outcome.held:
        yield _held(outcome.held, counts.held)
    if outcome.refused:
        refused = [(each.record, each.texts) for each in outcome.refused]
        yield _reasons("Refused", refused, counts.refused, outcome.refused_alike)
    for title, found, count in (
        ("Failed for now", outcome.failed, counts.failed),
        ("In another exporter's hand", outcome.elsewhere, counts.elsewhere),
    ):
        if found:
            yield _reasons(title, [(each.record, [each.why]) for each in found], count)


def _more(count: int, shown: Sequence[object]) -> str:
    return f" … and {count - len(shown)} more; --json has them all" if count > len(shown) else ""


def types_table(types: Mapping[str, Mapping[str, int]]) -> RenderableType:
    """How many records of each type became what."""
    table = _table(f"What became of each type of record: {len(types)}")
    table.add_column("Type", no_wrap=True)
    table.add_column("Became", no_wrap=True)
    table.add_column("Count", justify="right")
    for name, kinds in types.items():
        for index, (kind, count) in enumerate(kinds.items()):
            _row(table, "" if index else name, kind.replace("-", " "), str(count))
    return table


def plan_table(plan: Plan) -> RenderableType:
    """What an export would do."""
    table = DataTable(
        title=f"Would be posted: {len(plan.posts)}",
        headings=("Record", "Step", "Day", "Vendor", "Postings"),
        rows=tuple(_planned(post, plan.books) for post in plan.posts[:MOST_ROWS]),
    )
    parts: list[RenderableType] = [table]
    if len(plan.posts) > MOST_ROWS:
        parts.append(Text(f"… and {len(plan.posts) - MOST_ROWS} more; --json has them all"))
    if plan.new_vendors:
        names = ", ".join(each.vendor.name for each in plan.new_vendors)
        parts.append(Text(f"Vendors to create: {on_one_line(names)}"))
    if plan.deletions:
        parts.append(_reasons("Would be deleted", [(each.record, [each.why]) for each in plan.deletions]))
    if plan.nothing:
        parts.append(_reasons("Nothing to do", [(each.record, [each.why]) for each in plan.nothing]))
    if plan.held:
        parts.append(_held(plan.held, len(plan.held)))
    if plan.refused:
        parts.append(_reasons("Refused", [(each.record, each.texts) for each in plan.refused]))
    if plan.totals:
        parts.append(totals_table(plan.totals, title="Amounts of the records"))
    parts += [Text(f"Warning: {on_one_line(each)}") for each in plan.warnings]
    return Group(*parts)


def posting_table(post: Post, books: Books) -> DataTable:
    """What is to be posted for one record."""
    _, step, day, vendor, postings = _planned(post, books)
    amount = money_text(post.record.amount.amount, post.record.amount.currency)
    told = {"Amount": amount, "Vendor": vendor, "Day": day, "Step": step, "Postings": postings}
    rows = tuple((name, text) for name, text in told.items() if text)
    return DataTable(title=post.record.id, headings=("What", "Value"), rows=rows)


def planned_refusals_table(refused: Mapping[str, str], amounts: Mapping[str, str]) -> RenderableType:
    """What a saved plan left out, record ids with amounts and reasons; those with the same reasons share a line."""
    alike = dict[str, list[str]]()
    for record_id, why in refused.items():
        alike.setdefault(why, []).append(record_id)
    rows = list[tuple[str, str, str]]()
    for why, ids in alike.items():
        if len(ids) >= _MANY:
            rows.append((f"{len(ids)} records, such as {ids[0]}", "", why))
        else:
            rows += [(each, amounts.get(each, ""), why) for each in ids]
    if len(rows) > MOST_ROWS:
        rows[MOST_ROWS:] = [("…", "", f"{len(rows) - MOST_ROWS} more; the file of the plan has them all")]
    title = f"Refused or held in the plan, so not carried out: {len(refused)}"
    return DataTable(title=title, headings=("Record", "Amount", "Why"), rows=tuple(rows))


def history_table(
    wanted: str,
    attempts: Sequence[Attempt],
    members: Sequence[Member] = (),
    refusals: Sequence[Refusal] = (),
    links: Callable[[Attempt], Sequence[str]] = lambda _: (),
) -> RenderableType:
    """The attempts to post one record, or those that led to one object, oldest first; a summary's members; refusals.

    `links` gives the addresses of what an attempt is about.
    """
    title = f"{wanted}: {len(attempts)} attempts" if len(attempts) > 1 else f"{wanted}: 1 attempt"
    blocks = [_whole(title, style="bold"), *(_attempt(wanted, each, attempts, links(each)) for each in attempts)]
    parts: list[RenderableType] = [*blocks] if attempts or not refusals else []
    if members:
        listed = "\n".join(f"{each.record_id} v{each.version}" for each in members)
        parts.append(Text(plain(f"Records of the summary: {len(members)}\n{listed}")))
    held = [each for each in refusals if each.is_held]
    refused = [each for each in refusals if not each.is_held]
    if refused:
        parts.append(_refusals(f"{wanted} was refused", refused))
    if held:
        parts.append(_refusals(f"{wanted} waited for an approval", held))
    return Group(*parts)


def _attempt(wanted: str, each: Attempt, attempts: Sequence[Attempt], links: Sequence[str]) -> Text:
    """An attempt as a block of lines, so that ids stay whole on a narrow terminal."""
    if each.purpose is Purpose.DISMISSAL:
        return _dismissal(wanted, each, links)
    state = "DELETED" if each.deletes and each.was_carried_out else each.state.value
    # What somebody deleted in the ledger is named too.
    is_named = each.is_there or (each.object_id is not None and not each.is_change)
    lines = [
        f"{_subject(wanted, each)}, attempt {each.number}: {state}",
        done_by(each) or (f"{each.kind} {each.object_id}" if is_named else ""),
        *became_of(each, attempts).split("; "),
        said_by(each, attempts),
        *links,
        why_of(each),
        f"trace id {each.trace_id}" if each.trace_id else "",
        f"intended {moment_text(each.intended_at)} UTC by {each.intended_by}",
        f"settled {moment_text(each.settled_at)} UTC" if each.settled_at else "",
        f"told to Brex {moment_text(each.reported_at)} UTC" if each.reported_at else "",
    ]
    return _whole("\n" + "\n  ".join(line for line in lines if line))


def _dismissal(wanted: str, each: Attempt, links: Sequence[str]) -> Text:
    """Who booked a record by hand, and who took it up again."""
    again = each.was_undone and each.settled_by is not None
    lines = [
        f"{_subject(wanted, each)}, attempt {each.number}: DISMISSED{', AND TAKEN UP AGAIN' if again else ''}",
        f"dismissed {moment_text(each.intended_at)} UTC by {each.intended_by}: {reason_of_dismissal(each)}",
        f"taken up again {moment_text(each.settled_at)} UTC by {each.settled_by}" if again else "",
        *links,
        f"told to Brex {moment_text(each.reported_at)} UTC" if each.reported_at else "",
    ]
    return _whole("\n" + "\n  ".join(line for line in lines if line))


def _subject(wanted: str, each: Attempt) -> str:
    if each.subject == wanted:
        return f"version {each.version}"
    if is_receipt(each.subject):
        receipt_id, _, number = each.subject.partition("/")[2].rpartition("/")
        return f"receipt {receipt_id}, file {int(number) + 1}" if number.isdecimal() else each.subject
    return f"{each.subject} {each.version}"


def _whole(text: str, style: str = "") -> Text:
    return Text(plain(text), style=style, no_wrap=True, overflow="ignore")


def _refusals(title: str, refusals: Sequence[Refusal]) -> Table:
    table = _table(title)
    for heading in ("Version", "First (UTC)", "Last (UTC)", "By", "Why"):
        table.add_column(heading, overflow="fold")
    for each in refusals:
        why = "it is refused no more, and nothing had to be posted" if each.is_over else "\n".join(each.texts)
        _row(table, str(each.version), moment_text(each.at), moment_text(each.last_at), each.by, why)
    return table


def verify_table(found: Sequence[Disagreement], compared: int, since: datetime | None) -> RenderableType:
    """Every disagreement, or that there is none, with how many records the journal knows and since when."""
    if since is None or not compared:
        scope = "This journal knows no exported record. What was exported before it was begun was not compared."
    else:
        records = "1 record" if compared == 1 else f"{compared} records"
        scope = (
            f"Compared: {records} that this journal knows, since {since:%Y-%m-%d %H:%M} UTC. "
            f"What was exported without it before was not compared; reconcile compares whole months."
        )
    if found:
        return Group(_disagreements(found), Text(scope))
    if not compared:
        return Text(f"Nothing was compared. {scope}", style="bold yellow")
    return Group(Text("Journal, Brex and Rillet agree.", style="bold green"), Text(scope))


def _disagreements(found: Sequence[Disagreement]) -> RenderableType:
    table = _table(f"Disagreements: {len(found)}")
    table.add_column("Record", overflow="fold")
    table.add_column("Verdict", overflow="fold")
    table.add_column("What", overflow="fold", ratio=1)
    for each in found:
        _row(table, each.record_id, each.verdict.value.replace("_", " "), each.text)
    return table


def field_changes_table(changes: Sequence[FieldChange], *, applied: bool = False) -> RenderableType:
    """What has to change in Brex's fields, or what was changed: how many values, and the first of them by name."""
    if not changes:
        return Text("Nothing was changed." if applied else "Brex has what Rillet has.", style="bold green")
    return DataTable(
        title="Changed in Brex" if applied else "To change in Brex",
        headings=("Field", "What", "Values", "Names"),
        rows=tuple(cells for change in changes for cells in _field_rows(change)),
    )


def _field_rows(change: FieldChange) -> Iterator[tuple[str, ...]]:
    if change.new is not None:
        yield change.name, "create the field", "", ""
    if change.renamed is not None:
        yield change.name, "rename the field", "", change.renamed
    if change.is_enabled:
        yield change.name, "enable the field", "", ""
    for what, names in change.names.items():
        if names:
            more = f"\n… and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            yield change.name, what, str(len(names)), "\n".join(names[:_MOST_NAMES]) + more


def errors(console: Console, problems: Sequence[str]) -> None:
    """Problems, one a line."""
    for problem in problems:
        console.print(Text(plain(problem), style="red"))


def _held(held: Sequence[Refuse], count: int) -> RenderableType:
    # Each is approved by its id, so none shares a line.
    return _reasons("Held for approval", [(each.record, each.texts) for each in held], count, {})


def _reasons(
    title: str,
    found: Sequence[tuple[Record, Sequence[str]]],
    count: int | None = None,
    alike: Mapping[str, int] | None = None,
) -> RenderableType:
    """Records and why; those that have the same reasons share a line, so that one mistake in the settings is one line.

    `alike` counts them where `found` does not have all.
    """
    count = len(found) if count is None else count
    whys = ["\n".join(reasons) for _, reasons in found]
    equal = alike if alike is not None else Counter(whys)
    table = _table(f"{title}: {count}")
    table.add_column("Record", overflow="fold", min_width=max((len(each.id) for each, _ in found), default=0))
    table.add_column("Amount", justify="right", no_wrap=True)
    table.add_column("Why", overflow="fold", ratio=1)
    told, rows = set[str](), 0
    shown = 0
    for (record, _), why in zip(found, whys, strict=True):
        if why in told or rows == MOST_ROWS:
            continue
        rows += 1
        many = equal.get(why, 1)
        if many < _MANY:
            shown += 1
            _row(table, f"{record.id}\n{_whose(record)}", money_text(record.amount.amount, record.amount.currency), why)
            continue
        told.add(why)
        shown += many
        _row(table, f"all {count} records" if many == count else f"{many} records, such as {record.id}", "", why)
    if count > shown:
        _row(table, "…", "", f"{count - shown} more; --json has them all")
    return table


def _whose(record: Record) -> str:
    """By what people know a record: merchant, person and day."""
    told = (merchant_of(record), person_of(record), str(record.erp_posting_date.date()))
    return on_one_line(", ".join(each for each in told if each))


def _table(title: str) -> Table:
    shown = Text(plain(title), style="bold")
    return Table(title=shown, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))


def _row(table: Table, *cells: str) -> None:
    # A merchant may be called what rich takes for markup.
    table.add_row(*(Text(plain(cell)) for cell in cells))


def _planned(post: Post, books: Books | None) -> tuple[str, ...]:
    document = post.posted
    new = " (new)" if isinstance(post.document.party, PlannedVendor) else ""
    postings = "\n".join(posting_lines(document, books))
    return post.record.id, post.step, str(document.impact_date), f"{party_name(post.document, books)}{new}", postings
