"""Where a journal is: the path of a file or a URL, how its database is reached, and who may read its file."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from bridge.export.journal.protocol import JournalError

_SECONDS_FOR_A_LOCK = 30
_SECRETS = frozenset({"password", "sslpassword"})


def engine_at(place: str) -> sa.Engine:
    """How to reach the database. A new file is made, for its owner alone. Raises `JournalError`."""
    if not place:
        raise JournalError("the journal has no place: give the path of a file or a URL")
    url = _url(place)
    backend = url.get_backend_name()
    if backend == "sqlite":
        _make_file(url.database)
    try:
        arguments = {"timeout": _SECONDS_FOR_A_LOCK} if backend == "sqlite" else {}
        engine = sa.create_engine(url, connect_args=arguments)
        if backend == "sqlite":
            event.listen(engine, "connect", _wait_for_the_disk)
    except ModuleNotFoundError as error:
        raise JournalError(
            f"the journal needs the driver {error.name}; install it with: pip install {error.name}"
        ) from None
    except SQLAlchemyError as error:
        raise JournalError(f"the journal cannot be opened: {error}") from None
    except (ValueError, TypeError):
        # What they say repeats parts of the URL.
        raise JournalError(f"the journal {shown(url)} cannot be opened: its URL has an option that cannot be") from None
    if engine.dialect.is_async:
        raise JournalError(f"the journal cannot use the driver {engine.dialect.driver}, which is asynchronous")
    return engine


class OverEngine:
    """What has an engine of its own, for as long as a context lasts or until `close`."""

    _engine: sa.Engine

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def engine_with(table: sa.Table, place: str, *, what: str) -> sa.Engine:
    """How to reach a database that has this one table beside those of a journal, if any; it is made where it is not there.

    `what` is kept in it, in words. Raises `JournalError`.
    """
    engine = engine_at(place)
    try:
        # Two processes may make the table at once.
        with suppress(SQLAlchemyError):
            table.create(engine, checkfirst=True)
        table.create(engine, checkfirst=True)
        keep_to_oneself(engine.url)
    except SQLAlchemyError as error:
        engine.dispose()
        raise JournalError(f"{what} cannot be kept: {reason_of(error)}") from None
    return engine


def reason_of(error: Exception) -> str:
    """What a database says, without the statement and its values."""
    return str(getattr(error, "orig", None) or type(error).__name__).partition("\n")[0]


def shown(url: sa.URL) -> str:
    """A URL for people to read, without its passwords."""
    hidden = {name: "hidden" if name in _SECRETS else value for name, value in url.query.items()}
    return url.set(query=hidden).render_as_string(hide_password=True)


def keep_to_oneself(url: sa.URL) -> None:
    """Make the file readable for its owner alone: it holds what people bought. For a file that is known as a journal."""
    if url.get_backend_name() == "sqlite" and url.database:
        # Another user's file only that user can close, and some file systems know no owners.
        with suppress(OSError):
            path = Path(url.database)
            if path.is_file() and path.stat().st_mode & 0o077:
                path.chmod(0o600)


def _wait_for_the_disk(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # By default SQLite does not wait until its rollback journal is gone from the folder. If the power fails then, the
    # rollback journal is there again and takes back what was committed last, such as the intent of what was sent.
    connection.execute("PRAGMA synchronous = EXTRA")


def _url(place: str) -> sa.URL:
    if "://" not in place:
        return sa.URL.create("sqlite", database=place)
    try:
        url = sa.make_url(place)
        backend = url.get_backend_name()
    except (SQLAlchemyError, ValueError):
        # What it says may repeat a part of a password.
        raise JournalError("the journal's place is neither a path nor a URL") from None
    if backend == "postgres":
        return url.set(drivername="postgresql+psycopg")
    if backend not in {"sqlite", "postgresql"}:
        raise JournalError(f"the journal is kept in SQLite or PostgreSQL, not in {backend}")
    if "@" in (url.host or ""):
        raise JournalError("the journal's URL has an @ in its password or host: write it as %40")
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _make_file(place: str | None) -> None:
    if place is None or place in {"", ":memory:"}:
        raise JournalError("a journal in memory would be forgotten with its process: give the path of a file")
    if place.startswith("file:"):
        raise JournalError("the journal's file is given by its path, not by a URI of SQLite")
    try:
        # SQLite takes no other names.
        place.encode()
        Path(place).touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise JournalError(f"the journal {place!r} cannot be opened: {error.strerror}") from None
    except ValueError:
        raise JournalError(f"the journal {place!r} cannot be opened: no journal has such a name") from None
