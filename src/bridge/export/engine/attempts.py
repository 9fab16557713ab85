"""Attempts to create something in Rillet, and what an export expects of the journal that remembers them.

A *subject* is what has to be created once: a record, by its id, a vendor (`vendor_subject`), a summary of many records
(`summary_subject`) or a file at a bill or charge (`receipt_subject`). Its attempts are numbered within each version of the
record; an attempt is written down before its request leaves, with the very bytes and the key that it sends (of a file, with
its size and digest), and gets its outcome afterwards. What has no outcome may or may not have been carried out.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

import attrs

from brex_accounting import Record
from bridge.decisions import PlannedVendor
from bridge.mappers.summaries import Member

#: How long a key is sent again. Rillet keeps results for 24 hours (https://docs.api.rillet.com/docs/getting-started);
#: an hour is left for clocks that differ and for the repetitions within a call.
KEY_LIFE = timedelta(hours=23)

_KEYS = uuid.UUID("5d4f5a0e-3c0b-5a51-9c1d-0b7a4c1f2e6d")
_VENDORS, _SUMMARIES, _RECEIPTS = "vendor:", "summary:", "receipt:"


class JournalError(Exception):
    """The journal cannot be read or written. Nothing is sent that it could not write down before."""


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


@attrs.frozen(kw_only=True)
class Attempt:
    """One attempt: intent first, outcome afterwards. Times are UTC.

    `number` counts the attempts for one `version`, from 1. `kind` is the object's kind, such as ``charges``; `method`,
    `path`, `payload` and `key` are the request; a PUT, which replaces an object, takes no key. `answer`, `trace_id` and
    `error` tell of the last answer; `reported_at` is when Brex took the result. `members` are the records of a summary, to
    be written down with it; `Journal.members` reads them.
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
    members: tuple[Member, ...] = ()

    @property
    def is_there(self) -> bool:
        """Whether the object is in Rillet, as far as the journal knows."""
        return self.state in {AttemptState.POSTED, AttemptState.ADOPTED}

    @property
    def replaces(self) -> bool:
        """Whether it replaces an object that is there, and creates none."""
        return self.method == "PUT"

    def is_fresh(self, now: datetime) -> bool:
        """Whether its key may still be sent; an adoption and a replacement have none."""
        return bool(self.key) and now - self.intended_at < KEY_LIFE


class Journal(Protocol):
    """What an export writes down; `SqlJournal` keeps it in a database. Every method raises `JournalError`."""

    def now(self) -> datetime:
        """The time, aware."""
        ...

    def claim(self, subject: str) -> bool:
        """Keep other exporters off a subject for a while. False where another one has it in hand."""
        ...

    def claim_all(self, subjects: Sequence[str]) -> frozenset[str]:
        """Claim many subjects at once; those that no other one has in hand."""
        ...

    def release(self, subject: str) -> None:
        """Let others have the subject."""
        ...

    def release_all(self, subjects: Iterable[str]) -> None:
        """Let others have these subjects."""
        ...

    def attempts(self, subject: str) -> tuple[Attempt, ...]:
        """The attempts for a subject, oldest first; for a record also those of summaries that it is a member of."""
        ...

    def attempts_of(self, subjects: Iterable[str]) -> Mapping[str, tuple[Attempt, ...]]:
        """As `attempts`, for many subjects at once; those without an attempt are left out."""
        ...

    def members(self, subject: str) -> tuple[Member, ...]:
        """The records of a summary, by its subject."""
        ...

    def by_object(self, object_id: str) -> tuple[Attempt, ...]:
        """The attempts that led to a Rillet object, by its id, oldest first."""
        ...

    def intend(self, attempt: Attempt) -> None:
        """Write an attempt down before its request leaves, with its members; safe on disk when this returns."""
        ...

    def note(self, attempt: Attempt) -> None:
        """Write down what became of an attempt: everything from `state` to `settled_by`."""
        ...

    def reported(self, subjects: Iterable[str]) -> None:
        """Brex took the results of these records."""
        ...

    def walk(self) -> Iterator[Attempt]:
        """Every attempt, oldest first."""
        ...

    @property
    def who(self) -> str:
        """This exporter, for the journal's readers."""
        ...


class NoJournal:
    """Remembers nothing: what Rillet has already is found by reference, and keys make repetitions harmless."""

    who = ""

    def now(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC)

    def claim(self, subject: str) -> bool:  # noqa: ARG002 - nobody else can be seen
        """True."""
        return True

    def claim_all(self, subjects: Sequence[str]) -> frozenset[str]:
        """All of them."""
        return frozenset(subjects)

    def release(self, subject: str) -> None:
        """Nothing was claimed."""

    def release_all(self, subjects: Iterable[str]) -> None:
        """Nothing was claimed."""

    def attempts(self, subject: str) -> tuple[Attempt, ...]:  # noqa: ARG002 - as above
        """None."""
        return ()

    def attempts_of(self, subjects: Iterable[str]) -> Mapping[str, tuple[Attempt, ...]]:  # noqa: ARG002 - as above
        """None."""
        return {}

    def members(self, subject: str) -> tuple[Member, ...]:  # noqa: ARG002 - as above
        """None."""
        return ()

    def by_object(self, object_id: str) -> tuple[Attempt, ...]:  # noqa: ARG002 - as above
        """None."""
        return ()

    def intend(self, attempt: Attempt) -> None:
        """Writes nothing."""

    def note(self, attempt: Attempt) -> None:
        """Writes nothing."""

    def reported(self, subjects: Iterable[str]) -> None:
        """Writes nothing."""

    def walk(self) -> Iterator[Attempt]:
        """Nothing."""
        return iter(())


def vendor_subject(planned: PlannedVendor) -> str:
    """The subject of a vendor's creation."""
    return f"{_VENDORS}{planned.key}"


def telling(attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt that tells what is in Rillet: the last, but for replacements that left there what was there before."""
    undone = {AttemptState.REJECTED, AttemptState.ABANDONED}
    return next((each for each in reversed(attempts) if not (each.replaces and each.state in undone)), None)


def files_of(journal: Journal, attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """The attempts to attach files of receipts to what these attempts have made. Raises `JournalError`."""
    objects = dict.fromkeys(each.object_id for each in attempts if each.object_id is not None)
    return tuple(each for made in objects for each in journal.by_object(made) if is_receipt(each.subject))


def open_summary(attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt of a record's summary whose outcome is unknown, where that is the attempt that tells."""
    last = telling(attempts)
    return last if last is not None and is_summary(last.subject) and last.state is AttemptState.OPEN else None


def summary_subject(digest: str) -> str:
    """The subject of a summary: see `bridge.mappers.summaries.Summary`."""
    return f"{_SUMMARIES}{digest}"


def receipt_subject(object_id: str, receipt_id: str, number: int) -> str:
    """The subject of attaching a file to an object of Rillet: file `number`, from 0, of a receipt."""
    return f"{_RECEIPTS}{object_id}/{receipt_id}/{number}"


def is_record(subject: str) -> bool:
    """Whether a subject is a record, and not a vendor, a summary or a file of a receipt."""
    return not subject.startswith((_VENDORS, _SUMMARIES, _RECEIPTS))


def is_receipt(subject: str) -> bool:
    """Whether a subject is a file of a receipt."""
    return subject.startswith(_RECEIPTS)


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
