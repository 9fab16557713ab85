"""What the commands print, row by row for spreadsheets: a row for each line, reason or attempt, and nothing left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from brex_accounting import Record
from bridge.books import Books
from bridge.closing.delimited import Cell
from bridge.closing.report import Report
from bridge.decisions import Post, Refuse
from bridge.documents.protocol import parts_of
from bridge.explanations import Explanation
from bridge.export.engine.attempts import Attempt
from bridge.export.engine.saved_plan import SavedPlan
from bridge.export.reporting.history import History, became_of, done_by, lapse_text, moment_text, said_by, why_of
from bridge.export.reporting.naming import merchant_of, party_name, person_of
from bridge.export.reporting.report import ExportOutcome
from bridge.export.reporting.verification import Disagreement
from bridge.field_sync import FieldChange
from bridge.plan import Plan, kind_name, skipped_as

_Row = tuple[Cell, ...]


#: A record's own amount is in its first row, so that a column of them sums to what the source has.
_RECORD = ("Record", "Record amount", "Record currency")
#: By what people know a record, behind everything else.
_WHOSE = ("Merchant", "Person", "Own day")
#: What a record comes to in cells, and what their headings are.
_Amounts = tuple[Sequence[str], Callable[[Record], _Row]]


def plan_report(
    *plans: Plan,
    created: Iterable[tuple[str, str, str]] = (),
    unread: Iterable[tuple[str, str]] = (),
    amounts: _Amounts | None = None,
) -> Report:
    """Every record of plans: a row for each line that would be posted, or for each reason why there is none.

    `created` is what would be created first: its id, ``customer`` or another word for what it is, and its name. `unread` is
    what cannot be read: its id, and why. `amounts` are headings of what a record comes to and the cells for them, where that
    is more than its own amount.
    """
    headings, cells = amounts or (_RECORD[1:], _own_amount)
    rows = _PlanRows(cells, tuple("" for _ in headings))
    return Report(
        title="Plan",
        headings=(
            *(_RECORD[0], *headings),
            *("Outcome", "Step", "Day", "Vendor", "Account", "Side", "Amount", "Currency", "Code", "Why"),
            *_WHOSE,
        ),
        rows=(
            *(rows.without_record(key, f"create the {what}", name) for key, what, name in created),
            *(row for plan in plans for row in rows.of(plan)),
            *(rows.without_record(key, "cannot be read", why) for key, why in unread),
        ),
    )


class _PlanRows:
    """The rows of a plan; `amounts` are the cells of what a record comes to, in its first row, and `none` in the others."""

    def __init__(self, amounts: Callable[[Record], _Row], none: _Row) -> None:
        self._amounts, self._none = amounts, none

    def of(self, plan: Plan) -> Iterator[_Row]:
        for each in plan.outcomes:
            if isinstance(each, Post):
                yield from self._once(each.record, _of_post(each, plan.books))
            elif isinstance(each, Refuse):
                outcome = "held" if each.is_held else "refused"
                yield from self._once(each.record, [_without_line(outcome, *told) for told in each.coded_texts])
            else:
                yield from self._once(each.record, [_without_line(skipped_as(each), str(each.code), each.why)])
        for warning in plan.warnings:
            yield self.without_record("", "warning", warning)

    def without_record(self, key: str, outcome: str, why: str) -> _Row:
        return (key, *self._none, *_without_line(outcome, "", why), *_whose(None))

    def _once(self, record: Record, rows: Iterable[_Row]) -> Iterator[_Row]:
        for number, row in enumerate(rows):
            yield (record.id, *(self._none if number else self._amounts(record)), *row, *_whose(record))


def _of_post(post: Post, books: Books | None) -> list[_Row]:
    document = post.posted
    head = ("post", post.step, document.impact_date, party_name(post.document, books))
    lines = [posting for part in parts_of(document) for posting in part.postings()]
    rows = [(*head, each.account, each.side.value, each.amount, each.currency, "", "") for each in lines]
    return [*rows] or [(*head, *[""] * 6)]


def _without_line(outcome: str, code: str, why: str) -> _Row:
    return (outcome, *[""] * 7, code, why)


def _own_amount(record: Record) -> _Row:
    return record.amount.amount, record.amount.currency


def _whose(record: Record | None) -> _Row:
    if record is None:
        return "", "", ""
    return merchant_of(record), person_of(record), record.erp_posting_date.date()


def _about(record: Record | None, key: str = "") -> _Row:
    return (key, "", "") if record is None else (record.id, *_own_amount(record))


def _amount_once(rows: Sequence[_Row]) -> Iterator[_Row]:
    """The rows of one record, whose own amount is in the first."""
    for number, (record, amount, currency, *others) in enumerate(rows):
        yield (record, *((amount, currency) if number == 0 else ("", "")), *others)


def outcome_report(*outcomes: ExportOutcome, holder: str = "exporter", plan: SavedPlan | None = None) -> Report:
    """What became of every record, and of receipts; a row for each reason. `holder` is who may have one in hand.

    `plan` is the one that was carried out; the records for which it had no step come last.
    """
    return Report(
        title="Export",
        headings=(*_RECORD, "Became", "Step", "Day", "Kind", "Id", "Code", "Why", *_WHOSE),
        rows=(
            *((*row, *_whose(of)) for outcome in outcomes for of, row in _of_outcome(outcome, holder)),
            *((*row, *_whose(None)) for row in (() if plan is None else _of_saved_plan(plan))),
        ),
    )


def _of_saved_plan(plan: SavedPlan) -> Iterator[_Row]:
    """The records for which a plan had no step, and what it warned of."""
    for record_id, why in plan.refused.items():
        amount = plan.amount_of(record_id)
        about = (record_id, "", "") if amount is None else (record_id, amount.amount, amount.currency)
        yield _left(about, "refused or held in the plan", "", why)
    for record_id, why in plan.nothing.items():
        yield _left(_about(None, record_id), "no step in the plan", "", why)
    for warning in plan.warnings:
        yield _left(_about(None), "warning of the plan", "", warning)


def _of_outcome(outcome: ExportOutcome, holder: str) -> Iterator[tuple[Record | None, _Row]]:
    """The rows, each with its record as far as that is known."""
    for vendor in outcome.created_vendors:
        yield None, (*_about(None), "vendor created", "", "", "", vendor.id, "", vendor.name)
    for posted in outcome.posted:
        became = f"found in {outcome.ledger}" if posted.adopted else "posted"
        day = "" if posted.posted is None else posted.posted.impact_date
        row = (*_about(posted.record), became, posted.step, day, kind_name(posted.kind), posted.id, "", "")
        yield posted.record, row
    for became, refused in (("held", outcome.held), ("refused", outcome.refused)):
        for each in refused:
            rows = [_left(_about(each.record), became, *told) for told in each.coded_texts]
            yield from ((each.record, row) for row in _amount_once(rows))
    for skip in outcome.nothing:
        yield skip.record, _left(_about(skip.record), "nothing to do", str(skip.code), skip.why)
    for failed in outcome.failed:
        yield failed.record, _left(_about(failed.record), "failed for now", failed.code, failed.why)
    for held in outcome.elsewhere:
        yield held.record, _left(_about(held.record), f"in another {holder}'s hand", "", held.why)
    waiting = {each.id: each for each in outcome.not_reached_records}
    for record_id in outcome.not_reached:
        record = waiting.get(record_id)
        yield record, _left(_about(record, record_id), "not reached", "", "the next run takes it")
    yield from ((None, row) for row in _without_record(outcome))


def _without_record(outcome: ExportOutcome) -> Iterator[_Row]:
    """What went wrong, where only an id is known, or nothing."""
    yield from _beside(outcome)
    if outcome.stopped is not None:
        code = "" if outcome.stop_code is None else outcome.stop_code.value
        yield _left(_about(None), "ended early", code, outcome.stopped)


def _beside(outcome: ExportOutcome) -> Iterator[_Row]:
    """What a person should know beside what was posted."""
    for unread in outcome.unreadable:
        yield _left(_about(None, unread.record_id), "cannot be read", "", unread.why)
    for untold in outcome.unreported:
        yield _left(_about(None, untold.record_id), "unknown to Brex", "", untold.why)
    for receipt in outcome.unattached:
        about = _about(None, receipt.record_id)
        yield (*about, "receipt not attached", "", "", "receipt", receipt.receipt_id, receipt.code, receipt.why)
    for warned in outcome.warnings:
        yield _left(_about(None, warned.record_id), "warning", warned.code, warned.text)


def _left(about: _Row, became: str, code: str, why: str) -> _Row:
    return (*about, became, *[""] * 4, code, why)


def history_report(found: History, links: Callable[[Attempt], Mapping[str, object]]) -> Report:
    """Attempts, the records of a summary, refusals and reviews; `links` has the addresses of what an attempt is about."""
    headings = (
        *("What", "Record", "Version", "Attempt", "State", "Kind", "Id", "At (UTC)", "By", "Last or settled (UTC)"),
        *("Told to Brex (UTC)", "Trace id", "Why", "Brex link", "Rillet link", "Did", "Became", "Content"),
    )
    return Report(
        title="History",
        headings=headings,
        rows=tuple((*row, *[""] * (len(headings) - len(row))) for row in _of_history(found, links)),
    )


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
            *(each.trace_id, why_of(each), _text(about.get("record_link")), _text(about.get("rillet_link"))),
            *(done_by(each), became_of(each, found.attempts), said_by(each, found.attempts)),
        )
    for member in found.members:
        yield ("record of the summary", member.record_id, member.version, *[""] * 14)
    for refusal in found.refusals:
        for text in refusal.texts or ("",):
            times = (moment_text(refusal.at), refusal.by, moment_text(refusal.last_at))
            yield (
                "refused no more" if refusal.is_over else "held" if refusal.is_held else "refusal",
                found.id,
                refusal.version,
                *[""] * 4,
                *times,
                "",
                "",
                text,
                *[""] * 4,
            )
    for plan in found.plans:
        made = (moment_text(plan.at), plan.by)
        yield ("plan approved", found.id, *[""] * 5, *made, *[""] * 3, plan.name, *[""] * 4)
    for review in found.reviews:
        made = (moment_text(review.at), review.by)
        row = ("review", found.id, "", "", str(review.step), "", "", *made, *[""] * 3, review.why, *[""] * 3)
        yield (*row, lapse_text(review, found.refusals), "")


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
