"""The stand-in's products and customers: who buys what."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from rillet.receivables.contracts import ContractItemStatus, ContractStatus
from rillet.receivables.customers import Customer, NewCustomer, PaymentSetup
from rillet.receivables.products import NewProduct, Product, ProductStatus
from rillet.testing.receivables.amounts import currency_of
from rillet.testing.receivables.books import ReceivablesBooks, by_query
from rillet.testing.receivables.wire_forms import shown
from rillet.testing.server.routing import Call, Route, invalid, not_found
from rillet.webhooks import Entity, EventType


@attrs.frozen(kw_only=True)
class _PaymentSetupRequest:
    subsidiary_id: str | None = None


class CatalogEndpoints:
    """Products, customers, and what customers pay with."""

    def __init__(self, receivables: ReceivablesBooks) -> None:
        self._receivables, self._books = receivables, receivables.books
        self._products, self._customers = receivables.products, receivables.customers

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/products", self._list_products)
        yield Route("POST", "/products", self._create_product)
        yield Route("GET", "/products/{product_id}", self._product)
        yield Route("PUT", "/products/{product_id}", self._update_product)
        yield Route("DELETE", "/products/{product_id}", self._delete_product)
        yield Route("GET", "/customers", self._list_customers)
        yield Route("POST", "/customers", self._create_customer)
        yield Route("GET", "/customers/{customer_id}", self._customer)
        yield Route("PUT", "/customers/{customer_id}", self._update_customer)
        yield Route("DELETE", "/customers/{customer_id}", self._delete_customer)
        yield Route("GET", "/customers/{customer_id}/settings/payment", self._payment_method)
        yield Route("POST", "/customers/{customer_id}/settings/payment", self._set_up_payment)

    def _list_products(self, call: Call) -> object:
        wanted, currency = by_query(call, status="status"), call.asked.one("currency")
        return self._products.page(
            call, lambda each: wanted(each) and currency in {None, currency_of(each.price, "price")}
        )

    def _product(self, call: Call) -> object:
        return self._products.show(self._products.get(call.ids["product_id"]))

    def _create_product(self, call: Call) -> object:
        return self._put_product(self._books.new_id(), call.body(NewProduct))

    def _update_product(self, call: Call) -> object:
        product = self._products.get(call.ids["product_id"])
        return self._put_product(product.id, call.body(NewProduct))

    def _delete_product(self, call: Call) -> object:
        """Forget a product that no active contract item and no invoice needs; Rillet's own rule is not documented."""
        product_id = self._products.get(call.ids["product_id"]).id
        contracts = [self._receivables.current_contract(each) for each in self._receivables.contracts]
        agreed = {
            item.product_id
            for contract in contracts
            if contract.status is ContractStatus.ACTIVE
            for item in contract.items
            if item.status is ContractItemStatus.ACTIVE
        }
        sold = {item.product_id for invoice in self._receivables.invoices for item in invoice.items}
        if product_id in agreed | sold:
            raise invalid(f"Product {product_id} is in use")
        self._products.remove(product_id)
        return None

    def _put_product(self, id: str, asked: NewProduct) -> object:
        """The product as `asked` and nothing else: what is left out becomes empty."""
        if not asked.name.strip():
            raise invalid("name must not be blank", "name")
        currency_of(asked.price, "price")
        self._books.account(asked.account_code, "account_code")
        self._books.check_references(asked.external_references)
        return self._products.put(
            Product(
                id=id,
                name=asked.name,
                description=asked.description,
                price=asked.price,
                include_in_arr_mrr=asked.include_in_arr_mrr,
                revenue_pattern=asked.revenue_pattern,
                account_code=asked.account_code,
                status=asked.status or ProductStatus.ACTIVE,
                external_references=tuple(asked.external_references),
            )
        )

    def _list_customers(self, call: Call) -> object:
        search = (call.asked.one("search") or "").casefold()
        referred = _referred(call)
        return self._customers.page(call, lambda each: search in each.name.casefold() and referred(each))

    def _customer(self, call: Call) -> object:
        return self._customers.show(self._customers.get(call.ids["customer_id"]))

    def _create_customer(self, call: Call) -> object:
        return self._put_customer(self._books.new_id(), call.body(NewCustomer))

    def _update_customer(self, call: Call) -> object:
        customer = self._customers.get(call.ids["customer_id"])
        return self._put_customer(customer.id, call.body(NewCustomer))

    def _delete_customer(self, call: Call) -> object:
        """Forget a customer without active contracts and open invoices; Rillet's own rule is not documented."""
        customer_id = self._customers.get(call.ids["customer_id"]).id
        contracts = [self._receivables.current_contract(each) for each in self._receivables.contracts]
        bound = {each.customer_id for each in contracts if each.status is ContractStatus.ACTIVE}
        owing = {each.customer_id for each in self._receivables.invoices if each.amount_due.amount}
        if customer_id in bound | owing:
            raise invalid(f"Customer {customer_id} has active contracts or open invoices")
        self._customers.remove(customer_id)
        self._receivables.payment_methods.pop(customer_id, None)
        self._books.emit(Entity.CUSTOMER, EventType.DELETED, customer_id)
        return None

    def _put_customer(self, id: str, asked: NewCustomer) -> object:
        """The customer as `asked` and nothing else: what is left out becomes empty."""
        if not asked.name.strip():
            raise invalid("name must not be blank", "name")
        if asked.payment_terms is not None and asked.payment_terms < 0:
            raise invalid("payment_terms must not be negative", "payment_terms")
        self._books.check_references(asked.external_references)
        self._books.check_assignments(asked.fields, "fields", expense=False)
        event = EventType.UPDATED if id in self._customers else EventType.CREATED
        found = self._customers.put(
            Customer(
                id=id,
                name=asked.name,
                name_on_invoice=asked.name_on_invoice,
                address=asked.address,
                shipping_address=asked.shipping_address,
                emails=tuple(asked.emails),
                external_references=tuple(asked.external_references),
                payment_terms=asked.payment_terms,
                send_invoices_automatically=asked.send_invoices_automatically,
                send_payment_reminders=asked.send_payment_reminders,
                fields=tuple(asked.fields),
                updated_at=self._books.now(),
            )
        )
        self._books.emit(Entity.CUSTOMER, event, found)
        return found

    def _payment_method(self, call: Call) -> object:
        """What the customer pays with; a 404 where there is nothing, since Rillet's answer is not documented."""
        customer_id = self._customers.get(call.ids["customer_id"]).id
        if customer_id not in self._receivables.payment_methods:
            raise not_found(f"Payment method of customer {customer_id}")
        return shown(self._receivables.payment_methods[customer_id])

    def _set_up_payment(self, call: Call) -> object:
        self._customers.get(call.ids["customer_id"])
        if call.asked.content:
            asked = call.body(_PaymentSetupRequest)
            if asked.subsidiary_id is not None:
                self._books.subsidiary(asked.subsidiary_id)
        return shown(PaymentSetup(setup_url=f"https://payments.example/setup/{self._books.new_id()}"))


def _referred(call: Call) -> Callable[[Customer], bool]:
    names = ("external_reference_type", "external_reference_id")
    wanted = tuple(call.asked.one(name) for name in names)
    missing = [name for name, value in zip(names, wanted, strict=True) if value is None]
    if len(missing) == 1:
        raise invalid(f"{missing[0]} must not be null", *missing)
    return lambda customer: (
        bool(missing) or any((each.type, each.id) == wanted for each in customer.external_references)
    )
