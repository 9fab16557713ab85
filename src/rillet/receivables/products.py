"""Products (https://docs.api.rillet.com/reference/list-all-products)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict, Unpack

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from clientkit.sequences import CallSequence, ask, ask_all
from rillet._modify import replacement
from rillet._paging import KEYSET, checked_limit
from rillet.receivables.pricing import Price, RevenuePattern
from rillet.values import ExternalReference


class ProductStatus(OpenEnum):
    """Whether a product can be sold."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


@attrs.frozen(kw_only=True)
class Product(Model):
    """A good or service that contracts and invoices sell.

    `account_code` is the account that it earns on; `include_in_arr_mrr` tells whether it counts as recurring revenue.
    """

    id: str
    name: str
    description: str | None = None
    price: Price
    include_in_arr_mrr: bool
    revenue_pattern: RevenuePattern
    account_code: str | None = None
    status: ProductStatus
    external_references: tuple[ExternalReference, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewProduct(Input):
    """A product to create, or what a product is to be: an update replaces the whole product by this."""

    name: str
    description: str
    price: Price
    include_in_arr_mrr: bool
    revenue_pattern: RevenuePattern
    account_code: str
    status: ProductStatus | None = None
    external_references: Sequence[ExternalReference] = ()
    extra: Extra = unknown_fields()


class ProductChanges(TypedDict, total=False):
    """What `modify` can change of a product: fields of `NewProduct`. None empties one."""

    name: str
    description: str
    price: Price
    include_in_arr_mrr: bool
    revenue_pattern: RevenuePattern
    account_code: str
    status: ProductStatus | None
    external_references: Sequence[ExternalReference] | None


class ProductOperations:
    """The endpoints under ``/products``."""

    @listing
    def list(
        self, *, status: ProductStatus | None = None, currency: str | None = None, limit: int | None = None
    ) -> PageRequest[Product]:
        """Products, newest first.

        Args:
            status: Only products of this status.
            currency: Only products priced in this ISO 4217 currency.
            limit: Products per page, 1 to 100.
        """
        query = {"status": status, "currency": currency, "limit": checked_limit(limit)}
        return PageRequest(path="/products", item=Product, items_key="products", paging=KEYSET, query=query, key=_id)

    @operation
    def get(self, product_id: str) -> Request[Product]:
        """One product. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/products/{segment(product_id)}", returns=Product)

    @operation
    def create(self, product: NewProduct, *, idempotency_key: str | None = None) -> Request[Product]:
        """Create a product.

        Args:
            product: The product.
            idempotency_key: Under the same key Rillet creates one product only, for 24 hours; made up when left out.
        """
        return post("/products", Product, product, idempotency_key)

    @operation
    def update(self, product_id: str, product: NewProduct) -> Request[Product]:
        """Replace a product: what is left out becomes empty. To change a part of it, use `modify`."""
        return Request(method="PUT", path=f"/products/{segment(product_id)}", returns=Product, body=product)

    @operation
    def delete(self, product_id: str) -> Request[None]:
        """Delete a product. No contract or invoice should need it any more."""
        return Request(method="DELETE", path=f"/products/{segment(product_id)}")

    @several
    def find(self, reference: ExternalReference) -> CallSequence[tuple[Product, ...]]:
        """Every product with this external reference: type and id count, the link does not.

        Rillet can neither search products by reference nor tell which were changed, so all of them are read, 100 to a
        request; and it lets two products have the same reference: look how many come back.
        """
        found = yield from ask_all(
            ProductOperations.list.build(limit=100), where=lambda each: reference.is_among(each.external_references)
        )
        return tuple(found)

    @several
    def modify(
        self, /, product_id: str, *, based_on: Product | None = None, **changes: Unpack[ProductChanges]
    ) -> CallSequence[Product]:
        """Change a part of a product: read it, change the fields named, write the whole back.

        Rillet has no lock. A change that somebody else makes in the moment between this read and this write is lost,
        and nothing shows it; one made before, since you read `based_on`, stops the call.

        Args:
            product_id: The product.
            based_on: What the changes were decided upon; nothing is written where the product differs from it by now.
            **changes: Fields of `NewProduct` and their new values.

        Raises:
            TypeError: A change names no field of `NewProduct`.
            ValueError: The result cannot be sent: a value of a wrong type, or none where one is required.
            ObjectChangedError: The product is not what `based_on` was.
        """
        current = yield from ask(ProductOperations.get.build(product_id))
        new = replacement(current, NewProduct, changes, based_on=based_on)
        return (yield from ask(ProductOperations.update.build(product_id, new)))


def _id(product: Product) -> str:
    return product.id


class Products(ProductOperations, SyncResource):
    """Products, blocking."""


class AsyncProducts(ProductOperations, AsyncResource):
    """Products, to be awaited."""
