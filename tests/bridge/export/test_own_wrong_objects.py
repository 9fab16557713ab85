"""A ledger of a caller's own that gives one record the object of another: nothing is written, and the books stay right."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from typing_extensions import override

from brex_accounting import Record
from brex_accounting.testing.records import card_expense, gl
from bridge import Found, Mapper, OnDelete, Ref, Settings
from bridge.export import Ability, Attempt, ExportOutcome, LookUp, Sent, SqlJournal
from clientkit import ApiError, Request
from support.own_entries import US, EntryDocument, lines_of
from support.pocket import PocketLedger, entry, export_to, spent

BAD = "accr_2"


class Mixing(PocketLedger):
    """Finds nothing by its mark, and `gets` what it is told to for the entry of accr_2, that of accr_1 in some way."""

    gets: str | None = None

    @override
    def ability(self, kind: str) -> Ability:
        return Ability(honours_key=True, deletes=True, replaces=self.replaces)

    replaces = False

    @override
    def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
        return LookUp()

    @override
    def get(self, ref: Ref) -> Found | None:
        if ref.id != "e2" or self.gets is None:
            return super().get(ref)
        other = super().get(Ref(kind="entries", id="e1"))
        assert other is not None
        return {
            "another object": other,
            "another kind": attrs.evolve(other, ref=Ref(kind="vouchers", id="e2"), mark=None),
            "the mark of another record": attrs.evolve(other, ref=ref),
            "the record that another one names": attrs.evolve(
                other, ref=ref, mark=None if other.mark is None else attrs.evolve(other.mark, version=None, digest=None)
            ),
            "a dict": {"id": "e2"},
        }[self.gets]  # type: ignore[return-value]

    @override
    def send(self, attempt: Attempt) -> Sent:
        if attempt.method != "PUT":
            return super().send(attempt)
        self.entries[attempt.target.id] = self.read(attempt)
        return Sent(id=attempt.target.id, content=attempt.payload)

    def read(self, attempt: Attempt) -> Any:
        made = PocketLedger()
        made.send(attrs.evolve(attempt, method="POST", path="/entries"))
        return made.entries["e1"]

    def amounts(self) -> dict[str, Decimal]:
        """The debit of each entry."""
        return {key: each.lines[0].amount for key, each in self.entries.items()}


@attrs.frozen(kw_only=True)
class Replaced(EntryDocument):
    """An entry that a PUT replaces."""

    @override
    def replace(self, present: Found) -> Request[Any]:
        return Request(method="PUT", path=f"/entries/{present.ref.id}", body=self.payload, returns=bytes)


replaced: Mapper = lambda draft: draft.finish(Replaced, lines=lines_of(draft))  # noqa: E731


def posted(ledger: PocketLedger, journal: SqlJournal, mapper: Mapper = entry) -> ExportOutcome:
    """The outcome of a run, in which accr_1 becomes e1 and accr_2 e2."""
    return export_to(ledger, spent(2), journal=journal, mapper=mapper, in_flight=1).run()


def changed(amount: str = "9.00") -> list[Record]:
    return [card_expense(amount, coding=[gl("6100")], record_id=BAD, version=7)]


GETS = {
    "another object": "Mixing.get gave entries e1, and was asked for entries e2.",
    "another kind": "Mixing.get gave vouchers e2, and was asked for entries e2.",
    "the mark of another record": "Mixing.get gave entries e2 for accr_2, and its mark names accr_1.",
    "the record that another one names": "Mixing.get gave entries e2 for accr_2, and its mark names accr_1.",
    "a dict": "Mixing.get gave dict, and it has to give a Found or None.",
}


@pytest.mark.parametrize("replaces", [False, True], ids=["deleted", "replaced"])
@pytest.mark.parametrize("gets", GETS)
def test_the_object_of_another_record_is_neither_replaced_nor_deleted(
    journal: SqlJournal, gets: str, *, replaces: bool
) -> None:
    ledger = Mixing()
    ledger.replaces = replaces
    assert posted(ledger, journal, replaced).complete
    export = export_to(ledger, changed(), journal=journal, mapper=replaced)
    ledger.gets = gets

    plan, outcome, found = export.plan(), export.run(), export.verify()

    assert [GETS[gets] in each.reasons[0].text for each in plan.refused] == [True]
    assert [(each.record.id, each.why.startswith(GETS[gets])) for each in outcome.failed] == [(BAD, True)]
    assert ledger.amounts() == {"e1": Decimal("1.00"), "e2": Decimal("2.00")}
    assert (BAD, "unreadable", GETS[gets]) in [(each.record_id, each.verdict, each.text) for each in found]

    ledger.gets = None
    assert export_to(ledger, changed(), journal=journal, mapper=replaced).run().complete
    assert ledger.amounts() == {"e1": Decimal("1.00"), "e2": Decimal("9.00")}


def test_what_looks_like_a_mark_in_a_name_that_a_person_wrote_is_none(journal: SqlJournal) -> None:
    ledger = Mixing()
    assert posted(ledger, journal).complete
    ledger.entries["e2"] = attrs.evolve(ledger.entries["e2"], memo="Brex invoice: see the folder")

    assert export_to(ledger, changed(), journal=journal).run().complete

    assert ledger.amounts() == {"e1": Decimal("1.00"), "e2": Decimal("9.00")}


@pytest.mark.parametrize("gets", ["another object", "the mark of another record"])
def test_a_replay_does_not_take_the_object_of_another_record_for_what_is_there(journal: SqlJournal, gets: str) -> None:
    ledger = Mixing()
    assert posted(ledger, journal).complete
    del ledger.entries["e2"]
    ledger.gets = gets
    export = export_to(ledger, spent(2), journal=journal)

    with pytest.raises(ApiError, match=GETS[gets].replace(".", r"\.")):
        export.replay(BAD)

    ledger.gets = None
    assert export.replay(BAD).counts.posted == 1
    assert ledger.amounts() == {"e1": Decimal("1.00"), "e2": Decimal("2.00")}


class Repeating(PocketLedger):
    """Answers a creation for accr_2 with the id of e1, whatever it made."""

    is_mended = False
    can = Ability(is_found=True, deletes=True)

    @override
    def ability(self, kind: str) -> Ability:
        return self.can

    @override
    def send(self, attempt: Attempt) -> Sent:
        sent = super().send(attempt)
        is_wrong = attempt.subject == BAD and attempt.method == "POST" and not self.is_mended
        return attrs.evolve(sent, id="e1") if is_wrong else sent


def test_the_id_that_the_journal_has_for_another_record_is_refused_in_a_later_run_too(journal: SqlJournal) -> None:
    ledger = Repeating()
    assert export_to(ledger, spent(1), journal=journal).run().complete

    outcome = export_to(ledger, spent(2), journal=journal).run()

    ((record_id, why),) = [(each.record.id, each.why) for each in outcome.failed]
    assert record_id == BAD
    assert "Repeating.send gave the id e1, which the journal has for accr_1; look under entries." in why
    assert "Mend it and run again." in why
    # What it made is found by its mark.
    ledger.is_mended = True
    assert export_to(ledger, spent(2), journal=journal).run().complete
    assert [each.object_id for each in journal.attempts(BAD)] == ["e2"]
    assert ledger.subjects() == ["accr_1", BAD]


def test_what_nobody_finds_and_was_answered_with_another_s_id_is_left_to_a_person(journal: SqlJournal) -> None:
    ledger = Repeating()
    ledger.can = Ability()
    ledger.find = lambda *_, **__: LookUp()  # type: ignore[method-assign]
    assert export_to(ledger, spent(1), journal=journal).run().complete
    export = export_to(ledger, spent(2), journal=journal)

    told = [export.run().failed[0].code for _ in range(3)]

    assert told == ["OtherObjectError", "unknown_attempt", "unknown_attempt"]
    assert ledger.subjects() == ["accr_1", BAD]
    with pytest.raises(ValueError, match=r"entries e1 was posted for accr_1"):
        export.replay(BAD, adopt="e1")
    assert export.replay(BAD, adopt="e2").complete
    assert ledger.subjects() == ["accr_1", BAD]


def test_the_id_of_what_this_export_deleted_may_be_given_again(journal: SqlJournal) -> None:
    ledger = PocketLedger()
    assert posted(ledger, journal).complete
    settings = Settings(entities=(US,), reference_type=None, on_delete=OnDelete.DELETE)
    assert export_to(ledger, changed("0.00"), journal=journal, settings=settings).run().complete
    assert ledger.subjects() == ["accr_1"]

    outcome = export_to(ledger, spent(3)[2:], journal=journal).run()

    assert (outcome.complete, ledger.subjects()) == (True, ["accr_1", "accr_3"])
    assert [each.object_id for each in journal.attempts("accr_3")] == ["e2"]


class Unmarked(PocketLedger):
    """Finds the entry of accr_1 for accr_2 as well, and tells no marks."""

    @override
    def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
        found = {key: attrs.evolve(self._found(key), mark=None) for key in self.entries}
        return LookUp(by_subject={"accr_1": (found["e1"],), BAD: (found["e1"],)} if found else {})


def test_what_the_journal_has_for_another_record_is_not_adopted_where_it_has_no_mark(journal: SqlJournal) -> None:
    ledger = Unmarked()
    same = [card_expense("1.00", coding=[gl("6100")], record_id=each) for each in ("accr_1", BAD)]
    assert export_to(ledger, same[:1], journal=journal).run().complete
    export = export_to(ledger, same, journal=journal)

    plan, outcome = export.plan(), export.run()

    text = "Unmarked.find gave entries e1 for accr_2 without a mark, and the journal has it for accr_1"
    for each in (plan, outcome):
        assert [(refused.record.id, text in refused.reasons[0].text) for refused in each.refused] == [(BAD, True)]
    assert journal.attempts(BAD) == ()

    mended = PocketLedger()
    mended.entries = ledger.entries
    assert export_to(mended, same, journal=journal).run().complete
    assert ledger.subjects() == ["accr_1", BAD]
    told = [each for each in export_to(ledger, same, journal=journal).verify() if each.record_id == BAD]
    assert [(each.verdict, text in each.text) for each in told] == [("unreadable", True)]


def test_what_a_person_made_without_a_mark_is_still_adopted(journal: SqlJournal) -> None:
    made, ledger = PocketLedger(), Unmarked()
    assert export_to(made, spent(1)).run().complete
    ledger.entries = {"e1": attrs.evolve(made.entries["e1"], memo="Software")}

    outcome = export_to(ledger, spent(1), journal=journal).run()

    assert (outcome.counts.adopted, len(ledger.entries)) == (1, 1)


def test_two_records_that_the_journal_has_on_one_object_are_told(journal: SqlJournal) -> None:
    ledger = PocketLedger()
    assert export_to(ledger, spent(1), journal=journal).run().complete
    # As an earlier release wrote it down.
    (attempt,) = journal.attempts("accr_1")
    journal.intend(attrs.evolve(attempt, subject=BAD, key="another"))
    journal.note(attrs.evolve(attempt, subject=BAD, key="another"))

    found = export_to(ledger, spent(2), journal=journal).verify()

    told = [(each.record_id, each.text) for each in found if each.verdict == "stands_for_several"]
    assert told == [
        (BAD, "the journal has entries e1 for it and for accr_1; look at it, and for which of them it stands")
    ]
