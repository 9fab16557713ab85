"""What a run leaves in the journal's marks for the next one: how far it has read changes, and what is still to be done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bridge.export.engine.tasks.receipts import PATIENCE
from bridge.export.journal.marks import moment_at, moments_at, texts_at
from bridge.export.journal.protocol import Journal

CHANGES_READ = "changes read until"
#: The exported records whose changes the last run refused, as a list in JSON: each run says so until it is mended.
CHANGES_REFUSED = "changes refused"
#: The exported records of which a receipt could not be had, in JSON: since when, by the record's id.
RECEIPTS_LEFT = "receipts left"
# The clocks of the source and of this machine differ; reading a day twice costs at most a page.
_CLOCK_MARGIN = timedelta(days=1)


def changes_since(journal: Journal) -> datetime | None:
    """Since when changes of exported records are to be read: what the journal remembers, or its first attempt."""
    told = moment_at(journal, CHANGES_READ)
    since = told if told is not None else journal.first_intended_at()
    return None if since is None else since - _CLOCK_MARGIN


def refused_changes(journal: Journal) -> Sequence[str]:
    """The exported records whose changes the last run refused."""
    return texts_at(journal, CHANGES_REFUSED)


def note_changes(journal: Journal, until: datetime, refused: Sequence[str]) -> None:
    """Remember until when all changes were read, and the records whose changes were refused."""
    journal.set_mark(CHANGES_READ, until.isoformat())
    journal.set_mark(CHANGES_REFUSED, json.dumps(refused))


def receipts_left(journal: Journal) -> dict[str, datetime]:
    """The records of which a receipt could not be had, and since when; those that are given up are left out."""
    since, now = moments_at(journal, RECEIPTS_LEFT), journal.now()
    return {record_id: first for record_id, first in since.items() if now - first <= PATIENCE}


def note_receipts(journal: Journal, looked_at: Mapping[str, bool]) -> None:
    """Remember of which records the file of a receipt was gone, so that later runs ask for it again."""
    known, now = receipts_left(journal), journal.now()
    left = {each: since for each, since in known.items() if each not in looked_at}
    left |= {each: known.get(each, now) for each, is_left in looked_at.items() if is_left}
    if left != known:
        told = {each: since.isoformat() for each, since in left.items()}
        journal.set_mark(RECEIPTS_LEFT, json.dumps(told))
