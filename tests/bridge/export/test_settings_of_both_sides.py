"""What the settings name is compared with Brex too, before anything is sent; what nothing takes is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

import rillet.testing
from brex_accounting import FieldGroup, NewField, NewFieldValue, Record
from brex_accounting.testing.records import card_expense, dimension, gl, reimbursement
from bridge import FieldMapping, Movements, ReasonCode, SettingsError, VendorMapping, When, explain
from rillet.testing import vendor
from support.companies.two import GERMANY, GMBH, US, TwoCompanies, refusals

SPENT = card_expense("30", coding=[gl("61000"), GMBH], record_id="k1")
DEPARTMENT = dimension("DEPT", "rd", field_name="Department", name="R&D")
TAXED = card_expense(
    "119", coding=[gl("61000"), dimension("TAX_CODE", "DE19"), dimension("VENDOR", "Acme")], record_id="k1"
)


def problems(company: TwoCompanies) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as raised:
        company.run()
    assert company.rillet.ledger.postings == ()
    assert all(each.method == "GET" for each in company.rillet.asked)
    return raised.value.problems


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("LEGAL_ENTTY", "DE", "entities[1].when.field: Brex has no field 'LEGAL_ENTTY'; did you mean 'LEGAL_ENTITY'?"),
        ("LEGAL_ENTITY", "de", "entities[1].when.value: Brex has no value of 'LEGAL_ENTITY' 'de'; did you mean 'DE'?"),
        (
            "LEGAL_ENTITY",
            "DEE",
            "entities[1].when.value: Brex has no value of 'LEGAL_ENTITY' 'DEE'; did you mean 'DE'?",
        ),
    ],
)
def test_a_misspelt_condition_stops_the_run(field: str, value: str, problem: str) -> None:
    wrong = attrs.evolve(GERMANY, when=When(field=field, value=value))

    assert problems(TwoCompanies(SPENT, entities=(US, wrong))) == (problem,)


def test_every_misspelt_field_is_named_in_one_go() -> None:
    record = attrs.evolve(TAXED, id="k2")
    department = card_expense("1", coding=[gl("61000"), DEPARTMENT], record_id="k3")
    company = TwoCompanies(
        record,
        department,
        entities=(US,),
        gl_field="GL_ACOUNT",
        tax_field="TAXCODE",
        vendor_field="VENDR",
        time_zone="Europe/Berln",
        fields=(FieldMapping(brex="Departmnt", rillet="Department"),),
        ledger={"fields": [rillet.testing.field("Department", ["R&D"])]},
        report_refusals=True,
    )

    *others, zone = problems(company)
    assert others == [
        "gl_field: Brex has no field 'GL_ACOUNT'; did you mean 'GL_ACCOUNT'?",
        "tax_field: Brex has no field 'TAXCODE'; did you mean 'TAX_CODE'?",
        "vendor_field: Brex has no field 'VENDR'; did you mean 'VENDOR'?",
        "fields[0].brex: Brex has no field 'Departmnt'; did you mean 'Department'?",
    ]
    assert zone.startswith("time_zone: nobody here knows the time zone 'Europe/Berln'")


def test_currencies_and_locations_are_compared() -> None:
    assert SPENT.user is not None
    at_home = attrs.evolve(SPENT, user=attrs.evolve(SPENT.user, location_name="Berlin"))
    entities = (
        US,
        attrs.evolve(GERMANY, when=When(location="Berlni"), movements=Movements(currency="USDD")),
        attrs.evolve(GERMANY, name="Euro", when=When(currency="EURO")),
    )

    assert problems(TwoCompanies(at_home, entities=entities)) == (
        "entities[1].when.location: Brex has no location 'Berlni'; did you mean 'Berlin'?",
        "entities[1].movements.currency: 'USDD' is no code of ISO 4217 such as EUR; did you mean 'USD'?",
        "entities[2].when.currency: 'EURO' is no code of ISO 4217 such as EUR",
    )


def with_fields(*records: Record, **more: Any) -> TwoCompanies:
    """A company whose fields Brex lists."""
    company = TwoCompanies(*records, **more)
    made = company.to_brex.fields.create(
        NewField(name="Legal entity", group=FieldGroup.ACCOUNTING, remote_id="LEGAL_ENTITY")
    )
    company.to_brex.field_values.create(made.brex_id, [NewFieldValue(value="GmbH", remote_id="DE")])
    return company


def test_what_brex_lists_is_everything_there_is() -> None:
    other = attrs.evolve(GERMANY, when=When(field="Nothing like it", value="x"))
    assert problems(with_fields(entities=(US, other))) == (
        "entities[1].when.field: Brex has no field 'Nothing like it'",
    )
    wrong = attrs.evolve(GERMANY, when=When(field="Legal entity", value="Limited"))
    assert problems(with_fields(entities=(US, wrong))) == (
        "entities[1].when.value: Brex has no value of 'Legal entity' 'Limited'",
    )
    right = attrs.evolve(GERMANY, when=When(field="Legal entity", value="GmbH"))
    assert with_fields(entities=(US, right)).run().stopped is None


def no_fields(source: object, named: object) -> None:
    del source, named


def test_a_token_that_may_not_read_fields_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    company = TwoCompanies(SPENT, entities=(US,))
    export = company.export()
    monkeypatch.setattr(type(export.source), "fields", no_fields)

    outcome = export.run()

    assert outcome.complete
    assert "could not be compared" in outcome.warnings[0].text


SUPPLIER = dimension("SUPPLIER", "Acme", name="Acme", field_name="Supplier")


def test_values_that_nothing_takes_are_listed() -> None:
    records = [card_expense("1", coding=[gl("61000"), DEPARTMENT], record_id=f"k{number}") for number in range(3)]
    company = TwoCompanies(*records, entities=(US,))

    assert company.export().plan().warnings == ("values that are not carried over: Department (3 records)",)
    explanation = explain(records[0], company.export().bridge, company.export().books())
    assert explanation.uncarried == ("Department",)
    assert "values that are not carried over: Department" in str(explanation)
    assert [each.text for each in company.run().warnings] == [
        "values that are not carried over: Department (3 records)"
    ]


@pytest.mark.parametrize(
    ("spent", "lost"),
    [
        (card_expense("1", coding=[gl("61000"), SUPPLIER], record_id="k1"), []),
        (reimbursement("1", coding=[gl("61000"), SUPPLIER], record_id="k1"), ["Supplier"]),
    ],
)
def test_a_vendor_that_somebody_chose_is_listed_where_none_is_posted(spent: Record, lost: list[str]) -> None:
    acme = vendor("Acme")
    company = TwoCompanies(spent, entities=(US,), vendor_field="SUPPLIER", ledger={"vendors": [acme]})

    assert [each.text for each in company.run().warnings] == [
        f"values that are not carried over: {each} (1 record)" for each in lost
    ]


START, END = dimension("START", "2026-03-01", field_name="Start"), dimension("END", "2027-02-28", field_name="End")


def test_misspelt_fields_of_a_service_period_stop_the_run() -> None:
    served = card_expense("1", coding=[gl("61000"), START, END], record_id="k1")

    assert problems(TwoCompanies(served, entities=(US,), service_period_fields=("STRAT", "EDN"))) == (
        "service_period_fields[0]: Brex has no field 'STRAT'; did you mean 'Start'?",
        "service_period_fields[1]: Brex has no field 'EDN'; did you mean 'End'?",
    )


@pytest.mark.parametrize(
    ("settings", "lost"),
    [
        ({}, []),
        (
            {"summarise": ("CARD_EXPENSE_POST",)},
            ["values that are not carried over: End (1 record)", "values that are not carried over: Start (1 record)"],
        ),
    ],
)
def test_values_that_became_a_service_period_are_not_listed(
    settings: dict[str, Any], lost: list[str], tmp_path: Path
) -> None:
    served = card_expense("1", coding=[gl("61000"), START, END], record_id="k1")
    company = TwoCompanies(served, entities=(US,), journal=tmp_path, service_period_fields=("START", "END"), **settings)

    assert [each.text for each in company.run().warnings] == lost


@pytest.mark.parametrize("name", ["61000 Software", "61000 - Software", "61000", "software"])
def test_a_value_without_a_remote_id_is_matched_by_code_and_name(name: str) -> None:
    chosen = attrs.evolve(gl("x"), remote_field_value_id=None, field_value_name=name)
    accounts = rillet.testing.chart_of_accounts()
    software = next(each for each in accounts if each.code == "61000").name
    chosen = attrs.evolve(
        chosen, field_value_name=name.replace("Software", software).replace("software", software.lower())
    )
    company = TwoCompanies(card_expense("1", coding=[chosen]), entities=(US,))

    assert company.run().complete
    assert company.books() == {"Inc. 21120": "-1.00", "Inc. 61000": "1.00"}


def test_a_name_that_no_account_has_is_refused_with_what_helps() -> None:
    chosen = attrs.evolve(gl("x"), remote_field_value_id=None, field_value_name="7500 Other G&A")
    company = TwoCompanies(card_expense("1", coding=[chosen], record_id="k1"), entities=(US,))

    (refused,) = company.run().refused

    assert "run `sync-fields`, or add an [[accounts]] rule" in refused.reasons[0].text


def test_a_name_that_several_accounts_have_is_refused_with_all_of_them() -> None:
    meals = next(each for each in rillet.testing.chart_of_accounts() if each.code == "63000")
    other = attrs.evolve(meals, id="00000000-0000-4000-8000-00000000abcd", code="63001")
    chosen = attrs.evolve(gl("x"), remote_field_value_id=None, field_value_name=meals.name)
    company = TwoCompanies(card_expense("1", coding=[chosen], record_id="k1"), entities=(US,), accounts=[other])

    (refused,) = company.run().refused

    assert [each.code for each in refused.reasons] == [ReasonCode.AMBIGUOUS_ACCOUNT]
    assert refused.reasons[0].text == (
        f"it is coded to {meals.name!r}, which may be several accounts of Rillet (63000 {meals.name}, 63001 {meals.name}); "
        "Brex's value has no remote id: run `sync-fields`, or add an [[accounts]] rule with `instead_of`"
    )


def test_two_active_accounts_of_one_code_are_named_and_not_posted_to() -> None:
    meals = next(each for each in rillet.testing.chart_of_accounts() if each.code == "63000")
    twin = attrs.evolve(meals, id="00000000-0000-4000-8000-00000000abcd", name="Meals DE")
    company = TwoCompanies(card_expense("21", coding=[gl(twin.id)], record_id="k1"), entities=(US,), accounts=[twin])

    outcome = company.run()

    assert refusals(outcome) == {"k1": ["ambiguous_account"]}
    assert [each.text.partition(" (")[0] for each in outcome.warnings] == [
        "accounts: Rillet has several active accounts with the code 63000"
    ]
    own = attrs.evolve(US, clearing_account=twin.id)
    (problem,) = problems(TwoCompanies(entities=(own,), accounts=[twin]))
    assert problem.startswith("entities[0].clearing_account: Rillet has several active accounts with the code 63000")


def test_a_vendor_that_is_gone_concerns_its_own_records() -> None:
    gone = VendorMapping(brex="Acme", rillet="Renamed")
    company = TwoCompanies(
        card_expense("1", coding=[gl("61000")], merchant="Acme", record_id="k1"),
        card_expense("2", coding=[gl("61000")], record_id="k2"),
        entities=(US,),
        vendors=(gone,),
    )

    outcome = company.run()

    assert refusals(outcome) == {"k1": ["no_vendor"]}
    assert [each.record.id for each in outcome.posted] == ["k2"]
    assert outcome.warnings[0].text == "vendors[0].rillet: Rillet has no vendor 'Renamed'"
