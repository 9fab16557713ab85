"""How a document tells of what it is for, and how that is read again: in external references, or else in its name.

An external reference is ``accr_1 v3 1f0c9a77be21`` beside ``accr_1``, and a name ``Brex accr_1: Card payment (v3
1f0c9a77be21)``: the record's id, its version, and the digest of the form that was posted. A ``+`` behind the digest tells
that this is the first of two parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from bridge.documents.protocol import Mark

_REFERENCE = re.compile(r"(\S+) v(\d+)(?: ([0-9a-f]{12})(\+)?)?")
_NAME = re.compile(r"Brex (\S+):(.*)", re.DOTALL)
_IN_NAME = re.compile(r"\(v(\d+) ([0-9a-f]{12})(\+)?(?: ([0-9a-f]{12}))?\)")
# How the ids of Brex's records begin; those of what they are about begin otherwise.
_RECORD = "accr_"

#: What the name of an entry says that corrects another object of its record.
CORRECTION = "correction"


@attrs.frozen(kw_only=True)
class Origin:
    """The record that a document is made for, and how the document refers to it.

    `source_id` is the id of the record's expense or bill. Without a `reference_type` there are no external references;
    `link` is the address of the record, for people. `begins` tells that it is the first of two parts.
    """

    record_id: str
    version: int
    source_id: str | None = None
    reference_type: str | None = None
    link: str | None = None
    begins: bool = False

    def references(self, digest: str) -> tuple[str, ...]:
        """The ids of its external references, that of the record first; none without a type."""
        if self.reference_type is None:
            return ()
        own = dict.fromkeys((self.record_id, self.source_id or self.record_id))
        return (*own, f"{self.record_id} v{self.version} {self._shown(digest)}")

    def name(self, what: str, digest: str) -> str:
        """The name of an object that has no external references."""
        return f"Brex {self.record_id}: {what} (v{self.version} {self._shown(digest)})"

    def name_of_correction(self, what: str, total: str, own: str) -> str:
        """The name of a correcting entry: with the digest of what it makes of its document, and with its own."""
        return f"Brex {self.record_id}: {what} (v{self.version} {total} {own})"

    def _shown(self, digest: str) -> str:
        return f"{digest}+" if self.begins else digest


def mark_of_name(name: str) -> Mark | None:
    """The mark in the name of a journal entry, None for one that was not made for one record here."""
    found = _NAME.match(name)
    if found is None:
        return None
    subject, text = found.groups()
    # People write something before or behind it.
    told = _IN_NAME.search(text)
    return Mark(
        subject=subject,
        version=None if told is None else int(told[1]),
        digest=None if told is None else told[2],
        corrects=told is not None and told[4] is not None,
        own=None if told is None else told[4],
        begins=told is not None and told[3] is not None,
    )


def mark_of_references(ids: Iterable[str]) -> tuple[Mark | None, frozenset[str]]:
    """The mark in the external references of one object, by their ids, and the other ids of Brex that it carries.

    Of several marks, which earlier releases may have left, the newest counts. Without any the record's own id tells.
    """
    read = {each: _REFERENCE.fullmatch(each) for each in ids}
    marks = [
        Mark(subject=found[1], version=int(found[2]), digest=found[3], begins=found[4] is not None)
        for found in read.values()
        if found is not None
    ]
    others = [each for each, found in read.items() if found is None]
    if marks:
        mark = max(marks, key=lambda each: each.version or 0)
    elif others:
        mark = Mark(subject=next((each for each in others if each.startswith(_RECORD)), others[0]))
    else:
        return None, frozenset()
    return mark, frozenset(others) - {mark.subject}


def is_mark_of(reference_id: str, record_id: str) -> bool:
    """Whether an external reference is the mark of a record, in whatever version."""
    found = _REFERENCE.fullmatch(reference_id)
    return found is not None and found[1] == record_id
