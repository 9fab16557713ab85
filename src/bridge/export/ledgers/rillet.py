"""Reading what an export needs: the ready records, the books, and what an earlier run has posted already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

import brex_accounting
import rillet
from brex_accounting import Record, RecordType, ReviewStatus, SourceType
from bridge.books import Books
from bridge.decisions import BillPaymentPayload
from bridge.export.engine.attempts import is_summary, summary_subject
from bridge.mappers.journal_entries import record_id_of
from bridge.mappers.summaries import digest_of
from rillet import Bill, Charge, Reimbursement

# The clocks of the two services differ; looking a day further back costs at most a page.
_CLOCK_MARGIN = timedelta(days=1)


@attrs.frozen(kw_only=True)
class Existing:
    """An object that Rillet has for a record already; `kind` is its path, such as ``charges``."""

    kind: str
    id: str


def ready_records(brex: brex_accounting.Client, *, updated_after: datetime | None = None) -> list[Record]:
    """Every record that waits for export, oldest posting first, so that a refund follows its expense.

    Payments of bills come last: their bills are there then.
    """
    ready = records_in(brex, ReviewStatus.READY_FOR_EXPORT, updated_after=updated_after)
    return sorted(ready, key=lambda record: (pays_a_bill(record), record.erp_posting_date, record.id))


def records_in(
    brex: brex_accounting.Client, status: ReviewStatus, *, updated_after: datetime | None = None
) -> tuple[Record, ...]:
    """Every record in this state, bills included, which Brex does not find by their state."""
    found = {each.id: each for each in brex.records.list(review_status=status, updated_after=updated_after)}
    bills = brex.records.list(source_type=SourceType.BILL, updated_after=updated_after)
    found |= {bill.id: bill for bill in bills if bill.review_status == status}
    return tuple(found.values())


def pays_a_bill(record: Record) -> bool:
    """Whether a record is about a bill that has to be in Rillet already."""
    return record.type == RecordType.BILL_EXPENSE_PAYMENT


def load_books(client: rillet.Client) -> Books:
    """A snapshot of Rillet, except for the bills."""
    return Books(
        accounts=tuple(client.accounts.list()),
        subsidiaries=tuple(client.subsidiaries.list()),
        fields=tuple(client.fields.list()),
        vendors=tuple(client.vendors.list(limit=100)),
        tax_rates=tuple(client.tax_rates.list()),
        last_closed=_last_closed(client),
    )


def payments_like(client: rillet.Client, wanted: BillPaymentPayload) -> tuple[str, ...]:
    """The ids of payments that the bill has already and that equal `wanted` in day, amount and account.

    Payments have no external references, so nothing else tells whether an earlier run has recorded one.
    """
    payment = wanted.payment
    return tuple(
        each.id
        for each in client.bills.list_payments(wanted.bill_id)
        if (each.date, each.amount, each.account_code) == (payment.date, payment.amount, payment.account_code)
    )


def with_bills(books: Books, client: rillet.Client) -> Books:
    """The snapshot with every bill that Rillet has, for payments to find theirs."""
    return attrs.evolve(books, bills=tuple(client.bills.list(limit=100)))


def posted_before(
    client: rillet.Client, records: Sequence[Record], reference_type: str | None, *, since: datetime | None = None
) -> Mapping[str, tuple[Existing, ...]]:
    """What Rillet has for these records already, by record id, found by external reference or by a journal entry's name.

    An object is not older than the last change of its record, which bounds the search, or than `since`, if that is
    earlier. Two objects for one record are a double posting, made by other hands.
    """
    if not records:
        return {}
    changed = min(record.updated_at for record in records)
    wanted = {record.id for record in records}
    return found_in_rillet(client, wanted, reference_type, since=min(changed, since or changed))


def found_in_rillet(
    client: rillet.Client,
    wanted: Collection[str],
    reference_type: str | None,
    *,
    since: datetime,
    bills_since: datetime | None = None,
) -> Mapping[str, tuple[Existing, ...]]:
    """As `posted_before`, for records by their ids alone; nothing that counts was changed before `since`.

    `bills_since` is that moment for bills, if it is another one. Every summary of records is found too, by its subject.
    """
    found = dict[str, tuple[Existing, ...]]()
    bills_since = (bills_since or since) - _CLOCK_MARGIN
    for kind, object_id, subject in _objects(client, reference_type, since - _CLOCK_MARGIN, bills_since):
        if subject is not None and (subject in wanted or is_summary(subject)):
            found[subject] = (*found.get(subject, ()), Existing(kind=kind, id=object_id))
    return found


def _objects(
    client: rillet.Client, reference_type: str | None, since: datetime, bills_since: datetime
) -> Iterator[tuple[str, str, str | None]]:
    """Kind and id of what was changed since then, with what may be the id of its record, or the subject of a summary."""
    listings: dict[str, Iterable[Charge | Reimbursement | Bill]] = {
        "charges": client.charges.list(updated_after=since, limit=100),
        "reimbursements": client.reimbursements.list(updated_after=since, limit=100),
        "bills": client.bills.list(updated_after=bills_since, limit=100),
    }
    for kind, listing in listings.items() if reference_type is not None else ():
        for each in listing:
            for reference in each.external_references:
                if reference.type == reference_type:
                    yield kind, each.id, reference.id
    for entry in client.journal_entries.list(updated_after=since, limit=100):
        digest = digest_of(entry.name)
        yield "journal-entries", entry.id, record_id_of(entry.name) if digest is None else summary_subject(digest)


def zone_of(name: str) -> tzinfo | None:
    """The time zone with an IANA name, as this machine knows it; None where it does not."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None


def _last_closed(client: rillet.Client) -> date | None:
    try:
        return client.book_periods.last_closed().end
    except rillet.NotFoundError:
        # Rillet's way to say that nothing has been closed yet.
        return None
