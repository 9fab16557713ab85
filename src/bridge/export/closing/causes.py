"""Why what stands in the ledger for a record is not what the record says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import attrs

from brex_accounting import Record, ReviewStatus
from bridge.closing.snapshot import DifferenceKind, UnreadObject
from bridge.decisions import Decision, Post, Refuse, Skip
from bridge.documents.protocol import Document, Found, Ref
from bridge.documents.record_digest import record_digest
from bridge.export.engine.approvals import Review, ReviewStep, content_of
from bridge.export.engine.attempts import Attempt
from bridge.export.engine.facts import Standing
from bridge.export.engine.standing import State
from bridge.export.engine.survey import settles
from bridge.export.journal.protocol import Refusal

Cause: TypeAlias = tuple[DifferenceKind, str]


@attrs.frozen(kw_only=True)
class Standings:
    """What is known of one record: what its mapping makes of it now, what was posted, and what is there.

    `present` are the objects that are there, its own document first, and `gone` those that were posted and are not.
    `unread` says which object may be its own and cannot be read.
    """

    record: Record
    decision: Decision
    state: State
    last: Attempt | None
    present: tuple[Found, ...]
    gone: tuple[Ref, ...]
    is_taken: bool
    refusals: Sequence[Refusal] = ()
    reviews: Sequence[Review] = ()
    unread: UnreadObject | None = None

    @property
    def is_offered(self) -> bool:
        """Whether the source has it ready."""
        return self.record.review_status not in {ReviewStatus.PREPARE, ReviewStatus.REVIEW}

    @property
    def is_refused(self) -> bool:
        """Whether it is ready and was refused, by its mapping or by the ledger."""
        return self.is_offered and (
            isinstance(self.decision, Refuse) or any(not each.is_held for each in self.latest_refusals)
        )

    @property
    def is_held(self) -> bool:
        """Whether it is ready and waits for an approval."""
        is_open = self.is_offered and isinstance(self.decision, Post)
        if self.reviews and all(each.is_held and each.last_at <= self.reviews[-1].at for each in self.latest_refusals):
            return is_open and self.reviews[-1].step is ReviewStep.HOLD
        return is_open and any(each.is_held for each in self.latest_refusals)

    @property
    def latest_refusals(self) -> Sequence[Refusal]:
        """The last refusal of the record as it is now, unless it is over."""
        latest = [each for each in self.refusals if each.version == self.record.version][-1:]
        return [each for each in latest if not each.is_over]

    @property
    def document(self) -> Document | None:
        """What the record says now, where that can be posted."""
        return self.decision.document if isinstance(self.decision, Post) else None

    @property
    def documents(self) -> tuple[Found, ...]:
        """What is there, but for correcting entries."""
        corrections = {each.ref for each in self.state.corrections}
        return tuple(each for each in self.present if not each.is_correction and each.ref not in corrections)


def cause_of(known: Standings) -> Cause:
    """The cause, in words for a controller; it counts where both sides differ."""
    if known.unread is not None:
        return DifferenceKind.UNREADABLE_IN_RILLET, f"{known.unread.ref} cannot be read: {known.unread.why}"
    if not known.present:
        return _missing(known)
    if known.gone:
        gone = ", ".join(map(str, known.gone))
        return DifferenceKind.DELETED_IN_RILLET, f"{gone} was posted for it and is gone"
    if not known.documents and not settles(known.record):
        left = ", ".join(str(each.ref) for each in known.present)
        return DifferenceKind.DELETED_IN_RILLET, f"its document is gone, and {left} is left of it"
    if len(known.documents) > 1 or known.state.standing is Standing.DISMISSED:
        where = ", ".join(str(each.ref) for each in known.present)
        dismissed = f"; it was dismissed ({known.state.why})" if known.state.standing is Standing.DISMISSED else ""
        return DifferenceKind.POSTED_SEVERAL_TIMES, f"it is there as {where}{dismissed}"
    return _changed(known)


def _missing(known: Standings) -> Cause:
    state, record = known.state, known.record
    if state.standing is Standing.DISMISSED:
        last = known.last
        who = "" if last is None else f" by {last.intended_by} on {last.intended_at:%Y-%m-%d}"
        return DifferenceKind.DISMISSED, f"dismissed{who}: {state.why}"
    if known.gone:
        return DifferenceKind.DELETED_IN_RILLET, f"it was posted as {', '.join(map(str, known.gone))}, which is gone"
    if known.last is not None and known.last.is_open:
        return DifferenceKind.NOT_EXPORTED, "the outcome of its last attempt is unknown; the next run settles it"
    if known.is_taken and not state.deleted:
        why = "this journal does not know whether it was deleted, was dismissed, or was never posted"
        return DifferenceKind.DELETED_IN_RILLET, f"Brex has it as exported, and nothing is there for it; {why}"
    why = "; ".join(dict.fromkeys(_reasons(known)))
    if not known.is_offered:
        return DifferenceKind.NOT_EXPORTED, f"Brex has it in {record.review_status}" + (f"; {why}" if why else "")
    return DifferenceKind.NOT_EXPORTED, why or "it waits for the next run"


def _reasons(known: Standings) -> Iterator[str]:
    match known.decision:
        case Refuse():
            yield from (reason.text for reason in known.decision.reasons)
        case Skip():
            yield known.decision.why
        case Post():
            # Held, or rejected by the ledger itself; a person may have decided about it since.
            latest = known.latest_refusals
            review = known.reviews[-1] if known.reviews else None
            if review is not None and all(each.is_held and each.last_at <= review.at for each in latest):
                yield from _reviewed(review, known.decision)
            else:
                yield from (text for each in latest for _, text in each.reasons)


def _reviewed(review: Review, post: Post) -> Iterator[str]:
    """What a person's decision means for what is to be posted; nothing where it was about something else."""
    if review.step is ReviewStep.HOLD:
        yield f"it waits for an approval: {review.by} holds it: {review.why}"
    elif review.content == content_of(post):
        yield f"{review.by} approved it; the next export posts it"


