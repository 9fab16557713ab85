"""Which record an object of the ledger stands for, as the journal knows it, so that no other record is given it."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.documents.protocol import Ref
from bridge.export.engine.attempts import Attempt, Purpose, is_receipt
from bridge.export.journal.protocol import Journal


def other_on(ref: Ref, subject: str, journal: Journal) -> str | None:
    """Another subject, such as a record, for which the object stands by the journal; None where there is none.

    It takes one look into the journal, and further ones only where another subject ever had the object.
    """
    attempts = (each for each in journal.by_object(ref.id) if each.ref == ref and not is_receipt(each.subject))
    others = dict.fromkeys(each.subject for each in attempts if each.subject != subject)
    return next((each for each in others if ref in _standing(each, journal.attempts(each))), None)


def _standing(subject: str, attempts: Iterable[Attempt]) -> set[Ref]:
    """The objects that stand for a subject, which a later document takes the place of; a deletion may be on its way."""
    standing = set[Ref]()
    for each in attempts:
        if each.subject != subject:
            continue
        if each.deletes and not each.was_undone:
            standing.clear()
        elif each.is_there and each.purpose is Purpose.CORRECTION:
            standing.add(each.ref)
        elif each.is_there:
            standing = {each.ref}
    return standing
