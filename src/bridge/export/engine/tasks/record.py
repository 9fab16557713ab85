"""One record's way into the ledger: what was attempted is settled first, then the three forms are compared.

The claim keeps other exporters off the record. Under it the attempts are read, what has no outcome is settled, and the
table says what follows, once more after each look. A record is told to its source only after the ledger has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import cast

import attrs

from brex_accounting import Amount, Record
from bridge.callers import described
from bridge.decisions import Decision, Post, Reason, ReasonCode, Refuse, Skip, SkipCode
from bridge.documents.form import Form
from bridge.documents.protocol import Document, Found
from bridge.export.engine.attempts import Attempt, facts_of, in_summaries, is_part, last_attempt, open_summary
from bridge.export.engine.calls import Calls, ask
from bridge.export.engine.claims import BusyError
from bridge.export.engine.comparing import Case, added, amounts_of, documents_of
from bridge.export.engine.facts import Seen, Settlement, Standing, Step, rules_of
from bridge.export.engine.finished import Finished, finished
from bridge.export.engine.looked_up import check_looked_up
from bridge.export.engine.next_step import CHANGING, Row, next_step, settle
from bridge.export.engine.own_documents import gave_what_cannot_be_posted
from bridge.export.engine.raised import told
from bridge.export.engine.refusals import older_copy, refusal
from bridge.export.engine.standing import State, state_of, telling
from bridge.export.engine.survey import pays_a_bill, settles
from bridge.export.engine.tasks.bill_payment import AmbiguousPaymentError
from bridge.export.engine.tasks.documents import DocumentWriter
from bridge.export.engine.tasks.open_attempt import OpenAttempt
from bridge.export.engine.tasks.protocol import Done, Stop, TaskContext, result_of_error
from bridge.export.journal.protocol import JournalError
from bridge.export.ledgers.own import ability_of, looked_up
from bridge.export.ledgers.protocol import Ledger, UnreadableObjectError
from bridge.export.reporting.report import Elsewhere, Failed, Posted, RecordResult, StopCode, Warned
from bridge.unreadable import UnreadableEntry
from clientkit.errors import ApiError


@attrs.frozen(kw_only=True)
class RecordTask:
    """What is to be done for one record.

    `decision` is what the mapping made of it, None where nothing has changed since it was posted. `found` is what a
    look-up has shown of it, None where none was made; `alike` are objects without a mark that say the same, `unmarked`
    all of those, and `unread` is one for the record that cannot be read. `receipts_left` says that an earlier run could
    not have all its receipts. `offered` says whether the source waits to be told, `asked` that a person wants it posted
    whatever the source says; `content` is the record's digest.
    """

    record: Record
    decision: Decision | None
    content: str
    offered: bool = True
    asked: bool = False
    found: tuple[Found, ...] | None = None
    alike: tuple[Found, ...] = ()
    unmarked: tuple[Found, ...] = ()
    unread: UnreadableEntry | None = None
    receipts_left: bool = False
    is_counted: bool = True

    @property
    def records(self) -> tuple[Record, ...]:
        """The one record."""
        return (self.record,)

    def carry_out(self, context: TaskContext) -> Calls[Done]:
        """Claim the record and do what is left to do for it."""
        done = yield from self._carry_out(context)
        if not self.offered and not self.asked:
            # Nobody waits to hear that nothing has changed.
            results = tuple(each for each in done.results if not isinstance(each, Skip))
            done = attrs.evolve(done, results=results)
        return attrs.evolve(done, reports=self.offered)

    def _carry_out(self, context: TaskContext) -> Calls[Done]:
        done: Done | None = None
        try:
            with ExitStack() as stack:
                try:
                    stack.enter_context(context.claimed(self.record.id))
                except BusyError as error:
                    return self._elsewhere(error)
                done = yield from self._with_receipts((yield from self._settled(context)), context)
        except JournalError as error:
            # What came of it is known where only the claim could not be given back.
            failed = self._failed("journal", str(error))
            return attrs.evolve(done or failed, stop=Stop(code=StopCode.JOURNAL, why=str(error)))
        return done

    def _settled(self, context: TaskContext) -> Calls[Done]:
        try:
            return (yield from self._settle(context))
        except AmbiguousPaymentError as error:
            return self._refused(Reason(code=ReasonCode.POSSIBLE_DOUBLE, text=str(error)))
        except UnreadableObjectError as error:
            return self._refused(Reason(code=ReasonCode.UNREADABLE, text=str(error)))
        except (ApiError, BusyError) as error:
            return result_of_error(error, self.records)
        except JournalError:
            raise
        except Exception as error:  # noqa: BLE001 - a document or a hook of the caller may raise anything
            return self._failed("error", told(error))

    def _settle(self, context: TaskContext) -> Calls[Done]:
        """The first half: settle the attempt without an outcome; then go on with what stands."""
        check_looked_up(self.record.id, self.found or (), self.unread, context.ledger, context.journal)
        attempts = context.journal.attempts(self.record.id)
        summary = open_summary(attempts)
        if summary is not None:
            facts = facts_of(
                summary, context.journal.now(), Seen.NO, rules_of(ability_of(context.ledger, summary.kind))
            )
            if context.sender.is_dry and settle(facts) is Settlement.SEND_AGAIN:
                # A run has sent it by now, under its key.
                return self._open(summary).sent_again()
            # It stands for other records too, and what the ledger has of it is not found by any of them.
            return self._failed("open_summary", "it is unknown what came of its summary; the next run finds out")
        looked = self.found
        last = last_attempt(attempts)
        if last is not None and last.is_open:
            settled = yield from self._open(last).settled(context)
            if isinstance(settled, Done):
                return settled
            # What was looked up before is older than what was just sent.
            looked = looked if settled else None
            attempts = context.journal.attempts(self.record.id) if not context.sender.is_dry else attempts
        elif last is not None and last.is_there:
            context.payments.note(last)
        state = partial(self._state, looked=looked, context=context)
        sent = finished(attempts, context.sender, state, self.decision, self.content)
        return (yield from self._compare(state(attempts), looked, context, sent))

    def _open(self, attempt: Attempt) -> OpenAttempt:
        return OpenAttempt(
            attempt=attempt, record=self.record, decision=self.decision, content=self.content, found=self.found
        )

    def _state(self, attempts: Sequence[Attempt], looked: tuple[Found, ...] | None, context: TaskContext) -> State:
        memberships = context.journal.memberships(in_summaries({self.record.id: attempts})).get(self.record.id, ())
        return state_of(attempts, context.ledger, memberships, found=telling(self.record, looked or ()))

    def _compare(
        self, state: State, looked: tuple[Found, ...] | None, context: TaskContext, sent: Finished | None
    ) -> Calls[Done]:
        """The second half: ask the table, look where it says so, and do what it says."""
        if self.decision is None and state.standing is Standing.NEW:
            return self._changed_meanwhile()
        case = Case(
            record=self.record,
            decision=self.decision,
            state=state,
            content=self.content,
            offered=self.offered or self.asked or state.deleted,
            documents=None if looked is None else documents_of(looked),
            corrections=_corrections(looked, state),
            alike=self.alike,
            unmarked=self.unmarked,
            is_untold=context.journal.forgets and self._may_be_a_part(),
            hold=context.hold,
            settings=context.settings,
            books=context.books,
            ledger=context.ledger,
            words=context.wording,
            is_counted=self.is_counted,
        )
        while True:
            row = next_step(case.facts)
            if row.step is not Step.LOOK:
                return _with_finished((yield from self._act(row, case, context)), sent)
            case = yield from self._looked(case, context)

    def _is_a_part(self) -> bool:
        """Whether it is, or would be, a payment of another document, which no look-up finds."""
        return is_part(self.decision.document.kind) if isinstance(self.decision, Post) else pays_a_bill(self.record)

    def _may_be_a_part(self) -> bool:
        """Whether it was, is or would be such a payment; a payout and a payment by card are entries in some cases."""
        return is_part(self.decision.document.kind) if isinstance(self.decision, Post) else settles(self.record)

    def _looked(self, case: Case, context: TaskContext) -> Calls[Case]:
        state, ledger = case.state, context.ledger
        if state.base is None and self._is_a_part():
            # Nothing tells of what it was made for; whoever pays the bill looks at its payments.
            return attrs.evolve(case, documents=())
        if state.base is None:
            since = min(self.record.posted_at, self.record.updated_at)
            looked = yield from ask(lambda: looked_up(ledger, [self.record.id], since=since))
            found = looked.by_subject.get(self.record.id, ())
            unread = looked.unreadable.get(self.record.id)
            check_looked_up(self.record.id, found, unread, ledger, context.journal)
            return attrs.evolve(case, documents=documents_of(found))
        look = context.look_once if state.is_member else context.look
        base = state.base
        there = yield from ask(lambda: look(self.record.id, base.ref))
        if there is not None:
            there = yield from ask(partial(context.sender.as_left, there))
        corrections = list[Found]()
        for each in state.corrections:
            entry = yield from ask(partial(context.look, self.record.id, each.ref))
            if entry is not None:
                corrections.append(entry)
        others = list[Found]()
        for other in case.documents or ():
            # The look-up of all is older, and another exporter may have posted anew since, so it is asked for again.
            look_again = partial(context.look, self.record.id, other.ref)
            if there is None or (other.ref != there.ref and (yield from ask(look_again)) is not None):
                others.append(other)
        documents = (*(() if there is None else (there,)), *others)
        return attrs.evolve(
            case,
            documents=documents,
            is_looked=True,
            corrections=tuple(corrections),
            is_incomplete=len(corrections) < len(state.corrections),
        )

    def _act(self, row: Row, case: Case, context: TaskContext) -> Calls[Done]:
        """Do what the row says."""
        writer = DocumentWriter(self.record, self.content, context)
        if (reason := self._kept_from(row, case, context)) is not None:
            return self._refused(reason)
        match row.step:
            case Step.REFUSE:
                return Done(results=(refusal(row, case),))
            case Step.NOTHING:
                writer.agree(case.state)
                return Done(results=(_nothing(case),))
            case Step.KEEP:
                writer.keep(case.state, case.one, is_compared=isinstance(self.decision, Post))
                return self._kept(case)
            case Step.DELETE:
                attempt = yield from writer.delete(cast("Found", case.one))
                spent = case.state.form if context.ledger.ability(case.state.kind).spends else None
                return self._posted(attempt, None, row.step.value, amounts=amounts_of(None, spent))
            case _:
                return (yield from self._write(row, case, writer, context))

    def _kept_from(self, row: Row, case: Case, context: TaskContext) -> Reason | None:
        """Why nothing is written after all: it is an older copy, or not as it was planned."""
        if not self.is_counted and row.is_about_a_change and case.state.is_newer_than(self.record):
            return older_copy(case)
        if row.step not in CHANGING:
            return None
        if row.step is Step.CORRECT and (fault := case.fault_of_correction()) is not None:
            return Reason(code=ReasonCode.MAPPER_FAILED, text=gave_what_cannot_be_posted(self.record, fault))
        why = context.permits(self.record.id, row.step.value, self.decision, context.books)
        return None if why is None else Reason(code=ReasonCode.CHANGED_SINCE_PLAN, text=why)

    def _write(self, row: Row, case: Case, writer: DocumentWriter, context: TaskContext) -> Calls[Done]:
        if not isinstance(self.decision, Post):
            return self._changed_meanwhile()
        document, found = (yield from writer.with_vendor(self.decision.document)), case.one
        correction: Document | None = None
        match row.step:
            case Step.ADOPT if found is not None:
                attempt = writer.adopt(document, found)
            case Step.REPLACE if found is not None:
                attempt = yield from writer.replace(document, found)
            case Step.REPOST if found is not None:
                why = yield from writer.obstacle(document, found)
                if why is not None:
                    return self._refused(Reason(code=ReasonCode.CHANGED_AFTER_EXPORT, text=why))
                attempt = yield from writer.repost(document, found)
            case Step.CORRECT:
                writer.take_over(case.state, found)
                # The table corrects only what can be corrected. Without a journal the first part has the first number.
                after = 1 if case.state.is_begun else 0
                correction = cast("Document", case.correction(document))
                attempt = yield from writer.correct(document, correction, after=after)
            case _:
                corrections = [each for each in self.found or () if each.is_correction]
                attempt = yield from writer.create(document, corrections)
        amounts, warned = self._spending(document, case.state.form if case.state.base is not None else None)
        if attempt.was_adopted:
            done = self._posted(attempt, document, row.step.value, adopted=True, amounts=amounts)
            return attrs.evolve(done, warned=warned)
        # A plan shows the vendor that would be created.
        shown = self.decision.document if context.sender.is_dry else document
        done = self._posted(attempt, shown, row.step.value, correction=correction, amounts=amounts)
        return attrs.evolve(done, warned=warned)

    def _spending(self, document: Document, stood: Form | None) -> tuple[tuple[Amount, ...], tuple[Warned, ...]]:
        """What a document that is posted spends beyond what stood, or a warning where a document of the caller's cannot say."""
        try:
            return amounts_of(document, stood if document.spent() else None), ()
        except Exception as error:  # noqa: BLE001 - it is in the ledger, of which the source has to hear
            name = f"{type(document).__name__}.spent"
            text = f"it is posted, and nobody knows what it spends: {name} failed: {described(error)}"
            return (), (Warned(record_id=self.record.id, code="spending_unknown", text=text),)

    def _kept(self, case: Case) -> Done:
        base = case.state.base
        if not (self.offered or self.asked or self.receipts_left) or base is None:
            return Done(results=(Skip(record=self.record, why="nothing has changed", code=SkipCode.UNCHANGED),))
        ref = case.one.ref if case.one is not None else base.ref
        posted = Posted(record=self.record, kind=ref.kind, id=ref.id, adopted=True, step=Step.KEEP.value)
        return Done(results=(posted,))

    def _posted(
        self,
        attempt: Attempt,
        document: Document | None,
        step: str,
        *,
        correction: Document | None = None,
        adopted: bool = False,
        amounts: tuple[Amount, ...] = (),
    ) -> Done:
        posted = Posted(
            record=self.record,
            kind=attempt.kind,
            id=attempt.object_id or "",
            document=document,
            correction=correction,
            adopted=adopted,
            step=step,
            amounts=amounts,
        )
        return Done(results=(posted,), trace_id=attempt.trace_id)

    def _refused(self, reason: Reason) -> Done:
        return Done(results=(Refuse(record=self.record, reasons=(reason,)),))

    def _elsewhere(self, error: BusyError) -> Done:
        held = error.held
        return Done(
            results=(
                Elsewhere(
                    record=self.record,
                    why=str(error),
                    holder=None if held is None else held.who,
                    until=None if held is None else held.until,
                ),
            )
        )

    def _failed(self, code: str, why: str) -> Done:
        return Done(results=(Failed(record=self.record, why=why, code=code),))

    def _changed_meanwhile(self) -> Done:
        """Another exporter has changed what stands since the run read it."""
        return self._failed("changed_meanwhile", "what stands for it has changed meanwhile; the next run sees it")

    def _with_receipts(self, done: Done, context: TaskContext) -> Calls[Done]:
        """Attach the receipts of a record that is in the ledger, before its source is told of it."""
        posted = done.results[0] if done.results else None
        if context.receipts is None or context.sender.is_dry or not isinstance(posted, Posted) or posted.is_removed:
            return done
        if posted.step == Step.CORRECT.value:
            # They are at the document that is corrected.
            return done
        try:
            with context.attaching(attrs.evolve(posted, receipts=context.receipts.left_open(posted.record))):
                attached = yield from context.receipts.attach(posted.record, posted.ref)
        except (ApiError, BusyError) as error:
            failed = self._failed("receipts", _not_attached(posted, context.ledger, str(error)))
            return attrs.evolve(result_of_error(error, self.records), results=failed.results, again=False, later=False)
        except JournalError:
            raise
        except Exception as error:  # noqa: BLE001 - a ledger of the caller may raise anything
            return self._failed("receipts", _not_attached(posted, context.ledger, told(error)))
        return attrs.evolve(done, results=(attrs.evolve(posted, receipts=attached),))