def _changed(known: Standings) -> Cause:
    if _is_alike(known):
        return DifferenceKind.EXCHANGE_DIFFERENCE, "the same document at another rate, or rounded in another way"
    edited, changed = _is_edited(known), _has_changed(known)
    version = known.record.version
    if edited and changed:
        return DifferenceKind.CHANGED_ON_BOTH_SIDES, f"changed in Brex (version {version}) and in Rillet since"
    if changed:
        return DifferenceKind.CHANGED_IN_BREX, f"changed in Brex since it was posted (version {version})"
    if edited:
        return DifferenceKind.CHANGED_IN_RILLET, "changed in Rillet since it was posted"
    if known.document is None:
        why = "; ".join(dict.fromkeys(_reasons(known)))
        return DifferenceKind.OTHER_SETTINGS, f"it is there, and could not be posted now: {why}"
    return DifferenceKind.OTHER_SETTINGS, "today's settings make something else of it than what was posted"


def _is_alike(known: Standings) -> bool:
    """Whether the document says the same, so that only its conversion can differ."""
    document, (first, *others) = known.document, known.present
    if document is None:
        return False
    stands = first.form if not others else document.corrected(first.form, [each.form for each in others])
    return stands is not None and stands.without("rate").equals(document.form().without("rate"))


def _is_edited(known: Standings) -> bool:
    if known.state.base is None:
        return any(each.is_as_marked is False for each in known.present)
    posted = {each.ref: each for each in known.state.objects}
    return any(each.ref in posted and not posted[each.ref].is_as_posted(each) for each in known.present)


def _has_changed(known: Standings) -> bool:
    state, document = known.state, known.document
    if state.standing is not Standing.POSTED:
        return False
    if state.content is not None:
        return state.content != record_digest(known.record)
    said = None if document is None else state.says(document.form())
    return known.record.version > state.version if said is None else not said
