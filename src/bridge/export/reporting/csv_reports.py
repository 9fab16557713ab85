"""What the commands print, row by row for spreadsheets: a row for each line, reason or attempt, and nothing left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bridge.closing.delimited import Cell
from bridge.closing.report import Report
from bridge.decisions import Post, Refuse
from bridge.documents.protocol import PlannedVendor, parts_of
from bridge.explanations import Explanation
from bridge.export.engine.attempts import Attempt
from bridge.export.reporting.history import History, moment_text
from bridge.export.reporting.report import ExportOutcome
from bridge.export.reporting.verification import Disagreement
from bridge.field_sync import FieldChange
from bridge.mapping import Plan

_Row = tuple[Cell, ...]


def plan_report(*plans: Plan, created: Iterable[tuple[str, str, str]] = ()) -> Report:
    """Every record of plans: a row for each line that would be posted, or for each reason why there is none.

    `created` is what would be created first: its id, ``customer`` or another word for what it is, and its name.
    """
    return Report(
        title="Plan",
        headings=("Record", "Outcome", "Step", "Day", "Vendor", "Account", "Side", "Amount", "Currency", "Code", "Why"),
        rows=(
            *(_without_line(key, f"create the {what}", "", name) for key, what, name in created),
            *(row for plan in plans for row in _of_plan(plan)),
        ),
    )


def _of_plan(plan: Plan) -> Iterator[_Row]:
    for each in plan.outcomes:
        if isinstance(each, Post):
            yield from _of_post(each)
        elif isinstance(each, Refuse):
            for reason in each.reasons:
                yield _without_line(each.record.id, "refused", str(reason.code), reason.text)
        else:
            yield _without_line(each.record.id, "nothing to do", str(each.code), each.why)
    for warning in plan.warnings:
        yield _without_line("", "warning", "", warning)


def _of_post(post: Post) -> Iterator[_Row]:
    document = post.document
    party = document.party.vendor.name if isinstance(document.party, PlannedVendor) else document.party
    head = (post.record.id, "post", post.step, document.impact_date, party)
    lines = [posting for part in parts_of(document) for posting in part.postings()]
    for each in lines:
        yield (*head, each.account, each.side.value, each.amount, each.currency, "", "")
    if not lines:
        yield (*head, *[""] * 6)


def _without_line(record_id: str, outcome: str, code: str, why: str) -> _Row:
    return (record_id, outcome, *[""] * 7, code, why)


def outcome_report(*outcomes: ExportOutcome) -> Report:
    """What became of every record, and of receipts; a row for each reason."""
    return Report(
        title="Export",
        headings=("Record", "Became", "Step", "Kind", "Id", "Code", "Why"),
        rows=tuple(row for outcome in outcomes for row in _of_outcome(outcome)),
    )


def _of_outcome(outcome: ExportOutcome) -> Iterator[_Row]:
    for vendor in outcome.created_vendors:
        yield ("", "vendor created", "", "", vendor.id, "", vendor.name)
    for posted in outcome.posted:
        became = "found in Rillet" if posted.adopted else "posted"
        yield (posted.record.id, became, posted.step, posted.kind, posted.id, "", "")
    for refused in outcome.refused:
        yield from (_left(refused.record.id, "refused", str(each.code), each.text) for each in refused.reasons)
    for skip in outcome.nothing:
        yield _left(skip.record.id, "nothing to do", str(skip.code), skip.why)
    for failed in outcome.failed:
        yield _left(failed.record.id, "failed for now", failed.code, failed.why)
    yield from _beside(outcome)
    if outcome.stopped is not None:
        yield _left("", "ended early", "" if outcome.stop_code is None else outcome.stop_code.value, outcome.stopped)


def _beside(outcome: ExportOutcome) -> Iterator[_Row]:
    """What a person should know beside what was posted."""
    for held in outcome.elsewhere:
        yield _left(held.record.id, "in another exporter's hand", "", held.why)
    for unread in outcome.unreadable:
        yield _left(unread.record_id, "cannot be read", "", unread.why)
    for untold in outcome.unreported:
        yield _left(untold.record_id, "unknown to Brex", "", untold.why)
    for receipt in outcome.unattached:
        yield (receipt.record_id, "receipt not attached", "", "receipt", receipt.receipt_id, receipt.code, receipt.why)
    for warned in outcome.warnings:
        yield _left(warned.record_id, "warning", warned.code, warned.text)


def _left(record_id: str, became: str, code: str, why: str) -> _Row:
    return (record_id, became, "", "", "", code, why)


def history_report(found: History, links: Callable[[Attempt], Mapping[str, object]]) -> Report:
    """Attempts, the records of a summary, refusals and reviews; `links` has the addresses of what an attempt is about."""
    headings = (
        *("What", "Record", "Version", "Attempt", "State", "Kind", "Id", "At (UTC)", "By", "Last or settled (UTC)"),
        *("Told to Brex (UTC)", "Trace id", "Why", "Brex link", "Rillet link"),
    )
    return Report(title="History", headings=headings, rows=tuple(_of_history(found, links)))


def _of_history(found: History, links: Callable[[Attempt], Mapping[str, object]]) -> Iterator[_Row]:
    for each in found.attempts:
        about = links(each)
        yield (
            *("attempt", each.subject, each.version, each.number, each.state.value, each.kind, each.object_id),
            *(
                moment_text(each.intended_at),
                each.intended_by,
                moment_text(each.settled_at),
                moment_text(each.reported_at),
            ),
            *(each.trace_id, each.error, _text(about.get("record_link")), _text(about.get("rillet_link"))),
        )
    for member in found.members:
        yield ("record of the summary", member.record_id, member.version, *[""] * 12)
    for refusal in found.refusals:
        for _, text in refusal.reasons:
            times = (moment_text(refusal.at), refusal.by, moment_text(refusal.last_at))
            yield ("refusal", found.id, refusal.version, *[""] * 4, *times, "", "", text, "", "")
    for review in found.reviews:
        made = (moment_text(review.at), review.by)
        yield ("review", found.id, "", "", str(review.step), "", "", *made, *[""] * 3, review.why, "", "")


def verify_report(found: Sequence[Disagreement]) -> Report:
    """A row for each disagreement."""
    rows = tuple((each.record_id, each.verdict.value, each.text) for each in found)
    return Report(title="Disagreements", headings=("Record", "Verdict", "What"), rows=rows)


def explanation_report(found: Explanation) -> Report:
    """A row for each line of a record."""
    rows = tuple(
        (
            *(found.record_id, line.line_id, line.side.value, line.amount, line.currency, line.account),
            *("; ".join(line.fields), line.why),
        )
        for line in found.lines
    )
    headings = ("Record", "Line", "Side", "Amount", "Currency", "Account", "Fields", "Why")
    return Report(title=found.summary, headings=headings, rows=rows)


def field_changes_report(changes: Iterable[FieldChange]) -> Report:
    """A row for each field and for each value that changes."""
    return Report(
        title="Fields",
        headings=("Field", "What", "Value"),
        rows=tuple(row for each in changes for row in _of_field(each)),
    )


def _of_field(change: FieldChange) -> Iterator[_Row]:
    if change.new is not None:
        yield (change.name, "create the field", "")
    if change.renamed is not None:
        yield (change.name, "rename the field", change.renamed)
    if change.is_enabled:
        yield (change.name, "enable the field", "")
    for what, names in change.names.items():
        yield from ((change.name, what, each) for each in names)


def _text(value: object) -> str:
    return "" if value is None else str(value)
