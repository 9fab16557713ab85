"""Parts of what is sent about receivables, each with the JSON that it becomes."""

from __future__ import annotations

from decimal import Decimal

from rillet.receivables.amendments import (
    AmendedItem,
    AmendmentEffectiveFrom,
)
from rillet.receivables.credit_memos import (
    CreditMemoItemPrice,
    NewCreditMemoItem,
)
from rillet.receivables.draft_contracts import (
    ContractScope,
    NewDraftContract,
    NewDraftContractItem,
)
from rillet.receivables.invoice_payments import NewInvoicePayment
from rillet.receivables.invoices import (
    InvoiceItemPrice,
    NewExternalInvoiceItem,
    NewInvoiceItem,
)
from rillet.receivables.invoicing import (
    InvoiceSchedule,
    MonthlyInvoicing,
    ScheduledInvoice,
    ScheduledInvoiceItem,
)
from rillet.receivables.items import ItemRevenue, ItemTax, ItemTaxesUpdate, TaxesUpdate
from rillet.receivables.pricing import (
    FixedRecurringPrice,
    OneTimePrice,
    PercentageDiscount,
    RevenuePattern,
)
from rillet.receivables.products import NewProduct
from rillet.values import ExternalReference, FieldAssignment, Money, Period, TaxType
from support.rillet.receivables import ID, NOW, OTHER_ID, TODAY

TEN = Money(Decimal("10.00"), "USD")
USD = {"amount": "10.00", "currency": "USD"}
CRM = ExternalReference(type="crm", id="42")
REFERENCE = {"type": "crm", "id": "42"}
ONE = Decimal(1)
DAY = TODAY.isoformat()
TAX = ItemTax(percentage=Decimal("7.25"), country="US", type=TaxType.SALES_TAX, description="CA", tax_amount=TEN)
TAX_BODY = {
    "percentage": Decimal("7.25"),
    "country": "US",
    "type": "SALES_TAX",
    "description": "CA",
    "tax_amount": USD,
}
RECURRING = {"amount": USD, "interval_months": 12, "type": "FIXED_RECURRING"}


PRODUCT = NewProduct(
    name="Seat",
    description="One seat",
    price=FixedRecurringPrice(amount=TEN, interval_months=12),
    include_in_arr_mrr=False,
    revenue_pattern=RevenuePattern.DAILY,
    account_code="40000",
)
PRODUCT_BODY = {
    "name": "Seat",
    "description": "One seat",
    "price": RECURRING,
    "include_in_arr_mrr": False,
    "revenue_pattern": "DAILY",
    "account_code": "40000",
}
DRAFT = NewDraftContract(
    external_references=[CRM],
    subsidiary_id=ID,
    customer_id=OTHER_ID,
    name="Acme 2026",
    amount=Money(Decimal("1E+3"), "USD"),
    close_date=TODAY,
    scope=ContractScope.FULL,
    items=[
        NewDraftContractItem(product_id=ID, price=OneTimePrice(amount=TEN), quantity=Decimal("2.5")),
    ],
)
DRAFT_BODY = {
    "external_references": [REFERENCE],
    "subsidiary_id": ID,
    "customer_id": OTHER_ID,
    "name": "Acme 2026",
    "amount": {"amount": "1000", "currency": "USD"},
    "close_date": DAY,
    "scope": "FULL",
    "items": [{"product_id": ID, "price": {"amount": USD, "type": "ONE_TIME"}, "quantity": Decimal("2.5")}],
}
AMENDED = AmendedItem(
    product_id=ID,
    price=FixedRecurringPrice(amount=TEN, interval_months=12),
    quantity=ONE,
    revenue_pattern=RevenuePattern.EVEN_PERIOD,
    tax_rate=TAX,
    start_date=TODAY,
    effective_from=AmendmentEffectiveFrom.END_OF_CURRENT_BILLING_CYCLE,
    amending=OTHER_ID,
)
AMENDED_BODY = {
    "product_id": ID,
    "price": RECURRING,
    "quantity": 1,
    "revenue_pattern": "EVEN_PERIOD",
    "tax_rate": TAX_BODY,
    "start_date": DAY,
    "effective_from": "END_OF_CURRENT_BILLING_CYCLE",
    "amending": OTHER_ID,
}
MONTHLY = MonthlyInvoicing(payment_terms=30, day=1)
MONTHLY_BODY = {"payment_terms": 30, "day": 1, "interval": "MONTHLY"}
SCHEDULE = InvoiceSchedule(
    invoices=[
        ScheduledInvoice(
            invoice_date=TODAY,
            invoice_number="INV-1",
            items=[
                ScheduledInvoiceItem(description="Seat", contract_item_reference="42", quantity=ONE, total_amount=TEN)
            ],
            external_references=[CRM],
        )
    ]
)
SCHEDULE_BODY: dict[str, object] = {
    "invoices": [
        {
            "invoice_date": DAY,
            "invoice_number": "INV-1",
            "items": [
                {
                    "description": "Seat",
                    "contract_item_reference": "42",
                    "quantity": 1,
                    "total_amount": USD,
                    "external_references": [],
                }
            ],
            "external_references": [REFERENCE],
        }
    ]
}
ITEM = NewInvoiceItem(
    description="Seat",
    price=InvoiceItemPrice(
        product_id=ID,
        quantity=Decimal("1.5"),
        discount=PercentageDiscount(percentage_off=Decimal(10)),
        amount_per_unit=Money(Decimal("0.0005"), "USD"),
    ),
    revenue=ItemRevenue(period=Period(start=TODAY, end=TODAY), account_code="40000"),
    fields=[FieldAssignment(field_id=ID, field_value_id=OTHER_ID)],
)
ITEM_BODY = {
    "description": "Seat",
    "price": {
        "product_id": ID,
        "quantity": Decimal("1.5"),
        "discount": {"percentage_off": 10, "type": "PERCENTAGE"},
        "amount_per_unit": {"amount": "0.0005", "currency": "USD"},
    },
    "revenue": {"period": {"start": DAY, "end": DAY}, "account_code": "40000"},
    "fields": [{"field_id": ID, "field_value_id": OTHER_ID}],
}
EXTERNAL_ITEM = NewExternalInvoiceItem(product_id=ID, description="Seat", quantity=ONE, total_amount=TEN)
EXTERNAL_BODY: dict[str, object] = {
    "customer_id": ID,
    "invoice_date": DAY,
    "invoice_number": "INV-1",
    "items": [{"product_id": ID, "description": "Seat", "quantity": 1, "total_amount": USD, "external_references": []}],
    "external_references": [REFERENCE],
}
TAXES = TaxesUpdate(taxes_calculated_at=NOW, items=[ItemTaxesUpdate(id=ID, tax_rates=[TAX])])
TAXES_BODY = {
    "taxes_calculated_at": "2026-03-14T15:09:26.535897Z",
    "items": [{"id": ID, "tax_rates": [TAX_BODY]}],
}
PAYMENT = NewInvoicePayment(amount=TEN, date=TODAY, account_code="11000")
PAYMENT_BODY = {"amount": USD, "date": DAY, "account_code": "11000"}
CREDIT = NewCreditMemoItem(
    description="Seat",
    price=CreditMemoItemPrice(product_id=ID, quantity=ONE, amount_per_unit=TEN),
    tax_rate=TAX,
)
CREDIT_BODY = {
    "description": "Seat",
    "price": {"product_id": ID, "quantity": 1, "amount_per_unit": USD},
    "tax_rate": TAX_BODY,
}
