"""The stand-in's bills and their payments, each blocking and awaitable, in process and over sockets."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import attrs
import pytest

from rillet import (
    BadRequestError,
    BillStatus,
    BillUpdate,
    ClearingStatus,
    Client,
    ExternalReference,
    Money,
    NewBill,
    NewPayment,
    NotFoundError,
    ObjectChangedError,
)
from rillet.testing import StandIn
from support.clocks import ManualClock
from support.endpoint_runner import Runner
from support.rillet.books import AMERICA, CARD, DAY, EMPLOYEE, EUR_TO_USD, GERMANY, HOTEL, START, TRAVEL, books, item
from support.rillet.documents import BANK, BILL, PAYABLES, bill, bill_update, dollars, payment


@pytest.fixture
def client(standin: StandIn) -> Client:
    return standin.client()


def test_a_bill_from_beginning_to_end(run: Runner[Client], standin: StandIn) -> None:
    references = [ExternalReference(type="brex", id="b1", url="https://example.com/b1")]
    asked = attrs.evolve(bill(item("119.00"), item("-19.00")), external_references=references)
    made = run.call(lambda client: client.bills.create(asked))

    assert (made.status, made.expense_number, made.vendor_id) == (BillStatus.UNPAID, "R-1", HOTEL.id)
    assert (made.bill_date, made.due_date, made.impact_date) == (DAY, DAY.replace(day=31), DAY)
    assert (made.subsidiary_id, made.external_references) == (AMERICA.id, tuple(references))
    assert [each.amount.amount for each in made.items] == [Decimal(119), Decimal(-19)]
    assert run.call(lambda client: client.bills.get(made.id)) == made
    assert standin.bills == (made,)
    assert (standin.ledger.balance(TRAVEL), standin.ledger.balance(PAYABLES)) == (Decimal(100), Decimal(-100))

    changed = run.call(lambda client: client.bills.update(made.id, bill_update(item("70.00"))))
    assert (changed.id, changed.expense_number, changed.external_references) == (made.id, "R-2", ())
    assert changed.subsidiary_id == AMERICA.id
    assert standin.ledger.balance(PAYABLES) == Decimal(-70)

    run.call(lambda client: client.bills.delete(made.id))
    assert not standin.bills
    assert not standin.ledger.postings
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.bills.get(made.id))


def test_a_payment_from_beginning_to_end(run: Runner[Client], standin: StandIn) -> None:
    owed = run.call(lambda client: client.bills.create(BILL))
    paid = run.call(lambda client: client.bills.create_payment(owed.id, payment("40.00")))

    assert (paid.bill_id, paid.amount, paid.date, paid.account_code) == (owed.id, dollars("40"), DAY, BANK)
    assert paid.status is ClearingStatus.UNCLEARED
    assert run.call(lambda client: client.bills.list_payments(owed.id)) == [paid]
    assert run.call(lambda client: client.bills.get(owed.id)).status is BillStatus.PARTIALLY_PAID
    assert (standin.ledger.balance(PAYABLES), standin.ledger.balance(BANK)) == (Decimal(-60), Decimal(-40))

    run.call(lambda client: client.bills.create_payment(owed.id, payment("60.00")))
    assert run.call(lambda client: client.bills.get(owed.id)).status is BillStatus.PAID
    assert standin.ledger.balance(PAYABLES) == 0

    run.call(lambda client: client.bills.delete_payment(owed.id, paid.id))
    assert run.call(lambda client: client.bills.get(owed.id)).status is BillStatus.PARTIALLY_PAID
    assert standin.ledger.of(paid.id) == ()
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.bills.delete_payment(owed.id, paid.id))


def test_a_document_is_kept_for_inspection(run: Runner[Client], standin: StandIn) -> None:
    owed = run.call(lambda client: client.bills.create(BILL))
    content = b"%PDF-1.7\r\n--\r\n\x00\xff\r\n"
    name = 'Rechnung "März".pdf'
    run.call(lambda client: client.bills.upload_document(owed.id, name, content, "application/pdf"))

    (found,) = standin.attachments
    assert (found.document_id, found.filename, found.content_type) == (owed.id, name, "application/pdf")
    assert found.content == content
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.bills.upload_document("none", name, content, "application/pdf"))


def test_lists_are_filtered(run: Runner[Client]) -> None:
    first = run.call(lambda client: client.bills.create(BILL))
    theirs = run.call(lambda client: client.bills.create(bill(vendor_id=EMPLOYEE.id)))
    german = attrs.evolve(bill(item("5.00", "EUR")), subsidiary_id=GERMANY.id)
    there = run.call(lambda client: client.bills.create(german))
    run.call(lambda client: client.bills.create_payment(first.id, payment("100.00")))

    def found(
        *,
        subsidiary_id: str | None = None,
        vendor_id: str | None = None,
        status: BillStatus | None = None,
        updated_after: datetime | None = None,
        limit: int | None = None,
    ) -> list[str]:
        listed = run.call(
            lambda client: client.bills.list(
                subsidiary_id=subsidiary_id,
                vendor_id=vendor_id,
                status=status,
                updated_after=updated_after,
                limit=limit,
            )
        )
        return [each.id for each in listed]

    assert found() == [there.id, theirs.id, first.id]
    assert found(limit=1) == [there.id, theirs.id, first.id]
    assert found(vendor_id=EMPLOYEE.id) == [theirs.id]
    assert found(subsidiary_id=GERMANY.id) == [there.id]
    assert found(status=BillStatus.PAID) == [first.id]
    assert found(status=BillStatus.UNPAID, vendor_id=HOTEL.id) == [there.id]
    assert found(updated_after=START) == []
    with pytest.raises(BadRequestError, match="not a status"):
        found(status=BillStatus("LOST"))


def test_paying_changes_the_bill() -> None:
    clock = ManualClock(START)
    client = books(clock).client()
    owed = client.bills.create(BILL)
    clock.advance(60)
    client.bills.create_payment(owed.id, payment("1.00"))

    assert [each.id for each in client.bills.list(updated_after=START)] == [owed.id]
    with pytest.raises(ObjectChangedError, match="status"):
        client.bills.modify(owed.id, based_on=owed, expense_number="R-9")


def test_modify_keeps_what_it_does_not_name(client: Client) -> None:
    owed = client.bills.create(BILL)
    changed = client.bills.modify(owed.id, based_on=owed, items=[*owed.items, item("11.00")])

    assert (changed.expense_number, changed.due_date) == (owed.expense_number, owed.due_date)
    assert [each.amount.amount for each in changed.items] == [Decimal(100), Decimal(11)]


def test_find_reads_references(client: Client) -> None:
    reference = ExternalReference(type="brex", id="b1")
    made = client.bills.create(attrs.evolve(BILL, external_references=[reference]))
    client.bills.create(BILL)
    assert client.bills.find(reference, updated_after=START - timedelta(seconds=1)) == (made,)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (payment("100.01"), "exceed 100"),
        (payment("0.00"), "positive"),
        (payment("-1.00"), "positive"),
        (payment("1.00", "EUR"), "in USD"),
        (payment("0.001"), "rounded"),
        (payment("1.00", account_code=CARD), "not linked to a bank account"),
        (payment("1.00", account_code="00000"), "not found"),
    ],
)
def test_a_payment_that_cannot_be_is_refused(standin: StandIn, client: Client, asked: NewPayment, says: str) -> None:
    owed = client.bills.create(BILL)
    with pytest.raises(BadRequestError, match=says):
        client.bills.create_payment(owed.id, asked)
    assert list(client.bills.list_payments(owed.id)) == []
    assert standin.bills == (owed,)
    assert len(standin.ledger.postings) == 2


def test_a_cleared_payment_stays(standin: StandIn, client: Client) -> None:
    owed = client.bills.create(BILL)
    paid = client.bills.create_payment(owed.id, payment("10.00"))
    standin.clear_payment(paid.id)

    assert [each.status for each in client.bills.list_payments(owed.id)] == [ClearingStatus.CLEARED]
    with pytest.raises(BadRequestError, match="uncleared"):
        client.bills.delete_payment(owed.id, paid.id)
    with pytest.raises(KeyError):
        standin.clear_payment("none")


def test_a_payment_belongs_to_its_bill(client: Client) -> None:
    first, second = client.bills.create(BILL), client.bills.create(BILL)
    paid = client.bills.create_payment(first.id, payment("10.00"))
    with pytest.raises(NotFoundError):
        client.bills.delete_payment(second.id, paid.id)


def test_a_bill_with_a_payment_stays_and_shrinks_no_further(client: Client) -> None:
    owed = client.bills.create(BILL)
    paid = client.bills.create_payment(owed.id, payment("40.00"))

    for wrong in (item("39.99"), item("100.00", "EUR")):
        with pytest.raises(BadRequestError, match="settled"):
            client.bills.update(owed.id, bill_update(wrong))
    with pytest.raises(BadRequestError, match="unpaid"):
        client.bills.delete(owed.id)
    assert client.bills.update(owed.id, bill_update(item("40.00"))).status is BillStatus.PAID
    client.bills.delete_payment(owed.id, paid.id)
    client.bills.delete(owed.id)


def test_a_foreign_bill_is_paid_at_its_own_rate(standin: StandIn, client: Client) -> None:
    asked = attrs.evolve(bill(item("10.00", "EUR")), exchange_rate=EUR_TO_USD)
    owed = client.bills.create(asked)
    paid = client.bills.create_payment(owed.id, payment("10.00", "EUR"))

    assert [each.local for each in standin.ledger.of(paid.id)] == [Money(Decimal("10.84"), "USD")] * 2
    assert standin.ledger.balance(PAYABLES) == 0


def test_lines_are_converted_as_one_sum(standin: StandIn, client: Client) -> None:
    asked = attrs.evolve(
        bill(item("0.004", "BHD"), item("0.004", "BHD"), item("-0.007", "BHD")),
        exchange_rate=attrs.evolve(EUR_TO_USD, base="BHD", rate=Decimal(1)),
    )
    made = client.bills.create(asked)
    local = [posting.debit for posting in standin.ledger.of(made.id)]
    assert local == [Decimal("0.00"), Decimal("0.01"), Decimal("-0.01"), Decimal("0.00")]


@pytest.mark.parametrize(
    "asked",
    [
        attrs.evolve(BILL, items=[]),
        attrs.evolve(BILL, vendor_id="nobody"),
        attrs.evolve(BILL, subsidiary_id="nowhere"),
        attrs.evolve(BILL, impact_date=DAY - timedelta(days=60)),
        bill(item("1.00"), item("1.00", "EUR")),
    ],
)
def test_bills_are_checked(standin: StandIn, client: Client, asked: NewBill) -> None:
    standin.close_books(DAY - timedelta(days=30))
    with pytest.raises(BadRequestError):
        client.bills.create(asked)
    assert (standin.bills, standin.ledger.postings) == ((), ())


@pytest.mark.parametrize("asked", [bill_update(), bill_update(item("1.00"), item("1.00", "EUR"))])
def test_a_refused_update_changes_nothing(standin: StandIn, client: Client, asked: BillUpdate) -> None:
    owed = client.bills.create(BILL)
    before = standin.ledger.postings
    with pytest.raises(BadRequestError):
        client.bills.update(owed.id, asked)
    assert (standin.bills, standin.ledger.postings) == ((owed,), before)


def test_closed_books_keep_their_bills(standin: StandIn, client: Client) -> None:
    owed = client.bills.create(BILL)
    paid = client.bills.create_payment(owed.id, payment("40.00"))
    standin.close_books(DAY)
    later = attrs.evolve(bill_update(item("50.00")), impact_date=DAY + timedelta(days=1))

    with pytest.raises(BadRequestError, match="closed"):
        client.bills.update(owed.id, later)
    with pytest.raises(BadRequestError, match="closed"):
        client.bills.delete_payment(owed.id, paid.id)
    with pytest.raises(BadRequestError, match="closed"):
        client.bills.create_payment(owed.id, payment("1.00"))


def test_without_a_payable_account_there_are_no_bills() -> None:
    chart = [each for each in books().accounts if each.code != PAYABLES]
    client = StandIn(subsidiaries=[AMERICA], accounts=chart, vendors=[HOTEL]).client()
    with pytest.raises(BadRequestError, match="Accounts Payable"):
        client.bills.create(BILL)
