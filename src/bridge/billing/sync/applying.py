"""What credit memos pay: which applications there are to be, once memo and invoice are in Rillet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import attrs

from bridge.billing.decisions import Decision, Post
from bridge.billing.documents import APPLICATION, INVOICE, CreditMemoDocument, subject_of
from bridge.billing.other_documents import ApplicationDocument, BillingDocument
from bridge.billing.sync.ledger import BillingLedger
from bridge.billing.sync.reading import Waiting
from bridge.billing.sync.records import EARLIEST
from bridge.billing.values import CreditNote
from bridge.datatable import money
from bridge.decisions import Reason, ReasonCode
from bridge.export.engine.attempts import last_attempt
from bridge.export.engine.standing import state_of
from bridge.export.journal.protocol import Journal
from clientkit.errors import ApiError, NotFoundError
from clientkit.money import total
from rillet import Money, NewCreditMemoApplication


@attrs.frozen(kw_only=True)
class Memo:
    """What counts of a credit memo here: the billing system's `note`, and how much of it is to pay its invoice `applies_to`."""

    note: str
    applies_to: str | None
    applied: Decimal
    currency: str
    impact_date: date


def memos_of(
    waiting: Waiting, decided: Callable[[str], Decision], ledger: BillingLedger, journal: Journal
) -> Mapping[str, Memo]:
    """The credit memos that there are to be, by their subjects, or that are there for notes which say what they said then.

    Raises `JournalError`.
    """
    found = dict[str, Memo]()
    for subject, note in waiting.credit_notes.items():
        if note.is_void:
            continue
        posted = _posted_total(subject, ledger, journal) if waiting.is_as_posted(subject, note) else None
        if posted is not None:
            found[subject] = _standing(note, posted)
            continue
        decision = decided(subject)
        if isinstance(decision, Post) and isinstance(decision.document, CreditMemoDocument):
            of = decision.document
            found[subject] = Memo(
                note=of.source.id,
                applies_to=of.applies_to,
                applied=of.applied,
                currency=of.currency,
                impact_date=of.impact_date,
            )
    return found


def _standing(note: CreditNote, posted: Decimal) -> Memo:
    """What a note comes to that was posted with this total, whatever would be made of it today."""
    applied = note.applied if note.applied is not None else posted
    return Memo(
        note=note.id,
        applies_to=note.invoice_id,
        applied=applied if note.invoice_id is not None else Decimal(0),
        currency=note.currency,
        impact_date=note.issued,
    )


def _posted_total(subject: str, ledger: BillingLedger, journal: Journal) -> Decimal | None:
    form = state_of(journal.attempts(subject), ledger).form
    return None if form is None else total(each.amount for each in form.lines)


def applications_of(
    documents: Mapping[str, Memo], placed: Mapping[str, str], ledger: BillingLedger, journal: Journal
) -> Mapping[str, BillingDocument | Reason]:
    """The applications of credit memos, by the subjects of these; `placed` are ids in Rillet by subjects, as far as the run knows.

    One that the journal has as done is only compared with the memo: Rillet has no request that changes one application alone.
    It writes all of a memo at once, so those that a person made are read and sent along. No more is applied than is still
    due: the rest stays on the memo, for a person to use. Raises `JournalError`.
    """
    found, applying = dict[str, BillingDocument | Reason](), _Applying(ledger, journal)
    done = list[tuple[str, Memo, str, str]]()
    for subject, document in documents.items():
        memo_id = placed.get(subject) or _place(subject, journal)
        if memo_id is None:
            # It was refused, and says why itself.
            continue
        if document.applies_to is None or not document.applied:
            found |= applying.not_wanted(document, memo_id)
            continue
        invoice = subject_of(INVOICE, document.applies_to)
        invoice_id = placed.get(invoice) or _place(invoice, journal)
        name = subject_of(APPLICATION, f"{document.note}/{invoice_id or '?'}")
        if invoice_id is None:
            text = f"the invoice {document.applies_to} that it pays is not in {ledger.name}"
            found[name] = Reason(code=ReasonCode.NOT_NOW, text=text)
        elif _place(name, journal) is not None:
            done.append((name, document, memo_id, invoice_id))
        elif (made := applying.of(document, memo_id, invoice_id)) is not None:
            found[name] = made
    # Those that are new may settle an invoice, so that nothing is missing any more.
    for name, document, memo_id, invoice_id in done:
        if (made := applying.of(document, memo_id, invoice_id, is_done=True)) is not None:
            found[name] = made
    return found


def differing_of(
    documents: Mapping[str, Memo], ledger: BillingLedger, journal: Journal
) -> Mapping[str, BillingDocument | Reason]:
    """As `applications_of` for the memos that are in Rillet, before a run: without those whose invoice is not there yet.

    Without a journal Rillet is searched. Raises `ApiError` and `JournalError`.
    """
    placed = dict[str, str]()
    if journal.forgets and documents:
        invoices = (subject_of(INVOICE, each.applies_to) for each in documents.values() if each.applies_to is not None)
        looked = ledger.find({*documents, *invoices}, since=EARLIEST)
        placed = {subject: found[0].ref.id for subject, found in looked.by_subject.items()}
    found = applications_of(documents, placed, ledger, journal)
    return {name: each for name, each in found.items() if not name.endswith("/?")}


