"""Attempts and the members of summaries in the journal's database.

The statements are built once: building one for each record took longer than carrying it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs
import sqlalchemy as sa

from bridge.export.engine.attempts import Attempt, AttemptState, Purpose, is_record, is_vendor
from bridge.export.journal import sql_tables as tables
from bridge.export.journal.rows import (
    COLUMNS,
    OUTCOME,
    attempt_of,
    attempt_row,
    member_of,
    member_rows,
    moment_of,
    portions,
)
from bridge.mappers.summaries import Member

_ATTEMPTS, _MEMBERS = tables.attempts.c, tables.members.c
# The name of a column alone would be that of a value to set.
_NAMESPACE: sa.BindParameter[str] = sa.bindparam("the_namespace")
_SUBJECT: sa.BindParameter[str] = sa.bindparam("the_subject")
_SUBJECTS: sa.BindParameter[str] = sa.bindparam("the_subjects", expanding=True)
_SUMMARY: sa.BindParameter[str] = sa.bindparam("the_summary")
_MY_ATTEMPTS, _MY_MEMBERS = _ATTEMPTS.namespace == _NAMESPACE, _MEMBERS.namespace == _NAMESPACE
# The state as an expression: by the index of the column SQLite would look at all that was ever posted.
_IS_THERE = (_ATTEMPTS.state + "").in_([AttemptState.POSTED.value, AttemptState.ADOPTED.value])

_SELECT = sa.select(tables.attempts).where(_MY_ATTEMPTS)
_OF_SUBJECTS = _SELECT.where(_ATTEMPTS.subject.in_(_SUBJECTS))
_BY_OBJECT = _SELECT.where(_ATTEMPTS.object_id == sa.bindparam("the_object")).order_by(_ATTEMPTS.id)
_BY_SOURCE = _SELECT.where(_ATTEMPTS.source == sa.bindparam("the_source")).order_by(_ATTEMPTS.id)
_AFTER = _SELECT.where(_ATTEMPTS.id > sa.bindparam("the_id")).order_by(_ATTEMPTS.id).limit(sa.bindparam("at_most"))
_FIRST_TIME = sa.select(_ATTEMPTS.intended_at).where(_MY_ATTEMPTS).order_by(_ATTEMPTS.id).limit(1)
_LATEST_OF_OTHERS = (
    sa.select(_ATTEMPTS.intended_at, _ATTEMPTS.intended_by)
    .where(_MY_ATTEMPTS, _ATTEMPTS.intended_by != sa.bindparam("the_exporter"))
    .order_by(_ATTEMPTS.intended_at.desc())
    .limit(1)
)

_MEMBERS_OF = sa.select(tables.members).where(_MY_MEMBERS, _MEMBERS.summary == _SUMMARY).order_by(_MEMBERS.subject)
_AMONG = _MY_MEMBERS, _MEMBERS.subject.in_(_SUBJECTS)
# In no order: for that of the summaries SQLite would look at all members by their index.
_MEMBERSHIPS = sa.select(tables.members).where(*_AMONG)

_INSERT = sa.insert(tables.attempts)
_INSERT_MEMBERS = sa.insert(tables.members)
_RENEW_MEMBER = sa.update(tables.members).where(_MY_MEMBERS, _MEMBERS.subject == _SUBJECT, _MEMBERS.summary == _SUMMARY)
_SETTLE = sa.update(tables.attempts).where(
    _MY_ATTEMPTS,
    _ATTEMPTS.subject == _SUBJECT,
    _ATTEMPTS.version == sa.bindparam("the_version"),
    _ATTEMPTS.number == sa.bindparam("the_number"),
)
_SETTLE_OPEN = _SETTLE.where(_ATTEMPTS.state == AttemptState.OPEN.value)
_RESTATE = (
    sa.update(tables.attempts).where(_MY_ATTEMPTS, _ATTEMPTS.subject == _SUBJECT, _IS_THERE),
    sa.update(tables.members).where(_MY_MEMBERS, _MEMBERS.subject == _SUBJECT),
)

_UNTOLD, _UNTOLD_MEMBER = _ATTEMPTS.reported_at.is_(None), _MEMBERS.reported_at.is_(None)
_OF_SUMMARY = sa.and_(_MY_MEMBERS, _MY_ATTEMPTS, _MEMBERS.summary == _ATTEMPTS.subject)
# A record that a person has booked is told as done too.
_IS_DONE = sa.or_(_IS_THERE, _ATTEMPTS.state == AttemptState.DISMISSED.value)
_REPORT = sa.update(tables.attempts).where(_MY_ATTEMPTS, _ATTEMPTS.subject.in_(_SUBJECTS), _IS_DONE, _UNTOLD)
_SUMMARIES = sa.select(_MEMBERS.summary).where(*_AMONG)
_REPORT_MEMBERS = sa.update(tables.members).where(*_AMONG, _UNTOLD_MEMBER, sa.exists().where(_OF_SUMMARY, _IS_THERE))
# A summary is reported with the last of its members.
_REPORT_SUMMARIES = sa.update(tables.attempts).where(
    _MY_ATTEMPTS,
    _ATTEMPTS.subject.in_(_SUMMARIES),
    _IS_THERE,
    _UNTOLD,
    sa.not_(sa.exists().where(_OF_SUMMARY, _UNTOLD_MEMBER)),
)


def _unfinished() -> sa.CompoundSelect[Any]:
    made, later = tables.attempts, tables.attempts.alias()
    # A difference, so that the later ones are looked for by their subject and not by their ids.
    is_later = later.c.namespace == made.c.namespace, later.c.subject == made.c.subject, later.c.id - made.c.id > 0
    is_last = sa.not_(sa.exists().where(*is_later))
    changes = sa.or_(made.c.method.in_(["PUT", "DELETE"]), made.c.purpose == Purpose.CORRECTION.value)
    found = (
        (made.c.state == AttemptState.OPEN.value,),
        (made.c.state == AttemptState.POSTED.value, made.c.method == "DELETE", is_last),
        (made.c.state == AttemptState.REJECTED.value, changes, is_last),
    )
    # One query each: a single one with all three would look at every attempt.
    return sa.union(*(sa.select(made.c.subject).where(_MY_ATTEMPTS, *each) for each in found))


_UNFINISHED = _unfinished()
_OPEN = sa.select(_ATTEMPTS.subject).where(_MY_ATTEMPTS, _ATTEMPTS.state == AttemptState.OPEN.value).distinct()


@attrs.frozen
class Attempts:
    """The attempts of a namespace, and the members of its summaries, over a connection."""

    connection: sa.Connection
    namespace: str

    def of(self, subjects: Iterable[str]) -> Mapping[str, tuple[Attempt, ...]]:
        """The attempts for each of these subjects, oldest first; those without an attempt are left out."""
        found = dict[str, list[tuple[int, Attempt]]]()
        for some in portions(subjects):
            memberships = self._rows(_MEMBERSHIPS, the_subjects=some)
            named = list(dict.fromkeys([*some, *(each["summary"] for each in memberships)]))
            by_subject = dict[str, list[tuple[int, Attempt]]]()
            for row in self._rows(_OF_SUBJECTS, the_subjects=named):
                by_subject.setdefault(row["subject"], []).append((row["id"], attempt_of(row)))
            for subject in some:
                found.setdefault(subject, []).extend(by_subject.get(subject, ()))
            for each in memberships:
                told = moment_of(each["reported_at"], "reported_at")
                for number, attempt in by_subject.get(each["summary"], ()):
                    found.setdefault(each["subject"], []).append((number, attrs.evolve(attempt, reported_at=told)))
        return {
            subject: tuple(attempt for _, attempt in sorted(each, key=lambda numbered: numbered[0]))
            for subject, each in found.items()
            if each
        }

    def by_object(self, object_id: str) -> tuple[Attempt, ...]:
        """Those that led to a Rillet object, oldest first."""
        return tuple(attempt_of(row) for row in self._rows(_BY_OBJECT, the_object=object_id))

    def by_source(self, source: str) -> tuple[Attempt, ...]:
        """Those for all records of one thing, oldest first."""
        return tuple(attempt_of(row) for row in self._rows(_BY_SOURCE, the_source=source))

    def after(self, id: int, *, at_most: int) -> Sequence[tuple[int, Attempt]]:
        """The next ones after an id, with theirs."""
        return [(row["id"], attempt_of(row)) for row in self._rows(_AFTER, the_id=id, at_most=at_most)]

    def members(self, summary: str) -> tuple[Member, ...]:
        """The records of a summary."""
        return tuple(member_of(row) for row in self._rows(_MEMBERS_OF, the_summary=summary))

    def memberships(self, subjects: Iterable[str]) -> Mapping[str, tuple[tuple[str, Member], ...]]:
        """For each of these records that is in a summary: the subject of the summary, and the record as its member."""
        found = dict[str, list[tuple[str, Member]]]()
        for some in portions(subjects):
            rows = self._rows(_MEMBERSHIPS, the_subjects=some)
            for row in sorted(rows, key=lambda each: str(each["summary"])):
                found.setdefault(row["subject"], []).append((row["summary"], member_of(row)))
        return {subject: tuple(each) for subject, each in found.items()}

    def unfinished(self) -> tuple[str, ...]:
        """The records with an attempt without an outcome, or whose last change was a deletion or was rejected."""
        found = self.connection.execute(_UNFINISHED, {"the_namespace": self.namespace}).scalars()
        return tuple(subject for subject in found if is_record(subject))

    def open_vendors(self) -> tuple[str, ...]:
        """The vendors, by their subjects, with an attempt without an outcome."""
        found = self.connection.execute(_OPEN, {"the_namespace": self.namespace}).scalars()
        return tuple(subject for subject in found if is_vendor(subject))

    def first_intended_at(self) -> datetime | None:
        """When the oldest one was written down, None where there is none."""
        found = self.connection.execute(_FIRST_TIME, {"the_namespace": self.namespace}).scalar()
        return moment_of(found, "intended_at")

    def latest_of_others(self, exporter: str) -> tuple[datetime, str] | None:
        """The latest time at which another exporter wrote one down, and who that was."""
        for row in self._rows(_LATEST_OF_OTHERS, the_exporter=exporter):
            at = moment_of(row["intended_at"], "intended_at")
            return None if at is None else (at, str(row["intended_by"]))
        return None

    def insert(self, attempt: Attempt) -> None:
        """Add an attempt with its members."""
        self.connection.execute(_INSERT, {**attempt_row(attempt, COLUMNS), "namespace": self.namespace})
        if not attempt.members:
            return
        rows = member_rows(attempt)
        if attempt.number == 1:
            self.connection.execute(_INSERT_MEMBERS, [{**row, "namespace": self.namespace} for row in rows])
            return
        # Another attempt for the same members sends what they are today.
        values = [
            {
                "the_namespace": self.namespace,
                "the_summary": attempt.subject,
                "the_subject": row["subject"],
                "content": row["content"],
                "form": row["form"],
            }
            for row in rows
        ]
        self.connection.execute(_RENEW_MEMBER, values)

    def settle(self, attempt: Attempt, *, is_late: bool = False) -> None:
        """Write down what became of an attempt."""
        # Another exporter may have seen it through after this one's lease ended, or while the outcome waited.
        is_unsure = is_late or attempt.state in {AttemptState.OPEN, AttemptState.REJECTED}
        named = {
            "the_namespace": self.namespace,
            "the_subject": attempt.subject,
            "the_version": attempt.version,
            "the_number": attempt.number,
        }
        self.connection.execute(_SETTLE_OPEN if is_unsure else _SETTLE, {**named, **attempt_row(attempt, OUTCOME)})

    def restate(self, subject: str, content: str) -> None:
        """Give what stands for a record another digest of its content."""
        for change in _RESTATE:
            self.connection.execute(
                change, {"the_namespace": self.namespace, "the_subject": subject, "content": content}
            )

    def report(self, subjects: Iterable[str], at: str) -> None:
        """Brex took the results of these records at a time."""
        for some in portions(subjects):
            told = {"the_namespace": self.namespace, "the_subjects": some, "reported_at": at}
            self.connection.execute(_REPORT, told)
            if self._rows(_SUMMARIES, the_subjects=some):
                self.connection.execute(_REPORT_MEMBERS, told)
                self.connection.execute(_REPORT_SUMMARIES, told)

    def _rows(self, query: sa.Executable, **values: object) -> Sequence[sa.RowMapping]:
        return self.connection.execute(query, {"the_namespace": self.namespace, **values}).mappings().all()
