"""Claims in the journal's database: which exporter has which subject in hand, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
import sqlalchemy as sa

from bridge.export.journal import sql_tables as tables
from bridge.export.journal.holders import has_ended, name_of
from bridge.export.journal.protocol import Held
from bridge.export.journal.rows import moment_of, portions, text_of

_ROW = tables.claims.c
_NAMED = (
    _ROW.namespace == sa.bindparam("the_namespace"),
    _ROW.subject.in_(sa.bindparam("the_subjects", expanding=True)),
)
_IS_MINE = _ROW.holder == sa.bindparam("the_holder")
# The same in both databases; SQLAlchemy has a class for each, and would load both of them.
_TAKE = sa.text("""
INSERT INTO journal_claims (namespace, subject, holder, until) VALUES (:the_namespace, :the_subject, :holder, :until)
ON CONFLICT (namespace, subject) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE journal_claims.holder = excluded.holder OR journal_claims.until < :now
""").execution_options(preserve_rowcount=True)
_FIND = sa.select(tables.claims).where(*_NAMED)
_HOLDERS = sa.select(_ROW.holder).where(*_NAMED).distinct()
_TAKE_FREE = sa.update(tables.claims).where(
    *_NAMED,
    sa.or_(_IS_MINE, _ROW.until < sa.bindparam("now"), _ROW.holder.in_(sa.bindparam("the_ended", expanding=True))),
)
_INSERT = sa.insert(tables.claims)
_RELEASE = sa.delete(tables.claims).where(*_NAMED, _IS_MINE)


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

    def take(self, connection: sa.Connection, subject: str) -> bool:
        """Take a subject that nobody has, or whose claim is the holder's own or has ended. Whether it is the holder's now."""
        named = {"the_namespace": self.namespace, "the_subject": subject}
        taken = connection.execute(_TAKE, {**named, **self._values, "now": text_of(self.now)})
        return bool(taken.rowcount) or self._take_free(connection, [subject])

    def exchange(self, connection: sa.Connection, subject: str, *, released: Iterable[str]) -> bool:
        """Give back what the holder has of these, and take another one. Whether it is the holder's now."""
        is_mine = False
        # Sorted, so that two exporters wait for each other's rows in one order.
        for each in sorted({subject, *released}):
            if each == subject:
                is_mine = self.take(connection, subject)
            else:
                self.release(connection, (each,))
        return is_mine

    def take_all(self, connection: sa.Connection, subjects: Sequence[str]) -> set[str]:
        """Claim what is free of these; those that the holder has then."""
        claimed = set[str]()
        # Sorted, so that two exporters wait for each other's rows in one order.
        for some in portions(sorted(subjects)):
            self._take_free(connection, some)
            held = connection.execute(_FIND, self._named(some)).all()
            if new := sorted(set(some).difference(row.subject for row in held)):
                rows = [{"subject": each, "namespace": self.namespace, **self._values} for each in new]
                connection.execute(_INSERT, rows)
            claimed.update(new, (row.subject for row in held if row.holder == self.holder))
        return claimed

    def release(self, connection: sa.Connection, subjects: Iterable[str]) -> None:
        """Give back what the holder has of these."""
        for some in portions(subjects):
            connection.execute(_RELEASE, {**self._named(some), "the_holder": self.holder})

    def _take_free(self, connection: sa.Connection, subjects: Sequence[str]) -> bool:
        """Take those whose claim is the holder's own or has ended. Whether there are any."""
        named = self._named(subjects)
        ended = [each for each in connection.execute(_HOLDERS, named).scalars() if has_ended(str(each))]
        free = {**named, "the_holder": self.holder, "now": text_of(self.now), "the_ended": ended}
        return bool(connection.execute(_TAKE_FREE, {**free, **self._values}).rowcount)

    def _named(self, subjects: Sequence[str]) -> dict[str, Any]:
        return {"the_namespace": self.namespace, "the_subjects": list(subjects)}


def held(connection: sa.Connection, subject: str, *, namespace: str) -> Held | None:
    """Who has a subject in hand, None where nobody has."""
    found = connection.execute(_FIND, {"the_namespace": namespace, "the_subjects": [subject]}).one_or_none()
    until = None if found is None else moment_of(found.until, "until")
    return None if found is None or until is None else Held(who=name_of(str(found.holder)), until=until)
