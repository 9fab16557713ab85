"""A journal that another process has in use: readers go on beside a writer, and whoever has to wait is told so."""

from __future__ import annotations

import queue
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.export import JournalError, SqlJournal
from bridge.export.commands.waiting import telling_of_a_wait
from bridge.export.journal import places
from support.commands import invoke


@pytest.fixture
def place(tmp_path: Path) -> str:
    made = str(tmp_path / "journal.db")
    with SqlJournal(made) as journal:
        journal.refused("accr_1", 1, [("code", "it is not coded")])
    return made


@pytest.fixture
def other(place: str) -> Iterator[sqlite3.Connection]:
    """Another program that has the file open."""
    with closing(sqlite3.connect(place, isolation_level=None, check_same_thread=False)) as opened:
        yield opened


def test_the_history_is_read_while_another_process_writes(place: str, other: sqlite3.Connection) -> None:
    other.execute("BEGIN IMMEDIATE")

    result = invoke("history", "accr_1", "--journal", place)

    assert (result.exit_code, result.stderr) == (0, "")
    assert "it is not coded" in result.stdout


@pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_who_waited_in_vain_is_told_what_to_do(
    place: str, other: sqlite3.Connection, lock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_SECONDS_FOR_A_LOCK", 0)
    other.execute(lock)

    with (
        pytest.raises(JournalError, match=r"journal\.db is in use by another process, .* close the program"),
        SqlJournal(place) as journal,
    ):
        journal.refused("accr_2", 1, [("code", "text")])


def test_a_wait_is_told_while_it_lasts(place: str, other: sqlite3.Connection) -> None:
    other.execute("BEGIN EXCLUSIVE")
    told = list[str]()

    def say(text: str) -> None:
        told.append(text)
        other.execute("ROLLBACK")

    with telling_of_a_wait(place, seconds=0, say=say), SqlJournal(place) as journal:
        assert len(journal.refusals("accr_1")) == 1

    assert told == [
        f"The journal {place} does not open yet: it is in use by another process, or it is being upgraded. Waiting."
    ]


def test_the_password_of_a_url_is_not_told() -> None:
    told = queue.Queue[str]()
    with telling_of_a_wait("postgresql://ada:secret@host/journal", seconds=0, say=told.put):
        assert told.get(timeout=30).startswith("The journal does not open yet")
