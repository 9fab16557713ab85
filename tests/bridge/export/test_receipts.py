"""Receipts between the stand-ins, over real sockets: each file once, and none is missed that can be had."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brex_accounting
import brex_accounting.testing
import rillet
import rillet.testing
from brex_accounting import RecordType
from brex_accounting.testing.records import record
from bridge.export.engine.attempts import AttemptState
from bridge.export.engine.tasks.receipts import LARGEST_FILE
from clientkit import Answer
from clientkit.testing import Action, AnswerLost, AnswerTruncated, Asked, Fault, RequestLost, Respond
from support.companies.exported import REFERENCE_TYPE, Company, expense
from support.companies.with_receipts import (
    CODED,
    DAY,
    HTML,
    JPEG,
    PDF,
    PNG,
    UNCODED,
    WHOLE,
    House,
    is_download,
    is_upload,
)

#: How a store of files says that one is gone.
GONE = Answer(
    status=403, headers={"content-type": "application/xml"}, content=b"<Error><Code>AccessDenied</Code></Error>"
)


def problem(status: int) -> Answer:
    """A refusal in Rillet's own words."""
    return Answer(status=status, headers={"content-type": "application/problem+json"}, content=b'{"title": "No"}')


@pytest.fixture
def house() -> Iterator[House]:
    with ExitStack() as stack:
        yield House(stack)


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


REFUSED = Respond(Answer(status=403))


@pytest.mark.parametrize(
    ("file", "fault", "code"),
    [
        ((b"GIF89a", "image/gif"), None, "type"),
        ((b"II*\0", ""), None, "type"),
        ((PDF, "application/pdf"), Fault(Respond(GONE), matches=is_download, times=9), "link_gone"),
        ((PDF, "application/pdf"), Fault(Respond(attrs.evolve(GONE, status=404)), matches=is_download), "link_gone"),
        ((PDF, "application/pdf"), Fault(Respond(problem(413)), matches=is_upload), "rejected"),
        ((PDF, "application/pdf"), Fault(REFUSED, matches=is_upload), "rejected"),
    ],
)
def test_what_lasts_keeps_no_record_back_and_is_listed(
    house: House, tmp_path: Path, file: tuple[bytes, str], fault: Fault | None, code: str
) -> None:
    house.expense(1, file, (PNG, "image/png"))
    if fault is not None:

        def matches(asked: Asked) -> bool:
            return fault.matches(asked) and PNG not in asked.content and "receipt_12" not in asked.path

        (house.brex if fault.matches is is_download else house.rillet).faults.append(
            Fault(fault.action, matches=matches, times=fault.times)
        )

    outcome = house.run(house.journal(tmp_path))

    assert outcome.complete
    assert house.is_exported("accr_001")
    (unattached,) = outcome.unattached
    assert (unattached.record_id, unattached.receipt_id, unattached.code) == ("accr_001", "receipt_11", code)
    assert outcome.as_json()["unattached"] == [attrs.asdict(unattached)]
    assert [content for _, _, content in house.attached()] == [PNG]


def test_a_receipt_without_a_link_is_listed(house: House) -> None:
    made = house.expense(1)
    house.brex.add(attrs.evolve(made, receipts=(brex_accounting.Receipt(id="receipt_0"),)))

    assert [each.code for each in house.run().unattached] == ["no_link"]


def test_a_link_that_is_not_safe_is_listed(house: House) -> None:
    made = house.expense(1)
    unsafe = brex_accounting.Receipt(id="receipt_0", download_uris=("http://files.example.com/1?signature=secret",))
    house.brex.add(attrs.evolve(made, receipts=(unsafe,)))

    (unattached,) = house.run().unattached
    assert unattached.code == "unsafe_link"
    assert "secret" not in unattached.why


def test_a_file_beyond_the_bound_is_listed(house: House) -> None:
    house.expense(1, (PDF + bytes(LARGEST_FILE), "application/pdf"))

    assert [each.code for each in house.run().unattached] == ["too_large"]
    assert house.uploads() == []


@pytest.mark.parametrize("status", [404, 405])
def test_a_rillet_that_takes_no_files_on_charges_is_told_of_once(house: House, status: int) -> None:
    for number in range(1, 5):
        house.expense(number, (PDF, "application/pdf"))
    house.rillet.faults.append(Fault(Respond(problem(status)), matches=is_upload, times=99))

    outcome = house.run()

    assert outcome.complete
    assert [each.code for each in outcome.unattached] == ["not_taken"] * 4
    assert "Rillet does not take files on charges here" in outcome.unattached[0].why
    assert len(house.uploads()) == len(house.downloads()) == 1
    assert len(house.brex.records) == len(outcome.reported) == 4


