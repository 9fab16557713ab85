"""Claims in the journal's database: which exporter has which subject in hand, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import attrs
import sqlalchemy as sa

from bridge.export.journal import sql_tables as tables
from bridge.export.journal.holders import has_ended
from bridge.export.journal.rows import portions, text_of


@attrs.frozen
class Claim:
    """What a holder writes down at a time: itself, and until when, in its namespace."""

    holder: str
    now: datetime
    lease: timedelta
    namespace: str

    @property
    def _values(self) -> dict[str, str]:
        return {"holder": self.holder, "until": text_of(self.now + self.lease)}

    def take_over(self, connection: sa.Connection, subject: str) -> bool:
        """Take a subject whose claim is the holder's own, or has ended. False where there is no such claim."""
        named = self._named([subject])
        take = sa.update(tables.claims).where(named, self._free(connection, named))
        return bool(connection.execute(take.values(self._values)).rowcount)

    def insert(self, connection: sa.Connection, subjects: Iterable[str]) -> None:
        """Claim subjects that have no claim."""
        connection.execute(
            sa.insert(tables.claims),
            [{"subject": each, "namespace": self.namespace, **self._values} for each in subjects],
        )

    def take_all(self, connection: sa.Connection, subjects: Sequence[str]) -> set[str]:
        """Claim what is free of these; those that the holder has then."""
        claimed = set[str]()
        # Sorted, so that two exporters wait for each other's rows in one order.
        for some in portions(sorted(subjects)):
            named = self._named(some)
            take = sa.update(tables.claims).where(named, self._free(connection, named))
            connection.execute(take.values(self._values))
            holders = connection.execute(sa.select(tables.claims.c.subject, tables.claims.c.holder).where(named)).all()
            if new := sorted(set(some).difference(subject for subject, _ in holders)):
                self.insert(connection, new)
            claimed.update(new, (subject for subject, holder in holders if holder == self.holder))
        return claimed

    def release(self, connection: sa.Connection, subjects: Iterable[str]) -> None:
        """Give back what the holder has of these."""
        for some in portions(subjects):
            named = self._named(some)
            connection.execute(sa.delete(tables.claims).where(named, tables.claims.c.holder == self.holder))

    def _named(self, subjects: Sequence[str]) -> sa.ColumnElement[bool]:
        return sa.and_(tables.claims.c.namespace == self.namespace, tables.claims.c.subject.in_(subjects))

    def _free(self, connection: sa.Connection, named: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        columns = tables.claims.c
        holders = connection.execute(sa.select(columns.holder).where(named).distinct()).scalars()
        ended = [each for each in holders if has_ended(str(each))]
        return sa.or_(columns.holder == self.holder, columns.until < text_of(self.now), columns.holder.in_(ended))
