"""Amounts that a document does not show: what was billed, the tax of all lines, and what converts to nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

import rillet
from brex_accounting import Record, RecordType
from brex_accounting.testing.records import card_expense, dimension, gl, record, reimbursement
from bridge import ClosedPeriod, ForeignCurrency, NearDuplicates, Rates, TaxRounding
from support.companies.two import US, TwoCompanies, bill, movement, refusals


def billed(bought: Record, amount: Any, currency: str = "USD") -> Record:
    return attrs.evolve(bought, extra=dict(bought.extra) | {"billing_amount": {"amount": amount, "currency": currency}})


DINNER = card_expense("100", "EUR", coding=[gl("61000")], record_id="k1")


def always(rate: str) -> Rates:
    def rates(base: str, target: str, day: date) -> Decimal:
        del base, target, day
        return Decimal(rate)

    return rates


def table(base: str, target: str, day: date) -> Decimal:
    del base, target, day
    return Decimal("1.0943")


@pytest.mark.parametrize("mode", list(ForeignCurrency))
@pytest.mark.parametrize("rates", [table, None])
def test_what_was_billed_makes_the_rate(mode: ForeignCurrency, rates: Any) -> None:
    company = TwoCompanies(billed(DINNER, Decimal("108.37")), entities=(US,), rates=rates, foreign_currency=mode)

    assert company.run().complete
    (charge,) = company.rillet.charges
    if mode is ForeignCurrency.DOCUMENT:
        assert charge.exchange_rate is not None
        assert charge.exchange_rate.rate == Decimal("1.0837")
    else:
        assert company.books() == {"Inc. 21120": "-108.37", "Inc. 61000": "108.37"}


def test_what_was_billed_far_from_the_rate_is_refused() -> None:
    company = TwoCompanies(billed(DINNER, Decimal(120)), entities=(US,), rates=table)

    assert refusals(company.run()) == {"k1": ["exchange_difference"]}


def test_what_was_billed_in_the_records_own_currency_is_posted_as_the_record_says_and_listed() -> None:
    dinner = card_expense("100", coding=[gl("61000")], record_id="k1")
    company = TwoCompanies(billed(dinner, Decimal("108.37")), entities=(US,))

    warnings = company.run().warnings
    assert company.books() == {"Inc. 21120": "-100.00", "Inc. 61000": "100.00"}
    assert [(each.record_id, each.text) for each in warnings] == [
        ("k1", "it is about 100 USD, which is the amount that counts, and 108.37 USD was billed for it")
    ]


def test_what_was_billed_as_the_record_says_is_not_listed() -> None:
    refund = record(RecordType.CARD_EXPENSE_REFUND, debits=[("100", ())], credits=[("100", [gl("61000")])])
    company = TwoCompanies(billed(refund, Decimal("-100.00")), entities=(US,))

    assert company.run().warnings == ()


@pytest.mark.parametrize("amount", ["none", None, True, 0, {}])
def test_what_is_no_billing_amount_is_left_alone(amount: object) -> None:
    company = TwoCompanies(
        billed(DINNER, amount), entities=(US,), rates=table, foreign_currency=ForeignCurrency.SUBSIDIARY
    )

    assert company.run().complete
    assert company.books() == {"Inc. 21120": "-109.43", "Inc. 61000": "109.43"}


@pytest.mark.parametrize(("rounding", "tax"), [(TaxRounding.LINE, "0.20"), (TaxRounding.DOCUMENT, "0.16")])
def test_tax_is_rounded_on_each_line_or_once(rounding: TaxRounding, tax: str) -> None:
    lines = [("0.10", [gl("61000"), dimension("TAX_CODE", "DE19")])] * 10
    company = TwoCompanies(
        card_expense("1", splits=lines, record_id="k1"), entities=(US,), tax_field="TAX_CODE", tax_rounding=rounding
    )

    assert company.run().complete
    assert company.books() == {"Inc. 21120": "-1.00", "Inc. 22500": tax, "Inc. 61000": f"{1 - Decimal(tax):.2f}"}


def test_tax_that_is_rounded_once_is_half_a_cent_up_although_its_lines_have_sixths() -> None:
    # 20 % of 7.35 that were paid with the tax in it are 1.225; sixths that are cut off come to less.
    lines = [(each, [gl("61000"), dimension("TAX_CODE", "GB20")]) for each in ("1.34", "2.36", "3.65")]
    rate = rillet.TaxRate(id="gb20", code="GB20", country="GB", description="20 %", percentage=Decimal(20))
    company = TwoCompanies(
        card_expense("7.35", splits=lines, record_id="k1"),
        entities=(US,),
        ledger={"tax_rates": [rate]},
        tax_field="TAX_CODE",
        tax_rounding=TaxRounding.DOCUMENT,
    )

    assert company.run().complete
    assert company.books() == {"Inc. 21120": "-7.35", "Inc. 22500": "1.23", "Inc. 61000": "6.12"}


def test_a_record_that_moved_to_an_open_period_keeps_its_rate() -> None:
    def rate(base: str, target: str, day: date) -> Decimal:
        del base, target
        return Decimal("1.08875") if day == date(2026, 8, 20) else Decimal("1.09331")

    paid = movement("CARD_PAYMENT", "2000", id="d1", posted_at=datetime(2026, 8, 20, 3, tzinfo=UTC))
    euros = tuple(attrs.evolve(each, amount=attrs.evolve(each.amount, currency="EUR")) for each in paid.line_items)
    paid = attrs.evolve(paid, line_items=euros, amount=attrs.evolve(paid.amount, currency="EUR"))
    company = TwoCompanies(
        billed(paid, None),
        entities=(US,),
        rates=rate,
        closed_period=ClosedPeriod.FIRST_OPEN_DAY,
        foreign_currency=ForeignCurrency.SUBSIDIARY,
    )
    company.rillet.close_books(date(2026, 9, 30))

    assert company.run().complete
    assert company.books() == {"Inc. 11100": "-2177.50", "Inc. 21120": "2177.50"}


def test_a_card_line_that_converts_to_nothing_is_no_missing_line() -> None:
    spent, returned = [("1000", [gl("61000")])], [("999", [gl("62000")]), ("1", ())]
    yen = record(
        RecordType.CARD_EXPENSE_POST, debits=spent, credits=returned, currency="JPY", vendor="Acme", record_id="k1"
    )
    company = TwoCompanies(
        yen,
        entities=(US,),
        rates=always("0.0065"),
        foreign_currency=ForeignCurrency.SUBSIDIARY,
    )

    assert refusals(company.run()) == {}


def test_what_moves_no_money_is_done_and_counted_apart() -> None:
    won = card_expense("1", "KRW", coding=[gl("61000")], record_id="k1")
    nothing = card_expense("0", coding=[gl("61000")], record_id="k2")
    company = TwoCompanies(
        won,
        nothing,
        entities=(US,),
        rates=always("0.0007"),
        foreign_currency=ForeignCurrency.SUBSIDIARY,
    )

    outcome = company.run()

    assert (outcome.counts.without_money, outcome.counts.posted, outcome.counts.reported) == (2, 0, 2)
    assert {each.review_status for each in company.brex.records.values()} == {"EXPORTED"}
    assert company.books() == {}


@pytest.mark.parametrize("first", ["merchant", "employee"])
@pytest.mark.parametrize("mode", list(NearDuplicates))
def test_a_merchant_and_an_employee_of_one_name_are_two_in_every_order(first: str, mode: NearDuplicates) -> None:
    company = TwoCompanies(entities=(US,), near_duplicates=mode)
    records = [
        card_expense("1", coding=[gl("61000")], merchant="Ada Example", record_id="merchant"),
        reimbursement("2", coding=[gl("61000")], user="Ada Example", record_id="employee"),
    ]
    done = set[str]()
    for each in records if first == "merchant" else records[::-1]:
        company.brex.add(each)
        done |= {posted.record.id for posted in company.run().posted}

    assert done == ({"merchant", "employee"} if mode is NearDuplicates.CREATE else {first})
    assert len(company.rillet.vendors) == len(done)


def test_a_day_months_ahead_is_refused_and_an_early_due_date_is_said() -> None:
    ahead = movement("CARD_PAYMENT", "1", id="k1", posted_at=datetime(2062, 2, 3, 12, tzinfo=UTC))
    early = bill("5", due_at=datetime(2026, 1, 10, tzinfo=UTC))
    company = TwoCompanies(ahead, early, entities=(US,))

    outcome = company.run()

    assert refusals(outcome) == {"k1": ["dated_ahead"]}
    assert [(each.record_id, each.code) for each in outcome.warnings] == [("b1", "due_before_its_day")]
