"""`Export.plan` says what the `run` that follows does: the same records, steps and refusals, whatever happened before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import pytest

from bridge import Post, Posting, ReasonCode, Refuse, summed
from bridge.documents.protocol import Document
from bridge.export import ExportOutcome
from clientkit.testing import AnswerLost, Asked, Fault, RequestLost
from support.companies.changing import EXPORTED, START, Company, MakeCompany, companies
from support.companies.changing_records import KINDS, bill, charge, entry, payment, refund, reimbursed
from support.histories.actions import history_of
from support.histories.play import expect_good_ends
from support.histories.world import Journals, World
from support.sizes import size

#: Other histories than those of the other test.
_FIRST = 1_000_000

#: What is posted, and on which day.
Posted: TypeAlias = tuple[frozenset[Posting], date | None]


def _posted(document: Document) -> Posted:
    return summed(document.postings()), document.impact_date


def _text(posted: tuple[str, frozenset[Posting], date | None] | None) -> str:
    if posted is None:
        return "nothing"
    step, postings, day = posted
    lines = sorted(f"{each.side.value} {each.account} {each.amount}" for each in postings)
    return f"{step} {', '.join(lines)} on {day}"


def _differences(planned: Mapping[str, Any], done: Mapping[str, Any], what: Callable[[Any], str]) -> Iterator[str]:
    for name in sorted({*planned, *done}):
        if planned.get(name) != done.get(name):
            yield f"{name}: planned {what(planned.get(name))}; done {what(done.get(name))}"


def compare(world: World, arguments: Mapping[str, Any]) -> Callable[[ExportOutcome], Sequence[str]]:
    """Plan, and compare the plan with what comes of the run."""
    ledger, asked = world.ledger(), len(world.rillet.asked)
    plan = world.export().plan(**arguments)
    sent = [f"{each.method} {each.path}" for each in world.rillet.asked[asked:] if each.method != "GET"]
    assert world.ledger() == ledger

    def compared(outcome: ExportOutcome) -> Sequence[str]:
        return [*([f"the plan sends {sent}"] if sent else []), *of(plan.outcomes, outcome)]

    return compared


def of(planned: Sequence[Any], outcome: ExportOutcome) -> list[str]:
    """Where a plan's outcomes and what came of the run differ."""
    posts = {each.record.id: (each.step, *_posted(each.document)) for each in planned if isinstance(each, Post)}
    refused = {
        each.record.id: sorted({reason.code for reason in each.reasons}) for each in planned if isinstance(each, Refuse)
    }
    # What is sent again under its key is decided by what the key answers, which no plan can know.
    again = {each.record.id for each in planned if isinstance(each, Post) and each.step == "send again"}
    again |= {each.record.id for each in planned if isinstance(each, Refuse) and "sent again" in each.reasons[0].text}
    refused = {record_id: codes for record_id, codes in refused.items() if record_id not in again}
    posts = {record_id: post for record_id, post in posts.items() if record_id not in again}
    done = {
        each.record.id: (each.step, *_posted(each.document))
        for each in outcome.posted
        if not each.adopted and each.document is not None and each.record.id not in again
    }
    said = {
        each.record.id: sorted({reason.code for reason in each.reasons})
        for each in outcome.refused
        if each.record.id not in again
    }
    for name in [name for name, codes in said.items() if codes == [ReasonCode.REJECTED_BY_LEDGER]]:
        # Only the sending shows what Rillet itself refuses, such as more than a bill is about.
        posts.pop(name, None)
        refused.pop(name, None)
        said.pop(name)
    twice = len([each.record.id for each in planned]) - len({each.record.id for each in planned})
    return [
        *_differences(posts, done, _text),
        *_differences(refused, said, str),
        *([f"{twice} records are in the plan twice"] if twice else []),
    ]


@pytest.fixture(scope="module")
def journals(tmp_path_factory: pytest.TempPathFactory) -> Journals:
    return Journals(tmp_path_factory.mktemp("plans"))


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


@pytest.mark.parametrize("portion", range(4))
def test_a_plan_is_what_the_run_does_in_every_history(journals: Journals, portion: int) -> None:
    numbers = range(size("BREX_RILLET_HISTORIES", quick=20, full=200))[portion::4]
    expect_good_ends([history_of(_FIRST + number) for number in numbers], journals, before_run=compare)


def agree(company: Company, **arguments: Any) -> bool:
    planned = company.export().plan(**arguments).outcomes
    differences = of(planned, company.run(**arguments))
    assert differences == []
    return True


with_and_without = pytest.mark.parametrize(
    "journal", [pytest.param(True, id="journal"), pytest.param(False, id="no journal")]
)


@with_and_without
def test_a_first_export(make: MakeCompany, *, journal: bool) -> None:
    queue = [charge(), charge("7", "99999", id="k2"), refund(), reimbursed(), entry(), bill(), payment("40")]
    assert agree(make(*queue, journal=journal))


@with_and_without
def test_a_bill_that_changed_after_its_export(make: MakeCompany, *, journal: bool) -> None:
    company = make(bill(), journal=journal)
    company.run()
    company.change(bill("120"), EXPORTED)
    arguments = {} if journal else {"changed_since": START}
    planned = company.export().plan(**arguments).outcomes
    assert [each.record.id for each in planned] == ["b1"]

    assert agree(company, **arguments)
    assert company.books() == {"61000": 120, "21100": -120}


