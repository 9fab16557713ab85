"""The vendors that the records of one run create together."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import Record, RecordVendor, User
from bridge import Bridge, NearDuplicates, Plan, PlannedVendor, PlannedVendors, ReasonCode
from support.companies.small import BO, BRIDGE, SETTINGS, books, bridge, codes, expense, reimbursed, vendor

CREATING = bridge(near_duplicates=NearDuplicates.CREATE)


def bought_from(name: str, merchant_id: str, email: str | None = None) -> Record:
    return attrs.evolve(expense(), vendor=RecordVendor(id=merchant_id, name=name, email=email))


def planned(*records: Record, company: Bridge = BRIDGE) -> Plan:
    """The plan for records of a company whose books have no vendors."""
    return company.plan(records, books(vendors=()))


@pytest.mark.parametrize(
    ("records", "names"),
    [
        ([bought_from("Cumulus", "pmch_1"), bought_from("CUMULUS", "vendor_2", "ap@c.example")], ["Cumulus"]),
        ([bought_from("Cumulus", "vendor_2", "ap@c.example"), bought_from("Cumulus", "pmch_1")], ["Cumulus"]),
        ([bought_from("Uber Trip", "pmch_1"), bought_from("Uber Help", "pmch_1")], ["Uber Trip"]),
        ([bought_from("Bo's Bakery", "pmch_1", "BO@example.com"), reimbursed(user=BO)], ["Bo's Bakery"]),
        ([reimbursed(user=BO), bought_from("Bo's Bakery", "pmch_1", "BO@example.com")], ["Bo Sample"]),
        (
            [reimbursed(user=BO), reimbursed(user=attrs.evolve(BO, id="cu_2", email="bo2@example.com"))],
            ["Bo Sample"] * 2,
        ),
        ([bought_from("Cumulus", "pmch_1"), bought_from("Stackyard", "pmch_2")], ["Cumulus", "Stackyard"]),
    ],
)
def test_records_of_one_vendor_create_it_once(records: Sequence[Record], names: Sequence[str]) -> None:
    plan = planned(*records)
    assert not plan.refused
    assert [each.vendor.name for each in plan.new_vendors] == names


def test_a_merchant_and_an_employee_of_one_name_are_reported_in_every_order() -> None:
    both = [reimbursed(user=BO), bought_from("Bo Sample", "pmch_1")]
    for records in (both, both[::-1]):
        plan = planned(*records)
        assert [each.record.id for each in plan.posts] == [records[0].id]
        assert [codes(each) for each in plan.refused] == [[ReasonCode.NEAR_DUPLICATE_VENDOR]]


def test_who_they_are_passes_from_one_to_the_next() -> None:
    plan = planned(
        bought_from("Cumulus", "pmch_1"),
        bought_from("Cumulus", "vendor_2", "ap@cumulus.example"),
        bought_from("Cumulus Inc", "vendor_3", "AP@cumulus.example"),
    )
    assert [post.document.party for post in plan.posts] == [plan.new_vendors[0]] * 3


def test_companies_that_share_a_mailbox_are_not_made_one() -> None:
    plan = planned(
        bought_from("Alpha Tools", "pmch_1", "ap@group.example"),
        bought_from("Beta Foods", "pmch_2", "AP@group.example"),
        bought_from("Alpha Tools LLC", "pmch_3", "ap@group.example"),
    )
    assert [each.vendor.name for each in plan.new_vendors] == ["Alpha Tools"]
    assert len(plan.posts) == 2
    (refused,) = plan.refused
    assert codes(refused) == [ReasonCode.AMBIGUOUS_VENDOR]
    assert "'Beta Foods' has the e-mail address of 'Alpha Tools', which this run creates" in str(refused.reasons[0])


def test_one_that_looks_like_an_earlier_one_is_reported() -> None:
    records = [
        bought_from("Cumulus Cloud", "pmch_1"),
        bought_from("Cumulus Cloud Inc", "pmch_2"),
        bought_from("Cumulus Cloud", "pmch_3"),
    ]
    plan = planned(*records)
    assert len(plan.posts) == 2
    (refused,) = plan.refused
    assert codes(refused) == [ReasonCode.NEAR_DUPLICATE_VENDOR]
    assert str(refused.reasons[0]) == (
        "the vendor 'Cumulus Cloud Inc' would be created, and it looks like 'Cumulus Cloud', which this run creates; if it "
        "is the same, name it in [[vendors]] of the settings once it is there; if not, create it in the ledger, or set "
        "near_duplicates to create"
    )
    assert len(planned(*records, company=CREATING).new_vendors) == 2


def test_nobody_is_paid_back_as_a_merchant_of_the_same_name() -> None:
    plan = planned(bought_from("Bo Sample", "pmch_1"), reimbursed(user=BO))
    assert [codes(each) for each in plan.refused] == [[ReasonCode.NEAR_DUPLICATE_VENDOR]]


def test_outcomes_without_a_vendor_to_create_stay_as_they_are() -> None:
    new = PlannedVendors(SETTINGS)
    known = books(vendors=(vendor("v-1", "Cumulus"),))
    for record in (bought_from("Cumulus", "pmch_1"), attrs.evolve(expense(), vendor=None)):
        outcome = BRIDGE.outcome(record, known)
        assert new.settled(outcome) is outcome


people = st.builds(
    User,
    id=st.sampled_from(["cu_1", "cu_2"]),
    first_name=st.sampled_from(["Bo", "Cumulus"]),
    last_name=st.just("Sample"),
    email=st.sampled_from(["bo@example.com", "Ap@c.example", "bo@home.example"]),
)
merchants = st.builds(
    RecordVendor,
    id=st.sampled_from(["pmch_1", "pmch_2"]),
    name=st.sampled_from(["Cumulus", "Cumulus Inc", "Bo Sample", "Sample, Bo", "Stackyard"]),
    email=st.sampled_from([None, "ap@c.example", "bo@example.com"]),
)
spending = st.lists(
    people.map(lambda user: reimbursed(user=user)) | merchants.map(lambda shop: attrs.evolve(expense(), vendor=shop)),
    max_size=6,
)


@given(spending)
def test_what_is_created_has_neither_a_reference_nor_an_address_twice(records: list[Record]) -> None:
    for company in (BRIDGE, CREATING):
        plan = planned(*records, company=company)
        new = plan.new_vendors
        references = [each for planned in new for each in planned.vendor.external_references]
        addresses = [planned.vendor.email.casefold() for planned in new if planned.vendor.email]
        assert len(references) == len(set(references)) == len(new)
        assert len(addresses) == len(set(addresses))
        assert {each.key for each in new} == {
            post.document.party.key for post in plan.posts if isinstance(post.document.party, PlannedVendor)
        }
        reasons = {code for each in plan.refused for code in codes(each)}
        assert company is BRIDGE or reasons <= {ReasonCode.AMBIGUOUS_VENDOR}