def applied_by_sync(memo_id: str, journal: Journal) -> frozenset[str]:
    """The invoices in Rillet to which the sync has applied a credit memo, whatever became of that. Raises `JournalError`."""
    prefix = subject_of(APPLICATION, "")
    made = (each.subject for each in journal.by_object(memo_id) if each.subject.startswith(prefix))
    return frozenset(each.rpartition("/")[2] for each in made)


class _Applying:
    """Works out one application after the other, with what those before have left of each invoice."""

    def __init__(self, ledger: BillingLedger, journal: Journal) -> None:
        self._ledger, self._journal, self._due = ledger, journal, dict[str, Decimal]()

    def of(
        self, document: Memo, memo_id: str, invoice_id: str, *, is_done: bool = False
    ) -> BillingDocument | Reason | None:
        """The application, or why there is none; None where it is there (`is_done`) or nothing is due, so that all stays on the memo.

        What cannot be read now is left to the next run, and keeps no other one back.
        """
        client = self._ledger.client
        try:
            memo = client.credit_memos.get(memo_id)
        except ApiError as error:
            return self._unread(error, f"its credit memo {memo_id}")
        try:
            invoice = client.invoices.get(invoice_id)
        except ApiError as error:
            return self._unread(error, f"the invoice {invoice_id} that it pays")
        others = tuple(
            NewCreditMemoApplication(
                invoice_id=each.invoice_id, amount=each.amount, application_date=each.application_date
            )
            for each in memo.applications
            if each.invoice_id != invoice_id
        )
        before = applied_by_sync(memo_id, self._journal)
        moved = next((each.invoice_id for each in others if each.invoice_id in before), None)
        if moved is not None:
            # The billing system had it for that one when it was applied.
            text = (
                f"its credit memo {memo_id} pays the invoice {moved}, and is for {document.applies_to} in the billing system "
                f"now; take back what it pays"
            )
            return Reason(code=ReasonCode.CHANGED_AFTER_EXPORT, text=text)
        applied = total(each.amount.amount for each in memo.applications if each.invoice_id == invoice_id)
        elsewhere = total(each.amount.amount for each in others)
        # Payments may have come meanwhile, and a person may have used the memo. Nobody owes less than nothing.
        owed = total((self._due.get(invoice_id, invoice.amount_due.amount), applied))
        amount = min(document.applied, owed, total((memo.total.amount, elsewhere.copy_negate())))
        if applied > document.applied or (amount > applied and (is_done or applied)):
            return _differs(document, memo_id, invoice_id, applied, amount)
        if is_done or amount <= 0:
            return None
        self._due[invoice_id] = total((owed, amount.copy_negate()))
        return ApplicationDocument(
            memo_id=memo_id,
            invoice_id=invoice_id,
            amount=Money(amount, document.currency),
            impact_date=document.impact_date,
            others=others,
        )

    def not_wanted(self, document: Memo, memo_id: str) -> Mapping[str, Reason]:
        """Why the applications that the sync has made of a memo are to be taken back, by their subjects: it is for no invoice now.

        Those that a person has made are theirs.
        """
        made = applied_by_sync(memo_id, self._journal)
        if not made:
            return {}
        try:
            memo = self._ledger.client.credit_memos.get(memo_id)
        except ApiError as error:
            name = subject_of(APPLICATION, f"{document.note}/{min(made)}")
            return {name: self._unread(error, f"its credit memo {memo_id}")}
        applied = dict[str, Decimal]()
        for each in memo.applications:
            if each.invoice_id in made:
                applied[each.invoice_id] = total((applied.get(each.invoice_id, Decimal(0)), each.amount.amount))
        return {
            subject_of(APPLICATION, f"{document.note}/{invoice_id}"): _differs(
                document, memo_id, invoice_id, amount, Decimal(0)
            )
            for invoice_id, amount in applied.items()
        }

    def _unread(self, error: ApiError, what: str) -> Reason:
        if isinstance(error, NotFoundError) and error.is_from_service:
            return Reason(code=ReasonCode.DELETED_IN_LEDGER, text=f"{self._ledger.name} no longer has {what}")
        return Reason(code=ReasonCode.NOT_NOW, text=str(error))


def _differs(document: Memo, memo_id: str, invoice_id: str, applied: Decimal, wanted: Decimal) -> Reason:
    """That a memo pays another amount of an invoice than the billing system says, which only a person puts right."""
    there, ours = (f"{money(each, document.currency)} {document.currency}" for each in (applied, wanted))
    text = (
        f"its credit memo {memo_id} pays {there} of the invoice {invoice_id}, and by the billing system {ours}; apply {ours} of it "
        f"there, or correct the credit note"
    )
    return Reason(code=ReasonCode.DIFFERS_IN_LEDGER, text=text)


def _place(subject: str, journal: Journal) -> str | None:
    """The id in Rillet that the journal knows."""
    last = last_attempt(journal.attempts(subject))
    return last.object_id if last is not None and last.is_there else None
