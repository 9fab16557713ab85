"""Snapshots of what Rillet knows, as far as the mapping looks at it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import attrs

import rillet
from bridge.books import Books
from bridge.decisions import Post
from bridge.documents.rillet import BillDocument, ReimbursementDocument
from bridge.export.engine.facts import Step
from bridge.master_data import Reference
from rillet import Bill, BillStatus, DocumentStatus, ExpenseItem, NewExpenseItem, Reimbursement

# The steps that make a new object; by the others the one that is there stays.
_MAKING = frozenset({Step.CREATE.value, Step.REPOST.value})


def load_books(client: rillet.Client) -> Books:
    """A snapshot of Rillet, except for the bills."""
    return Books(
        accounts=tuple(client.accounts.list()),
        subsidiaries=tuple(client.subsidiaries.list()),
        fields=tuple(client.fields.list()),
        vendors=tuple(client.vendors.list(limit=100)),
        tax_rates=tuple(client.tax_rates.list()),
        last_closed=last_closed(client),
    )


def with_bills(books: Books, client: rillet.Client) -> Books:
    """The snapshot with every bill that Rillet has, for payments to find theirs, and the accounts that may pay them."""
    behind = (each.account_code for each in client.bank_accounts.list())
    return attrs.evolve(
        books,
        bills=tuple(client.bills.list(limit=100)),
        paying_accounts=frozenset(code for code in behind if code is not None),
    )


def with_reimbursements(books: Books, client: rillet.Client) -> Books:
    """The snapshot with every reimbursement that Rillet has, for payouts to find theirs."""
    return attrs.evolve(books, reimbursements=tuple(client.reimbursements.list(limit=100)))


def with_planned(books: Books, posts: Sequence[Post]) -> Books:
    """The snapshot with the bills and reimbursements that a plan would create."""
    made = [(each.record.id, each.document) for each in posts if each.step in _MAKING]
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
        id=f"planned:{record_id}",
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
        id=f"planned:{record_id}",
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
