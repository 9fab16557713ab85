"""Whether journal, Brex and Rillet tell the same story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

import brex_accounting
import rillet
from brex_accounting import Record, ReviewStatus
from bridge.export.attempts import Attempt, AttemptState, Journal, is_record
from bridge.export.load import Existing, posted_before
from bridge.export.posting import is_deleted, is_part


@attrs.frozen(kw_only=True)
class Disagreement:
    """Something that two of the three tell differently about a record."""

    record_id: str
    text: str


def verify(
    brex: brex_accounting.Client, client: rillet.Client, journal: Journal, reference_type: str | None
) -> tuple[Disagreement, ...]:
    """Walk the journal, and what Brex and Rillet have since its first attempt, and name every disagreement.

    Without `reference_type` Rillet is asked for each object by its id, which takes a request for every record. Payments
    of bills carry no reference and are not looked for.

    Raises:
        ApiError: One of the services cannot be read.
        JournalError: The journal cannot be read.
    """
    last = {attempt.subject: attempt for attempt in journal.walk() if is_record(attempt.subject)}
    if not last:
        return ()
    since = min(attempt.intended_at for attempt in last.values())
    exported = brex.records.list(review_status=ReviewStatus.EXPORTED, updated_after=since)
    records = {record.id: record for listing in (exported, brex.records.list(ids=list(last))) for record in listing}
    there = posted_before(client, list(records.values()), reference_type, since=since)
    found = list[Disagreement]()
    for record_id in dict.fromkeys((*last, *records)):
        attempt, record = last.get(record_id), records.get(record_id)
        objects = there.get(record_id, ())
        if not objects and attempt is not None and attempt.is_there:
            objects = _alone(client, attempt, reference_type)
        found += [Disagreement(record_id=record_id, text=text) for text in _texts(attempt, record, objects)]
    return tuple(found)


def _alone(client: rillet.Client, attempt: Attempt, reference_type: str | None) -> tuple[Existing, ...]:
    """What carries no reference: a part of another object cannot be looked for and counts as there."""
    if is_part(attempt) or (reference_type is None and not is_deleted(client, attempt)):
        return (Existing(kind=attempt.kind, id=attempt.object_id or ""),)
    return ()


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
