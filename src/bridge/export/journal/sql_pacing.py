"""A shared pace in a database: in the journal's own PostgreSQL, or in an SQLite file for the processes of one machine."""

from __future__ import annotations

import json
import time
from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from typing_extensions import override

from bridge.export.journal.places import OverEngine, engine_with, reason_of, shown
from clientkit.pacing import next_slot
from clientkit.shared_pacing import PaceStoreError, SharedPaces

_PACES = sa.Table(
    "request_paces",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    # The last slots in order, as seconds since 1970 in JSON, those to come included.
    sa.Column("slots", sa.Text, nullable=False),
    sa.Column("held_until", sa.Double, nullable=False),
)
_ROW = _PACES.c


class SqlPaces(OverEngine, SharedPaces):
    """The paces of all keys in one database, for processes and machines that use it. Use it as a context manager, or call `close`.

    PostgreSQL's clock counts, or the machine's for an SQLite file. Every process that uses a key has to keep its pace here.
    Names are digests of address and key; the key itself is not written down.

    Args:
        place: As for `SqlJournal`; the journal's own place will do.

    Raises:
        JournalError: The database cannot be reached.
    """

    def __init__(self, place: str) -> None:
        self._engine = engine_with(_PACES, place, what="the shared pace")
        super().__init__(_SqlStore(self._engine))

    @override
    def __repr__(self) -> str:
        return f"SqlPaces({shown(self._engine.url)!r})"


class _SqlStore:
    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._is_postgres = engine.dialect.name == "postgresql"

    def reserve(self, name: str, limit: int, span: float, patience: float | None) -> float | None:
        try:
            with self._engine.begin() as connection:
                slots, held, now = self._locked(connection, name)
                slot = next_slot(slots, held, now, limit, span)
                if patience is not None and slot - now > patience:
                    return None
                kept = json.dumps([*slots, slot][-limit:])
                connection.execute(sa.update(_PACES).where(_ROW.name == name).values(slots=kept))
                return slot - now
        except (SQLAlchemyError, OSError, ValueError) as error:
            raise PaceStoreError(reason_of(error)) from error

    def hold(self, name: str, seconds: float) -> None:
        try:
            with self._engine.begin() as connection:
                _, held, now = self._locked(connection, name)
                until = max(held, now + seconds)
                connection.execute(sa.update(_PACES).where(_ROW.name == name).values(held_until=until))
        except (SQLAlchemyError, OSError, ValueError) as error:
            raise PaceStoreError(reason_of(error)) from error

    def _locked(self, connection: sa.Connection, name: str) -> tuple[list[float], float, float]:
        """What is written down for a name, and the time now, once nobody else may change it."""
        # Writing first takes the lock under which the row is read.
        touch = sa.update(_PACES).where(_ROW.name == name).values(held_until=_ROW.held_until)
        if not connection.execute(touch).rowcount:
            with suppress(IntegrityError), connection.begin_nested():
                connection.execute(sa.insert(_PACES).values(name=name, slots="[]", held_until=0.0))
            connection.execute(touch)
        row = connection.execute(sa.select(_ROW.slots, _ROW.held_until).where(_ROW.name == name)).one()
        slots: list[float] = json.loads(row.slots)
        return slots, float(row.held_until), self._now(connection)

    def _now(self, connection: sa.Connection) -> float:
        if not self._is_postgres:
            return time.time()
        # Not now(), which is the time at which the transaction began to wait for the lock.
        return float(connection.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
