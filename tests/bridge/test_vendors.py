"""Who is paid."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bridge as values
from brex_accounting import FieldValueRef, Record, RecordVendor, User
from brex_accounting.testing.records import dimension, gl
from bridge import Bridge, NearDuplicates, NewVendor, PlannedVendor, ReasonCode, Refuse, VendorMapping, new_vendor
from rillet import ExternalReference, NewCharge, Vendor
from support.companies.small import (
    ADA,
    BO,
    BOOKS,
    BRIDGE,
    WHOLE,
    billed,
    books,
    bridge,
    codes,
    expense,
    posted,
    reimbursed,
    vendor,
)

UNLINKED = bridge(reference_type=None)


def bought_from(name: str, merchant_id: str = "pmch_1", email: str | None = None) -> Record:
    return attrs.evolve(expense(), vendor=RecordVendor(id=merchant_id, name=name, email=email))


def vendor_of(record: Record, *known: Vendor, company: Bridge = BRIDGE) -> str | PlannedVendor:
    vendor = posted(company.outcome(record, books(vendors=known))).document.party
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
        key="email:shop@example.com",
        vendor=NewVendor(
            name="Corner Shop",
            email="shop@example.com",
            external_references=(values.ExternalReference(type="brex", id="pmch_1"),),
        ),
    )
    assert vendor_of(bought_from("Corner Shop"), company=UNLINKED) == PlannedVendor(
        key="name:corner shop", vendor=NewVendor(name="Corner Shop")
    )


def test_the_payload_names_a_planned_vendor_once_it_exists() -> None:
    post = posted(BRIDGE.outcome(bought_from("Corner Shop"), BOOKS))
    charge = post.payload
    assert isinstance(charge, NewCharge)
    assert charge.vendor_id == post.document.form().head["party"] == "new:name:corner shop"
    with pytest.raises(ValueError, match="'name:corner shop' has to be created first"):
        post.document.create()
    known = post.document.with_vendor("v-9")
    digest = known.form().digest()
    mark = ExternalReference(type="brex", id=f"{post.record.id} v{post.record.version} {digest}")
    assert known.payload == attrs.evolve(
        charge, vendor_id="v-9", external_references=(*charge.external_references[:-1], mark)
    )
    assert known.create().body == known.payload


def test_records_of_one_missing_vendor_share_its_key() -> None:
    records = [
        bought_from("Corner Shop"),
        bought_from("CORNER  SHOP", "pmch_2"),
        bought_from("Elsewhere", "pmch_3"),
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


def refusal(record: Record, *known: Vendor, company: Bridge = BRIDGE) -> str:
    """Why a record is refused for its vendor alone."""
    outcome = company.outcome(record, books(vendors=known))
    assert isinstance(outcome, Refuse), outcome
    (reason,) = outcome.reasons
    assert reason.code in {ReasonCode.NEAR_DUPLICATE_VENDOR, ReasonCode.AMBIGUOUS_VENDOR, ReasonCode.NO_VENDOR}
    return str(reason)


@pytest.mark.parametrize("name", ["Bo Sample", "SAMPLE, BO"])
@pytest.mark.parametrize("email", [None, "", "bo@home.example"])
def test_nobody_is_paid_back_for_a_name_alone(name: str, email: str | None) -> None:
    assert refusal(reimbursed(user=BO), vendor("v-3", name, email=email)) == (
        f"the vendor 'Bo Sample' would be created, and it looks like {name!r} (v-3); if it is the same, name it in "
        "[[vendors]] of the settings, give it the external reference 'cuuser_bo' of the type 'brex'; if not, create it in "
        "Rillet with its e-mail address, or set near_duplicates to create"
    )


def test_two_colleagues_of_one_name_are_two() -> None:
    namesake = vendor("v-3", "Bo Sample", email="bo.sample.2@EXAMPLE.com")
    planned = vendor_of(reimbursed(user=BO), namesake)
    assert isinstance(planned, PlannedVendor)
    assert planned.key == "email:bo@example.com"


def test_whoever_is_merchant_and_employee_is_one_vendor() -> None:
    known = vendor("v-1", "Bo Sample", email="bo@example.com")
    selling = bought_from("Bo's Bakery", email=" BO@example.com")
    assert vendor_of(selling, known) == vendor_of(reimbursed(user=BO), known) == "v-1"
    assert vendor_of(attrs.evolve(billed(), vendor=selling.vendor), known, company=WHOLE) == "v-1"


def test_a_company_is_not_taken_for_another_one_that_shares_its_mailbox() -> None:
    sold = bought_from("Beta Foods", email="ap@group.example")
    other = vendor("v-1", "Alpha Tools", email="AP@group.example", brex="pmch_9")
    assert refusal(sold, other) == (
        "the merchant 'Beta Foods' has the e-mail address of 'Alpha Tools' (v-1), which is another company of Brex; if they "
        "are one, name the vendor in [[vendors]] of the settings; if not, create it in the ledger and name that one"
    )
    assert vendor_of(sold, attrs.evolve(other, name="Beta Foods Inc")) == "v-1"
    assert vendor_of(sold, attrs.evolve(other, external_references=())) == "v-1"
    assert vendor_of(sold, vendor("v-1", "Bo Sample", email="ap@group.example", brex="cuuser_bo")) == "v-1"


def test_an_email_address_tells_more_than_a_name_and_less_than_a_reference() -> None:
    addressed, named = vendor("v-1", "A", email="shop@example.com"), vendor("v-2", "Bakery")
    sold = bought_from("Bakery", email="shop@example.com")
    assert vendor_of(sold, addressed, named) == "v-1"
    assert vendor_of(sold, addressed, named, vendor("v-3", "B", brex="pmch_1")) == "v-3"


MAPPED = bridge(
    vendors=(
        VendorMapping(brex="corner shop!", rillet="v-1"),
        VendorMapping(brex="pmch_7", rillet="Bakery"),
        VendorMapping(brex="Bo@Example.com", rillet="v-3"),
        VendorMapping(brex="Ada Example", rillet="v-1"),
        VendorMapping(brex="Gone", rillet="v-gone"),
    )
)
KNOWN = (
    vendor("v-1", "Groceries Ltd"),
    vendor("v-2", "Bakery", brex="pmch_1"),
    vendor("v-3", "B. Sample Consulting", brex="pmch_7"),
)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (bought_from("Corner  Shop"), "v-1"),
        (bought_from("Somebody", "pmch_7"), "v-2"),
        (bought_from(" ", "pmch_7"), "v-2"),
        (bought_from("Bo's Bakery", "pmch_2", "bo@example.com"), "v-3"),
        (reimbursed(user=BO), "v-3"),
        (reimbursed(user=attrs.evolve(BO, email="ada@example.com", id="pmch_7")), "v-2"),
    ],
)
def test_the_vendors_of_the_settings_come_before_everything_else(record: Record, expected: str) -> None:
    assert vendor_of(record, *KNOWN, company=MAPPED) == expected


def test_the_vendors_of_the_settings_name_no_person_by_name() -> None:
    assert isinstance(vendor_of(reimbursed(), *KNOWN, company=MAPPED), PlannedVendor)


def test_a_vendor_of_the_settings_that_rillet_does_not_have_is_said() -> None:
    assert refusal(bought_from("Gone"), *KNOWN, company=MAPPED) == (
        "Rillet has no vendor 'v-gone', which [[vendors]] of the settings names"
    )


CHOOSING = bridge(vendor_field="Vendor")


def chosen(*values: FieldValueRef, kind: Callable[..., Record] = expense) -> Record:
    return kind("5", gl("6100"), *values)


@pytest.mark.parametrize(
    "value",
    [
        dimension("Vendor", "v-3"),
        dimension("Vendor", "B SAMPLE consulting"),
        dimension("Vendor", "gone", name="B. Sample Consulting"),
        dimension("Vendor", None, name="B. Sample Consulting"),
    ],
)
def test_a_spender_can_choose_the_vendor(value: FieldValueRef) -> None:
    record = attrs.evolve(chosen(value, dimension("Other", "v-1")), vendor=RecordVendor(id="pmch_1", name="Bakery"))
    assert vendor_of(record, *KNOWN, company=CHOOSING) == "v-3"
    assert vendor_of(attrs.evolve(record, vendor=None), *KNOWN, company=CHOOSING) == "v-3"
    assert vendor_of(record, *KNOWN) == "v-2"


def test_nobody_chooses_who_is_paid_back() -> None:
    record = chosen(dimension("Vendor", "v-3"), kind=reimbursed)
    assert vendor_of(record, *KNOWN, ADA, company=CHOOSING) == "v-ada"


def test_one_record_has_one_chosen_vendor() -> None:
    record = chosen(dimension("Vendor", "v-1"), dimension("Vendor", "v-3"), dimension("Vendor", "v-3"))
    assert refusal(record, *KNOWN, company=CHOOSING) == (
        "2 vendors of Rillet match the field 'Vendor' of its lines (v-1, v-3); choose one for the whole record, or split "
        "it in Brex"
    )
    assert "no vendor 'v-9', which the field 'Vendor' names" in refusal(
        chosen(dimension("Vendor", "v-1"), dimension("Vendor", "v-9")), *KNOWN, company=CHOOSING
    )
    twins = (*KNOWN, vendor("v-4", "bakery"))
    assert (
        "2 vendors of Rillet match 'Bakery', which the field 'Vendor' names (v-2, v-4); name it by its id"
        in refusal(chosen(dimension("Vendor", "Bakery")), *twins, company=CHOOSING)
    )


def test_a_vendor_that_looks_like_one_of_the_books_is_reported_or_created() -> None:
    known = tuple(
        vendor(f"v-{number}", f"Corner Shop {form}")
        for number, form in enumerate(("Inc", "LLC", "Ltd", "AG", "SA", "BV"))
    )
    assert refusal(bought_from("Corner Shop"), *known[:1]) == (
        "the vendor 'Corner Shop' would be created, and it looks like 'Corner Shop Inc' (v-0); if it is the same, name it "
        "in [[vendors]] of the settings, give it the external reference 'pmch_1' of the type 'brex'; if not, create it in "
        "Rillet, or set near_duplicates to create"
    )
    assert "'Corner Shop SA' (v-4) and 1 more; if" in refusal(bought_from("Corner Shop"), *known)
    assert "external reference" not in refusal(bought_from("Corner Shop"), *known, company=UNLINKED)
    creating = bridge(near_duplicates=NearDuplicates.CREATE)
    assert isinstance(vendor_of(bought_from("Corner Shop"), *known, company=creating), PlannedVendor)
    # What is looked at first is never doubted.
    assert vendor_of(bought_from("Corner Shop LLC"), *known) == "v-1"
    assert vendor_of(bought_from("Corner Shop"), *known, vendor("v-9", "Else", brex="pmch_1")) == "v-9"


def test_no_reason_holds_an_email_address() -> None:
    known = (
        vendor("v-1", "bo@example.com"),
        vendor("v-2", "A", email="x@x.example"),
        vendor("v-3", "B", email="x@x.example"),
    )
    nameless = attrs.evolve(BO, first_name="", last_name="", email="x@x.example")
    assert "the person 'cuuser_bo' (v-2, v-3)" in refusal(reimbursed(user=nameless), *known)
    assert isinstance(vendor_of(reimbursed(user=attrs.evolve(nameless, email="bo@example.com")), *known), PlannedVendor)


def test_an_employee_that_nobody_knows_is_planned() -> None:
    reference = (values.ExternalReference(type="brex", id="cuuser_bo"),)
    planned = vendor_of(reimbursed(user=BO))
    assert planned == PlannedVendor(
        key="email:bo@example.com",
        vendor=NewVendor(name="Bo Sample", email="bo@example.com", external_references=reference),
        is_person=True,
    )
    nameless = vendor_of(reimbursed(user=User(id="cuuser_bo", email=" Bo@example.com")))
    assert nameless == PlannedVendor(
        key="email:bo@example.com",
        vendor=NewVendor(name="Bo@example.com", email="Bo@example.com", external_references=reference),
        is_person=True,
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
            "match the e-mail address of the person 'Bo Sample' (v-1, v-2); give the right one the external reference 'cuuser_bo'",
        ),
        (
            attrs.evolve(expense(), vendor=None),
            [vendor("v-1", "Cards"), vendor("v-2", "CARDS")],
            bridge(default_vendor="Cards"),
            "match 'Cards', the default_vendor (v-1, v-2); name it by its id",
        ),
    ],
)
def test_of_several_vendors_none_is_guessed(record: Record, known: list[Vendor], company: Bridge, advice: str) -> None:
    outcome = company.outcome(record, books(vendors=tuple(known)))
    assert codes(outcome) == [ReasonCode.AMBIGUOUS_VENDOR]
    assert isinstance(outcome, Refuse)
    assert advice in outcome.reasons[0].text


def test_of_many_vendors_the_first_are_named() -> None:
    known = tuple(vendor(f"v-{number:04}", "Cards") for number in range(5000))
    outcome = bridge(default_vendor="Cards").outcome(attrs.evolve(expense(), vendor=None), books(vendors=known))
    assert isinstance(outcome, Refuse)
    text = "5000 vendors of Rillet match 'Cards', the default_vendor (v-0000, v-0001, v-0002, v-0003, v-0004 and 4995 more)"
    assert outcome.reasons[0].text.startswith(text)


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
        if not isinstance(first, Refuse):
            planned = posted(first).document.party
            assert isinstance(planned, PlannedVendor)
            new = new_vendor(planned)
            made = Vendor(id="v-1", name=new.name, email=new.email, external_references=tuple(new.external_references))
            assert vendor_of(record, made, company=company) == "v-1"
