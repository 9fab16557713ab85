"""Journal entries (https://docs.api.rillet.com/reference/list-all-journal-entries)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import attrs

from clientkit.codec import Extra, unknown_fields, wire_name
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from rillet._paging import KEYSET, checked_limit
from rillet.values import ExchangeRate, FieldAssignment, Money


class Side(OpenEnum):
    """The side of the ledger that a line is on."""

    DEBIT = "DEBIT"
    CREDIT = "CREDIT"


class RelatedEntityType(OpenEnum):
    """Whose subledger a journal entry belongs to."""

    CUSTOMER = "CUSTOMER"
    VENDOR = "VENDOR"


@attrs.frozen(kw_only=True)
class RelatedEntity(Model):
    """The customer or vendor that a journal entry is about."""

    id: str
    type: RelatedEntityType
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class JournalEntryItem(Model):
    """One posted line. `account_id` stays when an account is renumbered, `account_code` does not.

    `original_transaction_amount` is there if the line was booked in another currency than the entry's.
    """

    id: str
    amount: Money
    account_code: str
    side: Side
    account_id: str | None = None
    description: str | None = None
    original_transaction_amount: Money | None = None
    fields: tuple[FieldAssignment, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class JournalEntry(Model):
    """A double entry as Rillet has it.

    `date` is the day it counts in the general ledger, `reversal_date` the day it is taken back. The VAT of its lines
    does not come back.
    """

    id: str
    name: str
    currency: str
    items: tuple[JournalEntryItem, ...]
    reversal_date: date | None = None
    attachment_url: str | None = attrs.field(default=None, metadata=wire_name("attachmentUrl"))
    exchange_rate: ExchangeRate | None = None
    subsidiary_id: str | None = None
    related_entity: RelatedEntity | None = None
    updated_at: datetime | None = None
    date: date
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewJournalEntryItem(Input):
    """One line to post; `amount`, rounded to its currency, is on the side that `side` says.

    `vat_code` is the code or the description of a VAT rate of the subsidiary's country and wants a `vat_type`:
    ``Revenue`` or ``Expense``. The amount then includes the VAT, and Rillet needs an account of subtype
    ``Sales Tax Liability``.
    """

    account_code: str
    amount: Money
    side: Side
    description: str | None = None
    vat_code: str | None = None
    vat_type: str | None = None
    fields: Sequence[FieldAssignment] = ()


@attrs.frozen(kw_only=True)
class NewJournalEntry(Input):
    """A double entry to post: two lines or more, whose debits equal its credits.

    A journal entry has no external references, so `name` is the place for a mark to find it by. Rillet drops
    `related_entity` without a word where a line is on a control account.
    """

    name: str
    currency: str
    items: Sequence[NewJournalEntryItem]
    reversal_date: date | None = None
    attachment_url: str | None = attrs.field(default=None, metadata=wire_name("attachmentUrl"))
    exchange_rate: ExchangeRate | None = None
    subsidiary_id: str | None = None
    related_entity: RelatedEntity | None = None
    date: date


@attrs.frozen(kw_only=True)
class JournalEntryUpdate(Input):
    """What a journal entry is to be: an update replaces it by this. Its subsidiary stays."""

    name: str
    currency: str
    items: Sequence[NewJournalEntryItem]
    reversal_date: date | None = None
    attachment_url: str | None = attrs.field(default=None, metadata=wire_name("attachmentUrl"))
    exchange_rate: ExchangeRate | None = None
    date: date
    extra: Extra = unknown_fields()


def account_filter(account_ids: Sequence[str] | None) -> str | None:
    """Account ids as Rillet wants them in a query, with commas between.

    Raises `ValueError` for an empty sequence, which Rillet would take for no filter.
    """
    if account_ids is None:
        return None
    if not account_ids:
        raise ValueError("account_ids is empty; leave it out for the entries of all accounts")
    return ",".join(account_ids)


class JournalEntryOperations:
    """The endpoints under ``/journal-entries``.

    There is no ``modify`` here: the VAT of lines cannot be read back, so a journal entry that was read and written
    whole would lose it.
    """

    @listing
    def list(
        self,
        *,
        subsidiary_id: str | None = None,
        updated_after: datetime | None = None,
        from_date: date | None = None,
        to_date: date | None = None,
        account_ids: Sequence[str] | None = None,
        sort_by: Literal["created", "updated"] | None = None,
        limit: int | None = None,
    ) -> PageRequest[JournalEntry]:
        """Journal entries, newest first.

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
            path="/journal-entries", item=JournalEntry, items_key="journal_entries", paging=KEYSET, query=query, key=_id
        )

    @operation
    def get(self, journal_entry_id: str) -> Request[JournalEntry]:
        """One journal entry. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/journal-entries/{segment(journal_entry_id)}", returns=JournalEntry)

    @operation
    def create(self, entry: NewJournalEntry, *, idempotency_key: str | None = None) -> Request[JournalEntry]:
        """Post a journal entry.

        Args:
            entry: The journal entry.
            idempotency_key: Under the same key Rillet posts once only, for 24 hours; made up when left out.
        """
        return post("/journal-entries", JournalEntry, entry, idempotency_key)

    @operation
    def update(self, journal_entry_id: str, entry: JournalEntryUpdate) -> Request[JournalEntry]:
        """Replace a journal entry: what is left out becomes empty.

        Give every line its `vat_code` and `vat_type` anew: they do not come back when an entry is read, and a line
        that is sent without them loses its VAT. Whether the related entity survives is not documented.
        """
        path = f"/journal-entries/{segment(journal_entry_id)}"
        return Request(method="PUT", path=path, returns=JournalEntry, body=entry)

    @operation
    def delete(self, journal_entry_id: str) -> Request[None]:
        """Delete a journal entry and take back its postings."""
        return Request(method="DELETE", path=f"/journal-entries/{segment(journal_entry_id)}")


def _id(entry: JournalEntry) -> str:
    return entry.id


class JournalEntries(JournalEntryOperations, SyncResource):
    """Journal entries, blocking."""


class AsyncJournalEntries(JournalEntryOperations, AsyncResource):
    """Journal entries, to be awaited."""
