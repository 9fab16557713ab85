"""What Rillet has for records: its objects that changed after a moment, by reference or name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

import rillet
from bridge.documents.marks import mark_of_name
from bridge.documents.protocol import Found
from bridge.documents.rillet_forms import (
    BILLS,
    CHARGES,
    JOURNAL_ENTRIES,
    REIMBURSEMENTS,
    VENDOR_CREDITS,
    found,
)
from bridge.export.engine.attempts import is_record, is_summary, summary_subject
from bridge.export.ledgers.protocol import LookUp
from bridge.export.ledgers.rillet_books import entry_of
from bridge.mappers.summaries import digest_of
from bridge.unreadable import UnreadableEntry
from clientkit.tolerance import Unreadable
from rillet import Bill, Charge, JournalEntry, Reimbursement, VendorCredit

#: The objects that are found.
Listed: TypeAlias = Charge | Reimbursement | Bill | VendorCredit | JournalEntry


def kinds_looked_at(reference_type: str | None) -> tuple[str, ...]:
    """The kinds of objects that are found; those with external references only where these have a type."""
    named = (VENDOR_CREDITS, JOURNAL_ENTRIES)
    return named if reference_type is None else (CHARGES, REIMBURSEMENTS, BILLS, *named)


def changed(
    client: rillet.Client, kind: str, since: datetime, *, reference_type: str | None
) -> Iterator[Found | UnreadableEntry]:
    """The objects of a kind that changed after a moment. Deleted ones do not show."""
    listing: Mapping[str, Callable[[], Iterable[Listed | Unreadable]]] = {
        CHARGES: lambda: client.charges.list(updated_after=since, limit=100).tolerant(),
        REIMBURSEMENTS: lambda: client.reimbursements.list(updated_after=since, limit=100).tolerant(),
        BILLS: lambda: client.bills.list(updated_after=since, limit=100).tolerant(),
        VENDOR_CREDITS: lambda: client.vendor_credits.list(updated_after=since, limit=100).tolerant(),
        JOURNAL_ENTRIES: lambda: client.journal_entries.list(updated_after=since, limit=100).tolerant(),
    }
    for each in listing[kind]():
        if isinstance(each, Unreadable):
            yield entry_of(kind, each)
        else:
            yield found(kind, each, reference_type=reference_type)


def look_up(listed: Iterable[Found | UnreadableEntry], subjects: Collection[str], sources: Collection[str]) -> LookUp:
    """What of this is for these records; see `Ledger.find`."""
    by_subject, by_source = dict[str, tuple[Found, ...]](), dict[str, tuple[Found, ...]]()
    unmarked, unreadable = list[Found](), dict[str, UnreadableEntry]()
    wanted, origins = set(subjects), set(sources)
    for each in listed:
        if isinstance(each, UnreadableEntry):
            said = subjects_in(each)
            unreadable.update((one, each) for one in said if one in wanted or one in origins or is_summary(one))
            continue
        for subject in _subjects(each):
            # With the source's id alone, nobody said which record it is for.
            if subject in wanted or subject in origins or not is_record(subject):
                by_subject[subject] = (*by_subject.get(subject, ()), each)
        for source in each.sources & origins:
            by_source[source] = (*by_source.get(source, ()), each)
        if each.ref.kind == JOURNAL_ENTRIES and each.mark is None and digest_of(_name_of(each)) is None:
            unmarked.append(each)
    return LookUp(by_subject=by_subject, by_source=by_source, unmarked=tuple(unmarked), unreadable=unreadable)


def _subjects(each: Found) -> Iterator[str]:
    """The record that it was posted for, or the summary."""
    if each.mark is not None:
        yield each.mark.subject
    elif each.ref.kind == JOURNAL_ENTRIES and (digest := digest_of(_name_of(each))) is not None:
        yield summary_subject(digest)
    else:
        # A person may have given it the record's id alone.
        yield from each.sources


def subjects_in(entry: UnreadableEntry) -> Iterator[str]:
    """What an object that cannot be read may be for: every word that it says, the mark in its name, and a summary."""
    for text in entry.texts:
        yield text
        yield from text.split()
        if (mark := mark_of_name(text)) is not None:
            yield mark.subject
        if (digest := digest_of(text)) is not None:
            yield summary_subject(digest)


def _name_of(found: Found) -> str:
    return found.raw.name if isinstance(found.raw, JournalEntry) else ""
