"""What credit memos pay: which applications there are to be, once memo and invoice are in Rillet."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bridge.billing.documents import APPLICATION, INVOICE, CreditMemoDocument, subject_of
from bridge.billing.other_documents import ApplicationDocument, BillingDocument
from bridge.billing.sync.ledger import BillingLedger
from bridge.decisions import Reason, ReasonCode
from bridge.export.engine.attempts import last_attempt
from bridge.export.journal.protocol import Journal
from clientkit.errors import ApiError, NotFoundError
from clientkit.money import total
from rillet import Money, NewCreditMemoApplication


def applications_of(
    documents: Mapping[str, CreditMemoDocument], placed: Mapping[str, str], ledger: BillingLedger, journal: Journal
) -> Mapping[str, BillingDocument | Reason]:
    """The applications of credit memos, by the subjects of these; `placed` are ids in Rillet by subjects, as far as the run knows.

    One that the journal has as done is left out. Rillet writes all applications of a memo at once, so those that a person
    made are read and sent along. No more is applied than is still due: the rest stays on the memo, for a person to use.
    Raises `JournalError`.
    """
    found, due = dict[str, BillingDocument | Reason](), dict[str, Decimal]()
    for subject, document in documents.items():
        if document.applies_to is None or not document.applied:
            continue
        memo_id = placed.get(subject) or _place(subject, journal)
        invoice = subject_of(INVOICE, document.applies_to)
        invoice_id = placed.get(invoice) or _place(invoice, journal)
        if memo_id is None:
            # It was refused, and says why itself.
            continue
        name = subject_of(APPLICATION, f"{document.source.id}/{invoice_id or '?'}")
        if invoice_id is None:
            text = f"the invoice {document.applies_to} that it pays is not in {ledger.name}"
            found[name] = Reason(code=ReasonCode.NOT_NOW, text=text)
        elif _place(name, journal) is None:
            made = _application_or_why(document, memo_id, invoice_id, ledger, due)
            if made is not None:
                found[name] = made
    return found


def _application_or_why(
    document: CreditMemoDocument, memo_id: str, invoice_id: str, ledger: BillingLedger, due: dict[str, Decimal]
) -> BillingDocument | Reason | None:
    """As `_application`; what cannot be read now is left to the next run, and keeps no other one back."""
    try:
        return _application(document, memo_id, invoice_id, ledger, due)
    except ApiError as error:
        return Reason(code=ReasonCode.NOT_NOW, text=str(error))


def _application(
    document: CreditMemoDocument, memo_id: str, invoice_id: str, ledger: BillingLedger, due: dict[str, Decimal]
) -> BillingDocument | Reason | None:
    """The application; None where the invoice is settled already, so that all of the credit stays on its memo.

    `due` has what the applications before this one have left of each invoice.
    """
    try:
        memo = ledger.client.credit_memos.get(memo_id)
    except NotFoundError as error:
        return _gone(error, f"its credit memo {memo_id}", ledger)
    try:
        invoice = ledger.client.invoices.get(invoice_id)
    except NotFoundError as error:
        return _gone(error, f"the invoice {invoice_id} that it pays", ledger)
    others = tuple(
        NewCreditMemoApplication(invoice_id=each.invoice_id, amount=each.amount, application_date=each.application_date)
        for each in memo.applications
        if each.invoice_id != invoice_id
    )
    applied = total(each.amount.amount for each in memo.applications if each.invoice_id == invoice_id)
    elsewhere = total(each.amount.amount for each in others)
    # Payments may have come meanwhile, and a person may have used the memo. Nobody owes less than nothing.
    owed = total((due.get(invoice_id, invoice.amount_due.amount), applied))
    amount = min(document.applied, owed, total((memo.total.amount, elsewhere.copy_negate())))
    if amount <= 0:
        return None
    due[invoice_id] = total((owed, amount.copy_negate()))
    return ApplicationDocument(
        memo_id=memo_id,
        invoice_id=invoice_id,
        amount=Money(amount, document.currency),
        impact_date=document.impact_date,
        others=others,
    )


def _gone(error: NotFoundError, what: str, ledger: BillingLedger) -> Reason:
    if not error.is_from_service:
        raise error
    return Reason(code=ReasonCode.DELETED_IN_LEDGER, text=f"{ledger.name} no longer has {what}")


def _place(subject: str, journal: Journal) -> str | None:
    """The id in Rillet that the journal knows."""
    last = last_attempt(journal.attempts(subject))
    return last.object_id if last is not None and last.is_there else None
