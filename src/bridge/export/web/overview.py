"""Every record that journal or queue know, with where it stands and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import attrs

from bridge.datatable import money
from bridge.decisions import Decision, Post, ReasonCode, Refuse, SkipCode
from bridge.documents.form import Form, form_of_json
from bridge.export.engine.approvals import Review, ReviewStep, held_by_hand, reviews
from bridge.export.engine.attempts import Attempt, is_record, last_attempt
from bridge.export.journal.protocol import Journal, Latest
from bridge.export.web.readings import Facts, QueueReading
from clientkit.money import total

_NOT_NOW = {ReasonCode.NOT_NOW, ReasonCode.CHANGED_SINCE_PLAN}


class Status(StrEnum):
    """Where a record stands; the order is that of the page's tabs."""

    HELD = "held"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    WAITING = "waiting"
    POSTED = "posted"
    DISMISSED = "dismissed"
    NOTHING = "nothing"

    @property
    def label(self) -> str:
        """Its name on the page."""
        return _LABELS[self]


_LABELS = {
    Status.HELD: "Held for approval",
    Status.REFUSED: "Refused",
    Status.UNCLEAR: "Unclear",
    Status.WAITING: "Waiting",
    Status.POSTED: "Posted",
    Status.DISMISSED: "Dismissed",
    Status.NOTHING: "Nothing to post",
}


@attrs.frozen(kw_only=True)
class Row:
    """A record: where it stands, `why` in sentences, and what is known of it.

    `amount` (decimal major units of the ISO 4217 `currency`) and `day` come from Brex, or else from what was posted.
    `counts_on` is the day in the books where that lies in a later month.
    """

    record_id: str
    status: Status
    why: tuple[str, ...] = ()
    facts: Facts | None = None
    amount: Decimal | None = None
    currency: str = ""
    day: date | None = None
    counts_on: date | None = None
    kind: str | None = None
    object_id: str | None = None

    def matches(self, words: str) -> bool:
        """Whether each of these words stands somewhere in it, whatever the case."""
        facts = self.facts
        told = () if facts is None else (facts.merchant, facts.memo, facts.person, facts.type)
        amount = "" if self.amount is None else money(self.amount, self.currency)
        numbers = (amount, amount.replace(",", ""), self.currency, str(self.day or ""))
        parts = (self.record_id, self.object_id or "", *numbers, *self.why, *told)
        text = "\n".join(parts).casefold()
        return all(each in text for each in words.casefold().split())


def overview(journal: Journal, reading: QueueReading | None = None, read_at: datetime | None = None) -> list[Row]:
    """Every record, the newest day first.

    `reading` is what both services said at `read_at`; what the journal says since counts more. Raises `JournalError`.
    """
    held, latest = frozenset(held_by_hand(journal)), {each.record_id: each for each in journal.latest()}
    ids = dict.fromkeys([*latest, *held, *(() if reading is None else reading.decisions)])
    read = None if reading is None or read_at is None else (reading, read_at)
    found = (row_with(each, latest.get(each), journal, read, is_held=each in held) for each in ids)
    return in_order(row for row in found if row is not None)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """The newest day first."""
    return sorted(rows, key=lambda row: (row.day or date.min, row.record_id), reverse=True)


def row_of(
    journal: Journal, record_id: str, reading: QueueReading | None = None, read_at: datetime | None = None
) -> Row | None:
    """One record as `overview` has it, None where neither journal nor reading know it. Raises `JournalError`."""
    attempt, refusals = last_attempt(journal.attempts(record_id)), journal.refusals(record_id)
    refusal = refusals[-1] if refusals else None
    latest = Latest(record_id=record_id, attempt=attempt, refusal=refusal)
    is_known = is_record(record_id) and (attempt is not None or refusal is not None)
    read = None if reading is None or read_at is None else (reading, read_at)
    is_held = record_id in held_by_hand(journal)
    return row_with(record_id, latest if is_known else None, journal, read, is_held=is_held)


def row_with(
    record_id: str,
    latest: Latest | None,
    journal: Journal,
    read: tuple[QueueReading, datetime] | None,
    *,
    is_held: bool,
) -> Row | None:
    """The row of a record, None where nobody knows it.

    `latest` is what the journal has, and `read` what both services said, and when; `is_held` tells of a person's hold. Raises
    `JournalError`.
    """
    reading, read_at = read or (None, None)
    decision = None if reading is None else reading.decisions.get(record_id)
    # The journal has nothing of a record that no run has seen, but for what a person decided.
    is_reviewed = is_held or (_is_held(latest) if latest is not None else decision is not None and _holds(decision))
    known = reviews(journal, record_id) if is_reviewed else ()
    row, at = None, None
    if latest is not None:
        row, at = _of_journal(latest, known[-1] if known else None)
    elif known:
        row, at = _of_review(record_id, known[-1]), known[-1].at
    if reading is None or read_at is None or (row is None and decision is None):
        return row
    posted = None if latest is None or latest.attempt is None else latest.attempt.version
    return _with_reading(record_id, row, reading, posted, is_newer=at is None or at < read_at)


def row_by_journal(latest: Latest) -> Row:
    """The row of a record about which nobody has decided anything, by the journal alone."""
    return _of_journal(latest, None)[0]


def counted(rows: list[Row]) -> Mapping[Status, int]:
    """How many records stand where."""
    found = Counter(row.status for row in rows)
    return {each: found[each] for each in Status}


def _is_held(latest: Latest) -> bool:
    return latest.refusal is not None and latest.refusal.is_held


def _holds(decision: Decision) -> bool:
    return isinstance(decision, Refuse) and decision.is_held


