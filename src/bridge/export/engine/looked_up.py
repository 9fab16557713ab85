"""What a look-up in the ledger has shown for one record, checked before anything follows from it."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.documents.protocol import Found
from bridge.export.ledgers.protocol import Ledger, UnreadableObjectError
from bridge.unreadable import UnreadableEntry


def check_looked_up(record_id: str, found: Sequence[Found], unread: UnreadableEntry | None, ledger: Ledger) -> None:
    """Raises `UnreadableObjectError` where an object for the record cannot be read, or is another record's."""
    if unread is not None:
        text = f"{ledger.name} has an object that names it, and {unread}; nothing is done before it can be read"
        raise UnreadableObjectError(text)
    check_marks(record_id, found, ledger)


def check_marks(record_id: str, found: Sequence[Found], ledger: Ledger) -> None:
    """Raises `UnreadableObjectError` where an object that was found for a record has the mark of another one."""
    for each in found:
        if each.mark is not None and each.mark.subject != record_id:
            raise UnreadableObjectError(
                f"{type(ledger).__name__}.find gave {each.ref} for {record_id}, and its mark names {each.mark.subject}; "
                f"find has to give it under {each.mark.subject} alone. Mend it and run again; nothing is done before."
            )
