"""The sync between a billing system and Rillet: every invoice and credit note once, on the engine of the export.

A run has four steps, each of them an export of its own: customers and products that have to be created, invoices, credit notes,
and what these pay. What keeps an invoice from being posted twice is told in `docs/exactly-once.md`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import attrs

import rillet
from bridge.billing.customers import LinkProposal, linked_customer, propose_links
from bridge.billing.decisions import Decision, Post
from bridge.billing.documents import INVOICE, PlannedCustomer, PlannedProduct, subject_of
from bridge.billing.other_documents import BillingDocument
from bridge.billing.settings import BillingSettings, OnVoid, inconsistencies_of
from bridge.billing.setup import WEBHOOK_EVENTS, SetupItem, SetupSeen, check_setup
from bridge.billing.sync.already_credited import credited_already
from bridge.billing.sync.applicable import not_applicable
from bridge.billing.sync.applying import Memo, applications_of, differing_of, memos_of
from bridge.billing.sync.creating import begun_creations, creating, mentioned_in, planned_in, without_namesakes
from bridge.billing.sync.former_credits import with_found, without_lost
from bridge.billing.sync.journals import check_journal
from bridge.billing.sync.ledger import BillingLedger
from bridge.billing.sync.linking import link_customer
from bridge.billing.sync.mapping import InvoiceMapping, Prepared
from bridge.billing.sync.mixed_currencies import mixed_currencies
from bridge.billing.sync.outcome import SyncOutcome, refused_problems, unreadable_problem
from bridge.billing.sync.payments import webhook_mark
from bridge.billing.sync.planned import SyncPlan, amounts_there
from bridge.billing.sync.protocol import BillingSystem
from bridge.billing.sync.reading import (
    Waiting,
    crediting,
    left_to_post,
    read_waiting,
    remember_read,
    there,
)
from bridge.billing.sync.records import ListedRecords, record_of_subject
from bridge.billing.sync.same_numbers import same_numbers
from bridge.billing.sync.steps import Step, failed_in, planned_step, step_of, unchanged_in
from bridge.billing.sync.verifying import verify_sync
from bridge.billing.values import CreditNote, Invoice
from bridge.callers import Rates, no_rates
from bridge.decisions import Findings, Reason
from bridge.export.engine.attempts import Attempt, last_attempt
from bridge.export.engine.export import Export, UnknownRecordError
from bridge.export.engine.runner import never
from bridge.export.journal.no_journal import NoJournal
from bridge.export.journal.protocol import Journal, Refusal
from bridge.export.reporting.progress import ShowProgress, silent
from bridge.export.reporting.report import ExportOutcome
from bridge.export.reporting.verification import Disagreement, Verified
from bridge.mapping import Bridge
from bridge.plan import Plan
from bridge.settings.mistakes import Problem
from bridge.settings.values import SettingsError

_IN_FLIGHT = 6


class InvoiceSync:
    """The sync of one billing system with one Rillet organization.

    Args:
        billing: The source of the invoices.
        client: The client of the Rillet organization.
        settings: The settings.
        journal: Stores every attempt, so that a run continues where an earlier one was cut off; see `SqlJournal`. The sync
            needs its own, which is bound to the organization: an export of Brex, and each other company, needs another one.
            Several can be in one database if each has a `namespace`.
            If the billing system is `Owned`, it is bound to that account too.
        rates: How many units of the second currency one unit of the first buys on a day, for invoices without a rate.
        in_flight: How many invoices are posted at a time.
        clock: Seconds on a monotonic clock, for `Progress`.

    Raises:
        SettingsError: The settings contradict themselves, or changed invoices are to be corrected by entries.
    """

    def __init__(
        self,
        billing: BillingSystem,
        client: rillet.Client,
        settings: BillingSettings,
        *,
        journal: Journal | None = None,
        rates: Rates = no_rates,
        in_flight: int = _IN_FLIGHT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if problems := tuple(map(Problem, inconsistencies_of(settings))):
            raise SettingsError(problems)
        self.billing, self.settings, self.rates = billing, settings, rates
        self.journal: Journal = journal or NoJournal()
        self.ledger = BillingLedger(client, settings.reference_type)
        self._in_flight, self._clock = in_flight, clock

    def plan(self, *, updated_after: datetime | None = None) -> SyncPlan:
        """What `run` would do; nothing is posted or written down. Raises as `run`."""
        self._check_journal(binds=False)
        waiting = self._read(updated_after=updated_after)
        planned = self._planned(waiting)
        invoices = self._plan(waiting, waiting.invoices, hindered=self._kept_back(waiting))
        step = planned_step(invoices)
        waiting = self._crediting(waiting, step)
        applied = self._prepared(differing_of(self._memos(waiting), self.ledger, self.journal)).plan()
        notes = self._plan(waiting, waiting.credit_notes, hindered=self._hindered(waiting, step))
        return SyncPlan(
            customers=tuple(each for each in planned.values() if isinstance(each, PlannedCustomer)),
            products=tuple(each for each in planned.values() if isinstance(each, PlannedProduct)),
            invoices=invoices,
            credit_notes=notes,
            unreadable=tuple(unreadable_problem(each.id or "", each.why) for each in waiting.unreadable),
            differing=tuple(problem for each in applied.refused for problem in refused_problems(each)),
            there=amounts_there((invoices, notes), waiting.values, self._decided(waiting)),
            values=waiting.values,
        )

    def run(
        self,
        *,
        updated_after: datetime | None = None,
        progress: ShowProgress = silent,
        stop: Callable[[], bool] = never,
    ) -> SyncOutcome:
        """Sync everything that changed since the last run, and what it did not finish. One bad invoice does not stop the others.

        Args:
            updated_after: Only what changed after this moment; the journal remembers it when left out.
            progress: Told after each invoice.
            stop: Whether to end early.

        Raises:
            ApiError: The billing system or Rillet cannot be read; nothing was posted.
            JournalError: The journal cannot be read, or is that of an export or of another organization; nothing was posted.
        """
        self._check_journal(binds=True)
        began = self.journal.now()
        waiting = self._read(updated_after=updated_after)
        outcome = self._carry_out(waiting, progress=progress, stop=stop)
        if updated_after is None and outcome.stopped is None:
            remember_read(self.journal, waiting, outcome.unfinished, began)
        return outcome

    def sync(self, invoice_id: str) -> SyncOutcome:
        """Sync one invoice, whatever became of it before: what Rillet has lost is posted anew.

        Raises:
            UnknownRecordError: The billing system has no such invoice.
            ApiError: The billing system or Rillet cannot be read.
            JournalError: The journal cannot be read.
        """
        self._check_journal(binds=True)
        waiting = self._read(ids=[invoice_id])
        if subject_of(INVOICE, invoice_id) not in waiting.invoices and not waiting.unreadable:
            raise UnknownRecordError(f"{self.billing.name} has no invoice {invoice_id}")
        # Whatever the journal says, its customer and its products have to be there.
        return self._carry_out(attrs.evolve(waiting, taken=frozenset[str]()), is_replay=True)

    def dismiss(self, invoice_id: str, *, why: str) -> None:
        """Leave an invoice alone that a person has booked by hand; `sync` takes it up again. Raises as `Export.dismiss`."""
        self._check_journal(binds=True)
        waiting = self._read(ids=[invoice_id])
        self._export(waiting, waiting.invoices, self._mapping(waiting)).dismiss(
            subject_of(INVOICE, invoice_id), why=why
        )

    def proposals(self) -> tuple[LinkProposal, ...]:
        """Customers that are not linked and may be customers of Rillet, for `link` to confirm. Raises as `run`."""
        self._check_journal(binds=False)
        waiting = self._read()
        customers = [each.customer for each in waiting.values.values()]
        return propose_links(customers, self.ledger.snapshot(), self.settings)

    def link(self, customer_id: str, rillet_id: str) -> None:
        """Link a customer of the billing system with one of Rillet, which gets its id as an external reference.

        Raises:
            LinkError: The customer is linked with another one already.
            NotFoundError: Rillet has no such customer.
            ApiError: Rillet cannot be asked, or does not take the reference.
            JournalError: The journal is that of another organization.
        """
        self._check_journal(binds=False)
        link_customer(self.ledger.client, self.settings.reference_type, customer_id, rillet_id)
        self.ledger.forget()

    def history(self, invoice_id: str) -> tuple[tuple[Attempt, ...], tuple[Refusal, ...]]:
        """Every attempt for an invoice, and every refusal, oldest first. Raises `JournalError`."""
        subject = subject_of(INVOICE, invoice_id)
        return self.journal.attempts(subject), self.journal.refusals(subject)

    def check_setup(self) -> tuple[SetupItem, ...]:
        """What is set up in Rillet, what is missing, and what nobody can tell. Raises `ApiError` and `JournalError`."""
        self._check_journal(binds=False)
        self.ledger.forget()
        seen_at = {each: self.journal.mark(webhook_mark(each)) for each in WEBHOOK_EVENTS}
        written = [each.settled_at for each in self.journal.walk() if each.was_carried_out and each.settled_at]
        seen = SetupSeen(
            webhooks={event: datetime.fromisoformat(at) for event, at in seen_at.items() if at is not None},
            written_at=max(written, default=None),
        )
        return check_setup(self.settings, self.ledger.snapshot(), seen)

    def verify(self) -> tuple[Disagreement, ...]:
        """Every disagreement between journal, billing system and Rillet. Raises `ApiError` and `JournalError`."""
        return self.verified().disagreements

    def verified(self) -> Verified:
        """As `verify`, with how many invoices and credit notes were compared, and since when the journal knows them."""
        self._check_journal(binds=False)
        self.ledger.forget()
        return verify_sync(self.billing, self.ledger, self.journal, self.settings, self.rates)

    def _check_journal(self, *, binds: bool) -> None:
        check_journal(self.billing, self.ledger, self.journal, binds=binds)

    def _read(self, *, ids: Sequence[str] | None = None, updated_after: datetime | None = None) -> Waiting:
        self.ledger.forget()
        waiting = read_waiting(self.billing, self.journal, self.settings, ids=ids, updated_after=updated_after)
        if self.settings.on_void is not OnVoid.CREDIT:
            waiting = without_lost(waiting, self.ledger, self.journal)
            waiting = with_found(waiting, waiting.unsure & waiting.voided, self.ledger)
        self._look_up_currencies(waiting)
        return waiting

    def _look_up_currencies(self, waiting: Waiting) -> None:
        if not self.settings.check_currency:
            return
        catalogue = self.ledger.snapshot()
        for subject, value in waiting.values.items():
            if subject not in waiting.taken:
                linked = linked_customer(value.customer, catalogue, self.settings, Findings())
                if linked is not None:
                    self.ledger.look_up_currency(linked.id)

    def _carry_out(
        self,
        waiting: Waiting,
        *,
        is_replay: bool = False,
        progress: ShowProgress = silent,
        stop: Callable[[], bool] = never,
    ) -> SyncOutcome:
        master = self._create(waiting, stop)
        if master is not None and master.stopped is not None:
            return SyncOutcome(master_data=master)
        mapping = self._mapping(waiting, failed=failed_in(master), hindered=self._kept_back(waiting))
        export = self._export(waiting, waiting.invoices, mapping)
        if is_replay and waiting.invoices:
            (subject,) = waiting.invoices
            invoices = export.replay(subject, even_dismissed=True)
        else:
            invoices = export.run(progress=progress, stop=stop)
        unchanged = unchanged_in(invoices, waiting, waiting.invoices)
        outcome = SyncOutcome(master_data=master, invoices=invoices, unchanged_invoices=unchanged)
        if invoices.stopped is not None:
            return outcome
        step = step_of(invoices)
        waiting = self._crediting(waiting, step)
        if not waiting.credit_notes:
            return outcome
        mapping = self._mapping(waiting, failed=failed_in(master), hindered=self._hindered(waiting, step))
        notes = self._export(waiting, waiting.credit_notes, mapping).run(progress=progress, stop=stop)
        applied = None if notes.stopped is not None else self._apply(waiting, (invoices, notes), stop)
        unchanged = unchanged_in(notes, waiting, waiting.credit_notes)
        return attrs.evolve(outcome, credit_notes=notes, unchanged_credit_notes=unchanged, applications=applied)

    def _crediting(self, waiting: Waiting, step: Step) -> Waiting:
        """The same with the credit notes of voided invoices that are in Rillet once the step of the invoices is taken.

        An earlier run may have posted them of which this journal knows nothing, and then have credited them.
        """
        waiting = with_found(waiting, (step.found | waiting.unsure) - waiting.voided, self.ledger)
        known = there(self.journal, waiting.voided) - step.left
        return crediting(waiting, self.settings, known | step.placed)

    def _create(self, waiting: Waiting, stop: Callable[[], bool]) -> ExportOutcome | None:
        """Create the customers and products that are missing, each once; None where none are.

        What an earlier run began and no invoice that is read mentions is settled: another sync may have posted the invoice.
        """
        planned = self._planned(waiting)
        documents: dict[str, BillingDocument | None] = dict.fromkeys(begun_creations(self.journal))
        documents |= {subject: creating(each, self.settings.reference_type) for subject, each in planned.items()}
        if not documents:
            return None
        outcome = self._prepared(documents).run(stop=stop)
        self.ledger.forget()
        self._look_up_currencies(waiting)
        return outcome

    def _planned(self, waiting: Waiting) -> dict[str, PlannedCustomer | PlannedProduct]:
        """What has to be created before everything that can be posted, and what an earlier run has left without an outcome."""
        catalogue, mapping = self.ledger.snapshot(), self._mapping(waiting)
        found = dict[str, PlannedCustomer | PlannedProduct]()
        values = waiting.values
        for subject, is_changed in left_to_post(waiting, self.journal).items():
            day = values[subject].issued if is_changed else None
            decision = mapping.decide(subject, catalogue, day)
            if isinstance(decision, Post):
                found |= planned_in(decision.document)
        mentioned = mentioned_in(values.values())
        last = {subject: last_attempt(made) for subject, made in self.journal.attempts_of(mentioned).items()}
        begun = [subject for subject, attempt in last.items() if attempt is not None and attempt.is_open]
        return without_namesakes(found, {subject: found.get(subject, mentioned[subject]) for subject in begun})

    def _apply(
        self, waiting: Waiting, outcomes: tuple[ExportOutcome, ...], stop: Callable[[], bool]
    ) -> ExportOutcome | None:
        placed = {each.record.id: each.id for outcome in outcomes for each in outcome.posted if not each.is_removed}
        documents = applications_of(self._memos(waiting), placed, self.ledger, self.journal)
        return self._prepared(documents).run(stop=stop) if documents else None

    def _memos(self, waiting: Waiting) -> Mapping[str, Memo]:
        """The credit memos that there are to be."""
        return memos_of(waiting, self._decided(waiting), self.ledger, self.journal)

    def _decided(self, waiting: Waiting) -> Callable[[str], Decision]:
        """What becomes of something by its subject, as if it were in Rillet."""
        catalogue, mapping, values = self.ledger.snapshot(), self._mapping(waiting), waiting.values
        return lambda subject: mapping.decide(subject, catalogue, values[subject].issued)

    def _kept_back(self, waiting: Waiting) -> Mapping[str, Reason]:
        """Why invoices and credit notes are not posted that contradict others of the same run."""
        if not self.settings.check_currency:
            return same_numbers(waiting)
        mixed = mixed_currencies(waiting, self.journal, self._mapping(waiting), self.ledger.snapshot())
        return {**mixed, **same_numbers(waiting)}

    def _hindered(self, waiting: Waiting, step: Step) -> Mapping[str, Reason | str]:
        voided = [waiting.invoices[each] for each in waiting.credited]
        idle = not_applicable(waiting, step.placed, self.ledger, self.journal)
        credited = credited_already(voided, self.ledger, self.journal, decided=self._decided(waiting))
        return {**idle, **self._kept_back(waiting), **credited}

    def _plan(
        self,
        waiting: Waiting,
        values: Mapping[str, Invoice | CreditNote],
        *,
        hindered: Mapping[str, Reason | str] | None = None,
    ) -> Plan:
        return self._export(waiting, values, self._mapping(waiting, is_plan=True, hindered=hindered)).plan()

    def _mapping(
        self,
        waiting: Waiting,
        *,
        is_plan: bool = False,
        failed: Mapping[str, str] | None = None,
        hindered: Mapping[str, Reason | str] | None = None,
    ) -> InvoiceMapping:
        return InvoiceMapping(
            self.settings, waiting.values, self.rates, is_plan=is_plan, failed=failed, hindered=hindered
        )

    def _export(self, waiting: Waiting, values: Mapping[str, Invoice | CreditNote], bridge: Bridge) -> Export:
        unreadable = waiting.unreadable if values is waiting.invoices else ()
        records = waiting.records_of(values)
        return self._of_records(ListedRecords(records, name=self.billing.name, unreadable=unreadable), bridge)

    def _prepared(self, documents: Mapping[str, BillingDocument | Reason | None]) -> Export:
        records = [
            record_of_subject(subject, is_taken=False, refused=made.text if isinstance(made, Reason) else None)
            for subject, made in documents.items()
        ]
        return self._of_records(ListedRecords(records, name=self.billing.name), Prepared(self.settings, documents))

    def _of_records(self, source: ListedRecords, bridge: Bridge) -> Export:
        return Export(source, self.ledger, bridge, journal=self.journal, in_flight=self._in_flight, clock=self._clock)
