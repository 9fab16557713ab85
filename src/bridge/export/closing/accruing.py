"""Posting a month's accruals, once for each subsidiary, and taking out of them what has arrived."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum

import attrs

from bridge.closing.accruals import Accrual, AccrualPlan, accrual_json, accrual_of_json
from bridge.closing.period import Period
from bridge.datatable import DataTable, Tabular
from bridge.documents.protocol import Found
from bridge.export.engine.attempts import ACCRUALS, Attempt, accrual_subject, facts_of, last_attempt
from bridge.export.engine.calls import drive
from bridge.export.engine.claims import BusyError, claimed
from bridge.export.engine.facts import Seen, Settlement, rules_of
from bridge.export.engine.next_step import settle
from bridge.export.engine.sender import Intent, Sender
from bridge.export.journal.marks import texts_at
from bridge.export.journal.protocol import Journal, JournalError
from bridge.export.ledgers.own import ability_of, deletion_request, object_at
from bridge.export.ledgers.protocol import AccruingLedger
from clientkit.errors import ApiError


class AccrualStep(StrEnum):
    """What was done for the accrual of a subsidiary, or that it could not be done."""

    CREATE = "create"
    REPLACE = "replace"
    DELETE = "delete"
    KEEP = "keep"
    FAILED = "failed"


@attrs.frozen(kw_only=True)
class AccrualStepTaken:
    """What became of the accrual of one subsidiary; `object_id` is its entry in Rillet, where there is one."""

    subsidiary: str
    step: AccrualStep
    object_id: str | None = None
    why: str = ""


@attrs.frozen(kw_only=True, repr=False)
class AccrualOutcome(Tabular):
    """What posting a month's accruals came to."""

    period: Period
    steps: tuple[AccrualStepTaken, ...]

    @property
    def complete(self) -> bool:
        """Whether Rillet has every accrual as it is wanted."""
        return all(each.step is not AccrualStep.FAILED for each in self.steps)

    @property
    def table(self) -> DataTable:
        """A row for each subsidiary."""
        return DataTable(
            title=f"Accruals {self.period}",
            headings=("Subsidiary", "Step", "Rillet", "Why"),
            rows=tuple((each.subsidiary, each.step.value, each.object_id or "", each.why) for each in self.steps),
        )

    def as_json(self) -> list[dict[str, object]]:
        """The steps for programs."""
        return [
            {"subsidiary": each.subsidiary, "step": each.step.value, "object_id": each.object_id, "why": each.why}
            for each in self.steps
        ]


def post_accruals(ledger: AccruingLedger, journal: Journal, plan: AccrualPlan) -> AccrualOutcome:
    """Make Rillet's accruals of a month those of the plan: create, replace, delete, or keep them.

    There is one entry for each subsidiary, found again by its name, so that running it twice posts nothing twice. The journal
    keeps the records of each, so that an export can take out what it posts.

    Raises:
        ValueError: There is no journal to keep them.
        ApiError: Rillet cannot be read; nothing was posted.
        JournalError: The journal cannot be read or written.
    """
    if journal.forgets:
        raise ValueError("accruing needs a journal, which knows what to take out again when a record arrives")
    books, there = ledger.snapshot(), ledger.accruals(plan.period)
    wanted = {each.subsidiary_id: each for each in plan.accruals}
    steps = tuple(
        _post(
            ledger,
            journal,
            books.last_closed,
            wanted.get(each.id) or _nothing(plan.period, each.id, each.trade_name, each.currency),
            there.get(each.id, ()),
        )
        for each in books.subsidiaries
        if each.id in wanted or each.id in there
    )
    return AccrualOutcome(period=plan.period, steps=steps)


def take_out_arrived(ledger: AccruingLedger, journal: Journal) -> tuple[AccrualOutcome, ...]:
    """Take out of the accruals of open months what has been posted or dismissed since, so that nothing counts twice.

    What arrives after its month was closed stays accrued: it counts in the next month, where the accrual is taken back. An
    entry that a person has deleted is not posted again. Raises as `post_accruals`.
    """
    left = dict[str, Accrual]()
    for accrual in _remembered(journal):
        attempts = journal.attempts_of([each.record_id for each in accrual.records])
        arrived = [record_id for record_id, made in attempts.items() if _is_in_books(made)]
        if arrived:
            left[_subject(accrual)] = accrual.without(arrived)
    if not left:
        return ()
    last_closed, made = ledger.snapshot().last_closed, list[AccrualOutcome]()
    for accrual in left.values():
        if closed_for(accrual.period, last_closed) is not None:
            _forget(journal, accrual)
            continue
        there = ledger.accruals(accrual.period).get(accrual.subsidiary_id, ())
        if there:
            step = _post(ledger, journal, last_closed, accrual, there, is_reduction=True)
            made.append(AccrualOutcome(period=accrual.period, steps=(step,)))
        else:
            _forget(journal, accrual)
    return tuple(made)


def failures_to_take_out(ledger: AccruingLedger, journal: Journal) -> Iterator[str]:
    """As `take_out_arrived`, telling what could not be done: it must not stop what an export has to report."""
    try:
        outcomes = take_out_arrived(ledger, journal)
    except (ApiError, JournalError) as error:
        yield f"accruals still hold what this run has posted; run accrue again: {error}"
        return
    for outcome in outcomes:
        for each in outcome.steps:
            if each.step is AccrualStep.FAILED:
                yield f"the accrual {outcome.period} of {each.subsidiary} still holds what was posted: {each.why}"


def closed_for(period: Period, last_closed: date | None) -> str | None:
    """Why nothing can be accrued in a period, as the books are closed; None where they are not."""
    if last_closed is None or period.last > last_closed:
        return None
    return f"the books are closed up to {last_closed}, so nothing can be accrued on {period.last}"


