"""The journal of an export in a database: SQLite in a file, or PostgreSQL where several exporters share it.

The only file that knows SQLAlchemy, which the ``export`` extra brings; PostgreSQL needs the driver ``psycopg`` too.
Times are kept as texts in UTC that sort as they follow each other, so that the file can be read with any tool.
"""

from __future__ import annotations

import getpass
import os
import secrets
import socket
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from bridge.export.engine.attempts import Attempt, AttemptState, JournalError
from bridge.export.journal import sql_tables as tables
from bridge.mappers.summaries import Member

#: Longer than creating a vendor and posting a record may take with the clients' deadlines of five minutes each.
LEASE = timedelta(minutes=12)

_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_SECONDS_FOR_A_LOCK = 30
_ROWS = 500

_COLUMNS = tuple(field.name for field in attrs.fields(Attempt) if field.name != "members")
_OUTCOME = ("state", "kind", "object_id", "answer", "trace_id", "error", "settled_at", "settled_by")


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
        now: The clock, aware; the machine's when left out. Exporters that share a journal need clocks that agree to a
            few minutes.
        who: Who exports, for the journal's readers; user, host and process when left out.
        lease: For how long a claim keeps other exporters off a record when its holder dies.

    Raises:
        JournalError: The database cannot be reached, or a newer release has written it.
    """

    def __init__(
        self,
        place: str,
        *,
        now: Callable[[], datetime] = _machine_time,
        who: str | None = None,
        lease: timedelta = LEASE,
    ) -> None:
        self.now, self._lease = now, lease
        self._who = who or _whoever()
        # Two exporters may have one name, but they are two holders.
        self._holder = f"{self._who} {secrets.token_hex(8)}"
        self._engine = _engine(place)
        self._shown = self._engine.url.render_as_string(hide_password=True)
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    @property
    def who(self) -> str:
        """This exporter, for the journal's readers."""
        return self._who

    def claim(self, subject: str) -> bool:
        """Keep other exporters off a subject until it is released or the lease ends."""
        now = self.now()
        mine = {"holder": self._holder, "until": _text(now + self._lease)}
        free = sa.or_(tables.claims.c.holder == self._holder, tables.claims.c.until < _text(now))
        take = sa.update(tables.claims).where(tables.claims.c.subject == subject, free).values(mine)
        with self._writing() as connection:
            if connection.execute(take).rowcount:
                return True
        try:
            with self._writing() as connection:
                connection.execute(sa.insert(tables.claims).values(subject=subject, **mine))
        except _TakenError:
            return False
        return True

    def claim_all(self, subjects: Sequence[str]) -> frozenset[str]:
        """Claim many subjects at once; those that no other one has in hand."""
        now = self.now()
        mine = {"holder": self._holder, "until": _text(now + self._lease)}
        free = sa.or_(tables.claims.c.holder == self._holder, tables.claims.c.until < _text(now))
        claimed = set[str]()
        try:
            with self._writing() as connection:
                for some in _portions(sorted(subjects)):
                    named = tables.claims.c.subject.in_(some)
                    connection.execute(sa.update(tables.claims).where(named, free).values(mine))
                    holders = connection.execute(
                        sa.select(tables.claims.c.subject, tables.claims.c.holder).where(named)
                    ).all()
                    new = sorted(set(some).difference(subject for subject, _ in holders))
                    if new:
                        connection.execute(sa.insert(tables.claims), [{"subject": subject, **mine} for subject in new])
                    claimed.update(new, (subject for subject, holder in holders if holder == self._holder))
        except _TakenError:
            # Another exporter claims some of them at this moment.
            return frozenset(subject for subject in subjects if self.claim(subject))
        return frozenset(claimed)

    def release(self, subject: str) -> None:
        """Let others have the subject."""
        self.release_all((subject,))

    def release_all(self, subjects: Iterable[str]) -> None:
        """Let others have these subjects."""
        with self._writing() as connection:
            for some in _portions(subjects):
                named = tables.claims.c.subject.in_(some)
                connection.execute(sa.delete(tables.claims).where(named, tables.claims.c.holder == self._holder))

    def attempts(self, subject: str) -> tuple[Attempt, ...]:
        """The attempts for a subject, oldest first; for a record also those of summaries that it is a member of."""
        return self.attempts_of((subject,)).get(subject, ())

    def attempts_of(self, subjects: Iterable[str]) -> Mapping[str, tuple[Attempt, ...]]:
        """As `attempts`, for many subjects at once; those without an attempt are left out."""
        found = dict[str, list[tuple[int, Attempt]]]()
        with self._writing() as connection:
            for some in _portions(subjects):
                memberships = connection.execute(
                    sa.select(tables.members).where(tables.members.c.subject.in_(some))
                ).all()
                named = {*some, *(each.summary for each in memberships)}
                rows = connection.execute(
                    sa.select(tables.attempts).where(tables.attempts.c.subject.in_(named))
                ).mappings()
                by_subject = dict[str, list[tuple[int, Attempt]]]()
                for row in rows:
                    by_subject.setdefault(row["subject"], []).append((row["id"], _attempt(row)))
                for subject in some:
                    found.setdefault(subject, []).extend(by_subject.get(subject, ()))
                for each in memberships:
                    told = _moment(each.reported_at)
                    for number, attempt in by_subject.get(each.summary, ()):
                        found[each.subject].append((number, attrs.evolve(attempt, reported_at=told)))
        return {
            subject: tuple(attempt for _, attempt in sorted(each, key=lambda numbered: numbered[0]))
            for subject, each in found.items()
            if each
        }

    def members(self, subject: str) -> tuple[Member, ...]:
        """The records of a summary, by its subject."""
        query = sa.select(tables.members).where(tables.members.c.summary == subject).order_by(tables.members.c.subject)
        with self._writing() as connection:
            return tuple(Member(record_id=row.subject, version=row.version) for row in connection.execute(query))

    def by_object(self, object_id: str) -> tuple[Attempt, ...]:
        """The attempts that led to a Rillet object, by its id, oldest first."""
        query = (
            sa.select(tables.attempts).where(tables.attempts.c.object_id == object_id).order_by(tables.attempts.c.id)
        )
        with self._writing() as connection:
            return tuple(_attempt(row) for row in connection.execute(query).mappings())

    def intend(self, attempt: Attempt) -> None:
        """Write an attempt down before its request leaves, with its members."""
        try:
            with self._writing() as connection:
                connection.execute(sa.insert(tables.attempts).values(_row(attempt, _COLUMNS)))
                if attempt.members and attempt.number == 1:
                    rows = [
                        {"subject": each.record_id, "summary": attempt.subject, "version": each.version}
                        for each in attempt.members
                    ]
                    connection.execute(sa.insert(tables.members), rows)
        except _TakenError:
            raise JournalError(
                f"attempt {attempt.number} for {attempt.subject} was made by another exporter at this moment"
            ) from None

    def note(self, attempt: Attempt) -> None:
        """Write down what became of an attempt."""
        change = sa.update(tables.attempts).where(
            tables.attempts.c.subject == attempt.subject,
            tables.attempts.c.version == attempt.version,
            tables.attempts.c.number == attempt.number,
        )
        if attempt.state in {AttemptState.OPEN, AttemptState.REJECTED}:
            # Another exporter may have seen it through after this one's lease ended.
            change = change.where(tables.attempts.c.state == AttemptState.OPEN.value)
        with self._writing() as connection:
            connection.execute(change.values(_row(attempt, _OUTCOME)))

    def reported(self, subjects: Iterable[str]) -> None:
        """Brex took the results of these records."""
        there = tables.attempts.c.state.in_([AttemptState.POSTED.value, AttemptState.ADOPTED.value])
        of_summary = tables.members.c.summary == tables.attempts.c.subject
        told = {"reported_at": _text(self.now())}
        with self._writing() as connection:
            for some in _portions(subjects):
                named, untold = tables.attempts.c.subject.in_(some), tables.attempts.c.reported_at.is_(None)
                connection.execute(sa.update(tables.attempts).where(named, there, untold).values(told))
                named, untold = tables.members.c.subject.in_(some), tables.members.c.reported_at.is_(None)
                is_there = sa.exists().where(of_summary, there)
                connection.execute(sa.update(tables.members).where(named, untold, is_there).values(told))
                # A summary is reported with the last of its members.
                touched = tables.attempts.c.subject.in_(sa.select(tables.members.c.summary).where(named))
                left = sa.exists().where(of_summary, untold)
                whole = sa.update(tables.attempts).where(touched, there, tables.attempts.c.reported_at.is_(None))
                connection.execute(whole.where(sa.not_(left)).values(told))

    def walk(self) -> Iterator[Attempt]:
        """Every attempt, oldest first; read in portions, so that its size does not matter."""
        last = 0
        while True:
            query = (
                sa.select(tables.attempts)
                .where(tables.attempts.c.id > last)
                .order_by(tables.attempts.c.id)
                .limit(_ROWS)
            )
            with self._writing() as connection:
                rows = connection.execute(query).mappings().all()
            if not rows:
                return
            yield from (_attempt(row) for row in rows)
            last = rows[-1]["id"]

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SqlJournal({self._shown!r})"

    @contextmanager
    def _writing(self) -> Generator[sa.Connection]:
        """One transaction, on disk when the context ends."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError as error:
            raise _TakenError from error
        except SQLAlchemyError as error:
            # The statement's values are payloads, which have no place in a log.
            reason = str(getattr(error, "orig", None) or type(error).__name__)
            raise JournalError(f"the journal {self._shown} cannot be used: {reason}") from None

    def _migrate(self) -> None:
        # Several exporters may begin at once: whoever comes second finds what the first one has just made.
        with suppress(IntegrityError, OperationalError, ProgrammingError), self._engine.begin() as connection:
            tables.versions.create(connection, checkfirst=True)
        with suppress(_TakenError), self._writing() as connection:
            if connection.execute(sa.select(tables.versions.c.version)).first() is None:
                connection.execute(sa.insert(tables.versions).values(id=1, version=0))
        with self._writing() as connection:
            # Writing first takes the lock under which the version is read.
            connection.execute(sa.update(tables.versions).values(version=tables.versions.c.version))
            found = connection.execute(sa.select(tables.versions.c.version)).scalar_one()
            if found > len(tables.MIGRATIONS):
                raise JournalError(f"the journal {self._shown} was written by a newer release of brex-rillet")
            for migrate in tables.MIGRATIONS[found:]:
                migrate(connection)
            connection.execute(sa.update(tables.versions).values(version=len(tables.MIGRATIONS)))


class _TakenError(Exception):
    """The row is there already."""


def _engine(place: str) -> sa.Engine:
    if not place:
        raise JournalError("the journal has no place: give the path of a file or a URL")
    if "://" not in place:
        _keep_to_oneself(place)
        url = sa.URL.create("sqlite", database=place)
    else:
        try:
            url = sa.make_url(place)
        except ArgumentError:
            raise JournalError("the journal's place is neither a path nor a URL") from None
        if url.drivername in {"postgres", "postgresql"}:
            url = url.set(drivername="postgresql+psycopg")
    arguments: dict[str, Any] = {"timeout": _SECONDS_FOR_A_LOCK} if url.get_backend_name() == "sqlite" else {}
    try:
        return sa.create_engine(url, connect_args=arguments)
    except ModuleNotFoundError as error:
        raise JournalError(
            f"the journal needs the driver {error.name}; install it with: pip install {error.name}"
        ) from None
    except SQLAlchemyError as error:
        raise JournalError(f"the journal cannot be opened: {error}") from None


def _keep_to_oneself(place: str) -> None:
    """Make the file readable for its owner alone: it holds what people bought."""
    try:
        Path(place).touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise JournalError(f"the journal {place!r} cannot be opened: {error.strerror}") from None


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_TIME)


def _row(attempt: Attempt, names: Iterable[str]) -> dict[str, object]:
    values = ((name, getattr(attempt, name)) for name in names)
    return {name: _plain(value) for name, value in values}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return _text(value)
    return value.value if isinstance(value, AttemptState) else value


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def _portions(subjects: Iterable[str]) -> Iterator[list[str]]:
    left = iter(dict.fromkeys(subjects))
    while some := list(islice(left, _ROWS)):
        yield some


def _attempt(row: sa.RowMapping) -> Attempt:
    values = {name: row[name] for name in _COLUMNS}
    for name in ("intended_at", "settled_at", "reported_at"):
        values[name] = _moment(values[name])
    values["state"] = AttemptState(values["state"])
    return Attempt(**values)
