"""What every family of receivables shares: its objects, and how they reach the general ledger.

An invoice debits the account of subtype "Accounts Receivable"; each line credits the account that it names, or that of
its product, and taxes credit the account of subtype "Sales Tax Liability". A credit memo does the opposite, a payment
debits its cash account and credits the receivable. What the stand-in leaves out, since no document says how Rillet does
it: revenue is earned on the day of the invoice whatever its period, an exchange rate is never looked up, a payment is
booked at the rate of its invoice, and applying a credit memo moves nothing, because both sides are receivable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import cast

import attrs

from clientkit import codec
from clientkit.codec.unions import UnknownVariant
from clientkit.money import total
from rillet.ledger.accounts import Account
from rillet.ledger.subsidiaries import Subsidiary
from rillet.receivables.contract_items import Usage
from rillet.receivables.contracts import Contract, ContractStatus
from rillet.receivables.credit_memos import CreditMemo, CreditMemoApplication, CreditMemoItem
from rillet.receivables.customers import Customer, PaymentMethod
from rillet.receivables.draft_contracts import DraftContract
from rillet.receivables.invoice_payments import InvoicePayment, InvoicePaymentStatus
from rillet.receivables.invoices import Invoice, InvoiceItem, InvoicingBankAccount
from rillet.receivables.invoicing import Invoicing
from rillet.receivables.items import ItemRevenue
from rillet.receivables.products import Product, ProductStatus
from rillet.testing.ledger.books import Books, Line
from rillet.testing.receivables.amounts import status_of, unknown_kind
from rillet.testing.receivables.schedules import invoice_days
from rillet.testing.receivables.wire_forms import (
    show_contract,
    show_credit_memo,
    show_customer,
    show_draft,
    show_invoice,
    show_product,
    shown,
)
from rillet.testing.server.collection import Collection
from rillet.testing.server.routing import Call, Refusal, invalid
from rillet.values import ExchangeRate, ExternalReference, FieldAssignment, Money, Period
from rillet.webhooks import Entity, EventType

_RECEIVABLE = "Accounts Receivable"
_TAX = "Sales Tax Liability"
_ANY_DAY = date(2000, 1, 1)


@attrs.frozen(kw_only=True)
class UsageDay:
    """The usage of one contract item on one day, which is its id."""

    id: str
    usage: Usage


class ReceivablesBooks:
    """Everything that customers owe, and why."""

    def __init__(self, books: Books) -> None:
        now = books.now
        self.books = books
        self.products = Collection[Product]("Product", "products", show_product, now)
        self.customers = Collection[Customer]("Customer", "customers", show_customer, now)
        self.contracts = Collection[Contract]("Contract", "contracts", self._show_contract, now)
        self.drafts = Collection[DraftContract]("Draft contract", "draft_contracts", show_draft, now)
        self.invoices = Collection[Invoice]("Invoice", "invoices", self._show_invoice, now)
        self.payments = Collection[InvoicePayment]("Payment", "payments", shown, now)
        self.credit_memos = Collection[CreditMemo]("Credit memo", "credit_memos", show_credit_memo, now)
        self.payment_methods = dict[str, PaymentMethod]()
        self.scopes = dict[str, str]()
        self.amended_on = dict[str, date]()
        self._usage = dict[str, Collection[UsageDay]]()

    def usage_of(self, contract_item_id: str) -> Collection[UsageDay]:
        """The days of one contract item, listed by day."""
        if contract_item_id not in self._usage:
            self._usage[contract_item_id] = Collection(
                "Usage",
                "usage",
                lambda day: shown(day.usage),
                self.books.now,
                place=lambda day: day.usage.date.toordinal(),
            )
        return self._usage[contract_item_id]

    def forget_usage(self, contract_item_id: str) -> None:
        """Forget the usage of an item that is no more."""
        self._usage.pop(contract_item_id, None)

    @property
    def today(self) -> date:
        """The day of the stand-in's clock."""
        return self.books.now().date()

    def customer(self, customer_id: str) -> Customer:
        """The customer that a body names."""
        if customer_id not in self.customers:
            raise invalid(f"Customer {customer_id} not found", "customer_id")
        return self.customers.get(customer_id)

    def product(self, product_id: str, where: str) -> Product:
        """The product that a line sells, if it can be sold."""
        if product_id not in self.products:
            raise invalid(f"Product {product_id} not found", f"{where}.product_id")
        product = self.products.get(product_id)
        if product.status is not ProductStatus.ACTIVE:
            raise invalid(f'Product "{product.name}" is inactive', f"{where}.product_id")
        return product

    def revenue(self, asked: ItemRevenue | None, product: Product, day: date, where: str) -> ItemRevenue:
        """What a line says about its revenue, completed with the document's day and its product's account."""
        given = asked or ItemRevenue()
        code = given.account_code or product.account_code or ""
        self.books.account(code, f"{where}.revenue.account_code")
        return ItemRevenue(
            period=given.period or Period(start=day, end=day),
            pattern=given.pattern or product.revenue_pattern,
            account_code=code,
        )

    def check_fields(self, assigned: Sequence[FieldAssignment], where: str) -> None:
        """Refuse values that cannot be assigned, and a line that lacks a field mandatory for revenue."""
        self.books.check_assignments(assigned, where, expense=False)
        given = {each.field_id for each in assigned}
        for field in self.books.fields:
            rule = field.settings.revenue if field.settings is not None else None
            if rule is not None and rule.mandatory and field.id not in given:
                raise invalid(f'Field "{field.name}" is mandatory', where)

    def check_invoicing(self, invoicing: Invoicing, where: str) -> None:
        """Refuse an interval that there is not."""
        if isinstance(invoicing, UnknownVariant):
            raise unknown_kind(invoicing, f"{where}.interval")
        try:
            invoice_days(invoicing, _ANY_DAY, _ANY_DAY)
        except ValueError:
            raise invalid("month_day must be a day in the form --MM-dd", f"{where}.month_day") from None

    def check_external(self, references: Sequence[ExternalReference]) -> None:
        """Refuse an object from another system that does not say where it comes from."""
        if not references:
            raise invalid("external_references must not be empty", "external_references")
        self.books.check_references(references)

    def cash_account(self, code: str) -> Account:
        """An account that money can arrive on."""
        account = self.books.account(code, "account_code")
        if not self.books.is_cash(account):
            raise invalid(f"Account with code {code} is not linked to a bank account", "account_code")
        return account

    def bank_account(self, bank_account_id: str | None) -> InvoicingBankAccount | None:
        """The bank account that an invoice asks to be paid on, as the invoice shows it."""
        if bank_account_id is None:
            return None
        if bank_account_id not in self.books.bank_accounts:
            raise invalid(f"Bank account {bank_account_id} not found", "bank_account_id")
        return InvoicingBankAccount(id=bank_account_id, bank_name=self.books.bank_accounts[bank_account_id].bank_name)

    def put_invoice(self, invoice: Invoice) -> Invoice:
        """Post an invoice, in place of what it was before, and keep it."""
        self._post_invoice(invoice)
        return self._keep_invoice(invoice)

    def put_invoices(self, invoices: Sequence[Invoice]) -> None:
        """Post and keep several new invoices, or none of them where one is refused."""
        try:
            for invoice in invoices:
                self._post_invoice(invoice)
        except Refusal:
            for invoice in invoices:
                self.books.ledger.reverse(invoice.id)
            raise
        for invoice in invoices:
            self._keep_invoice(invoice)

    def drop_invoice(self, invoice: Invoice) -> None:
        """Forget an invoice that nobody paid, its failed payments and its postings. Refuses in a closed period."""
        self.books.take_back(invoice.id)
        for payment in self.payments_of(invoice.id):
            self.payments.remove(payment.id)
        self.invoices.remove(invoice.id)
        self.books.emit(Entity.INVOICE, EventType.DELETED, invoice.id)

    def put_credit_memo(self, memo: CreditMemo) -> dict[str, object]:
        """Post a credit memo, in place of what it was before, and keep it."""
        self._post_sale(
            memo.id,
            memo.items,
            sign=1,
            subsidiary_id=memo.subsidiary_id,
            day=memo.credit_memo_date,
            exchange_rate=memo.exchange_rate,
        )
        event = EventType.UPDATED if memo.id in self.credit_memos else EventType.CREATED
        found = self.credit_memos.put(memo)
        self.books.emit(Entity.CREDIT_MEMO, event, found)
        return found

    def put_payment(self, payment: InvoicePayment, *, account: Account, day: date) -> dict[str, object]:
        """Post a payment, in place of what it was before, and settle its invoice."""
        invoice = self.invoices.get(payment.invoice_id)
        self.books.post(
            payment.id,
            [Line(account=account, amount=payment.amount)],
            against=self.books.account_of(_RECEIVABLE),
            subsidiary=self._subsidiary(invoice.subsidiary_id),
            day=day,
            exchange_rate=invoice.exchange_rate,
        )
        self.payments.put(payment)
        self.tell_paid(invoice.id)
        return shown(payment)

    def move_payment(self, payment_id: str, status: InvoicePaymentStatus) -> InvoicePayment:
        """Let a payment clear or fail, as the bank does: a failed one leaves the ledger and its invoice is due again."""
        payment = attrs.evolve(self.payments.get(payment_id), status=status, updated_at=self.books.now())
        if status is InvoicePaymentStatus.FAILED:
            self.books.ledger.reverse(payment.id)
            self.payments.put(payment)
            self.tell_paid(payment.invoice_id)
        elif payment.account_code is not None and payment.date is not None:
            self.put_payment(payment, account=self.cash_account(payment.account_code), day=payment.date)
        return payment

    def payments_of(self, invoice_id: str) -> list[InvoicePayment]:
        """The payments of one invoice, failed ones too, newest first."""
        return [payment for payment in self.payments if payment.invoice_id == invoice_id][::-1]

    def credits_of(self, invoice_id: str) -> list[CreditMemoApplication]:
        """What credit memos pay of one invoice."""
        return [each for memo in self.credit_memos for each in memo.applications if each.invoice_id == invoice_id]

    def settled(self, invoice_id: str) -> tuple[Decimal, Decimal]:
        """How much of an invoice was paid, and how much credited."""
        paid = [each for each in self.payments_of(invoice_id) if each.status is not InvoicePaymentStatus.FAILED]
        return (
            total(payment.amount.amount for payment in paid),
            total(application.amount.amount for application in self.credits_of(invoice_id)),
        )

    def settle(self, invoice_id: str) -> Invoice:
        """Bring what an invoice says of itself in line with its payments and credits."""
        invoice = self.invoices.get(invoice_id)
        paid, credited = self.settled(invoice_id)
        due = total([invoice.total.amount, -paid, -credited])
        settled = attrs.evolve(
            invoice,
            amount_due=Money(due, invoice.total.currency),
            status=status_of(invoice.total.amount, paid=paid, credited=credited),
            updated_at=self.books.now(),
        )
        self.invoices.put(settled)
        return settled

    def tell_paid(self, invoice_id: str) -> None:
        """Settle an invoice, and tell webhooks that its payments have changed."""
        settled = self.settle(invoice_id)
        self.books.emit(Entity.INVOICE, EventType.PAYMENT_UPDATED, self.invoices.show(settled))

    def current_invoice(self, invoice: Invoice) -> Invoice:
        """An invoice as it is today: overdue after its due date while something is due."""
        return attrs.evolve(invoice, overdue=invoice.amount_due.amount > 0 and invoice.due_date < self.today)

    def current_contract(self, contract: Contract) -> Contract:
        """A contract as it is today: ended after its last day. The stand-in uses no other status but active."""
        over = contract.end_date is not None and contract.end_date < self.today
        return attrs.evolve(contract, status=ContractStatus.ENDED if over else ContractStatus.ACTIVE)

    def _show_invoice(self, invoice: Invoice) -> dict[str, object]:
        return show_invoice(self.current_invoice(invoice))

    def _show_contract(self, contract: Contract) -> dict[str, object]:
        return show_contract(self.current_contract(contract))

    def _post_invoice(self, invoice: Invoice) -> None:
        self._post_sale(
            invoice.id,
            invoice.items,
            sign=-1,
            subsidiary_id=invoice.subsidiary_id,
            day=invoice.invoice_date,
            exchange_rate=invoice.exchange_rate,
        )

    def _keep_invoice(self, invoice: Invoice) -> Invoice:
        event = EventType.UPDATED if invoice.id in self.invoices else EventType.CREATED
        self.invoices.put(invoice)
        settled = self.settle(invoice.id)
        self.books.emit(Entity.INVOICE, event, self.invoices.show(settled))
        return settled

    def _post_sale(
        self,
        document_id: str,
        items: Sequence[InvoiceItem | CreditMemoItem],
        *,
        sign: int,
        subsidiary_id: str,
        day: date,
        exchange_rate: ExchangeRate | None,
    ) -> None:
        lines, taxes = list[Line](), list[Decimal]()
        for index, item in enumerate(items):
            tax = item.taxed_amount.amount if item.taxed_amount is not None else Decimal(0)
            code = item.revenue.account_code if item.revenue is not None else None
            net = total([item.total_amount.amount, -tax])
            account = self.books.account(code or "", f"items[{index}].revenue.account_code")
            lines.append(Line(account=account, amount=Money(sign * net, item.total_amount.currency)))
            taxes.append(tax)
        if total(taxes):
            tax_owed = Money(sign * total(taxes), items[0].total_amount.currency)
            lines.append(Line(account=self.books.account_of(_TAX), amount=tax_owed))
        self.books.post(
            document_id,
            lines,
            against=self.books.account_of(_RECEIVABLE),
            subsidiary=self._subsidiary(subsidiary_id),
            day=day,
            exchange_rate=exchange_rate,
        )

    def _subsidiary(self, subsidiary_id: str) -> Subsidiary:
        return self.books.subsidiaries[subsidiary_id]


def scope_of(call: Call) -> str | None:
    """The scope that a body says it is for."""
    try:
        found = call.asked.json()
    except codec.CodecError:
        raise invalid("JSON parse error") from None
    scope = cast("dict[str, object]", found).get("scope") if isinstance(found, dict) else None
    return scope if isinstance(scope, str) else None


def unknown_scope(scope: str | None) -> Refusal:
    """The refusal of a scope that there is not."""
    return invalid(f"{scope or 'null'} is not a scope of this object", "scope")


def by_query(call: Call, **wanted: str) -> Callable[[object], bool]:
    """A filter: each query parameter of `wanted`, where it is given, must equal the attribute of that name."""
    given: Mapping[str, str] = {
        name: value for parameter, name in wanted.items() if (value := call.asked.one(parameter)) is not None
    }
    return lambda each: all(str(getattr(each, name)) == value for name, value in given.items())
