"""The journal of an export in a database: SQLite in a file, or PostgreSQL where several exporters share it.

The only file that knows SQLAlchemy, which the ``export`` extra brings; PostgreSQL needs the driver ``psycopg`` too.
Times are kept as texts in UTC that sort as they follow each other, so that the file can be read with any tool.
"""

from __future__ import annotations

import getpass
import os
import secrets
import socket
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from bridge.export.attempts import Attempt, AttemptState, JournalError

#: Longer than creating a vendor and posting a record may take with the clients' deadlines of five minutes each.
LEASE = timedelta(minutes=12)

_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_SECONDS_FOR_A_LOCK = 30
_ROWS = 500

_tables = sa.MetaData()
_versions = sa.Table(
    "journal_version",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
)
_attempts = sa.Table(
    "journal_attempts",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("intended_at", sa.Text, nullable=False),
    sa.Column("intended_by", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text),
    sa.Column("answer", sa.LargeBinary),
    sa.Column("trace_id", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("settled_at", sa.Text),
    sa.Column("settled_by", sa.Text),
    sa.Column("reported_at", sa.Text),
    sa.UniqueConstraint("subject", "version", "number"),
)
_claims = sa.Table(
    "journal_claims",
    _tables,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until", sa.Text, nullable=False),
)
_COLUMNS = tuple(field.name for field in attrs.fields(Attempt))
_OUTCOME = ("state", "kind", "object_id", "answer", "trace_id", "error", "settled_at", "settled_by")


def _create_tables(connection: sa.Connection) -> None:
    _tables.create_all(connection, tables=[_attempts, _claims])


#: What makes version n + 1 of the tables out of version n, from an empty database on. Only ever appended to.
_MIGRATIONS: Sequence[Callable[[sa.Connection], None]] = (_create_tables,)


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
        free = sa.or_(_claims.c.holder == self._holder, _claims.c.until < _text(now))
        take = sa.update(_claims).where(_claims.c.subject == subject, free).values(mine)
        with self._writing() as connection:
            if connection.execute(take).rowcount:
                return True
        try:
            with self._writing() as connection:
                connection.execute(sa.insert(_claims).values(subject=subject, **mine))
        except _TakenError:
            return False
        return True

    def release(self, subject: str) -> None:
        """Let others have the subject."""
        with self._writing() as connection:
            connection.execute(sa.delete(_claims).where(_claims.c.subject == subject, _claims.c.holder == self._holder))

    def attempts(self, subject: str) -> tuple[Attempt, ...]:
        """The attempts for a subject, oldest first."""
        with self._writing() as connection:
            query = sa.select(_attempts).where(_attempts.c.subject == subject).order_by(_attempts.c.id)
            rows = connection.execute(query)
            return tuple(_attempt(row) for row in rows.mappings())

    def intend(self, attempt: Attempt) -> None:
        """Write an attempt down before its request leaves."""
        try:
            with self._writing() as connection:
                connection.execute(sa.insert(_attempts).values(_row(attempt, _COLUMNS)))
        except _TakenError:
            raise JournalError(
                f"attempt {attempt.number} for {attempt.subject} was made by another exporter at this moment"
            ) from None

    def note(self, attempt: Attempt) -> None:
        """Write down what became of an attempt."""
        change = sa.update(_attempts).where(
            _attempts.c.subject == attempt.subject,
            _attempts.c.version == attempt.version,
            _attempts.c.number == attempt.number,
        )
        if attempt.state in {AttemptState.OPEN, AttemptState.REJECTED}:
            # Another exporter may have seen it through after this one's lease ended.
            change = change.where(_attempts.c.state == AttemptState.OPEN.value)
        with self._writing() as connection:
            connection.execute(change.values(_row(attempt, _OUTCOME)))

    def reported(self, subjects: Iterable[str]) -> None:
        """Brex took the results of these records."""
        there = [AttemptState.POSTED.value, AttemptState.ADOPTED.value]
        wanted, now = list(subjects), _text(self.now())
        with self._writing() as connection:
            for start in range(0, len(wanted), _ROWS):
                connection.execute(
                    sa.update(_attempts)
                    .where(
                        _attempts.c.subject.in_(wanted[start : start + _ROWS]),
                        _attempts.c.state.in_(there),
                        _attempts.c.reported_at.is_(None),
                    )
                    .values(reported_at=now)
                )

    def walk(self) -> Iterator[Attempt]:
        """Every attempt, oldest first; read in portions, so that its size does not matter."""
        last = 0
        while True:
            query = sa.select(_attempts).where(_attempts.c.id > last).order_by(_attempts.c.id).limit(_ROWS)
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
            _versions.create(connection, checkfirst=True)
        with suppress(_TakenError), self._writing() as connection:
            if connection.execute(sa.select(_versions.c.version)).first() is None:
                connection.execute(sa.insert(_versions).values(id=1, version=0))
        with self._writing() as connection:
            # Writing first takes the lock under which the version is read.
            connection.execute(sa.update(_versions).values(version=_versions.c.version))
            found = connection.execute(sa.select(_versions.c.version)).scalar_one()
            if found > len(_MIGRATIONS):
                raise JournalError(f"the journal {self._shown} was written by a newer release of brex-rillet")
            for migrate in _MIGRATIONS[found:]:
                migrate(connection)
            connection.execute(sa.update(_versions).values(version=len(_MIGRATIONS)))


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


def _attempt(row: sa.RowMapping) -> Attempt:
    values = {name: row[name] for name in _COLUMNS}
    for name in ("intended_at", "settled_at", "reported_at"):
        if values[name] is not None:
            values[name] = datetime.strptime(values[name], _TIME).replace(tzinfo=UTC)
    values["state"] = AttemptState(values["state"])
    return Attempt(**values)
