"""What the mapping makes of a record, and what only the ledger, the journal and the other records of a run can tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

from brex_accounting import Record, RecordType
from bridge.billing_amount import differs_from_billed
from bridge.books import Books
from bridge.decisions import Decision, Post, Reason, ReasonCode, Refuse
from bridge.documents.protocol import Document, Found, PlannedVendor
from bridge.export.engine.attempts import is_part
from bridge.export.engine.bill_numbers import BillNumbers
from bridge.export.engine.facts import Standing
from bridge.export.engine.origins import Origins
from bridge.export.engine.own_documents import tried
from bridge.export.engine.own_marks import is_named
from bridge.export.engine.standing import State
from bridge.export.journal.protocol import Journal
from bridge.export.ledgers.protocol import Ledger, LookUp
from bridge.export.reporting.report import Warned
from bridge.mapping import Bridge
from bridge.moved import moved_from
from bridge.settings.check_source import uncarried
from bridge.settings.choices import SameInvoice
from bridge.vendors.planned import PlannedVendors
from clientkit.money import decimal_text, total

# Three months: nobody books so far ahead.
_FAR_AHEAD = timedelta(days=92)
_TWO_BASES = frozenset({RecordType.REIMBURSEMENT_EXPENSE_APPROVAL, RecordType.REIMBURSEMENT_EXPENSE_POST})


class Decisions:
    """Decides about the records of a run, in the order in which they are carried out; `warn` is told what a person should see.

    `numbers` knows which numbers of bills are taken; those of the books alone when left out. `not_carried` counts the records
    with values of a field that are carried nowhere.
    """

    def __init__(
        self, bridge: Bridge, journal: Journal, warn: Callable[[Warned], object], numbers: BillNumbers | None = None
    ) -> None:
        self._bridge, self._journal, self._warn = bridge, journal, warn
        self._planned = PlannedVendors(bridge.settings)
        self._numbers = numbers or BillNumbers()
        self.not_carried = Counter[str]()

    def of(
        self,
        record: Record,
        state: State,
        found: Sequence[Found],
        books: Books,
        *,
        looked: LookUp,
        origins: Origins,
        ledger: Ledger,
    ) -> Decision:
        """What is to become of a record of which this stands and this was found. Raises `ApiError` and `JournalError`."""
        documents = (each for each in found if not each.is_correction)
        day = state.day or next((each.impact_date for each in documents), None)
        outcome = self._bridge.outcome(record, books, posted_on=day, followed=origins.of(record))
        decision = self._planned.settled(tried(outcome, self._bridge))
        if isinstance(decision, Post):
            self.not_carried.update(uncarried(record, self._bridge.settings, books))
        if not isinstance(decision, Post) or state.standing is not Standing.NEW:
            return decision
        self._warn_of(record)
        if (own := moved_from(decision, self._bridge, books)) is not None:
            text = f"it is of {own}, whose period is closed, and counts on {decision.document.impact_date}"
            self._warn(Warned(record_id=record.id, code="moved", text=text))
        if self._bridge.is_mapped_by_caller(record):
            self._warn_of_amount(decision)
            self._warn_of_mark(decision, ledger)
        return (
            self._dated_ahead(decision)
            or self._other_basis(decision, looked)
            or self._same_invoice(decision, found, books)
            or decision
        )

    def _warn_of(self, record: Record) -> None:
        """Warn of what a record says that is odd and no reason to refuse it."""
        if record.type == RecordType.BILL_EXPENSE and record.due_at is not None and record.due_at < record.posted_at:
            text = f"it was due on {record.due_at:%Y-%m-%d}, before its own day {record.posted_at:%Y-%m-%d}"
            if record.due_at.date() != record.posted_at.date():
                self._warn(Warned(record_id=record.id, code="due_before_its_day", text=text))
        if (billed := differs_from_billed(record)) is not None:
            own, told = (f"{decimal_text(each.amount)} {each.currency}" for each in (record.amount, billed))
            text = f"it is about {own}, which is the amount that counts, and {told} was billed for it"
            self._warn(Warned(record_id=record.id, code="billed_otherwise", text=text))

    def _warn_of_amount(self, post: Post) -> None:
        """Warn of a document of the caller's own mapper in which the record's amount stands nowhere."""
        own = post.record.amount
        amounts = [each.amount for each in post.document.form().lines if each.currency == own.currency]
        debit, credit = (total(abs(each) for each in amounts if (each > 0) is side) for side in (True, False))
        stands = {debit, credit, abs(debit - credit), *map(abs, amounts)}
        if amounts and own.amount.copy_abs() not in stands:
            text = f"your mapper posts {decimal_text(max(debit, credit))} {own.currency} for a record of {decimal_text(own.amount)}"
            self._warn(Warned(record_id=post.record.id, code="other_amount", text=text))

    def _warn_of_mark(self, post: Post, ledger: Ledger) -> None:
        """Warn of a document of the caller's own mapper that no look-up can find by its record."""
        record_id = post.record.id
        if not _may_be_lost(post.document, record_id, ledger):
            return
        text = (
            f"what your mapper posts does not say that it is for {record_id}, so {ledger.name} cannot be asked for it "
            "where an answer is lost; write origin.name(…) into one of its texts, or origin.references(…)"
        )
        self._warn(Warned(record_id=record_id, code="unmarked", text=text))

    def _dated_ahead(self, post: Post) -> Refuse | None:
        """A refusal for a day that is months ahead, which is a slip."""
        record, day, today = post.record, post.document.impact_date, self._journal.now().date()
        if day is None or day <= today + _FAR_AHEAD:
            return None
        advice = f"a day so far ahead is a slip in most cases; mend it in {self._bridge.wording.source}"
        text = f"it counts on {day}, and today is {today}; {advice}"
        return Refuse(record=record, reasons=(Reason(code=ReasonCode.DATED_AHEAD, text=text),))

    def _other_basis(self, post: Post, looked: LookUp) -> Refuse | None:
        """A refusal where the record of the other basis stands for the same reimbursement already."""
        record = post.record
        if record.source_id is None or record.type not in _TWO_BASES:
            return None
        known = (
            each.subject
            for each in self._journal.by_source(record.source_id)
            if each.is_there and each.kind == post.document.kind
        )
        seen = (each.mark.subject for each in looked.by_source.get(record.source_id, ()) if each.mark is not None)
        other = next((each for each in (*known, *seen) if each != record.id), None)
        if other is None:
            return None
        text = f"{other}, the record of the other basis, was exported for the same reimbursement; dismiss this one"
        return Refuse(record=record, reasons=(Reason(code=ReasonCode.OTHER_BASIS, text=text),))

    def _same_invoice(self, post: Post, found: Sequence[Found], books: Books) -> Refuse | None:
        """A warning, or a refusal where the settings say so, for a bill whose vendor and number are there already."""
        record, form = post.record, post.document.form()
        number, party = form.head.get("number"), form.head.get("party")
        if found or number is None or party is None or not (record.invoice_number or "").strip():
            return None
        is_planned = isinstance(post.document.party, PlannedVendor)
        other = self._numbers.taken(party, number, by=f"the record {record.id}", books=books, is_planned=is_planned)
        if other is None:
            return None
        text = f"{other} has the same vendor and the same invoice number {number}"
        if self._bridge.settings.same_invoice is SameInvoice.REFUSE:
            return Refuse(record=record, reasons=(Reason(code=ReasonCode.SAME_INVOICE_NUMBER, text=text),))
        self._warn(Warned(record_id=record.id, code=ReasonCode.SAME_INVOICE_NUMBER.value, text=text))
        return None


def _may_be_lost(document: Document, record_id: str, ledger: Ledger) -> bool:
    """Whether a ledger that finds such documents by their marks would not find this one."""
    try:
        is_findable = not is_part(document.kind) and ledger.ability(document.kind).is_found
        return is_findable and not is_named(document, record_id)
    except Exception:  # noqa: BLE001 - what is wrong with the caller's ledger or document is told where it is posted
        return False
