"""An answer that belongs to another request is told to nobody: the attempt stays open, and the next run finds its own."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from typing_extensions import override

import brex_accounting
import brex_accounting.testing
import rillet.testing
from brex_accounting import Record, RecordType
from brex_accounting.testing.records import card_expense, gl, record, reimbursement
from bridge import Bridge, Settings
from bridge.export import Export, ExportOutcome, SqlJournal
from bridge.export.engine.attempts import Attempt, AttemptState, receipt_subject
from bridge.export.ledgers.rillet_answers import is_about
from clientkit import Answer
from clientkit.testing import Asked, Fault, Respond
from support.companies.exported import REFERENCE_TYPE, SETTINGS, US

WHOLE = attrs.evolve(SETTINGS, entities=(attrs.evolve(US, bank_account="11100", accounts_payable_account="21100"),))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Matches = Callable[[Asked], bool]


class OutOfStep(rillet.testing.StandIn):
    """Handles every request, and answers all that match with what the first of them got."""

    matches: Matches | None = None
    first: Answer | None = None

    @override
    def respond(self, asked: Asked) -> Answer:
        own = super().respond(asked)
        if self.matches is None or not self.matches(asked):
            return own
        self.first = self.first or own
        return self.first


def writes(path: str) -> Matches:
    return lambda asked: asked.method == "POST" and asked.path.startswith(path)


class World:
    def __init__(self, folder: Path, *records: Record, settings: Settings = WHOLE, matches: Matches) -> None:
        self.brex = brex_accounting.testing.StandIn(records, rate_limit=None)
        self.rillet = OutOfStep(reference_types={REFERENCE_TYPE})
        self.rillet.matches = matches
        self.settings, self.place = settings, str(folder / "journal.db")

    def run(self) -> ExportOutcome:
        clients = self.brex.client(sleep=lambda _: None), self.rillet.client(sleep=lambda _: None)
        with SqlJournal(self.place) as journal:
            return Export(*clients, Bridge(self.settings), journal=journal, in_flight=1).run()

    def told(self) -> dict[str, str | None]:
        """The id that Brex was told for each record."""
        results: dict[str, str | None] = {}
        for name, result in self.brex.results.items():
            assert isinstance(result, brex_accounting.Exported)
            results[name] = result.success.reference_id
        return results

    def states(self, subject: str) -> list[AttemptState]:
        with SqlJournal(self.place) as journal:
            return [each.state for each in journal.attempts(subject)]


def expense(number: int, amount: str = "10.00", merchant: str = "Cumulus Cloud") -> Record:
    return card_expense(amount, coding=[gl("61000")], merchant=merchant, record_id=f"accr_{number}")


def payment(number: int, amount: str) -> Record:
    lines = [(amount, ())]
    return record(RecordType.CARD_PAYMENT, debits=lines, credits=lines, record_id=f"accr_{number}")


def bill(number: int) -> Record:
    return record(
        RecordType.BILL_EXPENSE, debits=[("10", [gl("62000")])], credits=[("10", ())], vendor="Hotel Adlon", record_id=f"accr_{number}",
        source_id=f"bill_{number}", invoice_number=f"I-{number}",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "records"),
    [
        ("/charges", [expense(1), expense(2, "250.00")]),
        ("/charges", [expense(1), expense(2)]),
        ("/reimbursements", [reimbursement(each, coding=[gl("62000")], record_id=f"accr_{each}") for each in "12"]),
        ("/bills", [bill(1), bill(2)]),
        ("/journal-entries", [payment(1, "5"), payment(2, "5")]),
    ],
    ids=["charges", "charges alike", "reimbursements", "bills", "entries alike"],
)
def test_each_record_is_told_its_own_id(tmp_path: Path, path: str, records: list[Record]) -> None:
    world = World(tmp_path, *records, matches=writes(path))

    first = world.run()

    assert (first.counts.posted, first.counts.failed, first.complete) == (1, 1, False)
    assert "which is not what was sent" in first.failed[0].why
    assert set(world.told()) == {"accr_1"}
    assert world.states("accr_2") == [AttemptState.OPEN]
    # The connection is as it was, for what is sent again too; what was made is found by its mark.
    second = world.run()
    assert second.complete
    assert world.told()["accr_1"] != world.told()["accr_2"]
    books = world.rillet
    made = [[each.id for each in kind] for kind in (books.charges, books.reimbursements, books.bills)]
    made.append([each.id for each in books.journal_entries])
    assert sorted(itertools.chain(*made)) == sorted(filter(None, world.told().values()))


def test_the_payment_of_another_bill_is_not_taken(tmp_path: Path) -> None:
    def pays(number: int, amount: str) -> Record:
        lines = [(amount, ())]
        return record(
            RecordType.BILL_EXPENSE_PAYMENT, debits=lines, credits=lines, record_id=f"accr_p{number}",
            source_id=f"bill_{number}",
        )  # fmt: skip

    world = World(
        tmp_path, bill(1), bill(2), pays(1, "4"), pays(2, "4"),
        matches=lambda asked: asked.method == "POST" and asked.path.endswith("/payments"),
    )  # fmt: skip

    first = world.run()

    assert (first.counts.posted, [each.record.id for each in first.failed]) == (3, ["accr_p2"])
    assert world.states("accr_p2") == [AttemptState.OPEN]
    world.rillet.matches = None
    assert world.run().complete
    client = world.rillet.client()
    paid = {each.id: [one.id for one in client.bills.list_payments(each.id)] for each in world.rillet.bills}
    assert sorted(map(len, paid.values())) == [1, 1]
    assert world.told()["accr_p1"] != world.told()["accr_p2"]


def test_the_id_of_another_vendor_is_not_taken(tmp_path: Path) -> None:
    world = World(tmp_path, expense(1), expense(2, merchant="Skyline Air"), matches=writes("/vendors"))

    first = world.run()

    assert (first.counts.posted, first.counts.created_vendors, first.counts.failed) == (1, 1, 1)
    world.rillet.matches = None
    assert world.run().complete
    names = {each.id: each.name for each in world.rillet.vendors}
    bought = {each.external_references[0].id: names[each.vendor_id] for each in world.rillet.charges}
    assert bought == {"accr_1": "Cumulus Cloud", "accr_2": "Skyline Air"}


def test_another_summary_is_not_taken(tmp_path: Path) -> None:
    def day(number: int) -> Record:
        return attrs.evolve(payment(number, "5"), erp_posting_date=datetime(2026, 2, number, tzinfo=UTC))

    settings = attrs.evolve(WHOLE, summarise=(RecordType.CARD_PAYMENT,))
    world = World(tmp_path, day(1), day(2), settings=settings, matches=writes("/journal-entries"))

    first = world.run()

    assert (first.counts.posted, first.counts.failed) == (1, 1)
    assert set(world.told()) == {"accr_1"}
    assert world.run().complete
    assert world.told()["accr_1"] != world.told()["accr_2"]
    assert len(world.rillet.journal_entries) == 2


def test_a_file_is_not_attached_by_the_answer_to_something_else(tmp_path: Path) -> None:
    world = World(tmp_path, matches=lambda _: False)
    receipt = world.brex.receipt_files.add("receipt_1", b"%PDF-1")
    world.brex.add(attrs.evolve(expense(1), receipts=(receipt,)))
    page = Answer(status=200, headers={"content-type": "application/json"}, content=b'{"id": "another charge"}')
    is_upload = re.compile("/charges/.").match
    world.rillet.faults.append(Fault(Respond(page), matches=lambda asked: bool(is_upload(asked.path))))

    first = world.run()

    assert (first.counts.attached, first.complete, list(world.rillet.attachments)) == (0, False, [])
    second = world.run()
    assert (second.counts.attached, second.complete, len(world.rillet.attachments)) == (1, True, 1)


def test_the_answer_to_a_file_or_a_deletion_may_name_its_object_alone() -> None:
    file = attrs.evolve(attempt({}), subject=receipt_subject("c", "receipt_1", 0), object_id="c")
    deletion = attrs.evolve(attempt({}), method="DELETE", path="/charges/c", object_id="c")
    for each in (file, deletion):
        told = [is_about(each, content, reference_type="brex") for content in (b"", b'{"id": "c"}', b'{"id": "d"}')]
        assert told == [True, True, False]


@pytest.mark.parametrize(
    ("change", "is_about_it"),
    [
        ({}, True),
        ({"charge_date": "2026-02-04", "impact_date": "2026-02-04"}, False),
        ({"items": [{"id": "i", "account_code": "61000", "amount": {"amount": "11", "currency": "USD"}}]}, False),
        ({"items": [{"id": "i", "account_code": "61000", "amount": {"amount": "10", "currency": "EUR"}}]}, False),
        ({"items": [{"id": "i", "account_code": "61000", "amount": {"amount": "10.0000", "currency": "USD"}}]}, True),
        ({"items": [{"id": "i", "account_code": "61000", "amount": {"amount": "10.005", "currency": "USD"}}]}, True),
        ({"vendor_id": "another"}, False),
        ({"external_references": [{"type": "brex", "id": "accr_9"}]}, False),
        ({"external_references": [{"type": "other", "id": "accr_9"}]}, True),
        ({"external_references": []}, True),
    ],
)
def test_reference_day_vendor_and_amounts_tell(change: dict[str, object], *, is_about_it: bool) -> None:
    payload = {
        "vendor_id": "v",
        "items": [{"account_code": "61000", "amount": {"amount": "10.00", "currency": "USD"}}],
        "charge_date": "2026-02-03",
        "credit_card_account_code": "21120",
    }
    answer = {
        **payload,
        "id": "c",
        "items": [{"id": "i", "account_code": "61000", "amount": {"amount": "10.00", "currency": "USD"}}],
        "status": "UNPAID",
        **change,
    }
    assert is_about(attempt(payload), json.dumps(answer).encode(), reference_type="brex") is is_about_it


def test_an_object_of_another_kind_is_not_taken() -> None:
    entry: dict[str, object] = {
        "id": "e",
        "name": "Brex accr_1: x",
        "currency": "USD",
        "items": [],
        "date": "2026-02-03",
    }
    assert not is_about(attempt({}), json.dumps(entry).encode(), reference_type="brex")


@pytest.mark.parametrize("content", [b"", b"{}", b'{"id": "c"}', b"[]", b"null"])
def test_what_says_nothing_proves_nothing(content: bytes) -> None:
    assert is_about(attempt({}), content, reference_type="brex")


def attempt(payload: Mapping[str, object]) -> Attempt:
    return Attempt(
        subject="accr_1", version=1, number=1, kind="charges", path="/charges", payload=json.dumps(payload).encode(),
        key="k", intended_at=NOW, intended_by="me",
    )  # fmt: skip
