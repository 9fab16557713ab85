"""The recipe as a whole: Brex's records in a SYSPRO-like ledger, each once, whatever goes wrong on the way."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from typing_extensions import override

import syspro
from brex_accounting import RecordType, ReviewStatus
from brex_accounting.testing.records import card_expense, card_refund, gl, record, reimbursement
from bridge import Basis, Bridge, ForeignCurrency, OnChange, ReasonCode, SkipCode, plan_field_sync
from bridge.export import (
    Export,
    apply_field_changes,
    read_fields,
)
from clientkit import Answer
from clientkit.testing import Action, Asked
from support.companies.in_syspro import SETTINGS, World, expense, posts
from syspro.client import Company
from syspro.journals import mappers
from syspro.ledger import SysproLedger
from syspro.standin import StandIn, small_chart


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, *(expense(number) for number in range(1, 9)))


# --- what is posted --------------------------------------------------------------------------


def test_every_record_becomes_a_journal_with_its_context(tmp_path: Path) -> None:
    world = World(tmp_path, expense(1, "42.75"))

    assert world.run().complete

    (journal,) = world.syspro.journals.values()
    assert [(each.account, each.amount, each.narration) for each in journal.lines] == [
        ("6100", Decimal("42.75"), "Ada Example, 42.75 USD, Software, Cumulus Cloud"),
        ("2100", Decimal("-42.75"), "Ada Example, 42.75 USD, Brex card, Cumulus Cloud"),
    ]
    assert (journal.reference, journal.supplier, str(journal.day)) == ("accr_001", "S00001", "2026-02-03")
    assert world.is_settled()


def test_all_kinds_of_records_are_journals(tmp_path: Path) -> None:
    owed = [("30.00", ())]
    world = World(
        tmp_path,
        expense(1),
        card_refund("1.50", coding=[gl("6100")], merchant="Cumulus Cloud"),
        reimbursement("20", coding=[gl("6200")]),
        record(RecordType.CARD_PAYMENT, debits=owed, credits=owed),
        record(RecordType.BILL_EXPENSE, debits=[("30.00", [gl("6100")])], credits=owed, vendor="Cumulus Cloud"),
        record(RecordType.BILL_EXPENSE_PAYMENT, debits=owed, credits=owed, vendor="Cumulus Cloud"),
    )

    outcome = world.run()

    assert [str(reason) for each in outcome.refused for reason in each.reasons] == []
    assert outcome.complete
    assert world.is_settled()
    balances = dict[str, Decimal]()
    for journal in world.syspro.journals.values():
        for line in journal.lines:
            balances[line.account] = balances.get(line.account, Decimal(0)) + line.amount
    assert balances == {
        "6100": Decimal(30),
        "6200": Decimal(20),
        "2100": Decimal(30),
        "2110": Decimal(-20),
        "1000": Decimal(-60),
        "2000": Decimal(0),
    }


@pytest.mark.parametrize("basis", list(Basis))
def test_a_reimbursement_of_both_bases_is_posted_once(tmp_path: Path, basis: Basis) -> None:
    approved = reimbursement("20", coding=[gl("6200")])
    types = {
        Basis.ACCRUAL: RecordType.REIMBURSEMENT_EXPENSE_APPROVAL,
        Basis.CASH: RecordType.REIMBURSEMENT_EXPENSE_POST,
    }
    of = {each: attrs.evolve(approved, id=f"accr_{each}", type=kind) for each, kind in types.items()}
    world = World(tmp_path, *of.values())

    outcome = world.run(settings=attrs.evolve(SETTINGS, reimbursement_basis=basis))

    assert [each.record.id for each in outcome.posted] == [of[basis].id]
    assert [each.code for each in outcome.nothing] == [SkipCode.OTHER_BASIS]
    assert [journal.reference for journal in world.syspro.journals.values()] == [of[basis].id]


def test_a_plan_sends_nothing_and_is_what_a_run_does(world: World) -> None:
    with world.export() as export:
        plan = export.plan()
    assert [each.record.id for each in plan.posts] == sorted(world.brex.records)
    assert not [asked for asked in world.syspro.asked if posts(asked)]
    assert world.run().counts.posted == len(plan.posts)


def test_a_second_run_posts_nothing(world: World) -> None:
    world.run()
    assert world.run().counts.posted == 0
    assert world.is_settled()


def test_journal_brex_and_syspro_agree_until_somebody_deletes_something(world: World) -> None:
    world.run()
    with world.export() as export:
        assert export.verify() == ()
        del world.syspro.journals["000003"]
        (found,) = export.verify()
    assert "no longer has it" in found.text


def test_a_change_in_brex_is_corrected_by_another_journal(tmp_path: Path) -> None:
    world = World(tmp_path, expense(1, "10.00"))
    world.run()
    changed = attrs.evolve(expense(1, "12.00"), version=2, review_status=ReviewStatus.READY_FOR_EXPORT)
    world.brex.add(changed)

    refused = world.run()
    corrected = world.run(settings=attrs.evolve(SETTINGS, on_change=OnChange.CORRECT))

    assert "6100 +2.00 USD" in str(refused.refused[0].reasons[0])
    assert corrected.complete
    assert [[line.amount for line in each.lines] for each in world.syspro.journals.values()] == [
        [Decimal(10), Decimal(-10)],
        [Decimal(-2), Decimal(2)],
    ]
    assert world.run().counts.posted == 0


def test_the_recipe_needs_public_names_alone() -> None:
    public = {"brex_accounting", "bridge", "bridge.export", "clientkit", "clientkit.testing"}
    for path in Path(syspro.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        ours = {each for each in modules if each.partition(".")[0] in {"rillet", *public}}
        assert ours <= public, path.name


# --- refusals, in the audit trail --------------------------------------------------------------


def test_an_unknown_account_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    world = World(tmp_path, expense(1), expense(2, account="6999"))

    outcome = world.run()

    assert [each.record.id for each in outcome.refused] == ["accr_002"]
    (((code, text),),) = world.refusals("accr_002")
    assert code == "unknown_account"
    assert text == "it is coded to '6999', which is no account of SYSPRO"
    assert world.posted() == world.exported() == ["accr_001"]


def test_what_syspro_itself_refuses_is_posted_once_it_is_mended(tmp_path: Path) -> None:
    world = World(tmp_path, expense(1), expense(2, account="6200"))
    travel = world.syspro.accounts["6200"]

    class PutOnHold(StandIn):
        """Somebody puts an account on hold after the run has read the chart of accounts, until it is mended."""

        is_mended = False

        @override
        def take(self, asked: Asked) -> tuple[Answer | None, Action | None]:
            if asked.method == "POST" and asked.path == "/GenJournal":
                self.accounts["6200"] = attrs.evolve(travel, is_on_hold=not self.is_mended)
            return super().take(asked)

    world.syspro = company = PutOnHold(suppliers=["Cumulus Cloud"])
    first = world.run()
    second = world.run()
    company.is_mended, company.accounts["6200"] = True, travel
    third = world.run()

    assert [each.record.id for each in first.refused] == [each.record.id for each in second.refused] == ["accr_002"]
    reasons = [reason for each in world.refusals("accr_002") for reason in each]
    assert [code for code, _ in reasons] == [ReasonCode.REJECTED_BY_LEDGER, ReasonCode.INACTIVE_ACCOUNT]
    assert "GL code 6200 is on hold" in reasons[0][1]
    assert third.complete
    assert world.posted() == ["accr_001", "accr_002"]


def test_other_currencies_are_converted_or_refused(tmp_path: Path) -> None:
    euros = card_expense("10.00", "EUR", coding=[gl("6100")], merchant="Cumulus Cloud", record_id="accr_1")
    world = World(tmp_path, euros)
    assert "set foreign_currency to subsidiary" in str(world.run().refused[0].reasons)

    def rate(base: str, target: str, day: date) -> Decimal:
        assert (base, target, day) == ("EUR", "USD", date(2026, 2, 3))
        return Decimal("1.25")

    settings = attrs.evolve(SETTINGS, foreign_currency=ForeignCurrency.SUBSIDIARY)
    bridge = Bridge(settings, mappers=mappers(creates_suppliers=True), rates=rate)
    with world.journal() as journal:
        Export(world.brex.client(), SysproLedger(world.syspro.client()), bridge, journal=journal).run()
    (posted,) = world.syspro.journals.values()
    assert [line.amount for line in posted.lines] == [Decimal("12.50"), Decimal("-12.50")]


def test_a_closed_period_is_refused(world: World) -> None:
    world.syspro.company = Company(
        id="EDU1", name="Outdoors Company", currency="USD", closed_through=expense(1).posted_at.date()
    )
    outcome = world.run()
    assert outcome.counts.refused == 8
    assert world.posted() == []


# --- suppliers, both ways -----------------------------------------------------------------------


@pytest.mark.parametrize("creates", [True, False])
def test_a_new_merchant_becomes_a_supplier_where_that_is_wanted(tmp_path: Path, *, creates: bool) -> None:
    world = World(tmp_path, *(expense(number, merchant="Hotel Adlon") for number in range(1, 9)))

    outcome = world.run(creates_suppliers=creates)

    names = [each.name for each in world.syspro.suppliers.values()]
    if creates:
        assert outcome.complete
        assert names == ["Cumulus Cloud", "Hotel Adlon"]
        assert {each.supplier for each in world.syspro.journals.values()} == {"S00002"}
    else:
        assert outcome.counts.refused == 8
        assert names == ["Cumulus Cloud"]
        (((code, text),),) = world.refusals("accr_001")
        assert (code, "SYSPRO has no supplier 'Hotel Adlon'" in text) == ("no_vendor", True)


def test_brex_gets_accounts_and_suppliers(world: World) -> None:
    brex, ledger = world.brex.client(), SysproLedger(world.syspro.client())
    integration = brex.integrations.create(vendor="SYSPRO", vendor_account_id="EDU1").id

    apply_field_changes(brex, plan_field_sync(ledger.snapshot(), read_fields(brex), SETTINGS, integration))

    values = {each.field.name: [value.value for value in each.values] for each in read_fields(brex)}
    assert values == {
        "GL Account": [f"{each.code} {each.description}" for each in small_chart()],
        "Vendor": ["Cumulus Cloud"],
    }
    assert plan_field_sync(ledger.snapshot(), read_fields(brex), SETTINGS, integration) == ()


def test_the_page_shows_what_runs(tmp_path: Path) -> None:
    page = Path(syspro.__file__).parents[2] / "docs" / "second-ledger.md"
    code = page.read_text(encoding="utf-8").split("```python\n", 1)[1].split("```", 1)[0]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("Ada Example, 42.75 USD, Software, Cumulus Cloud")
