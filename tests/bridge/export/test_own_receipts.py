"""Receipts from a store of the caller's own: files that only it has are attached, and its faults stop nothing."""

from __future__ import annotations

import _thread
import io
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from rich.console import Console
from typing_extensions import override

from brex_accounting import Receipt, ReceiptFile, Record
from bridge import Bridge
from bridge.documents.protocol import Ref
from bridge.export import Export, StopCode
from bridge.export.engine.attempts import Attempt
from bridge.export.ledgers.protocol import File, Sent
from bridge.export.ledgers.rillet import RilletLedger
from bridge.export.reporting.tables import export_table
from support.companies.exported import REFERENCE_TYPE, SETTINGS, Company, expense
from support.companies.with_receipts import DAY, JPEG, PDF, PNG, House

STORE = "the receipts store of your program"
FILE = ReceiptFile(receipt_id="receipt_11", content=PDF, content_type="application/pdf")


def down(record: Record) -> Sequence[ReceiptFile]:
    raise OSError("archive is down")


def giving(value: object) -> Callable[[Record], Any]:
    """A store that gives the same for the first record, and nothing for others."""

    def store(record: Record) -> object:
        return value if record.id == "accr_001" else ()

    return store


def file_with(**fields: Any) -> ReceiptFile:
    """The file, with whatever a caller may put into it."""
    return attrs.evolve(FILE, **fields)


def rubbish() -> list[Any]:
    gave = f"{STORE} gave"
    sequence = "and it has to give a sequence of ReceiptFile"
    return [
        pytest.param(None, f"{gave} NoneType, {sequence}", id="none"),
        pytest.param(FILE, f"{gave} ReceiptFile, {sequence}", id="a bare file"),
        pytest.param(PDF, f"{gave} bytes, {sequence}", id="bytes"),
        pytest.param([PDF], f"{gave} bytes among the files, {sequence}", id="bytes in a list"),
        pytest.param(
            [attrs.evolve(FILE, receipt_id="x" * 201)],
            f"{gave} a file whose receipt_id is no text of 1 to 200 characters",
            id="id",
        ),
        pytest.param(
            [file_with(content="%PDF-")],
            f"{gave} a file whose content is str, and it has to be bytes",
            id="text",
        ),
        pytest.param(
            [file_with(content_type=5)],
            f"{gave} a file whose content_type is int, and it has to be a text or None",
            id="type",
        ),
        pytest.param([attrs.evolve(FILE, content=b"")], f"{gave} a file without content", id="nothing"),
        pytest.param([attrs.evolve(FILE, content=b"<html>")], f"{gave} a page in the place of a file", id="page"),
        pytest.param((), f"{STORE} has no file for it", id="no file"),
    ]


@pytest.mark.parametrize(("value", "why"), rubbish())
def test_what_is_no_file_is_listed_and_stops_nothing(house: House, value: object, why: str) -> None:
    house.expense(1, (PDF, "application/pdf"))
    house.expense(2)

    outcome = house.run(store=giving(value))

    assert outcome.complete
    assert (outcome.counts.posted, outcome.counts.reported) == (2, 2)
    assert [(each.record_id, each.receipt_id, each.why) for each in outcome.unattached] == [
        ("accr_001", "receipt_11", why)
    ]
    assert house.attached() == []


