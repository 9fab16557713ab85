"""The references of an invoice or a credit memo, by which the sync finds it again: the billing system's id, and a mark.

A mark is ``invoice:in_1 v1767225600 1f0c9a77be21``. An id may have spaces in it, and look like a mark of another kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bridge.billing.documents import CREDIT_NOTE, INVOICE
from bridge.documents.protocol import Mark

_MARK = re.compile(rf"((?:{INVOICE}|{CREDIT_NOTE}):.+) v(\d+) ([0-9a-f]{{12}})", re.DOTALL)


def mark_and_ids(references: Iterable[str]) -> tuple[Mark | None, frozenset[str]]:
    """The mark among the references of one object, the newest where there are several, and the plain ids."""
    read = {each: _MARK.fullmatch(each) for each in references}
    marks = [Mark(subject=each[1], version=int(each[2]), digest=each[3]) for each in read.values() if each is not None]
    plain = frozenset(text for text, found in read.items() if found is None)
    return max(marks, key=lambda each: each.version or 0, default=None), plain


def is_mark_of(reference: str, subject: str) -> bool:
    """Whether a reference is the mark of an invoice or a credit note, in whatever version."""
    found = _MARK.fullmatch(reference)
    return found is not None and found[1] == subject
