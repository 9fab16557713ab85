"""Holding and approving the posting of one record of an export."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import attrs

from brex_accounting import Record
from bridge.books import Books
from bridge.decisions import Decision, Post, ReasonCode, Refuse
from bridge.documents.record_digest import record_digest
from bridge.export.engine import approvals
from bridge.export.engine.approvals import ChangedSinceSeenError, NothingToApproveError, Review
from bridge.export.engine.facts import Standing
from bridge.export.engine.holding import holds_nothing
from bridge.export.engine.one_run import RunParts
from bridge.export.engine.own_documents import tried
from bridge.export.engine.paid import with_what_one_pays
from bridge.export.engine.planning import planned
from bridge.export.engine.standing import State, state_of
from bridge.followed import Followed

if TYPE_CHECKING:
    from bridge.export.engine.export import Export


def hold_record(export: Export, record_id: str, *, by: str, why: str) -> Review:
    """See `Export.hold`."""
    _check_journal(export)
    record = export.record(record_id)
    if (done := _why_done(export, record, _state(export, record_id))) is not None:
        raise ValueError(f"{done}, so there is no posting to hold")
    return approvals.hold(export.journal, record.id, by=by, why=why)


@attrs.frozen(kw_only=True)
class Considered:
    """A record, the books that it was looked at with, and what would become of it."""

    record: Record
    books: Books
    decision: Decision
    followed: Followed | None = None


@attrs.frozen(kw_only=True)
class Approved:
    """An approval, what is to be posted by it, and the books that know its names."""

    review: Review
    post: Post
    books: Books


def consider(export: Export, record_id: str) -> Considered:
    """What would be posted for a record as it is now, whether or not somebody has to approve it.

    Raises:
        UnknownRecordError: The source has no such record.
        SettingsError: The settings name what the ledger does not have.
        ApiError: The source or the ledger cannot be read.
        JournalError: The journal cannot be read.
    """
    record = export.record(record_id)
    books = with_what_one_pays(export.books(), record, export.ledger, export.journal)
    state = _state(export, record_id)
    followed = export.followed(record, books)
    decision = tried(export.bridge.outcome(record, books, posted_on=state.day, followed=followed), export.bridge)
    if isinstance(decision, Post) and state.base is not None and _why_done(export, record, state) is None:
        decision = _as_change(export, decision)
    return Considered(record=record, books=books, decision=decision, followed=followed)


def _as_change(export: Export, post: Post) -> Decision:
    """What a change of a posted record comes to: how the ledger takes it, or why it does not."""
    parts = RunParts(
        source=export.source,
        ledger=export.ledger,
        bridge=export.bridge,
        journal=export.journal,
        batch=1,
        in_flight=1,
        clock=time.monotonic,
        hold=holds_nothing,
        download=None,
        kept=None,
    )
    for each in planned(parts, only=[post.record]).outcomes:
        if isinstance(each, Post):
            return attrs.evolve(post, step=each.step, correction=each.correction)
        if isinstance(each, Refuse) and not any(one.code is ReasonCode.NOT_NOW for one in each.reasons):
            return each
    return post


def _why_done(export: Export, record: Record, state: State) -> str | None:
    """Why the next run does nothing for a record, None where it may."""
    if state.standing is Standing.DISMISSED:
        return f"{record.id} is dismissed ({state.why})"
    if state.base is not None and state.is_of(record, record_digest(record)):
        return f"{record.id} is in {export.ledger.name} already, as {state.base.ref}"
    return None


def _state(export: Export, record_id: str) -> State:
    """What stands for a record, as the journal knows it."""
    members = export.journal.memberships([record_id]).get(record_id, ())
    return state_of(export.journal.attempts(record_id), export.ledger, members)


def approve_record(export: Export, record_id: str, *, by: str, seen: str | None = None) -> Approved:
    """See `Export.approve`."""
    _check_journal(export)
    considered = consider(export, record_id)
    if (done := _why_done(export, considered.record, _state(export, record_id))) is not None:
        raise NothingToApproveError(f"{done}, so there is nothing to approve")
    decision = considered.decision
    if isinstance(decision, Post):
        if seen is not None and approvals.content_of(decision) != seen:
            raise ChangedSinceSeenError(
                f"{record_id} or what is posted for it was changed since it was looked at: look at it again"
            )
        review = approvals.approve(export.journal, decision, by=by)
        return Approved(review=review, post=decision, books=considered.books)
    why = "; ".join(map(str, decision.reasons)) if isinstance(decision, Refuse) else decision.why
    raise NothingToApproveError(f"there is nothing to approve for {record_id}: {why}")


def _check_journal(export: Export) -> None:
    if export.journal.forgets:
        raise ValueError("approvals need a journal, which keeps who gave them")
