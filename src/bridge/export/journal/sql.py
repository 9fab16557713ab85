"""The journal of an export in a database: SQLite in a file, or PostgreSQL where several exporters share it.

This folder alone knows SQLAlchemy, which the ``export`` extra brings; PostgreSQL
needs the driver ``psycopg`` too.
"""

from __future__ import annotations

import copy
import getpass
import os
import secrets
import socket
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from bridge.export.engine.attempts import Attempt
from bridge.export.journal import sql_claims, sql_latest, sql_listing, sql_refusals
from bridge.export.journal.holders import holder
from bridge.export.journal.namespaces import checked_namespace
from bridge.export.journal.protocol import LEASE, Held, JournalError, Latest, Listed, Reasons, Refusal
from bridge.export.journal.rows import PORTION, can_be_written, portions, text_of
from bridge.export.journal.sql_attempts import Attempts
from bridge.export.journal.sql_claims import Claim
from bridge.export.journal.sql_database import Database, TakenError
from bridge.export.journal.sql_marks import Marks
from bridge.mappers.summaries import Member


def _machine_time() -> datetime:
    return datetime.now(UTC)


def _whoever() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container's user may have no name.
        user = "unknown"
    return f"{user}@{socket.gethostname()} {os.getpid()}"


class SqlJournal:
    """A `Journal` in a database. Use it as a context manager, or call `close`.

    Args:
        place: The path of an SQLite file, which is made where there is none, or a URL such as
            ``postgresql://user@host/database``.
        namespace: Whose part of the database it is, such as a tenant's name: what is written under one name is seen under
            no other one. Without a name it is the part that has none.
        now: The clock, aware; the machine's when left out. Exporters that share a journal need clocks that agree to a
            few minutes.
        who: Who exports, for the journal's readers; user, host and process when left out.
        lease: For how long a claim keeps other exporters off a record when its holder dies. On Linux an exporter on the
            same machine sees at once that the holder is gone.

    Raises:
        JournalError: The database cannot be reached, is no journal, or a newer release has written it.
    """

    def __init__(
        self,
        place: str,
        *,
        namespace: str = "",
        now: Callable[[], datetime] = _machine_time,
        who: str | None = None,
        lease: timedelta = LEASE,
    ) -> None:
        self.now, self._lease, self._namespace = now, lease, checked_namespace(namespace)
        self._who = who or _whoever()
        # Two exporters may have one name, but they are two holders.
        self._token = secrets.token_hex(8)
        self._database = Database(place)
        self._marks = Marks(self._database, self._namespace)

    @property
    def who(self) -> str:
        """This exporter, for the journal's readers."""
        return self._who

    @property
    def namespace(self) -> str:
        """Whose part of the database it is; empty where it has no name."""
        return self._namespace

    @property
    def forgets(self) -> bool:
        """False."""
        return False

    def for_exporter(self) -> Self:
        """The same journal for one more exporter of this process, whose claims are not those of the others.

        It uses the same connections, which `close` of any of them closes.
        """
        other = copy.copy(self)
        other._token = secrets.token_hex(8)
        return other

    def claim(self, subject: str) -> bool:
        """Keep other exporters off a subject until it is released, the lease ends or this process is seen to be gone."""
        with self._writing() as connection:
            return self._claim().take(connection, subject)

    def claim_all(self, subjects: Sequence[str]) -> frozenset[str]:
        """Claim many subjects at once; those that no other one has in hand."""
        try:
            with self._writing() as connection:
                return frozenset(self._claim().take_all(connection, subjects))
        except TakenError:
            # Another exporter claims some of them at this moment.
            return frozenset(subject for subject in subjects if self.claim(subject))

    def exchange(self, subject: str, *, released: Iterable[str]) -> bool:
        """Let others have the subjects `released`, and claim another one, in one transaction. Whether it could be claimed."""
        with self._writing() as connection:
            return self._claim().exchange(connection, subject, released=released)

    def held(self, subject: str) -> Held | None:
        """Who has a subject in hand, None where nobody has."""
        with self._writing() as connection:
            return sql_claims.held(connection, subject, namespace=self._namespace)

    def release(self, subject: str) -> None:
        """Let others have the subject."""
        self.release_all((subject,))

    def release_all(self, subjects: Iterable[str]) -> None:
        """Let others have these subjects."""
        with self._writing() as connection:
            self._claim().release(connection, subjects)

    def attempts(self, subject: str) -> tuple[Attempt, ...]:
        """The attempts for a subject, oldest first; for a record also those of summaries that it is a member of."""
        return self.attempts_of((subject,)).get(subject, ())

    def attempts_of(self, subjects: Iterable[str]) -> Mapping[str, tuple[Attempt, ...]]:
        """As `attempts`, for many subjects at once; those without an attempt are left out."""
        with self._attempts() as attempts:
            return attempts.of(subjects)

    def members(self, subject: str) -> tuple[Member, ...]:
        """The records of a summary, by its subject."""
        with self._attempts() as attempts:
            return attempts.members(subject)

    def memberships(self, subjects: Iterable[str]) -> Mapping[str, tuple[tuple[str, Member], ...]]:
        """For each of these records that is in a summary: the subject of the summary, and the record as its member."""
        with self._attempts() as attempts:
            return attempts.memberships(subjects)

    def by_object(self, object_id: str) -> tuple[Attempt, ...]:
        """The attempts that led to a Rillet object, by its id, oldest first."""
        with self._attempts() as attempts:
            return attempts.by_object(object_id)

    def by_source(self, source: str) -> tuple[Attempt, ...]:
        """The attempts for all records of one thing, by the source's id of it, oldest first."""
        with self._attempts() as attempts:
            return attempts.by_source(source)

    def restate(self, subject: str, content: str) -> None:
        """A record says in other words what stands: this is the digest of its content from now on."""
        with self._attempts() as attempts:
            attempts.restate(subject, content)

    def unfinished(self) -> tuple[str, ...]:
        """The records with an attempt without an outcome, or whose last change was a deletion or was rejected."""
        with self._attempts() as attempts:
            return attempts.unfinished()

    def open_vendors(self) -> tuple[str, ...]:
        """The vendors, by their subjects, with an attempt without an outcome."""
        with self._attempts() as attempts:
            return attempts.open_vendors()

    def first_intended_at(self) -> datetime | None:
        """When the oldest attempt was written down, None where there is none."""
        with self._attempts() as attempts:
            return attempts.first_intended_at()

    def latest_of_others(self) -> tuple[datetime, str] | None:
        """The latest time at which another exporter wrote an attempt down, by its clock, and who that was."""
        with self._attempts() as attempts:
            return attempts.latest_of_others(self._who)

    def intend(self, attempt: Attempt) -> None:
        """Write an attempt down before its request leaves, with its members."""
        try:
            with self._attempts() as attempts:
                attempts.insert(attempt)
        except TakenError:
            raise JournalError(
                f"attempt {attempt.number} for {attempt.subject} was made by another exporter at this moment"
            ) from None

    def note(self, attempt: Attempt) -> None:
        """Write down what became of an attempt."""
        with self._attempts() as attempts:
            attempts.settle(attempt)

    def note_later(self, attempt: Attempt) -> None:
        """Write down what became of an attempt with the next thing that is read or written over these connections.

        Whoever uses them sees it from now on, another process not before that. What cannot be written raises at once.
        """
        if can_be_written(attempt):
            self._database.write_later(
                lambda connection: Attempts(connection, self._namespace).settle(attempt, is_late=True)
            )
        else:
            self.note(attempt)

    def write_noted(self) -> None:
        """Write down what still waits for that, if anything."""
        self._database.write_waiting()

    def reported(self, subjects: Iterable[str]) -> None:
        """Brex took the results of these records."""
        with self._attempts() as attempts:
            attempts.report(subjects, text_of(self.now()))

    def refused(self, subject: str, version: int, reasons: Reasons) -> None:
        """A record was refused for these reasons. What was said last time already is only said to be so still."""
        self.refused_all([(subject, version, reasons)])

    def refused_all(self, refused: Iterable[tuple[str, int, Reasons]]) -> None:
        """As `refused`, for many subjects at once; where one comes twice, the last counts."""
        with self._writing() as connection:
            sql_refusals.write(connection, refused, now=text_of(self.now()), by=self._who, namespace=self._namespace)

    def refusals(self, subject: str) -> tuple[Refusal, ...]:
        """Why a record was refused, oldest first."""
        with self._writing() as connection:
            return sql_refusals.read(connection, subject, namespace=self._namespace)

    def latest(self) -> Sequence[Latest]:
        """What is known last of every record that was attempted or refused, by its id."""
        with self._writing() as connection:
            return tuple(sql_latest.read(connection, namespace=self._namespace))

    def latest_of(self, record_ids: Iterable[str]) -> Sequence[Latest]:
        """As `latest`, for these records."""
        with self._writing() as connection:
            return [
                each
                for some in portions(record_ids)
                for each in sql_latest.read(connection, namespace=self._namespace, among=some)
            ]

    def counts(self) -> Mapping[str, int]:
        """How many records have each status; see `Listed`."""
        with self._writing() as connection:
            return sql_listing.counts(connection, namespace=self._namespace)

    def newest(self, *, status: str | None, limit: int) -> Sequence[Listed]:
        """The newest records by day and id: those of one status, or all."""
        with self._writing() as connection:
            return sql_listing.newest(connection, namespace=self._namespace, status=status, limit=limit)

    def were_held(self) -> Sequence[str]:
        """The records whose newest refusal says that they are held, also those that are posted since."""
        with self._writing() as connection:
            return sql_listing.were_held(connection, namespace=self._namespace)

    def searched(self, words: Sequence[str]) -> Sequence[str]:
        """The records that may have all of these words; see `ListingJournal`."""
        with self._writing() as connection:
            return sql_listing.searched(connection, namespace=self._namespace, words=words)

    def owners(self) -> Mapping[str, str]:
        """Whose journal it is: the owner of each side that is known, by ``source`` and ``ledger``."""
        return self._marks.owners()

    def bind(self, owners: Mapping[str, str]) -> Mapping[str, str]:
        """Make it theirs, as far as it does not belong to somebody; whose it is then."""
        return self._marks.bind(owners)

    def mark(self, name: str) -> str | None:
        """What `set_mark` left under a name."""
        return self._marks.read(name)

    def set_mark(self, name: str, value: str) -> None:
        """Leave a value for later runs."""
        self._marks.write(name, value)

    def walk(self) -> Iterator[Attempt]:
        """Every attempt, oldest first; read in portions, so that its size does not matter."""
        last = 0
        while True:
            with self._attempts() as attempts:
                found = attempts.after(last, at_most=PORTION)
            if not found:
                return
            yield from (attempt for _, attempt in found)
            last, _ = found[-1]

    def close(self) -> None:
        """Give back the connections."""
        # What cannot be written has no outcome in the journal, and the next run looks for it.
        with suppress(JournalError):
            self.write_noted()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SqlJournal({self._database.shown!r})"

    def _claim(self) -> Claim:
        return Claim(holder(self._who, self._token), self.now(), self._lease, self._namespace)

    @contextmanager
    def _attempts(self) -> Generator[Attempts]:
        with self._writing() as connection:
            yield Attempts(connection, self._namespace)

    def _writing(self) -> AbstractContextManager[sa.Connection]:
        return self._database.writing()
