"""A second source: records that lie as JSON in a folder, and are told by files beside them. Brex is not asked at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from brex_accounting import Record, ReviewStatus
from brex_accounting.testing.records import card_expense
from bridge import Bridge, ReasonCode
from bridge.export import Answer, Export, Page, Source, SqlJournal, Told, UnknownRecordError, Unreadable
from clientkit import codec
from clientkit.testing import AnswerLost, Asked, Fault, RequestLost
from support.clocks import ManualClock
from support.companies.exported import SETTINGS, Company, expense

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("clock")
PAGE = 2


class Folder:
    """Records in ``records/``, one file each, and what the export told of them in ``told/`` under the same names."""

    name = "the folder"
    requests_sent = 0

    def __init__(self, place: Path) -> None:
        self._records, self._told = place / "records", place / "told"
        for each in (self._records, self._told):
            each.mkdir(parents=True)

    def put(self, *records: Record) -> None:
        for each in records:
            (self._records / f"{each.id}.json").write_bytes(codec.dumps(each))
            # What was told was about the record as it was.
            (self._told / f"{each.id}.json").unlink(missing_ok=True)

    def told(self) -> dict[str, dict[str, object]]:
        return {each.stem: json.loads(each.read_bytes()) for each in sorted(self._told.iterdir())}

    def is_offered(self, record: Record) -> bool:
        return record.review_status == ReviewStatus.READY_FOR_EXPORT and not self.is_taken(record)

    def is_taken(self, record: Record) -> bool:
        return "object_id" in self.told().get(record.id, {})

    def pages(
        self, *, ids: Sequence[str] | None, updated_after: datetime | None, changed_since: datetime | None
    ) -> Iterator[Page]:
        files = sorted(self._records.iterdir())
        for start in range(0, len(files), PAGE):
            records, unreadable = list[Record](), list[Unreadable]()
            for file in files[start : start + PAGE]:
                try:
                    records.append(codec.loads(file.read_bytes(), Record))
                except codec.CodecError as error:
                    unreadable.append(Unreadable(id=file.stem, why=str(error)))
            wanted = [each for each in records if self._is_wanted(each, ids, updated_after, changed_since)]
            others = [each for each in records if each not in wanted]
            yield Page(records=tuple(wanted), others=tuple(others), unreadable=tuple(unreadable))

    def tell(self, told: Sequence[Told]) -> Sequence[Answer]:
        for each in told:
            said = {name: value for name, value in attrs.asdict(each).items() if value is not None}
            (self._told / f"{each.record_id}.json").write_text(json.dumps(said), encoding="utf-8")
        return [Answer(record_id=each.record_id, is_taken=True) for each in told]

    def _is_wanted(
        self, record: Record, ids: Sequence[str] | None, updated_after: datetime | None, changed_since: datetime | None
    ) -> bool:
        if ids is not None:
            return record.id in ids
        if self.is_offered(record):
            return updated_after is None or record.updated_at > updated_after
        return self.is_taken(record) and changed_since is not None and record.updated_at > changed_since


@pytest.fixture
def folder(tmp_path: Path, company: Company) -> Iterator[Folder]:
    yield Folder(tmp_path / "folder")
    assert company.brex.asked == []


def export(folder: Source, company: Company, journal: SqlJournal | None) -> Export:
    return Export(folder, company.rillet.client(), Bridge(SETTINGS), journal=journal, in_flight=2)


def test_what_lies_in_a_folder_is_posted_once_and_told_in_files(
    folder: Folder, company: Company, journal: SqlJournal
) -> None:
    folder.put(*(expense(number, f"{number}.50") for number in range(1, 6)))

    outcome = export(folder, company, journal).run()

    assert outcome.complete
    assert outcome.amounts == {"USD": Decimal("17.50")}
    ids = {each.record.id: each.id for each in outcome.posted}
    assert folder.told() == {name: {"record_id": name, "object_id": made} for name, made in ids.items()}
    assert company.posted_references() == [f"accr_{number:03d}" for number in range(1, 6)]

    posts = company.posts()
    assert export(folder, company, journal).run().counts == attrs.evolve(outcome.counts, **dict.fromkeys(
        ("posted", "created_vendors", "reported"), 0
    ))  # fmt: skip
    assert company.posts() == posts


def test_a_refusal_names_the_record_and_nothing_is_told(folder: Folder, company: Company, journal: SqlJournal) -> None:
    folder.put(card_expense("5", record_id="accr_bad"), expense(1))

    outcome = export(folder, company, journal).run()

    ((refused, reasons),) = [(each.record.id, [reason.code for reason in each.reasons]) for each in outcome.refused]
    assert (refused, reasons) == ("accr_bad", [ReasonCode.UNCODED_LINE])
    assert list(folder.told()) == ["accr_001"]
    ((code, _),) = journal.refusals("accr_bad")[0].reasons
    assert code == "uncoded_line"


def test_refusals_are_written_where_the_settings_say_so(folder: Folder, company: Company, journal: SqlJournal) -> None:
    folder.put(card_expense("5", record_id="accr_bad", merchant="Café Zürich"))
    bridge = Bridge(attrs.evolve(SETTINGS, report_refusals=True))

    outcome = Export(folder, company.rillet.client(), bridge, journal=journal).run()

    # A refusal that was told needs a person all the same.
    assert not outcome.complete
    assert folder.told()["accr_bad"]["refusal"] == "; ".join(str(each) for each in outcome.refused[0].reasons)


@pytest.mark.parametrize("with_journal", [True, False])
def test_what_was_cut_off_is_finished_once_by_a_replay(
    folder: Folder, company: Company, journal: SqlJournal, *, with_journal: bool
) -> None:
    def is_charge(asked: Asked) -> bool:
        return asked.path == "/charges" and asked.method == "POST"

    folder.put(expense(1))
    company.rillet.faults.append(Fault(AnswerLost(), matches=is_charge, times=99))
    remembers = journal if with_journal else None
    assert [each.record.id for each in export(folder, company, remembers).run().failed] == ["accr_001"]
    assert folder.told() == {}
    company.rillet.faults.clear()

    outcome = export(folder, company, remembers).replay("accr_001")

    assert outcome.complete
    (charge,) = company.rillet.charges
    assert folder.told() == {"accr_001": {"record_id": "accr_001", "object_id": charge.id}}


def test_a_replay_posts_anew_what_the_ledger_lost(folder: Folder, company: Company, journal: SqlJournal) -> None:
    folder.put(expense(1))
    export(folder, company, journal).run()
    (first,) = company.rillet.charges
    company.rillet.client().charges.delete(first.id)

    outcome = export(folder, company, journal).replay("accr_001")

    (second,) = company.rillet.charges
    assert [each.id for each in outcome.posted] == [second.id] != [first.id]
    # Nobody waits to be told again, and the file still names what was there.
    assert folder.told()["accr_001"]["object_id"] == first.id
    with pytest.raises(UnknownRecordError, match="the folder has no record accr_9"):
        export(folder, company, journal).replay("accr_9")


def test_a_record_that_changed_after_it_was_told_is_posted_anew(
    folder: Folder, company: Company, journal: SqlJournal, clock: ManualClock
) -> None:
    folder.put(expense(1))
    export(folder, company, journal).run()
    clock.advance(3600)
    folder.put(attrs.evolve(expense(1, "12.00"), version=3, updated_at=clock()))

    outcome = export(folder, company, journal).run()

    assert [each.step for each in outcome.posted] == ["delete, post anew"]
    (charge,) = company.rillet.charges
    assert folder.told()["accr_001"]["object_id"] == charge.id
    assert company.rillet.ledger.balance("61000") == 12


def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(
    folder: Folder, company: Company, journal: SqlJournal, tmp_path: Path
) -> None:
    folder.put(*(expense(number) for number in range(1, 4)))
    damaged = tmp_path / "folder" / "records" / "accr_002.json"
    damaged.write_bytes(damaged.read_bytes()[:-9])

    outcome = export(folder, company, journal).run()

    assert [each.record_id for each in outcome.unreadable] == ["accr_002"]
    assert not outcome.complete
    assert list(folder.told()) == company.posted_references() == ["accr_001", "accr_003"]


def test_a_plan_tells_nobody(folder: Folder, company: Company, journal: SqlJournal) -> None:
    folder.put(expense(1), card_expense("5", record_id="accr_bad"))

    plan = export(folder, company, journal).plan()

    assert [each.record.id for each in plan.posts] == ["accr_001"]
    assert [each.record.id for each in plan.refused] == ["accr_bad"]
    assert folder.told() == {}
    assert company.posts() == []


def test_what_never_arrived_is_sent_again_under_its_key(folder: Folder, company: Company, journal: SqlJournal) -> None:
    folder.put(expense(1))
    company.rillet.faults.append(
        Fault(RequestLost(), matches=lambda asked: asked.path == "/charges" and asked.method == "POST", times=9)
    )
    export(folder, company, journal).run()
    company.rillet.faults.clear()

    assert export(folder, company, journal).run().complete
    sent = [asked for asked in company.rillet.asked if asked.path == "/charges" and asked.method == "POST"]
    assert len({(each.headers["idempotency-key"], each.content) for each in sent}) == 1


def test_verify_compares_the_folder_with_the_ledger(folder: Folder, company: Company, journal: SqlJournal) -> None:
    folder.put(expense(1), expense(2))
    made = export(folder, company, journal)
    made.run()
    assert made.verify() == ()
    company.rillet.client().charges.delete(company.rillet.charges[0].id)

    (found,) = made.verify()

    assert found.verdict == "deleted_in_rillet"
