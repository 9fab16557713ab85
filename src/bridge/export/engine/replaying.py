"""What is written down before a record is replayed: what the ledger lost, and what a person found there or did not find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from brex_accounting import Record
from bridge.documents.form import Form
from bridge.documents.protocol import Found, Ref
from bridge.export.engine.attempts import TAKEN_UP, Attempt, facts_of, is_summary, last_attempt
from bridge.export.engine.facts import Rules, Seen, Settlement
from bridge.export.engine.looked_up import object_of
from bridge.export.engine.next_step import settle
from bridge.export.engine.own_forms import form_of
from bridge.export.engine.parts import checked_ids
from bridge.export.engine.sender import Sender
from bridge.export.engine.stands_for import other_on
from bridge.export.journal.protocol import Journal
from bridge.export.ledgers.own import ability_of, object_at
from bridge.export.ledgers.protocol import UnreadableObjectError
from bridge.export.reporting.report import ExportOutcome, Failed, Unread, add_total
from bridge.totals import Total

if TYPE_CHECKING:
    from bridge.export.engine.export import Export


class AdoptionError(ValueError):
    """An object in the ledger cannot be the one that an attempt made; the text says why."""


def taken_up(
    export: Export, records: Sequence[Record], *, anew: bool = False, adopt: str | None = None, by: str | None = None
) -> list[Record]:
    """Write down what is known of records before they are replayed; these, and those that have to be posted with them.

    Raises `AdoptionError`, `ApiError` and `JournalError`.
    """
    sender = Sender(export.ledger, export.journal)
    ids = [each.id for each in records]
    others = dict.fromkeys(other for each in ids for other in lost_with(each, sender) if other not in ids)
    found = [*records, *export.records([*others])]
    for each in ids:
        abandon_lost(each, sender, by)
        if anew:
            abandon_undecidable(each, sender, by)
        if adopt is not None:
            adopt_found(each, adopt, sender)
    return found


def replay_several(
    export: Export,
    record_ids: Sequence[str],
    carry_out: Callable[[Sequence[Record]], ExportOutcome],
    *,
    anew: bool,
    even_dismissed: bool,
    by: str | None,
) -> ExportOutcome:
    """Replay those of the records that can be, as one run; see `Export.replay_all`."""
    ids = checked_ids(record_ids, "replay")
    known = {each.id: each for each in export.records(ids)}
    named = export.bridge.wording.named
    unknown = [
        Unread(record_id=each, why=f"{export.source.name} has no {named(each)}") for each in ids if each not in known
    ]
    records, failed = list[Record](), list[Failed]()
    for record in known.values():
        why = None if even_dismissed else _why_not(record.id, export.journal)
        if why is None:
            records.append(record)
        else:
            failed.append(Failed(record=record, why=why, code="dismissed"))
    # A run of no records would be one of all.
    outcome = carry_out(taken_up(export, records, anew=anew, by=by)) if records else ExportOutcome()
    totals, counts = dict(outcome.totals), outcome.counts
    for each in failed:
        add_total(totals, each)
    return attrs.evolve(
        outcome,
        failed=(*outcome.failed, *failed),
        unreadable=(*outcome.unreadable, *unknown),
        totals={**totals, "unreadable": Total(records=len(unknown))} if unknown else totals,
        counts=attrs.evolve(counts, failed=counts.failed + len(failed), unreadable=counts.unreadable + len(unknown)),
    )


def lost_with(record_id: str, sender: Sender) -> list[str]:
    """The other members of a record's summary that the ledger no longer has, as far as nothing else stands for them."""
    journal, last = sender.journal, last_attempt(sender.journal.attempts(record_id))
    if last is None or not last.is_there or not is_summary(last.subject):
        return []
    if object_of(record_id, last.ref, sender.ledger, journal) is not None:
        return []
    ids = [each.record_id for each in journal.members(last.subject) if each.record_id != record_id]
    attempts = journal.attempts_of(ids)
    decisive = ((each, last_attempt(attempts.get(each, ()))) for each in ids)
    return sorted(each for each, own in decisive if own is not None and own.ref == last.ref)


def dismissal_of(record_id: str, journal: Journal) -> Attempt | None:
    """How a person dismissed a record, None where nobody did or it was taken up again."""
    last = last_attempt(journal.attempts(record_id))
    return last if last is not None and last.was_dismissed else None


