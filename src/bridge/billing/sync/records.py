"""What belongs to a billing system, in the shape that the engine carries: a record with an id, a version and a content.

The engine looks at nothing else of a record; what becomes of it is decided by `bridge.billing.sync.mapping`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import cast

import attrs

from brex_accounting import Amount, LineItem, Record, RecordType, ReviewStatus, Side, SourceType
from bridge.billing.documents import CREDIT_NOTE, INVOICE, subject_of
from bridge.billing.planning import version_of
from bridge.billing.values import CreditNote, Invoice, InvoiceStatus, Line, changed_at
from bridge.datatable import trimmed
from bridge.documents.record_digest import record_digest
from bridge.export.owners import JournalUse
from bridge.export.sources.protocol import Answer, Page, Told, Unreadable
from clientkit.money import checked, total

_DIGITS = 20
#: No billing system's invoice is older.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# What only tracks the life of an invoice, or is said of another one.
_LIFE = frozenset({"status", "updated_at", "created_at", "link", "credited_product"})


def subject_of_value(value: Invoice | CreditNote) -> str:
    """How the journal calls it."""
    return subject_of(INVOICE if isinstance(value, Invoice) else CREDIT_NOTE, value.id)


def record_of(value: Invoice | CreditNote, *, is_taken: bool, posted: str | None = None) -> Record:
    """An invoice or a credit note as a record; `is_taken` tells that it is in the ledger, as far as the journal knows.

    `posted` is the digest of the record's content that the journal has. Older journals have one of the customer's data too;
    what says the same as then is not changed.
    """
    record = _record_of(value, is_taken=is_taken, memo=own_digest_of(value))
    if posted is None or record_digest(record) == posted:
        return record
    earlier = attrs.evolve(record, memo=digest_of(value))
    return earlier if record_digest(earlier) == posted else record


def _record_of(value: Invoice | CreditNote, *, is_taken: bool, memo: str) -> Record:
    line = LineItem(id="1", type=Side.DEBIT, amount=Amount(amount=net_of(value), currency=value.currency))
    return _record(
        subject_of_value(value),
        is_taken=is_taken,
        lines=(line,),
        memo=memo,
        posted_at=min(value.created_at or EARLIEST, changed_at(value)),
        updated_at=changed_at(value),
        version=version_of(value),
        day=value.issued,
    )


def net_of(value: Invoice | CreditNote) -> Decimal:
    """What its lines come to; nothing where one of them is no amount, which the mapping refuses it for."""
    try:
        return total(checked(each.amount) for each in value.lines)
    except (TypeError, ValueError):
        return Decimal(0)


def record_of_subject(subject: str, *, is_taken: bool, refused: str | None = None) -> Record:
    """A customer, a product or the application of a credit memo: what is there once and does not change.

    Why it is `refused` is part of what it says, so that it counts as changed where it was posted.
    """
    return _record(
        subject,
        is_taken=is_taken,
        lines=(),
        memo=refused,
        posted_at=EARLIEST,
        updated_at=EARLIEST,
        version=1,
        day=EARLIEST.date(),
    )


class ListedRecords:
    """A `Source` of records that were read already, which is told nothing: the journal knows what became of them."""

    requests_sent = 0
    journal_use = JournalUse.BILLING

    def __init__(self, records: Iterable[Record], *, name: str, unreadable: Sequence[Unreadable] = ()) -> None:
        self.name = name
        self._records = {each.id: each for each in records}
        self._unreadable = tuple(unreadable)

    def is_offered(self, record: Record) -> bool:
        """Whether it is not in the ledger yet."""
        return record.review_status == ReviewStatus.READY_FOR_EXPORT

    def is_taken(self, record: Record) -> bool:
        """Whether it is in the ledger, as far as the journal knows."""
        return record.review_status == ReviewStatus.EXPORTED

    def pages(
        self, *, ids: Sequence[str] | None, updated_after: datetime | None, changed_since: datetime | None
    ) -> Iterator[Page]:
        """All of them, or those with these ids."""
        del updated_after, changed_since
        wanted = self._records if ids is None else [each for each in ids if each in self._records]
        yield Page(
            records=tuple(self._records[each] for each in wanted), unreadable=self._unreadable if ids is None else ()
        )

    def tell(self, told: Sequence[Told]) -> Sequence[Answer]:
        """Take everything."""
        return [Answer(record_id=each.record_id, is_taken=True) for each in told]


def _record(
    subject: str,
    *,
    is_taken: bool,
    lines: tuple[LineItem, ...],
    memo: str | None,
    posted_at: datetime,
    updated_at: datetime,
    version: int,
    day: date,
) -> Record:
    return Record(
        id=subject,
        amount=lines[0].amount if lines else Amount(amount=Decimal(0), currency="USD"),
        type=RecordType("BILLING"),
        review_status=ReviewStatus.EXPORTED if is_taken else ReviewStatus.READY_FOR_EXPORT,
        source_type=SourceType("BILLING"),
        erp_posting_date=datetime(day.year, day.month, day.day, tzinfo=UTC),
        updated_at=updated_at,
        version=version,
        posted_at=posted_at,
        line_items=lines,
        memo=memo,
    )


def digest_of(value: Invoice | CreditNote) -> str:
    """Twenty hexadecimal digits over everything that the mapping may look at; a void one is another one."""
    return _digest(_said(value))


def own_digest_of(value: Invoice | CreditNote) -> str:
    """As `digest_of`, but of the customer and the products by their ids alone.

    What the billing system says of these later does not change a document that was issued: it is not their history.
    """
    lines = [{**_told(each), "product": None if each.product is None else each.product.id} for each in value.lines]
    return _digest({**_said(value), "customer": value.customer.id, "lines": lines})


def _said(value: Invoice | CreditNote) -> dict[str, object]:
    said = _told(value)
    if isinstance(value, Invoice):
        said["status"] = value.status if value.status in {InvoiceStatus.DRAFT, InvoiceStatus.VOID} else "issued"
    return said


def _told(value: Invoice | CreditNote | Line) -> dict[str, object]:
    return attrs.asdict(value, filter=lambda attribute, _: attribute.name not in _LIFE)


def _digest(said: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(_plain(said), sort_keys=True).encode()).hexdigest()[:_DIGITS]


def _plain(value: object) -> object:
    """What JSON can write, the same for equal values: 100 and 100.00 are one amount."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in cast("Sequence[object]", value)]
    if isinstance(value, Decimal):
        try:
            return trimmed(value) if value else "0"
        except ValueError:
            return str(value)
    if isinstance(value, Enum):
        return value.value
    return value if value is None or isinstance(value, bool | int) else str(value)