def _post(
    ledger: AccruingLedger,
    journal: Journal,
    last_closed: date | None,
    accrual: Accrual,
    there: Sequence[Found],
    *,
    is_reduction: bool = False,
) -> AccrualStepTaken:
    """One subsidiary's accrual as it is wanted; one without lines is to be gone. A reduction only takes records out."""
    name, period = accrual.subsidiary, accrual.period
    if (why := closed_for(period, last_closed)) is not None:
        return AccrualStepTaken(subsidiary=name, step=AccrualStep.FAILED, why=why)
    try:
        with claimed(journal, _subject(accrual), "another exporter has it in hand"):
            sender = Sender(ledger, journal)
            present = _settled(sender, journal.attempts(_subject(accrual)), there)
            if len(present) > 1:
                where = " and ".join(str(each.ref) for each in present)
                why = f"Rillet has it {len(present)} times, as {where}; delete all but one"
                return AccrualStepTaken(subsidiary=name, step=AccrualStep.FAILED, why=why)
            # What has arrived is looked for again until it is out of the entry.
            if not is_reduction:
                _remember(journal, accrual)
            taken = _carried_out(sender, ledger, accrual, present[0] if present else None)
            _remember(journal, accrual)
            return taken
    except (ApiError, BusyError) as error:
        return AccrualStepTaken(subsidiary=name, step=AccrualStep.FAILED, why=str(error))


def _settled(sender: Sender, attempts: Sequence[Attempt], there: Sequence[Found]) -> Sequence[Found]:
    """What is there, once the outcome of the last attempt is known; of several a person deletes all but one first."""
    last = last_attempt(attempts)
    if last is None or not last.is_open or len(there) > 1:
        return there
    seen = Seen.YES if _was_made(sender, last, there) else Seen.NO
    rules = rules_of(ability_of(sender.ledger, last.kind), is_listed=True)
    match settle(facts_of(last, sender.journal.now(), seen, rules)):
        case Settlement.SEND_AGAIN:
            # It may still be on its way: under its own key it cannot be carried out twice.
            found = object_at(sender.ledger, drive(sender.send_again(last)).ref)
            return () if found is None else (found,)
        case Settlement.ADOPT if last.is_change:
            sender.confirm(last, next(iter(there), None))
        case Settlement.ADOPT:
            sender.settle_as_found(last, there[0])
        case _:
            sender.abandon(last, f"{sender.ledger.name} was seen not to have what it was to do")
    return there


def _was_made(sender: Sender, last: Attempt, there: Sequence[Found]) -> bool:
    """Whether the attempt was carried out, as far as a look into the ledger shows."""
    if last.deletes or not there:
        return last.deletes and not there
    sent = sender.ledger.form_of(last.kind, last.payload)
    return not last.is_change or (sent is not None and sent.equals(there[0].form))


def _carried_out(sender: Sender, ledger: AccruingLedger, accrual: Accrual, present: Found | None) -> AccrualStepTaken:
    if present is None and not accrual.lines:
        return AccrualStepTaken(subsidiary=accrual.subsidiary, step=AccrualStep.KEEP, why="there is nothing to accrue")
    if present is None:
        step, request = AccrualStep.CREATE, ledger.create_accrual(accrual)
    elif not accrual.lines:
        step, request = AccrualStep.DELETE, deletion_request(sender.ledger, present.ref)
    elif ledger.has_accrual(present, accrual):
        return AccrualStepTaken(subsidiary=accrual.subsidiary, step=AccrualStep.KEEP, object_id=present.ref.id)
    else:
        step, request = AccrualStep.REPLACE, ledger.replace_accrual(present, accrual)
    form = ledger.accrual_form(accrual)
    intent = Intent(
        subject=_subject(accrual),
        version=0,
        kind=form.kind if present is None else present.ref.kind,
        request=request,
        form=form.as_json() if accrual.lines else None,
        object_id=None if present is None else present.ref.id,
    )
    attempt = drive(sender.send(intent))
    object_id = None if step is AccrualStep.DELETE else attempt.object_id
    return AccrualStepTaken(subsidiary=accrual.subsidiary, step=step, object_id=object_id)


def _is_in_books(attempts: Sequence[Attempt]) -> bool:
    last = last_attempt(attempts)
    return last is not None and (last.is_there or last.was_dismissed)


def _nothing(period: Period, subsidiary_id: str, subsidiary: str, currency: str) -> Accrual:
    return Accrual(period=period, subsidiary_id=subsidiary_id, subsidiary=subsidiary, currency=currency, records=())


def _subject(accrual: Accrual) -> str:
    return accrual_subject(str(accrual.period), accrual.subsidiary_id)


def _remembered(journal: Journal) -> Iterator[Accrual]:
    """The accruals that are known and may have to be changed."""
    for subject in texts_at(journal, ACCRUALS):
        if (told := journal.mark(subject)) is not None:
            try:
                yield accrual_of_json(told)
            except ValueError as error:
                raise JournalError(f"the journal's accrual {subject} cannot be read: {error}") from error


def _remember(journal: Journal, accrual: Accrual) -> None:
    """Write its records down before anything is sent."""
    journal.set_mark(_subject(accrual), accrual_json(accrual))
    known = texts_at(journal, ACCRUALS)
    if _subject(accrual) not in known:
        journal.set_mark(ACCRUALS, json.dumps([*known, _subject(accrual)]))


def _forget(journal: Journal, accrual: Accrual) -> None:
    """Its month is closed: what it was made of stays in the journal, and nothing of it is to be changed any more."""
    known = texts_at(journal, ACCRUALS)
    journal.set_mark(ACCRUALS, json.dumps([each for each in known if each != _subject(accrual)]))
