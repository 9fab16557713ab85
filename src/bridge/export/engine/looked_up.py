"""What a look-up in the ledger has shown for one record, checked before anything follows from it."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.documents.protocol import Found, Mark, Ref
from bridge.export.engine.stands_for import other_on
from bridge.export.journal.protocol import Journal
from bridge.export.ledgers.own import WrongAnswerError, object_at
from bridge.export.ledgers.protocol import Ledger, UnreadableObjectError
from bridge.unreadable import UnreadableEntry


def object_of(record_id: str, ref: Ref, ledger: Ledger, journal: Journal) -> Found | None:
    """The object of a record as it is now, None where it is not there.

    Raises `ApiError`, of which a `WrongAnswerError` says that it is another one, or has the mark of another record.
    """
    found = object_at(ledger, ref)
    check_object(record_id, found, ledger, journal)
    return found


def check_object(record_id: str, found: Found | None, ledger: Ledger, journal: Journal) -> None:
    """Raises `WrongAnswerError` where what `get` gave for an object of a record has the mark of another one."""
    if found is not None and found.mark is not None and _names_another(found.mark, record_id, journal):
        text = f"gave {found.ref} for {record_id}, and its mark names {found.mark.subject}"
        raise WrongAnswerError(ledger, "get", text)


def _names_another(mark: Mark, record_id: str, journal: Journal) -> bool:
    """Whether a mark is that of another record."""
    if mark.subject == record_id:
        return False
    # Without a version it may be a text of a person's that begins like one.
    return mark.version is not None or bool(journal.attempts(mark.subject))


def check_looked_up(
    record_id: str,
    found: Sequence[Found],
    unread: UnreadableEntry | None,
    ledger: Ledger,
    journal: Journal,
) -> None:
    """Raises `UnreadableObjectError` where an object for the record cannot be read, or is another record's."""
    if unread is not None:
        text = f"{ledger.name} has an object that names it, and {unread}; nothing is done before it can be read"
        raise UnreadableObjectError(text)
    check_marks(record_id, found, ledger)
    check_unmarked(record_id, found, ledger, journal)


def check_unmarked(record_id: str, found: Sequence[Found], ledger: Ledger, journal: Journal) -> None:
    """Raises `UnreadableObjectError` where what was found without a mark stands for another record by the journal."""
    for each in found:
        other = other_on(each.ref, record_id, journal) if each.mark is None else None
        if other is not None:
            raise UnreadableObjectError(
                f"{type(ledger).__name__}.find gave {each.ref} for {record_id} without a mark, and the journal has it for "
                f"{other}; find has to give it under {other} alone. Mend it and run again; nothing is done before."
            )


def check_marks(record_id: str, found: Sequence[Found], ledger: Ledger) -> None:
    """Raises `UnreadableObjectError` where an object that was found for a record has the mark of another one."""
    for each in found:
        if each.mark is not None and each.mark.subject != record_id:
            raise UnreadableObjectError(
                f"{type(ledger).__name__}.find gave {each.ref} for {record_id}, and its mark names {each.mark.subject}; "
                f"find has to give it under {each.mark.subject} alone. Mend it and run again; nothing is done before."
            )
