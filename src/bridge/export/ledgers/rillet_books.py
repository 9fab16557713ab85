"""Snapshots of what Rillet knows, as far as the mapping looks at it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeAlias, TypeVar, cast

import attrs

import rillet
from bridge.books import Books
from bridge.decisions import Post
from bridge.documents.protocol import parts_of
from bridge.documents.rillet import BillDocument, ReimbursementDocument
from bridge.export.engine.attempts import PLANNED
from bridge.export.engine.facts import Step
from bridge.export.ledgers.refreshing import changed_after
from bridge.master_data import Reference, Vendor
from bridge.unreadable import UnreadableEntry, texts_in
from clientkit import codec
from clientkit.codec import CodecError
from clientkit.errors import NotFoundError, UnreadableAnswerError
from clientkit.paging import Pager
from clientkit.tolerance import Unreadable
from rillet import (
    Bill,
    BillStatus,
    DocumentStatus,
    ExpenseItem,
    Field,
    FieldValue,
    NewExpenseItem,
    Reimbursement,
)

T = TypeVar("T")
#: Vendors, and what of them cannot be read.
Vendors: TypeAlias = tuple[tuple[Vendor, ...], Sequence[UnreadableEntry]]
ReadVendors: TypeAlias = Callable[[rillet.Client], Vendors]
# By what records and settings name an object, beside its id.
_NAMES = {
    "account": "code",
    "subsidiary": "trade_name",
    "field": "name",
    "field value": "name",
    "vendor": "name",
    "tax rate": "code",
    "customer": "name",
    "product": "name",
}

# The steps that make a new object; by the others the one that is there stays.
_MAKING = frozenset({Step.CREATE.value, Step.REPOST.value})


def load_books(client: rillet.Client, *, with_vendors: ReadVendors | None = None) -> Books:
    """A snapshot of Rillet, except for the bills. What cannot be read is in its `unreadable`.

    Args:
        client: The client of the organization.
        with_vendors: Reads the vendors, and what of them cannot be read; every vendor is read when left out.
    """
    unreadable = list[UnreadableEntry]()
    accounts = read_listing(client.accounts.list(), "account", unreadable)
    subsidiaries = read_listing(client.subsidiaries.list(), "subsidiary", unreadable)
    fields = read_listing(client.fields.list(), "field", unreadable, _mended)
    vendors, unreadable_vendors = (with_vendors or _every_vendor)(client)
    unreadable += unreadable_vendors
    tax_rates = read_listing(client.tax_rates.list(), "tax rate", unreadable)
    return Books(
        accounts=accounts,
        subsidiaries=subsidiaries,
        fields=fields,
        vendors=vendors,
        tax_rates=tax_rates,
        last_closed=last_closed(client),
        unreadable=tuple(unreadable),
    )


def new_vendors(books: Books, client: rillet.Client, read_at: datetime) -> Vendors:
    """The vendors of a snapshot with those that are new or changed; all of them where nothing tells since when.

    `read_at` is when the snapshot was begun, by this machine's clock.
    """
    after = changed_after((_changed_at(each) for each in books.vendors), read_at)
    if after is None:
        return _every_vendor(client)
    unreadable = list[UnreadableEntry]()
    changed = read_listing(client.vendors.list(updated_after=after, limit=100), "vendor", unreadable)
    anew = {*(each.id for each in changed), *(each.id for each in unreadable)}
    known = [each for each in books.unreadable if each.kind == "vendor" and each.id not in anew]
    merged = {each.id: each for each in books.vendors if each.id not in anew} | {each.id: each for each in changed}
    return tuple(merged.values()), (*known, *unreadable)


def _every_vendor(client: rillet.Client) -> Vendors:
    unreadable = list[UnreadableEntry]()
    return read_listing(client.vendors.list(limit=100), "vendor", unreadable), unreadable


def _changed_at(vendor: Vendor) -> datetime | None:
    return vendor.updated_at if isinstance(vendor, rillet.Vendor) else None


def with_bills(books: Books, client: rillet.Client) -> Books:
    """The snapshot with every bill that Rillet has, for payments to find theirs, and the accounts that may pay them."""
    unreadable = list[UnreadableEntry]()
    bills = read_listing(client.bills.list(limit=100), "bill", unreadable)
    known = _with_paying_accounts(books, client)
    return attrs.evolve(known, bills=bills, unreadable=(*books.unreadable, *unreadable))


def bills_of(vendor_id: str, client: rillet.Client) -> tuple[Bill, ...]:
    """The bills of a vendor that can be read."""
    return read_listing(client.bills.list(vendor_id=vendor_id, limit=100), "bill", [])


def with_these_bills(
    books: Books, client: rillet.Client, bills: Mapping[str, str], reference_type: str
) -> Books | None:
    """As `with_bills`, with the bills that have these ids alone; see `SelectiveLedger`.

    The accounts that may pay them are read where the snapshot does not know them.
    """
    found = list[Bill]()
    for source, bill_id in bills.items():
        try:
            bill = client.bills.get(bill_id)
        except (NotFoundError, UnreadableAnswerError):
            return None
        if not any(each.type == reference_type and each.id == source for each in bill.external_references):
            return None
        found.append(bill)
    known = _with_paying_accounts(books, client) if books.paying_accounts is None else books
    return attrs.evolve(known, bills=tuple(found))


def _with_paying_accounts(books: Books, client: rillet.Client) -> Books:
    """The snapshot with the codes of the accounts behind bank accounts."""
    codes = (
        _text_of(each.raw, "account_code") if isinstance(each, Unreadable) else each.account_code
        for each in client.bank_accounts.list().tolerant()
    )
    return attrs.evolve(books, paying_accounts=frozenset(code for code in codes if code is not None))


def with_reimbursements(books: Books, client: rillet.Client) -> Books:
    """The snapshot with every reimbursement that Rillet has, for payouts to find theirs."""
    unreadable = list[UnreadableEntry]()
    reimbursements = read_listing(client.reimbursements.list(limit=100), "reimbursement", unreadable)
    return attrs.evolve(books, reimbursements=reimbursements, unreadable=(*books.unreadable, *unreadable))


def with_planned(books: Books, posts: Sequence[Post]) -> Books:
    """The snapshot with the bills and reimbursements that a plan would create."""
    made = [(each.record.id, parts_of(each.document)[0]) for each in posts if each.step in _MAKING]
    gone = {record_id for record_id, _ in made}

    def is_kept(references: Iterable[Reference]) -> bool:
        return gone.isdisjoint(each.id for each in references)

    bills = (_bill(record_id, document) for record_id, document in made if isinstance(document, BillDocument))
    reimbursements = (
        _reimbursement(record_id, document)
        for record_id, document in made
        if isinstance(document, ReimbursementDocument)
    )
    return attrs.evolve(
        books,
        bills=(*(each for each in books.bills if is_kept(each.external_references)), *bills),
        reimbursements=(*(each for each in books.reimbursements if is_kept(each.external_references)), *reimbursements),
    )


def _bill(record_id: str, document: BillDocument) -> Bill:
    bill = document.payload.bill
    return Bill(
        id=f"{PLANNED}{record_id}",
        vendor_id=bill.vendor_id,
        expense_number=bill.expense_number,
        items=_items(bill.items),
        bill_date=bill.bill_date,
        due_date=bill.due_date,
        status=BillStatus.UNPAID,
        impact_date=bill.impact_date,
        subsidiary_id=bill.subsidiary_id,
        external_references=tuple(bill.external_references),
        exchange_rate=bill.exchange_rate,
    )


def _reimbursement(record_id: str, document: ReimbursementDocument) -> Reimbursement:
    new = document.payload
    return Reimbursement(
        id=f"{PLANNED}{record_id}",
        vendor_id=new.vendor_id,
        items=_items(new.items),
        status=DocumentStatus.UNPAID,
        reimbursement_date=new.reimbursement_date,
        impact_date=new.impact_date,
        subsidiary_id=new.subsidiary_id,
        external_references=tuple(new.external_references),
        exchange_rate=new.exchange_rate,
    )


def _items(items: Iterable[NewExpenseItem]) -> tuple[ExpenseItem, ...]:
    return tuple(
        ExpenseItem(id=f"line {number}", account_code=each.account_code, amount=each.amount)
        for number, each in enumerate(items)
    )


def last_closed(client: rillet.Client) -> date | None:
    """The last day of the closed books, None where nothing has been closed."""
    try:
        return client.book_periods.last_closed().end
    except rillet.NotFoundError:
        # Rillet's way to say that nothing has been closed yet.
        return None


def read_listing(
    listing: Pager[T],
    kind: str,
    unreadable: list[UnreadableEntry],
    mended: Callable[[Unreadable, list[UnreadableEntry]], T | None] | None = None,
) -> tuple[T, ...]:
    """The items of a listing; what cannot be read goes to `unreadable`, unless something of it can be kept."""
    read = list[T]()
    for each in listing.tolerant():
        if not isinstance(each, Unreadable):
            read.append(each)
        elif mended is not None and (kept := mended(each, unreadable)) is not None:
            read.append(kept)
        else:
            unreadable.append(entry_of(kind, each))
    return tuple(read)


def entry_of(kind: str, item: Unreadable) -> UnreadableEntry:
    """An item of a listing that cannot be read, as the mapping and the engine take it; `kind` is what it is."""
    return _entry(kind, item.id, item.problem, item.raw)


def _entry(kind: str, entry_id: str | None, why: str, raw: object) -> UnreadableEntry:
    is_named = _text_of(raw, _NAMES.get(kind, "id")) is not None
    return UnreadableEntry(kind=kind, id=entry_id, why=why, is_named=is_named, texts=frozenset(texts_in(raw)))


def _mended(item: Unreadable, unreadable: list[UnreadableEntry]) -> Field | None:
    """A custom field without those of its values that cannot be read."""
    told: object = item.raw
    raw = cast("dict[str, object]", told) if isinstance(told, dict) else dict[str, object]()
    values = raw.get("values")
    if not isinstance(values, list):
        return None
    kept, lost = list[object](), list[UnreadableEntry]()
    for value in cast("list[object]", values):
        try:
            codec.structure(value, FieldValue)
        except CodecError as error:
            lost.append(_entry("field value", _text_of(value, "id"), str(error), value))
        else:
            kept.append(value)
    try:
        field = codec.structure({**raw, "values": kept}, Field)
    except CodecError:
        return None
    unreadable += lost
    return field


def _text_of(raw: object, member: str) -> str | None:
    """A member of parsed JSON, where there is such a text."""
    found = cast("dict[str, object]", raw).get(member) if isinstance(raw, dict) else None
    return found if isinstance(found, str) else None