def test_a_store_that_is_down_is_asked_again_by_later_runs(house: House, tmp_path: Path) -> None:
    journal = house.journal(tmp_path)
    house.expense(1, (PDF, "application/pdf"), (JPEG, "image/jpeg"))
    house.expense(2)

    outcome = house.run(journal, store=down)

    assert (outcome.counts.posted, outcome.counts.reported, outcome.complete) == (2, 2, True)
    why = f"{STORE} failed: OSError: archive is down; it is asked for again for 7 days"
    assert [(each.record_id, each.receipt_id, each.code, each.why) for each in outcome.unattached] == [
        ("accr_001", "receipt_11", "store_failed", why),
        ("accr_001", "receipt_12", "store_failed", why),
        ("accr_002", "", "store_failed", why),
    ]
    console = Console(width=300, file=io.StringIO(), record=True)
    console.print(export_table(outcome))
    assert f"A receipt of accr_002 is not attached: {STORE} failed: OSError" in console.export_text()

    house.clock.advance(DAY)
    second = house.run(journal, store=giving([FILE, attrs.evolve(FILE, receipt_id="receipt_12", content=PNG)]))

    # The first has its files now, and the second has none.
    assert (second.counts.attached, second.counts.unattached, second.counts.posted) == (2, 0, 0)
    assert house.run(journal, store=down).counts.unattached == 0
    assert len(house.rillet.charges) == 2


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises `KeyboardInterrupt`, also in a job of a shell in the background, where nothing comes of it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_what_is_posted_is_not_failed_where_its_receipts_are_interrupted(house: House, tmp_path: Path) -> None:
    journal, released, workers = house.journal(tmp_path), threading.Event(), list[threading.Thread]()
    house.expense(1, (PDF, "application/pdf"))

    def interrupted(record: Record) -> Sequence[ReceiptFile]:
        workers.append(threading.current_thread())
        # As a second Ctrl-C does it.
        _thread.interrupt_main()
        released.wait()
        return down(record)

    outcome = house.run(journal, store=interrupted)
    released.set()
    workers[0].join()

    assert (outcome.counts.posted, outcome.counts.failed, outcome.counts.reported) == (1, 0, 0)
    assert (outcome.stop_code, outcome.complete) == (StopCode.INTERRUPTED, False)
    assert outcome.amounts == {"USD": Decimal(10)}
    assert [(each.record_id, each.code) for each in outcome.unattached] == [("accr_001", "interrupted")]
    assert [each.record_id for each in outcome.unreported] == ["accr_001"]

    second = house.run(journal, store=giving([FILE]))
    assert (second.counts.adopted, second.counts.attached, second.counts.reported) == (1, 1, 1)
    assert (len(house.rillet.charges), second.amounts) == (1, {})


def test_without_a_journal_nobody_can_ask_again(house: House) -> None:
    house.expense(1, (PDF, "application/pdf"))

    (unattached,) = house.run(store=down).unattached

    assert unattached.why == f"{STORE} failed: OSError: archive is down"


def test_files_that_only_the_store_has_are_attached_once(house: House, tmp_path: Path) -> None:
    """Brex has no receipt of the first record, and no link to that of the second."""
    journal = house.journal(tmp_path)
    house.expense(1)
    made = house.expense(2)
    house.brex.add(attrs.evolve(made, receipts=(Receipt(id="receipt_21"),)))
    asked = list[str]()

    def store(record: Record) -> Iterator[ReceiptFile]:
        asked.append(record.id)
        if record.id == "accr_002":
            yield attrs.evolve(FILE, receipt_id="receipt_21", content=JPEG, content_type="image/jpeg")
        yield attrs.evolve(FILE, receipt_id=f"archive {record.id}")
        yield attrs.evolve(FILE, receipt_id=f"archive {record.id}", content=PNG, content_type=None)

    def run() -> Any:
        return house.run(journal, store=store)  # type: ignore[arg-type]

    outcome = run()

    assert (outcome.counts.attached, outcome.counts.unattached, outcome.complete) == (5, 0, True)
    assert house.attached() == [
        ("archive_accr_001.pdf", "application/pdf", PDF),
        ("archive_accr_001_2.png", "image/png", PNG),
        ("archive_accr_002.pdf", "application/pdf", PDF),
        ("archive_accr_002_2.png", "image/png", PNG),
        ("receipt_21.jpg", "image/jpeg", JPEG),
    ]
    assert sorted(asked) == ["accr_001", "accr_002"]
    assert house.downloads() == []

    # Brex offers the records again: the journal knows what is attached.
    for record in list(house.brex.records.values()):
        house.ready_again(record)
    assert (run().counts.attached, len(house.uploads())) == (0, 5)


class BrokenLedger(RilletLedger):
    """A ledger of the caller's own that takes no file."""

    @override
    def upload(self, attempt: Attempt, ref: Ref, file: File) -> Sent:
        raise RuntimeError(f"no room for {file.filename}")


def test_a_ledger_at_fault_with_a_file_fails_that_record_alone(company: Company) -> None:
    company.brex.add(expense(1), expense(2))
    ledger = BrokenLedger(company.rillet.client(), REFERENCE_TYPE)

    outcome = Export(company.brex.client(), ledger, Bridge(SETTINGS), receipts=giving([FILE])).run()

    assert (outcome.counts.posted, outcome.counts.reported) == (1, 1)
    ((record_id, why),) = [(each.record.id, each.why) for each in outcome.failed]
    assert record_id == "accr_001"
    assert "not all its receipts are attached" in why
    assert "RuntimeError: no room for receipt_11.pdf" in why
