"""Which product of Rillet a line sells: one that is mapped, one of the same name, a created one, or the default."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

import rillet
from bridge.billing import InvoiceDocument, Product, ProductLink, Scope, SyncError
from bridge.export import NoJournal
from clientkit.testing import Fault, RequestLost
from rillet import FixedRecurringPrice
from support.billing.company import NOW, SEATS, SERVICES, SUBSCRIPTIONS, Seller, changed, invoice, line, note, posts
from support.billing.listener import pay


def test_a_mapped_product(seller: Seller) -> None:
    there = seller.product("Plan", account_code=SERVICES)
    seller.put(invoice(1, line("100.00", tax=Decimal(0))))

    assert seller.sync(products=(ProductLink(billing="prod_1", rillet="Plan"),), taxes=()).run().complete

    assert [each.items[0].product_id for each in seller.books.invoices] == [there.id]
    assert seller.balance(SERVICES) == -100


def test_a_product_that_is_mapped_by_its_reference(seller: Seller) -> None:
    there = seller.product("Plan", "prod_1")
    seller.put(invoice())

    assert seller.sync(create_products=False).run().complete
    assert [each.items[0].product_id for each in seller.books.invoices] == [there.id]


def test_an_unmapped_product_is_created_as_fixed(seller: Seller) -> None:
    seller.put(invoice(1, line("300.00", quantity=Decimal(3), unit_price=Decimal("100.00"))), invoice(2))

    assert seller.sync().run().complete

    (made,) = seller.books.products
    assert isinstance(made.price, FixedRecurringPrice)
    assert (made.name, made.account_code, made.price.amount.currency) == ("Seats", SUBSCRIPTIONS, "USD")
    assert [(each.type, each.id) for each in made.external_references] == [("sequencehq", "prod_1")]
    assert not made.include_in_arr_mrr


def test_the_one_product_of_that_name_is_used(seller: Seller) -> None:
    there = seller.product("SEATS", account_code=SERVICES)
    retired = seller.product("Seats")
    seller.books.client().products.modify(retired.id, status=rillet.ProductStatus.INACTIVE)
    seller.put(invoice())

    assert seller.sync().plan().products == ()
    assert seller.sync().run().complete
    assert len(seller.books.products) == 2
    assert [each.items[0].product_id for each in seller.books.invoices] == [there.id]
    assert seller.balance(SERVICES) == -100


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ("ACTIVE ACTIVE", "has 2 products named 'Seats': {}, {}; add"),
        ("INACTIVE", "has only inactive products named 'Seats': {}; activate one, or add"),
    ],
)
def test_several_products_of_that_name_or_an_inactive_one_are_for_a_person(
    seller: Seller, statuses: str, said: str
) -> None:
    ids = sorted(seller.product().id for _ in statuses.split())
    for each, status in zip(ids, statuses.split(), strict=True):
        seller.books.client().products.modify(each, status=rillet.ProductStatus(status))
    seller.put(invoice())

    (problem,) = seller.sync().run().problems

    assert problem.error is SyncError.PRODUCT_NOT_MAPPED
    assert problem.text == f"Rillet {said.format(*ids)} the id of the right one for prod_1 to [[products]]"
    assert len(seller.books.products) == len(ids)
    seller.books.client().products.modify(ids[0], status=rillet.ProductStatus.ACTIVE)
    assert seller.sync(products=(ProductLink(billing="prod_1", rillet=ids[0]),)).run().complete
    assert [each.items[0].product_id for each in seller.books.invoices] == [ids[0]]


def test_products_of_one_name_are_created_once_in_a_run(seller: Seller) -> None:
    yearly, monthly = Product(id="price_1", name="Seats"), Product(id="price_2", name="seats ")
    seller.put(invoice(1, line("100.00", yearly), line("5.00", monthly, id="il_2")), invoice(2, line("9.00", monthly)))
    (planned,) = seller.sync().plan().products

    assert seller.sync().run().complete

    (made,) = seller.books.products
    assert (made.name, planned.product) == ("Seats", yearly)
    assert {item.product_id for each in seller.books.invoices for item in each.items} == {made.id}
    assert [(each.type, each.id) for each in made.external_references] == [("sequencehq", "price_1")]
    assert seller.sync().run().posted == 0


def test_of_one_name_the_product_is_created_that_an_earlier_run_began(seller: Seller) -> None:
    yearly, monthly = Product(id="price_1", name="Seats"), Product(id="price_2", name="Seats")
    seller.put(invoice(2, line("9.00", monthly)))
    lost = Fault(RequestLost(), matches=lambda asked: (asked.method, asked.path) == ("POST", "/products"), times=99)
    seller.books.faults.append(lost)
    assert seller.sync().run().posted == 0
    seller.books.faults.clear()
    seller.invoices.clear()
    seller.put(invoice(1, line("100.00", yearly)), invoice(2, line("9.00", monthly)))

    assert seller.sync().run().complete

    (made,) = seller.books.products
    assert [(each.type, each.id) for each in made.external_references] == [("sequencehq", "price_2")]


def test_a_product_without_a_name_is_not_created(seller: Seller) -> None:
    seller.put(invoice(1, line("100.00", Product(id="prod_1", name=" "))))

    (problem,) = seller.sync().run().problems

    assert (problem.error, seller.books.products) == (SyncError.PRODUCT_NOT_MAPPED, ())
    assert problem.text == "the product prod_1 has no name to be created under; name it in the billing system"


def test_the_default_product(seller: Seller) -> None:
    there = seller.product("Everything else", account_code=SERVICES)
    seller.put(invoice(1, line("100.00"), line("50.00", None, id="il_2")))

    assert seller.sync(create_products=False, default_product="Everything else").run().complete

    ((first, second),) = [each.items for each in seller.books.invoices]
    assert {first.product_id, second.product_id} == {there.id}


MANUAL = Product(id="prod_9", name="Manual")


def product_names(seller: Seller) -> list[str]:
    names = {each.id: each.name for each in seller.books.products}
    return [names[item.product_id] for each in seller.books.invoices for item in each.items]


@pytest.mark.parametrize(("scope", "forgets"), [(Scope.EXTERNAL, False), (Scope.EXTERNAL, True), (Scope.FULL, False)])
def test_a_changed_product_is_a_change_of_the_invoice(seller: Seller, scope: Scope, *, forgets: bool) -> None:
    seller.journal = NoJournal() if forgets else seller.journal
    seller.put(invoice())
    assert seller.sync(scope=scope).run().complete
    seller.put(changed(seller.invoices["in_1"], lines=(line("100.00", MANUAL),)))

    assert len(seller.sync(scope=scope).plan().invoices.posts) == 1
    assert seller.sync(scope=scope).run().complete

    assert posts(seller.books)[-2:] == ["DELETE invoices", "POST invoices"]
    assert product_names(seller) == ["Manual"]
    assert seller.sync(scope=scope).run().posted == 0
    assert seller.sync(scope=scope).verify() == ()


def test_products_that_change_places_are_a_change(seller: Seller) -> None:
    seller.put(invoice(1, line("60.00"), line("40.00", MANUAL, id="il_2")))
    assert seller.sync().run().complete
    seller.put(changed(seller.invoices["in_1"], lines=(line("60.00", MANUAL), line("40.00", id="il_2"))))

    assert seller.sync().run().posted == 1
    assert product_names(seller) == ["Manual", "Seats"]


def test_a_changed_product_of_a_paid_invoice_is_named(synced: Seller) -> None:
    pay(synced, "119.00")
    there = synced.product("Manual", "prod_9")
    synced.put(changed(synced.invoices["in_1"], lines=(line("100.00", MANUAL),)))

    (problem,) = synced.sync().run().problems

    was = synced.books.invoices[0].items[0].product_id
    assert f"product: {was} becomes {there.id}; it is settled in Rillet" in problem.text


def test_a_changed_product_of_a_credit_note_is_a_change(seller: Seller) -> None:
    seller.put(invoice(), note(invoice_id=None))
    assert seller.sync().run().complete
    seller.put(attrs.evolve(seller.notes["cn_1"], lines=(line("10.00", MANUAL),), updated_at=NOW))

    assert seller.sync().run().complete
    names = {each.id: each.name for each in seller.books.products}
    assert [names[each.items[0].product_id] for each in seller.books.credit_memos] == ["Manual"]


def test_a_posted_credit_note_stays_where_its_credited_product_is_only_known_later(seller: Seller) -> None:
    there = seller.product("Other")
    seller.put(invoice(), note(1, line("10.00", None)))
    assert seller.sync(default_product=there.id).run().complete
    seller.put(note(1, line("10.00", None, credited_product=SEATS)))

    assert (seller.sync(default_product=there.id).run().posted, len(seller.books.credit_memos)) == (0, 1)
    assert [each.items[0].product_id for each in seller.books.credit_memos] == [there.id]


class TestAnOlderMark:
    """One that was made when products did not count: it cannot tell whether a user has changed a product in Rillet since."""

    @pytest.fixture
    def posted(self, seller: Seller) -> Seller:
        """A seller without a journal, whose invoice of seats has another product in Rillet than the billing system says."""
        seller.journal = NoJournal()
        seller.product("Seats", "prod_1")
        seller.product("Manual", "prod_9")
        seller.customer("Acme", "cus_1")
        seller.put(invoice(1, line("100.00", MANUAL)))
        document = seller.sync().plan().invoices.posts[0].document
        assert isinstance(document, InvoiceDocument)
        references = document.source.references(document.form().without("products").digest())
        payload = attrs.evolve(document.payload, external_references=references)
        seller.books.client().invoices.create(payload)
        seller.put(invoice())
        return seller

    def test_its_invoice_is_left_as_it_is(self, posted: Seller) -> None:
        before = posts(posted.books)

        assert posted.sync().run().complete
        assert (posts(posted.books), posted.sync().verify()) == (before, ())

    def test_its_invoice_is_posted_anew_where_an_amount_changes(self, posted: Seller) -> None:
        posted.put(changed(posted.invoices["in_1"], lines=(line("200.00"),)))

        assert posted.sync().run().posted == 1
        assert product_names(posted) == ["Seats"]
