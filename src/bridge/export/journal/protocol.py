"""What an export expects of the journal that remembers its attempts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias, runtime_checkable

import attrs

from bridge.decisions import ReasonCode
from bridge.export.engine.attempts import Attempt, is_receipt
from bridge.mappers.summaries import Member

#: For how long a claim lasts that nobody gives back: longer than creating a vendor and posting a record may take with the
#: clients' deadlines of five minutes each.
LEASE = timedelta(minutes=12)


class JournalError(Exception):
    """The journal cannot be read or written. Nothing is sent before it is written down."""


class WrongJournalError(JournalError):
    """The journal is another company's, another environment's or for another use, or the key is: a person has to mend it."""


#: Why a record was refused: pairs of a code and a text.
Reasons: TypeAlias = Sequence[tuple[str, str]]


@attrs.frozen(kw_only=True)
class Refusal:
    """Why a record was not posted, in one version: first said at `at`, and still so at `last_at`. Times are UTC.

    Without reasons it says that what was refused before is refused no more, though nothing was posted for it since.
    """

    subject: str
    version: int
    at: datetime
    last_at: datetime
    by: str
    reasons: tuple[tuple[str, str], ...]

    @property
    def is_over(self) -> bool:
        """Whether it says that the record is refused no more."""
        return not self.reasons

    @property
    def is_held(self) -> bool:
        """Whether it only waited for somebody to approve it."""
        return any(code == ReasonCode.HELD for code, _ in self.reasons)

    @property
    def texts(self) -> tuple[str, ...]:
        """What the reasons say, each once."""
        return tuple(dict.fromkeys(text for _, text in self.reasons))


@attrs.frozen(kw_only=True)
class Latest:
    """What a journal knows last of a record: the attempt that counts, and the newest refusal; one of them may be missing.

    The attempt is that of the record's summary where that is the later one; the bytes of its request and answer are left out.
    """

    record_id: str
    attempt: Attempt | None = None
    refusal: Refusal | None = None


@attrs.frozen(kw_only=True)
class Listed:
    """A record in a list: its `status` by the journal alone, and the `day` of its document in ISO 8601, empty without one.

    The status is ``held``, ``refused``, ``unclear``, ``waiting``, ``posted``, ``dismissed`` or ``nothing``.
    """

    record_id: str
    status: str
    day: str


@attrs.frozen(kw_only=True)
class Held:
    """Who has a subject in hand, and until when (UTC) its claim lasts at most."""

    who: str
    until: datetime


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

    def held(self, subject: str) -> Held | None:
        """Who has a subject in hand, None where nobody has."""
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

    def by_source(self, source: str) -> tuple[Attempt, ...]:
        """The attempts for all records of one thing, by the source's id of it, oldest first."""
        ...

    def memberships(self, subjects: Iterable[str]) -> Mapping[str, tuple[tuple[str, Member], ...]]:
        """For each of these records that is in a summary: the subject of the summary, and the record as its member."""
        ...

    def first_intended_at(self) -> datetime | None:
        """When the oldest attempt was written down, None where there is none."""
        ...

    def latest_of_others(self) -> tuple[datetime, str] | None:
        """The latest time at which another exporter wrote an attempt down, by its clock, and who that was."""
        ...

    def unfinished(self) -> tuple[str, ...]:
        """The records with an attempt without an outcome, or whose last change was a deletion or was rejected."""
        ...

    def intend(self, attempt: Attempt) -> None:
        """Write an attempt down before its request leaves, with its members; safe on disk when this returns."""
        ...

    def note(self, attempt: Attempt) -> None:
        """Write down what became of an attempt: everything from `state` to `settled_by`."""
        ...

    def restate(self, subject: str, content: str) -> None:
        """A record says in other words what stands: this is the digest of its content from now on."""
        ...

    def reported(self, subjects: Iterable[str]) -> None:
        """Brex took the results of these records."""
        ...

    def refused(self, subject: str, version: int, reasons: Reasons) -> None:
        """A record was refused for these reasons. What was said last time already is only said to be so still.

        Without reasons it is refused no more. Of a record that was not refused that says nothing, and is not kept.
        """
        ...

    def refused_all(self, refused: Iterable[tuple[str, int, Reasons]]) -> None:
        """As `refused`, for many subjects at once; where one comes twice, the last counts."""
        ...

    def refusals(self, subject: str) -> tuple[Refusal, ...]:
        """Why a record was refused, oldest first."""
        ...

    def latest(self) -> Sequence[Latest]:
        """What is known last of every record that was attempted or refused, by its id."""
        ...

    def owners(self) -> Mapping[str, str]:
        """Whose journal it is: the owner of each side that is known, by ``source`` and ``ledger``."""
        ...

    def bind(self, owners: Mapping[str, str]) -> Mapping[str, str]:
        """Make it theirs, as far as it does not belong to somebody; whose it is then."""
        ...

    def mark(self, name: str) -> str | None:
        """What `set_mark` left under a name."""
        ...

    def set_mark(self, name: str, value: str) -> None:
        """Leave a value for later runs."""
        ...

    def walk(self) -> Iterator[Attempt]:
        """Every attempt, oldest first."""
        ...

    @property
    def who(self) -> str:
        """This exporter, for the journal's readers."""
        ...

    @property
    def forgets(self) -> bool:
        """Whether nothing is remembered from one run to the next."""
        ...


