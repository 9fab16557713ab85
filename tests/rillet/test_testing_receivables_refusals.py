"""What the stand-in's receivables refuse, and where they say that it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import pytest

from rillet import BadRequestError, Client, ExternalReferenceTypeNotFoundError, Money
from rillet.receivables.customers import NewCustomer
from rillet.receivables.pricing import AmountDiscount, PercentageDiscount, Tier, TieredBilling, TierMode, UsagePrice
from rillet.testing import StandIn
from support.rillet.books import EUR_TO_USD
from support.rillet.receivables_books import (
    PRODUCT,
    REFERENCE,
    Company,
    company,
    dollars,
    sales_tax,
)


@pytest.fixture
def client(standin: StandIn) -> Client:
    return standin.client()


@pytest.fixture
def acme(client: Client) -> Company:
    return company(client)


def _invoice(**changes: Any) -> Callable[[Client, Company], object]:
    return lambda client, acme: client.invoices.create(attrs.evolve(acme.invoice(), **changes))


def _line(**changes: Any) -> Callable[[Client, Company], object]:
    return lambda client, acme: client.invoices.create(
        acme.invoice(acme.line("1"), attrs.evolve(acme.line("1"), price=attrs.evolve(acme.line("1").price, **changes)))
    )


def _external(**changes: Any) -> Callable[[Client, Company], object]:
    return lambda client, acme: client.invoices.create(attrs.evolve(acme.external_invoice(), **changes))


def _contract(**changes: Any) -> Callable[[Client, Company], object]:
    return lambda client, acme: client.contracts.create(attrs.evolve(acme.contract(), **changes))


def _product(**changes: Any) -> Callable[[Client, Company], object]:
    return lambda client, _: client.products.create(attrs.evolve(PRODUCT, **changes))


NO_TIER_PRICE = UsagePrice(
    interval_months=1, billing_scheme=TieredBilling(mode=TierMode.GRADUATED, tiers=(Tier(up_to=5),))
)
EURO = Money(Decimal(1), "EUR")
REFUSED: list[tuple[Callable[[Client, Company], object], str]] = [
    (_invoice(customer_id="nobody"), "customer_id"),
    (_invoice(items=[]), "items"),
    (_invoice(subsidiary_id="none"), "subsidiary_id"),
    (_invoice(bank_account_id="none"), "bank_account_id"),
    (_line(product_id="none"), "items[1].price.product_id"),
    (_line(quantity=Decimal(0)), "items[1].quantity"),
    (_line(amount_per_unit=Money(Decimal(1), "EUR")), "items"),
    (_line(amount_per_unit=dollars("-5")), "items"),
    (_line(discount=PercentageDiscount(percentage_off=Decimal(101))), "items[1].discount.percentage_off"),
    (_line(discount=AmountDiscount(amount_off=Money(Decimal(1), "EUR"))), "items[1].discount.amount_off"),
    (_line(discount=AmountDiscount(amount_off=dollars("0.001"))), "items[1].price.discount.amount_off"),
    (lambda client, acme: client.invoices.create(acme.invoice(acme.line("1", tax=sales_tax("101")))),
     "items[0].tax_rate.percentage"),
    (lambda client, acme: client.invoices.create(acme.invoice(acme.line("1", tax=sales_tax("5", EURO)))),
     "items[0].tax_rate.tax_amount"),
    (lambda client, acme: client.credit_memos.create(attrs.evolve(acme.credit_memo(), items=[])), "items"),
    (_external(external_references=[]), "external_references"),
    (_external(tax_amount=dollars("2")), "tax_amount"),
    (lambda client, acme: client.invoices.create(acme.external_invoice(total="1.001")), "items[0].total_amount"),
    (_contract(invoicing=None), "invoicing"),
    (_contract(items=[]), "items"),
    (_contract(end_date=date(2025, 12, 31)), "end_date"),
    (_contract(customer_id="nobody"), "customer_id"),
    (_contract(exchange_rate=EUR_TO_USD), "exchange_rate"),
    (_product(name=" "), "name"),
    (_product(account_code="00000"), "account_code"),
    (_product(price=NO_TIER_PRICE), "price.billing_scheme.tiers"),
    (lambda client, _: client.customers.create(NewCustomer(name="")), "name"),
    (lambda client, _: client.customers.create(NewCustomer(name="x", payment_terms=-1)), "payment_terms"),
    (lambda client, acme: client.draft_contracts.create(attrs.evolve(acme.draft(), items=[])), "items"),
    (lambda client, acme: client.draft_contracts.create(attrs.evolve(acme.draft(), customer_id="x")), "customer_id"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "place"), REFUSED)
def test_what_is_wrong_is_refused_by_name(
    standin: StandIn, client: Client, acme: Company, wrong: Callable[[Client, Company], object], place: str
) -> None:
    with pytest.raises(BadRequestError) as caught:
        wrong(client, acme)
    assert place in [violation.field for violation in caught.value.violations]
    assert (standin.invoices, standin.contracts, standin.draft_contracts, standin.ledger.postings) == ((), (), (), ())
    assert (len(standin.products), len(standin.customers)) == (1, 1)


def test_the_type_of_every_reference_must_exist(client: Client, acme: Company) -> None:
    unknown = [attrs.evolve(REFERENCE, type="unheard-of")]
    attempts: list[Callable[[], object]] = [
        lambda: client.customers.create(NewCustomer(name="x", external_references=unknown)),
        lambda: client.products.create(attrs.evolve(PRODUCT, external_references=unknown)),
        lambda: client.invoices.create(attrs.evolve(acme.invoice(), external_references=unknown)),
        lambda: client.invoices.create(attrs.evolve(acme.external_invoice(), external_references=unknown)),
        lambda: client.contracts.create(attrs.evolve(acme.contract(), external_references=unknown)),
        lambda: client.contracts.create(attrs.evolve(acme.external_contract(), external_references=unknown)),
        lambda: client.draft_contracts.create(acme.draft(*unknown)),
        lambda: client.credit_memos.create(attrs.evolve(acme.credit_memo(), external_references=unknown)),
    ]
    for attempt in attempts:
        with pytest.raises(ExternalReferenceTypeNotFoundError):
            attempt()
