"""Customers, products and documents for the tests of the stand-in's receivables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import attrs

import rillet
from rillet.receivables.contracts import (
    NewContractItem,
    NewExternalContractItem,
    NewFullContract,
    NewRevenueRecognitionOnlyContract,
)
from rillet.receivables.credit_memos import CreditMemoItemPrice, NewCreditMemo, NewCreditMemoItem
from rillet.receivables.customers import Customer, NewCustomer
from rillet.receivables.draft_contracts import ContractScope, NewDraftContract, NewDraftContractItem
from rillet.receivables.invoice_payments import NewInvoicePayment
from rillet.receivables.invoices import (
    InvoiceItemPrice,
    NewArOnlyInvoice,
    NewExternalInvoiceItem,
    NewFullInvoice,
    NewInvoiceItem,
)
from rillet.receivables.invoicing import InvoiceSchedule, MonthlyInvoicing, ScheduledInvoice, ScheduledInvoiceItem
from rillet.receivables.items import ItemTax
from rillet.receivables.pricing import (
    Discount,
    FixedRecurringPrice,
    OneTimePrice,
    PerUnitBilling,
    Price,
    RevenuePattern,
    UsagePrice,
)
from rillet.receivables.products import NewProduct, Product
from rillet.values import ExternalReference, Money, TaxType
from support.rillet.books import AMERICA, DAY

CASH, RECEIVABLE, TAXES, REVENUE = "11100", "12000", "22500", "41000"
MONTHLY = MonthlyInvoicing(payment_terms=30, day=1)
REFERENCE = ExternalReference(type="brex", id="deal-1")


def dollars(amount: str | Decimal) -> Money:
    return Money(Decimal(amount), "USD")


def reference(id: str) -> ExternalReference:
    return ExternalReference(type="brex", id=id)


SEATS = FixedRecurringPrice(amount=dollars("100"), interval_months=1)
SETUP = OneTimePrice(amount=dollars("500"))
CALLS = UsagePrice(interval_months=1, billing_scheme=PerUnitBilling(amount=dollars("0.002"), units=10))
PRODUCT = NewProduct(
    name="Seats",
    description="A seat for a month",
    price=SEATS,
    include_in_arr_mrr=True,
    revenue_pattern=RevenuePattern.DAILY,
    account_code=REVENUE,
)


def sales_tax(percentage: str, amount: Money | None = None) -> ItemTax:
    return ItemTax(
        percentage=Decimal(percentage),
        country="US",
        type=TaxType.SALES_TAX,
        description="Sales tax",
        tax_amount=amount,
    )


@attrs.frozen
class Company:
    """Whom and what the documents name."""

    customer: Customer
    product: Product

    def line(
        self,
        amount: str | Decimal,
        quantity: str = "1",
        *,
        currency: str = "USD",
        discount: Discount | None = None,
        tax: ItemTax | None = None,
    ) -> NewInvoiceItem:
        price = InvoiceItemPrice(
            product_id=self.product.id,
            quantity=Decimal(quantity),
            discount=discount,
            amount_per_unit=Money(Decimal(amount), currency),
        )
        return NewInvoiceItem(description="Seats in March", price=price, tax_rate=tax)

    def invoice(self, *lines: NewInvoiceItem, day: date = DAY) -> NewFullInvoice:
        return NewFullInvoice(
            customer_id=self.customer.id,
            subsidiary_id=AMERICA.id,
            items=lines or [self.line("100")],
            invoice_date=day,
        )

    def external_line(self, total: str, tax: Money | None = None) -> NewExternalInvoiceItem:
        return NewExternalInvoiceItem(
            product_id=self.product.id,
            description="Seats",
            quantity=Decimal(2),
            total_amount=dollars(total),
            tax_amount=tax,
        )

    def external_invoice(self, total: str = "100") -> NewArOnlyInvoice:
        return NewArOnlyInvoice(
            customer_id=self.customer.id,
            subsidiary_id=AMERICA.id,
            invoice_date=DAY,
            invoice_number="X-1",
            items=[self.external_line(total, dollars("1"))],
            external_references=[REFERENCE],
        )

    def credit_memo(self, amount: str | Decimal = "100", *, tax: ItemTax | None = None) -> NewCreditMemo:
        price = CreditMemoItemPrice(
            product_id=self.product.id, quantity=Decimal(1), amount_per_unit=Money(Decimal(amount), "USD")
        )
        return NewCreditMemo(
            customer_id=self.customer.id,
            subsidiary_id=AMERICA.id,
            credit_memo_date=DAY,
            items=[NewCreditMemoItem(description="A month without service", price=price, tax_rate=tax)],
        )

    def contract_item(self, price: Price = SEATS, quantity: str = "5") -> NewContractItem:
        return NewContractItem(
            product_id=self.product.id,
            price=price,
            quantity=Decimal(quantity),
            revenue_pattern=RevenuePattern.DAILY,
        )

    def contract(self, *items: NewContractItem, end: date | None = date(2026, 12, 31)) -> NewFullContract:
        return NewFullContract(
            name="Acme 2026",
            close_date=date(2025, 12, 1),
            start_date=date(2026, 1, 1),
            end_date=end,
            items=items or [self.contract_item()],
            invoicing=MONTHLY,
            customer_id=self.customer.id,
            subsidiary_id=AMERICA.id,
        )

    def external_contract(self, *invoices: ScheduledInvoice) -> NewRevenueRecognitionOnlyContract:
        return NewRevenueRecognitionOnlyContract(
            name="Acme elsewhere",
            start_date=date(2026, 1, 1),
            end_date=date(2026, 12, 31),
            items=[
                NewExternalContractItem(
                    product_id=self.product.id,
                    price=dollars("1200"),
                    revenue_pattern=RevenuePattern.EVEN_PERIOD,
                    external_reference=reference("line-1"),
                )
            ],
            invoice_schedule=InvoiceSchedule(invoices=invoices),
            external_references=[reference("contract-1")],
            customer_id=self.customer.id,
            subsidiary_id=AMERICA.id,
        )

    def draft(self, *references: ExternalReference, name: str = "Acme 2027") -> NewDraftContract:
        return NewDraftContract(
            external_references=references,
            subsidiary_id=AMERICA.id,
            customer_id=self.customer.id,
            name=name,
            amount=dollars("1200"),
            close_date=DAY,
            scope=ContractScope.FULL,
            items=[NewDraftContractItem(product_id=self.product.id, price=SEATS, quantity=Decimal(5))],
        )


def scheduled(number: str, total: str = "600", *, day: date = DAY, line: str = "line-1") -> ScheduledInvoice:
    item = ScheduledInvoiceItem(
        description="Half of it", contract_item_reference=line, quantity=Decimal(1), total_amount=dollars(total)
    )
    return ScheduledInvoice(invoice_date=day, invoice_number=number, items=[item])


def payment(amount: str | Decimal, *, code: str = CASH, day: date = DAY) -> NewInvoicePayment:
    return NewInvoicePayment(amount=dollars(amount), date=day, account_code=code)


def company(client: rillet.Client, references: Sequence[ExternalReference] = ()) -> Company:
    """A company with one customer and one product."""
    return Company(
        client.customers.create(NewCustomer(name="Acme", external_references=references)),
        client.products.create(PRODUCT),
    )
