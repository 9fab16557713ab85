"""`verify` compares what is in Rillet, by content, and names what differs; `dismiss` takes a record out of the queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from brex_accounting import Exported
from bridge.export import verify
from clientkit import Answer
from clientkit.testing import AnswerLost, Asked, Fault, RequestLost, Respond
from support.companies.changing import (
    EXPORTED,
    READY,
    REFERENCE_TYPE,
    Company,
    MakeCompany,
    companies,
    new,
    of_kind,
    reasons,
)
from support.companies.changing_records import (
    CHARGE,
    DOCUMENTS,
    ENTRY,
    KINDS,
    MEMBER,
    PAYMENT,
    Kind,
    bill,
    charge,
    entry,
    payment,
    payout,
    reimbursed,
)
from support.companies.exported import refusal

of_documents = pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.name)
of_all = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


def texts(company: Company) -> dict[str, str]:
    found = verify(company.to_brex, company.to_rillet, company.journal, REFERENCE_TYPE)
    return {each.record_id: each.text for each in found}


def posts(asked: Asked) -> bool:
    return asked.method == "POST"


@of_all
def test_where_all_agree_there_is_nothing_to_say(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind)
    assert company.verify() == {}
    company.clock.advance(40 * 86400)
    assert company.verify() == {}


@of_documents
@pytest.mark.parametrize(("account", "amount"), [("61000", "13"), ("62000", None)], ids=["amount", "account"])
def test_another_content_in_rillet_is_said(make: MakeCompany, kind: Kind, account: str, amount: str | None) -> None:
    company = of_kind(make, kind)
    company.recode(kind.record_id, account, amount)

    assert company.verify() == {kind.record_id: ["changed_in_rillet"]}


@of_all
@pytest.mark.parametrize("status", [READY, EXPORTED])
def test_another_content_in_brex_is_said(make: MakeCompany, kind: Kind, status: object) -> None:
    company = of_kind(make, kind)
    company.change(kind.make("55", "61000"), READY if status == READY else EXPORTED)

    assert company.verify() == {kind.record_id: ["changed_in_brex"]}


@of_documents
def test_other_contents_in_both_are_said(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind)
    company.recode(kind.record_id, "61000", "13")
    company.change(kind.make("55", "61000"))

    assert company.verify() == {kind.record_id: ["changed_on_both_sides"]}


@of_documents
def test_the_same_content_in_both_is_agreement(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind)
    company.recode(kind.record_id, "62000", "55")
    company.change(kind.make("55", "62000"), EXPORTED)

    assert company.verify() == {}


def test_a_renamed_entry_is_found_by_its_id(make: MakeCompany) -> None:
    company = of_kind(make, ENTRY)
    company.edit_entry(company.ids["e1"], name="reviewed")
    assert company.verify() == {}

    company.edit_entry(company.ids["e1"], amount="13")
    assert company.verify() == {"e1": ["changed_in_rillet"]}
    assert "nothing" not in texts(company)["e1"]


def test_what_brex_does_not_have_is_said_truthfully(make: MakeCompany) -> None:
    company = of_kind(make, CHARGE)
    company.brex.remove("k1")

    assert company.verify() == {"k1": ["only_in_rillet"]}
    assert "nothing" not in texts(company)["k1"]


def test_an_edited_summary_is_said_of_its_members(make: MakeCompany) -> None:
    company = of_kind(make, MEMBER)
    (summary,) = company.rillet.journal_entries
    company.edit_entry(summary.id, account="41000")

    assert company.verify() == {each: ["changed_in_rillet"] for each in ("k1", "k2", "k3")}


def test_a_changed_member_is_said_alone(make: MakeCompany) -> None:
    company = of_kind(make, MEMBER)
    company.change(charge("33", "63000", id="k2"), EXPORTED)

    assert company.verify() == {"k2": ["changed_in_brex"]}


def test_a_refused_change_of_a_paid_bill_is_said(make: MakeCompany) -> None:
    company = make(bill(), payment("40"))
    company.run()
    company.change(bill("120"), EXPORTED)

    assert "changed_after_export" in reasons(company.run()).get("b1", [])
    assert company.verify() == {"b1": ["changed_in_brex"]}


def test_a_payout_that_was_deleted_and_is_refused_anew_is_said(make: MakeCompany) -> None:
    company = make(reimbursed("35", source_id="expense1"), payout("12"), payout("13", id="o2"))
    assert company.run().complete
    company.change(payout("14", id="o2"))
    refused = Fault(
        Respond(refusal(400)), matches=lambda asked: posts(asked) and asked.path.endswith("/payments"), times=9
    )
    company.rillet.faults.append(refused)

    assert reasons(company.run()) == {"o2": ["rejected_by_ledger"]}
    assert company.books() == {"61000": 35, "21340": -23, "11900": -12}
    assert company.verify() == {"o2": ["only_in_brex"]}


def test_a_deleted_payment_is_said(make: MakeCompany) -> None:
    company = of_kind(make, PAYMENT)
    company.delete("p1")

    assert company.verify() == {"p1": ["deleted_in_rillet"]}


@of_all
def test_what_is_posted_and_not_reported_is_said(make: MakeCompany, kind: Kind) -> None:
    company = make(*kind.others, kind.make("100", "61000"), **kind.settings)
    company.brex.faults.append(Fault(Respond(Answer(status=500)), matches=posts, times=100))
    company.run()
    company.brex.faults.clear()

    found = company.verify()
    assert found == {each: ["not_reported"] for each in company.brex.records}
    assert company.run().complete
    assert company.verify() == {}


@of_documents
def test_an_unknown_outcome_is_said(make: MakeCompany, kind: Kind) -> None:
    company = make(kind.make("100", "61000"))
    names = {"charge": "charges", "refund": "charges", "entry": "journal-entries", "vendor credit": "vendor-credits"}
    path = names.get(kind.name, f"{kind.name}s")
    company.rillet.faults.append(
        Fault(AnswerLost(), matches=lambda asked: posts(asked) and asked.path == f"/{path}", times=100)
    )
    company.run()
    company.rillet.faults.clear()

    assert company.verify() == {kind.record_id: ["outcome_unknown"]}
    assert company.run().complete
    assert company.verify() == {}
    assert company.books() == kind.books(100)


def test_a_request_that_never_arrived_is_an_unknown_outcome(make: MakeCompany) -> None:
    company = make(charge())
    company.rillet.faults.append(
        Fault(RequestLost(), matches=lambda asked: posts(asked) and asked.path == "/charges", times=100)
    )
    company.run()

    assert company.verify() == {"k1": ["outcome_unknown"]}


def test_each_record_has_one_verdict(make: MakeCompany) -> None:
    company = make(charge(), charge(id="k2"), entry(), bill(), payment("40"))
    company.run()
    company.recode("k1", "62000")
    company.delete("k2")
    company.change(entry("120"))
    company.delete("p1")

    assert company.verify() == {
        "k1": ["changed_in_rillet"],
        "k2": ["deleted_in_rillet"],
        "e1": ["changed_in_brex"],
        "p1": ["deleted_in_rillet"],
    }


# What somebody booked by hand.


def test_a_dismissed_record_leaves_the_queue(make: MakeCompany) -> None:
    company = make(charge(account="99999"))
    assert "k1" in reasons(company.run())

    company.dismiss("k1")

    assert company.status("k1") == EXPORTED
    told = company.brex.results["k1"]
    assert isinstance(told, Exported)
    assert told.success.reference_id is None
    assert company.books() == {}
    for _ in range(2):
        outcome = company.run()
        assert (outcome.complete, outcome.posted) == (True, ())
    assert company.verify() == {}


def test_what_is_offered_after_its_dismissal_is_not_posted(make: MakeCompany) -> None:
    company = make(charge())
    company.dismiss("k1")
    company.offer_again("k1")

    company.run()

    assert company.books() == {}


@of_documents
def test_replay_undoes_a_dismissal(make: MakeCompany, kind: Kind) -> None:
    company = make(kind.make("100", "61000"))
    company.dismiss(kind.record_id)
    assert company.books() == {}

    with pytest.raises(ValueError, match=r"was dismissed by .* UTC: booked by hand as JE-12\. .* may book it twice"):
        company.replay(kind.record_id)
    assert company.books() == {}
    assert company.journal.attempts(kind.record_id)[-1].was_dismissed

    assert new(company.replay(kind.record_id, even_dismissed=True)) == [kind.record_id]

    assert company.books() == kind.books(100)
    assert company.verify() == {}


def test_a_dismissal_is_in_the_journal(make: MakeCompany) -> None:
    company = make(charge())
    company.dismiss("k1")

    written = [repr(each) for each in company.journal.attempts("k1")]
    assert any("JE-12" in each for each in written)
