"""What the stand-in's receivables post, refuse and leave alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import attrs
import pytest

from rillet import BadRequestError, Client, Money, NotFoundError
from rillet.ledger.fields import FieldDisplay, FieldRule, FieldSettings
from rillet.receivables.credit_memos import CreditMemoStatus, CreditMemoUpdate, NewCreditMemoApplication
from rillet.receivables.customers import NewCustomer
from rillet.receivables.invoice_payments import InvoicePaymentStatus
from rillet.receivables.invoices import (
    InvoiceItemUpdate,
    InvoiceStatus,
    RevenueRecognitionOnlyInvoiceUpdate,
)
from rillet.receivables.items import ItemRevenue, ItemTaxesUpdate, TaxesUpdate
from rillet.receivables.pricing import PercentageDiscount
from rillet.receivables.products import ProductStatus
from rillet.testing import StandIn, chart_of_accounts
from support.clocks import ManualClock
from support.rillet.books import DAY, DEPARTMENT, EUR_TO_USD, START, TRAVEL, books
from support.rillet.receivables_books import (
    CASH,
    RECEIVABLE,
    REVENUE,
    TAXES,
    Company,
    company,
    dollars,
    payment,
    sales_tax,
)

MAY = date(2026, 5, 1)


@pytest.fixture
def client(standin: StandIn) -> Client:
    return standin.client()


@pytest.fixture
def acme(client: Client) -> Company:
    return company(client)


def application(invoice_id: str, amount: str) -> NewCreditMemoApplication:
    return NewCreditMemoApplication(invoice_id=invoice_id, amount=dollars(amount), application_date=DAY)


def test_an_invoice_debits_the_receivable_and_credits_revenue_and_tax(
    standin: StandIn, client: Client, acme: Company
) -> None:
    own = attrs.evolve(acme.line("20"), revenue=ItemRevenue(account_code="48000"))
    discounted = acme.line("40", "2", discount=PercentageDiscount(percentage_off=Decimal(25)), tax=sales_tax("10"))
    made = client.invoices.create(acme.invoice(discounted, own))

    assert (made.subtotal, made.total_discount, made.total) == (dollars("100"), dollars("20"), dollars("86"))
    debits = {posting.account_code: posting.debit for posting in standin.ledger.of(made.id)}
    assert debits == {RECEIVABLE: Decimal(86), REVENUE: Decimal(-60), "48000": Decimal(-20), TAXES: Decimal(-6)}
    first, second = (item.revenue for item in made.items)
    assert first is not None
    assert second is not None
    assert (first.account_code, second.account_code) == (REVENUE, "48000")
    assert first.period is not None
    assert (first.period.start, first.period.end) == (DAY, DAY)


def test_a_payment_debits_cash_and_a_credit_memo_revenue(standin: StandIn, client: Client, acme: Company) -> None:
    invoice = client.invoices.create(acme.invoice())
    paid = client.invoice_payments.create(invoice.id, payment("25", day=date(2026, 3, 20)))
    memo = client.credit_memos.create(acme.credit_memo("40", tax=sales_tax("10")))

    assert {posting.account_code: posting.debit for posting in standin.ledger.of(paid.id)} == {
        CASH: 25,
        RECEIVABLE: -25,
    }
    assert {posting.date for posting in standin.ledger.of(paid.id)} == {date(2026, 3, 20)}
    credited = {posting.account_code: posting.debit for posting in standin.ledger.of(memo.id)}
    assert credited == {REVENUE: 40, TAXES: 4, RECEIVABLE: -44}


def test_what_is_deleted_leaves_the_ledger(standin: StandIn, client: Client, acme: Company) -> None:
    invoice = client.invoices.create(acme.invoice())
    paid = client.invoice_payments.create(invoice.id, payment("25"))
    memo = client.credit_memos.create(acme.credit_memo())
    client.invoice_payments.delete(invoice.id, paid.id)
    client.invoices.delete(invoice.id)
    client.credit_memos.delete(memo.id)
    assert standin.ledger.postings == ()
    for again in (client.invoices.delete, client.credit_memos.delete):
        with pytest.raises(NotFoundError):
            again(invoice.id)


def test_a_foreign_invoice_is_booked_at_its_rate_and_so_is_its_payment(
    standin: StandIn, client: Client, acme: Company
) -> None:
    asked = acme.invoice(acme.line("100", currency="EUR"))
    with pytest.raises(BadRequestError, match="exchange rate"):
        client.invoices.create(asked)
    made = client.invoices.create(attrs.evolve(asked, exchange_rate=EUR_TO_USD))
    euros = attrs.evolve(payment("1"), amount=Money(Decimal(100), "EUR"))
    client.invoice_payments.create(made.id, euros)

    assert standin.ledger.balance(REVENUE) == Decimal("-108.37")
    assert standin.ledger.balance(RECEIVABLE) == 0
    with pytest.raises(BadRequestError, match="EUR"):
        client.invoice_payments.create(made.id, payment("1"))


@pytest.mark.parametrize(
    ("paid", "credited", "status"),
    [
        ("0", "0", InvoiceStatus.UNPAID),
        ("1", "0", InvoiceStatus.PARTIALLY_PAID),
        ("100", "0", InvoiceStatus.PAID),
        ("0", "99.99", InvoiceStatus.PARTIALLY_CREDITED),
        ("0", "100", InvoiceStatus.CREDITED),
        ("10", "10", InvoiceStatus.PARTIALLY_PAID),
        ("10", "90", InvoiceStatus.PAID),
    ],
)
def test_the_status_follows_payments_and_credits(
    client: Client, acme: Company, paid: str, credited: str, status: InvoiceStatus
) -> None:
    invoice = client.invoices.create(acme.invoice())
    memo = client.credit_memos.create(acme.credit_memo())
    if Decimal(paid):
        client.invoice_payments.create(invoice.id, payment(paid))
    if Decimal(credited):
        client.credit_memos.apply(memo.id, [application(invoice.id, credited)])

    found = client.invoices.get(invoice.id)
    assert (found.status, found.amount_due) == (status, dollars(100 - Decimal(paid) - Decimal(credited)))


def test_only_an_uncleared_payment_changes(standin: StandIn, client: Client, acme: Company) -> None:
    invoice = client.invoices.create(acme.invoice())
    paid = client.invoice_payments.create(invoice.id, payment("100"))
    cleared = standin.move_invoice_payment(paid.id, InvoicePaymentStatus.SUCCESSFUL)

    assert cleared.status is InvoicePaymentStatus.SUCCESSFUL
    with pytest.raises(BadRequestError, match="SUCCESSFUL"):
        client.invoice_payments.update(invoice.id, paid.id, payment("1"))
    with pytest.raises(BadRequestError, match="SUCCESSFUL"):
        client.invoice_payments.delete(invoice.id, paid.id)
    assert client.invoices.get(invoice.id).status is InvoiceStatus.PAID


def test_an_invoice_is_due_again_when_its_payment_fails(standin: StandIn, client: Client, acme: Company) -> None:
    invoice = client.invoices.create(acme.invoice())
    paid = client.invoice_payments.create(invoice.id, payment("100"))
    standin.move_invoice_payment(paid.id, InvoicePaymentStatus.FAILED)

    assert client.invoices.get(invoice.id).status is InvoiceStatus.UNPAID
    assert standin.ledger.of(paid.id) == ()
    assert [each.status for each in client.invoice_payments.list_for_invoice(invoice.id)] == [
        InvoicePaymentStatus.FAILED
    ]
    client.invoices.delete(invoice.id)
    assert standin.invoice_payments == ()


def test_an_invoice_becomes_overdue_and_a_contract_ends_as_time_goes_by() -> None:
    clock = ManualClock(START)
    standin = books(clock)
    client = standin.client()
    acme = company(client)
    invoice = client.invoices.create(attrs.evolve(acme.invoice(), due_date=START.date()))
    contract = client.contracts.create(acme.contract(end=START.date()))
    assert (client.invoices.get(invoice.id).overdue, standin.invoices[0].overdue) == (False, False)

    clock.advance(timedelta(days=1).total_seconds())
    assert (client.invoices.get(invoice.id).overdue, standin.invoices[0].overdue) == (True, True)
    assert client.contracts.get(contract.id).status == standin.contracts[0].status == "ENDED"
    client.invoice_payments.create(invoice.id, payment("100"))
    assert client.invoices.get(invoice.id).overdue is False
    assert [each.id for each in client.invoices.list(updated_after=START)] == [invoice.id]


def test_applications_are_reconciled_as_a_whole(client: Client, acme: Company) -> None:
    first, second, third = (client.invoices.create(acme.invoice()) for _ in range(3))
    memo = client.credit_memos.create(acme.credit_memo("100"))
    before = client.credit_memos.apply(memo.id, [application(first.id, "30"), application(second.id, "40")])
    after = client.credit_memos.apply(memo.id, [application(second.id, "50"), application(third.id, "10")])

    assert [(each.invoice_id, each.amount) for each in after.applications] == [
        (second.id, dollars("50")),
        (third.id, dollars("10")),
    ]
    assert after.applications[0].id == before.applications[1].id
    assert (after.applied_amount, after.remaining_amount) == (dollars("60"), dollars("40"))
    assert after.status is CreditMemoStatus.PARTIALLY_APPLIED
    assert [client.invoices.get(each.id).amount_due for each in (first, second, third)] == [
        dollars("100"),
        dollars("50"),
        dollars("90"),
    ]


def test_a_refused_application_changes_nothing(client: Client, acme: Company) -> None:
    invoice = client.invoices.create(acme.invoice(acme.line("30")))
    other = client.invoices.create(acme.invoice())
    stranger = attrs.evolve(acme, customer=client.customers.create(NewCustomer(name="Globex")))
    foreign = client.invoices.create(stranger.invoice())
    memo = client.credit_memos.create(acme.credit_memo("100"))
    kept = client.credit_memos.apply(memo.id, [application(invoice.id, "20")])

    for wrong in (
        [application(invoice.id, "30.01")],
        [application(other.id, "80"), application(invoice.id, "30")],
        [application(invoice.id, "0")],
        [application(invoice.id, "1"), application(invoice.id, "2")],
        [application(foreign.id, "1")],
        [application("nothing", "1")],
        [attrs.evolve(application(invoice.id, "1"), amount=Money(Decimal(1), "EUR"))],
    ):
        with pytest.raises(BadRequestError):
            client.credit_memos.apply(memo.id, wrong)
    assert client.credit_memos.get(memo.id) == kept
    assert client.invoices.get(invoice.id).amount_due == dollars("10")
    with pytest.raises(BadRequestError, match="applied"):
        client.credit_memos.delete(memo.id)
    with pytest.raises(BadRequestError, match="less than is applied"):
        client.credit_memos.update(memo.id, CreditMemoUpdate(items=acme.credit_memo("19").items, credit_memo_date=DAY))


def test_an_invoice_cannot_come_to_less_than_was_paid(client: Client, acme: Company) -> None:
    made = client.invoices.create(acme.external_invoice())
    client.invoice_payments.create(made.id, payment("100"))
    with pytest.raises(BadRequestError, match="only an unpaid one"):
        client.invoices.delete(made.id)
    untaxed = TaxesUpdate(taxes_calculated_at=START, items=[ItemTaxesUpdate(id=made.items[0].id, tax_rates=[])])
    with pytest.raises(BadRequestError, match="less than what is paid"):
        client.invoices.update_taxes(made.id, untaxed)
    assert client.invoices.get(made.id).status is InvoiceStatus.PAID


def test_payments_stay_within_what_is_due_and_go_to_a_bank(client: Client, acme: Company) -> None:
    invoice = client.invoices.create(acme.invoice())
    for wrong in (payment("100.01"), payment("0"), payment("-1"), payment("0.001"), payment("1", code=TRAVEL)):
        with pytest.raises(BadRequestError):
            client.invoice_payments.create(invoice.id, wrong)
    paid = client.invoice_payments.create(invoice.id, payment("60"))
    client.invoice_payments.update(invoice.id, paid.id, payment("100"))
    other = client.invoices.create(acme.invoice())
    with pytest.raises(NotFoundError):
        client.invoice_payments.delete(other.id, paid.id)


def test_receivables_need_their_accounts() -> None:
    chart = [each for each in chart_of_accounts() if each.code not in {TAXES, RECEIVABLE}]
    client = StandIn(accounts=chart).client()
    acme = company(client)
    with pytest.raises(BadRequestError, match='subtype "Sales Tax Liability"'):
        client.invoices.create(attrs.evolve(acme.invoice(acme.line("1", tax=sales_tax("5"))), subsidiary_id=None))
    with pytest.raises(BadRequestError, match='subtype "Accounts Receivable"'):
        client.invoices.create(attrs.evolve(acme.invoice(), subsidiary_id=None))


def test_an_invoice_is_updated_in_its_own_scope(client: Client, acme: Company) -> None:
    made = client.invoices.create(acme.invoice())
    lines = [InvoiceItemUpdate(id=item.id) for item in made.items]
    update = RevenueRecognitionOnlyInvoiceUpdate(invoice_date=DAY, items=lines)
    with pytest.raises(BadRequestError, match="FULL"):
        client.invoices.update(made.id, update)
    other = client.invoices.create(acme.external_invoice())
    with pytest.raises(BadRequestError, match="each line"):
        client.invoices.update(other.id, update)


def test_a_product_or_customer_in_use_stays(client: Client, acme: Company) -> None:
    contract = client.contracts.create(acme.contract())
    for delete, used in ((client.products.delete, acme.product.id), (client.customers.delete, acme.customer.id)):
        with pytest.raises(BadRequestError):
            delete(used)
    client.contracts.delete(contract.id)
    client.customers.delete(acme.customer.id)
    client.products.delete(acme.product.id)


def test_an_inactive_product_is_not_sold(client: Client, acme: Company) -> None:
    client.products.modify(acme.product.id, status=ProductStatus.INACTIVE)
    with pytest.raises(BadRequestError, match="inactive"):
        client.invoices.create(acme.invoice())


def test_a_field_mandatory_for_revenue_is_wanted_on_every_line(standin: StandIn, client: Client, acme: Company) -> None:
    rule = FieldRule(mandatory=True, display=FieldDisplay.STANDALONE)
    standin.put(attrs.evolve(DEPARTMENT, settings=FieldSettings(revenue=rule)))
    attempts: list[Callable[[], object]] = [
        lambda: client.invoices.create(acme.invoice()),
        lambda: client.credit_memos.create(acme.credit_memo()),
        lambda: client.contracts.create(acme.contract()),
    ]
    for attempt in attempts:
        with pytest.raises(BadRequestError, match="Department"):
            attempt()


def test_nothing_moves_in_a_closed_period(standin: StandIn, client: Client, acme: Company) -> None:
    invoice = client.invoices.create(acme.invoice())
    paid = client.invoice_payments.create(invoice.id, payment("10"))
    other = client.invoices.create(acme.invoice())
    memo = client.credit_memos.create(acme.credit_memo())
    standin.close_books(DAY)
    before = standin.ledger.postings
    attempts: list[Callable[[], object]] = [
        lambda: client.invoices.create(acme.invoice()),
        lambda: client.invoices.delete(other.id),
        lambda: client.invoice_payments.create(invoice.id, payment("10")),
        lambda: client.invoice_payments.update(invoice.id, paid.id, payment("11", day=MAY)),
        lambda: client.invoice_payments.delete(invoice.id, paid.id),
        lambda: client.credit_memos.create(acme.credit_memo()),
        lambda: client.credit_memos.delete(memo.id),
    ]
    for attempt in attempts:
        with pytest.raises(BadRequestError, match="closed"):
            attempt()
    assert standin.ledger.postings == before
