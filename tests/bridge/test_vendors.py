"""Who is paid."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import Record, RecordVendor, User
from bridge import Bridge, PlannedVendor, ReasonCode, Refused
from bridge.results import VENDOR_TO_COME
from bridge_company import BO, BOOKS, BRIDGE, books, bridge, codes, expense, posted, reimbursed, vendor
from rillet import ExternalReference, NewCharge, NewVendor, Vendor

UNLINKED = bridge(reference_type=None)


def bought_from(name: str, merchant_id: str = "pmch_1", email: str | None = None) -> Record:
    return attrs.evolve(expense(), vendor=RecordVendor(id=merchant_id, name=name, email=email))


def vendor_of(record: Record, *known: Vendor, company: Bridge = BRIDGE) -> str | PlannedVendor:
    vendor = posted(company.outcome(record, books(vendors=known))).vendor
    assert vendor is not None
    return vendor


def test_a_merchant_is_found_by_external_reference_before_its_name() -> None:
    linked, namesake = vendor("v-1", "Renamed Inc.", brex="pmch_1"), vendor("v-2", "Bakery")
    assert vendor_of(bought_from("Bakery"), linked, namesake) == "v-1"
    assert vendor_of(bought_from("Bakery", "pmch_2"), linked, namesake) == "v-2"
    assert vendor_of(bought_from(" "), linked, namesake) == "v-1"
    assert vendor_of(bought_from("Bakery"), linked, namesake, company=UNLINKED) == "v-2"


def test_a_reference_of_another_type_does_not_count() -> None:
    other = Vendor(id="v-1", name="Other", external_references=(ExternalReference(type="stripe", id="pmch_1"),))
    assert isinstance(vendor_of(bought_from("Bakery"), other), PlannedVendor)


@pytest.mark.parametrize("name", ["Café & Söhne", "CAFÉ  & SÖHNE", " cafe\u0301 & so\u0308hne. ", "Café-& Söhne"])
def test_a_merchant_is_found_by_its_name_however_it_is_written(name: str) -> None:
    assert vendor_of(bought_from(name), vendor("v-1", "Café & Söhne"), vendor("v-2", "Café Söhne")) == "v-1"


def test_a_merchant_that_nobody_knows_is_planned() -> None:
    found = vendor_of(bought_from(" Corner Shop ", email=" shop@example.com "))
    assert found == PlannedVendor(
        key="name:corner shop",
        vendor=NewVendor(
            name="Corner Shop",
            email="shop@example.com",
            external_references=(ExternalReference(type="brex", id="pmch_1"),),
        ),
    )
    assert vendor_of(bought_from("Corner Shop"), company=UNLINKED) == PlannedVendor(
        key="name:corner shop", vendor=NewVendor(name="Corner Shop")
    )


def test_the_payload_names_a_planned_vendor_once_it_exists() -> None:
    post = posted(BRIDGE.outcome(bought_from("Corner Shop"), BOOKS))
    charge = post.payload
    assert isinstance(charge, NewCharge)
    assert charge.vendor_id == VENDOR_TO_COME
    assert post.for_vendor("v-9") == attrs.evolve(charge, vendor_id="v-9")


def test_records_of_one_missing_vendor_share_its_key() -> None:
    records = [
        bought_from("Corner Shop"),
        bought_from("CORNER  SHOP", "pmch_2"),
        bought_from("Elsewhere"),
        reimbursed(user=BO),
        reimbursed(user=attrs.evolve(BO, id="cuuser_again", email="BO@EXAMPLE.COM")),
        expense("5"),
    ]
    plan = BRIDGE.plan(records, BOOKS)
    assert len(plan.posts) == 6
    assert [each.key for each in plan.new_vendors] == ["name:corner shop", "name:elsewhere", "email:bo@example.com"]


def test_an_employee_is_found_by_reference_and_then_by_email_whatever_its_case() -> None:
    linked, addressed = vendor("v-1", "B.", brex="cuuser_bo"), vendor("v-2", "Bo", email=" BO@example.com ")
    assert vendor_of(reimbursed(user=BO), linked, addressed) == "v-1"
    assert vendor_of(reimbursed(user=attrs.evolve(BO, email="")), linked, addressed) == "v-1"
    assert vendor_of(reimbursed(user=attrs.evolve(BO, email=" Bo@Example.com")), addressed) == "v-2"
    assert vendor_of(reimbursed(user=BO), linked, addressed, company=UNLINKED) == "v-2"
    # Names are no proof: two people can share one.
    assert isinstance(vendor_of(reimbursed(user=BO), vendor("v-3", "Bo Sample", email="")), PlannedVendor)


def test_an_employee_that_nobody_knows_is_planned() -> None:
    reference = (ExternalReference(type="brex", id="cuuser_bo"),)
    planned = vendor_of(reimbursed(user=BO))
    assert planned == PlannedVendor(
        key="email:bo@example.com",
        vendor=NewVendor(name="Bo Sample", email="bo@example.com", external_references=reference),
    )
    nameless = vendor_of(reimbursed(user=User(id="cuuser_bo", email=" Bo@example.com")))
    assert nameless == PlannedVendor(
        key="email:bo@example.com",
        vendor=NewVendor(name="Bo@example.com", email="Bo@example.com", external_references=reference),
    )


@pytest.mark.parametrize(
    ("record", "known", "company", "advice"),
    [
        (
            bought_from("Bakery"),
            [vendor("v-2", "A", brex="pmch_1"), vendor("v-1", "B", brex="pmch_1")],
            BRIDGE,
            "2 vendors of Rillet match the external reference 'pmch_1' (v-1, v-2); take it from all but one",
        ),
        (
            bought_from("Bakery"),
            [vendor("v-1", "Bakery"), vendor("v-2", "bakery")],
            BRIDGE,
            "match the merchant 'Bakery' (v-1, v-2); give the right one the external reference 'pmch_1'",
        ),
        (
            bought_from("Bakery"),
            [vendor("v-1", "Bakery"), vendor("v-2", "bakery")],
            UNLINKED,
            "only one of them may match",
        ),
        (
            reimbursed(user=BO),
            [vendor("v-1", "A", brex="cuuser_bo"), vendor("v-2", "B", brex="cuuser_bo")],
            BRIDGE,
            "take it from all but one",
        ),
        (
            reimbursed(user=BO),
            [vendor("v-1", "A", email="bo@example.com"), vendor("v-2", "B", email="BO@example.com")],
            BRIDGE,
            "match the e-mail address 'bo@example.com' (v-1, v-2); give the right one the external reference 'cuuser_bo'",
        ),
        (
            attrs.evolve(expense(), vendor=None),
            [vendor("v-1", "Cards"), vendor("v-2", "CARDS")],
            bridge(default_vendor="Cards"),
            "match the default_vendor 'Cards' (v-1, v-2); name it by its id",
        ),
    ],
)
def test_of_several_vendors_none_is_guessed(record: Record, known: list[Vendor], company: Bridge, advice: str) -> None:
    outcome = company.outcome(record, books(vendors=tuple(known)))
    assert codes(outcome) == [ReasonCode.AMBIGUOUS_VENDOR]
    assert isinstance(outcome, Refused)
    assert advice in outcome.reasons[0].text


@pytest.mark.parametrize("named", ["v-1", "Card Purchases"])
@pytest.mark.parametrize("record", [attrs.evolve(expense(), vendor=None), bought_from("  ")])
def test_records_without_a_merchant_go_to_the_default_vendor(named: str, record: Record) -> None:
    known = vendor("v-1", "Card Purchases")
    assert vendor_of(record, known, company=bridge(default_vendor=named)) == "v-1"


@given(st.text(), st.text())
def test_a_vendor_that_was_created_as_planned_is_found_again(name: str, email: str) -> None:
    for record, company in (
        (bought_from(name), BRIDGE),
        (bought_from(name), UNLINKED),
        (reimbursed(user=attrs.evolve(BO, email=email)), UNLINKED),
    ):
        first = company.outcome(record, books(vendors=()))
        if not isinstance(first, Refused):
            planned = posted(first).vendor
            assert isinstance(planned, PlannedVendor)
            new = planned.vendor
            made = Vendor(id="v-1", name=new.name, email=new.email, external_references=tuple(new.external_references))
            assert vendor_of(record, made, company=company) == "v-1"