def check_dismissed(record_id: str, journal: Journal) -> None:
    """Raise `ValueError` where a person dismissed a record: only that person knows what was booked for it."""
    if (why := _why_not(record_id, journal)) is not None:
        raise ValueError(why)


def _why_not(record_id: str, journal: Journal) -> str | None:
    last = dismissal_of(record_id, journal)
    if last is None:
        return None
    return (
        f"{record_id} was dismissed by {last.intended_by} on {last.intended_at:%Y-%m-%d %H:%M} UTC: {last.error}. "
        f"What was booked for it by hand cannot be found, so posting it may book it twice. Take that back first, and "
        f"then confirm that the dismissed record is to be posted (even_dismissed; on the console --even-dismissed)"
    )


def abandon_lost(record_id: str, sender: Sender, by: str | None = None) -> None:
    """What the journal has as posted and the ledger no longer has, and that a person dismissed the record, are undone."""
    last = last_attempt(sender.journal.attempts(record_id))
    while last is not None and last.is_there and object_of(record_id, last.ref, sender.ledger, sender.journal) is None:
        # Where a replacement is gone, what it replaced is gone too.
        sender.abandon(last, f"it was deleted in {sender.ledger.name}", by)
        last = last_attempt(sender.journal.attempts(record_id))
    if last is not None and last.was_dismissed:
        # Somebody may have dismissed it more than once, with other reasons; they stay in the history.
        for each in sender.journal.attempts(record_id):
            if each.was_dismissed:
                sender.abandon(each, f"{TAKEN_UP}{each.error}", by)


def abandon_undecidable(record_id: str, sender: Sender, by: str | None = None) -> None:
    """A person looked for what an attempt may have made, and did not find it. As long as the key lives, it decides."""
    last = last_attempt(sender.journal.attempts(record_id))
    if last is not None and _is_undecidable(last, sender):
        sender.abandon(last, f"a person did not find it in {sender.ledger.name}", by)


def adopt_found(record_id: str, object_id: str, sender: Sender) -> None:
    """A person found the object that an attempt made; it is looked at before it is believed.

    A person may have changed its accounts since, which counts as any edit in the ledger does. Its amounts have to be those
    that were sent.

    Raises:
        AdoptionError: Nothing is undecided for the record, or the object is not there, is that of another record, or has
            other amounts.
        ApiError: The ledger cannot be read.
        JournalError: The journal cannot be read or written.
    """
    ledger, last = sender.ledger, last_attempt(sender.journal.attempts(record_id))
    if last is None or not _is_undecidable(last, sender):
        raise AdoptionError(f"no attempt for {record_id} waits for a person to look; a run finds out by itself")
    ref = Ref(kind=last.kind, id=object_id)
    found = object_at(ledger, ref)
    if found is None:
        raise AdoptionError(f"{ledger.name} has no {ref}")
    if (other := _other_owner(record_id, found, sender)) is not None:
        raise AdoptionError(f"{ref} was posted for {other}")
    try:
        sent = form_of(ledger, last.kind, last.payload)
    except UnreadableObjectError as error:
        raise AdoptionError(str(error)) from error
    if sent is None or _amounts(sent) != _amounts(found.form):
        raise AdoptionError(f"{ref} has other amounts than what was sent for {record_id}")
    sender.settle_as_found(last, found)


def _is_undecidable(last: Attempt, sender: Sender) -> bool:
    rules = Rules(findable=False, honours_key=ability_of(sender.ledger, last.kind).honours_key)
    facts = facts_of(last, sender.journal.now(), Seen.NO, rules)
    return settle(facts) is Settlement.UNDECIDABLE


def _other_owner(record_id: str, found: Found, sender: Sender) -> str | None:
    if found.mark is not None and found.mark.subject != record_id:
        return found.mark.subject
    return other_on(found.ref, record_id, sender.journal)


def _amounts(form: Form) -> dict[tuple[str, bool], Decimal]:
    """The sums of debits and of credits in each currency, whatever the accounts."""
    sums = dict[tuple[str, bool], Decimal]()
    for line in form.lines:
        side = line.currency, line.amount > 0
        sums[side] = sums.get(side, Decimal(0)) + line.amount
    return sums
