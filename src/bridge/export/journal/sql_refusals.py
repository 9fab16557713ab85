"""Why records were refused, in the journal's database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

from bridge.export.journal import sql_tables as tables
from bridge.export.journal.protocol import Reasons, Refusal
from bridge.export.journal.rows import NO_REASONS, portions, reasons_text, refusal_of


def write(
    connection: sa.Connection, refused: Iterable[tuple[str, int, Reasons]], *, now: str, by: str, namespace: str
) -> None:
    """Add a row where version or reasons differ from the newest of the subject; else say when it was last so.

    One without reasons is added where the newest has some.
    """
    said = {subject: (version, reasons_text(reasons)) for subject, version, reasons in refused}
    for some in portions(said):
        columns = tables.refusals.c
        named = columns.namespace == namespace, columns.subject.in_(some)
        newest = sa.select(sa.func.max(columns.id)).where(*named).group_by(columns.subject)
        rows = connection.execute(sa.select(tables.refusals).where(columns.id.in_(newest))).all()
        same = {row.subject: row.id for row in rows if (row.version, row.reasons) == said[row.subject]}
        were_refused = {row.subject for row in rows if row.reasons != NO_REASONS}
        still = sa.update(tables.refusals).where(columns.id.in_(list(same.values())))
        connection.execute(still.values(last_at=now))
        new = [
            {
                "namespace": namespace,
                "subject": each,
                "version": said[each][0],
                "at": now,
                "last_at": now,
                "by": by,
                "reasons": said[each][1],
            }
            for each in some
            if each not in same and (said[each][1] != NO_REASONS or each in were_refused)
        ]
        if new:
            connection.execute(sa.insert(tables.refusals), new)


def read(connection: sa.Connection, subject: str, *, namespace: str) -> tuple[Refusal, ...]:
    """The refusals of a subject, oldest first."""
    columns = tables.refusals.c
    named = columns.namespace == namespace, columns.subject == subject
    query = sa.select(tables.refusals).where(*named).order_by(columns.id)
    return tuple(refusal_of(row) for row in connection.execute(query).mappings().all())


def newest(connection: sa.Connection, *, namespace: str, among: Sequence[str] | None = None) -> Iterator[Refusal]:
    """The newest refusal of every subject, or of those that are `among` some."""
    columns = tables.refusals.c
    last = sa.select(sa.func.max(columns.id)).where(columns.namespace == namespace)
    last = (last if among is None else last.where(columns.subject.in_(among))).group_by(columns.subject)
    for row in connection.execute(sa.select(tables.refusals).where(columns.id.in_(last))).mappings():
        yield refusal_of(row)
