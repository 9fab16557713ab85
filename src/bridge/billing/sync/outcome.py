"""What a sync did, as a value."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from bridge.billing.decisions import SyncError, sync_error
from bridge.datatable import first_lines
from bridge.decisions import Refuse
from bridge.export.reporting.report import ExportOutcome
from clientkit.showing import in_short

# The errors that a missing setup is known by: nobody can ask Rillet whether a type of reference exists.
_SETUP = frozenset({"ExternalReferenceTypeNotFoundError"})

#: What a run knows that has posted everything: the journal tells what is in Rillet, and a person may have deleted it there.
NOTHING_LEFT = "nothing left to post"


@attrs.frozen(kw_only=True)
class SyncProblem:
    """Why something is not in Rillet as it should be. `subject` is such as ``invoice:in_1``; `error` says what to do."""

    subject: str
    error: SyncError
    text: str

    def __str__(self) -> str:
        return in_short(f"{self.subject}: {self.text}")


@attrs.frozen(kw_only=True)
class SyncOutcome:
    """What a sync did, step by step: customers and products, invoices, credit notes, and what these pay.

    A step that the one before kept from beginning is None. `unchanged_invoices` and `unchanged_credit_notes` were read and
    left as they are: by the journal they are in Rillet, which was not asked for them.
    """

    master_data: ExportOutcome | None = None
    invoices: ExportOutcome | None = None
    credit_notes: ExportOutcome | None = None
    applications: ExportOutcome | None = None
    unchanged_invoices: int = 0
    unchanged_credit_notes: int = 0

    def __str__(self) -> str:
        problems = self.problems
        state = NOTHING_LEFT if self.complete else _problem_count(len(problems))
        there = f"{self.already_there} there already, " if self.already_there else ""
        lines = [f"Sync: {self.posted} posted, {there}{state}", *first_lines("Not in Rillet", problems, len(problems))]
        if self.stopped:
            lines.append(f"The sync ended early: {in_short(self.stopped)}")
        return "\n".join(lines)

    @property
    def steps(self) -> tuple[ExportOutcome, ...]:
        """The steps that were taken."""
        taken = (self.master_data, self.invoices, self.credit_notes, self.applications)
        return tuple(each for each in taken if each is not None)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to post. What the journal has as posted is not looked for in Rillet: `verify` does."""
        return self.invoices is not None and all(each.complete for each in self.steps)

    @property
    def stopped(self) -> str | None:
        """Why the sync ended early, None where it did not."""
        return next((each.stopped for each in self.steps if each.stopped is not None), None)

    @property
    def problems(self) -> tuple[SyncProblem, ...]:
        """Every problem with its name, in the order of the steps."""
        return tuple(problem for each in self.steps for problem in _problems(each))

    @property
    def unfinished(self) -> frozenset[str]:
        """What is not as it should be, or in another sync's hand, by subjects."""
        elsewhere = (held.record.id for each in self.steps for held in each.elsewhere)
        return frozenset(each.subject for each in self.problems) | frozenset(elsewhere)

    @property
    def posted(self) -> int:
        """How many invoices and credit memos were posted, changed or deleted in Rillet."""
        taken = (self.invoices, self.credit_notes)
        return sum(each.counts.posted for each in taken if each is not None)

    @property
    def already_there(self) -> int:
        """How many invoices and credit memos were in Rillet before, and are left as they are."""
        taken = (self.invoices, self.credit_notes)
        adopted = sum(each.counts.adopted for each in taken if each is not None)
        return adopted + self.unchanged_invoices + self.unchanged_credit_notes


def unreadable_problem(billing_id: str, why: str) -> SyncProblem:
    """That an invoice or a credit note cannot be read; its id is empty where it has none."""
    return SyncProblem(subject=billing_id, error=SyncError.INVALID_INVOICE, text=why)


def refused_problems(refused: Refuse) -> Iterator[SyncProblem]:
    """Every reason for which something is refused."""
    for reason in refused.reasons:
        yield SyncProblem(subject=refused.record.id, error=sync_error(reason), text=reason.text)


def _problem_count(count: int) -> str:
    return "1 problem" if count == 1 else f"{count} problems"


def _problems(outcome: ExportOutcome) -> Iterator[SyncProblem]:
    for refused in outcome.refused:
        yield from refused_problems(refused)
    for failed in outcome.failed:
        error = SyncError.MISSING_SETUP if failed.code in _SETUP else SyncError.API_ERROR
        yield SyncProblem(subject=failed.record.id, error=error, text=failed.why)
    for unread in outcome.unreadable:
        yield unreadable_problem(unread.record_id, unread.why)