def _with_finished(done: Done, sent: Finished | None) -> Done:
    """What came of a record, with what the run has ended for it; that may be all, where nothing has changed since."""
    if sent is None:
        return done
    results = list[RecordResult]()
    for each in done.results:
        if isinstance(each, Skip) and each.code is SkipCode.UNCHANGED:
            made = Posted(record=each.record, kind=sent.attempt.kind, id=sent.attempt.object_id or "", step=sent.step)
            results.append(attrs.evolve(made, document=sent.document, amounts=sent.amounts, adopted=sent.found))
        elif isinstance(each, Posted) and each.step == Step.KEEP.value:
            results.append(
                attrs.evolve(each, adopted=sent.found, step=sent.step, document=sent.document, amounts=sent.amounts)
            )
        elif isinstance(each, Posted):
            results.append(attrs.evolve(each, amounts=added((*sent.amounts, *each.amounts))))
        else:
            results.append(each)
    return attrs.evolve(done, results=tuple(results), trace_id=done.trace_id or sent.attempt.trace_id)


def _not_attached(posted: Posted, ledger: Ledger, why: str) -> str:
    where = f"it is in {ledger.name} as {posted.ref}"
    return f"{where}, but not all its receipts are attached; the next run attaches them: {why}"


def _corrections(found: Sequence[Found] | None, state: State) -> tuple[Found, ...]:
    """The correcting entries that a mark tells of, in their order."""
    by_ref = {each.ref: each for each in found or ()}
    return tuple(by_ref[each.ref] for each in state.corrections if each.ref in by_ref)


def _nothing(case: Case) -> Skip:
    if case.state.standing is Standing.DISMISSED:
        return Skip(record=case.record, why=f"a person booked it: {case.state.why}", code=SkipCode.DISMISSED)
    if isinstance(case.decision, Skip):
        return case.decision
    return Skip(record=case.record, why="nothing has changed", code=SkipCode.UNCHANGED)