@runtime_checkable
class ExchangingJournal(Journal, Protocol):
    """A journal that gives claims back and takes another in one transaction. Every method raises `JournalError`."""

    def exchange(self, subject: str, *, released: Iterable[str]) -> bool:
        """Let others have the subjects `released`, and claim another one as `claim` does. Whether it could be claimed."""
        ...


@runtime_checkable
class DeferringJournal(Journal, Protocol):
    """A journal that can write an outcome down in a transaction that comes anyway. Every method raises `JournalError`."""

    def note_later(self, attempt: Attempt) -> None:
        """As `note`, with the next thing that this exporter reads or writes, which sees it; in any thread."""
        ...

    def write_noted(self) -> None:
        """Write down what still waits for that, if anything."""
        ...


@runtime_checkable
class VendorJournal(Journal, Protocol):
    """A journal that tells which creations of vendors have no outcome. Every method raises `JournalError`."""

    def open_vendors(self) -> tuple[str, ...]:
        """The vendors, by their subjects, with an attempt without an outcome."""
        ...


@runtime_checkable
class ShareableJournal(Journal, Protocol):
    """A journal that several exporters of one process can share."""

    def for_exporter(self) -> Journal:
        """The same journal for one more exporter, whose claims are not those of the others."""
        ...


@runtime_checkable
class ListingJournal(Journal, Protocol):
    """A journal that counts and lists its records without reading each. Every method raises `JournalError`."""

    def counts(self) -> Mapping[str, int]:
        """How many records have each status."""
        ...

    def newest(self, *, status: str | None, limit: int) -> Sequence[Listed]:
        """The newest records by day and id: those of one status, or all."""
        ...

    def were_held(self) -> Sequence[str]:
        """The records whose newest refusal says that they are held, also those that are posted since."""
        ...

    def searched(self, words: Sequence[str]) -> Sequence[str]:
        """The records that may have all of these words, in any case: those that have, and every one that is not posted.

        Of what is posted they stand in its id, in that of its object, in its day or its currency.
        """
        ...

    def latest_of(self, record_ids: Iterable[str]) -> Sequence[Latest]:
        """As `Journal.latest`, for these records."""
        ...


def files_of(journal: Journal, attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """The attempts to attach files of receipts to what these attempts have made. Raises `JournalError`."""
    objects = dict.fromkeys(each.object_id for each in attempts if each.object_id is not None)
    return tuple(each for made in objects for each in journal.by_object(made) if is_receipt(each.subject))


def write_noted(journal: Journal) -> None:
    """Have on disk what a journal was given to note later, if anything. Raises `JournalError`."""
    if isinstance(journal, DeferringJournal):
        journal.write_noted()
