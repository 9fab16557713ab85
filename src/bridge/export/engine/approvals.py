"""Four eyes: what waits for an approval, and who has held or approved it, as the journal keeps it.

An approval is for one content: the record as it is, and what is to be posted for it. Where either is changed, it lapses.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum

import attrs

from brex_accounting import Record
from bridge.datatable import trimmed
from bridge.decisions import Post
from bridge.documents.protocol import PlannedVendor
from bridge.documents.record_digest import record_digest
from bridge.export.engine.attempts import Attempt, Purpose, last_attempt
from bridge.export.engine.holding import Hold
from bridge.export.journal.marks import texts_at
from bridge.export.journal.protocol import Journal, JournalError, Refusal
from bridge.settings.approval_rules import ApprovalRule
from bridge.settings.values import Settings

_PREFIX, _HELD = "approval:", "held by hand"


class ReviewStep(StrEnum):
    """What somebody has done: hold a posting, or approve it."""

    HOLD = "hold"
    APPROVE = "approve"


@attrs.frozen(kw_only=True)
class Review:
    """Something that a person has decided about the posting of a record; `at` is UTC.

    Of an approval, `prepared_by` is whose spending it is, empty where it is nobody's, and `held_by` who had held it;
    `content` is what was approved, as digests. `why` is what was said.
    """

    step: ReviewStep
    by: str
    at: datetime
    why: str = ""
    prepared_by: str = ""
    held_by: str = ""
    content: str = ""

    @property
    def before(self) -> str:
        """Who had to do with it before it was approved, empty where nobody had."""
        prepared = f"{self.prepared_by} had prepared it" if self.prepared_by else ""
        held = f"{self.held_by} had held it" if self.held_by else ""
        return ", and ".join(each for each in (prepared, held) if each)

    def with_before(self, text: str) -> str:
        """A text about an approval, with who had to do with it before."""
        return f"{text}; {self.before}" if self.before else text


class ApprovalError(ValueError):
    """A posting cannot be approved; the subclass says why. No text names a person."""


class SelfApprovalError(ApprovalError):
    """Neither the person whose spending it is nor the one who held it can approve it."""


class NothingToApproveError(ApprovalError):
    """Nothing is to be posted for the record: it is posted as it is, dismissed, or refused."""


class ChangedSinceSeenError(ApprovalError):
    """The record, or what is to be posted for it, was changed since the person looked at it."""


class UnnamedApproverError(ApprovalError):
    """Whoever holds or approves a posting has to have a name."""


def reviews(journal: Journal, record_id: str) -> tuple[Review, ...]:
    """What was decided about a record, oldest first. Raises `JournalError`."""
    told = journal.mark(f"{_PREFIX}{record_id}")
    if told is None:
        return ()
    try:
        read: list[dict[str, str]] = json.loads(told)
        return tuple(
            Review(
                step=ReviewStep(each["step"]),
                by=each["by"],
                at=datetime.fromisoformat(each["at"]),
                why=each["why"],
                prepared_by=each["prepared_by"],
                # Earlier releases had whoever held it last as its preparer.
                held_by=each.get("held_by", ""),
                content=each["content"],
            )
            for each in read
        )
    except (TypeError, ValueError, KeyError, RecursionError) as error:
        raise JournalError(f"what was decided about {record_id} cannot be read in the journal: {error}") from error


def hold(journal: Journal, record_id: str, *, by: str, why: str) -> Review:
    """Hold the posting of a record until somebody else approves it. Raises `ValueError` without a name or a reason."""
    if not why.strip():
        raise ValueError("say why it is held")
    made = Review(step=ReviewStep.HOLD, by=_name(by), at=journal.now(), why=why.strip())
    _write(journal, record_id, made)
    held = held_by_hand(journal)
    if record_id not in held:
        journal.set_mark(_HELD, json.dumps([*held, record_id]))
    return made


def approve(journal: Journal, post: Post, *, by: str) -> Review:
    """Approve what is to be posted for a record, as it is now.

    The person whose spending it is, by name, e-mail address or Brex id, has prepared it. Whoever has approved just this
    before is told so again, and nothing is written.

    Raises:
        SelfApprovalError: It is the spending of who approves, or who approves has held it since it was last approved.
        UnnamedApproverError: There is no name.
        JournalError: The journal cannot be read or written.
    """
    record, name = post.record, _name(by)
    known = reviews(journal, record.id)
    held = next((each.by for each in reversed(known) if each.step is ReviewStep.HOLD), "")
    spender = _names(record)
    if any(_same(name, each) for each in spender):
        raise SelfApprovalError(f"{record.id} is your own spending, so somebody else has to approve it")
    if any(_same(name, each) for each in _holders(known)):
        raise SelfApprovalError(f"{record.id} was held by you, so somebody else has to approve it")
    made = Review(
        step=ReviewStep.APPROVE,
        by=name,
        at=journal.now(),
        prepared_by=next(iter(spender), ""),
        held_by=held,
        content=content_of(post),
    )
    last = known[-1] if known else None
    is_same = last is not None and attrs.evolve(made, at=last.at) == last
    if last is not None and is_same and not _taken_up_after(last.at, journal.attempts(record.id)):
        return last
    _write(journal, record.id, made)
    return made


def _holders(known: Sequence[Review]) -> Iterator[str]:
    """Who has held it since it was last approved."""
    for each in reversed(known):
        if each.step is not ReviewStep.HOLD:
            return
        yield each.by


def holding_by(settings: Settings, journal: Journal, also: Hold) -> Hold:
    """What waits by the rules of the settings, by a person's word, and by `also`, which no approval here lets go."""

    def held(post: Post) -> str | None:
        if (why := also(post)) is not None:
            return why
        rules = "; ".join(dict.fromkeys(_reasons(settings, journal, post)))
        by_hand = post.record.id in held_by_hand(journal)
        if not rules and not by_hand:
            return None
        known = reviews(journal, post.record.id)
        last = known[-1] if known else None
        if last is not None and last.step is ReviewStep.APPROVE:
            if last.content == content_of(post):
                # Whoever approved it did not know of what was booked by hand since.
                is_dismissed = _taken_up_after(last.at, journal.attempts(post.record.id))
                return f"{_lapsed(last)} dismissed since; look at it again" if is_dismissed else None
            return f"{_lapsed(last)} changed since; {rules or 'it was held before'}"
        return f"{last.by} holds it: {last.why}" if last is not None else rules

    return held if settings.approvals or not journal.forgets else also