@with_and_without
@pytest.mark.needs_journal("member")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("on_change", ["replace", "correct", "refuse"])
def test_a_changed_record(make: MakeCompany, kind: Any, on_change: str, *, journal: bool) -> None:
    company = make(
        *kind.others, kind.make("100", "61000"), journal=journal, **{**kind.settings, "on_change": on_change}
    )
    company.run()
    company.change(kind.make("120", "61000"))

    assert agree(company)


def test_what_is_sent_again_for_a_record_without_money_is_not_said_to_be_there(make: MakeCompany) -> None:
    def is_charge(asked: Asked) -> bool:
        return asked.method == "POST" and asked.path == "/charges"

    company = make(charge())
    company.rillet.faults.append(Fault(RequestLost(), matches=is_charge, times=5))
    company.run()
    company.rillet.faults.clear()
    company.change(charge("0"))

    [planned] = company.export().plan().outcomes
    [refused] = company.run().refused

    assert isinstance(planned, Refuse)
    assert planned.reasons[0].code == ReasonCode.NOT_NOW
    assert [each.code for each in refused.reasons] == [ReasonCode.CHANGED_AFTER_EXPORT]


def test_a_summary_without_a_journal_is_refused_by_both(make: MakeCompany) -> None:
    company = make(
        *(charge(each, id=f"k{each}") for each in ("10", "20")), journal=False, summarise=("CARD_EXPENSE_POST",)
    )
    errors = list[str]()
    for act in (company.export().plan, company.export().run):
        with pytest.raises(ValueError, match="journal") as caught:
            act()
        errors.append(str(caught.value))
    assert errors[0] == errors[1]


def test_a_summary_is_planned_as_it_is_posted(make: MakeCompany) -> None:
    company = make(*(charge(each, id=f"k{each}") for each in ("10", "20", "30")), summarise=("CARD_EXPENSE_POST",))
    planned = company.export().plan().outcomes
    outcome = company.run()

    assert {each.record.id for each in planned} == {each.record.id for each in outcome.posted} == {"k10", "k20", "k30"}
    assert len(company.rillet.journal_entries) == 1
    assert of(planned, outcome) == []


def test_a_summary_whose_answer_was_lost_is_planned_to_be_sent_again(make: MakeCompany) -> None:
    def is_entry(asked: Asked) -> bool:
        return asked.method == "POST" and asked.path == "/journal-entries"

    company = make(*(charge(each, id=f"k{each}") for each in ("10", "20")), summarise=("CARD_EXPENSE_POST",))
    company.rillet.faults.append(Fault(AnswerLost(), matches=is_entry, times=5))
    assert [each.record.id for each in company.run().failed] == ["k10", "k20"]
    company.rillet.faults.clear()

    planned = company.export().plan().outcomes
    assert {(each.record.id, each.step) for each in planned if isinstance(each, Post)} == {
        ("k10", "send again"),
        ("k20", "send again"),
    }
    assert agree(company)
    assert company.books() == {"61000": 30, "21120": -30}


def test_what_a_journal_does_not_know_is_looked_up_by_both(make: MakeCompany) -> None:
    company = make(charge(id="x", updated_at=START), journal=False)
    company.run()
    make.begin_journal(company)
    company.clock.advance(86400)
    company.brex.add(charge(id="y", updated_at=company.clock()))
    company.run()
    company.clock.advance(9 * 86400)
    company.brex.add(attrs.evolve(charge(id="x"), version=5, updated_at=company.clock()))

    assert agree(company)
    assert company.books() == {"61000": 200, "21120": -200}


@pytest.mark.parametrize("amount", ["0", "80"])
def test_a_payment_that_is_withdrawn_goes_before_what_it_paid(make: MakeCompany, amount: str) -> None:
    company = make(bill("100", "61000"), payment("40"), on_delete="delete")
    company.run()
    company.change(payment("0"), EXPORTED)
    company.change(bill(amount, "61000"), EXPORTED)

    agree(company)

    assert company.books() == ({"61000": 80, "21100": -80} if amount == "80" else {})
    assert company.verify() == {}
    assert company.run().complete


def test_a_payment_that_stays_keeps_the_bill_as_it_is(make: MakeCompany) -> None:
    company = make(bill("100", "61000"), payment("40"), payment("30", id="p2"), on_delete="delete")
    company.run()
    company.change(payment("0"), EXPORTED)
    company.change(bill("80", "61000"), EXPORTED)

    agree(company)

    assert company.books() == {"61000": 100, "21100": -70, "11100": -30}


def test_a_payment_waits_in_the_plan_for_a_bill_that_is_sent_again(make: MakeCompany) -> None:
    company = make(bill(), payment("40"))
    company.rillet.faults.append(
        Fault(RequestLost(), matches=lambda asked: (asked.method, asked.path) == ("POST", "/bills"), times=50)
    )
    company.run()
    company.rillet.faults.clear()

    plan = company.export().plan()

    assert [(each.record.id, each.step) for each in plan.posts] == [("b1", "send again")]
    assert [(each.record.id, each.reasons[0].text) for each in plan.refused] == [
        ("p1", "what it follows, the record b1, is sent again first; what becomes of this one is decided after that")
    ]
    assert company.run().complete
    assert company.books() == {"61000": 100, "21100": -60, "11100": -40}
