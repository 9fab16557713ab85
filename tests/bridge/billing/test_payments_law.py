"""The law of the way back: whatever happens meanwhile, every status is told at least once and in order."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

import rillet.webhooks
from rillet import InvoicePaymentStatus
from rillet.webhooks import Entity, EventType
from support.billing.company import Seller, invoice
from support.billing.listener import Listener, pay

#: What happens: money comes, bounces, a payment is deleted, webhooks arrive, are lost or come twice, the billing system is down, somebody polls.
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.sampled_from(["A-001", "A-002"])),
        st.tuples(st.sampled_from(["bounce", "delete"]), st.just("")),
        st.tuples(st.sampled_from(["deliver", "lose", "again", "break", "mend", "poll"]), st.just("")),
    ),
    max_size=14,
)


@settings(max_examples=25)
@given(ACTIONS)
def test_every_status_is_told_at_least_once_and_in_order(actions: list[tuple[str, str]]) -> None:
    seller = Seller()
    seller.put(invoice(1), invoice(2))
    seller.sync().run()
    listener = Listener(seller)
    for each in Walk(seller, listener, actions):
        each()
    listener.broken = False
    assert listener.watcher.poll().complete

    for made in seller.books.invoices:
        told = [each for each in listener.told if each.rillet_id == made.id]
        assert [each.at for each in told] == sorted(each.at for each in told)
        last = (told[-1].status.value, told[-1].outstanding) if told else ("unpaid", made.total.amount)
        assert last == (made.status.value.lower(), made.amount_due.amount)
        # A repetition says something new, unless nobody knows what came of one in between.
        assert ("break", "") in actions or all(not before.says_the_same_as(after) for before, after in pairwise(told))


class Walk:
    """The actions as calls."""

    def __init__(self, seller: Seller, listener: Listener, actions: list[tuple[str, str]]) -> None:
        self._seller, self._listener, self._actions = seller, listener, actions
        self._delivered = list[tuple[dict[str, str], bytes]]()

    def __iter__(self) -> Iterator[Any]:
        for name, number in self._actions:
            yield partial(getattr(self, f"_{name}"), number)

    def _pay(self, number: str) -> None:
        due = next(each for each in self._seller.books.invoices if each.invoice_number == number).amount_due.amount
        if due:
            pay(self._seller, str(min(due, Decimal("50.00"))), number)

    def _bounce(self, _: str) -> None:
        alive = [each for each in self._seller.books.invoice_payments if each.status is not InvoicePaymentStatus.FAILED]
        self._seller.clock.advance(60)
        if alive:
            self._seller.books.move_invoice_payment(alive[0].id, InvoicePaymentStatus.FAILED)

    def _delete(self, _: str) -> None:
        """Somebody deletes the payment that was made first."""
        uncleared = [
            each for each in self._seller.books.invoice_payments if each.status is InvoicePaymentStatus.UNCLEARED
        ]
        self._seller.clock.advance(60)
        if uncleared:
            self._seller.books.client().invoice_payments.delete(uncleared[0].invoice_id, uncleared[0].id)

    def _deliver(self, _: str) -> None:
        self._seller.clock.advance(60)
        self._seller.books.outbox.deliver_due()

    def _lose(self, _: str) -> None:
        self._seller.books.outbox.deliveries.clear()

    def _again(self, _: str) -> None:
        """An old event comes once more, under another id."""
        if self._seller.books.invoices:
            made = self._seller.books.invoices[0]
            event = rillet.webhooks.Event(
                entity=Entity.INVOICE,
                event=EventType.PAYMENT_UPDATED,
                id="again",
                timestamp=self._seller.clock(),
                data=made,
            )
            if not self._listener.broken:
                self._listener.watcher.handle(event)

    def _break(self, _: str) -> None:
        self._listener.broken = True

    def _mend(self, _: str) -> None:
        self._listener.broken = False

    def _poll(self, _: str) -> None:
        self._listener.watcher.poll()
