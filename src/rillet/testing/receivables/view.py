"""The stand-in's receivables: every family of endpoints around one set of books, and what tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from clientkit.money import total
from clientkit.testing import StandIn
from rillet.receivables.contracts import Contract, ContractItemStatus
from rillet.receivables.credit_memos import CreditMemo
from rillet.receivables.customers import Customer, PaymentMethod
from rillet.receivables.draft_contracts import DraftContract
from rillet.receivables.invoice_payments import InvoicePayment, InvoicePaymentStatus
from rillet.receivables.invoices import Invoice
from rillet.receivables.items import ItemRevenue
from rillet.receivables.products import Product
from rillet.testing.receivables.books import ReceivablesBooks
from rillet.testing.receivables.catalog import CatalogEndpoints
from rillet.testing.receivables.contracts import ContractEndpoints
from rillet.testing.receivables.credit_memos import CreditMemoEndpoints
from rillet.testing.receivables.draft_contracts import DraftContractEndpoints
from rillet.testing.receivables.invoice_payments import PaymentEndpoints
from rillet.testing.receivables.invoices import InvoiceEndpoints
from rillet.testing.receivables.schedules import ScheduledRevenue, earned, revenue_of_item
from rillet.testing.receivables.usage import UsageEndpoints
from rillet.testing.server.routing import Route
from rillet.values import Money


def receivables_routes(receivables: ReceivablesBooks) -> Iterator[Route]:
    """Every route of receivables."""
    yield from CatalogEndpoints(receivables).routes()
    yield from ContractEndpoints(receivables).routes()
    yield from DraftContractEndpoints(receivables).routes()
    yield from UsageEndpoints(receivables).routes()
    yield from InvoiceEndpoints(receivables).routes()
    yield from PaymentEndpoints(receivables).routes()
    yield from CreditMemoEndpoints(receivables).routes()


class ReceivablesView(StandIn):
    """What a stand-in shows of its receivables, and what people and banks do to them outside the API."""

    _receivables: ReceivablesBooks

    @property
    def products(self) -> tuple[Product, ...]:
        """Products, oldest first."""
        return tuple(self._receivables.products)

    @property
    def customers(self) -> tuple[Customer, ...]:
        """Customers, oldest first."""
        return tuple(self._receivables.customers)

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """Contracts as they are today, without their invoices, oldest first."""
        return tuple(self._receivables.current_contract(each) for each in self._receivables.contracts)

    @property
    def draft_contracts(self) -> tuple[DraftContract, ...]:
        """Draft contracts, oldest first."""
        return tuple(self._receivables.drafts)

    @property
    def invoices(self) -> tuple[Invoice, ...]:
        """Invoices as they are today, oldest first."""
        return tuple(self._receivables.current_invoice(each) for each in self._receivables.invoices)

    @property
    def invoice_payments(self) -> tuple[InvoicePayment, ...]:
        """Payments of all invoices, oldest first."""
        return tuple(self._receivables.payments)

    @property
    def credit_memos(self) -> tuple[CreditMemo, ...]:
        """Credit memos, oldest first."""
        return tuple(self._receivables.credit_memos)

    @property
    def payment_methods(self) -> dict[str, PaymentMethod]:
        """What customers pay with, by the customer's id; add to it what a customer would set up."""
        return self._receivables.payment_methods

    def revenue_schedule(self, object_id: str) -> tuple[ScheduledRevenue, ...]:
        """When an invoice or a contract, by its id, is earned, month by month; the ledger has all of it on the invoice's day.

        Raises `KeyError` where there is none.
        """
        with self._lock:
            return earned(self._revenues(object_id))

    def move_invoice_payment(self, payment_id: str, status: InvoicePaymentStatus) -> InvoicePayment:
        """Let the payment of an invoice clear or fail, as the bank does; the invoice of a failed one is due again."""
        with self._lock:
            return self._receivables.move_payment(payment_id, status)

    def _revenues(self, object_id: str) -> Iterator[tuple[ItemRevenue, Money]]:
        receivables = self._receivables
        if object_id in receivables.invoices:
            for line in receivables.invoices.get(object_id).items:
                tax = line.taxed_amount.amount if line.taxed_amount is not None else Decimal(0)
                net = Money(total([line.total_amount.amount, -tax]), line.total_amount.currency)
                if line.revenue is not None:
                    yield line.revenue, net
        elif object_id in receivables.contracts:
            for item in receivables.contracts.get(object_id).items:
                if item.status is ContractItemStatus.ACTIVE:
                    yield revenue_of_item(item, receivables.products.get(item.product_id))
        else:
            raise KeyError(object_id)
