"""Receipts between the stand-ins, over real sockets: each file once, and none is missed that can be had."""

from __future__ import annotations

import logging
from pathlib import Path

import attrs
import pytest

from brex_accounting import RecordType
from brex_accounting.testing.records import record
from bridge.export.engine.attempts import AttemptState
from clientkit import Answer
from clientkit.testing import Action, AnswerLost, Asked, Fault, RequestLost, Respond
from support.companies.with_receipts import (
    CODED,
    DAY,
    GONE,
    HTML,
    JPEG,
    PDF,
    PNG,
    UNCODED,
    House,
    is_download,
    is_upload,
)


def test_each_file_is_attached_to_its_charge_under_its_name(house: House) -> None:
    house.brex.receipt_files.add("receipt_11", PDF)
    house.expense(1, (b"%PDF- page two", "application/pdf"), (JPEG, "image/jpeg; q=1"), (PNG, "binary/octet-stream"))

    outcome = house.run()

    assert outcome.complete
    assert house.attached() == [
        ("receipt_11.pdf", "application/pdf", PDF),
        ("receipt_11_2.pdf", "application/pdf", b"%PDF- page two"),
        ("receipt_12.jpg", "image/jpeg", JPEG),
        ("receipt_13.png", "image/png", PNG),
    ]
    assert {each.document_id for each in house.rillet.attachments} == {house.rillet.charges[0].id}
    assert (outcome.counts.attached, outcome.counts.unattached) == (4, 0)


def test_a_bill_gets_its_receipts_too(house: House) -> None:
    receipts = [house.brex.receipt_files.add("receipt:1", PDF)]
    house.brex.add(
        record(
            RecordType.BILL_EXPENSE, debits=CODED, credits=UNCODED, vendor="Cumulus Cloud", record_id="accr_bill",
            source_id="bill_1", receipts=receipts,
        )
    )  # fmt: skip

    assert house.run().complete

    (attachment,) = house.rillet.attachments
    assert attachment.document_id == house.rillet.bills[0].id
    assert attachment.filename == "receipt_1.pdf"


def test_what_takes_no_files_is_not_asked_to(house: House) -> None:
    receipts = [house.brex.receipt_files.add("receipt_1", PDF)]
    house.brex.add(
        record(RecordType.CARD_PAYMENT, debits=UNCODED, credits=UNCODED, record_id="accr_1", receipts=receipts)
    )

    assert house.run().complete
    assert house.downloads() == house.uploads() == []


def test_the_settings_can_leave_receipts_out(house: House) -> None:
    house.expense(1, (PDF, "application/pdf"))

    assert house.run(receipts=False).complete
    assert house.downloads() == house.uploads() == []


