"""What of Rillet cannot be read keeps back the invoices that need it, and no others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

from bridge.billing import Customer, PaymentStatus, Product, SyncError, TaxStatus
from bridge.billing.sync import PaymentWatcher
from bridge.export import SqlJournal
from clientkit import Answer
from clientkit.testing import Asked
from rillet import NewInvoicePayment
from rillet.testing import StandIn
from support.billing.company import CASH, DAY, NOW, RECEIVABLE, SETTINGS, Seller, invoice, line, note

# Nothing but the tax of the first one needs its rate.
OTHER = Customer(id="cus_2", name="Beta", email="ap@beta.example", tax_status=TaxStatus.EXEMPT)
GOOD = invoice(2, line("7", Product(id="prod_9", name="Other")), customer=OTHER)


@pytest.fixture
def seller(tmp_path: Path) -> Iterator[Seller]:
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        yield Seller(journal=journal)


def spoil(books: StandIn, listing: str, named: str, **members: object) -> None:
    """From now on Rillet shows what says `named` in one of its lists in another shape than it documents."""
    respond = books.respond

    def spoiled(asked: Asked) -> Answer:
        answer = respond(asked)
        if asked.method != "GET" or not asked.path.startswith(listing):
            return answer
        body = cast("dict[str, Any]", json.loads(answer.content))
        lists = (cast("list[dict[str, Any]]", each) for each in body.values() if isinstance(each, list))
        for item in next(lists, [body]):
            if named in json.dumps(item):
                item.update(members)
        return attrs.evolve(answer, content=json.dumps(body).encode())

    books.respond = spoiled  # type: ignore[method-assign]  # this one alone


NEEDED: Mapping[str, tuple[str, str, Mapping[str, object]]] = {
    "the linked customer": ("/customers", "cus_1", {"name": None}),
    "a customer of that name": ("/customers", '"Acme"', {"emails": 7, "external_references": []}),
    "a customer without a name": ("/customers", '"Acme"', {"name": None, "emails": 7, "external_references": []}),
    "the product": ("/products", "prod_1", {"price": []}),
    "a product of that name": ("/products", '"Seats"', {"price": [], "external_references": []}),
    "a product without a name": ("/products", '"Seats"', {"name": None, "external_references": []}),
    "the account": ("/accounts", '"42000"', {"name": None}),
    "the tax rate": ("/tax-rates", "DE19", {"percentage": "x"}),
}


@pytest.mark.parametrize("needed", NEEDED)
def test_only_what_needs_it_is_refused(seller: Seller, needed: str) -> None:
    seller.customer("Acme", *([] if needed.startswith("a customer") else ["cus_1"]))
    seller.customer("Beta", "cus_2")
    seller.product("Seats", *([] if needed.startswith("a product") else ["prod_1"]), account_code="42000")
    seller.product("Other", "prod_9")
    seller.put(invoice(1), GOOD)
    listing, named, members = NEEDED[needed]
    spoil(seller.books, listing, named, **members)

    outcome = seller.sync().run()

    assert [(each.subject, each.error) for each in outcome.problems] == [("invoice:in_1", SyncError.API_ERROR)]
    assert "cannot be read" in outcome.problems[0].text
    assert [each.invoice_number for each in seller.books.invoices] == ["A-002"]


@pytest.mark.parametrize("journal", [True, False], ids=["journal", "no journal"])
def test_what_is_there_and_cannot_be_read_is_not_posted_a_second_time(seller: Seller, *, journal: bool) -> None:
    seller.customer("Acme", "cus_1")
    seller.product("Seats", "prod_1")
    seller.put(invoice(1), note(1))
    kept, seller.journal = seller.journal, None
    assert seller.sync().run().complete
    before = seller.balance(RECEIVABLE)
    spoil(seller.books, "/invoices", "in_1", items=7)
    spoil(seller.books, "/credit-memos", "cn_1", items=7)
    # Rillet knows the keys no more.
    seller.clock.advance(timedelta(days=2).total_seconds())
    seller.journal = kept if journal else None

    outcome = seller.sync().run()

    assert {each.subject for each in outcome.problems} == {"invoice:in_1", "credit-note:cn_1"}
    assert (len(seller.books.invoices), len(seller.books.credit_memos)) == (1, 1)
    assert seller.balance(RECEIVABLE) == before


@pytest.mark.parametrize("listing", ["/invoices", "/invoice-payments", "/credit-memos"])
def test_a_poll_tells_of_the_others(seller: Seller, listing: str) -> None:
    seller.put(invoice(1), GOOD, note(1))
    assert seller.sync().run().complete
    books, told = seller.books.client(), list[str]()

    def tell(status: PaymentStatus) -> None:
        told.append(status.invoice)

    watcher = PaymentWatcher(books, SETTINGS, tell, journal=seller.journal)
    watcher.poll()
    told.clear()
    seller.clock.advance(timedelta(days=3).total_seconds())
    first, second = sorted(seller.books.invoices, key=lambda each: each.invoice_number)
    paid = [
        books.invoice_payments.create(each.id, NewInvoicePayment(amount=each.amount_due, date=DAY, account_code=CASH))
        for each in (first, second)
    ]
    memo = seller.books.credit_memos[0]
    wrong = {"/invoices": first.id, "/invoice-payments": paid[0].id, "/credit-memos": memo.id}[listing]
    spoil(seller.books, listing, wrong, items=7, amount=[], total=None)

    outcome = watcher.poll(updated_after=NOW - timedelta(days=1))

    assert "in_2" in told
    assert wrong in {each.rillet_id for each in outcome.undelivered}
    assert "cannot be read" in outcome.undelivered[0].why