def _of_journal(latest: Latest, review: Review | None) -> tuple[Row, datetime]:
    """A record by the journal alone, and since when it is so: what happened last counts."""
    attempt, refusal = latest.attempt, latest.refusal
    moments = list[datetime]()
    row = Row(record_id=latest.record_id, status=Status.WAITING)
    if attempt is not None:
        moments += [attempt.intended_at, *(each for each in (attempt.settled_at,) if each is not None)]
        row = _of_attempt(latest.record_id, attempt)
    if refusal is not None and refusal.is_over:
        row = attrs.evolve(row, status=Status.NOTHING) if attempt is None else row
        moments.append(refusal.last_at)
    elif refusal is not None and (not moments or refusal.last_at >= max(moments)):
        is_open = attempt is not None and attempt.is_open
        status = Status.UNCLEAR if is_open else Status.HELD if _is_held(latest) else Status.REFUSED
        row = attrs.evolve(row, status=status, why=tuple(dict.fromkeys(text for _, text in refusal.reasons)))
        moments.append(refusal.last_at)
    if review is not None and (not moments or review.at >= max(moments)):
        told = _of_review(latest.record_id, review)
        row = attrs.evolve(row, status=told.status, why=told.why)
        moments.append(review.at)
    return row, max(moments)


def _of_review(record_id: str, review: Review) -> Row:
    if review.step is ReviewStep.HOLD:
        return Row(record_id=record_id, status=Status.HELD, why=(f"{review.by} holds it: {review.why}",))
    why = f"{review.by} approved it; the next export posts it"
    return Row(record_id=record_id, status=Status.WAITING, why=(why,))


def _of_attempt(record_id: str, attempt: Attempt) -> Row:
    said = _form(attempt)
    amounts = dict[str, Decimal]()
    for line in () if said is None else said.lines:
        if line.amount > 0:
            amounts[line.currency] = total((amounts.get(line.currency, Decimal(0)), line.amount))
    currency, amount = next(iter(amounts.items()), ("", None))
    row = Row(
        record_id=record_id,
        status=Status.POSTED,
        amount=amount,
        currency=currency,
        day=_day(said),
        kind=attempt.kind if attempt.is_there else None,
        object_id=attempt.object_id if attempt.is_there else None,
    )
    if attempt.was_dismissed:
        return attrs.evolve(row, status=Status.DISMISSED, why=(f"{attempt.intended_by}: {attempt.error}",))
    if attempt.is_open:
        why = "it was sent to Rillet and no answer came back; the next export finds out"
        return attrs.evolve(row, status=Status.UNCLEAR, why=(attempt.error or why,))
    if attempt.was_undone:
        return attrs.evolve(row, status=Status.WAITING, why=(attempt.error or "",))
    if attempt.deletes:
        return attrs.evolve(row, status=Status.NOTHING, why=("what was posted was deleted in Rillet",))
    return row


def _with_reading(
    record_id: str, before: Row | None, reading: QueueReading, posted: int | None, *, is_newer: bool
) -> Row:
    row = before or Row(record_id=record_id, status=Status.WAITING)
    facts, decision = reading.facts.get(record_id), reading.decisions.get(record_id)
    if facts is not None:
        counts_on = decision.posted.impact_date if isinstance(decision, Post) and is_newer else row.day
        row = attrs.evolve(row, facts=facts, day=facts.day)
        # What was posted since is a later version than the one that was read.
        if row.amount is None or row.currency != facts.currency or posted is None or posted <= facts.version:
            row = attrs.evolve(row, amount=facts.amount, currency=facts.currency)
        if counts_on is not None and (counts_on.year, counts_on.month) > (facts.day.year, facts.day.month):
            row = attrs.evolve(row, counts_on=counts_on)
    if not is_newer:
        return row
    if decision is None:
        if row.status in {Status.REFUSED, Status.HELD}:
            return attrs.evolve(row, status=Status.NOTHING, why=("Brex does not offer it any more", *row.why))
        return row
    return _decided(row, decision)


def _decided(row: Row, decision: Decision) -> Row:
    """The row as the reading has it."""
    if isinstance(decision, Post):
        return attrs.evolve(row, status=Status.WAITING, why=tuple(_waits(row, decision)))
    if isinstance(decision, Refuse):
        codes = {each.code for each in decision.reasons}
        status = Status.HELD if _holds(decision) else Status.WAITING if codes <= _NOT_NOW else Status.REFUSED
        if row.status is Status.UNCLEAR and status is Status.REFUSED:
            status = Status.UNCLEAR
        return attrs.evolve(row, status=status, why=tuple(dict.fromkeys(map(str, decision.reasons))))
    if decision.code is SkipCode.TO_DELETE:
        return attrs.evolve(row, status=Status.WAITING, why=(decision.why,))
    if decision.code is SkipCode.DISMISSED:
        return attrs.evolve(row, status=Status.DISMISSED)
    if decision.code in {SkipCode.IN_LEDGER, SkipCode.UNCHANGED}:
        return attrs.evolve(row, status=Status.POSTED)
    return attrs.evolve(row, status=Status.NOTHING, why=(decision.why,))


def _waits(row: Row, decision: Post) -> Iterator[str]:
    if decision.step != "create":
        yield f"it has changed in Brex: the next export takes the step {decision.step!r}"
    elif row.why and row.status is Status.WAITING:
        yield from row.why


def _form(attempt: Attempt) -> Form | None:
    try:
        return None if attempt.form is None else form_of_json(attempt.form)
    except ValueError:
        return None


def _day(said: Form | None) -> date | None:
    try:
        return None if said is None else date.fromisoformat(said.head.get("day", ""))
    except ValueError:
        return None
