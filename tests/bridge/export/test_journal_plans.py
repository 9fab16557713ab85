"""No statement of the journal looks at every row: each finds its rows by an index, as the database's own plan says."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from bridge import Member
from bridge.export.engine.attempts import Attempt, AttemptState, Purpose, summary_subject
from bridge.export.journal.sql import SqlJournal
from support.clocks import ManualClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUMMARY = summary_subject("0123456789abcdef0123")
ATTEMPT = Attempt(
    subject="accr_1",
    version=2,
    number=1,
    kind="charges",
    path="/charges",
    payload=b"{}",
    key="k",
    intended_at=NOW,
    intended_by="me",
)
#: What is one row for each exporter or setting, and so never long.
SHORT = ("journal_version", "journal_marks")


@contextmanager
def statements() -> Generator[list[tuple[str, Any]]]:
    """What is asked of any database meanwhile, with its values."""
    asked = list[tuple[str, Any]]()

    def note(_c: object, _u: object, statement: str, parameters: Any, _x: object, is_many: bool) -> None:
        asked.append((statement, parameters[0] if is_many else parameters))

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)


def use(journal: SqlJournal) -> None:
    """Everything that an export and its commands ask of a journal."""
    journal.claim("accr_1")
    journal.claim_all(["accr_1", "accr_2"])
    journal.held("accr_1")
    journal.intend(ATTEMPT)
    journal.note(attrs.evolve(ATTEMPT, state=AttemptState.POSTED, object_id="c-1", settled_at=NOW, settled_by="me"))
    members = (Member(record_id="accr_3", version=1), Member(record_id="accr_4", version=1))
    journal.intend(attrs.evolve(ATTEMPT, subject=SUMMARY, version=0, members=members))
    journal.intend(attrs.evolve(ATTEMPT, subject=SUMMARY, version=0, number=2, members=members))
    journal.intend(attrs.evolve(ATTEMPT, subject="accr_5", method="PUT", purpose=Purpose.CORRECTION))
    journal.attempts_of(["accr_1", "accr_3"])
    journal.members(SUMMARY)
    journal.memberships(["accr_3", "accr_4"])
    journal.by_object("c-1")
    journal.by_source("expense_1")
    journal.latest_of(["accr_1", "accr_3"])
    journal.first_intended_at()
    journal.latest_of_others()
    journal.unfinished()
    journal.restate("accr_1", "digest")
    journal.reported(["accr_1", "accr_3", "accr_4"])
    journal.refused_all([("accr_6", 1, ()), ("accr_7", 1, ())])
    journal.refused("accr_6", 1, ())
    journal.refusals("accr_6")
    journal.set_mark("a", "1")
    journal.mark("a")
    list(journal.walk())
    journal.release_all(["accr_1", "accr_2"])


def is_long(statement: str, plan: list[str]) -> bool:
    """Whether a plan looks at all rows of a table that grows, or of a namespace, which is as much."""
    steps = [step for step in plan if "journal_" in step and not any(name in step for name in SHORT)]
    # The first rows in the order of an index are no more than those.
    is_first = "LIMIT" in statement and not any("TEMP B-TREE" in step for step in plan)
    # Nearly all attempts are in one state. What is unfinished alone is found by the others, which are few.
    by_states = "(namespace=? AND state=?)" if "UNION" not in statement else "SCAN"
    return any(
        step.startswith("SCAN") or step.endswith(by_states) or (step.endswith("(namespace=?)") and not is_first)
        for step in steps
    )


@pytest.fixture
def journal(tmp_path: Path, clock: ManualClock) -> Iterator[SqlJournal]:
    with SqlJournal(str(tmp_path / "journal.db"), now=clock, who="me") as opened:
        yield opened


def test_every_statement_finds_its_rows_by_an_index(journal: SqlJournal) -> None:
    with statements() as asked:
        use(journal)

    engine = journal._database._engine
    plans = dict[str, list[str]]()
    with engine.connect() as connection:
        for statement, parameters in asked:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                plans[statement] = [str(row[-1]) for row in rows]

    assert len(plans) > 20
    assert {statement: plan for statement, plan in plans.items() if is_long(statement, plan)} == {}


OLD_INDEXES = """
DROP INDEX journal_attempts_in_order; DROP INDEX journal_attempts_by_object; DROP INDEX journal_attempts_by_source;
DROP INDEX journal_attempts_by_state; DROP INDEX journal_attempts_by_time; DROP INDEX journal_members_by_summary;
CREATE INDEX journal_attempts_object ON journal_attempts (object_id);
CREATE INDEX journal_attempts_source ON journal_attempts (source);
CREATE INDEX journal_attempts_state ON journal_attempts (state);
CREATE INDEX journal_attempts_time ON journal_attempts (intended_at);
CREATE INDEX journal_members_summary ON journal_members (summary);
UPDATE journal_version SET version = 4;
"""


def indexes(place: Path) -> list[object]:
    with closing(sqlite3.connect(place)) as connection:
        return connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name").fetchall()


def test_a_journal_of_an_earlier_release_gets_the_indexes(tmp_path: Path) -> None:
    place = tmp_path / "journal.db"
    with SqlJournal(str(place)) as journal:
        journal.intend(ATTEMPT)
    new = indexes(place)
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript(OLD_INDEXES)
    assert indexes(place) != new

    with SqlJournal(str(place)) as journal:
        assert journal.attempts(ATTEMPT.subject) == (ATTEMPT,)

    assert indexes(place) == new
