"""What the terminal, the encoding and missing extras do never reaches the user as somebody else's raw error."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfoNotFoundError

import attrs
import pytest
from rich.console import Console
from typer.testing import CliRunner

import bridge.export.time_zones
from bridge import SettingsError, read_settings
from bridge.export import Progress, zone_of
from bridge.export.commands.every import app
from bridge.export.engine.attempts import Attempt, AttemptState, receipt_subject
from bridge.export.reporting import audit_log, tables
from bridge.export.reporting.report import CreatedVendor, ExportOutcome, StopCode, Unreported
from support.companies.exported import SETTINGS_TEXT, Company, expense

CONTROLS = "\x1b]0;owned\x07\x1b[2J"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437"])
def test_output_in_any_encoding_is_written(encoding: str) -> None:
    program = (
        "import sys; from bridge.export.cli import write_anything; write_anything();"
        "print('東京カフェ ┏━'); print('東京', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONIOENCODING": encoding, "PYTHONPATH": ":".join(sys.path), "PYTHONUTF8": "0"},
        capture_output=True,
        check=True,
    )
    assert b"\\u6771\\u4eac" in done.stdout
    assert b"\\u6771\\u4eac" in done.stderr


# Closes standard streams before the command begins.
_CLOSING = (
    "import os, sys\n"
    "for each in sys.argv[1]: os.close(int(each))\n"
    "os.execv(sys.executable, [sys.executable, '-c', 'from bridge.export.cli import main; main()', *sys.argv[2:]])"
)


def exported(
    company: Company,
    folder: Path,
    *,
    closed: str = "",
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
) -> tuple[int, str]:
    """The status of an export in a process of its own, and what it says at standard error."""
    settings = folder / "settings.toml"
    settings.write_text(SETTINGS_TEXT, encoding="utf-8")
    with company.brex.serve() as brex_url, company.rillet.serve() as rillet_url:
        accounts = {"BREX_TOKEN": company.brex.token, "RILLET_API_KEY": company.rillet.api_key}
        places = {"BREX_BASE_URL": brex_url, "RILLET_BASE_URL": rillet_url, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", _CLOSING, closed, "export", "--settings", str(settings)],
            env={**os.environ, **accounts, **places},
            stdout=stdout,
            stderr=stderr,
            check=False,
        )
    return done.returncode, (done.stderr or b"").decode()


@pytest.mark.parametrize("closed", ["2", "012"])
def test_a_process_without_standard_streams_exports(company: Company, tmp_path: Path, closed: str) -> None:
    company.brex.add(expense(1))
    status, _ = exported(company, tmp_path, closed=closed)
    assert (status, company.exported()) == (0, ["accr_001"])


def test_the_status_is_that_of_the_records_where_nobody_reads(company: Company, tmp_path: Path) -> None:
    company.brex.add(expense(1))
    nobody, pipe = os.pipe()
    os.close(nobody)
    try:
        status, said = exported(company, tmp_path, stdout=pipe)
    finally:
        os.close(pipe)
    assert (status, said, company.exported()) == (0, "", ["accr_001"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_an_outcome_that_cannot_be_written_is_told_in_short(company: Company, tmp_path: Path) -> None:
    company.brex.add(expense(1))
    with Path("/dev/full").open("wb") as full:
        status, said = exported(company, tmp_path, stdout=full)
    assert (status, company.exported()) == (2, ["accr_001"])
    assert said.startswith(
        "The run is over (posted 1, held 0, refused 0, failed 0), but its outcome cannot be written: "
    )
    assert len(said.splitlines()) == 1


def shown(outcome: ExportOutcome) -> str:
    out = io.StringIO()
    Console(file=out, force_terminal=True, width=200, color_system=None).print(tables.export_table(outcome))
    return out.getvalue()


def test_no_text_of_others_moves_the_cursor() -> None:
    outcome = ExportOutcome(
        stopped=f"Rillet said {CONTROLS}",
        stop_code=StopCode.LEDGER_DOWN,
        unreported=(Unreported(record_id=f"accr{CONTROLS}", why=CONTROLS),),
    )
    assert "\x07" not in shown(outcome)
    assert "\x1b]" not in shown(outcome)
    out = io.StringIO()
    tables.errors(Console(file=out, force_terminal=True, color_system=None), [f"Rillet answered 500: {CONTROLS}"])
    assert "\x07" not in out.getvalue()


def test_no_text_of_others_looks_like_a_line_of_ours() -> None:
    name = "Cumulus\r\nRefused: 0\u2028\u202eevil"
    outcome = ExportOutcome(
        created_vendors=(CreatedVendor(id="v-1", name=name),),
        unreported=(Unreported(record_id="accr_1", why=name),),
        stopped=name,
        stop_code=StopCode.LEDGER_DOWN,
    )
    text = shown(outcome)
    assert text.count("Cumulus Refused: 0") == 3
    assert not {"\u2028", "\u202e"} & set(text)


def test_a_line_of_the_log_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "bridge.export"):
        audit_log.log("posted", record_id="accr_1\r\nposted record_id=accr_2", object_id="\x1b[2J")
        audit_log.log("posted", record_id="accr_1", object_id="c-1")
    forged, plain = (each.getMessage() for each in caplog.records)
    assert "\n" not in forged
    assert "\x1b" not in forged
    assert plain == "posted record_id=accr_1 object_id=c-1"


def test_markup_in_an_id_breaks_no_progress_bar() -> None:
    from rich.progress import Progress as Bar

    from bridge.export.reporting.progress_bar import OnBar, columns

    out = io.StringIO()
    with Bar(*columns(), console=Console(file=out, force_terminal=True)) as bar:
        OnBar(bar)(Progress(done=1, of=2, record_id="accr_[/x]\x1b[2J", rest=timedelta(seconds=1)))
    assert "[/x]" in out.getvalue()


def test_an_interval_needs_a_watch(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text("", encoding="utf-8")
    done = CliRunner().invoke(app, ["export", "--settings", str(settings), "--interval", "1h"])
    assert done.exit_code == 2
    assert "--interval needs --watch" in done.output


def test_each_unknown_key_has_its_line_and_what_may_be_meant() -> None:
    text = 'gl_fild = "A"\nreference_typ = "b"\nentities = []\n\n\nzzz = 1\n'
    with pytest.raises(SettingsError) as caught:
        read_settings(text, source="s.toml")
    problems = {each.partition(";")[0]: each for each in caught.value.problems}
    assert set(problems) == {
        "s.toml line 1: unknown key gl_fild",
        "s.toml line 2: unknown key reference_typ",
        "s.toml line 3: entities: at least one entity is needed",
        "s.toml line 6: unknown key zzz",
    }
    assert problems["s.toml line 1: unknown key gl_fild"].endswith("; did you mean gl_field?")
    assert problems["s.toml line 2: unknown key reference_typ"].endswith("; did you mean reference_type?")
    assert "did you mean" not in problems["s.toml line 6: unknown key zzz"]


def test_time_zones_are_known_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_there(name: str) -> object:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(bridge.export.time_zones, "ZoneInfo", none_there)

    zone = zone_of("America/New_York")

    assert zone is not None
    assert datetime(2026, 7, 1, tzinfo=zone).utcoffset() == timedelta(hours=-4)
    for name in ("Europe/Berln", "/etc/passwd", "EST5EDT4", "", "../x"):
        assert zone_of(name) is None


def test_everything_can_be_imported_without_sqlalchemy() -> None:
    program = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'sqlalchemy': raise ModuleNotFoundError(name=name)\n"
        "del sys.modules['sqlalchemy']; sys.meta_path.insert(0, Missing())\n"
        "from bridge.export import *\n"
        "from bridge.export import JournalError, SqlJournal\n"
        "try: SqlJournal('export.db')\n"
        "except JournalError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert 'pip install "brex-rillet[export]"' in done.stdout


def test_the_history_breaks_no_id_on_a_narrow_terminal() -> None:
    object_id = "f30286ce-6443-47e9-a1fa-decdfdba3cda"
    posted = Attempt(
        subject="accr_000000000000000000000000000000000000000000001", version=2, number=1, kind="charges", path="/charges",
        payload=b"{}", key="k", intended_at=datetime(2026, 3, 1, 12, tzinfo=UTC), intended_by="ada@a-long-host-name 4711",
        state=AttemptState.POSTED, object_id=object_id, trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    )  # fmt: skip
    file = attrs.evolve(posted, subject=receipt_subject(object_id, "receipt_00007", 1), version=0)
    for width in (60, 80):
        out = io.StringIO()
        console = Console(file=out, force_terminal=True, width=width, color_system=None)
        console.print(tables.history_table(posted.subject, [posted, file]))
        assert "receipt receipt_00007, file 2, attempt 1: POSTED" in out.getvalue()
        for text in (object_id, posted.subject, "4bf92f3577b34da6a3ce929d0e0e4736", "2026-03-01 12:00:00 UTC"):
            assert text in out.getvalue()


def test_without_the_extra_an_export_works_without_a_journal() -> None:
    code = "import sys; sys.modules['sqlalchemy'] = None; from bridge.export import Export; import bridge.export.commands.every"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)

    assert done.stderr == ""
    assert done.returncode == 0
