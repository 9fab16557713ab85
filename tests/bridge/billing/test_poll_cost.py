"""What a poll of payments costs, as the page of the billing sync says."""

from __future__ import annotations

from datetime import timedelta

from support.billing.company import Seller, invoice
from support.billing.listener import Listener


def test_an_invoice_costs_two_requests_in_each_poll_of_a_day_and_nothing_later(seller: Seller) -> None:
    seller.put(*(invoice(number) for number in range(1, 13)))
    assert seller.sync().run().complete
    watcher = Listener(seller, subscribed=False).watcher
    asked, costs = seller.books.asked, list[int]()

    for hours in (0, 1, 12, 24, 1):
        seller.clock.advance(timedelta(hours=hours).total_seconds())
        before = len(asked)
        assert watcher.poll().complete
        costs.append(len(asked) - before)

    assert costs == [1 + 3 + 2 * 12, 3 + 2 * 12, 3 + 2 * 12, 3 + 2 * 12, 3]
