"""The journal of an export in a database: SQLite in a file, or PostgreSQL where several exporters share it.

This folder alone knows SQLAlchemy, which the ``export`` extra brings; PostgreSQL
needs the driver ``psycopg`` too.
"""

from __future__ import annotations

import getpass
import os
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import attrs
import sqlalchemy as sa

from bridge.export.engine.attempts import Attempt, AttemptState, Purpose, is_record
from bridge.export.journal import sql_latest, sql_refusals
from bridge.export.journal import sql_tables as tables
from bridge.export.journal.holders import holder, name_of
from bridge.export.journal.namespaces import checked_namespace
from bridge.export.journal.protocol import Held, JournalError, Latest, Reasons, Refusal
from bridge.export.journal.rows import (
    COLUMNS,
    OUTCOME,
    PORTION,
    attempt_of,
    attempt_row,
    member_of,
    member_rows,
    moment_of,
    portions,
    text_of,
)
from bridge.export.journal.sql_claims import Claim
from bridge.export.journal.sql_database import Database, TakenError
from bridge.export.journal.sql_marks import Marks
from bridge.mappers.summaries import Member

#: Longer than creating a vendor and posting a record may take with the clients' deadlines of five minutes each.
LEASE = timedelta(minutes=12)
# The state as an expression: by the index of the column SQLite would look at all that was ever posted.
_IS_THERE = (tables.attempts.c.state + "").in_([AttemptState.POSTED.value, AttemptState.ADOPTED.value])


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
        self._mine = _Mine(self._namespace)
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
    def forgets(self) -> bool:
        """False."""
        return False

    def claim(self, subject: str) -> bool:
        """Keep other exporters off a subject until it is released, the lease ends or this process is seen to be gone."""
        claim = self._claim()
        with self._writing() as connection:
            if claim.take_over(connection, subject):
                return True
        try:
            with self._writing() as connection:
                claim.insert(connection, [subject])
        except TakenError:
            return False
        return True

    def claim_all(self, subjects: Sequence[str]) -> frozenset[str]:
        """Claim many subjects at once; those that no other one has in hand."""
        try:
            with self._writing() as connection:
                return frozenset(self._claim().take_all(connection, subjects))
        except TakenError:
            # Another exporter claims some of them at this moment.
            return frozenset(subject for subject in subjects if self.claim(subject))

    def held(self, subject: str) -> Held | None:
        """Who has a subject in hand, None where nobody has."""
        query = sa.select(tables.claims).where(self._mine.claims, tables.claims.c.subject == subject)
        with self._writing() as connection:
            found = connection.execute(query).one_or_none()
            until = None if found is None else moment_of(found.until, "until")
            return None if found is None or until is None else Held(who=name_of(str(found.holder)), until=until)

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
        found = dict[str, list[tuple[int, Attempt]]]()
        with self._writing() as connection:
            for some in portions(subjects):
                memberships = connection.execute(
                    sa.select(tables.members).where(self._mine.members, tables.members.c.subject.in_(some))
                ).all()
                named = {*some, *(each.summary for each in memberships)}
                rows = (
                    connection.execute(
                        sa.select(tables.attempts).where(self._mine.attempts, tables.attempts.c.subject.in_(named))
                    )
                    .mappings()
                    .all()
                )
                by_subject = dict[str, list[tuple[int, Attempt]]]()
                for row in rows:
                    by_subject.setdefault(row["subject"], []).append((row["id"], attempt_of(row)))
                for subject in some:
                    found.setdefault(subject, []).extend(by_subject.get(subject, ()))
                for each in memberships:
                    told = moment_of(each.reported_at, "reported_at")
                    for number, attempt in by_subject.get(each.summary, ()):
                        found.setdefault(each.subject, []).append((number, attrs.evolve(attempt, reported_at=told)))
        return {
            subject: tuple(attempt for _, attempt in sorted(each, key=lambda numbered: numbered[0]))
            for subject, each in found.items()
            if each
        }

    def members(self, subject: str) -> tuple[Member, ...]:
        """The records of a summary, by its subject."""
        query = sa.select(tables.members).where(self._mine.members, tables.members.c.summary == subject)
        query = query.order_by(tables.members.c.subject)
        with self._writing() as connection:
            return tuple(member_of(row) for row in connection.execute(query).mappings().all())

    def memberships(self, subjects: Iterable[str]) -> Mapping[str, tuple[tuple[str, Member], ...]]:
        """For each of these records that is in a summary: the subject of the summary, and the record as its member."""
        found = dict[str, list[tuple[str, Member]]]()
        query = sa.select(tables.members).where(self._mine.members).order_by(tables.members.c.summary)
        for some in portions(subjects):
            with self._writing() as connection:
                for row in connection.execute(query.where(tables.members.c.subject.in_(some))).mappings().all():
                    found.setdefault(row["subject"], []).append((row["summary"], member_of(row)))
        return {subject: tuple(each) for subject, each in found.items()}

    def by_object(self, object_id: str) -> tuple[Attempt, ...]:
        """The attempts that led to a Rillet object, by its id, oldest first."""
        return self._attempts_where(tables.attempts.c.object_id == object_id)

    def by_source(self, source: str) -> tuple[Attempt, ...]:
        """The attempts for all records of one thing, by the source's id of it, oldest first."""
        return self._attempts_where(tables.attempts.c.source == source)

    def restate(self, subject: str, content: str) -> None:
        """A record says in other words what stands: this is the digest of its content from now on."""
        named = tables.attempts.c.subject == subject
        of_attempts = sa.update(tables.attempts).where(self._mine.attempts, named, _IS_THERE)
        of_members = sa.update(tables.members).where(self._mine.members, tables.members.c.subject == subject)
        with self._writing() as connection:
            for change in (of_attempts, of_members):
                connection.execute(change.values(content=content))

    def unfinished(self) -> tuple[str, ...]:
        """The records with an attempt without an outcome, or whose last change was a deletion or was rejected."""
        made, later = tables.attempts, tables.attempts.alias()
        # A difference, so that the later ones are looked for by their subject and not by their ids.
        is_later = later.c.namespace == made.c.namespace, later.c.subject == made.c.subject, later.c.id - made.c.id > 0
        is_last = sa.not_(sa.exists().where(*is_later))
        changes = sa.or_(made.c.method.in_(["PUT", "DELETE"]), made.c.purpose == Purpose.CORRECTION.value)
        found = (
            (made.c.state == AttemptState.OPEN.value,),
            (made.c.state == AttemptState.POSTED.value, made.c.method == "DELETE", is_last),
            (made.c.state == AttemptState.REJECTED.value, changes, is_last),
        )
        # One query each: a single one with all three would look at every attempt.
        query = sa.union(*(sa.select(made.c.subject).where(self._mine.attempts, *each) for each in found))
        with self._writing() as connection:
            return tuple(row.subject for row in connection.execute(query) if is_record(row.subject))

    def first_intended_at(self) -> datetime | None:
        """When the oldest attempt was written down, None where there is none."""
        query = sa.select(tables.attempts.c.intended_at).where(self._mine.attempts)
        query = query.order_by(tables.attempts.c.id).limit(1)
        with self._writing() as connection:
            return moment_of(connection.execute(query).scalar(), "intended_at")

    def latest_of_others(self) -> tuple[datetime, str] | None:
        """The latest time at which another exporter wrote an attempt down, by its clock, and who that was."""
        columns = tables.attempts.c
        query = sa.select(columns.intended_at, columns.intended_by).where(
            self._mine.attempts, columns.intended_by != self._who
        )
        with self._writing() as connection:
            found = connection.execute(query.order_by(columns.intended_at.desc()).limit(1)).one_or_none()
            at = None if found is None else moment_of(found.intended_at, "intended_at")
            return None if found is None or at is None else (at, str(found.intended_by))

    def intend(self, attempt: Attempt) -> None:
        """Write an attempt down before its request leaves, with its members."""
        try:
            with self._writing() as connection:
                row = {**attempt_row(attempt, COLUMNS), "namespace": self._namespace}
                connection.execute(sa.insert(tables.attempts).values(row))
                if attempt.members:
                    self._write_members(connection, attempt)
        except TakenError:
            raise JournalError(
                f"attempt {attempt.number} for {attempt.subject} was made by another exporter at this moment"
            ) from None

    def note(self, attempt: Attempt) -> None:
        """Write down what became of an attempt."""
        change = sa.update(tables.attempts).where(
            self._mine.attempts,
            tables.attempts.c.subject == attempt.subject,
            tables.attempts.c.version == attempt.version,
            tables.attempts.c.number == attempt.number,
        )
        if attempt.state in {AttemptState.OPEN, AttemptState.REJECTED}:
            # Another exporter may have seen it through after this one's lease ended.
            change = change.where(tables.attempts.c.state == AttemptState.OPEN.value)
        with self._writing() as connection:
            connection.execute(change.values(attempt_row(attempt, OUTCOME)))

    def reported(self, subjects: Iterable[str]) -> None:
        """Brex took the results of these records."""
        of_summary = sa.and_(
            self._mine.members, self._mine.attempts, tables.members.c.summary == tables.attempts.c.subject
        )
        told = {"reported_at": text_of(self.now())}
        with self._writing() as connection:
            for some in portions(subjects):
                named: sa.ColumnElement[bool] = tables.attempts.c.subject.in_(some)
                untold = tables.attempts.c.reported_at.is_(None)
                connection.execute(
                    sa.update(tables.attempts).where(self._mine.attempts, named, _IS_THERE, untold).values(told)
                )
                named = sa.and_(self._mine.members, tables.members.c.subject.in_(some))
                untold = tables.members.c.reported_at.is_(None)
                is_there = sa.exists().where(of_summary, _IS_THERE)
                connection.execute(sa.update(tables.members).where(named, untold, is_there).values(told))
                # A summary is reported with the last of its members.
                touched = tables.attempts.c.subject.in_(sa.select(tables.members.c.summary).where(named))
                left = sa.exists().where(of_summary, untold)
                whole = sa.update(tables.attempts).where(
                    self._mine.attempts, touched, _IS_THERE, tables.attempts.c.reported_at.is_(None)
                )
                connection.execute(whole.where(sa.not_(left)).values(told))

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
            query = (
                sa.select(tables.attempts)
                .where(self._mine.attempts, tables.attempts.c.id > last)
                .order_by(tables.attempts.c.id)
                .limit(PORTION)
            )
            with self._writing() as connection:
                rows = connection.execute(query).mappings().all()
                attempts = [attempt_of(row) for row in rows]
            if not attempts:
                return
            yield from attempts
            last = rows[-1]["id"]

    def close(self) -> None:
        """Give back the connections."""
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

    def _attempts_where(self, condition: sa.ColumnElement[bool]) -> tuple[Attempt, ...]:
        query = sa.select(tables.attempts).where(self._mine.attempts, condition).order_by(tables.attempts.c.id)
        with self._writing() as connection:
            return tuple(attempt_of(row) for row in connection.execute(query).mappings().all())

    def _write_members(self, connection: sa.Connection, attempt: Attempt) -> None:
        rows = [{**row, "namespace": self._namespace} for row in member_rows(attempt)]
        if attempt.number == 1:
            connection.execute(sa.insert(tables.members), rows)
            return
        # Another attempt for the same members sends what they are today.
        named = tables.members.c.subject == sa.bindparam("member"), tables.members.c.summary == attempt.subject
        change = sa.update(tables.members).where(self._mine.members, *named)
        change = change.values(content=sa.bindparam("its_content"), form=sa.bindparam("its_form"))
        values = [{"member": row["subject"], "its_content": row["content"], "its_form": row["form"]} for row in rows]
        connection.execute(change, values)

    def _writing(self) -> AbstractContextManager[sa.Connection]:
        return self._database.writing()


class _Mine:
    """What picks the rows of a namespace, by table."""

    def __init__(self, namespace: str) -> None:
        self.attempts = tables.attempts.c.namespace == namespace
        self.members = tables.members.c.namespace == namespace
        self.claims = tables.claims.c.namespace == namespace
