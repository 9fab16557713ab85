"""Invoice numbers that are taken are found by the bills of a vendor, not by those of everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from rillet import Money, NewBill, NewExpenseItem
from rillet.testing import builders
from support.companies.changing import Company as Changing
from support.companies.changing import MakeCompany, companies, reasons
from support.companies.changing_records import bill

BILLS = 9_000


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


def entered(company: Changing, vendor: str, *numbers: str) -> None:
    """Somebody enters bills of a new vendor in Rillet."""
    company.rillet.put(there := builders.vendor(vendor))
    line = NewExpenseItem(account_code="61000", amount=Money(Decimal(1), "USD"))
    for number in numbers:
        new = NewBill(
            vendor_id=there.id,
            expense_number=number,
            bill_date=date(2026, 2, 14),
            due_date=date(2026, 3, 10),
            items=(line,),
        )
        company.to_rillet.bills.create(new)


def vendors_asked_for(company: Changing, since: int) -> list[str | None]:
    """Of which vendors bills were listed, None for all of them; listings of what has changed do not count."""
    listed = (each for each in company.rillet.asked[since:] if (each.method, each.path) == ("GET", "/bills"))
    return [each.one("vendor_id") for each in listed if each.one("updated.gt") is None]


def test_a_new_bill_reads_the_bills_of_its_vendor_among_thousands(make: MakeCompany) -> None:
    company = make(bill(), same_invoice="refuse")
    entered(company, "Somebody Else", *(f"INV-{number}" for number in range(BILLS - 1)))
    entered(company, "Acme", "INV-0")
    before = len(company.rillet.asked)

    outcome = company.run()

    assert outcome.complete
    assert len(vendors_asked_for(company, before)) == 1
    assert len(company.rillet.bills) == BILLS + 1


@pytest.mark.parametrize("others", [1, 250])
def test_a_number_is_taken_that_the_vendor_has_on_any_page(make: MakeCompany, others: int) -> None:
    company = make(bill(), same_invoice="refuse")
    entered(company, "Acme", "INV-1", *(f"INV-1-{number}" for number in range(others)))

    outcome = company.run()

    assert reasons(outcome) == {"b1": ["same_invoice_number"]}
    assert len(company.rillet.bills) == others + 1


def test_bills_of_one_vendor_are_read_once(make: MakeCompany) -> None:
    many = [bill(id=f"b{number}", source=f"bill{number}", invoice_number=f"INV-{number}") for number in range(9)]
    company = make(*many, same_invoice="refuse")
    entered(company, "Acme", "INV-3")
    before = len(company.rillet.asked)

    outcome = company.run()

    assert reasons(outcome) == {"b3": ["same_invoice_number"]}
    assert len(vendors_asked_for(company, before)) == 1
    assert len(company.rillet.bills) == 9


def test_bills_of_vendors_that_are_created_are_not_looked_for(make: MakeCompany) -> None:
    company = make(bill(), bill(id="b2", source="bill2"), same_invoice="refuse")
    before = len(company.rillet.asked)

    outcome = company.run()

    assert [*reasons(outcome).values()] == [["same_invoice_number"]]
    assert vendors_asked_for(company, before) == []


def test_with_many_vendors_all_bills_are_read_at_once(make: MakeCompany) -> None:
    vendors = [f"Vendor {number} Ltd" for number in range(30)]
    new = [bill(id=f"b{number}", source=f"bill{number}", vendor=vendors[number]) for number in range(30)]
    company = make(*new, same_invoice="refuse")
    for number, vendor in enumerate(vendors):
        entered(company, vendor, "INV-1" if number in {0, 29} else "INV-2")
    before = len(company.rillet.asked)

    outcome = company.run()

    assert reasons(outcome) == {"b0": ["same_invoice_number"], "b29": ["same_invoice_number"]}
    assert len(vendors_asked_for(company, before)) == 21
    assert vendors_asked_for(company, before)[-1] is None
    assert len(company.rillet.bills) == 58
