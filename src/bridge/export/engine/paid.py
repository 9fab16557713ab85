"""What payments are for: the bills and reimbursements of a ledger that they look for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from brex_accounting import Record, RecordType
from bridge.books import Books
from bridge.documents.protocol import Ref
from bridge.export.engine.attempts import ENTRIES, documents_there, last_attempt
from bridge.export.engine.survey import settles, sources_of
from bridge.export.journal.protocol import Journal
from bridge.export.ledgers.own import with_bills_of, with_reimbursements_of
from bridge.export.ledgers.protocol import Ledger, LookUp, SelectiveLedger

_PAYOUT = RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT
# A bill costs a request by itself, and so do a hundred of a listing.
_MOST_BY_THEMSELVES = 20


def with_what_is_paid(
    books: Books,
    paying: Mapping[RecordType, Collection[str]],
    ledger: Ledger,
    journal: Journal,
    looked: LookUp,
) -> Books:
    """The snapshot with what payments look for; `paying` is as in `Survey`, and `looked` what the ledger was seen to have.

    Raises `ApiError` and `JournalError`.
    """
    if _PAYOUT in paying:
        books = with_reimbursements_of(ledger, books)
    bills = {kind: sources for kind, sources in paying.items() if kind != _PAYOUT}
    if not bills:
        return books
    known = with_known_bills(books, bills, ledger, journal, looked)
    return with_bills_of(ledger, books) if known is None else known


def with_what_one_pays(books: Books, record: Record, ledger: Ledger, journal: Journal) -> Books:
    """The snapshot with what one record pays, if it pays anything; the ledger is not searched for others of the same source.

    Raises `ApiError` and `JournalError`.
    """
    if not settles(record):
        return books
    return with_what_is_paid(books, {record.type: sources_of(record)}, ledger, journal, LookUp())


def with_known_bills(
    books: Books,
    paying: Mapping[RecordType, Collection[str]],
    ledger: Ledger,
    journal: Journal,
    looked: LookUp,
) -> Books | None:
    """The snapshot with the bills that are paid, as the journal knows them; None where every bill has to be read.

    That is where one of them is not known or was not found in its place, or where the ledger was seen to have another one
    of the same source, which is refused. Raises `ApiError` and `JournalError`.
    """
    sources = {source for of in paying.values() for source in of}
    if not isinstance(ledger, SelectiveLedger) or not sources or len(sources) > _MOST_BY_THEMSELVES:
        return None
    refs = dict[str, Ref]()
    for source in sources:
        made = (last_attempt(each) for each in documents_there(journal.by_source(source)))
        known = {last.ref for last in made if last is not None}
        seen = (*looked.by_source.get(source, ()), *looked.by_subject.get(source, ()))
        others = {each.ref for each in seen if each.ref.kind != ENTRIES} - known
        if len(known) != 1 or others:
            return None
        refs[source] = known.pop()
    return ledger.with_these_bills(books, refs)
