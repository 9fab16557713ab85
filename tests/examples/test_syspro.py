"""The recipe as a whole: Brex's records in a SYSPRO-like ledger, each once, whatever goes wrong on the way."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

import brex_accounting.testing
import syspro
from brex_accounting import Record, RecordType, ReviewStatus
from brex_accounting.testing.records import card_expense, card_refund, gl, record, reimbursement
from bridge import Basis, Bridge, Entity, ForeignCurrency, OnChange, ReasonCode, Settings, SkipCode, plan_field_sync
from bridge.export import (
    Export,
    ExportOutcome,
    Ledger,
    SqlJournal,
    apply_field_changes,
    read_fields,
)
from clientkit import Answer, ApiError, Outgoing, dumps
from clientkit.testing import Action, AnswerLost, Asked, Fault, RequestLost, Respond, json_answer
from support.clocks import ManualClock
from syspro.client import Client, Company, Journal
from syspro.journals import mappers
from syspro.ledger import SysproLedger
from syspro.standin import StandIn, small_chart

US = Entity(
    name="US",
    subsidiary="Outdoors Company",
    card_account="2100",
    reimbursement_account="2110",
    bank_account="1000",
    accounts_payable_account="2000",
)
SETTINGS = Settings(entities=(US,), reference_type=None, vendor_field="VENDOR")
EXPIRED = json_answer(401, {"Code": "SESSION_EXPIRED", "Message": "The session has expired; log on again"})


def expense(number: int, amount: str = "", *, account: str = "6100", merchant: str = "Cumulus Cloud") -> Record:
    coding = [gl(account)]
    return card_expense(amount or f"{number}.50", coding=coding, merchant=merchant, record_id=f"accr_{number:03d}")


class World:
    """Both stand-ins, a journal that outlives the runs, and exports between them."""

    def __init__(self, place: Path, *records: Record) -> None:
        self.brex = brex_accounting.testing.StandIn(records, rate_limit=None)
        self.syspro = StandIn(suppliers=["Cumulus Cloud"])
        self.clock = ManualClock(datetime(2026, 2, 6, 9, tzinfo=UTC))
        self._place = str(place / "journal.db")

    @contextmanager
    def export(
        self,
        client: Client | None = None,
        *,
        settings: Settings = SETTINGS,
        creates_suppliers: bool = True,
        in_flight: int = 4,
    ) -> Generator[Export]:
        ledger: Ledger = SysproLedger(client or self.syspro.client())
        bridge = Bridge(settings, mappers=mappers(creates_suppliers=creates_suppliers))
        with self.journal() as journal:
            brex = self.brex.client(sleep=lambda _: None)
            yield Export(brex, ledger, bridge, journal=journal, in_flight=in_flight)

    @contextmanager
    def journal(self) -> Generator[SqlJournal]:
        with SqlJournal(self._place, now=self.clock) as journal:
            yield journal

    def run(self, client: Client | None = None, **told: object) -> ExportOutcome:
        with self.export(client, **told) as export:  # type: ignore[arg-type]  # as `export` takes them
            return export.run()

    def posted(self) -> list[str]:
        """The record of each journal that stands in SYSPRO."""
        return sorted(each.reference for each in self.syspro.journals.values())

    def exported(self) -> list[str]:
        return sorted(each.id for each in self.brex.records.values() if each.review_status == "EXPORTED")

    def refusals(self, record_id: str) -> list[tuple[tuple[str, str], ...]]:
        """What the audit trail says about a record."""
        with self.journal() as journal:
            return [each.reasons for each in journal.refusals(record_id)]

    def is_settled(self) -> bool:
        """Whether every record is in SYSPRO once, and Brex knows."""
        return self.posted() == self.exported() == sorted(self.brex.records)


def posts(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path == "/GenJournal"


class Forgetful(StandIn):
    """Every session expires once, when a few journals are there."""

    has_forgotten = False

    @override
    def take(self, asked: Asked) -> tuple[Answer | None, Action | None]:
        with self._lock:
            if posts(asked) and len(self.journals) == 3 and not self.has_forgotten:
                self.has_forgotten = True
                self.end_sessions()
            return super().take(asked)


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
        """Somebody puts an account on hold after the run has read the chart of accounts."""

        @override
        def take(self, asked: Asked) -> tuple[Answer | None, Action | None]:
            if asked.method == "POST" and asked.path == "/GenJournal":
                self.accounts["6200"] = attrs.evolve(travel, is_on_hold=True)
            return super().take(asked)

    world.syspro = PutOnHold(suppliers=["Cumulus Cloud"])
    first = world.run()
    second = world.run()
    world.syspro = StandIn(suppliers=["Cumulus Cloud"])
    third = world.run()

    assert [each.record.id for each in first.refused] == [each.record.id for each in second.refused] == ["accr_002"]
    reasons = [reason for each in world.refusals("accr_002") for reason in each]
    assert [code for code, _ in reasons] == [ReasonCode.REJECTED_BY_LEDGER, ReasonCode.INACTIVE_ACCOUNT]
    assert "GL code 6200 is on hold" in reasons[0][1]
    assert third.complete
    assert world.posted() == ["accr_002"]


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


# --- nothing twice, nothing lost -----------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 5, 12])
@pytest.mark.parametrize("action", [AnswerLost(), RequestLost(), Respond(Answer(status=503))], ids=str)
def test_lost_answers_and_a_service_that_is_down(world: World, action: Action, times: int) -> None:
    world.syspro.faults.append(Fault(action, matches=posts, times=times))
    world.run()
    world.syspro.faults.clear()
    assert world.run().complete
    assert world.is_settled()


@pytest.mark.parametrize("served", [False, True])
def test_an_expired_session_in_the_middle_is_no_failure(world: World, *, served: bool) -> None:
    world.syspro = Forgetful(suppliers=["Cumulus Cloud"])
    with ExitStack() as stack:
        client = world.syspro.client()
        if served:
            client = stack.enter_context(Client(stack.enter_context(world.syspro.serve()), world.syspro.log_on))
        outcome = world.run(client)

    assert outcome.complete
    assert outcome.counts.posted == 8
    assert world.is_settled()
    assert sum(asked.path == "/Utilities/Logon" for asked in world.syspro.asked) == 2


def test_a_log_on_that_is_refused_ends_the_run(world: World) -> None:
    wrong = attrs.evolve(world.syspro.log_on, password="changed by somebody")
    client = world.syspro.client()
    in_use = world.syspro.log_on
    client.company.get()

    def change_password(asked: Asked) -> bool:
        if posts(asked):
            world.syspro.log_on = wrong
            world.syspro.end_sessions()
        return False

    world.syspro.faults.append(Fault(RequestLost(), matches=change_password))
    first = world.run(client)
    world.syspro.faults.clear()
    world.syspro.log_on = in_use

    assert "LOGON_FAILED" in (first.stopped or "")
    assert world.run().complete
    assert world.is_settled()


class Killed:
    """The transport of a process that dies before or after its nth journal: nothing leaves it afterwards."""

    def __init__(self, inner: Callable[[Outgoing], Answer], nth: int, *, after: bool) -> None:
        self._inner, self._left, self._after, self._guard = inner, nth, after, threading.Lock()

    def send(self, outgoing: Outgoing) -> Answer:
        with self._guard:
            self._left -= outgoing.method == "POST" and outgoing.url.endswith("/GenJournal")
            if self._left == 0 and self._after:
                self._inner(outgoing)
            if self._left <= 0:
                self._left, self._after = 0, False
                raise KeyboardInterrupt
            return self._inner(outgoing)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("nth", [1, 3, 8])
def test_a_killed_run_is_finished_by_the_next_one(world: World, nth: int, *, after: bool) -> None:
    transport = Killed(world.syspro.transport().send, nth, after=after)
    killed = world.run(Client("https://syspro.test", world.syspro.log_on, transport=transport))
    for thread in threading.enumerate():
        if thread.name.startswith("export-"):
            thread.join()

    assert "interrupted" in (killed.stopped or "")
    assert len(world.posted()) == nth - 1 + after
    assert world.run().complete
    assert world.is_settled()


def test_what_came_of_a_posting_whose_key_is_forgotten_is_for_a_person(tmp_path: Path) -> None:
    world = World(tmp_path, expense(1))
    world.syspro.faults.append(Fault(RequestLost(), matches=posts, times=5))
    assert world.run().failed
    world.syspro.forget_keys()
    world.clock.advance(timedelta(days=1).total_seconds())

    (failed,) = world.run().failed

    # Journals cannot be searched, so the export neither posts it again nor takes it for posted.
    assert failed.code == "unknown_attempt"
    assert "look for it in SYSPRO" in failed.why
    assert world.posted() == []
    with world.export() as export:
        assert export.replay("accr_001", anew=True).complete
    assert world.is_settled()


def test_a_journal_that_was_deleted_is_posted_anew_by_a_replay(world: World) -> None:
    world.run()
    (lost,) = (each for each in world.syspro.journals.values() if each.reference == "accr_003")
    del world.syspro.journals[lost.id]

    assert world.run().counts.posted == 0
    with world.export() as export:
        assert export.replay("accr_003").counts.posted == 1
        assert export.replay("accr_003").counts.posted == 0

    assert world.is_settled()


def test_another_journal_than_the_one_that_was_sent_counts_as_none(world: World) -> None:
    other = Journal(id="77", day=date(2026, 2, 3), currency="USD", lines=(), reference="accr_999")
    answer = json_answer(200, dumps(other))
    world.syspro.faults.append(Fault(Respond(answer), matches=posts))
    first = world.run()
    assert "which is not what was sent" in first.failed[0].why
    assert world.run().complete
    assert world.is_settled()


_FAULTS = st.lists(
    st.tuples(
        st.sampled_from([AnswerLost(), RequestLost(), Respond(Answer(status=503)), Respond(EXPIRED)]),
        st.integers(1, 7),
        st.integers(0, 9),
    ),
    max_size=4,
)


@settings(max_examples=25)
@given(schedule=st.lists(_FAULTS, max_size=3), in_flight=st.integers(1, 4), merchant=st.sampled_from("AB"))
def test_whatever_goes_wrong_each_record_is_there_once(
    tmp_path_factory: pytest.TempPathFactory,
    schedule: list[list[tuple[Action, int, int]]],
    in_flight: int,
    merchant: str,
) -> None:
    place = tmp_path_factory.mktemp("law")
    world = World(place, *(expense(number, merchant=f"Merchant {merchant}") for number in range(1, 7)))

    for faults in schedule:
        world.syspro.faults[:] = [
            Fault(action, matches=_after(skipped), times=times) for action, times, skipped in faults
        ]
        with suppress(ApiError):  # The books could not be read.
            world.run(in_flight=in_flight)
    world.syspro.faults.clear()

    assert world.run(in_flight=in_flight).complete
    assert world.is_settled()
    assert len(world.syspro.suppliers) == 2


def _after(skipped: int) -> Callable[[Asked], bool]:
    """Matches once so many requests have passed."""
    left = [skipped]

    def matches(_: Asked) -> bool:
        left[0] -= 1
        return left[0] < 0

    return matches


def test_the_page_shows_what_runs(tmp_path: Path) -> None:
    page = Path(syspro.__file__).parents[2] / "docs" / "second-ledger.md"
    code = page.read_text(encoding="utf-8").split("```python\n", 1)[1].split("```", 1)[0]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("Ada Example, 42.75 USD, Software, Cumulus Cloud")
