"""The log of an export: a line for each decision, with ids and codes, and never with what people wrote."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from io import StringIO
from pathlib import Path

import attrs
import pytest

import rillet.testing
from brex_accounting import Record, User
from brex_accounting.testing.records import card_expense, gl, reimbursement
from bridge import Settings
from bridge.export import SqlJournal, StopCode
from bridge.export.commands.logs import JsonLines
from bridge.export.commands.progress_display import LoggedProgress
from bridge.export.reporting.progress import Progress
from clientkit import Answer, labelled
from clientkit.testing import Fault, Respond
from support.companies.exported import REFERENCE_TYPE, US, Company, expense

HOLDER = User(
    id="cuuser_1",
    first_name="Zaphod",
    last_name="Beeblebrox",
    email="zaphod@heart-of-gold.example",
    location_name="Zaphod",
)
SECRETS = ("zaphod", "beeblebrox", "heart-of-gold", "gargle")


def private(record: Record) -> Record:
    """The record with the holder in everything that people write."""
    vendor = record.vendor
    if vendor is not None:
        vendor = attrs.evolve(vendor, name="Zaphod Beeblebrox", email=HOLDER.email, contact_name="Zaphod")
    lines = tuple(attrs.evolve(line, memo="Gargle Blaster for Zaphod") for line in record.line_items)
    return attrs.evolve(record, user=HOLDER, vendor=vendor, memo="Gargle Blaster for Zaphod", line_items=lines)


def decisions(log: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """What the log records have besides the usual."""
    usual = vars(logging.makeLogRecord({})).keys() | {"message", "asctime"}
    return [
        {name: value for name, value in vars(each).items() if name not in usual}
        for each in log.records
        if each.name == "bridge.export" and each.levelno == logging.INFO
    ]


def test_each_decision_is_a_line_with_its_facts(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bridge.export")
    good, bad = expense(1), card_expense("5", record_id="accr_bad")
    company.brex.add(good, bad)

    company.export(in_flight=1).run()

    created, posted, refused, reported = decisions(caplog)
    (charge,) = company.rillet.charges
    assert created["decision"] == "vendor_created"
    assert created["object_id"] == charge.vendor_id
    trace_id = posted.pop("trace_id")
    assert posted == {
        "decision": "posted", "record_id": "accr_001", "version": good.version, "kind": "charges", "object_id": charge.id,
    }  # fmt: skip
    assert trace_id
    assert (
        f"posted record_id=accr_001 version={good.version} kind=charges object_id={charge.id} trace_id={trace_id}"
        in caplog.text
    )
    assert refused == {"decision": "refused", "record_id": "accr_bad", "version": bad.version, "codes": "uncoded_line"}
    assert reported == {"decision": "reported", "record_id": "accr_001"}


@pytest.mark.parametrize(("named", "tenant"), [({}, "acme"), ({"tenant": "Acme Inc."}, "Acme Inc.")])
def test_each_line_of_a_run_has_the_tenant_of_its_journal(
    company: Company, caplog: pytest.LogCaptureFixture, tmp_path: Path, named: dict[str, str], tenant: str
) -> None:
    caplog.set_level(logging.INFO, "bridge.export")
    company.brex.add(expense(1), card_expense("5", record_id="accr_bad"))

    with SqlJournal(str(tmp_path / "export.db"), namespace="acme") as journal, labelled(**named):
        company.export(journal=journal).run()

    lines = [each for each in caplog.records if each.name == "bridge.export"]
    assert len(lines) == 4
    assert {each.__dict__["tenant"] for each in lines} == {tenant}
    shown = "tenant=acme" if tenant == "acme" else 'tenant="Acme Inc."'
    assert [each for each in lines if not each.getMessage().endswith(shown)] == []


def test_the_lines_of_a_replay_have_the_tenant_too(
    company: Company, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO, "bridge.export")
    company.brex.add(expense(1))

    with SqlJournal(str(tmp_path / "export.db"), namespace="acme") as journal:
        company.export(journal=journal).replay("accr_001")

    assert {each.__dict__["tenant"] for each in caplog.records if each.name == "bridge.export"} == {"acme"}


def test_failures_and_the_end_of_a_run_are_told_by_code(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bridge.export")
    company.brex.add(expense(1))
    company.rillet.put(rillet.testing.vendor("Cumulus Cloud"))
    no_entry = Fault(
        Respond(Answer(status=401, headers={"x-trace-id": "abc"})), matches=lambda asked: asked.method == "POST"
    )
    company.rillet.faults.append(no_entry)

    company.export().run()

    failed, stopped = decisions(caplog)
    assert failed["decision"] == "failed"
    assert failed["code"] == "UnauthorizedError"
    assert stopped["decision"] == "stopped"
    assert stopped["code"] == StopCode.SETUP


def test_what_people_wrote_is_not_in_the_log_at_info(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    answer = {"title": "Zaphod Beeblebrox is refused", "detail": "zaphod@heart-of-gold.example"}
    refusal = Respond(
        Answer(status=400, headers={"content-type": "application/problem+json"}, content=json.dumps(answer).encode())
    )
    company.rillet.faults += [
        Fault(refusal, matches=lambda asked: asked.path == "/reimbursements" and asked.method == "POST")
    ]
    company.brex.faults.append(
        Fault(Respond(Answer(status=500)), matches=lambda asked: asked.method == "POST", times=100)
    )
    company.brex.add(
        private(card_expense("5", coding=[gl("61000")], record_id="accr_1")),
        private(card_expense("5", record_id="accr_2")),
        private(reimbursement("7", coding=[gl("62000")], record_id="accr_3")),
    )

    reported = Settings(entities=(US,), reference_type=REFERENCE_TYPE, report_refusals=True)
    outcome = company.export(reported).run()

    assert outcome.counts.posted == 1
    assert outcome.counts.refused == 2
    told = [json.loads(JsonLines().format(each)) for each in caplog.records if each.levelno >= logging.INFO]
    assert {each.get("decision") for each in told} >= {"posted", "refused", "unreported", "vendor_created", "stopped"}
    everything = json.dumps(told).lower()
    assert [secret for secret in SECRETS if secret in everything] == []
    assert company.brex.token not in everything
    assert company.rillet.api_key not in everything


def test_at_debug_the_reasons_are_told(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bridge.export")
    company.brex.add(card_expense("5", record_id="accr_bad"))

    company.export().run()

    assert "accr_bad is refused" in caplog.text
    assert "code it in Brex" in caplog.text


def test_a_line_of_json_holds_everything() -> None:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    record = logging.makeLogRecord(
        {"name": "bridge.export", "levelname": "INFO", "msg": "posted", "record_id": "accr_1"}
    )

    handler.emit(record)

    line = json.loads(stream.getvalue())
    assert line["record_id"] == "accr_1"
    assert line["message"] == "posted"
    assert line["time"].endswith("+00:00")


def test_progress_is_logged_every_so_often(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bridge.export.reporting.progress")
    time = [0.0]
    logged = LoggedProgress(every=60, clock=lambda: time[0])

    for done in range(1, 201):
        time[0] = float(done)
        logged(Progress(done=done, of=200, record_id="accr_1", rest=timedelta(seconds=200 - done)))

    assert [each.getMessage() for each in caplog.records] == [
        f"progress done={done} of=200 seconds_left={200 - done}" for done in (10, 70, 130, 190, 200)
    ]
    caplog.clear()
    short = LoggedProgress(clock=lambda: time[0])
    time[0] += 9.0
    short(Progress(done=1, of=1, record_id="accr_1"))
    assert caplog.records == []
