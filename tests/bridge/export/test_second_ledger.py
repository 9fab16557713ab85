"""A small ledger of a caller's own: what it answers, finds and reads wrongly concerns one record, and no money is lost."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest
from typing_extensions import override

from bridge import Draft, Form, Post
from bridge.export import LookUp, SqlJournal
from clientkit import Answer
from clientkit.testing import AnswerLost, Asked, Fault, json_answer
from support.acme import AcmeLedger, EntryDocument, World, acme_entry, spent
from support.own_entries import lines_of


def answering(method: str, answer: Answer) -> Callable[[Asked], Answer | None]:
    return lambda asked: answer if asked.method == method else None


ERRORS = [Answer(status=502, content=b"<html>"), json_answer(503, {"fault": {"no": "P-503"}})]


@pytest.mark.parametrize("error", ERRORS, ids=["a page", "a body"])
def test_the_body_of_an_error_is_not_read_as_the_object_that_was_changed(journal: SqlJournal, error: Answer) -> None:
    world = World(journal, spent("7.00", "accr_1"), spent("8.00", "accr_2"))
    export = world.export(AcmeLedger(world.acme, replaces=True))
    export.run()
    world.change("9.00", "accr_1")

    world.acme.spoils = answering("PUT", error)
    failed = export.run()
    world.acme.spoils = lambda _: None
    outcome = export.run()

    assert [each.record.id for each in failed.failed] == ["accr_1"]
    assert (outcome.complete, outcome.failed, outcome.refused) == (True, (), ())
    assert world.acme.amounts() == ["8.00", "9.00"]
    assert export.verify() == ()
    last = journal.attempts("accr_1")[-1]
    assert last.answer is not None
    assert json.loads(last.answer)["id"] == last.object_id
    # A later change goes on from there.
    world.change("10.00", "accr_1")
    assert export.run().counts.posted == 1
    assert world.acme.amounts() == ["10.00", "8.00"]


class Unreading(AcmeLedger):
    """Cannot read what it was sent of one amount."""

    gives: Callable[[], Any]

    @override
    def form_of(self, kind: str, content: bytes) -> Form | None:
        return self.gives() if b'"7.00"' in content else super().form_of(kind, content)


def raises() -> Form:
    raise KeyError("oops")


@pytest.mark.parametrize(
    ("gives", "why"),
    [
        (raises, "Unreading.form_of of your program failed: KeyError: 'oops'"),
        (dict[str, str], "Unreading.form_of gave dict"),
    ],
    ids=["raises", "a dict"],
)
def test_a_form_that_cannot_be_read_keeps_its_record_alone(
    journal: SqlJournal, gives: Callable[[], Any], why: str
) -> None:
    world = World(journal, spent("7.00", "accr_1"), spent("8.00", "accr_2"))
    world.export(AcmeLedger(world.acme)).run()
    world.change("9.00", "accr_1")
    world.change("10.00", "accr_2")
    ledger = Unreading(world.acme)
    ledger.gives = gives
    export = world.export(ledger)

    plan, outcome, found = export.plan(), export.run(), export.verify()
    replayed = export.replay("accr_1")

    for each in (plan, outcome, replayed):
        ((refused, text),) = [(refusal.record.id, str(refusal.reasons[0])) for refusal in each.refused]
        assert refused == "accr_1"
        assert why in text
        assert "Mend it and run again" in text
    assert outcome.counts.posted == 1
    assert world.acme.amounts() == ["10.00", "7.00"]
    assert [(each.record_id, each.verdict, why in each.text) for each in found] == [("accr_1", "unreadable", True)]
    # Once it is mended, the change is made.
    assert world.export(AcmeLedger(world.acme)).run().counts.posted == 1
    assert world.acme.amounts() == ["10.00", "9.00"]


def test_the_ledger_of_the_page_runs_through_a_record_s_life(
    journal: SqlJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[3] / "docs" / "second-ledger.md").read_text("utf-8")
    section = page.split("## A whole small one", 1)[1]
    module = ModuleType("page_about_a_second_ledger")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    ledger_of_page: dict[str, Any] = module.__dict__
    # The last block is a run of its own.
    for block in re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[:3]:
        exec(block, ledger_of_page)
    world = World(journal, spent("7.00", "accr_1"), spent("8.00", "accr_2"))
    acme = ledger_of_page["Acme"]()
    ledger = ledger_of_page["AcmeLedger"](ledger_of_page["acme_client"](acme))
    export = world.export(ledger, ledger_of_page["acme_entry"])

    def amounts() -> list[str]:
        return sorted(each["lines"][0]["amount"] for each in acme.entries.values())

    assert export.run().counts.posted == 2
    world.change("9.00", "accr_1")
    changed = export.run()
    assert (changed.failed, changed.counts.posted, amounts()) == ((), 1, ["8.00", "9.00"])

    # The answer to the deletion is lost, and its repetition finds nothing.
    acme.faults.append(Fault(AnswerLost(), matches=lambda asked: asked.method == "DELETE"))
    world.change("10.00", "accr_1")
    changed = export.run()
    assert (changed.failed, changed.refused, amounts()) == ((), (), ["10.00", "8.00"])
    world.change("0.00", "accr_2")
    assert export.run().failed == ()
    assert export.verify() == ()
    assert amounts() == ["10.00"]


class Confusing(AcmeLedger):
    """Gives for accr_2 what was posted for accr_1."""

    @override
    def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
        found = super().find({*subjects, "accr_1"}, since=since, sources=sources).by_subject
        return LookUp(by_subject={**found, "accr_2": found.get("accr_1", ())})


def test_what_is_found_for_a_record_with_the_mark_of_another_one_is_not_taken_for_its_own(journal: SqlJournal) -> None:
    world = World(journal, spent("7.00", "accr_1"))
    world.export(AcmeLedger(world.acme)).run()
    world.brex.add(spent("7.00", "accr_2"), spent("8.00", "accr_3"))
    # Nothing of accr_2 is posted, and nobody knows it.
    world.acme.faults.append(Fault(AnswerLost(), matches=lambda asked: b"accr_2" in asked.content))
    world.export(AcmeLedger(world.acme)).run()
    world.acme.entries = {key: each for key, each in world.acme.entries.items() if "accr_2" not in str(each["memo"])}
    export = world.export(Confusing(world.acme))

    outcome, found = export.run(), export.verify()

    assert (outcome.counts.adopted, outcome.counts.reported) == (0, 0)
    ((refused, text),) = [(each.record.id, str(each.reasons[0])) for each in outcome.refused]
    assert refused == "accr_2"
    assert re.search(r"Confusing\.find gave entries e\d for accr_2, and its mark names accr_1", text)
    assert [(each.record_id, each.text) for each in found] == [("accr_2", text)]
    # Once it is mended, it is posted.
    assert world.export(AcmeLedger(world.acme)).run().counts.posted == 1
    assert world.acme.amounts() == ["7.00", "7.00", "8.00"]


@attrs.frozen(kw_only=True)
class Unmarked(EntryDocument):
    """Says nothing of its record."""

    @property
    @override
    def memo(self) -> str:
        return "Software"


def test_a_document_with_the_mark_of_another_record_is_refused_before_it_is_sent(journal: SqlJournal) -> None:
    world = World(journal, spent("7.00", "accr_1"), spent("8.00", "accr_2"))

    def confusing(draft: Draft) -> Post | None:
        made = acme_entry(draft)
        assert isinstance(made, Post)
        assert isinstance(made.document, EntryDocument)
        document = attrs.evolve(made.document, origin=attrs.evolve(made.document.origin, record_id="accr_1"))
        return attrs.evolve(made, document=document)

    export = world.export(AcmeLedger(world.acme), confusing)
    outcome = export.run()

    assert [(each.record.id, each.reasons[0].code) for each in outcome.refused] == [("accr_2", "mapper_failed")]
    text = "EntryDocument.create gave a request with the mark of accr_1, and not with that of its record"
    assert text in str(outcome.refused[0])
    assert (outcome.warnings, world.acme.amounts()) == ((), ["7.00"])


def test_a_document_that_no_look_up_can_find_is_posted_with_a_warning(journal: SqlJournal) -> None:
    world = World(journal, spent("7.00", "accr_1"), spent("8.00", "accr_2"))

    def silent(draft: Draft) -> Post | None:
        return draft.finish(Unmarked if draft.record.id == "accr_2" else EntryDocument, lines=lines_of(draft))

    outcome = world.export(AcmeLedger(world.acme), silent).run()

    assert outcome.counts.posted == 2
    assert [(each.record_id, each.code) for each in outcome.warnings] == [("accr_2", "unmarked")]
    assert "does not say that it is for accr_2" in outcome.warnings[0].text
