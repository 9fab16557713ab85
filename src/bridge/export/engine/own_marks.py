"""Whether a document of the caller's own says which record it is for, so that a look-up finds it again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bridge.documents.marks import mark_of_name, mark_of_references
from bridge.documents.protocol import Document, Mark, PlannedVendor
from bridge.export.engine.attempts import PLANNED
from bridge.unreadable import texts_in
from clientkit import codec
from clientkit.requests import Request


def mark_of_another(document: Document, record_id: str) -> str | None:
    """The record that a document names by its mark in the place of its own; None where it does not."""
    marks = [mark for text in _texts(document) for mark in _marks(text)]
    if any(each.subject == record_id for each in marks):
        return None
    return next((each.subject for each in marks), None)


def is_named(document: Document, record_id: str) -> bool:
    """Whether the record's id stands anywhere in the request that creates its document."""
    return _stands_in(record_id, _texts(document))


def fault_of_correction(correction: Document, document: Document, record_id: str) -> str | None:
    """Why a look-up would not know a correction again; None where its request tells all that the mark of one does."""
    texts = _texts(correction)
    told = (record_id, document.form().digest(), correction.form().digest())
    if all(_stands_in(each, texts) for each in told):
        return None
    return (
        f"{type(document).__name__}.correction gave a {type(correction).__name__} without the mark of a correction of "
        f"{record_id}, and would be posted twice where its answer is lost; write origin.name_of_correction(…) into it"
    )


def creation_of(document: Document) -> Any:
    """The request that creates a document, before its vendor has an id; a document of the caller's may give anything."""
    if isinstance(document.party, PlannedVendor):
        document = document.with_vendor(PLANNED)
    return document.create()


def _texts(document: Document) -> Sequence[str]:
    request: Request[Any] = creation_of(document)
    return [request.path, *map(str, request.query.values()), *texts_in(codec.parse(codec.dumps(request.body)))]


def _stands_in(wanted: str, texts: Sequence[str]) -> bool:
    """Whether one of the texts says it as a word."""
    named = re.compile(rf"(?<!\w){re.escape(wanted)}(?!\w)")
    return any(named.search(each) for each in texts)


def _marks(text: str) -> Sequence[Mark]:
    """The marks that a text is. Without a digest it may be any text that begins like one."""
    told = (mark_of_name(text), mark_of_references([text])[0])
    return [each for each in told if each is not None and each.digest is not None]
