"""What the journal's database knows last of every record, for an overview."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from bridge.export.engine.attempts import Attempt, AttemptState, Purpose, is_record, is_summary
from bridge.export.journal import sql_refusals
from bridge.export.journal import sql_tables as tables
from bridge.export.journal.protocol import Latest
from bridge.export.journal.rows import COLUMNS, attempt_of

# The bytes of requests and answers are most of a journal, and no overview shows them.
_HEAVY = frozenset({"payload", "answer"})
_LIGHT: list[sa.Column[Any]] = [tables.attempts.c[name] for name in COLUMNS if name not in _HEAVY]


def read(connection: sa.Connection, *, namespace: str, among: Sequence[str] | None = None) -> Iterator[Latest]:
    """Every record with an attempt or a refusal, by its id; with `among` only these, of which there are at most a portion."""
    columns = tables.members.c
    members = sa.select(columns.subject, columns.summary).where(columns.namespace == namespace)
    if among is not None:
        members = members.where(columns.subject.in_(among))
    memberships = connection.execute(members).all()
    own, of_summaries = dict[str, tuple[int, Attempt]](), dict[str, tuple[int, Attempt]]()
    # The summaries by name: with a query for them in its condition SQLite would look at every attempt.
    named = None if among is None else list(dict.fromkeys([*among, *(each.summary for each in memberships)]))
    for number, attempt in _decisive(connection, namespace, named):
        if is_record(attempt.subject):
            own[attempt.subject] = number, attempt
        elif is_summary(attempt.subject):
            of_summaries[attempt.subject] = number, attempt
    for row in memberships:
        found = of_summaries.get(row.summary)
        if found is not None and (row.subject not in own or own[row.subject][0] < found[0]):
            own[row.subject] = found
    refusals = {each.subject: each for each in sql_refusals.newest(connection, namespace=namespace, among=among)}
    for record_id in sorted({*own, *(each for each in refusals if is_record(each))}):
        _, attempt_there = own.get(record_id, (0, None))
        yield Latest(record_id=record_id, attempt=attempt_there, refusal=refusals.get(record_id))


def counting() -> sa.ColumnElement[bool]:
    """Whether an attempt may be the one that counts: see `last_attempt`."""
    columns = tables.attempts.c
    leaves_before = sa.or_(columns.method.in_(["PUT", "DELETE"]), columns.purpose == Purpose.CORRECTION.value)
    was_undone = columns.state.in_([AttemptState.REJECTED.value, AttemptState.ABANDONED.value])
    return sa.not_(sa.and_(leaves_before, was_undone))


def _decisive(connection: sa.Connection, namespace: str, among: Sequence[str] | None) -> Iterator[tuple[int, Attempt]]:
    """What `last_attempt` gives, for every subject, or with `among` for these."""
    columns = tables.attempts.c
    last = sa.select(sa.func.max(columns.id)).where(columns.namespace == namespace, counting())
    if among is not None:
        last = last.where(columns.subject.in_(among))
    last = last.group_by(columns.subject)
    query: sa.Select[Any] = sa.select(columns.id, *_LIGHT).where(columns.id.in_(last)).order_by(columns.id)
    for row in connection.execute(query).mappings():
        yield row["id"], attempt_of({**row, "payload": b"", "answer": None})
