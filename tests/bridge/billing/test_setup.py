"""The check of the setup says where to add what is missing, and never calls right what was not seen."""

from __future__ import annotations

import attrs
import pytest

from bridge.billing import CustomerLink, ProductLink, SetupState, TaxCode
from bridge.billing.sync import PaymentWatcher
from rillet import AccountStatus, Money, NewInvoicePayment, ProductStatus
from rillet.webhooks import Entity, Event, EventType
from support.billing.company import CASH, DAY, SERVICES, Seller, invoice


def states(seller: Seller, **settings: object) -> dict[str, SetupState]:
    return {each.name: each.state for each in seller.sync(**settings).check_setup()}


def test_what_no_api_can_read_is_not_verifiable_and_says_where_to_add_it(seller: Seller) -> None:
    items = {each.name: each for each in seller.sync().check_setup()}

    for name, place in (
        ("external reference type sequencehq", "External References"),
        ("webhook of invoices updated", "Webhooks"),
        ("webhook of invoices deleted", "Webhooks"),
        ("webhook of invoices payment updated", "Webhooks"),
        ("API key that may write", "API Access"),
        ("multi-currency", "support"),
    ):
        assert items[name].state is SetupState.NOT_VERIFIABLE
        assert place in items[name].place


def test_what_has_worked_was_seen_at_a_time(seller: Seller) -> None:
    seller.put(invoice())
    seller.sync().run()
    client, (made,) = seller.books.client(), seller.books.invoices
    client.invoice_payments.create(
        made.id, NewInvoicePayment(amount=Money(made.total.amount, "USD"), date=DAY, account_code=CASH)
    )
    watcher = PaymentWatcher(client, seller.settings, lambda _: None, journal=seller.journal)
    watcher.handle(
        Event(
            entity=Entity.INVOICE,
            event=EventType.PAYMENT_UPDATED,
            id="e1",
            timestamp=seller.clock(),
            data=seller.books.invoices[0],
        )
    )

    items = {each.name: each for each in seller.sync().check_setup()}

    webhook = items["webhook of invoices payment updated"]
    assert (webhook.state, webhook.text) == (SetupState.SEEN, "seen at 2026-03-10 12:00 UTC")
    # Each is switched on by itself: one does not show that the others are.
    assert items["webhook of invoices deleted"].state is SetupState.NOT_VERIFIABLE
    assert items["API key that may write"].state is SetupState.SEEN
    assert items["external reference type sequencehq"].text == "the customer 'Acme' carries one"
    # A journal that forgets has seen nothing.
    seller.journal = None
    assert states(seller)["webhook of invoices payment updated"] is SetupState.NOT_VERIFIABLE


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"subsidiary": "Elsewhere"}, "subsidiary of invoices without an entity"),
        ({"subsidiary": None}, "subsidiary"),
        ({"default_product": "Everything else"}, "default product"),
        ({"revenue_account": "99999"}, "revenue account"),
        ({"taxes": (TaxCode(code="FR20"),)}, "tax rate FR20"),
        ({"products": (ProductLink(billing="prod_1", rillet="Nothing"),)}, "product of prod_1"),
        ({"customers": (CustomerLink(billing="cus_1", rillet="nobody"),)}, "customer of cus_1"),
    ],
)
def test_what_is_missing_is_named(seller: Seller, settings: dict[str, object], name: str) -> None:
    assert states(seller, **settings)[name] is SetupState.MISSING


@pytest.mark.parametrize("what", ["product", "account"])
def test_what_cannot_be_used_is_not_ok(seller: Seller, what: str) -> None:
    made = seller.product("Consulting", account_code=SERVICES)
    links = (ProductLink(billing="prod_1", rillet="Consulting"),)
    assert states(seller, products=links)["product of prod_1"] is SetupState.OK
    if what == "product":
        seller.books.client().products.modify(made.id, status=ProductStatus.INACTIVE)
    else:
        account = next(each for each in seller.books.accounts if each.code == SERVICES)
        seller.books.put(attrs.evolve(account, status=AccountStatus.INACTIVE))

    assert states(seller, products=links)["product of prod_1"] is SetupState.MISSING


def test_an_event_of_something_else_shows_no_webhook_of_invoices(seller: Seller) -> None:
    watcher = PaymentWatcher(seller.books.client(), seller.settings, lambda _: None, journal=seller.journal)
    for entity in (Entity.CUSTOMER, Entity.BILL):
        watcher.handle(Event(entity=entity, event=EventType.UPDATED, id="e", timestamp=seller.clock(), data=None))

    assert states(seller)["webhook of invoices updated"] is SetupState.NOT_VERIFIABLE


def test_what_is_there_is_ok(seller: Seller) -> None:
    seller.product("Everything else")

    found = states(seller, default_product="Everything else")

    assert {name for name, state in found.items() if state is SetupState.OK} == {
        "subsidiary of invoices without an entity", "receivable account", "tax account", "revenue account",
        "default product", "tax rate DE7", "tax rate DE19", "tax rate DE0", "tax rate DERC",
    }  # fmt: skip
    assert SetupState.MISSING not in found.values()
