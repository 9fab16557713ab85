"""Vendors, charges and reimbursements, each blocking and awaitable, in process and over sockets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import attrs
import pytest

from rillet import (
    Address,
    Client,
    DocumentStatus,
    ExpenseTax,
    ExternalReference,
    Money,
    NewExpenseItem,
    NewVendor,
    NotFoundError,
    Pager,
    Period,
    TaxCoverage,
    TaxType,
)
from rillet.testing import Side, StandIn
from support.endpoint_runner import Runner
from support.rillet.books import (
    AMERICA,
    CARD,
    CHARGE,
    DAY,
    EMPLOYEE,
    ENGINEERING,
    EUR_TO_USD,
    GERMANY,
    HOTEL,
    PAYABLE,
    REIMBURSEMENT,
    START,
    TRAVEL,
    charge,
    item,
)

FULL_VENDOR = NewVendor(
    name="Deutsche Bahn",
    account_code=TRAVEL,
    address=Address(line1="Potsdamer Platz 2", city="Berlin", state="BE", zip_code="10785", country="DE"),
    email="",
    payment_terms=30,
    external_references=[ExternalReference(type="brex", id="m1", url="https://example.com/m1")],
    ten_ninety_nine_eligible=False,
    tax_id="DE811569869",
    fields=[ENGINEERING],
)
FULL_ITEM = NewExpenseItem(
    account_code=TRAVEL,
    amount=Money(Decimal("119.00"), "USD"),
    description="Night train “Nightjet” ☾",
    tax_rate=ExpenseTax(
        tax_amount=Money(Decimal("19.00"), "USD"),
        percentage=Decimal("19.0000"),
        country="DE",
        type=TaxType.VAT,
        description="VAT",
        coverage=TaxCoverage.INCLUSIVE,
        tax_code="DE19",
    ),
    service_period=Period(start=DAY, end=DAY),
    fields=[ENGINEERING],
)


def test_a_vendor_from_beginning_to_end(run: Runner[Client], standin: StandIn) -> None:
    made = run.call(lambda client: client.vendors.create(FULL_VENDOR))
    assert (made.name, made.address, made.email, made.fields) == (
        "Deutsche Bahn",
        FULL_VENDOR.address,
        "",
        (ENGINEERING,),
    )
    assert run.call(lambda client: client.vendors.get(made.id)) == made

    replaced = run.call(lambda client: client.vendors.update(made.id, NewVendor(name="DB")))
    assert replaced == attrs.evolve(
        made,
        name="DB",
        account_code=None,
        address=None,
        email=None,
        payment_terms=None,
        external_references=(),
        ten_ninety_nine_eligible=None,
        tax_id=None,
        fields=(),
    )

    run.call(lambda client: client.vendors.delete(made.id))
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.vendors.get(made.id))
    assert [vendor.name for vendor in standin.vendors] == [HOTEL.name, EMPLOYEE.name]


def test_vendors_newest_first(run: Runner[Client]) -> None:
    run.call(lambda client: client.vendors.create(NewVendor(name="Newest")))
    found = run.call(lambda client: client.vendors.list(limit=2))

    assert [vendor.name for vendor in found] == ["Newest", EMPLOYEE.name, HOTEL.name]


def test_vendors_in_whole_pages(run: Runner[Client]) -> None:
    run.call(lambda client: client.vendors.create(NewVendor(name="Newest")))
    pages = run.call(lambda client: client.vendors.list(limit=2).pages())

    assert [len(page.items) for page in pages] == [2, 1]
    assert pages[0].next_cursor
    assert pages[1].next_cursor is None


def test_a_charge_from_beginning_to_end(run: Runner[Client], standin: StandIn) -> None:
    asked = attrs.evolve(
        charge(FULL_ITEM, item("-19.00"), reference="r1"), impact_date=DAY.replace(day=31), subsidiary_id=AMERICA.id
    )
    made = run.call(lambda client: client.charges.create(asked))

    assert made.status is DocumentStatus.UNPAID
    assert (made.charge_date, made.impact_date, made.subsidiary_id) == (DAY, DAY.replace(day=31), AMERICA.id)
    assert made.external_references == (ExternalReference(type="brex", id="r1"),)
    assert made.items[0].tax_rate == FULL_ITEM.tax_rate
    assert (made.items[0].description, made.items[0].service_period) == (
        FULL_ITEM.description,
        FULL_ITEM.service_period,
    )
    assert made.items[0].fields == (ENGINEERING,)
    assert [each.amount.amount for each in made.items] == [Decimal(119), Decimal(-19)]
    assert run.call(lambda client: client.charges.get(made.id)) == made
    assert standin.charges == (made,)
    assert standin.ledger.balance(CARD) == Decimal(-100)

    run.call(lambda client: client.charges.delete(made.id))
    assert not standin.charges
    assert not standin.ledger.postings
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.charges.get(made.id))
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.charges.delete(made.id))


def test_a_refund_is_a_charge_with_negative_lines(run: Runner[Client], standin: StandIn) -> None:
    made = run.call(lambda client: client.charges.create(charge(item("-20.00"))))

    sides = {posting.account_code: (posting.side, posting.amount.amount) for posting in standin.ledger.of(made.id)}
    assert sides == {TRAVEL: (Side.CREDIT, Decimal(20)), CARD: (Side.DEBIT, Decimal(20))}


def test_a_foreign_charge_is_posted_in_the_subsidiarys_currency(run: Runner[Client], standin: StandIn) -> None:
    asked = attrs.evolve(charge(item("10.00", "EUR")), exchange_rate=EUR_TO_USD)
    made = run.call(lambda client: client.charges.create(asked))

    assert made.exchange_rate == EUR_TO_USD
    assert [posting.local for posting in standin.ledger.of(made.id)] == [Money(Decimal("10.84"), "USD")] * 2


def test_a_reimbursement_from_beginning_to_end(run: Runner[Client], standin: StandIn) -> None:
    made = run.call(lambda client: client.reimbursements.create(REIMBURSEMENT))

    assert (made.vendor_id, made.reimbursement_date, made.impact_date) == (EMPLOYEE.id, DAY, DAY)
    assert made.status is DocumentStatus.UNPAID
    assert run.call(lambda client: client.reimbursements.get(made.id)) == made
    assert standin.reimbursements == (made,)
    assert standin.ledger.balance(PAYABLE) == Decimal("-12.30")

    run.call(lambda client: client.reimbursements.delete(made.id))
    assert not standin.reimbursements
    assert not standin.ledger.postings
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.reimbursements.get(made.id))


def _make(run: Runner[Client], kind: str, subsidiary_id: str, currency: str) -> str:
    items = [item("5.00", currency)]
    if kind == "charges":
        asked = attrs.evolve(CHARGE, items=items, subsidiary_id=subsidiary_id)
        return run.call(lambda client: client.charges.create(asked)).id
    spent = attrs.evolve(REIMBURSEMENT, items=items, subsidiary_id=subsidiary_id)
    return run.call(lambda client: client.reimbursements.create(spent)).id


def _list(kind: str, **filters: object) -> Callable[[Client], Pager[object]]:
    return lambda client: getattr(client, kind).list(**filters)


@pytest.mark.parametrize("kind", ["charges", "reimbursements"])
def test_documents_of_one_subsidiary(run: Runner[Client], kind: str) -> None:
    here, there = _make(run, kind, AMERICA.id, "USD"), _make(run, kind, GERMANY.id, "EUR")

    def ids(**filters: object) -> list[object]:
        return [getattr(each, "id") for each in run.call(_list(kind, **filters))]  # noqa: B009 - either kind

    assert ids() == [there, here]
    assert ids(limit=1) == [there, here]
    assert ids(subsidiary_id=AMERICA.id) == [here]
    assert ids(subsidiary_id=GERMANY.id) == [there]


@pytest.mark.parametrize("kind", ["charges", "reimbursements", "vendors"])
def test_documents_changed_since(run: Runner[Client], kind: str) -> None:
    if kind != "vendors":
        _make(run, kind, AMERICA.id, "USD")

    assert run.call(_list(kind, updated_after=START - timedelta(microseconds=1)))
    assert run.call(_list(kind, updated_after=START)) == []
