"""The snapshot of Rillet that records are coded against."""

from __future__ import annotations

from datetime import date, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import Books, normalised
from bridge.unreadable import UnreadableEntry
from rillet import AccountStatus, ExternalReference, FieldValue, Vendor
from support.companies.small import (
    ADA,
    AMERICA,
    BOOKS,
    BRITAIN,
    DEPARTMENT,
    STATIONERY,
    TRAVEL,
    account,
    books,
    field,
    vendor,
)


def test_an_account_is_known_by_code_and_by_id_and_the_id_wins() -> None:
    assert BOOKS.account("6100") == BOOKS.account("id-6100") == TRAVEL
    assert BOOKS.account("Travel") is None
    hidden, hiding = account("1000", "Hidden"), attrs.evolve(account("2000", "Hiding"), id="1000")
    for accounts in ((hidden, hiding), (hiding, hidden)):
        kept = books(accounts=accounts)
        assert kept.account("1000") == kept.account("2000") == hiding
        assert kept.account("id-1000") == hidden


def test_an_account_is_sound_where_nothing_can_be_confused_with_it() -> None:
    active, gone = account("1000", "Travel"), account("2000", "Old", status=AccountStatus.INACTIVE)
    twin = attrs.evolve(active, id="twin")
    assert books(accounts=(active, gone)).is_sound(active)
    assert not books(accounts=(active, gone)).is_sound(gone)
    assert not books(accounts=(active, twin)).is_sound(active)
    assert books(accounts=(active, attrs.evolve(twin, status=AccountStatus.INACTIVE))).is_sound(active)
    unread = UnreadableEntry(kind="account", id=None, why="broken")
    assert not books(accounts=(active,), unreadable=(unread,)).is_sound(active)


def test_a_value_of_a_field_is_known_by_id_and_else_by_name_and_the_first_counts() -> None:
    sales, other = FieldValue(id="1", name="Sales"), FieldValue(id="2", name=" SALES ")
    team = attrs.evolve(field("Team"), values=(sales, other))
    values = books(fields=(team,)).field_values[team.id]
    assert values.field is team
    assert values.find("2", "Sales") == other
    assert values.find(None, "sales") == values.find("3", "Sales!") == sales
    assert values.find("3", None) is None


def test_the_books_know_their_mandatory_fields() -> None:
    wanted, offered = field("Team", mandatory=True), field("Project")
    assert books(fields=(wanted, offered, attrs.evolve(offered, settings=None))).mandatory_fields == (wanted,)


def test_a_subsidiary_is_known_by_trade_name_and_by_id_and_the_id_wins() -> None:
    assert BOOKS.subsidiary("Example Inc.") == BOOKS.subsidiary("sub-us") == AMERICA
    assert BOOKS.subsidiary("example inc.") is None
    hiding = attrs.evolve(BRITAIN, id="Example Inc.")
    for subsidiaries in ((AMERICA, hiding), (hiding, AMERICA)):
        assert books(subsidiaries=subsidiaries).subsidiary("Example Inc.") == hiding


def test_a_field_is_known_by_id_and_by_name_however_it_is_written_and_the_id_wins() -> None:
    assert BOOKS.field(DEPARTMENT.id) == BOOKS.field("Department") == BOOKS.field(" DEPARTMENT ") == DEPARTMENT
    assert BOOKS.field("Region") is None
    hiding = attrs.evolve(field("Region"), id="department")
    assert books(fields=(hiding, DEPARTMENT)).field("department") == hiding


def test_vendors_are_known_by_id_reference_name_and_email() -> None:
    linked = Vendor(
        id="v-3",
        name="Linked",
        email="",
        external_references=(
            ExternalReference(type="brex", id="b", url="https://example.com"),
            ExternalReference(type="brex", id="b"),
            ExternalReference(type="stripe", id="s"),
        ),
    )
    kept = books(
        vendors=(STATIONERY, ADA, linked, vendor("v-4", "SAMPLE Stationery!", email="ADA_example@example.com"))
    )
    assert kept.vendor("v-ada") == ADA
    assert kept.vendor("Ada Example") is None
    assert kept.vendors_by_reference(ExternalReference(type="brex", id="b", url="elsewhere")) == (linked,)
    assert kept.vendors_by_reference(ExternalReference(type="stripe", id="s")) == (linked,)
    assert kept.vendors_by_reference(ExternalReference(type="stripe", id="b")) == ()
    assert [each.id for each in kept.vendors_by_name("sample stationery")] == ["v-stationery", "v-4"]
    assert [each.id for each in kept.vendors_by_email(" Ada_Example@EXAMPLE.com")] == ["v-ada", "v-4"]
    assert kept.vendors_by_email("") == ()
    assert kept.vendors_by_name("nobody") == ()


@pytest.mark.parametrize(
    ("closed", "first_open"),
    [
        (date(2026, 1, 31), date(2026, 2, 1)),
        (date(2026, 2, 28), date(2026, 3, 1)),
        (date(2028, 2, 28), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 3, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (None, None),
    ],
)
def test_the_first_open_day_follows_the_last_closed_one(closed: date | None, first_open: date | None) -> None:
    assert books(last_closed=closed).first_open_day == first_open


@given(st.dates(max_value=date.max - timedelta(days=1)), st.dates())
def test_a_day_is_closed_exactly_when_it_is_before_the_first_open_day(closed: date, day: date) -> None:
    kept = books(last_closed=closed)
    assert kept.first_open_day is not None
    assert kept.is_closed(day) == (day < kept.first_open_day)
    assert not kept.is_closed(kept.first_open_day)
    assert kept.is_closed(closed)
    assert not Books(accounts=(), subsidiaries=()).is_closed(day)


@given(st.text())
def test_normalising_a_name_twice_changes_nothing_more(name: str) -> None:
    once = normalised(name)
    assert normalised(once) == once
    assert bool(once) == bool(name.strip())


@given(
    st.text(st.characters(categories=["L", "N"]), min_size=1),
    st.sampled_from([" ", ".", ", ", "-", "\u2019", "\u00a0"]),
)
def test_a_name_is_compared_without_case_punctuation_and_surplus_blanks(name: str, noise: str) -> None:
    assert normalised(f"{noise}{name}{noise}Ltd") == normalised(f"{name}  LTD.")


@pytest.mark.parametrize(
    ("one", "other"),
    [("R&D", "RD"), ("R&D", "R D"), ("C+", "C"), ("कि", "कु"), ("ที", "ท"), ("!!!", "???"), ("A1", "A2")],
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Straße", "STRASSE"), ("Cafe\u0301", "café"), ("\uff21\uff23\uff2d\uff25", "Acme"), ("\ufb01lm", "Film")],
)
def test_forms_of_presentation_do_not_count(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)
