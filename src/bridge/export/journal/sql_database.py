"""The database of a journal: opened, brought up to date, and its errors in one sentence."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bridge.export.journal import sql_tables as tables
from bridge.export.journal.places import engine_at, keep_to_oneself, shown
from bridge.export.journal.protocol import JournalError
from bridge.export.journal.rows import RowError


class TakenError(JournalError):
    """The row is there already."""


class LockedError(JournalError):
    """Another process did not give the file free in time."""


class Database:
    """The database at a place; `shown` is the place for messages. Raises `JournalError`."""

    def __init__(self, place: str) -> None:
        self._engine = engine_at(place)
        self.shown = shown(self._engine.url)
        self._waiting = list[Callable[[sa.Connection], None]]()
        self._guard, self._is_guarded = threading.RLock(), False
        try:
            self._migrate()
            keep_to_oneself(self._engine.url)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def write_later(self, write: Callable[[sa.Connection], None]) -> None:
        """Have something written by the next transaction, before anything else in it."""
        self._waiting.append(write)

    def write_waiting(self) -> None:
        """Write what still waits for a transaction. Raises as `writing`."""
        if self._waiting:
            with self.writing():
                pass

    @contextmanager
    def writing(self) -> Generator[sa.Connection]:
        """One transaction, on disk when the context ends. Raises `TakenError` and `JournalError`."""
        if not self._waiting:
            with self._transaction() as connection:
                yield connection
            return
        # Until it is written no other thread begins, which would not see it. This one may, as in a signal handler.
        with self._guard:
            writes = () if self._is_guarded else tuple(self._waiting)
            was_guarded, self._is_guarded = self._is_guarded, True
            try:
                with self._transaction() as connection:
                    for write in writes:
                        write(connection)
                    yield connection
            finally:
                self._is_guarded = was_guarded
            # Not before: where the transaction fails, it waits for the next one.
            del self._waiting[: len(writes)]

    @contextmanager
    def _transaction(self) -> Generator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise TakenError(f"the journal {self.shown} has such a row already") from None
        except SQLAlchemyError as error:
            # The statement's values are payloads, which have no place in a log.
            reason = str(getattr(error, "orig", None) or type(error).__name__)
            if _is_busy(getattr(error, "orig", None)):
                raise LockedError(
                    f"the journal {self.shown} is in use by another process, which did not give it free in time; close the "
                    "program that has it open, or wait for it, and try again"
                ) from None
            raise JournalError(f"the journal {self.shown} cannot be used: {reason}") from None
        except RowError as error:
            raise JournalError(f"the journal {self.shown} is damaged: {error}") from None
        except (OSError, ValueError, TypeError, LookupError, ArithmeticError) as error:
            # The driver's own words may repeat a value, or a part of the place.
            raise JournalError(f"the journal {self.shown} cannot be used: {type(error).__name__}") from None

    def _is_up_to_date(self) -> bool:
        """Whether nothing is to be upgraded; that is read, so that another process may write meanwhile."""
        try:
            with self.writing() as connection:
                found = connection.execute(sa.select(tables.versions.c.version)).scalar_one()
        except LockedError:
            raise
        except JournalError:
            # Most likely it has no table yet.
            return False
        return isinstance(found, int) and found == len(tables.MIGRATIONS)

    def _migrate(self) -> None:
        if self._is_up_to_date():
            return
        # Several exporters may begin at once: whoever comes second finds what the first one has just made.
        # What else is wrong with the place is said by the next step.
        with suppress(JournalError), self.writing() as connection:
            tables.versions.create(connection, checkfirst=True)
        with suppress(TakenError), self.writing() as connection:
            if connection.execute(sa.select(tables.versions.c.version)).first() is None:
                connection.execute(sa.insert(tables.versions).values(id=1, version=0))
        with self.writing() as connection:
            # Writing first takes the lock under which the version is read.
            connection.execute(sa.update(tables.versions).values(version=tables.versions.c.version))
            found = connection.execute(sa.select(tables.versions.c.version)).scalar_one()
            if not isinstance(found, int) or found < 0:
                raise JournalError(f"the journal {self.shown} is damaged: it does not say its version")
            if found > len(tables.MIGRATIONS):
                raise JournalError(f"the journal {self.shown} was written by a newer release of brex-rillet")
            for migrate in tables.MIGRATIONS[found:]:
                migrate(connection)
            connection.execute(sa.update(tables.versions).values(version=len(tables.MIGRATIONS)))


def _is_busy(error: object) -> bool:
    """Whether SQLite says that another connection has the file; an extended code has the plain one in its last byte."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF == sqlite3.SQLITE_BUSY
