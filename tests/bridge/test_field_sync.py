"""Rillet's chart of accounts and fields in Brex: the plan, carried out on the stand-in."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brex_accounting
import brex_accounting.testing
from brex_accounting import FieldGroup, NewField, NewFieldValue
from bridge import Books, FieldMapping, Settings
from bridge.export import apply_field_changes, read_fields
from bridge.field_sync import FieldChange, plan_field_sync
from clientkit import Answer
from clientkit.errors import ApiError
from clientkit.testing import AnswerLost, Asked, Fault, RequestLost, Respond
from rillet import AccountStatus, FieldDisplay, FieldRule, FieldSettings, FieldValue, TaxRate
from support.companies.small import BOOKS, DEPARTMENT, MEALS, SETTINGS, TRAVEL, account, books, field, vendor
from support.laws.strategies import World, worlds

GERMAN = TaxRate(id="rate-1", code="DE19", country="DE", description="Germany VAT", percentage=Decimal("19.0000"))
UNMAPPED = attrs.evolve(SETTINGS, fields=())


class Brex:
    """A company's fields in Brex."""

    def __init__(self) -> None:
        self.client: brex_accounting.Client = brex_accounting.testing.StandIn(rate_limit=None).client()
        made = self.client.integrations.create(vendor="RILLET", vendor_account_id="org-1")
        self.integration_id = made.id

    def plan(self, kept: Books, told: Settings) -> tuple[FieldChange, ...]:
        return plan_field_sync(kept, read_fields(self.client), told, self.integration_id)

    def sync(self, kept: Books, told: Settings) -> None:
        apply_field_changes(self.client, self.plan(kept, told))

    def offered(self, remote_id: str) -> dict[str | None, str]:
        """What spenders can choose from: the texts by the ids in Rillet."""
        (found,) = (each for each in read_fields(self.client) if each.field.remote_id == remote_id)
        return {value.remote_id: value.value for value in found.values if not value.is_disabled}


@pytest.fixture
def brex() -> Brex:
    return Brex()


def test_an_empty_brex_gets_every_account_and_field(brex: Brex) -> None:
    brex.sync(BOOKS, UNMAPPED)
    assert brex.offered("GL_ACCOUNT") == {
        each.id: f"{each.code} {each.name}" for each in BOOKS.accounts if each.status == AccountStatus.ACTIVE
    }
    assert brex.offered(DEPARTMENT.id) == {"value-Sales": "Sales", "value-Operations": "Operations"}
    assert {each.field.name for each in read_fields(brex.client)} == {"GL Account", "Department"}
    assert {each.field.group for each in read_fields(brex.client)} == {FieldGroup.ERP}


def test_what_changes_in_rillet_changes_in_brex(brex: Brex) -> None:
    brex.sync(BOOKS, UNMAPPED)
    moved = attrs.evolve(TRAVEL, code="6150", name="Journeys")
    gone = attrs.evolve(MEALS, status=AccountStatus.INACTIVE)
    renamed = attrs.evolve(
        DEPARTMENT,
        name="Team",
        values=(attrs.evolve(DEPARTMENT.values[0], name="Selling"), FieldValue(id="value-New", name="New")),
    )
    kept = books(accounts=(moved, gone, account("6300", "Rent")), fields=(renamed,))

    brex.sync(kept, UNMAPPED)

    assert brex.offered("GL_ACCOUNT") == {TRAVEL.id: "6150 Journeys", "id-6300": "6300 Rent"}
    assert brex.offered(DEPARTMENT.id) == {"value-Sales": "Selling", "value-New": "New"}
    assert {each.field.name for each in read_fields(brex.client)} == {"GL Account", "Team"}
    brex.sync(BOOKS, UNMAPPED)
    assert brex.offered(DEPARTMENT.id) == {"value-Sales": "Sales", "value-Operations": "Operations"}


def test_a_field_of_the_companys_own_keeps_its_name_and_its_values(brex: Brex) -> None:
    team = brex.client.fields.create(NewField(name="Team", group=FieldGroup.ACCOUNTING))
    brex.client.field_values.create(team.brex_id, [NewFieldValue(value="SALES"), NewFieldValue(value="Circus")])
    brex.client.fields.update(team.brex_id, is_disabled=True)

    brex.sync(BOOKS, SETTINGS)

    (found,) = (each for each in read_fields(brex.client) if each.field.brex_id == team.brex_id)
    assert (found.field.name, found.field.is_disabled) == ("Team", False)
    assert {(each.value, each.is_disabled) for each in found.values} == {
        ("Sales", False), ("Operations", False), ("Circus", True),
    }  # fmt: skip


