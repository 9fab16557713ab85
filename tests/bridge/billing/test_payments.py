"""The way back: payments in Rillet become statuses in the billing system, at least once and in order per invoice."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

import rillet
from bridge.billing import InvoiceStatus, PaymentState, PaymentStatus, SettledElsewhere
from bridge.billing.sync import PaymentWatcher, PollOutcome
from bridge.export import JournalError
from clientkit import Answer
from clientkit.testing import Fault, Respond
from clientkit.webhooks import DuplicateWebhookError, UnreadableWebhookError, WrongSignatureError
from rillet import InvoicePaymentStatus, Money, NewCreditMemoApplication
from rillet.testing import SECRET
from rillet.webhooks import Entity, EventType, sign
from support.billing.company import DAY, SETTINGS, Seller, changed, line, note
from support.billing.listener import Listener, pay


@pytest.mark.parametrize("by", ["webhook", "poll"])
def test_a_payment_recorded_in_rillet_marks_the_invoice_paid(synced: Seller, by: str) -> None:
    listener = Listener(synced, subscribed=by == "webhook")

    pay(synced, "19.00")
    synced.books.outbox.deliver_due()
    delivered = listener.watcher.poll().delivered
    pay(synced, "100.00")
    synced.books.outbox.deliver_due()
    delivered += listener.watcher.poll().delivered

    assert listener.states == [
        ("in_1", "partially_paid", Decimal("19.00"), Decimal("100.00")),
        ("in_1", "paid", Decimal("119.00"), Decimal("0.00")),
    ]
    assert (len(delivered) == 2) == (by == "poll")
    assert listener.told[0].at < listener.told[1].at


def test_two_watchers_of_one_journal_in_threads_tell_a_payment_once(synced: Seller) -> None:
    listener, others = Listener(synced, subscribed=False), list[PollOutcome]()
    other = PaymentWatcher(
        synced.books.client(), SETTINGS, listener.told.append, billing=listener, journal=synced.journal
    )

    def deliver(status: PaymentStatus) -> None:
        """The other one looks at the same moment."""
        listener.told.append(status)
        others.append(other.poll())

    pay(synced, "119.00")
    client = synced.books.client()
    watcher = PaymentWatcher(client, SETTINGS, deliver, billing=listener, journal=synced.journal)

    assert len(watcher.poll().delivered) == 1
    assert [each.status for each in listener.told] == [PaymentState.PAID]
    assert [each.delivered for each in others] == [()]


def test_a_payment_that_failed_is_told(synced: Seller) -> None:
    listener = Listener(synced)
    payment = pay(synced, "119.00")
    synced.books.outbox.deliver_due()

    synced.clock.advance(60)
    synced.books.move_invoice_payment(payment.id, InvoicePaymentStatus.FAILED)
    synced.books.outbox.deliver_due()

    assert listener.states == [
        ("in_1", "paid", Decimal("119.00"), Decimal("0.00")),
        ("in_1", "unpaid", Decimal(0), Decimal("119.00")),
    ]


def test_what_was_told_and_not_remembered_is_told_when_it_is_not_true_any_more(synced: Seller) -> None:
    listener = Listener(synced, subscribed=False)
    payment = pay(synced, "119.00")

    def dies(status: PaymentStatus) -> None:
        listener.told.append(status)
        raise KeyboardInterrupt

    dying = PaymentWatcher(synced.books.client(), SETTINGS, dies, journal=synced.journal)
    with pytest.raises(KeyboardInterrupt):
        dying.poll()
    synced.clock.advance(60)
    synced.books.move_invoice_payment(payment.id, InvoicePaymentStatus.FAILED)

    assert listener.watcher.poll().complete
    assert listener.watcher.poll().delivered == ()
    assert [each.status for each in listener.told] == [PaymentState.PAID, PaymentState.UNPAID]


def test_an_invoice_paid_elsewhere_is_left_alone(synced: Seller) -> None:
    synced.put(changed(synced.invoices["in_1"], status=InvoiceStatus.PAID))
    alone, told = Listener(synced), Listener(synced, subscribed=False, settled_elsewhere=SettledElsewhere.TELL)

    pay(synced, "119.00")
    synced.books.outbox.deliver_due()

    assert alone.watcher.poll().delivered == ()
    assert alone.told == []
    # The settings say otherwise.
    assert [each.status for each in told.watcher.poll().delivered] == [PaymentState.PAID]


def test_what_was_told_once_is_told_to_its_end(synced: Seller) -> None:
    listener = Listener(synced)
    payment = pay(synced, "119.00")
    synced.books.outbox.deliver_due()
    # The billing system has it as paid because it was told so.
    synced.put(changed(synced.invoices["in_1"], status=InvoiceStatus.PAID))

    synced.clock.advance(60)
    synced.books.move_invoice_payment(payment.id, InvoicePaymentStatus.FAILED)
    synced.books.outbox.deliver_due()

    assert [each.status for each in listener.told] == [PaymentState.PAID, PaymentState.UNPAID]


def test_a_credit_memo_is_told_as_what_it_takes_off(synced: Seller) -> None:
    listener = Listener(synced)
    synced.put(note())

    assert synced.sync().run().complete
    synced.books.outbox.deliver_due()

    assert listener.states == [("in_1", "partially_credited", Decimal(0), Decimal("107.10"))]


def test_a_deleted_invoice_is_told_unless_the_sync_did_it(synced: Seller) -> None:
    listener = Listener(synced)
    synced.put(changed(synced.invoices["in_1"], lines=(line("200.00"),)))
    synced.sync().run()
    synced.books.outbox.deliver_due()
    assert listener.told == []

    (made,) = synced.books.invoices
    synced.books.client().invoices.delete(made.id)
    synced.books.outbox.deliver_due()

    assert [(each.invoice, each.status) for each in listener.told] == [("in_1", PaymentState.DELETED)]


def payment_event(seller: Seller, event_id: str) -> tuple[dict[str, str], bytes]:
    """The other shape of PAYMENT_UPDATED: the payment itself, as receivers have met it."""
    (made,) = seller.books.invoices
    body = json.dumps(
        {
            "id": "pay_1", "invoice_id": made.id, "amount": "119.00", "currency": "USD",
            "payment_date": "2026-03-02", "cash_account_code": "11100", "status": "CLEARED",
        }
    ).encode()  # fmt: skip
    headers = sign(
        SECRET, body, entity=Entity.INVOICE, event=EventType.PAYMENT_UPDATED, id=event_id, timestamp=seller.clock()
    )
    return headers, body


def test_both_shapes_of_a_payment_event_are_understood(synced: Seller) -> None:
    listener = Listener(synced, subscribed=False)
    pay(synced, "119.00")

    assert listener.receive(*payment_event(synced, "3fa85f64-5717-4562-b3fc-2c963f66afa6")) == 200

    assert [each.status for each in listener.told] == [PaymentState.PAID]


def test_events_are_verified_and_taken_once(synced: Seller) -> None:
    listener = Listener(synced, subscribed=False)
    pay(synced, "119.00")
    headers, body = payment_event(synced, "3fa85f64-5717-4562-b3fc-2c963f66afa6")
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]

    with pytest.raises(WrongSignatureError):
        listener.receiver(raw, body.replace(b"119.00", b"999.00"))
    listener.receiver(raw, body)
    with pytest.raises(DuplicateWebhookError):
        listener.receiver(raw, body)
    assert len(listener.told) == 1


def test_an_event_that_could_not_be_delivered_comes_again(synced: Seller) -> None:
    listener = Listener(synced)
    listener.broken = True
    pay(synced, "119.00")
    synced.books.outbox.deliver_due()
    poll = listener.watcher.poll()
    assert [each.why for each in poll.undelivered] == ["RuntimeError: the billing system is down"]
    assert not poll.complete

    listener.broken = False
    synced.clock.advance(timedelta(hours=1).total_seconds())
    synced.books.outbox.deliver_due()

    assert [each.status for each in listener.told] == [PaymentState.PAID]
    assert listener.watcher.poll().delivered == ()


def memo_event(
    seller: Seller, event: EventType, body: object, event_id: str = "3fa85f64-5717-4562-b3fc-2c963f66afa7"
) -> tuple[dict[str, str], bytes]:
    """An event of a credit memo with a body of any shape."""
    content = json.dumps(body).encode()
    return (
        sign(SECRET, content, entity=Entity.CREDIT_MEMO, event=event, id=event_id, timestamp=seller.clock()),
        content,
    )


@pytest.mark.parametrize("invoice_shape", ["a newer body", "a payment of it", "an id alone", "nothing known"])
def test_an_event_of_a_credit_memo_in_any_shape_tells_what_it_pays(synced: Seller, invoice_shape: str) -> None:
    synced.put(note())
    assert synced.sync().run().complete
    (memo,) = synced.books.credit_memos
    listener = Listener(synced, subscribed=False)
    body, event = {
        "a newer body": ({"id": memo.id, "status": ["new"]}, EventType.UPDATED),
        "a payment of it": ({"id": "pay_1", "credit_memo_id": memo.id}, EventType.PAYMENT_UPDATED),
        "an id alone": (memo.id, EventType.DELETED),
        "nothing known": ({"memo": {"uuid": memo.id}}, EventType.UPDATED),
    }[invoice_shape]

    assert listener.receive(*memo_event(synced, event, body)) == 200

    assert listener.states == [("in_1", "partially_credited", Decimal(0), Decimal("107.10"))]


def test_an_invoice_that_a_credit_memo_no_longer_pays_is_open_again(synced: Seller) -> None:
    synced.put(note())
    assert synced.sync().run().complete
    (memo,) = synced.books.credit_memos
    listener = Listener(synced, subscribed=False)
    assert listener.receive(*memo_event(synced, EventType.UPDATED, {"id": memo.id, "new": 1})) == 200

    synced.clock.advance(60)
    synced.books.client().credit_memos.delete_applications(memo.id)
    again = "3fa85f64-5717-4562-b3fc-2c963f66afa8"
    assert listener.receive(*memo_event(synced, EventType.UPDATED, {"id": memo.id, "new": 1}, again)) == 200

    assert listener.states == [
        ("in_1", "partially_credited", Decimal(0), Decimal("107.10")),
        ("in_1", "unpaid", Decimal(0), Decimal("119.00")),
    ]


@pytest.mark.parametrize("by", ["the sync", "a person"])
def test_a_poll_sees_credits_where_their_invoices_do_not_count_as_changed(synced: Seller, by: str) -> None:
    synced.put(note(1, invoice_id="in_1" if by == "the sync" else None))
    assert synced.sync().run().complete
    (memo,), (made,) = synced.books.credit_memos, synced.books.invoices
    client = synced.books.client()
    if by == "a person":
        application = NewCreditMemoApplication(
            invoice_id=made.id, amount=Money(Decimal("11.90"), "USD"), application_date=DAY
        )
        client.credit_memos.apply(memo.id, [application])
    unchanged = Respond(Answer(status=200, headers={"content-type": "application/json"}, content=b'{"invoices": []}'))
    synced.books.faults.append(Fault(unchanged, matches=lambda asked: asked.path == "/invoices", times=9))
    listener = Listener(synced, subscribed=False)

    assert [each.outstanding for each in listener.watcher.poll().delivered] == [Decimal("107.10")]
    synced.clock.advance(60)
    client.credit_memos.delete_applications(memo.id)
    assert [each.outstanding for each in listener.watcher.poll().delivered] == [Decimal("119.00")]
    assert listener.watcher.poll().delivered == ()


@pytest.mark.parametrize("told_by", ["a poll", "a webhook and a poll"])
def test_a_poll_sees_that_an_uncleared_payment_was_deleted(synced: Seller, told_by: str) -> None:
    # Nobody documents that a deleted payment changes its invoice.
    unchanged = Respond(Answer(status=200, headers={"content-type": "application/json"}, content=b'{"invoices": []}'))
    synced.books.faults.append(Fault(unchanged, matches=lambda asked: asked.path == "/invoices", times=9))
    listener = Listener(synced, subscribed=told_by != "a poll")
    assert listener.watcher.poll().complete
    kept, payment = pay(synced, "19.00"), pay(synced, "100.00")
    assert payment.status is InvoicePaymentStatus.UNCLEARED
    synced.books.outbox.deliver_due()
    assert listener.watcher.poll().complete
    synced.clock.advance(timedelta(days=9).total_seconds())
    assert listener.watcher.poll().complete

    synced.books.client().invoice_payments.delete(payment.invoice_id, payment.id)
    synced.books.outbox.deliveries.clear()
    assert listener.watcher.poll().complete

    assert listener.states[-2:] == [
        ("in_1", "paid", Decimal("119.00"), Decimal("0.00")),
        ("in_1", "partially_paid", Decimal("19.00"), Decimal("100.00")),
    ]
    assert listener.watcher.poll().delivered == ()
    # What has cleared cannot be deleted, and nobody looks for it any more.
    synced.books.move_invoice_payment(kept.id, InvoicePaymentStatus.SUCCESSFUL)
    assert listener.watcher.poll().complete
    assert synced.journal is not None
    assert synced.journal.mark("billing payments uncleared") == "{}"


def test_an_event_of_a_newer_shape_is_not_taken_where_its_status_cannot_be_told(synced: Seller) -> None:
    listener = Listener(synced, subscribed=False)
    pay(synced, "119.00")
    listener.broken = True
    event = memo_event(synced, EventType.UPDATED, {"memo": "new"})

    with pytest.raises(UnreadableWebhookError, match=r"newer shape.*the billing system is down"):
        listener.receiver([(name.encode(), value.encode()) for name, value in event[0].items()], event[1])
    listener.broken = False
    assert listener.receive(*event) == 200

    assert [each.status for each in listener.told] == [PaymentState.PAID]


def test_an_invoice_that_is_posted_anew_is_told_after_its_deletion(synced: Seller) -> None:
    listener = Listener(synced)
    (made,) = synced.books.invoices
    synced.clock.advance(60)
    synced.books.client().invoices.delete(made.id)
    synced.books.outbox.deliver_due()
    synced.clock.advance(60)

    assert synced.sync().sync("in_1").complete
    synced.books.outbox.deliver_due()
    assert listener.watcher.poll().complete

    assert [(each.status.value, each.outstanding, each.currency) for each in listener.told] == [
        ("deleted", Decimal(0), "USD"),
        ("unpaid", Decimal("119.00"), "USD"),
    ]


def test_a_changed_invoice_is_told_where_the_one_before_was(synced: Seller) -> None:
    listener = Listener(synced, subscribed=False)
    payment = pay(synced, "19.00")
    assert listener.watcher.poll().complete
    synced.clock.advance(60)
    synced.books.move_invoice_payment(payment.id, InvoicePaymentStatus.FAILED)
    # Nothing settles it, so that it is deleted and posted anew before anybody has asked again.
    synced.put(changed(synced.invoices["in_1"], lines=(line("200.00"),)))
    synced.clock.advance(60)
    assert synced.sync().run().complete
    assert listener.watcher.poll().complete

    assert listener.states == [
        ("in_1", "partially_paid", Decimal("19.00"), Decimal("100.00")),
        ("in_1", "unpaid", Decimal(0), Decimal("238.00")),
    ]


def test_an_invoice_that_rillet_has_twice_is_not_told_for_the_other(synced: Seller) -> None:
    (made,) = synced.books.invoices
    synced.clock.advance(60)
    double = synced.books.client().invoices.create(
        rillet.NewRevenueRecognitionOnlyInvoice(
            customer_id=made.customer_id,
            subsidiary_id=made.subsidiary_id,
            invoice_date=DAY,
            invoice_number="A-001-2",
            items=[
                rillet.NewExternalInvoiceItem(
                    product_id=made.items[0].product_id,
                    description="By hand",
                    quantity=Decimal(1),
                    total_amount=Money(Decimal("119.00"), "USD"),
                )
            ],
            external_references=[rillet.ExternalReference(type=SETTINGS.reference_type, id="in_1")],
        )
    )
    pay(synced, "119.00", "A-001-2")
    listener = Listener(synced, subscribed=False)

    outcome = listener.watcher.poll()

    assert listener.told == []
    (left,) = outcome.undelivered
    assert left.why.startswith(
        f"DoubleInvoiceError: Rillet has in_1 twice: {made.id}, which the sync knows, and {double.id}"
    )

    pay(synced, "19.00")
    assert [each.outstanding for each in listener.watcher.poll().delivered] == [Decimal("100.00")]


def test_invoices_of_others_are_nobodys_business(synced: Seller) -> None:
    client = synced.books.client()
    (made,) = synced.books.invoices
    other = client.invoices.create(
        rillet.NewFullInvoice(
            customer_id=made.customer_id,
            subsidiary_id=made.subsidiary_id,
            invoice_date=DAY,
            items=[
                rillet.NewInvoiceItem(
                    description="By hand",
                    price=rillet.InvoiceItemPrice(
                        product_id=made.items[0].product_id,
                        quantity=Decimal(1),
                        amount_per_unit=Money(Decimal("5.00"), "USD"),
                    ),
                )
            ],
        )
    )
    listener = Listener(synced)
    pay(synced, "5.00", other.invoice_number)
    synced.books.outbox.deliver_due()

    assert listener.watcher.poll().delivered == ()
    assert listener.told == []


@pytest.mark.parametrize("value", ["7", '"x"', "[[]]", "[7]", '{"at": "2026-03-01T00:00:00"}', "[" * 9_000])
@pytest.mark.parametrize(
    "mark",
    ["billing payments read until", "billing told in_1", "billing credited {memo}", "billing payments uncleared"],
)
def test_a_damaged_mark_is_told_and_nothing_is_delivered(synced: Seller, mark: str, value: str) -> None:
    synced.put(note())
    assert synced.sync().run().complete
    pay(synced, "19.00")
    listener = Listener(synced, subscribed=False)
    name = mark.format(memo=synced.books.credit_memos[0].id)
    assert synced.journal is not None
    synced.journal.set_mark(name, value)

    with pytest.raises(JournalError, match=f"the journal's mark '{name}' is damaged"):
        listener.watcher.poll()

    assert listener.told == []
