"""Everything that the journal can tell of a record or of an object of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import attrs

from bridge.datatable import money_text
from bridge.documents.form import Form, form_of_json
from bridge.export.engine.approvals import Review, ReviewStep, lapsed_at, reviews
from bridge.export.engine.approved_plans import ApprovedPlan, plans_of
from bridge.export.engine.attempts import Attempt, Purpose, reason_of_dismissal
from bridge.export.journal.protocol import Journal, Refusal, files_of
from bridge.export.reporting.form_sums import sums_of
from bridge.mappers.summaries import Member


@attrs.frozen(kw_only=True)
class History:
    """The attempts for a record and its receipts, or those that led to an object; its refusals, and what people decided.

    All are oldest first. `plans` are the approved plans with the record that were carried out. `members` are the records of a summary, where the id is that of its object.
    """

    id: str
    attempts: tuple[Attempt, ...] = ()
    members: tuple[Member, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    reviews: tuple[Review, ...] = ()
    plans: tuple[ApprovedPlan, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the journal does not know the id."""
        return not (self.attempts or self.refusals or self.reviews or self.plans)


def history_of(journal: Journal, id: str) -> History:
    """What is known of a record of the source or an object of the ledger, by its id. Raises `JournalError`."""
    made = journal.attempts(id)
    attempts = (*made, *files_of(journal, made)) or journal.by_object(id)
    of_record = any(each.subject == id for each in attempts)
    members = () if of_record else tuple(each for attempt in attempts for each in journal.members(attempt.subject))
    return History(
        id=id,
        attempts=attempts,
        members=members,
        refusals=journal.refusals(id),
        reviews=reviews(journal, id),
        plans=plans_of(journal, id),
    )


def done_by(attempt: Attempt) -> str:
    """What an attempt did to an object that was there before, empty where it did no such thing."""
    if not attempt.was_carried_out or not attempt.is_change:
        return ""
    return f"{'deleted' if attempt.deletes else 'replaced the content of'} {attempt.target}"


def became_of(attempt: Attempt, attempts: Sequence[Attempt]) -> str:
    """What later `attempts` did to the object that one made: deleted, and replaced by which one. Else empty."""
    later = attempts[attempts.index(attempt) + 1 :] if attempt.is_there else ()
    mine = [each for each in later if each.subject == attempt.subject and each.was_carried_out]
    deleted = next((each for each in mine if each.deletes and each.target == attempt.ref), None)
    if deleted is None:
        return ""
    new = next((each for each in mine[mine.index(deleted) :] if each.is_there), None)
    instead = "" if new is None else f"; replaced by {new.ref}"
    return f"deleted by version {deleted.version}, attempt {deleted.number}{instead}"


def said_by(attempt: Attempt, attempts: Sequence[Attempt]) -> str:
    """What a record says on its accounts after an attempt, debits positive, and its day; of a change the old and the new.

    Empty where the journal does not tell, as of receipts, deletions and dismissals.
    """
    now = None if attempt.deletes else _form(attempt)
    if now is None:
        return ""
    earlier = [
        each for each in attempts[: attempts.index(attempt)] if each.subject == attempt.subject and each.is_there
    ]
    before = _form(earlier[-1]) if earlier else None
    new, day = _by_account(now), now.head.get("day")
    if before is None:
        told = ", ".join(f"{account} {money_text(*amount)}" for account, amount in new.items())
        return f"{day}: {told}" if day else told
    old, before_day = _by_account(before), before.head.get("day")
    changes = [f"{day} instead of {before_day}"] if day != before_day else []
    changes += [
        f"{account} {_shown(new.get(account))} instead of {_shown(old.get(account))}"
        for account in dict.fromkeys((*old, *new))
        if old.get(account) != new.get(account)
    ]
    return "; ".join(changes) or "the same day and amounts as before"


def _form(attempt: Attempt) -> Form | None:
    if attempt.form is None:
        return None
    try:
        return form_of_json(attempt.form)
    except ValueError:
        return None


def _by_account(form: Form) -> Mapping[str, tuple[Decimal, str]]:
    """Amount and currency by account; the accounts of one in several currencies have its code behind them."""
    sums = sums_of(form)
    codes = [account for account, _ in sums]
    return {
        account if codes.count(account) == 1 else f"{account} in {currency}": (amount, currency)
        for (account, currency), amount in sums.items()
    }


def _shown(amount: tuple[Decimal, str] | None) -> str:
    return "nothing" if amount is None else money_text(*amount)


def why_of(attempt: Attempt) -> str:
    """Why an attempt ended as it did; of a dismissal that was undone, who took the record up again."""
    if attempt.purpose is Purpose.DISMISSAL and attempt.was_undone and attempt.settled_by is not None:
        return f"{attempt.settled_by} took it up again; it was dismissed before: {reason_of_dismissal(attempt)}"
    return attempt.error or ""


def moment_text(moment: datetime | None) -> str:
    """A moment to the second, in UTC; empty where there is none."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def review_text(review: Review, refusals: Sequence[Refusal] = ()) -> str:
    """What somebody decided, in a sentence with its time, and whether `refusals` tell that it does not count any more."""
    if review.step is ReviewStep.HOLD:
        return f"{moment_text(review.at)} UTC: {review.by} held it: {review.why}"
    lapsed = lapse_text(review, refusals)
    return review.with_before(f"{moment_text(review.at)} UTC: {review.by} approved it") + (
        f"; {lapsed}" if lapsed else ""
    )


def lapse_text(review: Review, refusals: Sequence[Refusal]) -> str:
    """That an approval does not count any more, and since when; empty where nothing tells so."""
    lapsed = lapsed_at(review, refusals)
    return "" if lapsed is None else f"it had lapsed by {moment_text(lapsed)} UTC"


def plan_text(plan: ApprovedPlan) -> str:
    """Who approved a plan with the record, in a sentence with its time."""
    return f"{moment_text(plan.at)} UTC: {plan.by} approved it with {plan.name}"