def test_neither_token_nor_permission_goes_astray(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    house.expense(1, (PDF, "application/pdf"), (b"GIF89a", "image/gif"))

    outcome = house.run()

    assert len(house.downloads()) == 2
    for asked in house.downloads():
        assert "authorization" not in asked.headers
        (signature,) = asked.query["signature"]
        assert signature not in caplog.text + str(outcome) + str(outcome.as_json())
    assert "unattached record_id=accr_001 version=2 receipt_id=receipt_12 code=type" in caplog.text


@pytest.mark.parametrize("journaled", [True, False])
@pytest.mark.parametrize("action", [RequestLost(), AnswerLost(), Respond(HTML)], ids=["request", "answer", "page"])
def test_a_run_cut_off_at_a_file_attaches_what_is_missing_and_nothing_twice(
    house: House, tmp_path: Path, action: Action, *, journaled: bool
) -> None:
    house.expense(1, (PDF, "application/pdf"), (JPEG, "image/jpeg"), (PNG, "image/png"))
    journal = house.journal(tmp_path) if journaled else None
    house.rillet.faults.append(
        Fault(action, matches=lambda asked: is_upload(asked) and JPEG in asked.content, times=99)
    )

    first = house.run(journal)

    (failed,) = first.failed
    assert failed.code == "receipts"
    assert "the next run attaches them" in failed.why
    assert not house.is_exported("accr_001")
    house.rillet.faults.clear()

    second = house.run(journal)

    assert second.complete
    assert [each.adopted for each in second.posted] == [True]
    assert [content for _, _, content in house.attached()] == [PDF, JPEG, PNG]
    assert house.is_exported("accr_001")
    if journaled:
        # What the journal has as attached is not even fetched again.
        assert sum(asked.path.endswith("receipt_11/0") for asked in house.downloads()) == 1


def test_a_store_that_does_not_answer_keeps_the_record_for_the_next_run(house: House) -> None:
    house.expense(1, (PDF, "application/pdf"))
    house.brex.faults.append(Fault(Respond(Answer(status=503)), matches=is_download, times=99))

    assert [each.code for each in house.run().failed] == ["receipts"]
    assert not house.is_exported("accr_001")
    house.brex.faults.clear()

    assert house.run().counts.attached == 1
    assert len(house.rillet.charges) == 1


@pytest.mark.parametrize("journaled", [True, False])
@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><p>Log in", b"<HTML>"], ids=["nothing", "log-in", "page"])
def test_nothing_and_a_page_in_the_place_of_a_file_are_no_file(
    house: House, tmp_path: Path, content: bytes, journaled: bool
) -> None:
    journal = house.journal(tmp_path) if journaled else None
    house.expense(1, (PDF, "application/pdf"))
    page = Answer(status=200, headers={"content-type": "application/pdf"}, content=content)
    house.brex.faults.append(Fault(Respond(page), matches=is_download))

    (failed,) = house.run(journal).failed

    assert failed.code == "receipts"
    assert not house.is_exported("accr_001")
    assert house.run(journal).counts.attached == 1
    assert house.is_exported("accr_001")
    assert [content for _, _, content in house.attached()] == [PDF]


@pytest.mark.parametrize("content", [b"", b"<html>"], ids=["nothing", "page"])
def test_what_does_not_come_for_a_week_is_given_up_and_listed(house: House, tmp_path: Path, content: bytes) -> None:
    journal = house.journal(tmp_path)
    house.expense(1, (PDF, "application/pdf"), (PNG, "image/png"))
    page = Answer(status=200, content=content)
    house.brex.faults.append(
        Fault(Respond(page), matches=lambda asked: is_download(asked) and "receipt_11" in asked.path, times=99)
    )

    for _ in range(7):
        assert [each.code for each in house.run(journal).failed] == ["receipts"]
        house.clock.advance(DAY)
    house.clock.advance(DAY)
    outcome = house.run(journal)

    assert outcome.complete
    assert [(each.receipt_id, each.code) for each in outcome.unattached] == [("receipt_11", "given_up")]
    assert "given up" in outcome.unattached[0].why
    assert house.is_exported("accr_001")
    assert [content for _, _, content in house.attached()] == [PNG]
    assert len(house.rillet.charges) == 1


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_that_is_gone_is_asked_for_again_by_later_runs(house: House, tmp_path: Path, status: int) -> None:
    journal = house.journal(tmp_path)
    house.expense(1, (PDF, "application/pdf"))
    house.brex.faults.append(Fault(Respond(attrs.evolve(GONE, status=status)), matches=is_download, times=99))

    for _ in range(2):
        outcome = house.run(journal)
        assert outcome.complete
        assert [each.code for each in outcome.unattached] == ["link_gone"]
        assert house.is_exported("accr_001")
        house.clock.advance(DAY)
    house.brex.faults.clear()
    outcome = house.run(journal)

    assert (outcome.counts.attached, outcome.counts.posted, outcome.counts.reported) == (1, 0, 0)
    assert house.run(journal).counts.attached == 0
    assert [content for _, _, content in house.attached()] == [PDF]
    assert len(house.rillet.charges) == 1


def test_a_file_that_stays_gone_is_asked_for_for_a_week(house: House, tmp_path: Path) -> None:
    journal = house.journal(tmp_path)
    house.expense(1, (PDF, "application/pdf"))
    house.brex.faults.append(Fault(Respond(GONE), matches=is_download, times=99))

    listed = list[int]()
    for _ in range(10):
        listed.append(house.run(journal).counts.unattached)
        house.clock.advance(DAY)

    assert listed == [1] * 8 + [0] * 2


def test_a_file_in_doubt_is_attached_again_when_its_key_is_too_old(house: House, tmp_path: Path) -> None:
    journal = house.journal(tmp_path)
    house.expense(1, (PDF, "application/pdf"))
    house.rillet.faults.append(Fault(AnswerLost(), matches=is_upload, times=99))
    house.run(journal)
    house.rillet.faults.clear()
    house.clock.advance(DAY)

    assert house.run(journal).complete

    # Nothing tells whether the first one arrived.
    assert len(house.attached()) == 2
    keys = list(dict.fromkeys(asked.headers["idempotency-key"] for asked in house.uploads()))
    of_file = [each for each in journal.walk() if each.subject.startswith("receipt:")]
    assert [(each.key, each.state) for each in of_file] == [
        (keys[0], AttemptState.ABANDONED),
        (keys[1], AttemptState.POSTED),
    ]


def test_the_journal_keeps_what_a_file_is_and_not_the_file(house: House, tmp_path: Path) -> None:
    journal = house.journal(tmp_path)
    house.expense(1, (PDF, "application/pdf"))

    house.run(journal)

    (charge,) = house.rillet.charges
    of_record, of_file = journal.by_object(charge.id)
    assert of_record.subject == "accr_001"
    assert of_file.state is AttemptState.POSTED
    assert b'"filename":"receipt_11.pdf"' in of_file.payload.replace(b" ", b"")
    assert PDF not in of_file.payload
    assert of_file.trace_id


def test_a_newer_version_brings_its_own_receipts_alone(house: House, tmp_path: Path) -> None:
    journal = house.journal(tmp_path)
    made = house.expense(1, (PDF, "application/pdf"))
    house.run(journal)
    house.clock.advance(3 * DAY)
    late = house.brex.receipt_files.add("receipt_late", PNG, "image/png")
    house.ready_again(attrs.evolve(made, receipts=(*made.receipts, late)))

    assert house.run(journal).complete
    assert [content for _, _, content in house.attached()] == [PDF, PNG]


def test_links_that_have_expired_are_renewed(house: House) -> None:
    house.expense(1, (PDF, "application/pdf"))
    # Posting takes longer than the link lives.

    def is_late(asked: Asked) -> bool:
        house.clock.advance(16 * 60)
        return asked.path == "/charges" and asked.method == "POST"

    house.rillet.faults.append(Fault(AnswerLost(), matches=is_late))

    assert house.run().counts.attached == 1
    assert len(house.downloads()) == 2


def test_a_token_that_died_ends_the_run(house: House) -> None:
    house.expense(1, (PDF, "application/pdf"))
    house.rillet.faults.append(Fault(Respond(Answer(status=401)), matches=is_upload))

    outcome = house.run()

    assert outcome.stopped
    assert [each.code for each in outcome.failed] == ["receipts"]
    assert not house.is_exported("accr_001")


def test_several_records_in_flight_get_their_own_receipts(house: House, tmp_path: Path) -> None:
    for number in range(1, 13):
        house.expense(number, (PDF + b"%d" % number, "application/pdf"))

    outcome = house.run(house.journal(tmp_path), in_flight=6)

    assert outcome.complete
    of_record = {charge.id: charge.external_references[0].id for charge in house.rillet.charges}
    found = {of_record[each.document_id]: each.content for each in house.rillet.attachments}
    assert found == {f"accr_{number:03d}": PDF + b"%d" % number for number in range(1, 13)}
    assert len(house.rillet.attachments) == 12


def test_a_charge_that_is_posted_anew_gets_its_receipts_anew(house: House, tmp_path: Path) -> None:
    journal = house.journal(tmp_path)
    house.expense(1, (PDF, "application/pdf"))
    house.run(journal)
    house.rillet.client().charges.delete(house.rillet.charges[0].id)

    with house.export(journal) as export:
        outcome = export.replay("accr_001")

    assert outcome.counts.attached == 1
    assert house.rillet.attachments[-1].document_id == house.rillet.charges[0].id


def test_a_record_that_another_exporter_has_taken_over_is_left_to_it(house: House, tmp_path: Path) -> None:
    journal, other = house.journal(tmp_path), house.journal(tmp_path)
    house.expense(1, (PDF, "application/pdf"), (PNG, "image/png"))

    def takes_over(asked: Asked) -> bool:
        if is_upload(asked):
            house.clock.advance(13 * 60)
            assert other.claim("accr_001")
        return False

    house.rillet.faults.append(Fault(AnswerLost(), matches=takes_over))

    outcome = house.run(journal)

    assert [each.code for each in outcome.failed] == ["receipts"]
    assert "another exporter has it in hand" in outcome.failed[0].why
    assert [content for _, _, content in house.attached()] == [PDF]
