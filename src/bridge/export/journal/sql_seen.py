"""Which webhooks were handled, in a database: the journal's own, or any other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from typing_extensions import override

from bridge.export.journal.places import OverEngine, engine_with, reason_of, shown
from clientkit.webhooks import SeenStoreError

_SEEN = sa.Table(
    "seen_webhooks",
    sa.MetaData(),
    sa.Column("namespace", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    # Seconds since 1970.
    sa.Column("seen_at", sa.Double, nullable=False, index=True),
)
_ROW = _SEEN.c
_KEPT = timedelta(days=30)
# After so many events the old ones are removed.
_OFTEN = 1_000


def _now() -> datetime:
    return datetime.now(UTC)


class SqlSeenIds(OverEngine):
    """The ids of the webhooks that were handled, for processes and machines that use one database. Use it as a context manager, or call `close`.

    For `WebhookReceiver`, and for `verify(seen=…)`. Every method raises `SeenStoreError` where the database cannot be used.

    Args:
        place: As for `SqlJournal`; the journal's own place will do.
        namespace: Whose events these are, such as a tenant's at one service: ``brex/acme``.
        kept: How long an id is remembered.
        now: The time, aware.

    Raises:
        JournalError: The database cannot be reached.
    """

    def __init__(
        self, place: str, *, namespace: str = "", kept: timedelta = _KEPT, now: Callable[[], datetime] = _now
    ) -> None:
        self._engine = engine_with(_SEEN, place, what="the ids of webhooks")
        self._namespace, self._kept, self._now, self._added = namespace, kept, now, 0

    def has(self, id: str) -> bool:
        """Whether `id` was handled."""
        found = sa.select(_ROW.id).where(_ROW.namespace == self._namespace, _ROW.id == id)
        try:
            with self._engine.connect() as connection:
                return connection.execute(found).first() is not None
        except SQLAlchemyError as error:
            raise SeenStoreError(reason_of(error)) from None

    def add(self, id: str) -> bool:
        """Remember `id`. Whether it is new."""
        at = self._now().timestamp()
        try:
            with self._engine.begin() as connection:
                if self._added % _OFTEN == 0:
                    connection.execute(sa.delete(_SEEN).where(_ROW.seen_at < at - self._kept.total_seconds()))
                self._added += 1
                connection.execute(sa.insert(_SEEN).values(namespace=self._namespace, id=id, seen_at=at))
        except IntegrityError:
            return False
        except SQLAlchemyError as error:
            raise SeenStoreError(reason_of(error)) from None
        return True

    def discard(self, id: str) -> None:
        """Forget `id`."""
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.delete(_SEEN).where(_ROW.namespace == self._namespace, _ROW.id == id))
        except SQLAlchemyError as error:
            raise SeenStoreError(reason_of(error)) from None

    @override
    def __repr__(self) -> str:
        return f"SqlSeenIds({shown(self._engine.url)!r}, namespace={self._namespace!r})"
