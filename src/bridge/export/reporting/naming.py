"""What is to be posted in words: vendors, accounts and subsidiaries by their names."""

from __future__ import annotations

from collections.abc import Iterator

from brex_accounting import Record
from bridge.books import Books
from bridge.datatable import money_text
from bridge.documents.protocol import Document, PlannedVendor, parts_of
from bridge.plan import subsidiary_name


def noun(kind: str) -> str:
    """A kind of object in words: ``journal entries`` for ``journal-entries``."""
    return kind.rpartition("/")[2].replace("-", " ")


def merchant_of(record: Record) -> str:
    """Whom a record is about, as its source says it; empty where it names nobody."""
    return "" if record.vendor is None else record.vendor.name.strip()


def person_of(record: Record) -> str:
    """Whose spending a record is, by name or else by e-mail address; empty where it is nobody's."""
    user = record.user
    return "" if user is None else f"{user.first_name} {user.last_name}".strip() or user.email


def party_name(document: Document, books: Books | None) -> str:
    """Who a document is about, by name where the books know it."""
    party = document.party
    if isinstance(party, PlannedVendor):
        return party.vendor.name
    vendor = None if party is None or books is None else books.vendor(party)
    return (party or "") if vendor is None else vendor.name


def posting_lines(document: Document, books: Books | None) -> Iterator[str]:
    """A line for each posting; where they are in the books of two subsidiaries, each says in which."""
    parts = parts_of(document)
    for part in parts:
        where = f" in {subsidiary_name(part, books)}" if len(parts) > 1 else ""
        for each in part.postings():
            account = None if books is None else books.account(each.account)
            name = "" if account is None else f" {account.name}"
            amount = money_text(each.amount, each.currency)
            yield f"{each.side.value.lower():6} {amount} {each.account}{name}{where}"
