"""Rillet's chart of accounts and fields in Brex: the plan, carried out on the stand-in."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brex_accounting
import brex_accounting.testing
from brex_accounting import FieldGroup, NewField, NewFieldValue
from bridge import Books, FieldMapping, Settings
from bridge.field_sync import FieldChange, FieldWithValues, plan_field_sync
from bridge_company import BOOKS, DEPARTMENT, SETTINGS, TRAVEL, account, books, field
from bridge_worlds import World, worlds
from rillet import AccountStatus, FieldDisplay, FieldRule, FieldSettings, FieldValue

UNMAPPED = attrs.evolve(SETTINGS, fields=())


class Brex:
    """A company's fields in Brex."""

    def __init__(self) -> None:
        self.client: brex_accounting.Client = brex_accounting.testing.StandIn(rate_limit=None).client()
        made = self.client.integrations.create(vendor="RILLET", vendor_account_id="org-1")
        self.integration_id = made.id

    def read(self) -> Iterator[FieldWithValues]:
        for each in self.client.fields.list():
            yield FieldWithValues(field=each, values=tuple(self.client.field_values.list(each.brex_id)))

    def plan(self, kept: Books, told: Settings) -> tuple[FieldChange, ...]:
        return plan_field_sync(kept, list(self.read()), told, self.integration_id)

    def sync(self, kept: Books, told: Settings) -> None:
        for change in self.plan(kept, told):
            if change.new is None:
                assert change.field_id is not None
                field_id = change.field_id
            else:
                field_id = self.client.fields.create(change.new).brex_id
            if change.renamed is not None or change.is_enabled:
                enabled = False if change.is_enabled else None
                self.client.fields.update(field_id, name=change.renamed, is_disabled=enabled)
            self.client.field_values.create(field_id, change.created)
            self.client.field_values.update(field_id, change.updated)

    def offered(self, remote_id: str) -> dict[str | None, str]:
        """What spenders can choose from: the texts by the ids in Rillet."""
        (found,) = (each for each in self.read() if each.field.remote_id == remote_id)
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
    assert {each.field.name for each in brex.read()} == {"GL Account", "Department"}
    assert {each.field.group for each in brex.read()} == {FieldGroup.ERP}


def test_what_changes_in_rillet_changes_in_brex(brex: Brex) -> None:
    brex.sync(BOOKS, UNMAPPED)
    moved = attrs.evolve(TRAVEL, code="6150", name="Journeys")
    gone = attrs.evolve(BOOKS.accounts[1], status=AccountStatus.INACTIVE)
    renamed = attrs.evolve(
        DEPARTMENT,
        name="Team",
        values=(attrs.evolve(DEPARTMENT.values[0], name="Selling"), FieldValue(id="value-New", name="New")),
    )
    kept = books(accounts=(moved, gone, account("6300", "Rent")), fields=(renamed,))

    brex.sync(kept, UNMAPPED)

    assert brex.offered("GL_ACCOUNT") == {TRAVEL.id: "6150 Journeys", "id-6300": "6300 Rent"}
    assert brex.offered(DEPARTMENT.id) == {"value-Sales": "Selling", "value-New": "New"}
    assert {each.field.name for each in brex.read()} == {"GL Account", "Team"}
    brex.sync(BOOKS, UNMAPPED)
    assert brex.offered(DEPARTMENT.id) == {"value-Sales": "Sales", "value-Operations": "Operations"}


def test_a_field_of_the_companys_own_keeps_its_name_and_its_values(brex: Brex) -> None:
    team = brex.client.fields.create(NewField(name="Team", group=FieldGroup.ACCOUNTING))
    brex.client.field_values.create(team.brex_id, [NewFieldValue(value="SALES"), NewFieldValue(value="Circus")])
    brex.client.fields.update(team.brex_id, is_disabled=True)

    brex.sync(BOOKS, SETTINGS)

    (found,) = (each for each in brex.read() if each.field.brex_id == team.brex_id)
    assert (found.field.name, found.field.is_disabled) == ("Team", False)
    assert {(each.value, each.is_disabled) for each in found.values} == {
        ("Sales", False), ("Operations", False), ("Circus", True),
    }  # fmt: skip


def test_fields_of_revenue_are_none_of_brexs_business(brex: Brex) -> None:
    rule = FieldRule(mandatory=False, display=FieldDisplay.STANDALONE)
    revenue = attrs.evolve(field("Plan", "Gold"), settings=FieldSettings(revenue=rule))
    brex.sync(books(fields=(revenue,)), UNMAPPED)
    assert [each.field.remote_id for each in brex.read()] == ["GL_ACCOUNT"]


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
    (accounts,) = (each for each in brex.read() if each.field.remote_id == told.gl_field)
    offered = {world.books.account(each.remote_id or "") for each in accounts.values if not each.is_disabled}
    assert offered == set(world.books.accounts)


def test_a_field_that_the_settings_map_is_made_under_that_id(brex: Brex) -> None:
    told = attrs.evolve(SETTINGS, fields=(FieldMapping(brex="TEAM", rillet="Department"),))
    brex.sync(BOOKS, told)
    assert set(brex.offered("TEAM")) == {"value-Sales", "value-Operations"}
