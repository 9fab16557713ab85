"""Which entity pays: what follows a record is its entity's, and nothing that nobody told goes to the catch-all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from brex_accounting import FieldValueRef, Record, RecordType, ReviewStatus
from brex_accounting.testing.records import card_expense, gl, record, reimbursement
from bridge import Bridge, Entity, Movements, Payouts, When
from bridge.export import load_books
from support.companies.two import GERMANY, GMBH, US, TwoCompanies, bill, legal_entity, movement, refusals

EXPENSE = card_expense("100", coding=[gl("61000"), GMBH], record_id="k1")
CARD_PAYMENT = movement("CARD_PAYMENT", "100", id="k2")
MEAL = reimbursement("50", coding=[gl("63000"), GMBH], record_id="r1", source_id="e1")
PAYOUT = movement("REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT", "50", id="r2", source_id="e1")
IN_EUROS = (
    attrs.evolve(US, movements=Movements(currency="USD")),
    attrs.evolve(GERMANY, movements=Movements(currency="EUR")),
)


@pytest.fixture(params=["journal", "no journal"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path if request.param == "journal" else None


def test_a_movement_that_nobody_told_whose_it_is_is_refused_with_the_key_to_set(journal: Path | None) -> None:
    company = TwoCompanies(EXPENSE, CARD_PAYMENT, journal=journal)

    outcome = company.run()

    assert company.books() == {"GmbH 21120": "-100.00", "GmbH 61000": "100.00"}
    assert refusals(outcome) == {"k2": ["unknown_entity"]}
    (reason,) = outcome.refused[0].reasons
    assert reason.text == (
        "nothing tells whether it is of US or of Germany; choose its LEGAL_ENTITY in Brex, or say in [[entities]] whose "
        'movements of money it is one of, such as movements = { currency = "USD" }'
    )


@pytest.mark.parametrize(
    ("entities", "whose"),
    [
        (IN_EUROS, "Inc."),
        ((US, attrs.evolve(GERMANY, movements=Movements())), "GmbH"),
        ((US, attrs.evolve(GERMANY, movements=Movements(types=("CARD_PAYMENT",)))), "GmbH"),
        ((US, attrs.evolve(GERMANY, movements=Movements(types=("REWARD_REDEMPTION",)))), "Inc."),
        ((US, attrs.evolve(GERMANY, movements=Movements(currency="EUR"))), "Inc."),
        ((US, attrs.evolve(GERMANY, when=When(currency="EUR"))), "Inc."),
    ],
)
def test_a_movement_goes_where_the_settings_say(entities: tuple[Entity, ...], whose: str) -> None:
    company = TwoCompanies(CARD_PAYMENT, entities=entities)

    assert company.run().complete
    assert company.books() == {f"{whose} 11100": "-100.00", f"{whose} 21120": "100.00"}


def test_a_payout_follows_its_reimbursement(journal: Path | None) -> None:
    company = TwoCompanies(MEAL, PAYOUT, journal=journal)

    assert company.run().complete
    assert company.books() == {"GmbH 11900": "-50.00", "GmbH 63000": "50.00"}


def test_a_payout_follows_a_reimbursement_of_an_earlier_run(journal: Path | None) -> None:
    company = TwoCompanies(MEAL, journal=journal)
    company.run()
    company.brex.add(PAYOUT)

    assert company.run().complete
    assert company.books() == {"GmbH 11900": "-50.00", "GmbH 63000": "50.00"}


def test_a_payout_follows_a_reimbursement_that_only_brex_knows_to_be_exported(journal: Path | None) -> None:
    exported = attrs.evolve(MEAL, review_status=ReviewStatus.EXPORTED)
    company = TwoCompanies(exported, PAYOUT, journal=journal)

    assert company.run().complete
    assert company.books() == {"GmbH 11900": "-50.00", "GmbH 21340": "50.00"}


@pytest.mark.parametrize(
    ("kind", "first", "books"),
    [
        (
            "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL",
            MEAL,
            {"GmbH 11900": "50.00", "GmbH 21340": "-100.00", "GmbH 63000": "50.00"},
        ),
        (
            "CARD_EXPENSE_REPAYMENT",
            card_expense("50", coding=[gl("12500"), GMBH], record_id="r1", source_id="e1"),
            {"GmbH 11100": "50.00", "GmbH 21120": "-50.00"},
        ),
    ],
)
def test_reversals_and_repayments_follow_too(
    kind: str, first: Record, books: dict[str, str], journal: Path | None
) -> None:
    company = TwoCompanies(first, movement(kind, "50", id="r2", source_id="e1"), journal=journal)

    assert company.run().complete
    assert company.books() == books


def repayment(**details: Any) -> Record:
    """What an employee pays back; Brex says of it only which account it reduces."""
    kind = RecordType.REIMBURSEMENT_EXPENSE_REPAYMENT
    return record(kind, debits=[("5", ())], credits=[("5", [gl("63000")])], record_id="r2", **details)


def test_a_repayment_follows_its_reimbursement_whatever_account_it_is_coded_to(journal: Path | None) -> None:
    company = TwoCompanies(MEAL, repayment(source_id="e1"), journal=journal)

    assert company.run().complete
    assert company.books() == {"GmbH 11100": "5.00", "GmbH 21340": "-50.00", "GmbH 63000": "45.00"}


def test_a_repayment_of_what_nobody_knows_is_not_the_catch_alls(journal: Path | None) -> None:
    company = TwoCompanies(repayment(source_id="unknown"), journal=journal)

    assert refusals(company.run()) == {"r2": ["unknown_entity"]}


def test_payments_of_a_bill_follow_it(journal: Path | None) -> None:
    company = TwoCompanies(
        bill("70", GMBH),
        movement("BILL_EXPENSE_PAYMENT", "30", id="p1", source_id="bill1"),
        movement("BILL_EXPENSE_CARD_PAYMENT", "40", id="p2", source_id="bill1"),
        journal=journal,
    )

    assert company.run().complete
    assert company.books() == {"GmbH 11100": "-30.00", "GmbH 21120": "-40.00", "GmbH 61000": "70.00"}


def test_a_payment_that_says_it_is_anothers_than_its_bill_is_refused(journal: Path | None) -> None:
    told = bill("70", legal_entity("US"), id="x").line_items[0].accounting_field_values
    payment = movement("BILL_EXPENSE_PAYMENT", "70", id="p1", source_id="bill1")
    lines = tuple(attrs.evolve(each, accounting_field_values=told[1:]) for each in payment.line_items)
    company = TwoCompanies(bill("70", GMBH), attrs.evolve(payment, line_items=lines), journal=journal)

    assert refusals(company.run()) == {"p1": ["several_entities"]}


def test_a_payout_of_a_refused_reimbursement_waits_for_it(journal: Path | None) -> None:
    wrong = attrs.evolve(reimbursement("50", coding=[gl("99999")], record_id="r1", source_id="e1"))
    company = TwoCompanies(wrong, PAYOUT, entities=(US,), journal=journal)

    outcome = company.run()

    assert refusals(outcome) == {"r1": ["unknown_account"], "r2": ["not_posted_yet"]}
    assert company.books() == {}
    company.brex.add(reimbursement("50", coding=[gl("63000")], record_id="r1", source_id="e1"))
    assert company.run().complete
    assert company.books() == {"Inc. 11900": "-50.00", "Inc. 63000": "50.00"}


def test_a_payout_waits_for_a_reimbursement_that_is_not_ready(journal: Path | None) -> None:
    company = TwoCompanies(
        attrs.evolve(MEAL, review_status=ReviewStatus.PREPARE), PAYOUT, journal=journal, report_refusals=True
    )

    assert refusals(company.run()) == {"r2": ["not_posted_yet"]}
    assert company.brex.records["r2"].review_status == "READY_FOR_EXPORT"


def test_unknown_values_are_refused_and_the_name_of_the_catch_all_is_known(journal: Path | None) -> None:
    def spent(id: str, value: str) -> Record:
        return card_expense("10", coding=[gl("61000"), legal_entity(value)], record_id=id)

    company = TwoCompanies(spent("k1", "FR"), spent("k2", "us"), spent("k3", "Example Inc."), journal=journal)

    outcome = company.run()

    assert refusals(outcome) == {"k1": ["unknown_entity"]}
    assert "'FR'" in outcome.refused[0].reasons[0].text
    assert company.books() == {"Inc. 21120": "-20.00", "Inc. 61000": "20.00"}


@pytest.mark.parametrize("first", [[gl("61000")], [gl("61000"), legal_entity("US")]])
def test_lines_of_two_entities_are_refused(first: list[object]) -> None:
    splits = [("50", first), ("50", [gl("62000"), GMBH])]
    company = TwoCompanies(card_expense("100", splits=splits, record_id="k1"))  # type: ignore[arg-type]

    assert refusals(company.run()) == {"k1": ["several_entities"]}
    assert company.books() == {}


def test_a_coded_expense_without_a_value_is_the_catch_alls() -> None:
    company = TwoCompanies(card_expense("10", coding=[gl("61000")], record_id="k1"))

    assert company.run().complete
    assert company.books() == {"Inc. 21120": "-10.00", "Inc. 61000": "10.00"}


def test_a_movement_without_a_person_is_nobodys_by_location() -> None:
    berlin = attrs.evolve(GERMANY, when=When(location="Berlin"))

    assert refusals(TwoCompanies(CARD_PAYMENT, entities=(US, berlin)).run()) == {"k2": ["unknown_entity"]}


def test_where_every_entity_has_a_condition_movements_can_be_told_too() -> None:
    us = attrs.evolve(US, when=When(field="LEGAL_ENTITY", value="US"), movements=Movements())

    assert TwoCompanies(CARD_PAYMENT, entities=(us, GERMANY)).run().complete


def test_the_plan_the_proof_and_verify_follow_as_the_run_does(tmp_path: Path) -> None:
    company = TwoCompanies(MEAL, PAYOUT, bill("70", GMBH), journal=tmp_path)
    assert len(company.export().plan().posts) == 3
    company.run()

    assert company.export().verify() == ()
    later = attrs.evolve(PAYOUT, memo="later", version=9, review_status=ReviewStatus.EXPORTED)
    company.brex.add(later)
    assert company.export().verify() == ()


@pytest.mark.parametrize("how", ["one run", "later run", "no journal", "plan"])
def test_a_payout_of_reimbursements_of_two_entities_is_refused(how: str, tmp_path: Path) -> None:
    def approved(id: str, *more: FieldValueRef) -> Record:
        return reimbursement("50", coding=[gl("63000"), *more], record_id=id, source_id="e1")

    records = [approved("r1"), approved("r2", GMBH)]
    payout = movement("REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT", "50", id="m1", source_id="e1")
    company = TwoCompanies(*records, journal=tmp_path if how == "later run" else None, payouts=Payouts.JOURNAL_ENTRY)
    if how == "plan":
        planned = Bridge(company.settings).plan([*records, payout], load_books(company.to_rillet))
        assert [each.record.id for each in planned.refused] == ["m1"]
        return
    if how != "one run":
        company.run()
    company.brex.add(payout)
    assert refusals(company.run()) == {"m1": ["several_entities"]}
    assert company.books() == {
        "GmbH 21340": "-50.00",
        "GmbH 63000": "50.00",
        "Inc. 21340": "-50.00",
        "Inc. 63000": "50.00",
    }


def test_a_payout_of_two_reimbursements_of_one_entity_is_its(tmp_path: Path) -> None:
    records = [reimbursement("50", coding=[gl("63000"), GMBH], record_id=each, source_id="e1") for each in ("r1", "r2")]
    payout = movement("REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT", "100", id="m1", source_id="e1")
    company = TwoCompanies(*records, payout, journal=tmp_path)
    assert company.run().complete
    assert company.books() == {"GmbH 11900": "-100.00", "GmbH 63000": "100.00"}


@pytest.mark.parametrize(
    ("entities", "books"),
    [
        (IN_EUROS, {"Inc. 11100": "-50.00", "Inc. 11900": "50.00"}),
        ((US, GERMANY), {}),
    ],
)
def test_money_that_passes_through_is_booked_or_refused_with_a_reason_while_its_reimbursement_is_not_there(
    entities: tuple[Entity, ...], books: dict[str, str], journal: Path | None
) -> None:
    uncoded = reimbursement("50", coding=[GMBH], record_id="r1", source_id="e1")
    payin = movement("REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN", "50", id="r2", source_id="e1")
    company = TwoCompanies(uncoded, payin, entities=entities, journal=journal)

    outcome = company.run()

    assert company.books() == books
    assert refusals(outcome).get("r2") == (None if books else ["unknown_entity"])


BERLIN = attrs.evolve(GERMANY, when=When(location="Berlin"), movements=Movements())
FRANCE = attrs.evolve(GERMANY, name="France", when=When(field="LEGAL_ENTITY", value="FR"))
EUROS = attrs.evolve(GERMANY, when=When(field="LEGAL_ENTITY", value="DE", currency="EUR"))


@pytest.mark.parametrize(
    ("entities", "said", "books", "codes"),
    [
        # What somebody chose counts, although nobody knows the location.
        ((US, BERLIN, FRANCE), "US", {"Inc. 11100": "-100.00", "Inc. 21120": "100.00"}, {}),
        # A value that is nobody's is refused, whatever movements an entity takes.
        ((US, BERLIN, FRANCE), "IT", {}, {"k2": ["unknown_entity", "unknown_entity"]}),
        # A value of an entity that the record cannot be of does not make it the other one's.
        ((US, EUROS), "DE", {}, {"k2": ["unknown_entity", "unknown_entity"]}),
        # Two things are told that differ.
        ((US, FRANCE, attrs.evolve(GERMANY, when=When(currency="USD"))), "US", {}, {"k2": ["several_entities"]}),
    ],
)
def test_a_value_that_somebody_chose_is_never_passed_over(
    entities: tuple[Entity, ...], said: str, books: dict[str, str], codes: dict[str, list[str]]
) -> None:
    lines = tuple(attrs.evolve(each, accounting_field_values=(legal_entity(said),)) for each in CARD_PAYMENT.line_items)
    company = TwoCompanies(attrs.evolve(CARD_PAYMENT, line_items=lines), entities=entities)

    assert refusals(company.run()) == codes
    assert company.books() == books
