"""Laws of the stand-in's receivables: sums, statuses and the ledger agree after whatever happened."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rillet import BadRequestError, Client, Money, ObjectChangedError
from rillet.receivables.contract_items import NewUsage
from rillet.receivables.credit_memos import CreditMemo, NewCreditMemoApplication
from rillet.receivables.invoice_payments import InvoicePaymentStatus
from rillet.receivables.invoices import Invoice, InvoiceStatus, NewArOnlyInvoice
from rillet.receivables.items import ItemTax
from rillet.receivables.pricing import AmountDiscount, Discount, PercentageDiscount
from rillet.testing import StandIn
from support.rillet.books import AMERICA, DAY, books
from support.rillet.receivables_books import (
    CALLS,
    CASH,
    RECEIVABLE,
    REFERENCE,
    company,
    dollars,
    payment,
    reference,
    sales_tax,
)

cents = st.decimals("0.01", "150", places=2)
percentages = st.decimals("0", "100", places=2)
discounts: st.SearchStrategy[Discount | None] = (
    st.none()
    | st.builds(PercentageDiscount, percentage_off=percentages)
    | st.builds(AmountDiscount, amount_off=st.decimals("0", "5", places=2).map(dollars))
)
taxes: st.SearchStrategy[ItemTax | None] = st.none() | percentages.map(lambda percentage: sales_tax(str(percentage)))
rates = st.decimals("5", "1000", places=4)
quantities = st.decimals("1", "100", places=3)
STEPS = ("pay", "change", "unpay", "clear", "fail", "credit", "uncredit")
steps = st.tuples(st.sampled_from(STEPS), cents, cents)


def spelled_status(total: Decimal, paid: Decimal, credited: Decimal) -> InvoiceStatus:
    """The status by the words of its values."""
    if paid + credited == 0:
        return InvoiceStatus.UNPAID
    if paid:
        return InvoiceStatus.PAID if paid + credited == total else InvoiceStatus.PARTIALLY_PAID
    return InvoiceStatus.CREDITED if credited == total else InvoiceStatus.PARTIALLY_CREDITED


def take(
    step: str,
    first: Decimal,
    second: Decimal,
    *,
    client: Client,
    standin: StandIn,
    invoices: Sequence[Invoice],
    memo: str,
) -> None:
    """One thing that happens; what is refused must change nothing, which the law sees."""
    invoice = invoices[0]
    payments = standin.invoice_payments
    if step == "pay":
        client.invoice_payments.create(invoice.id, payment(first))
    elif step == "credit":
        pairs = zip(invoices, (first, second), strict=True)
        applications = [
            NewCreditMemoApplication(invoice_id=each.id, amount=dollars(amount), application_date=DAY)
            for each, amount in pairs
        ]
        client.credit_memos.apply(memo, applications)
    elif step == "uncredit":
        client.credit_memos.delete_applications(memo)
    elif not payments:
        return
    elif step == "change":
        client.invoice_payments.update(invoice.id, payments[-1].id, payment(first))
    elif step == "unpay":
        client.invoice_payments.delete(invoice.id, payments[0].id)
    else:
        bank = {"clear": InvoicePaymentStatus.SUCCESSFUL, "fail": InvoicePaymentStatus.FAILED}
        if payments[0].status is InvoicePaymentStatus.UNCLEARED:
            standin.move_invoice_payment(payments[0].id, bank[step])


@settings(deadline=None)
@given(happened=st.lists(steps, max_size=12))
def test_the_status_is_a_function_of_payments_and_credits(happened: list[tuple[str, Decimal, Decimal]]) -> None:
    standin = books()
    client = standin.client()
    acme = company(client)
    invoices = [client.invoices.create(acme.invoice()) for _ in range(2)]
    memo = client.credit_memos.create(acme.credit_memo("120"))
    for step, first, second in happened:
        with suppress(BadRequestError):
            take(step, first, second, client=client, standin=standin, invoices=invoices, memo=memo.id)

        found_memo = client.credit_memos.get(memo.id)
        received = Decimal(0)
        for invoice in invoices:
            live = [
                each.amount.amount
                for each in client.invoice_payments.list_for_invoice(invoice.id)
                if each.status is not InvoicePaymentStatus.FAILED
            ]
            credited = credits_of(found_memo, invoice.id)
            found = client.invoices.get(invoice.id)
            received += sum(live, Decimal(0))
            assert found.status is spelled_status(Decimal(100), sum(live, Decimal(0)), credited)
            assert found.amount_due.amount == 100 - sum(live, Decimal(0)) - credited >= 0
        assert found_memo.applied_amount.amount + found_memo.remaining_amount.amount == 120
        assert sum(posting.debit for posting in standin.ledger.postings) == 0
        assert standin.ledger.balance(CASH) == received
        assert standin.ledger.balance(RECEIVABLE) == 200 - 120 - received


def credits_of(memo: CreditMemo, invoice_id: str) -> Decimal:
    return sum((each.amount.amount for each in memo.applications if each.invoice_id == invoice_id), Decimal(0))


@settings(deadline=None)
@given(asked=st.lists(st.tuples(rates, quantities, discounts, taxes), min_size=1, max_size=5))
def test_an_invoice_adds_up(asked: list[tuple[Decimal, Decimal, Discount | None, ItemTax | None]]) -> None:
    standin = books()
    client = standin.client()
    acme = company(client)
    lines = [acme.line(rate, str(quantity), discount=off, tax=tax) for rate, quantity, off, tax in asked]
    made = client.invoices.create(acme.invoice(*lines))

    assert made.total.amount == sum(item.total_amount.amount for item in made.items)
    assert made.net_amount.amount + made.taxed_amount.amount == made.total.amount
    assert made.subtotal.amount - made.total_discount.amount == made.net_amount.amount
    for item, (rate, quantity, _, _) in zip(made.items, asked, strict=True):
        assert item.total_discount is not None
        assert item.taxed_amount is not None
        gross = item.total_amount.amount - item.taxed_amount.amount + item.total_discount.amount
        assert abs(gross - rate * quantity) <= Decimal("0.005")
    assert standin.ledger.balance(RECEIVABLE) == made.total.amount
    assert sum(posting.debit for posting in standin.ledger.postings) == 0
    assert client.invoices.get(made.id) == made


@settings(deadline=None)
@given(totals=st.lists(cents, min_size=1, max_size=6), share=percentages)
def test_the_tax_of_a_whole_invoice_is_divided_without_a_rest(totals: list[Decimal], share: Decimal) -> None:
    standin = books()
    client = standin.client()
    acme = company(client)
    tax = (sum(totals, Decimal(0)) * share / 100).quantize(Decimal("0.01"))
    asked = NewArOnlyInvoice(
        customer_id=acme.customer.id,
        subsidiary_id=AMERICA.id,
        invoice_date=DAY,
        invoice_number="X",
        tax_amount=dollars(tax),
        items=[acme.external_line(str(total)) for total in totals],
        external_references=[REFERENCE],
    )
    made = client.invoices.create(asked)
    assert (made.taxed_amount.amount, made.total.amount) == (tax, sum(totals))
    assert sum(item.taxed_amount.amount for item in made.items if item.taxed_amount is not None) == tax


@settings(deadline=None)
@given(drafted=st.lists(st.sets(st.sampled_from("abcd"), max_size=3), max_size=8))
def test_no_two_drafts_share_a_reference(drafted: list[set[str]]) -> None:
    standin = books()
    client = standin.client()
    acme = company(client)
    groups = list[set[str]]()
    for number, names in enumerate(drafted):
        made = client.draft_contracts.create(acme.draft(*map(reference, sorted(names)), name=str(number)))
        groups = [group for group in groups if not group & names] + [names]
        assert made.name == str(number)
    kept = [{each.id for each in draft.external_references} for draft in standin.draft_contracts]
    assert sorted(map(sorted, kept)) == sorted(map(sorted, groups))


@settings(deadline=None)
@given(
    said=st.lists(st.lists(st.tuples(st.integers(0, 9), cents), min_size=1, max_size=4), max_size=4),
    limit=st.integers(1, 4),
)
def test_usage_is_what_was_said_last(said: list[list[tuple[int, Decimal]]], limit: int) -> None:
    client = books().client()
    acme = company(client)
    (item,) = client.contracts.create(acme.contract(acme.contract_item(CALLS))).items
    expected = dict[date, Decimal]()
    for rows in said:
        days = [(DAY + timedelta(days=day), quantity) for day, quantity in rows]
        expected.update(days)
        client.contract_items.record_usage(item.id, [NewUsage(date=day, quantity=amount) for day, amount in days])
    listed = [(row.date, row.quantity) for row in client.contract_items.list_usage(item.id, limit=limit)]
    assert listed == sorted(expected.items(), reverse=True)


@settings(deadline=None)
@given(before=st.dictionaries(st.integers(0, 2), cents), after=st.dictionaries(st.integers(0, 2), cents, min_size=1))
def test_a_reconcile_forgets_what_was_applied_before(before: dict[int, Decimal], after: dict[int, Decimal]) -> None:
    client = books().client()
    acme = company(client)
    invoices = [client.invoices.create(acme.invoice(acme.line("150"))) for _ in range(3)]
    memo = client.credit_memos.create(acme.credit_memo("450"))
    for wanted in (before, after, after):
        applications = [
            NewCreditMemoApplication(invoice_id=invoices[index].id, amount=dollars(amount), application_date=DAY)
            for index, amount in wanted.items()
        ]
        if applications:
            client.credit_memos.apply(memo.id, applications)
    assert [client.invoices.get(invoice.id).amount_due.amount for invoice in invoices] == [
        150 - after.get(index, Decimal(0)) for index in range(3)
    ]


def test_a_part_of_a_product_a_customer_and_a_draft_is_changed(standin: StandIn) -> None:
    client = standin.client()
    acme = company(client, [REFERENCE])
    draft = client.draft_contracts.create(acme.draft(REFERENCE))

    product = client.products.modify(acme.product.id, name="Chairs")
    customer = client.customers.modify(acme.customer.id, payment_terms=45)
    changed = client.draft_contracts.modify(draft.id, amount=Money(Decimal(5), "USD"))
    assert product == attrs.evolve(acme.product, name="Chairs")
    assert attrs.evolve(customer, payment_terms=None) == acme.customer
    assert (changed.external_references, changed.amount) == ((REFERENCE,), dollars("5"))
    assert [item.product_id for item in changed.items] == [acme.product.id]


def test_a_change_by_somebody_else_stops_modify(standin: StandIn) -> None:
    client, other = standin.client(), standin.client()
    acme = company(client)
    other.customers.modify(acme.customer.id, name="Acme Inc.")
    writes = [asked.method for asked in standin.asked].count("PUT")

    with pytest.raises(ObjectChangedError) as caught:
        client.customers.modify(acme.customer.id, based_on=acme.customer, payment_terms=45)
    assert caught.value.fields == ("name",)
    assert [asked.method for asked in standin.asked].count("PUT") == writes

    merged = client.customers.modify(acme.customer.id, payment_terms=45)
    assert (merged.name, merged.payment_terms) == ("Acme Inc.", 45)
