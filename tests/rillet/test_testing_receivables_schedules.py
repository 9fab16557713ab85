"""The stand-in's schedules: when a contract is invoiced, and when an invoice or a contract is earned."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from rillet import BadRequestError
from rillet.receivables.contracts import Contract, NewContractItem
from rillet.receivables.invoices import InvoiceItemPrice, InvoiceStatus, NewFullInvoice, NewInvoiceItem
from rillet.receivables.invoicing import (
    Invoicing,
    MonthlyInvoicing,
    QuarterlyInvoicing,
    SemiAnnualInvoicing,
    YearlyInvoicing,
)
from rillet.receivables.items import ItemRevenue, ItemTax
from rillet.receivables.pricing import FixedRecurringPrice, RevenuePattern
from rillet.testing import StandIn
from rillet.testing.receivables.schedules import invoice_days
from rillet.values import Money, Period, TaxType
from support.rillet.books import AMERICA
from support.rillet.receivables_books import Company, company, dollars

JANUARY, DECEMBER = date(2026, 1, 1), date(2026, 12, 31)


@pytest.fixture
def standin() -> StandIn:
    return StandIn()


@pytest.fixture
def acme(standin: StandIn) -> Company:
    return company(standin.client(), [])


def contract(
    standin: StandIn,
    acme: Company,
    invoicing: Invoicing,
    *,
    price: str = "10.00",
    months: int = 1,
    start: date = JANUARY,
    end: date | None = DECEMBER,
    tax: ItemTax | None = None,
) -> Contract:
    item = NewContractItem(
        product_id=acme.product.id,
        price=FixedRecurringPrice(amount=dollars(price), interval_months=months),
        quantity=Decimal(1),
        revenue_pattern=RevenuePattern.EVEN_PERIOD,
        tax_rate=tax,
    )
    asked = attrs.evolve(acme.contract(), items=[item], start_date=start, end_date=end, invoicing=invoicing)
    return standin.client().contracts.create(asked)


def days_and_totals(made: Contract) -> list[tuple[date, Decimal]]:
    assert made.invoices is not None
    assert {each.status for each in made.invoices} <= {InvoiceStatus.UNBILLED}
    return [(each.invoice_date, each.total.amount) for each in made.invoices]


def test_a_quarterly_contract_is_invoiced_for_three_months_at_once(standin: StandIn, acme: Company) -> None:
    made = contract(standin, acme, QuarterlyInvoicing(payment_terms=14, month_day="--01-01"))

    assert days_and_totals(made) == [(date(2026, month, 1), Decimal("30.00")) for month in (1, 4, 7, 10)]
    assert made.invoices is not None
    assert made.invoices[0].due_date == date(2026, 1, 15)
    (line,) = made.invoices[1].items
    assert line.revenue is not None
    assert line.revenue.period == Period(start=date(2026, 4, 1), end=date(2026, 6, 30))
    # Nothing is posted, and the schedule is the same whenever it is read.
    assert standin.ledger.postings == ()
    assert standin.client().contracts.get(made.id) == made


@pytest.mark.parametrize(
    ("invoicing", "start", "end", "days"),
    [
        (MonthlyInvoicing(payment_terms=0, day=31), JANUARY, date(2026, 3, 31), ["2026-01-31", "2026-02-28", "2026-03-31"]),
        (MonthlyInvoicing(payment_terms=0, day=1), date(2026, 1, 2), date(2026, 1, 31), ["2026-01-02"]),
        (QuarterlyInvoicing(payment_terms=0, month_day="--11-30"), JANUARY, DECEMBER, ["2026-02-28", "2026-05-30", "2026-08-30", "2026-11-30"]),
        (SemiAnnualInvoicing(payment_terms=0, month_day="--03-15"), date(2026, 3, 15), date(2027, 3, 14), ["2026-03-15", "2026-09-15"]),
        (YearlyInvoicing(payment_terms=0, month_day="--02-29"), JANUARY, date(2028, 12, 31), ["2026-02-28", "2027-02-28", "2028-02-29"]),
    ],
)  # fmt: skip
def test_the_days_of_invoices(invoicing: Invoicing, start: date, end: date, days: list[str]) -> None:
    assert [each.isoformat() for each in invoice_days(invoicing, start, end)] == days


def test_what_is_before_the_first_day_is_on_the_first_invoice(standin: StandIn, acme: Company) -> None:
    made = contract(standin, acme, QuarterlyInvoicing(payment_terms=0, month_day="--03-01"))

    assert days_and_totals(made) == [
        (date(2026, 3, 1), Decimal("50.00")),
        (date(2026, 6, 1), Decimal("30.00")),
        (date(2026, 9, 1), Decimal("30.00")),
        (date(2026, 12, 1), Decimal("10.00")),
    ]


def test_taxes_come_on_top_of_what_is_scheduled(standin: StandIn, acme: Company) -> None:
    tax = ItemTax(percentage=Decimal(19), country="DE", description="USt", type=TaxType.VAT)
    made = contract(standin, acme, YearlyInvoicing(payment_terms=0, month_day="--01-01"), tax=tax)

    assert days_and_totals(made) == [(JANUARY, Decimal("142.80"))]
    assert made.invoices is not None
    assert made.invoices[0].taxed_amount == dollars("22.80")
    assert made.total_value == dollars("120")


def test_a_contract_without_an_end_is_scheduled_for_a_year_and_ended_up_to_its_end(
    standin: StandIn, acme: Company
) -> None:
    made = contract(standin, acme, MonthlyInvoicing(payment_terms=0, day=1), end=None)
    assert days_and_totals(made) == [(date(2026, month, 1), Decimal("10.00")) for month in range(1, 13)]

    standin.client().contracts.end(made.id, date(2026, 3, 31))
    ended = standin.client().contracts.get(made.id)
    assert days_and_totals(ended) == [(date(2026, month, 1), Decimal("10.00")) for month in (1, 2, 3)]
    assert ended.total_value == dollars("30")


def test_a_day_that_no_year_has_is_refused(standin: StandIn, acme: Company) -> None:
    with pytest.raises(BadRequestError, match="month_day"):
        contract(standin, acme, YearlyInvoicing(payment_terms=0, month_day="--13-01"))


def test_a_contract_in_another_currency_needs_multi_currency() -> None:
    standin = StandIn(multi_currency=False, subsidiaries=[attrs.evolve(AMERICA, currency="EUR")])
    acme = company(standin.client(), [])

    with pytest.raises(BadRequestError, match="Multi-currency is not enabled, and USD is not EUR"):
        contract(standin, acme, MonthlyInvoicing(payment_terms=0, day=1))
    assert standin.contracts == ()


def invoice(standin: StandIn, acme: Company, amount: str, pattern: RevenuePattern, period: Period) -> str:
    line = NewInvoiceItem(
        description="Seats",
        price=InvoiceItemPrice(product_id=acme.product.id, quantity=Decimal(1), amount_per_unit=dollars(amount)),
        revenue=ItemRevenue(period=period, pattern=pattern),
        tax_rate=ItemTax(percentage=Decimal(10), country="US", description="tax", type=TaxType.SALES_TAX),
    )
    new = NewFullInvoice(customer_id=acme.customer.id, invoice_date=period.start, items=[line])
    return standin.client().invoices.create(new).id


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [(RevenuePattern.DAILY, ["17.00", "28.00", "14.00"]), (RevenuePattern.EVEN_PERIOD, ["19.67", "19.66", "19.67"])],
)
def test_revenue_is_earned_by_its_pattern(
    standin: StandIn, acme: Company, pattern: RevenuePattern, parts: list[str]
) -> None:
    """59 days from the 15th of January, without the tax: 17 of them in January, 28 in February."""
    made = invoice(standin, acme, "59.00", pattern, Period(start=date(2026, 1, 15), end=date(2026, 3, 14)))

    schedule = standin.revenue_schedule(made)

    assert [(each.month, each.amount.amount) for each in schedule] == [
        (date(2026, month, 1), Decimal(part)) for month, part in enumerate(parts, start=1)
    ]
    assert {each.account_code for each in schedule} == {acme.product.account_code}


def test_nothing_is_earned_by_what_there_is_not(standin: StandIn) -> None:
    with pytest.raises(KeyError):
        standin.revenue_schedule("nothing")


@settings(max_examples=25)
@given(
    price=st.decimals("0.01", "999.99", places=2).map(str),
    months=st.sampled_from([1, 2, 3, 12]),
    invoicing=st.sampled_from(
        [
            MonthlyInvoicing(payment_terms=0, day=31),
            QuarterlyInvoicing(payment_terms=0, month_day="--02-28"),
            SemiAnnualInvoicing(payment_terms=0, month_day="--07-15"),
            YearlyInvoicing(payment_terms=0, month_day="--12-31"),
        ]
    ),
    start=st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    length=st.integers(0, 900),
)
def test_schedules_sum_up_to_what_a_contract_is_worth(
    price: str, months: int, invoicing: Invoicing, start: date, length: int
) -> None:
    standin = StandIn()
    acme = company(standin.client(), [])
    end = date.fromordinal(start.toordinal() + length)
    made = contract(standin, acme, invoicing, price=price, months=months, start=start, end=end)

    days = [day for day, _ in days_and_totals(made)]
    assert days == sorted(set(days))
    assert all(start <= day <= end for day in days)
    assert sum((amount for _, amount in days_and_totals(made)), Decimal(0)) == made.total_value.amount
    schedule = standin.revenue_schedule(made.id)
    assert sum((each.amount.amount for each in schedule), Decimal(0)) == made.total_value.amount
    assert all(each.amount == Money(each.amount.amount, "USD") and each.amount.amount > 0 for each in schedule)
