"""Receipts that cannot be had or are refused for good: they keep no record back, are listed, and say nothing about others."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

import brex_accounting
from bridge.export.engine.tasks.receipts import LARGEST_FILE
from clientkit import Answer
from clientkit.testing import AnswerLost, Asked, Fault, Respond
from support.companies.with_receipts import (
    GONE,
    HTML,
    PDF,
    PNG,
    House,
    is_download,
    is_upload,
    problem,
)

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
