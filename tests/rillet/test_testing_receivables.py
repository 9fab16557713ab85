"""Every endpoint of products, customers, invoices and credit memos against the stand-in: blocking and awaitable, in process and over sockets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import attrs
import pytest

from clientkit.paging import Pager
from rillet import Client, NotFoundError
from rillet.receivables.credit_memos import CreditMemoStatus, CreditMemoUpdate, NewCreditMemoApplication
from rillet.receivables.customers import NewCustomer, PaymentMethod, PaymentType
from rillet.receivables.invoice_payments import InvoicePaymentStatus
from rillet.receivables.invoices import (
    FullInvoiceUpdate,
    Invoice,
    InvoiceItemUpdate,
    InvoiceStatus,
    NewArOnlyInvoice,
    NewRevenueRecognitionOnlyInvoice,
    RevenueRecognitionOnlyInvoiceUpdate,
)
from rillet.receivables.items import ItemTaxesUpdate, TaxesUpdate
from rillet.receivables.products import ProductStatus
from rillet.testing import StandIn
from rillet.treasury.bank_accounts import NewBankAccount
from support.endpoint_runner import Runner
from support.rillet.books import AMERICA, DAY, GERMANY
from support.rillet.receivables_books import (
    CASH,
    PRODUCT,
    RECEIVABLE,
    REFERENCE,
    Company,
    company,
    dollars,
    payment,
    reference,
    sales_tax,
)

BANK_ACCOUNT = NewBankAccount(
    name="Checking", currency="USD", bank_name="First Bank", subsidiary_id=AMERICA.id, account_code=CASH
)
CALCULATED = datetime(2026, 3, 15, tzinfo=UTC)


@pytest.fixture
def acme(standin: StandIn) -> Company:
    return company(standin.client(), [REFERENCE])


def test_products(run: Runner[Client], standin: StandIn) -> None:
    made = run.call(lambda client: client.products.create(PRODUCT))
    changed = attrs.evolve(PRODUCT, name="Chairs", status=ProductStatus.INACTIVE)
    replaced = run.call(lambda client: client.products.update(made.id, changed))

    assert (made.name, made.status) == ("Seats", ProductStatus.ACTIVE)
    assert run.call(lambda client: client.products.get(made.id)) == replaced
    assert standin.products == (replaced,)
    assert run.call(lambda client: client.products.list(status=ProductStatus.INACTIVE)) == [replaced]
    assert run.call(lambda client: client.products.list(status=ProductStatus.ACTIVE)) == []
    assert run.call(lambda client: client.products.list(currency="USD")) == [replaced]
    assert run.call(lambda client: client.products.list(currency="EUR")) == []
    run.call(lambda client: client.products.delete(made.id))
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.products.get(made.id))


def test_customers(run: Runner[Client], standin: StandIn) -> None:
    made = run.call(lambda client: client.customers.create(NewCustomer(name="Acme", external_references=[REFERENCE])))
    other = run.call(lambda client: client.customers.create(NewCustomer(name="Globex", payment_terms=30)))

    assert run.call(lambda client: client.customers.list()) == [other, made]
    assert run.call(lambda client: client.customers.list(search="acm")) == [made]
    assert run.call(lambda client: client.customers.find(attrs.evolve(REFERENCE, url="https://x.example"))) == (made,)
    assert run.call(lambda client: client.customers.find(reference("deal-2"))) == ()
    replaced = run.call(lambda client: client.customers.update(made.id, NewCustomer(name="Acme Inc.")))
    assert replaced.external_references == ()
    assert run.call(lambda client: client.customers.list(sort_by="updated")) == [replaced, other]
    assert run.call(lambda client: client.customers.get(made.id)) == replaced
    assert standin.customers == (replaced, other)
    run.call(lambda client: client.customers.delete(other.id))
    assert run.call(lambda client: client.customers.list()) == [replaced]


def test_what_a_customer_pays_with(run: Runner[Client], standin: StandIn, acme: Company) -> None:
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.customers.payment_method(acme.customer.id))
    first = run.call(lambda client: client.customers.set_up_auto_payment(acme.customer.id))
    second = run.call(lambda client: client.customers.set_up_auto_payment(acme.customer.id, subsidiary_id=AMERICA.id))
    assert first.setup_url != second.setup_url

    card = PaymentMethod(chargeable=True, payment_type=PaymentType.CARD, last_four_digits="4242")
    standin.payment_methods[acme.customer.id] = card
    assert run.call(lambda client: client.customers.payment_method(acme.customer.id)) == card


def test_an_invoice_that_rillet_sends(run: Runner[Client], standin: StandIn, acme: Company) -> None:
    asked = acme.invoice(acme.line("12.345", "3", tax=sales_tax("10")), acme.line("50"))
    made = run.call(lambda client: client.invoices.create(asked))

    assert (made.net_amount, made.taxed_amount, made.total) == (dollars("87.04"), dollars("3.70"), dollars("90.74"))
    assert (made.invoice_number, made.status, made.amount_due) == ("INV01", InvoiceStatus.UNPAID, made.total)
    assert run.call(lambda client: client.invoices.get(made.id)) == made
    assert standin.invoices == (made,)

    bank = run.call(lambda client: client.bank_accounts.create(BANK_ACCOUNT))
    update = FullInvoiceUpdate(items=[acme.line("80")], invoice_date=DAY, bank_account_id=bank.id, memo="thanks")
    replaced = run.call(lambda client: client.invoices.update(made.id, update))
    assert (replaced.total, replaced.memo, replaced.invoice_number) == (dollars("80"), "thanks", "INV01")
    assert replaced.bank_account is not None
    assert replaced.bank_account.id == bank.id

    taxes = TaxesUpdate(
        taxes_calculated_at=CALCULATED,
        items=[
            ItemTaxesUpdate(
                id=replaced.items[0].id, tax_rates=[sales_tax("5", dollars("4")), sales_tax("1", dollars("1"))]
            )
        ],
    )
    taxed = run.call(lambda client: client.invoices.update_taxes(made.id, taxes))
    assert (taxed.net_amount, taxed.taxed_amount, taxed.total) == (dollars("80"), dollars("5"), dollars("85"))

    run.call(lambda client: client.invoices.mark_sent(made.id))
    assert run.call(lambda client: client.invoices.get(made.id)).sent_at is not None
    run.call(lambda client: client.invoices.mark_sent(made.id, sent=False))
    assert run.call(lambda client: client.invoices.get(made.id)).sent_at is None

    run.call(lambda client: client.invoices.delete(made.id))
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.invoices.get(made.id))
    assert standin.ledger.postings == ()


def test_the_pdf_of_an_invoice(run: Runner[Client], acme: Company) -> None:
    made = run.call(lambda client: client.invoices.create(acme.invoice()))
    found = run.call(lambda client: client.invoices.pdf(made.id))

    assert found.startswith(b"%PDF-1.4\n")
    assert found.endswith(b"%%EOF\n")
    start = int(found.split()[-2])
    assert found[start:].startswith(b"xref\n")
    for number, row in enumerate(found[start:].splitlines()[3:7], start=1):
        assert found[int(row[:10]) :].startswith(b"%d 0 obj" % number)
    for text in (b"INV01", b"Acme", b"100.00 USD"):
        assert text in found


def test_invoices_from_another_system(run: Runner[Client], standin: StandIn, acme: Company) -> None:
    lines = [acme.external_line("100"), acme.external_line("50")]
    asked = NewRevenueRecognitionOnlyInvoice(
        customer_id=acme.customer.id,
        subsidiary_id=AMERICA.id,
        invoice_date=DAY,
        invoice_number="X-1",
        tax_amount=dollars("10"),
        items=lines,
        external_references=[REFERENCE],
    )
    made = run.call(lambda client: client.invoices.create(asked))
    assert (made.invoice_number, made.total, made.taxed_amount) == ("X-1", dollars("150"), dollars("10"))
    assert [item.taxed_amount for item in made.items] == [dollars("6.67"), dollars("3.33")]

    ar_only = NewArOnlyInvoice(
        customer_id=acme.customer.id,
        subsidiary_id=AMERICA.id,
        invoice_date=DAY,
        invoice_number="X-2",
        items=[acme.external_line("21", dollars("1"))],
        external_references=[REFERENCE],
    )
    other = run.call(lambda client: client.invoices.create(ar_only))
    assert (other.net_amount, other.taxed_amount) == (dollars("20"), dollars("1"))

    update = RevenueRecognitionOnlyInvoiceUpdate(
        invoice_date=date(2026, 3, 20),
        due_date=date(2026, 4, 3),
        items=[InvoiceItemUpdate(id=item.id, description="Chairs") for item in made.items],
    )
    changed = run.call(lambda client: client.invoices.update(made.id, update))
    assert (changed.invoice_number, changed.total, changed.external_references) == ("X-1", dollars("150"), ())
    assert (changed.due_date, changed.payment_terms) == (date(2026, 4, 3), 14)
    assert {item.description for item in changed.items} == {"Chairs"}
    assert {posting.date for posting in standin.ledger.of(made.id)} == {date(2026, 3, 20)}


def test_lists_of_invoices(run: Runner[Client], acme: Company) -> None:
    late = run.call(lambda client: client.invoices.create(acme.invoice()))
    paid = run.call(lambda client: client.invoices.create(acme.invoice()))
    later = attrs.evolve(acme.invoice(), due_date=date(2026, 12, 31))
    open_ = run.call(lambda client: client.invoices.create(later))
    run.call(lambda client: client.invoice_payments.create(paid.id, payment("100")))

    everything = [open_.id, paid.id, late.id]
    filtered: list[tuple[Callable[[Client], Pager[Invoice]], list[str]]] = [
        (lambda c: c.invoices.list(), everything),
        (lambda c: c.invoices.list(overdue=True), [late.id]),
        (lambda c: c.invoices.list(overdue=False), [open_.id, paid.id]),
        (lambda c: c.invoices.list(status=InvoiceStatus.PAID), [paid.id]),
        (lambda c: c.invoices.list(status=InvoiceStatus.UNBILLED), []),
        (lambda c: c.invoices.list(subsidiary_id=GERMANY.id), []),
        (lambda c: c.invoices.list(customer_id=acme.customer.id, limit=1), everything),
        (lambda c: c.invoices.list(updated_after=late.updated_at), []),
    ]
    for listing, expected in filtered:
        assert [each.id for each in run.call(listing)] == expected


def test_payments_of_invoices(run: Runner[Client], standin: StandIn, acme: Company) -> None:
    invoice = run.call(lambda client: client.invoices.create(acme.invoice()))
    first = run.call(lambda client: client.invoice_payments.create(invoice.id, payment("30")))
    second = run.call(lambda client: client.invoice_payments.create(invoice.id, payment("70")))

    assert (first.status, first.account_code) == (InvoicePaymentStatus.UNCLEARED, CASH)
    assert run.call(lambda client: client.invoice_payments.list(limit=1)) == [second, first]
    assert run.call(lambda client: client.invoice_payments.list_for_invoice(invoice.id)) == [second, first]
    assert run.call(lambda client: client.invoices.get(invoice.id)).status is InvoiceStatus.PAID

    changed = run.call(lambda client: client.invoice_payments.update(invoice.id, second.id, payment("20")))
    assert (changed.id, changed.amount) == (second.id, dollars("20"))
    assert run.call(lambda client: client.invoices.get(invoice.id)).amount_due == dollars("50")
    run.call(lambda client: client.invoice_payments.delete(invoice.id, second.id))
    assert standin.invoice_payments == (first,)
    assert standin.ledger.balance(CASH) == 30
    assert standin.ledger.balance(RECEIVABLE) == 70


def test_credit_memos(run: Runner[Client], standin: StandIn, acme: Company) -> None:
    made = run.call(lambda client: client.credit_memos.create(acme.credit_memo("50", tax=sales_tax("10"))))
    assert (made.credit_memo_number, made.status, made.total) == ("CM01", CreditMemoStatus.UNAPPLIED, dollars("55"))
    assert (made.net_amount, made.taxed_amount, made.remaining_amount) == (dollars("50"), dollars("5"), dollars("55"))
    assert run.call(lambda client: client.credit_memos.get(made.id)) == made
    assert run.call(lambda client: client.credit_memos.list(subsidiary_id=AMERICA.id)) == [made]
    assert run.call(lambda client: client.credit_memos.list(subsidiary_id=GERMANY.id)) == []

    update = CreditMemoUpdate(items=acme.credit_memo("60").items, credit_memo_date=DAY)
    replaced = run.call(lambda client: client.credit_memos.update(made.id, update))
    assert (replaced.total, replaced.taxed_amount) == (dollars("60"), dollars("0"))
    taxes = TaxesUpdate(
        taxes_calculated_at=CALCULATED,
        items=[ItemTaxesUpdate(id=replaced.items[0].id, tax_rate=sales_tax("5", dollars("3")))],
    )
    taxed = run.call(lambda client: client.credit_memos.update_taxes(made.id, taxes))
    assert (taxed.net_amount, taxed.total) == (dollars("60"), dollars("63"))
    assert standin.ledger.balance(RECEIVABLE) == -63

    invoice = run.call(lambda client: client.invoices.create(acme.invoice()))
    application = NewCreditMemoApplication(invoice_id=invoice.id, amount=dollars("63"), application_date=DAY)
    applied = run.call(lambda client: client.credit_memos.apply(made.id, [application]))
    assert (applied.status, applied.remaining_amount) == (CreditMemoStatus.APPLIED, dollars("0"))
    assert applied.applications[0].invoice_number == invoice.invoice_number
    run.call(lambda client: client.credit_memos.delete_applications(made.id))
    assert run.call(lambda client: client.credit_memos.get(made.id)).status is CreditMemoStatus.UNAPPLIED
    run.call(lambda client: client.credit_memos.delete(made.id))
    assert standin.credit_memos == ()
    assert standin.ledger.balance(RECEIVABLE) == 100