def test_fields_of_revenue_are_none_of_brexs_business(brex: Brex) -> None:
    rule = FieldRule(mandatory=False, display=FieldDisplay.STANDALONE)
    revenue = attrs.evolve(field("Plan", "Gold"), settings=FieldSettings(revenue=rule))
    brex.sync(books(fields=(revenue,)), UNMAPPED)
    assert [each.field.remote_id for each in read_fields(brex.client)] == ["GL_ACCOUNT"]


def test_an_account_is_known_by_its_code_too_and_an_id_comes_first(brex: Brex) -> None:
    made = brex.client.fields.create(
        NewField(name="GL", group=FieldGroup.ERP, remote_id="GL_ACCOUNT", integration_id=brex.integration_id)
    )
    values = [NewFieldValue(value="Trips", remote_id="6100"), NewFieldValue(value="Food", remote_id="7")]
    brex.client.field_values.create(made.brex_id, values)
    confusing = attrs.evolve(account("7", "Code of another's id"), id="8"), attrs.evolve(account("9", "Food"), id="7")

    brex.sync(books(accounts=(TRAVEL, *confusing)), UNMAPPED)

    assert brex.offered("GL_ACCOUNT") == {"6100": "6100 Travel", "7": "9 Food", "8": "7 Code of another's id"}


@settings(max_examples=40)
@given(worlds(), worlds(), st.booleans())
def test_a_second_plan_has_nothing_to_do(world: World, other: World, mapped: bool) -> None:
    brex = Brex()
    told = world.settings if mapped else attrs.evolve(world.settings, fields=())
    brex.sync(other.books, told)
    brex.sync(world.books, told)
    assert brex.plan(world.books, told) == ()
    (accounts,) = (each for each in read_fields(brex.client) if each.field.remote_id == told.gl_field)
    offered = {world.books.account(each.remote_id or "") for each in accounts.values if not each.is_disabled}
    assert offered == set(world.books.accounts)


def test_a_field_that_the_settings_map_is_made_under_that_id(brex: Brex) -> None:
    told = attrs.evolve(SETTINGS, fields=(FieldMapping(brex="TEAM", rillet="Department"),))
    brex.sync(BOOKS, told)
    assert set(brex.offered("TEAM")) == {"value-Sales", "value-Operations"}


def test_vendors_and_tax_rates_are_offered_where_the_settings_name_a_field(brex: Brex) -> None:
    told = attrs.evolve(UNMAPPED, vendor_field="VENDOR", tax_field="TAX")
    twins = vendor("v-1", "Ada Example", email="ada@example.com"), vendor("v-2", "ADA  example")
    kept = books(vendors=(vendor("v-3", "Cumulus Cloud"), *twins), tax_rates=(GERMAN,))

    brex.sync(kept, told)

    assert brex.offered("VENDOR") == {"v-3": "Cumulus Cloud", "v-1": "Ada Example (v-1)", "v-2": "ADA  example (v-2)"}
    assert brex.offered("TAX") == {"rate-1": "DE19 (19 %) Germany VAT"}
    assert brex.plan(kept, told) == ()
    assert {each.name for each in brex.plan(kept, attrs.evolve(told, tax_field="Code"))} == {"Tax Code"}

    brex.sync(books(vendors=(attrs.evolve(twins[1], name="Ada the Second"),), tax_rates=()), told)

    assert brex.offered("VENDOR") == {"v-2": "Ada the Second"}
    assert brex.offered("TAX") == {}


def test_without_their_settings_vendors_and_tax_rates_stay_in_rillet(brex: Brex) -> None:
    brex.sync(books(tax_rates=(GERMAN,)), UNMAPPED)
    assert {each.field.name for each in read_fields(brex.client)} == {"GL Account", "Department"}


def test_a_coded_tax_value_is_found_again_by_what_was_synced(brex: Brex) -> None:
    kept = books(tax_rates=(GERMAN,))
    brex.sync(kept, attrs.evolve(UNMAPPED, tax_field="TAX"))
    (found,) = (each for each in read_fields(brex.client) if each.field.remote_id == "TAX")
    assert kept.tax_rate(found.values[0].remote_id or "") == GERMAN
    assert found.values[0].value_id == "DE19"


