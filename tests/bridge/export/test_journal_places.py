"""What is wrong with a journal's place or file is said as a `JournalError`, without secrets, whatever it is."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import attrs
import pytest

from bridge.export import Attempt, JournalError, SqlJournal
from bridge.export.journal.places import engine_at
from support.postgres import missing

VERSION_2 = (Path(__file__).parent / "data" / "journal_v2.sql").read_text(encoding="utf-8")
RECORD, SUMMARY, OBJECT = "accr_posted", "summary:0123456789abcdef0123", "c-1"


def attempt(journal: SqlJournal) -> Attempt:
    return next(each for each in journal.walk() if each.subject == RECORD)


def noted(journal: SqlJournal, made: Attempt) -> None:
    journal.note_later(made)
    journal.write_noted()


#: Every method that reads or writes, so that none of them is forgotten.
METHODS: dict[str, Callable[[SqlJournal], object]] = {
    "claim": lambda journal: journal.claim("accr_1"),
    "claim_all": lambda journal: journal.claim_all(["accr_1", "accr_open"]),
    "for_exporter": lambda journal: journal.for_exporter().claim("accr_1"),
    "exchange": lambda journal: journal.exchange("accr_1", released=["accr_2"]),
    "release": lambda journal: journal.release("accr_1"),
    "release_all": lambda journal: journal.release_all(["accr_1"]),
    "attempts": lambda journal: journal.attempts(RECORD),
    "attempts_of": lambda journal: journal.attempts_of([RECORD, "accr_member_1"]),
    "members": lambda journal: journal.members(SUMMARY),
    "memberships": lambda journal: journal.memberships(["accr_member_1", "accr_member_2"]),
    "by_object": lambda journal: journal.by_object(OBJECT),
    "by_source": lambda journal: journal.by_source("expense_1"),
    "first_intended_at": lambda journal: journal.first_intended_at(),
    "walk": lambda journal: list(journal.walk()),
    "intend": lambda journal: journal.intend(attrs.evolve(attempt(journal), subject="accr_new")),
    "note": lambda journal: journal.note(attempt(journal)),
    "note_later": lambda journal: noted(journal, attempt(journal)),
    "write_noted": lambda journal: noted(journal, attempt(journal)),
    "reported": lambda journal: journal.reported([RECORD, "accr_member_3"]),
    "refused": lambda journal: journal.refused(RECORD, 3, [("code", "text")]),
    "refused_all": lambda journal: journal.refused_all([(RECORD, 3, [("code", "text")])]),
    "refusals": lambda journal: journal.refusals(RECORD),
    "restate": lambda journal: journal.restate(RECORD, "digest"),
    "open_vendors": lambda journal: journal.open_vendors(),
    "unfinished": lambda journal: journal.unfinished(),
    "mark": lambda journal: journal.mark("changes"),
    "set_mark": lambda journal: journal.set_mark("changes", "x"),
    "held": lambda journal: journal.held(RECORD),
    "owners": lambda journal: journal.owners(),
    "bind": lambda journal: journal.bind({"ledger": "organization o"}),
    "latest": lambda journal: journal.latest(),
    "latest_of": lambda journal: journal.latest_of([RECORD, "accr_member_1"]),
    "latest_of_others": lambda journal: journal.latest_of_others(),
    "counts": lambda journal: journal.counts(),
    "newest": lambda journal: journal.newest(status=None, limit=50),
    "were_held": lambda journal: journal.were_held(),
    "searched": lambda journal: journal.searched(["accr"]),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A journal with something of everything."""
    made = tmp_path / "journal.db"
    with closing(sqlite3.connect(made)) as old:
        old.executescript(VERSION_2)
    with SqlJournal(str(made)) as journal:
        journal.refused(RECORD, 2, [("code", "text")])
        journal.set_mark("changes", "x")
    return made


def change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as other, other:
        other.execute(statement)


def test_every_method_is_tried_here() -> None:
    public = {name for name, each in vars(SqlJournal).items() if callable(each) and not name.startswith("_")}
    assert public - {"close"} == METHODS.keys()


