"""Copies of one invoice or credit note in one run: the newer one counts, and two that nothing puts in order are no invoice."""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs

from bridge.billing.sync.records import digest_of, net_of, subject_of_value
from bridge.billing.values import CreditNote, Invoice, changed_at
from bridge.export.sources.protocol import Unreadable
from clientkit.money import decimal_text

V = TypeVar("V", Invoice, CreditNote)


class Copies(Generic[V]):
    """What a billing system gave, one of each id."""

    def __init__(self) -> None:
        self._found: dict[str, V] = {}
        self._undecided: dict[str, Unreadable] = {}

    def add(self, value: V) -> None:
        """Take one more."""
        subject = subject_of_value(value)
        other = self._found.setdefault(subject, value)
        if other is value or _is_older(value, other):
            return
        if _is_older(other, value):
            self._undecided.pop(subject, None)
        elif digest_of(value) != digest_of(other):
            self._undecided[subject] = Unreadable(id=value.id, why=_why(other, value))
            return
        self._found[subject] = value

    @property
    def values(self) -> dict[str, V]:
        """The newest copies by their subjects, without those that contradict each other."""
        return {subject: each for subject, each in self._found.items() if subject not in self._undecided}

    @property
    def undecided(self) -> tuple[Unreadable, ...]:
        """Those whose newest copies contradict each other."""
        return tuple(self._undecided.values())


def _is_older(value: Invoice | CreditNote, other: Invoice | CreditNote) -> bool:
    """Whether both say when they were changed, and this one before the other."""
    is_told = value.updated_at is not None and other.updated_at is not None
    return is_told and changed_at(value) < changed_at(other)


def _why(one: Invoice | CreditNote, other: Invoice | CreditNote) -> str:
    names = [each.name for each in attrs.fields(type(one)) if getattr(one, each.name) != getattr(other, each.name)]
    nets = " and one of ".join(f"{decimal_text(net_of(each))} {each.currency}" for each in (one, other))
    return (
        f"it is there twice, one of {nets} without tax, which differ in {', '.join(names)}; no updated_at tells which is newer, "
        f"so leave the wrong one out"
    )
