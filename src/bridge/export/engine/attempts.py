"""Attempts to write something to a ledger, as values.

A *subject* is what has to be created once: a record, by its id, a vendor (`vendor_subject`), a summary of many records
(`summary_subject`), a file at a bill or charge (`receipt_subject`) or the accrual of a month (`accrual_subject`). Its
attempts are numbered within each version of the record; an attempt is written down before its request leaves, with the very
bytes and the key that it sends (of a file, with its size and digest), and gets its outcome afterwards. What has no outcome
may or may not have been carried out.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import unquote

import attrs

from brex_accounting import Record
from bridge.documents.protocol import PlannedVendor, Ref
from bridge.export.engine.facts import AttemptFacts, Last, Rules, Seen
from bridge.mappers.summaries import Member

#: How long a key is sent again. Rillet keeps results for 24 hours (https://docs.api.rillet.com/docs/getting-started);
#: an hour is left for clocks that differ and for the repetitions within a call.
KEY_LIFE = timedelta(hours=23)

_KEYS = uuid.UUID("5d4f5a0e-3c0b-5a51-9c1d-0b7a4c1f2e6d")
_VENDORS, _SUMMARIES, _RECEIPTS, _ACCRUALS = "vendor:", "summary:", "receipt:", "accrual:"
#: The kind of the entries of movements, which carry the source of what they follow.
ENTRIES = "journal-entries"
#: How the subjects begin that are no records.
NO_RECORDS = (_VENDORS, _SUMMARIES, _RECEIPTS, _ACCRUALS)

#: How the ids begin that stand in a plan for those of objects that are not made yet.
PLANNED = "planned:"
#: How the error of a dismissal begins that was undone, before the reason for which it had been dismissed.
TAKEN_UP = "a person took it up again that was dismissed: "
#: Under this mark a journal lists the subjects of accruals that may have to be changed.
ACCRUALS = "accruals"


class AttemptState(StrEnum):
    """What became of an attempt.

    ``OPEN``: its outcome is unknown. ``POSTED``: Rillet answered with an id. ``ADOPTED``: the object was found in Rillet.
    ``REJECTED``: Rillet did not carry it out. ``ABANDONED``: its key is too old to be sent again and Rillet was seen not
    to have the object, or no longer to have it.
    """

    OPEN = "OPEN"
    POSTED = "POSTED"
    ADOPTED = "ADOPTED"
    REJECTED = "REJECTED"
    ABANDONED = "ABANDONED"
    DISMISSED = "DISMISSED"


class Purpose(StrEnum):
    """What an attempt is for: the document of its subject, an entry that corrects it, or a note that a person booked it."""

    DOCUMENT = "document"
    CORRECTION = "correction"
    DISMISSAL = "dismissal"


@attrs.frozen(kw_only=True)
class Attempt:
    """One attempt: intent first, outcome afterwards. Times are UTC.

    `number` counts the attempts for one `version`, from 1. `kind` is the object's kind, such as ``charges``; `method`,
    `path`, `payload` and `key` are the request; a PUT, which replaces an object, takes no key. `answer`, `trace_id` and
    `error` tell of the last answer; `reported_at` is when Brex took the result. `members` are the records of a summary, to
    be written down with it; `Journal.members` reads them.

    `content` is the digest of the record as it was, `source` the id of what several records of Brex are about, and `form`
    what the record's documents say in sum after the attempt, as `Form.as_json` writes it.
    """

    subject: str
    version: int
    number: int
    kind: str
    path: str
    payload: bytes = attrs.field(repr=False)
    key: str
    intended_at: datetime
    intended_by: str
    state: AttemptState = AttemptState.OPEN
    object_id: str | None = None
    answer: bytes | None = attrs.field(default=None, repr=False)
    trace_id: str | None = None
    error: str | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    reported_at: datetime | None = None
    method: str = "POST"
    purpose: Purpose = Purpose.DOCUMENT
    content: str | None = None
    source: str | None = None
    form: str | None = attrs.field(default=None, repr=False)
    members: tuple[Member, ...] = ()
    is_old_answer: bool = False

    @property
    def is_open(self) -> bool:
        """Whether its outcome is unknown."""
        return self.state is AttemptState.OPEN

    @property
    def has_made_another(self) -> bool:
        """Whether the ledger answered a creation with another object than was sent: that of `object_id`."""
        return self.is_open and not self.is_change and self.object_id is not None

    @property
    def was_carried_out(self) -> bool:
        """Whether what it was to do is done, as far as the journal knows."""
        return self.state in {AttemptState.POSTED, AttemptState.ADOPTED}

    @property
    def was_adopted(self) -> bool:
        """Whether its object was found in the ledger."""
        return self.state is AttemptState.ADOPTED

    @property
    def was_dismissed(self) -> bool:
        """Whether a person has booked the record by hand."""
        return self.state is AttemptState.DISMISSED

    @property
    def was_undone(self) -> bool:
        """Whether it left nothing in the ledger."""
        return self.state in {AttemptState.REJECTED, AttemptState.ABANDONED}

    @property
    def is_there(self) -> bool:
        """Whether the object is in the ledger, as far as the journal knows."""
        return self.was_carried_out and not self.deletes

    @property
    def deletes(self) -> bool:
        """Whether it deletes an object."""
        return self.method == "DELETE"

    @property
    def is_change(self) -> bool:
        """Whether it replaces or deletes an object that is there, and creates none; such a request has no key."""
        return self.method in {"PUT", "DELETE"}

    @property
    def leaves_before(self) -> bool:
        """Whether, where it was not carried out, the ledger has what it had before."""
        return self.is_change or self.purpose is Purpose.CORRECTION

    @property
    def takes_id(self) -> bool:
        """Whether the answer tells the id of an object."""
        return not self.deletes and not is_receipt(self.subject)

    @property
    def ref(self) -> Ref:
        """The object that it made, or that it is about."""
        return (
            self.target if self.object_id is None and self.is_change else Ref(kind=self.kind, id=self.object_id or "")
        )

    @property
    def target(self) -> Ref:
        """The object that a change is to change, as its path tells."""
        return Ref(kind=self.kind, id=unquote(self.path.rpartition("/")[2]))

    def is_fresh(self, now: datetime) -> bool:
        """Whether its key may still be sent; an adoption and a replacement have none."""
        return bool(self.key) and now - self.intended_at < KEY_LIFE


def vendor_subject(planned: PlannedVendor) -> str:
    """The subject of a vendor's creation."""
    return subject_of_vendor(planned.key)


