"""What runs leave for later ones in a journal's marks: lists and times, as JSON. Damaged ones raise `JournalError`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from bridge.export.journal.protocol import Journal, JournalError


def moment_at(journal: Journal, name: str) -> datetime | None:
    """The time under a name, None where there is none. Raises `JournalError`."""
    told = journal.mark(name)
    return None if told is None else _moment(told, name)


def texts_at(journal: Journal, name: str) -> Sequence[str]:
    """The list of texts under a name, empty where there is none. Raises `JournalError`."""
    found = _read(journal, name, "[]")
    if not isinstance(found, list) or not all(isinstance(each, str) for each in cast("list[object]", found)):
        raise damaged(name)
    return cast("list[str]", found)


def moments_at(journal: Journal, name: str) -> Mapping[str, datetime]:
    """The times under a name, by a text; empty where there are none. Raises `JournalError`."""
    found = _read(journal, name, "{}")
    if not isinstance(found, dict):
        raise damaged(name)
    return {key: _moment(value, name) for key, value in cast("dict[str, object]", found).items()}


def _read(journal: Journal, name: str, missing: str) -> object:
    try:
        found: object = json.loads(journal.mark(name) or missing)
    except (ValueError, RecursionError):
        raise damaged(name) from None
    return found


def _moment(value: object, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise damaged(name) from None
    if moment.tzinfo is None:
        raise damaged(name)
    return moment


def damaged(name: str) -> JournalError:
    """The error of a mark that does not hold what it should."""
    # What it holds is not said: it may be anything.
    return JournalError(f"the journal's mark {name!r} is damaged")
