"""What a plan would post, line by line, in a form that a person can post by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from brex_accounting import Side
from bridge.books import Books
from bridge.closing.delimited import Cell
from bridge.decisions import Post
from bridge.documents.protocol import Document, parts_of
from bridge.export.reporting.naming import party_name
from bridge.plan import Plan, subsidiary_name
from bridge.postings import Posting

HEADINGS = (
    *("Record", "Step", "Document", "Day", "Subsidiary", "Vendor", "Account", "Account name", "Debit", "Credit"),
    *("Currency", "Fields", "Text", "Rate"),
)


def journal_lines(plan: Plan, books: Books) -> tuple[Sequence[str], list[tuple[Cell, ...]]]:
    """The headings, and a row for each posting: its amount is in Debit or in Credit, in decimal major units.

    The lines of one document balance, and a record of two subsidiaries has one in each. What replaces a document is shown
    whole, with its step; of a correction the entry of the difference is.
    """
    return HEADINGS, [row for post in plan.posts for row in _rows(post, books)]


def _rows(post: Post, books: Books) -> Iterator[tuple[Cell, ...]]:
    for each in parts_of(post.posted):
        yield from _of_document(each, post, books)


def _of_document(document: Document, post: Post, books: Books) -> Iterator[tuple[Cell, ...]]:
    record = post.record
    text = next((each for each in (record.memo, record.vendor.name if record.vendor else None) if each), None)
    rate = _rate(document)
    for each in document.postings():
        account = books.account(each.account)
        is_debit = each.side == Side.DEBIT
        amounts: tuple[Decimal | None, Decimal | None] = (each.amount, None) if is_debit else (None, each.amount)
        yield (
            *(record.id, post.step, document.noun, document.impact_date),
            subsidiary_name(document, books),
            party_name(post.document, books),
            *(each.account, None if account is None else account.name),
            *amounts,
            *(each.currency, _fields(each, books), text, rate),
        )


def _rate(document: Document) -> str:
    """The exchange rate that is sent with a document, empty where it is in the currency of its books."""
    match document.form().head.get("rate", "").split():
        case [base, target, rate, day]:
            return f"1 {base} = {rate} {target} of {day}"
        case _:
            return ""


def _fields(posting: Posting, books: Books) -> str:
    named = list[str]()
    for each in posting.fields:
        field = books.field(each.field_id)
        values = () if field is None else field.values
        value = next((one.name for one in values if one.id == each.field_value_id), each.field_value_id)
        named.append(f"{each.field_id if field is None else field.name}: {value}")
    return "; ".join(sorted(named))
