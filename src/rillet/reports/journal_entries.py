"""Journal entries in the reporting currency (https://docs.api.rillet.com/reference/list-reports-journal-entries)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import attrs

from clientkit.codec import Extra, unknown_fields, wire_name
from clientkit.endpoints import listing
from clientkit.model import Model
from clientkit.requests import PageRequest
from rillet._paging import KEYSET, checked_limit
from rillet.ledger.journal_entries import RelatedEntity, Side, account_filter
from rillet.values import FieldAssignment, Money


@attrs.frozen(kw_only=True)
class ReportingJournalEntryItem(Model):
    """One posted line: `local_amount` in the subsidiary's currency, `reporting_amount` in the organization's.

    Both can have more places than their currency. `exchange_rate` turns the first into the second.
    `original_transaction_amount` is there if the line was booked in another currency than the entry's.
    """

    id: str
    local_amount: Money
    reporting_amount: Money
    account_code: str
    side: Side
    account_id: str | None = None
    description: str | None = None
    original_transaction_amount: Money | None = None
    exchange_rate: Decimal | None = None
    fields: tuple[FieldAssignment, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class ReportingJournalEntry(Model):
    """A journal entry with its amounts in the reporting currency as well."""

    id: str
    name: str
    items: tuple[ReportingJournalEntryItem, ...]
    subsidiary_id: str | None = None
    related_entity: RelatedEntity | None = None
    reversal_date: date | None = None
    attachment_url: str | None = attrs.field(default=None, metadata=wire_name("attachmentUrl"))
    date: date
    extra: Extra = unknown_fields()


class ReportingJournalEntryOperations:
    """The endpoint ``/reports/journal-entries``."""

    _resource = "reports"

    @listing
    def journal_entries(
        self,
        *,
        subsidiary_id: str | None = None,
        updated_after: datetime | None = None,
        from_date: date | None = None,
        to_date: date | None = None,
        account_ids: Sequence[str] | None = None,
        sort_by: Literal["created", "updated"] | None = None,
        limit: int | None = None,
    ) -> PageRequest[ReportingJournalEntry]:
        """Journal entries with their amounts in the reporting currency, newest first.

        Args:
            subsidiary_id: Only entries of this subsidiary.
            updated_after: Only entries changed after this moment, which is itself excluded.
            from_date: Only entries of this day or later.
            to_date: Only entries of this day or earlier.
            account_ids: Only entries with a line on one of these accounts.
            sort_by: What "newest" goes by: creation, unless it says otherwise.
            limit: Entries per page, 1 to 100.
        """
        query = {
            "subsidiary_id": subsidiary_id,
            "updated.gt": updated_after,
            "date.gte": from_date,
            "date.lte": to_date,
            "account_ids": account_filter(account_ids),
            "sort_by": sort_by,
            "limit": checked_limit(limit),
        }
        return PageRequest(
            path="/reports/journal-entries",
            item=ReportingJournalEntry,
            items_key="journal_entries",
            paging=KEYSET,
            query=query,
            key=_id,
        )


def _id(entry: ReportingJournalEntry) -> str:
    return entry.id
