"""The stand-in's invoices.

Rillet's documents leave open what happens to an invoice that is paid or credited already: here it cannot be deleted, nor
made to come to less than what was paid and credited. Lines of invoices from other systems keep their amounts for good.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import attrs

from clientkit.money import total
from clientkit.wire import Answer
from rillet.receivables.invoices import (
    FullInvoiceUpdate,
    Invoice,
    InvoiceItem,
    InvoiceStatus,
    NewArOnlyInvoice,
    NewFullInvoice,
    NewInvoiceItem,
    NewRevenueRecognitionOnlyInvoice,
    RevenueRecognitionOnlyInvoiceUpdate,
)
from rillet.receivables.items import TaxesUpdate
from rillet.testing.receivables.books import ReceivablesBooks, by_query, scope_of, unknown_scope
from rillet.testing.receivables.invoice_lines import (
    InvoiceHead,
    external_item,
    invoice_of,
    priced_item,
    taxes_of,
    terms,
    with_items,
    with_tax,
)
from rillet.testing.receivables.pdf import pdf
from rillet.testing.server.routing import Call, Route, invalid
from rillet.values import ExchangeRate
from rillet.webhooks import Entity, EventType

_FULL = "FULL"


class InvoiceEndpoints:
    """Invoices in their three scopes."""

    def __init__(self, receivables: ReceivablesBooks) -> None:
        self._receivables, self._books, self._invoices = receivables, receivables.books, receivables.invoices
        self._numbered = 0

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/invoices", self._list)
        yield Route("POST", "/invoices", self._create)
        yield Route("GET", "/invoices/{invoice_id}", self._get)
        yield Route("PUT", "/invoices/{invoice_id}", self._update)
        yield Route("DELETE", "/invoices/{invoice_id}", self._delete)
        yield Route("POST", "/invoices/{invoice_id}/taxes", self._update_taxes)
        yield Route("PUT", "/invoices/{invoice_id}/sent-status", self._mark_sent)

    def _list(self, call: Call) -> object:
        wanted = by_query(call, subsidiary_id="subsidiary_id", customer_id="customer_id", status="status")
        overdue = call.asked.one("overdue")
        if overdue not in _OVERDUE:
            raise invalid("overdue must be true or false", "overdue")
        current = self._receivables.current_invoice
        return self._invoices.page(
            call, lambda each: wanted(each) and _OVERDUE[overdue] in {None, current(each).overdue}
        )

    def _get(self, call: Call) -> object:
        invoice = self._invoices.get(call.ids["invoice_id"])
        if call.asked.headers.get("accept") != "application/pdf":
            return self._invoices.show(invoice)
        # A customer whose invoices are all paid may be gone.
        customers = [each for each in self._receivables.customers if each.id == invoice.customer_id]
        lines = [
            f"Invoice {invoice.invoice_number}",
            *(f"To {each.name_on_invoice or each.name}" for each in customers),
            f"Dated {invoice.invoice_date}, due {invoice.due_date}",
            *(f"{item.description}: {item.total_amount}" for item in invoice.items),
            f"Total {invoice.total}",
        ]
        return Answer(status=200, headers={"content-type": "application/pdf"}, content=pdf(lines))

    def _create(self, call: Call) -> object:
        scope = scope_of(call)
        if scope == _FULL:
            invoice = self._full(call.body(NewFullInvoice))
        elif scope == "REVENUE_RECOGNITION_ONLY":
            asked = call.body(NewRevenueRecognitionOnlyInvoice)
            invoice = self._external(asked, asked.exchange_rate)
        elif scope == "AR_ONLY":
            invoice = self._external(call.body(NewArOnlyInvoice), None)
        else:
            raise unknown_scope(scope)
        made = self._receivables.put_invoice(invoice)
        self._receivables.scopes[made.id] = scope
        return self._invoices.show(made)

    def _update(self, call: Call) -> object:
        invoice = self._invoices.get(call.ids["invoice_id"])
        made_in, scope = self._receivables.scopes[invoice.id], scope_of(call)
        if scope not in {_FULL, "REVENUE_RECOGNITION_ONLY"}:
            raise unknown_scope(scope)
        if (scope == _FULL) != (made_in == _FULL):
            raise invalid(f"The invoice was created in scope {made_in}", "scope")
        if scope == _FULL:
            changed = self._replaced(invoice, call.body(FullInvoiceUpdate))
        else:
            changed = self._edited(invoice, call.body(RevenueRecognitionOnlyInvoiceUpdate))
        return self._change(invoice, changed)

    def _delete(self, call: Call) -> object:
        invoice = self._invoices.get(call.ids["invoice_id"])
        if invoice.status is not InvoiceStatus.UNPAID:
            raise invalid(f"Invoice {invoice.invoice_number} is {invoice.status}; only an unpaid one can be deleted")
        self._receivables.drop_invoice(invoice)
        return None

    def _update_taxes(self, call: Call) -> object:
        invoice = self._invoices.get(call.ids["invoice_id"])
        currency = invoice.total.currency
        taxes = taxes_of(call.body(TaxesUpdate), [item.id for item in invoice.items], currency)
        items = [with_tax(item, taxes[item.id]) if item.id in taxes else item for item in invoice.items]
        return self._change(invoice, with_items(invoice, items))

    def _mark_sent(self, call: Call) -> object:
        invoice = self._invoices.get(call.ids["invoice_id"])
        now = self._books.now()
        sent_at = (invoice.sent_at or now) if call.body(_SentStatus).sent else None
        found = self._invoices.put(attrs.evolve(invoice, sent_at=sent_at, updated_at=now))
        self._books.emit(Entity.INVOICE, EventType.UPDATED, found)
        return Answer(status=200)

    def _change(self, before: Invoice, after: Invoice) -> object:
        paid, credited = self._receivables.settled(before.id)
        if total([paid, credited]) > after.total.amount:
            raise invalid(f"Invoice {before.invoice_number} cannot come to less than what is paid and credited of it")
        self._books.check_open(before.invoice_date)
        return self._invoices.show(self._receivables.put_invoice(after))

    def _full(self, asked: NewFullInvoice) -> Invoice:
        self._books.check_references(asked.external_references)
        customer, subsidiary = (
            self._receivables.customer(asked.customer_id),
            self._books.subsidiary(asked.subsidiary_id),
        )
        items = self._priced(asked.items, asked.invoice_date)
        self._numbered += 1
        head = InvoiceHead(
            id=self._books.new_id(),
            number=f"INV{self._numbered:02}",
            customer=customer,
            subsidiary_id=subsidiary.id,
            day=asked.invoice_date,
            due_date=asked.due_date,
            references=asked.external_references,
            exchange_rate=asked.exchange_rate,
            purchase_order_number=asked.purchase_order_number,
            memo=asked.memo,
            bank_account=self._receivables.bank_account(asked.bank_account_id),
        )
        return invoice_of(head, items)

    def _external(
        self, asked: NewRevenueRecognitionOnlyInvoice | NewArOnlyInvoice, exchange_rate: ExchangeRate | None
    ) -> Invoice:
        self._receivables.check_external(asked.external_references)
        head = InvoiceHead(
            id=self._books.new_id(),
            number=asked.invoice_number,
            customer=self._receivables.customer(asked.customer_id),
            subsidiary_id=self._books.subsidiary(asked.subsidiary_id).id,
            day=asked.invoice_date,
            due_date=asked.due_date,
            references=asked.external_references,
            exchange_rate=exchange_rate,
        )
        items = [
            external_item(self._receivables, item, asked.invoice_date, f"items[{index}]")
            for index, item in enumerate(asked.items)
        ]
        return invoice_of(head, items, tax=asked.tax_amount)

    def _replaced(self, invoice: Invoice, asked: FullInvoiceUpdate) -> Invoice:
        self._books.check_references(asked.external_references)
        head = InvoiceHead(
            id=invoice.id,
            number=invoice.invoice_number,
            customer=self._receivables.customer(invoice.customer_id),
            subsidiary_id=invoice.subsidiary_id,
            day=asked.invoice_date,
            due_date=asked.due_date,
            references=asked.external_references,
            exchange_rate=invoice.exchange_rate,
            contract_id=invoice.contract_id,
            purchase_order_number=asked.purchase_order_number,
            memo=asked.memo,
            bank_account=self._receivables.bank_account(asked.bank_account_id),
        )
        return attrs.evolve(invoice_of(head, self._priced(asked.items, asked.invoice_date)), sent_at=invoice.sent_at)

    def _edited(self, invoice: Invoice, asked: RevenueRecognitionOnlyInvoiceUpdate) -> Invoice:
        self._books.check_references(asked.external_references)
        lines = {item.id: item for item in invoice.items}
        if sorted(item.id for item in asked.items) != sorted(lines):
            raise invalid("items must name each line of the invoice once", "items")
        items = list[InvoiceItem]()
        for index, item in enumerate(asked.items):
            where, line = f"items[{index}]", lines[item.id]
            self._receivables.check_fields(item.fields, f"{where}.fields")
            product = self._receivables.products.get(line.product_id)
            revenue = self._receivables.revenue(item.revenue, product, asked.invoice_date, where)
            changed = attrs.evolve(line, description=item.description, revenue=revenue, fields=tuple(item.fields))
            items.append(changed)
        return attrs.evolve(
            with_items(invoice, items),
            invoice_date=asked.invoice_date,
            due_date=asked.due_date or asked.invoice_date,
            payment_terms=terms(asked.invoice_date, asked.due_date),
            invoice_number=asked.invoice_number or invoice.invoice_number,
            external_references=tuple(asked.external_references),
            exchange_rate=asked.exchange_rate,
        )

    def _priced(self, asked: Sequence[NewInvoiceItem], day: date) -> list[InvoiceItem]:
        return [priced_item(self._receivables, item, day, f"items[{index}]") for index, item in enumerate(asked)]


@attrs.frozen(kw_only=True)
class _SentStatus:
    sent: bool


_OVERDUE: Mapping[str | None, bool | None] = {None: None, "true": True, "false": False}
