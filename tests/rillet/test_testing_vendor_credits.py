"""The stand-in's vendor credits, each blocking and awaitable, in process and over sockets."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet import (
    BadRequestError,
    BillStatus,
    Client,
    ExpenseTax,
    NewVendorCredit,
    NewVendorCreditApplication,
    NewVendorCreditItem,
    NotFoundError,
    TaxCoverage,
    TaxType,
    VendorCreditStatus,
    VendorCreditUpdate,
)
from rillet.testing import StandIn
from support.endpoint_runner import Runner
from support.rillet.books import AMERICA, DAY, EMPLOYEE, GERMANY, HOTEL, START, TRAVEL, books
from support.rillet.documents import BILL, CREDIT, PAYABLES, bill, credit, dollars, payment

UPDATE = VendorCreditUpdate(
    vendor_id=HOTEL.id,
    credit_number="G-2",
    gl_impact_date=DAY,
    line_items=[NewVendorCreditItem(account_code=TRAVEL, amount=dollars("20.00"))],
    date=DAY,
)


@pytest.fixture
def client(standin: StandIn) -> Client:
    return standin.client()


def part(bill_id: str, amount: str) -> NewVendorCreditApplication:
    return NewVendorCreditApplication(bill_id=bill_id, amount=dollars(amount))


def test_a_credit_from_beginning_to_end(run: Runner[Client], standin: StandIn) -> None:
    made = run.call(lambda client: client.vendor_credits.create(attrs.evolve(CREDIT, memo="Returned")))

    assert (made.status, made.credit_number, made.memo) == (VendorCreditStatus.UNAPPLIED, "G-1", "Returned")
    assert (made.amount, made.applied_amount, made.remaining_amount) == (dollars("30"), dollars("0"), dollars("30"))
    assert (made.organization_id, made.subsidiary_id) == (standin.organization.id, AMERICA.id)
    assert run.call(lambda client: client.vendor_credits.get(made.id)) == made
    assert standin.vendor_credits == (made,)
    assert (standin.ledger.balance(TRAVEL), standin.ledger.balance(PAYABLES)) == (Decimal(-30), Decimal(30))

    changed = run.call(lambda client: client.vendor_credits.update(made.id, UPDATE))
    assert (changed.credit_number, changed.memo, changed.amount) == ("G-2", None, dollars("20"))
    assert standin.ledger.balance(PAYABLES) == Decimal(20)

    run.call(lambda client: client.vendor_credits.delete(made.id))
    assert not standin.vendor_credits
    assert not standin.ledger.postings
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.vendor_credits.get(made.id))


def test_applications_settle_bills(run: Runner[Client], standin: StandIn) -> None:
    owed = run.call(lambda client: client.bills.create(BILL))
    made = run.call(lambda client: client.vendor_credits.create(CREDIT))
    before = standin.ledger.postings
    applied = run.call(lambda client: client.vendor_credits.apply(made.id, [part(owed.id, "10.00")]))

    assert applied.status is VendorCreditStatus.PARTIALLY_APPLIED
    assert (applied.applied_amount, applied.remaining_amount) == (dollars("10"), dollars("20"))
    (application,) = applied.applications
    assert (application.bill_id, application.bill_number) == (owed.id, "R-1")
    assert (application.vendor_credit_id, application.application_date) == (made.id, START.date())
    assert run.call(lambda client: client.bills.get(owed.id)).status is BillStatus.PARTIALLY_CREDITED

    again = run.call(lambda client: client.vendor_credits.apply(made.id, [part(owed.id, "20.00")]))
    assert [each.amount for each in again.applications] == [dollars("10"), dollars("20")]
    assert again.status is VendorCreditStatus.APPLIED
    assert standin.ledger.postings == before
    with pytest.raises(BadRequestError, match="unapplied"):
        run.call(lambda client: client.vendor_credits.delete(made.id))


def test_lists_are_filtered(run: Runner[Client]) -> None:
    first = run.call(lambda client: client.vendor_credits.create(CREDIT))
    theirs = run.call(lambda client: client.vendor_credits.create(attrs.evolve(CREDIT, vendor_id=EMPLOYEE.id)))

    listed = run.call(lambda client: client.vendor_credits.list(limit=1))
    assert [each.id for each in listed] == [theirs.id, first.id]
    assert run.call(lambda client: client.vendor_credits.list(vendor_id=EMPLOYEE.id)) == [theirs]
    assert run.call(lambda client: client.vendor_credits.list(subsidiary_id=GERMANY.id)) == []
    assert run.call(lambda client: client.vendor_credits.list(updated_after=START)) == []


@pytest.mark.parametrize(
    ("paid", "credited", "status"),
    [
        ("0", "0", BillStatus.UNPAID),
        ("99.99", "0", BillStatus.PARTIALLY_PAID),
        ("100.00", "0", BillStatus.PAID),
        ("0", "0.01", BillStatus.PARTIALLY_CREDITED),
        ("0", "100.00", BillStatus.CREDITED),
        ("40.00", "30.00", BillStatus.PARTIALLY_PAID),
        ("40.00", "60.00", BillStatus.APPLIED),
    ],
)
def test_payments_and_credits_make_a_bills_status(client: Client, paid: str, credited: str, status: BillStatus) -> None:
    owed = client.bills.create(BILL)
    made = client.vendor_credits.create(credit("100.00"))
    if Decimal(paid):
        client.bills.create_payment(owed.id, payment(paid))
    if Decimal(credited):
        client.vendor_credits.apply(made.id, [part(owed.id, credited)])
    assert client.bills.get(owed.id).status is status


cents = st.integers(1, 12_000).map(lambda amount: f"{Decimal(amount) / 100:.2f}")


@given(whole=cents, steps=st.lists(st.tuples(st.integers(0, 2), cents), max_size=8))
def test_a_credit_is_applied_once(whole: str, steps: list[tuple[int, str]]) -> None:
    client = books().client()
    made = client.vendor_credits.create(credit(whole))
    bills = [client.bills.create(bill()).id for _ in range(3)]
    left, owed = Decimal(whole), dict.fromkeys(bills, Decimal(100))
    for index, amount in steps:
        bill_id, value = bills[index], Decimal(amount)
        if value > left or value > owed[bill_id]:
            with pytest.raises(BadRequestError, match="exceed"):
                client.vendor_credits.apply(made.id, [part(bill_id, amount)])
            continue
        client.vendor_credits.apply(made.id, [part(bill_id, amount)])
        left, owed[bill_id] = left - value, owed[bill_id] - value

    found = client.vendor_credits.get(made.id)
    assert found.remaining_amount.amount == left
    assert (
        found.applied_amount.amount == sum(each.amount.amount for each in found.applications) == Decimal(whole) - left
    )
    assert (found.status is VendorCreditStatus.UNAPPLIED) == (left == Decimal(whole))
    assert (found.status is VendorCreditStatus.APPLIED) == (left == 0)
    for bill_id, open_amount in owed.items():
        status = {Decimal(100): BillStatus.UNPAID, Decimal(0): BillStatus.CREDITED}
        assert client.bills.get(bill_id).status is status.get(open_amount, BillStatus.PARTIALLY_CREDITED)


@pytest.mark.parametrize(
    ("coverage", "net", "whole"), [(TaxCoverage.INCLUSIVE, "25.00", "30"), (TaxCoverage.EXCLUSIVE, "30.00", "35")]
)
def test_a_tax_is_split_off(client: Client, standin: StandIn, coverage: TaxCoverage, net: str, whole: str) -> None:
    tax = ExpenseTax(
        tax_amount=dollars("5.00"),
        percentage=Decimal(20),
        country="GB",
        type=TaxType.VAT,
        description="VAT",
        coverage=coverage,
    )
    line = attrs.evolve(CREDIT.line_items[0], tax_rate=tax)
    made = client.vendor_credits.create(attrs.evolve(CREDIT, line_items=[line]))

    (found,) = made.line_items
    assert (found.net_amount, found.tax_amount) == (dollars(net), dollars("5.00"))
    assert (made.amount, standin.ledger.balance(PAYABLES)) == (dollars(whole), Decimal(whole))


@pytest.mark.parametrize(
    "asked",
    [
        attrs.evolve(CREDIT, line_items=[]),
        attrs.evolve(CREDIT, vendor_id="nobody"),
        attrs.evolve(CREDIT, subsidiary_id="nowhere"),
        attrs.evolve(CREDIT, subsidiary_id=GERMANY.id),
        attrs.evolve(CREDIT, gl_impact_date=DAY - timedelta(days=60)),
        credit("0.001"),
    ],
)
def test_credits_are_checked(standin: StandIn, client: Client, asked: NewVendorCredit) -> None:
    standin.close_books(DAY - timedelta(days=30))
    with pytest.raises(BadRequestError):
        client.vendor_credits.create(asked)
    assert (standin.vendor_credits, standin.ledger.postings) == ((), ())


@pytest.mark.parametrize(
    ("amounts", "says"),
    [
        ([], "empty"),
        (["31.00"], "exceed 30"),
        (["0.00"], "positive"),
        (["0.001"], "rounded"),
        (["1.00", "1.00"], "once"),
    ],
)
def test_applications_are_checked(standin: StandIn, client: Client, amounts: list[str], says: str) -> None:
    owed, made = client.bills.create(BILL), client.vendor_credits.create(CREDIT)
    with pytest.raises(BadRequestError, match=says):
        client.vendor_credits.apply(made.id, [part(owed.id, amount) for amount in amounts])
    assert (standin.bills, standin.vendor_credits) == ((owed,), (made,))


def test_only_bills_of_the_same_vendor_are_credited(client: Client) -> None:
    theirs, made = client.bills.create(bill(vendor_id=EMPLOYEE.id)), client.vendor_credits.create(CREDIT)
    with pytest.raises(BadRequestError, match="one vendor"):
        client.vendor_credits.apply(made.id, [part(theirs.id, "1.00")])
    with pytest.raises(BadRequestError, match="not found"):
        client.vendor_credits.apply(made.id, [part("none", "1.00")])


def test_what_is_applied_stays(standin: StandIn, client: Client) -> None:
    owed, made = client.bills.create(BILL), client.vendor_credits.create(CREDIT)
    client.vendor_credits.apply(made.id, [part(owed.id, "20.00")])

    smaller = attrs.evolve(UPDATE, line_items=[attrs.evolve(UPDATE.line_items[0], amount=dollars("19.99"))])
    with pytest.raises(BadRequestError, match="applied"):
        client.vendor_credits.update(made.id, smaller)
    with pytest.raises(BadRequestError, match="unpaid"):
        client.bills.delete(owed.id)
    updated = client.vendor_credits.update(made.id, UPDATE)
    assert (updated.status, len(updated.applications)) == (VendorCreditStatus.APPLIED, 1)
    standin.close_books(DAY)
    with pytest.raises(BadRequestError, match="closed"):
        client.vendor_credits.update(made.id, attrs.evolve(UPDATE, gl_impact_date=DAY + timedelta(days=1)))


def test_modify_keeps_what_it_does_not_name(client: Client) -> None:
    made = client.vendor_credits.create(CREDIT)
    changed = client.vendor_credits.modify(made.id, based_on=made, memo="Returned")
    assert (changed.memo, changed.credit_number, changed.amount) == ("Returned", "G-1", made.amount)
