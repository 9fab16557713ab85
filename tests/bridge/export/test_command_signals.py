"""What ends a command from outside: signals, with requests in flight."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from typing_extensions import override

import brex_accounting.testing
import rillet.testing
from clientkit import Answer
from clientkit.testing import Action, Asked
from support.companies.exported import REFERENCE_TYPE, SETTINGS_TEXT, Company, expense
from support.companies.signalling import Signalling


class Holding(rillet.testing.StandIn):
    """Answers no charge before it is told to, and sends a process two signals with the sixth."""

    process: subprocess.Popen[str]

    def __init__(self) -> None:
        super().__init__(reference_types={REFERENCE_TYPE}, vendors=[rillet.testing.vendor("Cumulus Cloud")])
        self.released, self.held = threading.Event(), itertools.count(1)

    @override
    def take(self, asked: Asked) -> tuple[Answer | None, Action | None]:
        if asked.path == "/charges" and asked.method == "POST" and not self.released.is_set():
            if next(self.held) == 6:
                # Two of one kind may arrive as one.
                os.kill(self.process.pid, signal.SIGTERM)
                os.kill(self.process.pid, signal.SIGINT)
            self.released.wait(timeout=300)
        return super().take(asked)


def test_a_second_signal_ends_it_though_requests_are_in_flight(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(SETTINGS_TEXT, encoding="utf-8")
    records = [expense(number) for number in range(1, 7)]
    standin = Holding()
    company = Company(brex=brex_accounting.testing.StandIn(records, rate_limit=None), rillet=standin)
    with company.brex.serve() as brex_url, standin.serve() as rillet_url:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "BREX_TOKEN": company.brex.token,
            "BREX_BASE_URL": brex_url,
            "RILLET_API_KEY": standin.api_key,
            "RILLET_BASE_URL": rillet_url,
        }
        command = [sys.executable, "-c", "from bridge.export.cli import main; main()"]
        with subprocess.Popen(
            [*command, "export", "--settings", str(path), "--journal", str(tmp_path / "journal.db"), "--json"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            standin.process = process
            stdout, stderr = process.communicate(timeout=300)
        standin.released.set()

    assert process.returncode == 1, stderr
    found = json.loads(stdout)
    assert found["stopped"] == "it was interrupted"
    assert "Traceback" not in stderr
    assert [each["code"] for each in found["failed"]] == ["interrupted"] * 6
    assert company.export().run().complete
    assert company.posted_references() == company.exported() == sorted(record.id for record in records)


def test_ctrl_c_ends_cleanly_with_what_was_done_so_far(tmp_path: Path) -> None:
    records = [expense(number) for number in range(1, 41)]
    path = tmp_path / "settings.toml"
    path.write_text(SETTINGS_TEXT, encoding="utf-8")
    company = Company(
        brex=brex_accounting.testing.StandIn(records, rate_limit=None),
        rillet=Signalling(signal.SIGINT),
    )
    assert isinstance(company.rillet, Signalling)
    with company.brex.serve() as brex_url, company.rillet.serve() as rillet_url:
        environment = {
            **os.environ,
            "BREX_TOKEN": company.brex.token,
            "BREX_BASE_URL": brex_url,
            "RILLET_API_KEY": company.rillet.api_key,
            "RILLET_BASE_URL": rillet_url,
        }
        command = [sys.executable, "-c", "from bridge.export.cli import main; main()"]
        with subprocess.Popen(
            [*command, "export", "--settings", str(path), "--json"],
            env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            company.rillet.process = process
            stdout, stderr = process.communicate(timeout=300)

    assert process.returncode == 1, stderr
    found = json.loads(stdout)
    assert "interrupted" in found["stopped"]
    assert "Traceback" not in stderr
    assert found["reported"] == [each["record_id"] for each in found["posted"]]
    assert sorted(found["reported"]) == company.exported()
    assert 3 <= len(found["posted"]) < 40

    assert company.export().run().complete
    assert company.posted_references() == company.exported() == sorted(record.id for record in records)
