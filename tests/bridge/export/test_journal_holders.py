"""A claim whose holder is seen to be gone is free at once; any other one is kept until its lease ends."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.export import SqlJournal
from bridge.export.journal import holders

SUBJECTS = ["accr_1", "accr_2", "accr_3"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which process a number means")

CLAIMING = """
import sys
from bridge.export import SqlJournal
journal = SqlJournal(sys.argv[1], who="me")
journal.claim_all(["accr_1", "accr_2"])
print("claimed", flush=True)
sys.stdin.read()
"""


def claiming(place: str) -> subprocess.Popen[str]:
    """A process that has claimed records."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", CLAIMING, place]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "claimed\n"
    return process


def test_what_a_killed_exporter_had_in_hand_is_free_at_once(place: str) -> None:
    with claiming(place) as process, SqlJournal(place) as journal:
        try:
            assert not journal.claim("accr_1")
            assert journal.claim_all(SUBJECTS) == {"accr_3"}
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert journal.claim("accr_1")
        assert journal.claim_all(SUBJECTS) == set(SUBJECTS)


def test_a_living_process_keeps_its_claims_and_a_child_has_none_of_them(tmp_path: Path) -> None:
    place = str(tmp_path / "journal.db")
    with SqlJournal(place, who="me") as one, SqlJournal(place, who="me", lease=timedelta(hours=1)) as other:
        assert one.claim("accr_1")
        assert not other.claim("accr_1")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "getpid", os.getppid)
            assert not one.claim("accr_1")


def gone() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_only_a_process_of_this_very_place_counts() -> None:
    here, number = holders.holder("me", "token").rpartition("/")[0].rpartition(" ")[2], gone()
    assert holders.has_ended(f"me token {here}/{number}")
    boot, space = here.split("/")
    for place in (f"other/{space}", f"{boot}/pid:[1]", boot, "", f"{here}/1"):
        assert not holders.has_ended(f"me token {place}/{number}")
    # The second is init, which is there and another user's for most; the others are no numbers of processes.
    for text in (os.getpid(), 1, "", "-1", "x", "9" * 30, "²"):
        assert not holders.has_ended(f"me token {here}/{text}")
    assert not holders.has_ended(f"me@host {number} 0123456789abcdef")


def test_where_nothing_tells_the_place_a_claim_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = f"{holders.holder('me', 'token').rpartition('/')[0]}/{gone()}"
    place = str(tmp_path / "journal.db")
    with SqlJournal(place) as journal:
        with closing(sqlite3.connect(place)) as other, other:
            other.execute("INSERT INTO journal_claims (subject, holder, until) VALUES ('accr_1', ?, '9999')", (ended,))
        with monkeypatch.context() as patch:
            patch.setattr(holders, "_here", lambda: None)
            assert holders.holder("me", "token") == "me token"
            assert not journal.claim("accr_1")
        assert journal.claim("accr_1")