def subject_of_vendor(key: str) -> str:
    """The subject of the creation of a vendor with this key."""
    return f"{_VENDORS}{key}"


def is_vendor(subject: str) -> bool:
    """Whether a subject is a vendor's creation."""
    return subject.startswith(_VENDORS)


def reason_of_dismissal(attempt: Attempt) -> str:
    """Why a person dismissed a record, whether or not it was taken up again."""
    return (attempt.error or "").removeprefix(TAKEN_UP)


def open_summary(attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt of a record's summary whose outcome is unknown, where that is the one that counts."""
    last = last_attempt(attempts)
    return last if last is not None and is_summary(last.subject) and last.is_open else None


def in_summaries(attempts: Mapping[str, Sequence[Attempt]]) -> list[str]:
    """The records, by their ids, that are or were members of a summary."""
    return [record_id for record_id, made in attempts.items() if any(is_summary(each.subject) for each in made)]


def last_attempt(attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt that counts: the last, but for changes that left there what was there before, and corrections alike."""
    return next((each for each in reversed(attempts) if not (each.leaves_before and each.was_undone)), None)


def documents_there(attempts: Iterable[Attempt]) -> Iterator[Sequence[Attempt]]:
    """Of attempts for records of one source: those of each record that has a document there.

    Neither entries count, since those of movements carry the same source, nor payments.
    """
    by_subject = dict[str, list[Attempt]]()
    for each in attempts:
        if each.kind != ENTRIES and not is_part(each.kind):
            by_subject.setdefault(each.subject, []).append(each)
    for made in by_subject.values():
        last = last_attempt(made)
        if last is not None and last.is_there:
            yield made


def was_taken_up(attempts: Sequence[Attempt]) -> bool:
    """Whether a person took up again what was dismissed, and nothing of this export was ever there for it."""
    was_dismissed = any(each.purpose is Purpose.DISMISSAL and each.was_undone for each in attempts)
    return was_dismissed and not any(each.was_carried_out for each in attempts)


def has_failed(attempts: Sequence[Attempt]) -> bool:
    """Whether a record's own last attempt was answered with an error, and it is unknown what came of it."""
    last = last_attempt(attempts)
    return last is not None and last.is_open and last.error is not None and is_record(last.subject)


def facts_of(last: Attempt | None, now: datetime, seen: Seen, rules: Rules) -> AttemptFacts:
    """What decides about the last attempt for a subject."""
    return AttemptFacts(
        last=_last(last),
        seen=seen,
        fresh=last is not None and rules.honours_key and last.is_fresh(now),
        changes=last is not None and last.is_change,
        # A ledger that makes something else of what it is sent may not find it again.
        findable=rules.findable and not (last is not None and last.has_made_another),
        doubles_harm=rules.doubles_harm,
        trusts_old=rules.trusts_old,
    )


def _last(attempt: Attempt | None) -> Last:
    if attempt is None:
        return Last.NONE
    if attempt.is_open:
        return Last.OPEN
    return Last.THERE if attempt.was_carried_out else Last.UNDONE


def is_part(kind: str) -> bool:
    """Whether objects of the kind are parts of another one, such as a bill's payments, and cannot be found alone."""
    return "/" in kind


def summary_subject(digest: str) -> str:
    """The subject of a summary: see `bridge.mappers.summaries.Summary`."""
    return f"{_SUMMARIES}{digest}"


def receipt_subject(object_id: str, receipt_id: str, number: int) -> str:
    """The subject of attaching a file to an object of Rillet: file `number`, from 0, of a receipt."""
    return f"{_RECEIPTS}{object_id}/{receipt_id}/{number}"


def accrual_subject(month: str, subsidiary_id: str) -> str:
    """The subject of the journal entry that accrues a month, such as ``2026-10``, for a subsidiary."""
    return f"{_ACCRUALS}{month}/{subsidiary_id}"


def is_record(subject: str) -> bool:
    """Whether a subject is a record, and not a vendor, a summary, a file of a receipt or an accrual."""
    return not subject.startswith(NO_RECORDS)


def is_receipt(subject: str) -> bool:
    """Whether a subject is a file of a receipt."""
    return subject.startswith(_RECEIPTS)


def is_accrual(subject: str) -> bool:
    """Whether a subject is the accrual of a month."""
    return subject.startswith(_ACCRUALS)


def is_summary(subject: str) -> bool:
    """Whether a subject is a summary of records."""
    return subject.startswith(_SUMMARIES)


def attempt_key(subject: str, version: int, number: int) -> str:
    """The idempotency key of an attempt: the same, whoever makes it."""
    return str(uuid.uuid5(_KEYS, f"{subject}/{version}/{number}"))


def posting_key(record: Record, attempt: int = 1) -> str:
    """The idempotency key of a record's posting: the same for the same version and attempt, whoever sends it."""
    return attempt_key(record.id, record.version, attempt)


def vendor_key(planned: PlannedVendor, attempt: int = 1) -> str:
    """The idempotency key of a vendor's creation."""
    return attempt_key(vendor_subject(planned), 0, attempt)
