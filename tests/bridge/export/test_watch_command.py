"""``brex-rillet export --watch``, as a process between stand-ins on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner
from typing_extensions import override

import brex_accounting.testing
import rillet.testing
from brex_accounting.webhook_subscriptions import NewWebhookSubscription, WebhookEventType
from bridge import Bridge, read_settings
from bridge.export import Export, GracefulStop, SqlJournal, read_fields
from bridge.export.commands.every import app
from bridge.export.commands.export_watch import address_of, interval_of
from clientkit import Answer, ApiError
from clientkit.testing import Asked
from rillet import NewVendor
from rillet.testing import SECRET as TOKEN
from support.companies.exported import REFERENCE_TYPE, SETTINGS_TEXT, Company, expense

URL = "https://books.example.com/brex"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(SETTINGS_TEXT, encoding="utf-8")
    return path


@contextmanager
def watching(company: Company, settings: Path, *arguments: str) -> Generator[subprocess.Popen[str]]:
    """The command in a process of its own; ended, whatever comes."""
    secret = next(iter(company.brex.client().webhook_secrets.list())).secret
    with company.brex.serve() as brex_url, company.rillet.serve() as rillet_url:
        environment = {
            **os.environ,
            "BREX_TOKEN": company.brex.token,
            "BREX_BASE_URL": brex_url,
            "RILLET_API_KEY": company.rillet.api_key,
            "RILLET_BASE_URL": rillet_url,
            "BREX_WEBHOOK_SECRET": secret,
            "RILLET_WEBHOOK_TOKEN": TOKEN,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        with subprocess.Popen(
            [
                *(sys.executable, "-W", "error", "-c", "from bridge.export.cli import main; main()"),
                *("export", "--settings", str(settings), "--watch", *arguments),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=300)


def test_it_exports_at_every_interval_and_ends_with_0(company: Company, settings: Path) -> None:
    company.brex.add(expense(1))

    with watching(company, settings, "--interval", "1s") as process:
        first = next_line(process)
        company.brex.add(expense(2))
        later = next_line(process)
        while "posted" not in later:
            later = next_line(process)
        _, stderr = ended(process)

    assert process.returncode == 0, stderr
    assert first.endswith("Z posted 1, vendors created 1, USD 10.00\n")
    assert later.endswith("Z posted 1, USD 10.00\n")
    assert company.exported() == company.posted_references() == ["accr_001", "accr_002"]


def test_it_keeps_the_fields_of_brex_as_rillet_has_them(company: Company, settings: Path) -> None:
    settings.write_text(f'vendor_field = "VENDOR"\n{SETTINGS_TEXT}', encoding="utf-8")
    integration = company.brex.client().integrations.create(vendor="RILLET", vendor_account_id="org-1").id
    accounts = {each.id for each in company.rillet.accounts}

    with watching(company, settings, "--interval", "1s", "--sync-fields", integration) as process:
        next_line(process)
        first = values_in_brex(company)
        late = company.rillet.client().vendors.create(NewVendor(name="Late")).id
        # The run that is under way may have looked before.
        next_line(process)
        next_line(process)
        second = values_in_brex(company)
        _, stderr = ended(process)

    assert process.returncode == 0, stderr
    assert first["GL_ACCOUNT"] == second["GL_ACCOUNT"] == accounts
    assert second["VENDOR"] == first["VENDOR"] | {late}


def values_in_brex(company: Company) -> dict[str | None, set[str | None]]:
    fields = read_fields(company.brex.client())
    return {each.field.remote_id: {value.remote_id for value in each.values} for each in fields}


def test_what_brex_announces_is_exported_at_once(company: Company, settings: Path) -> None:
    company.brex.client().webhook_subscriptions.create(
        NewWebhookSubscription(url=URL, event_types=[WebhookEventType.ACCOUNTING_RECORD_READY_FOR_EXPORT])
    )

    with watching(company, settings, "--listen", "127.0.0.1:0", "--json") as process:
        assert process.stderr is not None
        address = process.stderr.readline().split()[-1]
        company.brex.outbox.listen(URL, f"{address}/brex")
        first = json.loads(next_line(process))
        company.brex.add(expense(1))
        (delivery,) = company.brex.outbox.deliver_due()
        second = json.loads(next_line(process))
        _, stderr = ended(process)

    assert process.returncode == 0, stderr
    assert delivery.answers == [200]
    assert first["posted"] == []
    assert [each["record_id"] for each in second["posted"]] == ["accr_001"]
    assert company.exported() == company.posted_references() == ["accr_001"]


class Signalling(rillet.testing.StandIn):
    """Sends a signal to a process when the third charge arrives, and answers all the same."""

    process: subprocess.Popen[str]

    @override
    def respond(self, asked: Asked) -> Answer:
        answer = super().respond(asked)
        if asked.path == "/charges" and asked.method == "POST" and len(self.charges) == 3:
            self.process.send_signal(signal.SIGTERM)
        return answer


def test_a_signal_during_a_run_finishes_what_is_in_flight(settings: Path) -> None:
    rillet_standin = Signalling(reference_types={REFERENCE_TYPE})
    company = Company(
        brex=brex_accounting.testing.StandIn([expense(number) for number in range(1, 41)], rate_limit=None),
        rillet=rillet_standin,
    )

    with watching(company, settings, "--listen", "127.0.0.1:0", "--json") as process:
        rillet_standin.process = process
        stdout, stderr = process.communicate(timeout=300)

    assert process.returncode == 0, stderr
    (found,) = [json.loads(line) for line in stdout.splitlines()]
    assert 3 <= len(found["posted"]) < 40
    assert sorted(found["reported"]) == company.exported() == company.posted_references()
    assert company.export().run().complete


class Exhausted(rillet.testing.StandIn):
    """Sends a signal to a process with the last request that its pace allows for a minute."""

    process: subprocess.Popen[str]

    @override
    def respond(self, asked: Asked) -> Answer:
        if len(self.asked) == 60:
            self.process.send_signal(signal.SIGTERM)
        return super().respond(asked)


def test_what_waits_for_its_turn_is_left_to_the_next_run_at_a_signal(settings: Path, tmp_path: Path) -> None:
    rillet_standin = Exhausted(reference_types={REFERENCE_TYPE})
    company = Company(
        brex=brex_accounting.testing.StandIn([expense(number) for number in range(1, 81)], rate_limit=None),
        rillet=rillet_standin,
    )
    place = str(tmp_path / "journal.db")

    with watching(company, settings, "--json", "--journal", place) as process:
        rillet_standin.process = process
        stdout, stderr = process.communicate(timeout=300)

    assert process.returncode == 0, stderr
    (found,) = [json.loads(line) for line in stdout.splitlines()]
    # A record that had not asked for its turn when the signal came is not named at all.
    assert {each["code"] for each in found["failed"]} <= {"NotSentError", "StoppedError"}
    assert len(found["posted"]) < len(company.brex.records)
    assert len(company.rillet.asked) == 60
    assert sorted(found["reported"]) == company.exported() == company.posted_references()
    with SqlJournal(place) as journal:
        # Nobody has anything in hand, and no outcome is unknown: what waited was not sent.
        assert [each.subject for each in journal.walk() if each.is_open] == []
        clients = company.brex.client(), company.rillet.client()
        assert Export(*clients, Bridge(read_settings(SETTINGS_TEXT)), journal=journal).run().complete
    assert company.exported() == company.posted_references() == sorted(company.brex.records)


class Impatient(rillet.testing.StandIn):
    """Sends two signals to a process when it reads the books."""

    process: subprocess.Popen[str]

    @override
    def respond(self, asked: Asked) -> Answer:
        if len(self.asked) == 3:
            self.process.send_signal(signal.SIGTERM)
            self.process.send_signal(signal.SIGINT)
        return super().respond(asked)


def test_a_second_signal_before_anything_is_posted_ends_it_with_0(settings: Path) -> None:
    rillet_standin = Impatient(reference_types={REFERENCE_TYPE})
    company = Company(brex=brex_accounting.testing.StandIn([expense(1)], rate_limit=None), rillet=rillet_standin)

    with watching(company, settings) as process:
        rillet_standin.process = process
        stdout, stderr = process.communicate(timeout=300)

    assert process.returncode == 0, stderr
    (line,) = stdout.splitlines()
    assert line.endswith("Z nothing done; it was interrupted")
    assert stderr == ""


@pytest.mark.parametrize(
    ("name", "value"), [("RILLET_WEBHOOK_TOKEN", "?"), ("BREX_WEBHOOK_SECRET", "whsec_private"), ("", "")]
)
def test_secrets_are_checked_before_the_first_run(
    company: Company, settings: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for variable in ("RILLET_WEBHOOK_TOKEN", "BREX_WEBHOOK_SECRET"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("BREX_TOKEN", "token")
    monkeypatch.setenv("RILLET_API_KEY", "key")
    if name:
        monkeypatch.setenv(name, value)

    result = CliRunner().invoke(app, ["export", "--settings", str(settings), "--watch", "--listen", "127.0.0.1:0"])

    assert result.exit_code == 2
    assert (name or "RILLET_WEBHOOK_TOKEN") in result.stderr
    assert "private" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [["--interval", "1d"], ["--interval", "0h"], ["--listen", "8080", "--watch"], ["--listen", "localhost:80"]],
)
def test_arguments_that_make_no_sense_end_with_2(settings: Path, arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["export", "--settings", str(settings), *arguments]).exit_code == 2


def test_intervals_and_addresses_are_read() -> None:
    assert [interval_of(text) for text in ("90s", "30m", "1h")] == [
        timedelta(seconds=90),
        timedelta(minutes=30),
        timedelta(hours=1),
    ]
    assert address_of("0.0.0.0:8080") == ("0.0.0.0", 8080)
    assert address_of("[::1]:8080") == ("::1", 8080)


def test_what_a_signal_leaves_unsent_is_told_in_a_sentence() -> None:
    with GracefulStop() as stopping:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(ApiError) as caught:
            stopping.sleep(60)

    assert str(caught.value) == "A request was not sent: the run was interrupted while it waited for its turn."
