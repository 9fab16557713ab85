"""Whether Rillet would take a payment in the place of another one, which has to be deleted first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import rillet
from bridge.books import Books
from bridge.documents.protocol import Document, Found
from bridge.documents.rillet_forms import BILLS, paid_by
from bridge.documents.rillet_payments import BillPaymentDocument, ReimbursementPaymentDocument
from bridge.export.engine.attempts import PLANNED
from clientkit.errors import NotFoundError
from clientkit.money import total
from rillet import ExpenseItem, Money, TaxCoverage


def obstacle(client: rillet.Client, present: Found, document: Document, books: Books) -> str | None:
    """Why Rillet would not take a payment once `present` is deleted, as far as it can be asked; None where nothing is in the way.

    Rillet has no PUT for payments. What it would refuse would leave the books without either. Raises `ApiError`.
    """
    if not isinstance(document, BillPaymentDocument | ReimbursementPaymentDocument):
        return None
    of, document_id = document.paid
    if document_id.startswith(PLANNED):
        return None
    if of == BILLS and not _can_pay(document.account, present, books):
        return f"no bank account of Rillet is behind {document.account}, and bills are paid from such accounts alone"
    settled = f"the {of.removesuffix('s')} {document_id}"
    try:
        amounts = _left(client, of, document_id, present)
    except NotFoundError as error:
        if not error.is_from_service:
            raise
        return f"{settled} is not in Rillet"
    return _too_much(settled, amounts, document.amount)


def _can_pay(account: str, present: Found, books: Books) -> bool:
    """Whether bills can be paid from an account: one has been, or a bank account is behind it or behind one of its subtype."""
    has_paid = [each.account for each in present.form.lines] if paid_by(present.ref.kind) is not None else []
    known = {*(books.paying_accounts or ()), *has_paid}
    found = (books.account(each) for each in known)
    subtypes = {each.subtype for each in found if each is not None and each.subtype is not None}
    own = books.account(account)
    return account in known or (own is not None and own.subtype in subtypes)


def _too_much(settled: str, left: Sequence[Money], asked: Money) -> str | None:
    if any(each.currency != asked.currency for each in left):
        return f"{settled} is in another currency than {asked.currency}"
    still_open = total(each.amount for each in left)
    if asked.amount <= still_open:
        return None
    return f"of {settled} {still_open:f} {asked.currency} would be open, and {asked.amount:f} is to be paid"


def _left(client: rillet.Client, of: str, document_id: str, present: Found) -> list[Money]:
    """What a bill or a reimbursement says, and what other payments and credits have settled of it, negative."""
    resource = client.bills if of == BILLS else client.reimbursements
    owed = _owed(resource.get(document_id).items)
    settled = [each.amount for each in resource.list_payments(document_id) if each.id != present.ref.id]
    if of == BILLS:
        applied = (each for credit in client.vendor_credits.list(limit=100) for each in credit.applications)
        settled += [each.amount for each in applied if each.bill_id == document_id]
    return [*owed, *(Money(each.amount.copy_negate(), each.currency) for each in settled)]


def _owed(items: Iterable[ExpenseItem]) -> Iterable[Money]:
    for each in items:
        yield each.amount
        if each.tax_rate is not None and each.tax_rate.coverage == TaxCoverage.EXCLUSIVE:
            yield each.tax_rate.tax_amount
