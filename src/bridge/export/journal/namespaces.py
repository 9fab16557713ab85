"""The names of the parts of a database, one for each tenant."""

from __future__ import annotations

from bridge.export.journal.protocol import JournalError

_LONGEST_NAME = 200


def checked_namespace(name: str) -> str:
    """The name of a part of a database, as it is compared. Raises `JournalError`."""
    if len(name) > _LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise JournalError(
            f"a namespace is a name of at most {_LONGEST_NAME} printable characters without blanks around it"
        )
    return name