def test_a_charge_that_is_gone_says_nothing_about_the_others(house: House, tmp_path: Path) -> None:
    journal = house.journal(tmp_path)
    made = house.expense(1)
    house.run(journal)
    (gone,) = house.rillet.charges
    house.rillet.client().charges.delete(gone.id)
    house.ready_again(attrs.evolve(made, receipts=(house.brex.receipt_files.add("receipt_late", PNG, "image/png"),)))
    house.expense(2, (PDF, "application/pdf"))

    outcome = house.run(journal)

    # Its record is refused before anything is attached to it.
    assert [(each.record.id, each.reasons[0].code.value) for each in outcome.refused] == [
        ("accr_001", "deleted_in_ledger")
    ]
    assert [content for _, _, content in house.attached()] == [PDF]


@pytest.mark.parametrize("journaled", [True, False])
@pytest.mark.parametrize("status", [200, 403, 413, 502])
def test_a_proxys_page_on_one_upload_concerns_that_file_alone(
    house: House, tmp_path: Path, status: int, *, journaled: bool
) -> None:
    journal = house.journal(tmp_path) if journaled else None
    files = [PDF + b"%d" % number for number in range(5)]
    house.expense(1, *((each, "application/pdf") for each in files))
    page = attrs.evolve(HTML, status=status)
    house.rillet.faults.append(
        Fault(Respond(page), matches=lambda asked: is_upload(asked) and files[1] in asked.content, times=99)
    )

    first = house.run(journal)

    # The files behind it are not kept back, and Brex is told only when all of them are there.
    assert [each.code for each in first.failed] == ["receipts"]
    assert [content for _, _, content in house.attached()] == [files[0], *files[2:]]
    assert not house.is_exported("accr_001")
    house.rillet.faults.clear()

    assert house.run(journal).complete
    assert [content for _, _, content in house.attached()] == files
    assert len(house.rillet.charges) == 1
    assert house.is_exported("accr_001")


@pytest.mark.parametrize("content", [b"", HTML.content])
@pytest.mark.parametrize("status", [404, 405])
def test_what_rillet_does_not_say_itself_is_no_word_about_its_charges(
    house: House, status: int, content: bytes
) -> None:
    house.expense(1, (PDF, "application/pdf"))
    answer = attrs.evolve(HTML, status=status, content=content)
    house.rillet.faults.append(Fault(Respond(answer), matches=is_upload, times=99))

    assert [each.code for each in house.run().failed] == ["receipts"]
    house.rillet.faults.clear()

    assert house.run().counts.attached == 1
    assert house.is_exported("accr_001")


def test_a_charge_that_goes_at_the_last_moment_says_nothing_about_the_others(house: House, tmp_path: Path) -> None:
    house.expense(1, (PNG, "image/png"))
    house.expense(2, (PDF, "application/pdf"))

    def goes(asked: Asked) -> bool:
        if is_upload(asked) and PNG in asked.content:
            house.rillet.client().charges.delete(house.rillet.charges[0].id)
        return False

    house.rillet.faults.append(Fault(AnswerLost(), matches=goes))

    outcome = house.run(house.journal(tmp_path))

    assert [(each.receipt_id, each.code) for each in outcome.unattached] == [("receipt_11", "rejected")]
    assert [content for _, _, content in house.attached()] == [PDF]


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


ACTIONS = st.sampled_from(
    [AnswerLost(), RequestLost(), AnswerTruncated(), *(Respond(Answer(status=each)) for each in (429, 500, 503))]
)


def later(matches: Callable[[Asked], bool], after: int) -> Callable[[Asked], bool]:
    """Matches from the request number `after` on."""
    seen = itertools.count()
    return lambda asked: matches(asked) and next(seen) >= after


@settings(max_examples=50, deadline=None)
@given(
    schedule=st.lists(st.tuples(st.integers(0, 12), st.integers(1, 8), st.booleans(), ACTIONS), max_size=12),
    files=st.lists(st.integers(0, 3), min_size=1, max_size=4),
)
def test_whatever_fails_for_a_while_each_file_is_attached_once(
    schedule: list[tuple[int, int, bool, Action]], files: list[int]
) -> None:
    company = Company(
        brex=brex_accounting.testing.StandIn(rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )
    expected = set[bytes]()
    for number, count in enumerate(files):
        contents = [PDF + b"%d/%d" % (number, place) for place in range(count)]
        expected.update(contents)
        receipts = [company.brex.receipt_files.add(f"receipt_{number}", content) for content in contents]
        company.brex.add(attrs.evolve(expense(number), receipts=tuple(receipts[:1])))
    for after, times, with_brex, action in schedule:
        matches = later(is_download if with_brex else is_upload, after)
        (company.brex if with_brex else company.rillet).faults.append(Fault(action, matches=matches, times=times))

    for _ in range(1 + sum(times for _, times, _, _ in schedule)):
        if company.export(WHOLE).run().complete:
            break

    assert sorted(each.content for each in company.rillet.attachments) == sorted(expected)
    assert len(company.exported()) == len(company.rillet.charges) == len(files)
