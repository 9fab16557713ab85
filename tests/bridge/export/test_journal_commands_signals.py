"""What ends an export with a journal from outside: signals, with requests in flight."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import brex_accounting.testing
from bridge.export.watching.graceful_stop import GracefulStop
from support.companies.exported import SETTINGS_TEXT, Company, expense
from support.companies.signalling import Signalling


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "journal.db")


def test_sigterm_finishes_what_is_in_flight_and_the_next_run_does_the_rest(tmp_path: Path, place: str) -> None:
    records = [expense(number) for number in range(1, 41)]
    path = tmp_path / "settings.toml"
    path.write_text(SETTINGS_TEXT, encoding="utf-8")
    standin = Signalling(signal.SIGTERM)
    company = Company(brex=brex_accounting.testing.StandIn(records, rate_limit=None), rillet=standin)
    command = [sys.executable, "-c", "from bridge.export.cli import main; main()", "export"]
    with company.brex.serve() as brex_url, standin.serve() as rillet_url:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "BREX_TOKEN": company.brex.token,
            "BREX_BASE_URL": brex_url,
            "RILLET_API_KEY": standin.api_key,
            "RILLET_BASE_URL": rillet_url,
        }
        arguments = ["--settings", str(path), "--journal", place, "--json"]
        with subprocess.Popen(
            [*command, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            standin.process = process
            stdout, stderr = process.communicate(timeout=300)
        first = json.loads(stdout)
        again = subprocess.run(
            [*command, *arguments], env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    assert process.returncode == 1, stderr
    assert "Traceback" not in stderr
    assert "interrupted" in first["stopped"]
    assert first["failed"] == []
    done = [each["record_id"] for each in first["posted"]]
    assert done == first["reported"]
    assert 3 <= len(done) < 40
    assert again.returncode == 0, again.stderr
    rest = {each["record_id"] for each in json.loads(again.stdout)["posted"]}
    assert rest == {record.id for record in records} - set(done)
    assert company.posted_references() == company.exported() == sorted(record.id for record in records)


def test_a_second_signal_interrupts_and_afterwards_signals_mean_what_they_did() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with GracefulStop() as stopping:
        assert not stopping()
        signal.raise_signal(signal.SIGTERM)
        assert stopping()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    assert signal.getsignal(signal.SIGTERM) is before
    if hasattr(signal, "getitimer"):
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the platform has no interval timers")
def test_what_is_in_flight_has_a_bound() -> None:
    with GracefulStop(grace=0.01) as stopping, pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the signal comes inside
        signal.raise_signal(signal.SIGTERM)
        assert stopping()
        threading.Event().wait(30)
