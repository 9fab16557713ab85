"""What a person found in the ledger is taken for what an undecided attempt made, after it was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.export import AdoptionError
from clientkit.testing import AnswerLost, Fault
from rillet import NewCharge, NewExpenseItem
from support.companies.changing import DAY, READY, Company, MakeCompany, companies, dollars
from support.companies.changing_records import charge, reimbursed


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


@pytest.fixture
def company(make: MakeCompany) -> Company:
    """A company without references, which does not know what became of its charge of 100."""
    made = make(charge(), reference_type=None)
    made.rillet.faults.append(
        Fault(AnswerLost(), matches=lambda asked: (asked.method, asked.path) == ("POST", "/charges"), times=9)
    )
    made.run()
    made.rillet.faults.clear()
    return made


def its_charge(company: Company) -> str:
    (made,) = company.rillet.charges
    return made.id


def test_what_a_person_found_is_the_records(company: Company) -> None:
    company.clock.advance(DAY)
    assert [each.code for each in company.run().failed] == ["unknown_attempt"]

    outcome = company.export().replay("k1", adopt=its_charge(company))

    assert [(each.id, each.adopted) for each in outcome.posted] == [(its_charge(company), True)]
    assert company.was_told("k1")
    assert company.books() == {"61000": 100, "21120": -100}
    assert company.verify() == {}
    company.change(charge("120"))
    company.run()
    assert company.books() == {"61000": 120, "21120": -120}


def test_one_that_a_person_has_recoded_stays_as_it_is(company: Company) -> None:
    company.clock.advance(DAY)
    company.ids["k1"] = its_charge(company)
    company.recode("k1", "62000")

    company.export().replay("k1", adopt=its_charge(company))

    assert company.was_told("k1")
    assert company.books() == {"62000": 100, "21120": -100}
    assert company.verify() == {"k1": ["changed_in_rillet"]}


def refused(company: Company, object_id: str) -> str:
    """Why an object is not taken; nothing is written then."""
    writes, books = company.writes(), company.books()
    with pytest.raises(AdoptionError) as caught:
        company.export().replay("k1", adopt=object_id)
    assert (company.writes(), company.books()) == (writes, books)
    assert company.status("k1") == READY
    return str(caught.value)


def test_as_long_as_the_key_lives_it_decides(company: Company) -> None:
    assert "a run finds out by itself" in refused(company, its_charge(company))
    assert company.run().complete
    assert len(company.rillet.charges) == 1


def test_an_object_that_is_not_there_is_not_taken(company: Company) -> None:
    company.clock.advance(DAY)
    assert "Rillet has no charges 0f0f0f0f" in refused(company, "0f0f0f0f-0000-4000-8000-000000000000")


def test_an_object_of_another_kind_is_not_taken(company: Company) -> None:
    company.clock.advance(DAY)
    company.brex.add(reimbursed(id="r1"))
    company.run()
    (owed,) = company.rillet.reimbursements
    assert f"Rillet has no charges {owed.id}" in refused(company, owed.id)


def test_an_object_with_other_amounts_is_not_taken(company: Company) -> None:
    company.clock.advance(DAY)
    (first,) = company.rillet.charges
    made = company.to_rillet.charges.create(
        NewCharge(
            vendor_id=first.vendor_id,
            items=[NewExpenseItem(account_code="61000", amount=dollars("99"))],
            charge_date=first.charge_date,
            credit_card_account_code="21120",
        )
    )
    assert "has other amounts than what was sent for k1" in refused(company, made.id)


def test_an_object_of_another_record_is_not_taken(company: Company) -> None:
    company.clock.advance(DAY)
    company.brex.add(charge(id="k2"))
    company.run()
    (attempt,) = company.journal.attempts("k2")
    assert "was posted for k2" in refused(company, attempt.object_id or "")


def test_it_is_found_or_posted_anew_and_not_both(company: Company) -> None:
    with pytest.raises(ValueError, match="either it was found"):
        company.export().replay("k1", anew=True, adopt=its_charge(company))