def lapsed_at(review: Review, refusals: Iterable[Refusal]) -> datetime | None:
    """When a run saw that an approval does not count any more, by what the journal has of refusals; else None."""
    if review.step is not ReviewStep.APPROVE:
        return None
    told = f": {_lapsed(review)}"
    times = (
        max(each.at, review.at)
        for each in refusals
        if each.last_at >= review.at and any(told in f": {text}" for text in each.texts)
    )
    return min(times, default=None)


def _lapsed(approval: Review) -> str:
    """What is said of a record whose approval does not count any more, up to why."""
    return f"{approval.by} approved it, and it was"


def _taken_up_after(at: datetime, attempts: Sequence[Attempt]) -> bool:
    """Whether a record was dismissed since, and taken up again."""
    return any(each.purpose is Purpose.DISMISSAL and each.was_undone and each.intended_at >= at for each in attempts)


def content_of(post: Post) -> str:
    """What an approval is for; a vendor that is only to be created has no id yet."""
    return f"{post.document.form().without('party').digest()} {record_digest(post.record)}"


def _reasons(settings: Settings, journal: Journal, post: Post) -> Iterator[str]:
    for rule in settings.approvals:
        told = [_fits(rule, journal, post)] if not _is_outside(rule, post) else []
        yield from (why for why in told if why)


def _is_outside(rule: ApprovalRule, post: Post) -> bool:
    amount = post.record.amount.amount.copy_abs()
    is_small = rule.above is not None and amount <= rule.above
    return is_small or bool(rule.types and post.record.type not in rule.types)


def _fits(rule: ApprovalRule, journal: Journal, post: Post) -> str:
    """Why a rule holds a posting, empty where it does not."""
    record, party = post.record, post.document.party
    parts = list[str]()
    if rule.above is not None:
        parts.append(f"it is above {trimmed(rule.above)} {record.amount.currency}")
    if rule.types:
        parts.append(f"it is a {record.type}")
    if rule.new_vendor:
        if not isinstance(party, PlannedVendor):
            return ""
        parts.append(f"the vendor {party.vendor.name} is new")
    if rule.shifted:
        day, own = post.document.impact_date, record.erp_posting_date
        if day is None or (day.year, day.month) <= (own.year, own.month):
            return ""
        parts.append(f"it is of {own:%Y-%m} and counts on {day}")
    if rule.change:
        last = last_attempt(journal.attempts(record.id))
        if last is None or not last.is_there:
            return ""
        parts.append(f"it changes what was posted as {last.ref}")
    return ", ".join(parts)


def held_by_hand(journal: Journal) -> Sequence[str]:
    """The records that a person has ever held, approved or not. Raises `JournalError`."""
    return texts_at(journal, _HELD)


def _write(journal: Journal, record_id: str, made: Review) -> None:
    known = [*reviews(journal, record_id), made]
    told = [{**attrs.asdict(each), "step": each.step.value, "at": each.at.isoformat()} for each in known]
    journal.set_mark(f"{_PREFIX}{record_id}", json.dumps(told))


def _name(by: str) -> str:
    if not by.strip():
        raise UnnamedApproverError("say who you are")
    return by.strip()


def _names(record: Record) -> tuple[str, ...]:
    user = record.user
    if user is None:
        return ()
    told = (user.email, f"{user.first_name} {user.last_name}", user.id)
    return tuple(each.strip() for each in told if each.strip())


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
