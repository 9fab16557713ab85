"""Payments that somebody may still delete.

Rillet lets only uncleared payments be deleted, and no list of Rillet's tells of a deletion. So a poll remembers the payments
that it saw uncleared. The next one lists from the oldest of them on, and looks at the invoices of those that are gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

import attrs

import rillet
from bridge.export.journal.marks import moments_at
from bridge.export.journal.protocol import Journal
from rillet import InvoicePaymentStatus

_MARK = "billing payments uncleared"
# A list of Rillet's leaves out what changed at the very moment that it begins with.
_JUST_BEFORE = timedelta(seconds=1)


@attrs.frozen
class UnclearedPayments:
    """The payments that were uncleared when a poll last saw them: when each was changed, by its id and its invoice's."""

    _moments: dict[tuple[str, str], datetime]

    @classmethod
    def of(cls, journal: Journal) -> UnclearedPayments:
        """Those that the last poll left. Raises `JournalError`."""
        told = moments_at(journal, _MARK)
        return cls({(payment, invoice): told[key] for key in told for payment, _, invoice in [key.partition(" ")]})

    @classmethod
    def among(cls, payments: Iterable[rillet.InvoicePayment]) -> UnclearedPayments:
        """Those of a listing. One without a time of its change cannot be looked for."""
        return cls(
            {
                (each.id, each.invoice_id): each.updated_at
                for each in payments
                if each.status == InvoicePaymentStatus.UNCLEARED and each.updated_at is not None
            }
        )

    def listed_from(self, after: datetime | None) -> datetime | None:
        """Where a listing has to begin that shows what changed after a moment, and those of these that are still there."""
        return after and min([after, *(each - _JUST_BEFORE for each in self._moments.values())])

    def gone_from(self, listed: Iterable[rillet.InvoicePayment]) -> Iterable[str]:
        """The invoices of those that a listing no longer has."""
        there = {each.id for each in listed}
        return [invoice for payment, invoice in self._moments if payment not in there]

    def remember(self, journal: Journal) -> None:
        """Leave these to the next poll. Raises `JournalError`."""
        told = {f"{payment} {invoice}": moment.isoformat() for (payment, invoice), moment in self._moments.items()}
        journal.set_mark(_MARK, json.dumps(told))