def test_what_would_change_is_told_by_name(brex: Brex) -> None:
    told = attrs.evolve(UNMAPPED, vendor_field="VENDOR")
    known = vendor("v-1", "Old Name"), vendor("v-2", "Gone")
    brex.sync(books(vendors=known), told)
    brex.sync(books(vendors=(known[1],)), told)

    changes = brex.plan(books(vendors=(attrs.evolve(known[0], name="New Name"), vendor("v-3", "Third"))), told)

    (change,) = changes
    assert change.name == "Vendor"
    assert change.names == {
        "create": ("Third",), "rename": ("Old Name → New Name",), "enable": ("New Name",), "disable": ("Gone",),
    }  # fmt: skip


@settings(max_examples=25)
@given(st.integers(1, 7), st.integers(0, 7), st.integers(1, 4))
def test_a_run_that_is_stopped_leaves_the_rest_to_the_next(vendors: int, calls: int, size: int) -> None:
    brex = Brex()
    told = attrs.evolve(UNMAPPED, vendor_field="VENDOR")
    before = books(vendors=tuple(vendor(f"v-{number}", f"Was {number}") for number in range(0, vendors, 2)))
    brex.sync(before, told)
    kept = books(vendors=tuple(vendor(f"v-{number}", f"Vendor {number}") for number in range(vendors)))
    planned = brex.plan(kept, told)
    asked = iter([False] * calls)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bridge.export.field_updates._MOST_PER_CALL", size)
        done = apply_field_changes(brex.client, planned, stop=lambda: next(asked, True))

    left = brex.plan(kept, told)
    for what in ("create", "rename"):
        of = [sorted(name for each in part for name in each.names[what]) for part in (planned, done, left)]
        assert sorted(of[1] + of[2]) == of[0]
    apply_field_changes(brex.client, left)
    assert brex.plan(kept, told) == ()
    assert brex.offered("VENDOR") == {each.id: each.name for each in kept.vendors}


def test_ten_thousand_vendors_take_a_call_for_each_thousand() -> None:
    standin = brex_accounting.testing.StandIn(rate_limit=None)
    client = standin.client()
    made = client.integrations.create(vendor="RILLET", vendor_account_id="org-1")
    told = attrs.evolve(UNMAPPED, vendor_field="VENDOR")
    kept = books(vendors=tuple(vendor(f"v-{number}", f"Vendor {number}") for number in range(10_000)))
    shown = list[tuple[int, int]]()

    changes = plan_field_sync(kept, read_fields(client), told, made.id)
    sent = client.requests_sent
    done = apply_field_changes(client, changes, progress=lambda written, of: shown.append((written, of)))

    assert done == changes
    assert client.requests_sent - sent == 3 + 2 + 10
    assert shown[-1] == (shown[-1][1], sum(len(each.created) for each in changes))
    assert plan_field_sync(kept, read_fields(client), told, made.id) == ()


@pytest.mark.parametrize(
    "action", [RequestLost(), AnswerLost(), Respond(Answer(status=503)), Respond(Answer(status=400))]
)
@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("times", [1, 100])
def test_whatever_fails_each_value_is_written_once(
    action: RequestLost | AnswerLost | Respond, number: int, times: int
) -> None:
    standin = brex_accounting.testing.StandIn(rate_limit=None)
    client = standin.client(sleep=lambda _: None)
    integration = client.integrations.create(vendor="RILLET", vendor_account_id="org-1").id
    told = attrs.evolve(UNMAPPED, vendor_field="VENDOR")
    writes = list[str]()

    def hit(asked: Asked) -> bool:
        writes.extend([asked.path] if asked.method != "GET" else [])
        return asked.method != "GET" and len(writes) > number

    standin.faults.append(Fault(action, matches=hit, times=times))
    with contextlib.suppress(ApiError):
        apply_field_changes(client, plan_field_sync(BOOKS, read_fields(client), told, integration))
    standin.faults.clear()
    apply_field_changes(client, plan_field_sync(BOOKS, read_fields(client), told, integration))

    fields = read_fields(client)
    assert sorted(each.field.remote_id or "" for each in fields) == sorted(["GL_ACCOUNT", "VENDOR", DEPARTMENT.id])
    for each in fields:
        assert len({value.remote_id for value in each.values}) == len(each.values)
    assert plan_field_sync(BOOKS, fields, told, integration) == ()
    assert len(writes) > number
