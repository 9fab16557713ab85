"""What a method of a caller's own ledger gives wrongly is told with its name; what concerns one record keeps back this one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from typing_extensions import override

from brex_accounting.testing.records import card_expense, gl
from bridge import Books, FormLine, Found, Mapper, OnChange, ReasonCode, Settings
from bridge.export import Ability, Attempt, LookUp, Sent, SqlJournal, WrongAnswerError
from clientkit import Request
from support.own_entries import CHART, US, Company, CorrectedEntry, EntryDocument, lines_of
from support.pocket import PocketLedger, entry_of_merchant, export_to, spent

BAD = "accr_2"


def oops(*_: Any, **__: Any) -> Any:
    raise KeyError("oops")


def giving(value: object) -> Any:
    def function(*_: Any, **__: Any) -> Any:
        return value

    return function


def ledger_with(**members: Any) -> PocketLedger:
    made: PocketLedger = type("MyLedger", (PocketLedger,), members)()
    return made


def books(**fields: Any) -> Books:
    return attrs.evolve(Books(accounts=CHART, subsidiaries=(Company(),), ledger="Pocket"), **fields)


MIDNIGHT = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"snapshot": oops}, "MyLedger.snapshot failed: KeyError: 'oops'."),
        ({"snapshot": giving(None)}, "MyLedger.snapshot gave NoneType, and it has to give Books."),
        (
            {"snapshot": giving(books(last_closed=MIDNIGHT))},
            "MyLedger.snapshot gave Books whose last_closed is datetime, and it has to be a date.",
        ),
        (
            {"snapshot": giving(books(accounts=({"code": "6100"},)))},
            "MyLedger.snapshot gave Books whose accounts has dict, which has no id.",
        ),
        (
            {"snapshot": giving(books(accounts=iter(CHART)))},
            "MyLedger.snapshot gave Books whose accounts is tuple_iterator, and it has to be a tuple.",
        ),
        ({"find": oops}, "MyLedger.find failed: KeyError: 'oops'."),
        ({"find": giving(None)}, "MyLedger.find gave NoneType, and it has to give a LookUp."),
        ({"find": giving({})}, "MyLedger.find gave dict, and it has to give a LookUp."),
        (
            {"find": giving(LookUp(by_subject=None))},  # type: ignore[arg-type]
            "MyLedger.find gave a LookUp whose by_subject is NoneType, and it has to be a mapping.",
        ),
        (
            {"pacer": 5},
            "MyLedger.pacer gave int, and it has to give None or a Pacing, which has a limit and a window.",
        ),
        ({"pacer": property(oops)}, "MyLedger.pacer failed: KeyError: 'oops'."),
        ({"requests_sent": None}, "MyLedger.requests_sent gave NoneType, and it has to give an int."),
        ({"requests_sent": property(oops)}, "MyLedger.requests_sent failed: KeyError: 'oops'."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_every_record_needs_is_named_before_anything_is_posted(
    journal: SqlJournal, members: dict[str, Any], text: str
) -> None:
    ledger = ledger_with(**members)

    with pytest.raises(WrongAnswerError) as caught:
        export_to(ledger, spent(), journal=journal).run()

    assert (str(caught.value), ledger.entries) == (text, {})


def test_a_clock_that_raises_is_named(journal: SqlJournal) -> None:
    with pytest.raises(TypeError, match=r"^clock: it has to give seconds, and failed: KeyError: 'oops'$"):
        export_to(PocketLedger(), spent(), journal=journal, clock=oops).run()


@pytest.mark.parametrize("given", [None, {"a": 1}, ({"a": 1},)], ids=["nothing", "a dict", "a tuple of dicts"])
def test_what_find_gives_wrongly_for_one_record_keeps_this_one_back(journal: SqlJournal, given: Any) -> None:
    class MyLedger(PocketLedger):
        @override
        def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
            return LookUp(by_subject={BAD: given})

    ledger = MyLedger()

    outcome = export_to(ledger, spent(), journal=journal).run()

    assert (outcome.counts.posted, ledger.subjects()) == (2, ["accr_1", "accr_3"])
    ((record_id, text),) = [(each.record.id, each.reasons[0].text) for each in outcome.refused]
    assert record_id == BAD
    assert "MyLedger.find gave something else than a tuple of Found for it" in text


@pytest.mark.parametrize(
    ("method", "given", "text"),
    [
        (
            "create_vendor",
            Request[None](method="GET", path="/vendors"),
            "MyLedger.create_vendor gave a GET, and it has to be a POST.",
        ),
        (
            "create_vendor",
            Request[None](method="POST", path="/vendors"),
            "MyLedger.create_vendor gave a request without a body.",
        ),
        ("create_vendor", None, "MyLedger.create_vendor gave NoneType, and it has to give a Request."),
    ],
    ids=["GET", "no body", "nothing"],
)
def test_a_vendor_that_cannot_be_created_keeps_its_records_back(
    journal: SqlJournal, method: str, given: Any, text: str
) -> None:
    ledger = ledger_with(**{method: giving(given)})

    outcome = export_to(ledger, spent(2), journal=journal, mapper=entry_of_merchant).run()

    assert sorted((each.record.id, text in each.why) for each in outcome.failed) == [("accr_1", True), (BAD, True)]
    assert (ledger.vendors, ledger.entries) == ({}, {})

    # The next run creates the vendor once.
    mended = PocketLedger()
    assert export_to(mended, spent(2), journal=journal, mapper=entry_of_merchant).run().complete
    assert (mended.vendors, mended.subjects()) == ({"s1": "Cumulus Cloud"}, ["accr_1", BAD])


@pytest.mark.parametrize("method", ["ability", "create_vendor"])
def test_a_bug_is_not_taken_for_a_ledger_that_is_down(journal: SqlJournal, method: str) -> None:
    """Each record fails by itself, and the run comes to its end."""
    outcome = export_to(ledger_with(**{method: oops}), spent(30), journal=journal, mapper=entry_of_merchant).run()

    assert (outcome.stop_code, outcome.counts.failed, outcome.counts.not_reached) == (None, 30, 0)
    assert {each.code for each in outcome.failed} == {"WrongAnswerError"}
    assert all(f"MyLedger.{method} failed: KeyError: 'oops'" in each.why for each in outcome.failed)


def test_an_ability_that_is_none_is_named(journal: SqlJournal) -> None:
    ledger = ledger_with(ability=giving(None), send=oops)
    export_to(ledger, spent(1), journal=journal).run()

    outcome = export_to(ledger, spent(1), journal=journal).run()

    assert "MyLedger.ability gave NoneType, and it has to give an Ability." in outcome.failed[0].why


@pytest.mark.parametrize(("given", "name"), [("no", "str"), (None, "NoneType"), (1, "int")])
def test_whether_an_answer_is_about_what_was_sent_is_a_bool(journal: SqlJournal, given: object, name: str) -> None:
    ledger = PocketLedger()

    def answers(_: PocketLedger, attempt: Attempt, sent: Sent) -> Any:
        return given if attempt.subject == BAD else sent.content == attempt.payload

    distorted = ledger_with(answers=answers)
    distorted.entries = ledger.entries

    first = export_to(distorted, spent(), journal=journal).run()
    second = export_to(ledger, spent(), journal=journal).run()

    assert [(each.record.id, each.why.partition(". ")[0]) for each in first.failed] == [
        (BAD, f"MyLedger.answers gave {name}, and it has to give a bool")
    ]
    assert (first.counts.posted, second.counts.posted, second.counts.adopted) == (2, 0, 3)
    assert ledger.subjects() == ["accr_1", BAD, "accr_3"]


def test_an_id_of_another_record_is_named_and_the_entry_is_found(journal: SqlJournal) -> None:
    def send(self: PocketLedger, attempt: Attempt) -> Sent:
        return attrs.evolve(PocketLedger.send(self, attempt), id="e1")

    ledger = PocketLedger()
    distorted = ledger_with(send=send)
    distorted.entries = ledger.entries

    first = export_to(distorted, spent(2), journal=journal, in_flight=1).run()
    second = export_to(ledger, spent(2), journal=journal).run()

    assert [(each.record.id, each.why.partition(". ")[0]) for each in first.failed] == [
        (BAD, "MyLedger.send gave the id e1, which it gave for accr_1 before; look under entries")
    ]
    assert (second.counts.posted, second.complete) == (0, True)
    assert [attempt.object_id for attempt in journal.attempts(BAD)] == ["e2"]
    assert [each.lines[0].amount for each in ledger.entries.values()] == [Decimal("1.00"), Decimal("2.00")]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            Request(method="POST", path="/entries", body={"reverses": "e2"}, returns=bytes),
            "MyLedger.delete gave a POST, and it has to be a DELETE: a ledger that only reverses does not delete",
        ),
        (None, "MyLedger.delete gave NoneType, and it has to give a Request."),
    ],
    ids=["a reversal", "nothing"],
)
def test_what_does_not_delete_is_not_sent_in_place_of_a_deletion(journal: SqlJournal, given: Any, text: str) -> None:
    ledger = PocketLedger()
    assert export_to(ledger, spent(), journal=journal).run().complete
    reversing = ledger_with(delete=giving(given))
    reversing.entries = ledger.entries
    changed = [*spent(4)[3:], card_expense("9.00", coding=[gl("6100")], record_id=BAD, version=7)]

    outcome = export_to(reversing, changed, journal=journal).run()

    assert [(each.record.id, text in each.why) for each in outcome.failed] == [(BAD, True)]
    assert [each.record.id for each in outcome.posted] == ["accr_4"]
    assert sorted(f"{each.lines[0].amount}" for each in ledger.entries.values()) == ["1.00", "2.00", "3.00", "4.00"]

    assert export_to(ledger, changed, journal=journal).run().complete
    assert sorted(f"{each.lines[0].amount}" for each in ledger.entries.values()) == ["1.00", "3.00", "4.00", "9.00"]


@pytest.mark.parametrize(("given", "text"), [(None, "gave NoneType"), ("POST", "gave a POST, and it has to be a PUT")])
def test_what_does_not_replace_is_not_sent_in_place_of_a_replacement(
    journal: SqlJournal, given: str | None, text: str
) -> None:
    class Replaced(EntryDocument):
        @override
        def replace(self, present: Found) -> Any:
            return None if given is None else attrs.evolve(self.create(), method=given)

    ledger = ledger_with(ability=giving(Ability(is_found=True, replaces=True)))
    replaced: Mapper = lambda draft: draft.finish(Replaced, lines=lines_of(draft))  # noqa: E731
    assert export_to(ledger, spent(2), journal=journal, mapper=replaced).run().complete
    changed = [card_expense("9.00", coding=[gl("6100")], record_id=BAD, version=7)]

    outcome = export_to(ledger, changed, journal=journal, mapper=replaced).run()

    assert [(each.record.id, f"Replaced.replace {text}" in each.why) for each in outcome.failed] == [(BAD, True)]
    assert sorted(f"{each.lines[0].amount}" for each in ledger.entries.values()) == ["1.00", "2.00"]


@attrs.frozen(kw_only=True)
class Unmarked(CorrectedEntry):
    """What says of a correction what it says of a document."""

    @override
    def correction(self, lines: tuple[FormLine, ...], day: date) -> Any:
        return attrs.evolve(super().correction(lines, day), total=None)


@pytest.mark.parametrize("kind", [Unmarked, CorrectedEntry], ids=["without its mark", "with its mark"])
def test_a_correction_that_no_look_up_would_know_again_is_refused(
    journal: SqlJournal, kind: type[EntryDocument]
) -> None:
    """Its lost answer is settled by its mark; without one it was posted twice."""

    def lose(_: PocketLedger, attempt: Attempt) -> Sent:
        PocketLedger.send(ledger, attempt)
        raise TimeoutError("no answer")

    mapper: Mapper = lambda draft: draft.finish(kind, lines=lines_of(draft))  # noqa: E731
    settings = Settings(entities=(US,), reference_type=None, on_change=OnChange.CORRECT)
    ledger, losing = PocketLedger(), ledger_with(send=lose)
    losing.entries = ledger.entries
    common: dict[str, Any] = {"journal": journal, "mapper": mapper, "settings": settings}
    assert export_to(ledger, spent(2), **common).run().complete
    changed = [card_expense("9.00", coding=[gl("6100")], record_id=BAD, version=7)]

    planned = export_to(ledger, changed, **common).plan()
    export_to(losing, changed, **common).run()
    outcome = export_to(ledger, changed, **common).run()

    amounts = sorted(f"{abs(each.lines[0].amount)}" for each in ledger.entries.values())
    if kind is CorrectedEntry:
        assert (outcome.complete, amounts) == (True, ["1.00", "2.00", "7.00"])
        return
    assert amounts == ["1.00", "2.00"]
    for told in (planned, outcome):
        ((reason,),) = [each.reasons for each in told.refused]
        assert reason.code == ReasonCode.MAPPER_FAILED
        assert "Unmarked.correction gave a Unmarked without the mark of a correction of accr_2" in reason.text


@pytest.mark.parametrize("arrived", [True, False], ids=["the answer is lost", "the request is lost"])
def test_what_is_neither_found_nor_sent_under_a_key_is_not_sent_again(journal: SqlJournal, arrived: bool) -> None:
    """The usual ability: nothing but to create. Whether the entry is there, a person has to say."""

    def send(self: PocketLedger, attempt: Attempt) -> Sent:
        if arrived:
            PocketLedger.send(self, attempt)
        raise TimeoutError("no answer")

    blind = {"ability": giving(Ability()), "find": giving(LookUp())}
    losing, ledger = ledger_with(send=send, **blind), ledger_with(**blind)
    ledger.entries = losing.entries
    assert not export_to(losing, spent(1), journal=journal).run().complete
    waiting = export_to(ledger, spent(1), journal=journal)

    again = [waiting.run(), waiting.run()]

    assert [(each.failed[0].code, "knows no keys" in each.failed[0].why) for each in again] == [
        ("unknown_attempt", True)
    ] * 2
    assert len(ledger.entries) == arrived
    settled = waiting.replay("accr_1", adopt="e1") if arrived else waiting.replay("accr_1", anew=True)
    assert settled.complete
    assert waiting.run().complete
    assert [f"{each.lines[0].amount}" for each in ledger.entries.values()] == ["1.00"]


@attrs.frozen(kw_only=True)
class Voucher(EntryDocument):
    """Of several kinds, one of which the mapper says."""

    kind: str


def test_one_class_of_documents_may_be_of_several_kinds() -> None:
    ledger = PocketLedger()
    mapper: Mapper = lambda draft: draft.finish(Voucher, lines=lines_of(draft), kind="entries")  # noqa: E731

    assert export_to(ledger, spent(2), mapper=mapper).run().complete

    assert len(ledger.entries) == 2


class Cutting(PocketLedger):
    """Keeps the first characters of a memo, so that it finds nothing again, and of a vendor's name."""

    def send(self, attempt: Attempt) -> Sent:
        made = super().send(attempt)
        if attempt.kind == "vendors":
            self.vendors[made.id] = self.vendors[made.id][:7]
        elif attempt.method == "POST":
            self.entries[made.id] = attrs.evolve(self.entries[made.id], memo="Brex card expense")
        return attrs.evolve(made, content=b"{}")

    def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
        del subjects, since, sources
        return LookUp()


def test_an_object_other_than_was_sent_is_not_made_again_with_each_run(journal: SqlJournal) -> None:
    ledger = Cutting()
    export = export_to(ledger, spent(1), journal=journal)

    told = [export.run().failed[0].why for _ in range(3)]

    assert len(ledger.entries) == 1
    assert "Pocket answered with entries e1, which is not what was sent" in told[0]
    for each in told[1:]:
        assert "with entries e1, which is not what was sent, and does not find what was" in each
        assert "--adopt" in each
    assert export.replay("accr_1", adopt="e1").complete
    assert export.run().complete
    assert len(ledger.entries) == 1


def test_a_vendor_other_than_was_sent_is_not_made_again_with_each_run(journal: SqlJournal) -> None:
    ledger = Cutting()
    export = export_to(ledger, spent(2), journal=journal, mapper=entry_of_merchant, in_flight=1)

    told = [each.why for _ in range(3) for each in export.run().failed]

    assert (list(ledger.vendors.values()), ledger.entries) == (["Cumulus"], {})
    assert "Pocket answered with vendors s1, which is not what was sent" in told[-1]
    assert "its books have no vendor 'Cumulus Cloud'; give one of them this name" in told[-1]
