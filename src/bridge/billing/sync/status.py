"""Where each invoice is, as the journal tells; nobody else is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from bridge.billing.documents import CREDIT_NOTE, INVOICE, subject_of
from bridge.export.engine.attempts import Attempt, last_attempt
from bridge.export.journal.protocol import Journal

_SHOWN = (subject_of(INVOICE, ""), subject_of(CREDIT_NOTE, ""))


@attrs.frozen(kw_only=True)
class InvoiceState:
    """What the journal knows of an invoice or a credit note.

    `state` is ``in Rillet``, ``deleted``, ``dismissed``, ``unknown`` (an attempt without an outcome) or ``not in Rillet``. `place` is
    the object, `reasons` are those of the last refusal that came after it.
    """

    subject: str
    state: str
    place: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The billing system's id."""
        return self.subject.partition(":")[2]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"subject": self.subject, "state": self.state, "place": self.place, "reasons": list(self.reasons)}


def invoice_states(journal: Journal, also: Iterable[str] = ()) -> Iterator[InvoiceState]:
    """Every invoice and credit note that the journal has an attempt for, in their order, and `also` these subjects.

    Raises `JournalError`.
    """
    subjects = dict.fromkeys(each.subject for each in journal.walk() if each.subject.startswith(_SHOWN))
    subjects |= dict.fromkeys(also)
    for subject in subjects:
        yield state_of_invoice(subject, journal)


def state_of_invoice(subject: str, journal: Journal) -> InvoiceState:
    """What the journal knows of one. Raises `JournalError`."""
    last = last_attempt(journal.attempts(subject))
    refusals = journal.refusals(subject)
    reasons = tuple(text for _, text in refusals[-1].reasons) if refusals else ()
    settled = None if last is None else last.settled_at
    is_newer = bool(refusals) and (settled is None or refusals[-1].last_at > settled)
    state, place = _state(last)
    if last is not None and last.error is not None:
        reasons = (*reasons, last.error) if is_newer else (last.error,)
        is_newer = True
    return InvoiceState(subject=subject, state=state, place=place, reasons=reasons if is_newer else ())


def _state(last: Attempt | None) -> tuple[str, str | None]:
    if last is None:
        return "not in Rillet", None
    if last.was_dismissed:
        return "dismissed", None
    if last.is_open:
        return "unknown", None
    if last.is_there:
        return "in Rillet", str(last.ref)
    return ("deleted" if last.was_carried_out else "not in Rillet"), None