@pytest.mark.parametrize("content", [b"Dear journal,\n" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_bytes(content)
    notes.chmod(0o644)

    with pytest.raises(JournalError, match=r"notes\.txt"):
        SqlJournal(str(notes))

    assert notes.read_bytes() == content
    assert notes.stat().st_mode & 0o777 == 0o644


def test_a_folder_is_no_journal_and_stays_open(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(JournalError):
        SqlJournal(str(tmp_path))
    assert tmp_path.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    "place",
    [
        "a\0b",
        "a\udcff.db",
        "sqlite:///a\0b",
        "://",
        "postgresql://u:SECRET@host:port/db",
        "postgresql://u:SECRET@[::1/db",
        "postgresql://u:pa@SECRET@127.0.0.1:1/db",
        "postgresql://u@127.0.0.1:1/db?password=SECRET",
        "postgresql://u@127.0.0.1:1/db?sslpassword=SECRET&password=SECRET",
        "postgresql://u@127.0.0.1:99999999/db?password=SECRET",
        "postgresql://u:SECRET@127.0.0.1:1/db?nonsense=1",
        "postgresql://u:SECRET@127.0.0.1:1/d\0b",
        "postgresql+asyncpg://u:SECRET@127.0.0.1:1/db",
        "mysql://u:SECRET@host/db",
        "sqlite:///journal.db?timeout=soon",
        "sqlite://host/journal.db",
    ],
)
def test_a_place_that_cannot_be_is_told_without_its_password(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(JournalError) as caught:
        SqlJournal(place)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "place", [":memory:", "sqlite://", "sqlite:///:memory:", "sqlite:///", "sqlite:///file:a?uri=true"]
)
def test_a_journal_in_memory_is_none(place: str) -> None:
    with pytest.raises(JournalError, match="path"):
        SqlJournal(place)


@pytest.mark.skipif(missing() is not None, reason="there is no PostgreSQL")
def test_a_password_among_the_options_is_used_and_not_shown(databases: str) -> None:
    with SqlJournal(f"{databases}&password=SECRET") as journal:
        assert "SECRET" not in repr(journal)
        assert "password=hidden" in repr(journal)


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_a_file_is_for_its_owner_alone_however_it_is_named(tmp_path: Path, form: str) -> None:
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    SqlJournal(form.format(new)).close()
    assert new.stat().st_mode & 0o777 == 0o600
    old.touch()
    old.chmod(0o664)
    SqlJournal(form.format(old)).close()
    assert old.stat().st_mode & 0o777 == 0o600


BAD = [
    ("UPDATE journal_attempts SET state = 'LOST'", "attempts"),
    ("UPDATE journal_attempts SET state = x'00ff'", "by_object"),
    ("UPDATE journal_attempts SET purpose = 'fun'", "walk"),
    ("UPDATE journal_attempts SET intended_at = 'yesterday'", "attempts_of"),
    ("UPDATE journal_attempts SET intended_at = 17", "first_intended_at"),
    ("UPDATE journal_attempts SET settled_at = x'ff'", "walk"),
    ("UPDATE journal_attempts SET version = 'two' || id", "attempts"),
    ("UPDATE journal_attempts SET payload = 'text'", "attempts"),
    ("UPDATE journal_attempts SET subject = cast(x'ff' AS TEXT) || id", "walk"),
    ("UPDATE journal_members SET version = 'two'", "members"),
    ("UPDATE journal_members SET form = x'00'", "memberships"),
    ("UPDATE journal_members SET reported_at = 'soon'", "attempts_of"),
    ("UPDATE journal_refusals SET reasons = '{'", "refusals"),
    ("UPDATE journal_refusals SET reasons = '[1]'", "refusals"),
    ("UPDATE journal_refusals SET at = 'soon'", "refusals"),
    ("UPDATE journal_marks SET value = x'00'", "mark"),
    *[("DROP TABLE journal_attempts", name) for name in ("walk", "note", "intend", "reported", "first_intended_at")],
    *[("DROP TABLE journal_claims", name) for name in ("claim", "claim_all", "release", "release_all")],
    *[("DROP TABLE journal_refusals", name) for name in ("refused", "refused_all", "refusals")],
    *[("DROP TABLE journal_marks", name) for name in ("mark", "set_mark")],
]


@pytest.mark.parametrize(("statement", "method"), BAD)
def test_a_bad_cell_or_a_missing_table_is_a_journal_error(file: Path, statement: str, method: str) -> None:
    with SqlJournal(str(file)) as journal:
        change(file, statement)
        with pytest.raises(JournalError, match=r"journal\.db"):
            METHODS[method](journal)


@pytest.mark.parametrize("version", ["'two'", "-1", "2.5"])
def test_a_version_that_is_none_is_a_journal_error(file: Path, version: str) -> None:
    change(file, f"UPDATE journal_version SET version = {version}")
    with pytest.raises(JournalError, match="damaged"):
        SqlJournal(str(file))


@pytest.mark.parametrize("name", ["claim", "attempts", "members", "by_object", "by_source", "refusals", "mark"])
def test_a_name_that_cannot_be_written_is_a_journal_error(file: Path, name: str) -> None:
    with SqlJournal(str(file)) as journal, pytest.raises(JournalError):
        getattr(journal, name)("\ud800")


def test_changed_bytes_lead_to_journal_errors_alone(file: Path, tmp_path: Path) -> None:
    chance, whole = random.Random(7), file.read_bytes()
    broken, failed = tmp_path / "broken.db", 0
    for _ in range(60):
        content = bytearray(whole)
        for _ in range(chance.choice([1, 20, 400])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        broken.write_bytes(content)
        try:
            with SqlJournal(str(broken)) as journal:
                for each in METHODS.values():
                    try:
                        each(journal)
                    except (JournalError, StopIteration):
                        failed += 1
        except JournalError:
            failed += 1
    assert failed


@pytest.mark.parametrize("place", ["", "/no/such/folder/journal.db", "nonsense://", "mysql+nosuch://host/db"])
def test_a_place_that_cannot_be_used_is_named(place: str) -> None:
    with pytest.raises(JournalError, match="journal"):
        SqlJournal(place)


def test_a_password_is_never_shown() -> None:
    with pytest.raises(JournalError) as caught:
        SqlJournal("postgresql://exporter:private@127.0.0.1:1/books")

    assert "private" not in str(caught.value)


def test_sqlite_waits_until_nothing_can_take_back_what_was_committed(tmp_path: Path) -> None:
    """Its rollback journal, were it there again after a power cut, would."""
    extra = 3
    engine = engine_at(str(tmp_path / "journal.db"))

    with engine.connect() as one, engine.connect() as two:
        assert [each.exec_driver_sql("PRAGMA synchronous").scalar() for each in (one, two)] == [extra, extra]

    engine.dispose()
