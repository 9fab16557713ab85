"""Whether an answer of Rillet is about what was sent, so that the answer to another request is never taken for it.

A proxy or a connection out of step gives a request the answer that belongs to another one. What an answer tells is
compared: references, names, kind, day and amounts. What it does not tell proves nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import cast

from bridge.closing.accrual_marks import accrual_mark
from bridge.documents.form import Form
from bridge.documents.marks import mark_of_name
from bridge.documents.rillet_forms import (
    BILLS,
    CHARGES,
    JOURNAL_ENTRIES,
    REIMBURSEMENTS,
    VENDOR_CREDITS,
    form_of_bytes,
)
from bridge.export.engine.attempts import Attempt, is_accrual, is_record, is_summary
from bridge.mappers.summaries import digest_of
from clientkit import codec
from clientkit.codec import CodecError
from clientkit.money import places, total
from rillet import ExternalReference

_VENDORS = "vendors"
_DOCUMENTS = (BILLS, CHARGES, REIMBURSEMENTS, VENDOR_CREDITS, JOURNAL_ENTRIES)
# Where the mark of an object stands that has no external references.
_NAMES = {JOURNAL_ENTRIES: "name", VENDOR_CREDITS: "memo"}
# What a form is about. The rest of it the service may write another way than it was sent.
_TELLING = frozenset({"kind", "day", "party", "bill", "reimbursement", "currency"})


def is_about(attempt: Attempt, content: bytes, *, reference_type: str | None) -> bool:
    """Whether the answer may be about this attempt: nothing that it tells says otherwise."""
    try:
        told = codec.parse(content) if content else None
    except CodecError:
        return True
    if not isinstance(told, dict):
        return True
    answer = cast("Mapping[str, object]", told)
    if not attempt.takes_id:
        # A deletion and an upload are answered without a body.
        about = attempt.target.id if attempt.deletes else attempt.object_id
        return answer.get("id") in {None, about}
    if attempt.kind == _VENDORS:
        return _is_vendor(attempt, answer, content)
    return (
        _has_references(attempt, answer, reference_type)
        and _has_name(attempt, answer)
        and _says_the_same(attempt, content)
    )


def _is_vendor(attempt: Attempt, answer: Mapping[str, object], content: bytes) -> bool:
    sent = cast("Mapping[str, object]", codec.parse(attempt.payload))
    mine, theirs = set(_references(sent)), set(_references(answer))
    if mine and theirs:
        return mine <= theirs
    name = answer.get("name")
    if not isinstance(name, str):
        return _kind_of(content) is None
    return _spelled(name) == _spelled(str(sent.get("name")))


def _has_references(attempt: Attempt, answer: Mapping[str, object], reference_type: str | None) -> bool:
    own = {each.id for each in _references(answer) if each.type == reference_type}
    return not own or not is_record(attempt.subject) or attempt.subject in own


def _has_name(attempt: Attempt, answer: Mapping[str, object]) -> bool:
    """Whether its name tells of the same record and the same posting of it, or of the same summary or accrual."""
    key = _NAMES.get(attempt.kind, "")
    name, sent = answer.get(key), codec.parse(attempt.payload)
    if not isinstance(name, str) or not name:
        return True
    asked = cast("Mapping[str, object]", sent).get(key) if isinstance(sent, dict) else None
    if is_summary(attempt.subject):
        return digest_of(name) == digest_of(str(asked))
    if is_accrual(attempt.subject):
        return accrual_mark(name) == accrual_mark(str(asked))
    mine, theirs = mark_of_name(str(asked)), mark_of_name(name)
    if theirs is None or theirs.subject != attempt.subject:
        return False
    # A name that was cut off at its end has lost its version.
    return mine is None or None in {mine.version, theirs.version} or mine == theirs


def _says_the_same(attempt: Attempt, content: bytes) -> bool:
    sent, answered = form_of_bytes(attempt.kind, attempt.payload), form_of_bytes(attempt.kind, content)
    if answered is None:
        return _kind_of(content) is None
    if sent is None:
        return True
    return _TELLING.isdisjoint(sent.differences(answered)) and _has_the_same_amounts(sent, answered)


def _has_the_same_amounts(sent: Form, answered: Form) -> bool:
    """Whether as much moves; a service may round each of its lines to whole minor units."""
    mine, theirs = _moved(sent), _moved(answered)
    lines = max(len(sent.lines), len(answered.lines))
    return mine.keys() == theirs.keys() and all(
        total((amount, theirs[currency].copy_negate())).copy_abs() <= Decimal(lines).scaleb(-places(currency))
        for currency, amount in mine.items()
    )


def _moved(form: Form) -> Mapping[str, Decimal]:
    """What the lines add up to in each currency, whatever their sides."""
    currencies = {each.currency for each in form.lines}
    return {each: total(line.amount.copy_abs() for line in form.lines if line.currency == each) for each in currencies}


def _kind_of(content: bytes) -> str | None:
    """The kind of document that a content can be read as, whatever it was sent as."""
    return next((kind for kind in _DOCUMENTS if form_of_bytes(kind, content) is not None), None)


def _references(value: Mapping[str, object]) -> Iterable[ExternalReference]:
    try:
        return codec.structure(value.get("external_references") or (), tuple[ExternalReference, ...])
    except CodecError:
        return ()


def _spelled(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
