"""What the page has read from both services: what waits, and one record with what would be posted for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import attrs

from brex_accounting import Record
from bridge.closing.delimited import Cell
from bridge.decisions import Decision, Post, Refuse, Skip
from bridge.explanations import Explanation, explain
from bridge.export.engine.approvals import content_of
from bridge.export.engine.export import Export
from bridge.export.engine.reviewing import consider
from bridge.export.reporting.journal_lines import HEADINGS, journal_lines
from bridge.export.reporting.naming import merchant_of, person_of
from bridge.plan import Plan

#: Of records that are in the journal alone the newest are looked up in Brex; the others show what the journal has.
_MOST_LOOKED_UP = 1_000
_AT_ONCE = 100


@attrs.frozen(kw_only=True)
class Facts:
    """What Brex says of a record; `amount` is in decimal major units of the ISO 4217 `currency`."""

    merchant: str
    memo: str
    person: str
    amount: Decimal
    currency: str
    day: date
    type: str
    version: int


@attrs.frozen(kw_only=True)
class QueueReading:
    """What the next export would do, and what Brex says of the records that it would look at and of posted ones."""

    decisions: Mapping[str, Decision]
    facts: Mapping[str, Facts]
    warnings: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class RecordReading:
    """One record as it is now: how it is coded and why, and what would be posted for it.

    `seen` stands for what is to be posted (`content_of`), None where nothing is; `lines` are cells under `headings`.
    """

    facts: Facts
    explanation: Explanation
    seen: str | None = None
    lines: tuple[tuple[Cell, ...], ...] = ()
    why_not: tuple[str, ...] = ()

    headings = HEADINGS


def read_queue(export: Export) -> QueueReading:
    """Read both services. Raises `SettingsError`, `ApiError` and `JournalError`."""
    plan = export.plan()
    decisions = {each.record.id: each for each in plan.outcomes}
    facts = {each.record.id: facts_of(each.record) for each in plan.outcomes}
    known = [
        (each.attempt.intended_at, each.record_id)
        for each in export.journal.latest()
        if each.record_id not in facts and each.attempt is not None
    ]
    ids = [record_id for _, record_id in sorted(known, reverse=True)[:_MOST_LOOKED_UP]]
    for first in range(0, len(ids), _AT_ONCE):
        facts |= {each.id: facts_of(each) for each in export.records(ids[first : first + _AT_ONCE])}
    return QueueReading(decisions=decisions, facts=facts, warnings=tuple(plan.warnings))


def read_record(export: Export, record_id: str) -> RecordReading:
    """Read a record and the books. Raises `UnknownRecordError`, `SettingsError`, `ApiError` and `JournalError`."""
    found = consider(export, record_id)
    post = found.decision if isinstance(found.decision, Post) else None
    rows: Sequence[tuple[Cell, ...]] = ()
    if post is not None:
        _, rows = journal_lines(Plan(outcomes=(post,), warnings=()), found.books)
    return RecordReading(
        facts=facts_of(found.record),
        explanation=explain(found.record, export.bridge, found.books, followed=found.followed),
        seen=None if post is None else content_of(post),
        lines=tuple(rows),
        why_not=why_not(found.decision),
    )


def why_not(decision: Decision) -> tuple[str, ...]:
    """Why nothing is to be posted, empty where something is."""
    match decision:
        case Refuse():
            return tuple(dict.fromkeys(map(str, decision.reasons)))
        case Skip():
            return (decision.why,)
        case Post():
            return ()


def facts_of(record: Record) -> Facts:
    """What Brex says of a record, for people."""
    return Facts(
        merchant=merchant_of(record),
        memo=record.memo or "",
        person=person_of(record),
        amount=record.amount.amount,
        currency=record.amount.currency,
        day=record.erp_posting_date.date(),
        type=str(record.type).replace("_", " ").lower(),
        version=record.version,
    )
