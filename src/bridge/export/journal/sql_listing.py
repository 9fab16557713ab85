"""Where every record of a journal's database stands, counted and listed by the database, for pages that show some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from bridge.decisions import ReasonCode
from bridge.export.engine.attempts import NO_RECORDS, AttemptState
from bridge.export.journal import sql_tables as tables
from bridge.export.journal.protocol import Listed
from bridge.export.journal.rows import NO_REASONS
from bridge.export.journal.sql_latest import counting

_UNDONE = [AttemptState.REJECTED.value, AttemptState.ABANDONED.value]
# As `Form.as_json` writes it; within a value the quotes would be escaped.
_DAY = '"day": "'
_LETTERS_OF_A_CURRENCY = 3
_HELD = f'%["{ReasonCode.HELD.value}",%'


def counts(connection: sa.Connection, *, namespace: str) -> Mapping[str, int]:
    """How many records stand where."""
    rows = connection.execute(_statements(connection.dialect.name).counts, {"namespace": namespace})
    return {str(status): int(count) for status, count in rows}


def newest(connection: sa.Connection, *, namespace: str, status: str | None, limit: int) -> Sequence[Listed]:
    """The newest records by day and id, those of one status or all."""
    statements = _statements(connection.dialect.name)
    query, values = statements.newest, {"namespace": namespace, "limit": limit}
    if status is not None:
        query, values = statements.newest_of_status, {**values, "status": status}
    return [
        Listed(record_id=record_id, status=where, day=day)
        for record_id, where, day in connection.execute(query, values)
    ]


def were_held(connection: sa.Connection, *, namespace: str) -> Sequence[str]:
    """The records whose newest refusal says that they are held, also those that are posted since."""
    rows = connection.execute(_statements(connection.dialect.name).held, {"namespace": namespace})
    return [str(record_id) for (record_id,) in rows]


def searched(connection: sa.Connection, *, namespace: str, words: Sequence[str]) -> Sequence[str]:
    """The records that may have all of these words: those that have, and every one that is not posted."""
    listed = _statements(connection.dialect.name).listed
    columns = tables.attempts.c
    ids = listed.c.subject + " " + sa.func.coalesce(columns.object_id, "")
    found = [
        sa.func.lower(ids).contains(word.lower(), autoescape=True)
        # Only a currency is so short, and only a day has digits.
        | (sa.func.lower(columns.form).contains(word.lower(), autoescape=True) if _may_be_in_form(word) else sa.false())
        for word in words
    ]
    query = (
        sa.select(listed.c.subject)
        .join_from(listed, tables.attempts, columns.id == listed.c.attempt, isouter=True)
        .where((listed.c.status != "posted") | sa.and_(*found))
    )
    return [str(record_id) for (record_id,) in connection.execute(query, {"namespace": namespace})]


def _may_be_in_form(word: str) -> bool:
    return len(word) <= _LETTERS_OF_A_CURRENCY or any(map(str.isdecimal, word))


class _Statements:
    def __init__(self, dialect: str) -> None:
        self.listed = listed = _listed(dialect)
        status, day, subject = listed.c.status, listed.c.day, listed.c.subject
        # As Python sorts texts.
        order = sa.collate(subject, "C") if dialect == "postgresql" else subject
        self.counts = sa.select(status, sa.func.count()).group_by(status)
        self.newest = sa.select(subject, status, day).order_by(day.desc(), order.desc()).limit(sa.bindparam("limit"))
        self.newest_of_status = self.newest.where(status == sa.bindparam("status"))
        self.held = _were_held()


@cache
def _statements(dialect: str) -> _Statements:
    return _Statements(dialect)


def _listed(dialect: str) -> sa.CTE:
    """Every record with its status and the day of its document, empty where there is none."""
    attempts, refusals, members = tables.attempts.c, tables.refusals.c, tables.members.c
    namespace: sa.BindParameter[str] = sa.bindparam("namespace")
    nothing = sa.cast(sa.null(), sa.Integer)
    of_records = sa.select(attempts.subject, attempts.id.label("attempt"), nothing.label("refusal")).where(
        attempts.namespace == namespace, counting(), _is_record(attempts.subject)
    )
    of_summaries = (
        sa.select(members.subject, attempts.id, nothing)
        .join_from(tables.members, tables.attempts, attempts.subject == members.summary)
        .where(members.namespace == namespace, attempts.namespace == namespace, counting())
    )
    refused = sa.select(refusals.subject, nothing, refusals.id).where(
        refusals.namespace == namespace, _is_record(refusals.subject)
    )
    events = sa.union_all(of_records, of_summaries, refused).subquery()
    last = (
        sa.select(
            events.c.subject,
            sa.func.max(events.c.attempt).label("attempt"),
            sa.func.max(events.c.refusal).label("refusal"),
        )
        .group_by(events.c.subject)
        .subquery()
    )
    joined = sa.join(last, tables.attempts, attempts.id == last.c.attempt, isouter=True).join(
        tables.refusals, refusals.id == last.c.refusal, isouter=True
    )
    columns = last.c.subject, last.c.attempt, _status().label("status"), _day(dialect).label("day")
    return sa.select(*columns).select_from(joined).cte("listed")


def _were_held() -> sa.Select[Any]:
    columns = tables.refusals.c
    newest_ones = (
        sa.select(sa.func.max(columns.id))
        .where(columns.namespace == sa.bindparam("namespace"), _is_record(columns.subject))
        .group_by(columns.subject)
    )
    return sa.select(columns.subject).where(columns.id.in_(newest_ones), _says_held())


def _is_record(subject: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return sa.not_(sa.or_(*(subject.startswith(each, autoescape=True) for each in NO_RECORDS)))


def _says_held() -> sa.ColumnElement[bool]:
    return sa.func.coalesce(tables.refusals.c.reasons, "").like(_HELD)


def _status() -> sa.ColumnElement[Any]:
    """What happened last counts, as in the overview of the status page."""
    attempts, refusals = tables.attempts.c, tables.refusals.c
    settled = sa.func.coalesce(attempts.settled_at, attempts.intended_at)
    changed = sa.case((settled > attempts.intended_at, settled), else_=attempts.intended_at)
    is_open = attempts.state == AttemptState.OPEN.value
    is_last = refusals.id.is_not(None) & (attempts.id.is_(None) | (refusals.last_at >= changed))
    is_refused = is_last & (refusals.reasons != NO_REASONS)
    return sa.case(
        (is_refused & is_open, "unclear"),
        (is_refused & _says_held(), "held"),
        (is_refused, "refused"),
        (attempts.id.is_(None), "nothing"),
        (attempts.state == AttemptState.DISMISSED.value, "dismissed"),
        (is_open, "unclear"),
        (attempts.state.in_(_UNDONE), "waiting"),
        (attempts.method == "DELETE", "nothing"),
        else_="posted",
    )


def _day(dialect: str) -> sa.ColumnElement[str]:
    form = sa.func.coalesce(tables.attempts.c.form, "")
    find = sa.func.strpos if dialect == "postgresql" else sa.func.instr
    place: sa.ColumnElement[int] = find(form, _DAY)
    return sa.case((place > 0, sa.func.substr(form, place + len(_DAY), 10)), else_="")
