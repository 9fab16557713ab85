"""Four eyes: what waits by a rule or a person's word, who may let it go, and what the journal tells of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from bridge import ApprovalRule, Post, ReasonCode, SettingsError, read_settings
from bridge.export import (
    ChangedSinceSeenError,
    NothingToApproveError,
    ReviewStep,
    SelfApprovalError,
    UnnamedApproverError,
    content_of,
    reviews,
)
from rillet import NewVendor
from support.commands import invoke
from support.companies.changing import Company, MakeCompany, companies, reason_texts, reasons
from support.companies.changing_records import bill, charge, entry, payment

GRACE, ADA = "grace@example.com", "ada_example@example.com"
LARGE = ApprovalRule(above=Decimal(500))


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


def approving(make: MakeCompany, *records: Any, rules: tuple[ApprovalRule, ...] = (LARGE,), **settings: Any) -> Company:
    company = make(*records, **settings)
    company.settings = attrs.evolve(company.settings, approvals=rules)
    return company


def test_what_a_rule_holds_is_posted_once_somebody_else_approved_it(make: MakeCompany) -> None:
    company = approving(make, charge("500.01"), charge("500", id="k2"))

    outcome = company.run()
    assert reasons(outcome) == {"k1": [ReasonCode.HELD]}
    assert "it is above 500 USD" in reason_texts(outcome, "k1")
    made = company.export().approve("k1", by=GRACE)

    assert (made.by, made.prepared_by) == (GRACE, ADA)
    outcome = company.run()
    assert [each.record.id for each in outcome.posted] == ["k1"]
    assert outcome.complete


def test_approving_a_payment_reads_its_own_bill_and_no_other(make: MakeCompany) -> None:
    company = approving(make, bill("600"))
    company.run()
    company.export().approve("b1", by=GRACE)
    company.run()
    company.brex.add(payment("600"))
    company.run()
    (there,) = company.rillet.bills
    before = len(company.rillet.asked)

    company.export().approve("p1", by=GRACE)

    asked = [f"{each.method} {each.path}" for each in company.rillet.asked[before:] if "updated.gt" not in each.query]
    assert f"GET /bills/{there.id}" in asked
    assert "GET /bills" not in asked
    assert "GET /reimbursements" not in asked
    assert company.run().complete


@pytest.mark.parametrize("by", [ADA, "ADA_Example@example.com", "Ada  Example", "cuuser_ada_example"])
def test_nobody_approves_their_own_spending(make: MakeCompany, by: str) -> None:
    company = approving(make, charge("600"))

    with pytest.raises(SelfApprovalError) as raised:
        company.export().approve("k1", by=by)
    # Logs of exceptions name nobody.
    assert str(raised.value) == "k1 is your own spending, so somebody else has to approve it"

    assert reasons(company.run()) == {"k1": [ReasonCode.HELD]}
    assert reviews(company.journal, "k1") == ()


def test_what_a_person_holds_waits_for_another_person(make: MakeCompany) -> None:
    company = approving(make, charge(), entry("40"), rules=())
    company.export().hold("e1", by=GRACE, why="is this the right bank?")

    outcome = company.run()
    assert [each.record.id for each in outcome.posted] == ["k1"]
    assert "Grace@Example.com".lower() + " holds it: is this the right bank?" in reason_texts(outcome, "e1")
    with pytest.raises(SelfApprovalError, match=r"^e1 was held by you, so somebody else has to approve it$"):
        company.export().approve("e1", by="GRACE@example.com")
    first = company.export().approve("e1", by="alan@example.com")
    assert company.export().approve("e1", by="alan@example.com") == first

    assert [each.record.id for each in company.run().posted] == ["e1"]
    held, approved = reviews(company.journal, "e1")
    assert (held.step, held.by, held.why) == (ReviewStep.HOLD, GRACE, "is this the right bank?")
    assert (approved.step, approved.by, approved.held_by) == (ReviewStep.APPROVE, "alan@example.com", GRACE)
    assert approved.prepared_by == ""
    assert approved.before == "GRACE@example.com".lower() + " had held it"


def test_everybody_who_held_it_leaves_the_approval_to_others(make: MakeCompany) -> None:
    company = make(charge("600"))
    for who in (GRACE, "alan@example.com"):
        company.export().hold("k1", by=who, why="is this ours?")

    for who in (GRACE, "alan@example.com"):
        with pytest.raises(SelfApprovalError, match="was held by you"):
            company.export().approve("k1", by=who)
    company.export().approve("k1", by="ines@example.com")
    company.export().hold("k1", by="ines@example.com", why="after all")
    company.export().approve("k1", by=GRACE)
    assert company.run().complete


def test_what_is_posted_already_cannot_be_held_but_a_change_of_it_can(make: MakeCompany) -> None:
    company = approving(make, charge(), rules=())
    company.run()

    with pytest.raises(ValueError, match=f"k1 is in Rillet already, as charges {company.ids['k1']}"):
        company.export().hold("k1", by=GRACE, why="too late")
    assert reviews(company.journal, "k1") == ()

    company.change(charge("90"))
    company.export().hold("k1", by=GRACE, why="is 90 right?")
    assert reasons(company.run()) == {"k1": [ReasonCode.HELD]}


def test_what_is_posted_already_cannot_be_approved_but_a_change_of_it_can(make: MakeCompany) -> None:
    company = approving(make, charge(), rules=())
    company.run()

    with pytest.raises(
        NothingToApproveError, match=f"k1 is in Rillet already, as charges {company.ids['k1']}, so there is nothing"
    ):
        company.export().approve("k1", by=GRACE)
    assert reviews(company.journal, "k1") == ()

    company.change(charge("90"))
    assert company.export().approve("k1", by=GRACE).by == GRACE


def test_what_is_dismissed_is_neither_held_nor_approved_until_it_is_taken_up_again(make: MakeCompany) -> None:
    company = approving(make, charge("600"))
    company.dismiss("k1")

    with pytest.raises(
        ValueError, match=r"k1 is dismissed \(booked by hand as JE-12\), so there is no posting to hold"
    ):
        company.export().hold("k1", by=GRACE, why="wait")
    with pytest.raises(
        NothingToApproveError, match=r"k1 is dismissed \(booked by hand as JE-12\), so there is nothing to approve"
    ):
        company.export().approve("k1", by=GRACE)
    assert reviews(company.journal, "k1") == ()

    assert reasons(company.replay("k1", even_dismissed=True)) == {"k1": [ReasonCode.HELD]}
    assert company.export().approve("k1", by=GRACE).by == GRACE


def test_an_approval_lapses_where_the_record_is_dismissed_and_taken_up_again(make: MakeCompany) -> None:
    company = approving(make, charge("600"))
    company.export().approve("k1", by=GRACE)
    company.dismiss("k1")

    outcome = company.replay("k1", even_dismissed=True)

    assert f"{GRACE} approved it, and it was dismissed since" in reason_texts(outcome, "k1")
    assert company.books() == {}
    company.clock.advance(60)
    company.export().approve("k1", by=GRACE)
    assert company.replay("k1").complete
    assert company.books() == {"21120": -600, "61000": 600}


def test_an_approval_lapses_where_the_record_changes(make: MakeCompany) -> None:
    company = approving(make, charge("600"))
    company.export().approve("k1", by=GRACE)
    company.change(charge("700"))

    outcome = company.run()

    assert reasons(outcome) == {"k1": [ReasonCode.HELD]}
    assert f"{GRACE} approved it, and it was changed since" in reason_texts(outcome, "k1")
    company.export().approve("k1", by=GRACE)
    assert company.run().complete
    assert company.books() == {"21120": -700, "61000": 700}


def test_a_hold_counts_after_an_approval(make: MakeCompany) -> None:
    company = approving(make, charge("600"))
    company.export().approve("k1", by=GRACE)
    company.export().hold("k1", by=GRACE, why="wait")

    assert reasons(company.run()) == {"k1": [ReasonCode.HELD]}


def test_a_new_vendor_waits_and_a_known_one_goes(make: MakeCompany) -> None:
    company = approving(make, charge(), rules=(ApprovalRule(new_vendor=True),))

    assert "the vendor Sample Stationery is new" in reason_texts(company.run(), "k1")
    company.export().approve("k1", by=GRACE)
    assert company.run().complete

    known = approving(make, charge(), rules=(ApprovalRule(new_vendor=True),))
    known.to_rillet.vendors.create(NewVendor(name="Sample Stationery"))
    assert known.run().complete


def test_two_records_of_one_new_vendor_keep_their_approvals(make: MakeCompany) -> None:
    company = approving(make, charge("600"), charge("700", id="k2"))
    company.export().approve("k1", by=GRACE)
    company.export().approve("k2", by=GRACE)

    assert company.run(ids=["k1"]).complete
    assert company.run().complete


@pytest.mark.parametrize("on_change", ["replace", "correct"])
def test_a_change_of_what_is_posted_waits(make: MakeCompany, on_change: str) -> None:
    company = approving(make, bill(), rules=(ApprovalRule(change=True),), on_change=on_change)
    assert company.run().complete
    company.change(bill("120"))

    outcome = company.run()
    assert f"it changes what was posted as bills {company.ids['b1']}" in reason_texts(outcome, "b1")
    company.export().approve("b1", by=GRACE)

    assert company.run().complete
    assert company.books()["21100"] == -120


def test_what_is_shifted_out_of_a_closed_month_waits(make: MakeCompany) -> None:
    march = datetime(2026, 3, 3, tzinfo=UTC)
    company = approving(
        make,
        charge(),
        charge("5", id="k2", erp_posting_date=march),
        rules=(ApprovalRule(shifted=True),),
        closed_period="first_open_day",
    )
    company.close_books(date(2026, 2, 28))

    outcome = company.run()

    assert "it is of 2026-02 and counts on 2026-03-01" in reason_texts(outcome, "k1")
    assert [each.record.id for each in outcome.posted] == ["k2"]


def test_all_that_a_rule_says_must_hold(make: MakeCompany) -> None:
    rule = ApprovalRule(above=Decimal(50), types=("CARD_PAYMENT",))
    company = approving(make, charge("60"), entry("40"), entry("60", id="e2"), rules=(rule,))

    outcome = company.run()

    assert reasons(outcome) == {"e2": [ReasonCode.HELD]}
    assert "it is above 50 USD, it is a CARD_PAYMENT" in reason_texts(outcome, "e2")


def test_there_is_nothing_to_approve_in_what_is_refused(make: MakeCompany) -> None:
    company = approving(make, charge("600", "99999"))

    with pytest.raises(NothingToApproveError, match="nothing to approve for k1: it is coded to '99999'"):
        company.export().approve("k1", by=GRACE)


def test_what_was_changed_since_it_was_seen_is_not_approved(make: MakeCompany) -> None:
    company = approving(make, charge("600"))

    def content() -> str:
        export = company.export()
        post = export.bridge.outcome(export.record("k1"), export.books())
        assert isinstance(post, Post)
        return content_of(post)

    seen = content()
    company.change(charge("700"))

    with pytest.raises(ChangedSinceSeenError, match="look at it again"):
        company.export().approve("k1", by=GRACE, seen=seen)
    assert reviews(company.journal, "k1") == ()
    company.export().approve("k1", by=GRACE, seen=content())


def test_names_and_reasons_are_needed(make: MakeCompany) -> None:
    company = approving(make, charge("600"))

    with pytest.raises(UnnamedApproverError, match="who you are"):
        company.export().approve("k1", by=" ")
    with pytest.raises(ValueError, match="why"):
        company.export().hold("k1", by=GRACE, why="")


def test_rules_need_a_journal(make: MakeCompany) -> None:
    company = approving(make, charge(), journal=False)

    with pytest.raises(SettingsError, match="need a journal"):
        company.run()
    company.settings = attrs.evolve(company.settings, approvals=())
    with pytest.raises(ValueError, match="need a journal"):
        company.export().hold("k1", by=GRACE, why="wait")


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("", "it is empty"),
        ("above = -1", "-1 is not an amount"),
        ("above = 99.5", '99.5 is not an amount such as 500 or "99.50"'),
        ('above = "many"', "'many' is not an amount"),
        ("above = true", "true is not an amount"),
        ('types = ["CARD"]', "no record type 'CARD'"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(rule: str, problem: str) -> None:
    entity = '[[entities]]\nname = "US"\nsubsidiary = "Inc."\ncard_account = "1"\nreimbursement_account = "2"\n'

    with pytest.raises(SettingsError) as caught:
        read_settings(f"[[approvals]]\n{rule}\n{entity}")

    assert problem in str(caught.value)
    assert read_settings(f'[[approvals]]\nabove = "99.50"\n{entity}').approvals == (
        ApprovalRule(above=Decimal("99.50")),
    )


@pytest.mark.parametrize("namespace", ["", "us"])
def test_the_commands_and_the_history(
    make: MakeCompany, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, namespace: str
) -> None:
    company = make(charge("600"))
    path, journal = tmp_path / "settings.toml", str(tmp_path / "held.db")
    path.write_text(
        '[[approvals]]\nabove = 500\n[[entities]]\nname = "US"\nsubsidiary = "Example Inc."\n'
        'card_account = "21120"\nreimbursement_account = "21340"\n',
        encoding="utf-8",
    )
    with company.brex.serve() as brex, company.rillet.serve() as books:
        monkeypatch.setenv("BREX_TOKEN", company.brex.token)
        monkeypatch.setenv("BREX_BASE_URL", brex)
        monkeypatch.setenv("RILLET_API_KEY", company.rillet.api_key)
        monkeypatch.setenv("RILLET_BASE_URL", books)

        def run(name: str, *arguments: str) -> Any:
            return invoke(name, *arguments)

        opened = ("--journal", journal, "--namespace", namespace)
        common = ("--settings", str(path), *opened)
        result = run("hold", "k1", "--by", "ines@example.com", "--why", "is this ours?", *common)
        assert (result.exit_code, result.stderr) == (0, f"A new journal is begun at {journal}.\n")
        assert run("export", *common).exit_code == 1
        assert run("approve", "k1", "--by", ADA, *common).exit_code == 2
        result = run("approve", "k1", "--by", GRACE, *common)
        assert result.exit_code == 0, result.output
        assert (
            f"approved by {GRACE}; {ADA} had prepared it, and ines@example.com had held it. The next export posts it."
            in result.stdout
        )
        assert ["Amount", "600.00 USD"] in [
            line.split(maxsplit=1) for line in map(str.strip, result.stdout.splitlines())
        ]
        assert "debit  600.00 USD 61000 Software" in result.stdout
        assert run("hold", "k1", "--by", GRACE, "--why", "wait", *common).exit_code == 0
        assert run("export", *common).exit_code == 1
        assert run("approve", "k1", "--by", "alan@example.com", *common).exit_code == 0
        assert run("export", *common).exit_code == 0

        shown = json.loads(run("history", "k1", *opened, "--json").stdout)
        assert [
            tuple(each[name] for name in ("step", "by", "prepared_by", "held_by")) for each in shown["reviews"]
        ] == [
            ("hold", "ines@example.com", "", ""),
            ("approve", GRACE, ADA, "ines@example.com"),
            ("hold", GRACE, "", ""),
            ("approve", "alan@example.com", ADA, GRACE),
        ]
        assert "k1 waited for an approval" in run("history", "k1", *opened).stdout
        assert f"{GRACE} held it: wait" in run("history", "k1", *opened).stdout
