"""Changing a part of what a PUT replaces whole: nothing that was read is lost on the way back."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit import codec
from clientkit.codec.unions import UnknownVariant
from clientkit.verdicts import Verdict
from rillet.errors import NotModifiableError, ObjectChangedError
from rillet.receivables.credit_memos import AsyncCreditMemos, CreditMemos
from rillet.receivables.customers import AsyncCustomers, Customer, CustomerEmail, CustomerEmailType, Customers
from rillet.receivables.draft_contracts import (
    AsyncDraftContracts,
    ContractScope,
    DraftContract,
    DraftContractItem,
    DraftContracts,
    NewDraftContractItem,
)
from rillet.receivables.invoices import AsyncInvoices, Invoices
from rillet.receivables.pricing import OneTimePrice, RevenuePattern
from rillet.receivables.products import AsyncProducts, Product, Products, ProductStatus
from rillet.values import Money
from support.rillet import receivables as sample
from support.rillet.receivables import ID, NOW, TODAY, Shelf, awaitable, awaited, blocking

products = st.builds(
    Product,
    id=st.just(ID),
    name=sample.texts,
    description=sample.texts,
    price=sample.prices,
    include_in_arr_mrr=st.booleans(),
    revenue_pattern=st.sampled_from([*RevenuePattern, RevenuePattern("NEW_PATTERN")]),
    account_code=sample.texts,
    status=st.sampled_from([*ProductStatus, ProductStatus("NEW_STATUS")]),
    external_references=sample.several(sample.references),
    extra=sample.extras,
)
emails = st.builds(CustomerEmail, email=sample.texts, type=st.sampled_from(CustomerEmailType), extra=sample.extras)
customers = st.builds(
    Customer,
    id=st.just(ID),
    name=sample.texts,
    name_on_invoice=st.none() | sample.texts,
    address=st.none() | sample.addresses,
    shipping_address=st.none() | sample.addresses,
    emails=sample.several(emails),
    external_references=sample.several(sample.references),
    payment_terms=st.none() | sample.whole,
    send_invoices_automatically=st.booleans(),
    send_payment_reminders=st.booleans(),
    fields=sample.several(sample.assignments),
    updated_at=st.just(NOW),
    extra=sample.extras,
)
draft_items = st.builds(
    DraftContractItem,
    id=st.just(ID),
    product_id=sample.texts,
    price=sample.prices,
    quantity=sample.decimals,
    discount=st.none() | sample.discounts,
    start_date=st.none() | sample.days,
    end_date=st.none() | sample.days,
    extra=sample.extras,
)
drafts = st.builds(
    DraftContract,
    id=st.just(ID),
    external_references=sample.several(sample.references),
    subsidiary_id=sample.texts,
    customer_id=sample.texts,
    name=sample.texts,
    amount=sample.money,
    close_date=sample.days,
    start_date=st.none() | sample.days,
    end_date=st.none() | sample.days,
    scope=st.sampled_from(ContractScope),
    items=sample.several(draft_items, smallest=1),
    extra=sample.extras,
)


def plain(value: object) -> Any:
    return codec.parse(codec.dumps(value))


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


@given(products)
def test_a_product_modified_in_nothing_is_sent_back_as_read(product: Product) -> None:
    shelf = Shelf(codec.dumps(product))
    assert Products(blocking(shelf)).modify(ID) == product
    assert [(method, path) for method, path, _ in shelf.received] == [
        ("GET", f"/products/{ID}"),
        ("PUT", f"/products/{ID}"),
    ]
    assert shelf.put == without(plain(product), "id")


@given(customers)
def test_a_customer_modified_in_nothing_is_sent_back_as_read(customer: Customer) -> None:
    shelf = Shelf(codec.dumps(customer))
    assert Customers(blocking(shelf)).modify(ID) == customer
    assert shelf.put == without(plain(customer), "id", "updated_at")


@given(drafts)
def test_a_draft_modified_in_nothing_is_sent_back_as_read(draft: DraftContract) -> None:
    shelf = Shelf(codec.dumps(draft))
    assert DraftContracts(blocking(shelf)).modify(ID) == draft
    body = without(plain(draft), "id")
    body["items"] = [without(item, "id") for item in body["items"]]
    assert shelf.put == body


@given(customers, sample.texts, st.booleans())
def test_a_change_changes_what_it_names_and_nothing_else(customer: Customer, name: str, sends: bool) -> None:
    shelf = Shelf(codec.dumps(customer))
    Customers(blocking(shelf)).modify(ID, name=name, send_invoices_automatically=sends)
    changed = attrs.evolve(customer, name=name, send_invoices_automatically=sends)
    assert shelf.put == without(plain(changed), "id", "updated_at")


@given(products, sample.prices)
def test_a_price_can_be_changed_into_any_other(product: Product, price: Any) -> None:
    shelf = Shelf(codec.dumps(product))
    Products(blocking(shelf)).modify(ID, price=price)
    assert shelf.put == without(plain(attrs.evolve(product, price=price)), "id")


PRODUCT = Product(
    id=ID,
    name="Seat",
    description="One seat",
    price=UnknownVariant(kind="AUCTION", raw={"type": "AUCTION", "reserve": Decimal("1.50")}),
    include_in_arr_mrr=True,
    revenue_pattern=RevenuePattern.DAILY,
    account_code="40000",
    status=ProductStatus.ACTIVE,
)
CUSTOMER = Customer(id=ID, name="Acme", updated_at=NOW)
DRAFT = DraftContract(
    id=ID,
    subsidiary_id=ID,
    customer_id=ID,
    name="Acme 2026",
    amount=Money(Decimal(10), "USD"),
    close_date=TODAY,
    items=(
        DraftContractItem(
            id=ID, product_id=ID, price=OneTimePrice(amount=Money(Decimal(10), "USD")), quantity=Decimal(1)
        ),
    ),
)


def test_the_awaitable_twins_send_the_same() -> None:
    shelf = Shelf(codec.dumps(PRODUCT))
    awaited(AsyncProducts(awaitable(shelf)).modify(ID, status=ProductStatus.INACTIVE))
    assert shelf.put == without(plain(attrs.evolve(PRODUCT, status=ProductStatus.INACTIVE)), "id")

    shelf = Shelf(codec.dumps(CUSTOMER))
    awaited(AsyncCustomers(awaitable(shelf)).modify(ID, based_on=CUSTOMER, payment_terms=45))
    assert shelf.put == {"name": "Acme", "payment_terms": 45}

    shelf = Shelf(codec.dumps(DRAFT))
    awaited(AsyncDraftContracts(awaitable(shelf)).modify(ID, scope=ContractScope.FULL))
    assert shelf.put["scope"] == "FULL"


def test_lines_that_were_read_can_stand_beside_new_ones() -> None:
    shelf = Shelf(codec.dumps(attrs.evolve(DRAFT, scope=ContractScope.FULL)))
    added = NewDraftContractItem(
        product_id="another", price=OneTimePrice(amount=Money(Decimal(5), "USD")), quantity=Decimal(2)
    )
    DraftContracts(blocking(shelf)).modify(ID, items=[*DRAFT.items, added])
    assert [(item["product_id"], "id" in item) for item in shelf.put["items"]] == [(ID, False), ("another", False)]


def test_a_draft_without_a_scope_needs_one_to_be_written() -> None:
    shelf = Shelf(codec.dumps(DRAFT))
    with pytest.raises(ValueError, match="scope"):
        DraftContracts(blocking(shelf)).modify(ID, name="Acme 2027")
    assert [method for method, _, _ in shelf.received] == ["GET"]


def test_a_name_that_does_not_exist_is_a_type_error_that_tells_the_others() -> None:
    shelf = Shelf(codec.dumps(CUSTOMER))
    with pytest.raises(TypeError, match=r"no email; it has .*emails"):
        Customers(blocking(shelf)).modify(ID, email="a@example.com")  # type: ignore[call-arg]  # what is tried # pyright: ignore[reportCallIssue]
    assert [method for method, _, _ in shelf.received] == ["GET"]


def test_nothing_is_written_over_somebody_elses_change() -> None:
    shelf = Shelf(codec.dumps(attrs.evolve(CUSTOMER, payment_terms=60)))
    with pytest.raises(ObjectChangedError, match="payment_terms") as caught:
        Customers(blocking(shelf)).modify(ID, based_on=CUSTOMER, name="Acme Inc.")
    assert caught.value.verdict is Verdict.PASSING
    assert [method for method, _, _ in shelf.received] == ["GET"]


@pytest.mark.parametrize("resource", [Invoices, AsyncInvoices])
def test_invoices_refuse_and_say_what_does_not_come_back(resource: Any) -> None:
    with pytest.raises(NotModifiableError) as caught:
        resource(None).modify(ID, memo="Thanks")
    assert caught.value.missing == ("scope", "items[].price", "items[].tax_rate")
    assert caught.value.fields == ("memo",)
    assert caught.value.verdict is Verdict.REFUSED
    for word in ("memo", ID, *caught.value.missing, "update()"):
        assert word in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).missing == caught.value.missing


@pytest.mark.parametrize("resource", [CreditMemos, AsyncCreditMemos])
def test_credit_memos_refuse_and_say_what_does_not_come_back(resource: Any) -> None:
    with pytest.raises(NotModifiableError) as caught:
        resource(None).modify(ID)
    assert caught.value.missing == ("items[].price", "items[].tax_rate")
    assert "credit memo" in str(caught.value)
