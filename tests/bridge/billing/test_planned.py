"""What a plan shows: everything that a run would come to, with amounts that add up to what the invoices say."""

from __future__ import annotations

from decimal import Decimal

import attrs

from bridge.billing import InvoiceStatus, SyncError, UnreadableInvoice
from bridge.billing.sync import InvoiceSync, ListedInvoices, PlannedAmounts
from bridge.export import NoJournal
from support.billing.company import Seller, changed, invoice, line, note


def test_it_shows_net_tax_and_total_of_each_and_of_all(seller: Seller) -> None:
    seller.put(
        invoice(1),
        invoice(2, line("50.00", tax=Decimal("9.50")), total=Decimal("59.50")),
        # Refused, so that its own words count: its total is not what its lines come to.
        invoice(3, line("10.00"), total=Decimal("99.00")),
        note(1),
    )

    plan = seller.sync().plan()

    invoices, notes = plan.tables
    assert invoices.headings == ("Invoice", "Net", "Tax", "Total", "Currency", "Outcome", "Why")
    assert [row[:6] for row in invoices.rows] == [
        ("invoice:in_1", "100.00", "19.00", "119.00", "USD", "create"),
        ("invoice:in_2", "50.00", "9.50", "59.50", "USD", "create"),
        ("invoice:in_3", "10.00", "89.00", "99.00", "USD", "refused"),
    ]
    assert [row[:6] for row in notes.rows] == [("credit-note:cn_1", "10.00", "1.90", "11.90", "USD", "create")]
    assert invoices.title.endswith(" with nothing to do; to post: 150.00 net, 28.50 tax, 178.50 USD in total")
    told = plan.as_json()["invoices"]
    assert isinstance(told, dict)
    assert told["to_post"] == [{"net": "150.00", "tax": "28.50", "total": "178.50", "currency": "USD"}]
    assert told["posts"][1] == {
        "subject": "invoice:in_2", "net": "50.00", "tax": "9.50", "total": "59.50", "currency": "USD", "step": "create",
    }  # fmt: skip


def test_the_total_of_a_plan_is_what_customers_owe_after_the_run(seller: Seller) -> None:
    seller.put(*(invoice(number, line(f"{number}.33")) for number in range(1, 6)))
    plan = seller.sync().plan()
    assert seller.sync().run().complete

    planned = [amounts for each in plan.invoices.posts if (amounts := plan.amounts(each.record.id)) is not None]
    assert sum(each.total for each in planned) == seller.balance("12000")
    assert sum(each.tax for each in planned) == -seller.balance("22500")


def test_amounts_that_nobody_told_are_left_empty(seller: Seller) -> None:
    seller.put(invoice(1, line("100.00"), entity="Mars"), invoice(2, line("NaN")), invoice(3, line("1e999")))

    plan = seller.sync(subsidiary="Elsewhere").plan()

    assert [row[:6] for row in plan.tables[0].rows] == [
        ("invoice:in_1", "", "", "", "", "refused"),
        ("invoice:in_2", "", "", "", "", "refused"),
        ("invoice:in_3", "", "", "", "", "refused"),
    ]
    assert len(seller.sync(subsidiary="Elsewhere").run().unfinished) == 3
    assert plan.amounts("invoice:in_9") is None


def test_what_is_posted_already_is_told_by_its_object(seller: Seller) -> None:
    seller.put(invoice(1))
    seller.sync().run()

    seller.journal = NoJournal()
    (skipped,) = seller.sync().plan().invoices.nothing

    assert skipped.why == f"its invoice {seller.books.invoices[0].id} is there already"


def test_the_deletion_of_a_voided_invoice_is_something_to_do(seller: Seller) -> None:
    seller.put(invoice(1, total=Decimal("119.00")))
    seller.sync().run()
    seller.put(changed(seller.invoices["in_1"], status=InvoiceStatus.VOID))

    plan = seller.sync().plan()

    ((row,),) = [each.rows for each in plan.tables]
    assert row[:6] == ("invoice:in_1", "100.00", "19.00", "119.00", "USD", "delete")
    assert row[6] == f"its invoice {seller.books.invoices[0].id} would be deleted"
    assert plan.tables[0].title == "0 to post, 1 to delete, 0 refused, 0 with nothing to do"
    assert (plan.invoices.nothing, [each.record.id for each in plan.invoices.deletions]) == ((), ["invoice:in_1"])
    assert seller.sync().run().posted == 1
    assert seller.sync().plan().invoices.deletions == ()


def test_what_cannot_be_read_is_named(seller: Seller) -> None:
    billing = ListedInvoices([UnreadableInvoice(id="in_9", why="its total is a text"), invoice()], [])
    sync = InvoiceSync(billing, seller.books.client(), seller.settings, journal=seller.journal)

    plan = sync.plan()

    assert [(each.subject, each.error, each.text) for each in plan.unreadable] == [
        ("in_9", SyncError.INVALID_INVOICE, "its total is a text")
    ]
    assert not plan.complete
    assert (plan.tables[-1].title, plan.tables[-1].rows) == (
        "1 that cannot be read",
        (("in_9", "its total is a text"),),
    )
    assert plan.as_json()["unreadable"] == [{"id": "in_9", "why": "its total is a text"}]
    assert attrs.evolve(plan, unreadable=()).complete


def test_amounts_as_a_text() -> None:
    amounts = PlannedAmounts(net=Decimal(1000), tax=Decimal(190), currency="USD")

    assert str(amounts) == "1,000.00 net, 190.00 tax, 1,190.00 USD in total"
