"""Where each invoice is, as the journal tells; nobody else is asked."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from bridge.billing.documents import CREDIT_NOTE, INVOICE, subject_of
from bridge.billing.sync.protocol import ListedInvoices
from bridge.export.engine.attempts import Attempt, AttemptState
from bridge.export.journal.protocol import Journal, Latest, Refusal

_SHOWN = (subject_of(INVOICE, ""), subject_of(CREDIT_NOTE, ""))
_IN_ORDER = frozenset({"in Rillet", "deleted", "dismissed", "not synced yet"})


@attrs.frozen(kw_only=True)
class InvoiceState:
    """What the journal knows of an invoice or a credit note.

    `state` is ``in Rillet``, ``deleted``, ``dismissed`` (`reasons` say why), ``outcome unknown`` (of the last attempt),
    ``refused``, ``undone`` (Rillet lost it, and a person wants it there), ``not synced yet``, ``cannot be read``, or ``unknown``:
    there is no such one. `place` is the object. Where something was refused since it was posted, `reasons` say why.
    """

    subject: str
    state: str
    place: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The billing system's id."""
        return self.subject.partition(":")[2]

    @property
    def is_in_order(self) -> bool:
        """Whether nobody has to look at it, as far as the journal knows."""
        return self.state in _IN_ORDER and (self.state == "dismissed" or not self.reasons)

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"subject": self.subject, "state": self.state, "place": self.place, "reasons": list(self.reasons)}


def invoice_states(
    journal: Journal, listed: ListedInvoices | None = None, *, only: str | None = None
) -> tuple[InvoiceState, ...]:
    """Every invoice and credit note that was tried or refused, and everything that is `listed`; with `only` those of an id.

    Raises `JournalError`.
    """
    listed = listed or ListedInvoices(())
    known = {each.record_id: each for each in journal.latest() if each.record_id.startswith(_SHOWN)}
    subjects = dict.fromkeys([*known, *listed.subjects()])
    found = [_state_of(each, known.get(each)) for each in subjects]
    found += _unread(listed)
    wanted = tuple(each for each in found if only in {None, each.id})
    if wanted or only is None:
        return wanted
    return (
        InvoiceState(subject=subject_of(INVOICE, only), state="unknown", reasons=("nothing of it was ever tried",)),
    )


def _unread(listed: ListedInvoices) -> Iterator[InvoiceState]:
    for each in listed.unreadable():
        yield InvoiceState(subject=subject_of(INVOICE, each.id or ""), state="cannot be read", reasons=(each.why,))


def _state_of(subject: str, latest: Latest | None) -> InvoiceState:
    last = None if latest is None else latest.attempt
    refusal = None if latest is None or latest.refusal is None or latest.refusal.is_over else latest.refusal
    reasons = [*_refused_since(last, refusal)]
    if last is not None and last.error is not None:
        reasons.append(last.error)
    place = str(last.ref) if last is not None and last.is_there else None
    return InvoiceState(
        subject=subject, state=_state(last, refusal), place=place, reasons=tuple(dict.fromkeys(reasons))
    )


def _refused_since(last: Attempt | None, refusal: Refusal | None) -> Iterator[str]:
    """The reasons of a refusal that came after the attempt, or still held after it."""
    settled = None if last is None else last.settled_at
    if refusal is not None and (settled is None or refusal.last_at > settled):
        yield from (text for _, text in refusal.reasons)


def _state(last: Attempt | None, refusal: Refusal | None) -> str:
    if last is None:
        return "not synced yet" if refusal is None else "refused"
    if last.was_dismissed:
        return "dismissed"
    if last.is_open:
        return "outcome unknown"
    if last.is_there:
        return "in Rillet"
    if last.was_carried_out:
        return "deleted"
    return "refused" if last.state is AttemptState.REJECTED or refusal is not None else "undone"
