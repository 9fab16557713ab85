"""Which invoices a credit memo pays, now and before: one that it no longer pays is open again."""

from __future__ import annotations

import json
from collections.abc import Iterable

import rillet
from bridge.billing.sync.applying import applied_by_sync
from bridge.export.journal.marks import texts_at
from bridge.export.journal.protocol import Journal
from clientkit.errors import NotFoundError


class CreditedInvoices:
    """The invoices of credit memos, which the journal remembers once they were told."""

    def __init__(self, client: rillet.Client, journal: Journal) -> None:
        self._client, self._journal = client, journal
        self._seen = dict[str, tuple[str, ...]]()

    def now(self, memo_id: str) -> tuple[str, ...]:
        """Those that it pays now; none where it was deleted. Raises `ApiError`."""
        try:
            return paid_by(self._client.credit_memos.get(memo_id))
        except NotFoundError as error:
            if not error.is_from_service:
                raise
            return ()

    def before(self, memo_id: str) -> tuple[str, ...]:
        """Those that it has paid at any time, as far as the journal knows. Raises `JournalError`."""
        seen = texts_at(self._journal, _mark(memo_id)) or self._seen.get(memo_id, ())
        return tuple(dict.fromkeys([*seen, *sorted(applied_by_sync(memo_id, self._journal))]))

    def remember(self, memo_id: str, invoices: Iterable[str]) -> None:
        """These were told. Raises `JournalError`."""
        known = tuple(invoices)
        if known != self._seen.get(memo_id):
            self._journal.set_mark(_mark(memo_id), json.dumps(known))
            self._seen[memo_id] = known


def paid_by(memo: rillet.CreditMemo) -> tuple[str, ...]:
    """The invoices that a credit memo pays."""
    return tuple(dict.fromkeys(each.invoice_id for each in memo.applications))


def _mark(memo_id: str) -> str:
    return f"billing credited {memo_id}"
