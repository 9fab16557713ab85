"""A claim whose holder is seen to be gone is free at once; any other one is kept until its lease ends."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.export import SqlJournal
from bridge.export.journal import holders

SUBJECTS = ["accr_1", "accr_2", "accr_3"]
END = "9999-01-01T00:00:00.000000Z"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which process a number means")

CLAIMING = """
import sys
from bridge.export import SqlJournal
journal = SqlJournal(sys.argv[1], who="me")
journal.claim_all(["accr_1", "accr_2"])
print("claimed", flush=True)
sys.stdin.read()
"""


# The first thread ends, and the other one has the claims.
THREADED = """
import ctypes, sys, threading
from bridge.export import SqlJournal
journal = SqlJournal(sys.argv[1], who="me")

def go_on():
    while b") Z " not in open("/proc/self/stat", "rb").read():
        pass
    journal.claim("accr_1")
    print("claimed", flush=True)
    sys.stdin.read()

threading.Thread(target=go_on).start()
ctypes.CDLL(None).pthread_exit(None)
"""


def claiming(place: str, code: str = CLAIMING) -> subprocess.Popen[str]:
    """A process that has claimed records."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, place]
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


def as_before(holder: str) -> str:
    """The same holder as earlier releases wrote it."""
    before, _, process = holder.rpartition(" ")
    return f"{before.partition('@')[0]} {process}"


def claim_for(place: str, holder: str) -> None:
    """Another one has a record, and its lease ends late."""
    with closing(sqlite3.connect(place)) as other, other:
        other.execute("INSERT INTO journal_claims (subject, holder, until) VALUES ('accr_1', ?, ?)", (holder, END))


def test_a_process_that_has_the_number_of_an_ended_one_is_another(tmp_path: Path) -> None:
    """As in a container that was begun again, where both are number 1."""
    place, mine = str(tmp_path / "journal.db"), holders.holder("me", "token")
    started = mine.partition("@")[2].partition(" ")[0]
    with SqlJournal(place) as journal:
        claim_for(place, mine.replace(f"@{started} ", f"@{int(started) - 1} "))
        assert journal.claim("accr_1")


@pytest.mark.parametrize("release", [str, as_before])
def test_a_claim_of_a_living_process_is_kept(release: Callable[[str], str], tmp_path: Path) -> None:
    place = str(tmp_path / "journal.db")
    with SqlJournal(place) as journal:
        claim_for(place, release(holders.holder("me", "token")))
        assert not journal.claim("accr_1")
        held = journal.held("accr_1")
        assert (held and held.who) == "me"


@pytest.mark.parametrize("release", [str, as_before])
def test_a_process_that_only_waits_for_its_parent_has_ended(release: Callable[[str], str], tmp_path: Path) -> None:
    place = str(tmp_path / "journal.db")
    with SqlJournal(place) as journal, claiming(place) as process:
        with closing(sqlite3.connect(place)) as other, other:
            ((holder,),) = other.execute("SELECT DISTINCT holder FROM journal_claims")
            other.execute("UPDATE journal_claims SET holder = ?", (release(holder),))
        try:
            assert not journal.claim("accr_1")
        finally:
            process.send_signal(signal.SIGKILL)
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert journal.claim("accr_1")


def test_a_process_whose_other_threads_go_on_has_not_ended(tmp_path: Path) -> None:
    place = str(tmp_path / "journal.db")
    with SqlJournal(place) as journal, claiming(place, THREADED) as process:
        try:
            assert b") Z " in Path(f"/proc/{process.pid}/stat").read_bytes()
            assert not journal.claim("accr_1")
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("what", "leads_to"), [("/proc/self", "1"), ("/proc/self/ns/time", "time:[1]")], ids=["of another space", "time"]
)
def test_what_may_be_counted_otherwise_tells_nothing(
    what: str, leads_to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, mine = str(tmp_path / "journal.db"), holders.holder("me", "token")
    real = Path.readlink

    def readlink(path: Path) -> Path:
        return Path(leads_to) if str(path) == what else real(path)

    with SqlJournal(place) as journal:
        claim_for(place, mine.replace("token@", "token@1"))
        with monkeypatch.context() as patch:
            patch.setattr(Path, "readlink", readlink)
            assert not journal.claim("accr_1")
        assert journal.claim("accr_1")


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
        claim_for(place, ended)
        with monkeypatch.context() as patch:
            patch.setattr(holders, "_here", lambda: None)
            assert holders.holder("me", "token") == "me token"
            assert not journal.claim("accr_1")
        assert journal.claim("accr_1")
