"""Reading what an export needs: the ready records, the books, and what an earlier run has posted already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

import attrs

import brex_accounting
import rillet
from brex_accounting import Record, ReviewStatus
from bridge.books import Books
from rillet import Charge, Reimbursement

# The clocks of the two services differ; looking a day further back costs at most a page.
_CLOCK_MARGIN = timedelta(days=1)


@attrs.frozen(kw_only=True)
class Existing:
    """An object that Rillet has for a record already; `kind` is its path, ``charges`` or ``reimbursements``."""

    kind: str
    id: str


def ready_records(brex: brex_accounting.Client, *, updated_after: datetime | None = None) -> list[Record]:
    """Every record that waits for export, oldest posting first, so that a refund follows its expense."""
    ready = brex.records.list(review_status=ReviewStatus.READY_FOR_EXPORT, updated_after=updated_after)
    return sorted(ready, key=lambda record: (record.erp_posting_date, record.id))


def load_books(client: rillet.Client) -> Books:
    """A snapshot of Rillet."""
    return Books(
        accounts=tuple(client.accounts.list()),
        subsidiaries=tuple(client.subsidiaries.list()),
        fields=tuple(client.fields.list()),
        vendors=tuple(client.vendors.list(limit=100)),
        last_closed=_last_closed(client),
    )


def posted_before(
    client: rillet.Client, records: Sequence[Record], reference_type: str | None
) -> Mapping[str, tuple[Existing, ...]]:
    """What Rillet has for these records already, by record id, found by external reference.

    An object is not older than the last change of its record, which bounds the search. Two objects for one record are
    a double posting, made by other hands.
    """
    if reference_type is None or not records:
        return {}
    since = min(record.updated_at for record in records) - _CLOCK_MARGIN
    wanted = {record.id for record in records}
    found = dict[str, tuple[Existing, ...]]()
    listings: dict[str, Iterable[Charge | Reimbursement]] = {
        "charges": client.charges.list(updated_after=since, limit=100),
        "reimbursements": client.reimbursements.list(updated_after=since, limit=100),
    }
    for kind, listing in listings.items():
        for each in listing:
            for reference in each.external_references:
                if reference.type == reference_type and reference.id in wanted:
                    found[reference.id] = (*found.get(reference.id, ()), Existing(kind=kind, id=each.id))
    return found


def _last_closed(client: rillet.Client) -> date | None:
    try:
        return client.book_periods.last_closed().end
    except rillet.NotFoundError:
        # Rillet's way to say that nothing has been closed yet.
        return None
