"""A snapshot of what Rillet knows, as far as invoices need it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Protocol, TypeVar

import attrs

from bridge.billing.master_data import BookCustomer, BookProduct
from bridge.books import Books, normalised
from bridge.master_data import INACTIVE, Account, Reference

_RECEIVABLE, _TAX = "Accounts Receivable", "Sales Tax Liability"


@attrs.frozen(kw_only=True, slots=False)
class Catalogue(Books):
    """The books with customers and products.

    `currencies` are those of customers, by their ids, as far as anything in Rillet tells: its documented customer has none,
    so the newest invoice of a customer does.
    """

    customers: tuple[BookCustomer, ...] = ()
    products: tuple[BookProduct, ...] = ()
    currencies: Mapping[str, str] = attrs.field(factory=lambda: MappingProxyType(dict[str, str]()), hash=False)

    def customer(self, customer_id: str) -> BookCustomer | None:
        """The customer with this id."""
        return self._customers.get(customer_id)

    def customers_by_reference(self, type: str, id: str) -> tuple[BookCustomer, ...]:
        """Customers that carry this external reference."""
        return self._customers_by_reference.get((type, id), ())

    def customers_by_email(self, email: str) -> tuple[BookCustomer, ...]:
        """Customers whose invoices are mailed to this address, whatever its case."""
        return self._customers_by_email.get(email.strip().casefold(), ())

    def customers_by_name(self, name: str) -> tuple[BookCustomer, ...]:
        """Customers whose normalised name is that of `name`."""
        return self._customers_by_name.get(normalised(name), ())

    def product(self, named: str) -> BookProduct | None:
        """The product with this id, or else the only one with this name."""
        if named in self._products:
            return self._products[named]
        found = self.products_by_name(named)
        return found[0] if len(found) == 1 else None

    def products_by_name(self, name: str) -> tuple[BookProduct, ...]:
        """Products whose normalised name is that of `name`."""
        return self._products_by_name.get(normalised(name), ())

    def products_by_reference(self, type: str, id: str) -> tuple[BookProduct, ...]:
        """Products that carry this external reference."""
        return self._products_by_reference.get((type, id), ())

    @property
    def receivable_account(self) -> Account | None:
        """The account that Rillet debits with invoices, None where it has none or several of the subtype."""
        return self._of_subtype(_RECEIVABLE)

    @property
    def sales_tax_account(self) -> Account | None:
        """The account that Rillet credits with taxes, None where it has none or several of the subtype."""
        return self._of_subtype(_TAX)

    def _of_subtype(self, subtype: str) -> Account | None:
        found = [each for each in self.accounts if each.subtype == subtype and each.status != INACTIVE]
        return found[0] if len(found) == 1 else None

    @cached_property
    def _customers(self) -> Mapping[str, BookCustomer]:
        return {each.id: each for each in self.customers}

    @cached_property
    def _customers_by_reference(self) -> Mapping[tuple[str, str], tuple[BookCustomer, ...]]:
        return _by_reference(self.customers)

    @cached_property
    def _customers_by_email(self) -> Mapping[str, tuple[BookCustomer, ...]]:
        found = dict[str, tuple[BookCustomer, ...]]()
        for customer in self.customers:
            for address in dict.fromkeys(each.email.strip().casefold() for each in customer.emails):
                if address:
                    found[address] = (*found.get(address, ()), customer)
        return found

    @cached_property
    def _customers_by_name(self) -> Mapping[str, tuple[BookCustomer, ...]]:
        found = dict[str, tuple[BookCustomer, ...]]()
        for customer in self.customers:
            name = normalised(customer.name)
            found[name] = (*found.get(name, ()), customer)
        return found

    @cached_property
    def _products(self) -> Mapping[str, BookProduct]:
        return {each.id: each for each in self.products}

    @cached_property
    def _products_by_name(self) -> Mapping[str, tuple[BookProduct, ...]]:
        found = dict[str, tuple[BookProduct, ...]]()
        for product in self.products:
            name = normalised(product.name)
            found[name] = (*found.get(name, ()), product)
        return found

    @cached_property
    def _products_by_reference(self) -> Mapping[tuple[str, str], tuple[BookProduct, ...]]:
        return _by_reference(self.products)


class _Referring(Protocol):
    @property
    def external_references(self) -> Sequence[Reference]: ...


T = TypeVar("T", bound=_Referring)


def _by_reference(values: Iterable[T]) -> dict[tuple[str, str], tuple[T, ...]]:
    found = dict[tuple[str, str], tuple[T, ...]]()
    for value in values:
        for key in dict.fromkeys((each.type, each.id) for each in value.external_references):
            found[key] = (*found.get(key, ()), value)
    return found
