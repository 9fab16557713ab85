"""Whether journal, Brex and Rillet tell the same story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

import brex_accounting
import rillet
from brex_accounting import Record, ReviewStatus
from bridge.export.engine.attempts import Attempt, AttemptState, Journal, is_record, is_summary, telling
from bridge.export.engine.sender import is_deleted, is_part
from bridge.export.ledgers.rillet import Existing, posted_before, records_in
from clientkit.errors import NotFoundError


@attrs.frozen(kw_only=True)
class Disagreement:
    """Something that two of the three tell differently about a record."""

    record_id: str
    text: str


def verify(
    brex: brex_accounting.Client, client: rillet.Client, journal: Journal, reference_type: str | None
) -> tuple[Disagreement, ...]:
    """Walk the journal, and what Brex and Rillet have since its first attempt, and name every disagreement.

    Rillet is asked for each summary, for the payments of each bill that the journal has as paid and, without
    `reference_type`, for each object, which takes a request for every one of them.

    Raises:
        ApiError: One of the services cannot be read.
        JournalError: The journal cannot be read.
    """
    last = _last_attempts(journal)
    if not last:
        return ()
    since = min(attempt.intended_at for attempt in last.values())
    exported = records_in(brex, ReviewStatus.EXPORTED, updated_after=since)
    records = {record.id: record for listing in (exported, brex.records.list(ids=list(last))) for record in listing}
    there = posted_before(client, list(records.values()), reference_type, since=since)
    looks = _Looks(client, reference_type)
    found = list[Disagreement]()
    for record_id in dict.fromkeys((*last, *records)):
        attempt, record = last.get(record_id), records.get(record_id)
        objects = there.get(record_id, ())
        if attempt is not None and attempt.is_there and (is_summary(attempt.subject) or not objects):
            objects = (*objects, *looks.alone(attempt))
        found += [Disagreement(record_id=record_id, text=text) for text in _texts(attempt, record, objects)]
    return tuple(found)


def _last_attempts(journal: Journal) -> dict[str, Attempt]:
    """The attempt that tells where each record is, alone or in a summary."""
    last = dict[str, Attempt]()
    for attempt in journal.walk():
        if is_record(attempt.subject):
            before = last.get(attempt.subject)
            last[attempt.subject] = attempt if before is None else telling((before, attempt)) or attempt
        elif is_summary(attempt.subject):
            last.update((each.record_id, attempt) for each in journal.members(attempt.subject))
    return last


class _Looks:
    """Looks into Rillet for what carries no reference to its record, each thing once."""

    def __init__(self, client: rillet.Client, reference_type: str | None) -> None:
        self._client, self._reference_type = client, reference_type
        self._payments = dict[str, frozenset[str]]()
        self._deleted = dict[str, bool]()

    def alone(self, attempt: Attempt) -> tuple[Existing, ...]:
        """The object that an attempt made, if it is still there."""
        if is_part(attempt):
            is_there = attempt.object_id in self._payments_of(attempt.kind)
        elif is_summary(attempt.subject) or self._reference_type is None:
            if attempt.subject not in self._deleted:
                self._deleted[attempt.subject] = is_deleted(self._client, attempt)
            is_there = not self._deleted[attempt.subject]
        else:
            is_there = False
        return (Existing(kind=attempt.kind, id=attempt.object_id or ""),) if is_there else ()

    def _payments_of(self, kind: str) -> frozenset[str]:
        if kind not in self._payments:
            _, bill_id, _ = kind.split("/")
            try:
                self._payments[kind] = frozenset(each.id for each in self._client.bills.list_payments(bill_id))
            except NotFoundError:
                self._payments[kind] = frozenset()
        return self._payments[kind]


def _texts(attempt: Attempt | None, record: Record | None, objects: Sequence[Existing]) -> Iterator[str]:
    where = " and ".join(f"{each.kind} {each.id}" for each in objects)
    in_rillet = f"Rillet has it as {where}" if objects else "Rillet has nothing for it"
    if record is None:
        yield "Brex has no such record"
    if len(objects) > 1:
        yield f"Rillet has it {len(objects)} times, as {where}"
    if attempt is None:
        yield f"Brex has it as exported, the journal does not know of it; {in_rillet}"
    elif attempt.state is AttemptState.OPEN:
        yield f"the journal does not know what came of the attempt of {attempt.intended_at:%Y-%m-%d %H:%M} UTC; {in_rillet}"
    elif not attempt.is_there:
        if objects:
            yield f"the journal has its last attempt as {attempt.state.lower()}; {in_rillet}"
        if record is not None and record.review_status == ReviewStatus.EXPORTED:
            yield f"Brex has it as exported, the journal has its last attempt as {attempt.state.lower()}"
    else:
        if attempt.object_id not in {each.id for each in objects}:
            yield f"the journal has it as {attempt.kind} {attempt.object_id}; {in_rillet}"
        if record is not None and record.review_status != ReviewStatus.EXPORTED:
            yield f"the journal has it as {attempt.kind} {attempt.object_id}, Brex has it as {record.review_status}"
