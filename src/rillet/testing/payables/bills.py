"""The stand-in's bills: what is owed to vendors, and how payments and vendor credits settle it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import attrs

from clientkit.money import total
from rillet.ledger.subsidiaries import Subsidiary
from rillet.payables.bills import Bill, BillStatus, BillUpdate, NewBill
from rillet.payables.payments import NewPayment
from rillet.payables.vendor_credits import VendorCreditApplication
from rillet.testing.ledger.books import Books
from rillet.testing.payables.expense_lines import Expenses, sum_of
from rillet.testing.payables.payments import Payments
from rillet.testing.server.attachments import Attachments
from rillet.testing.server.collection import Collection
from rillet.testing.server.routing import Call, Route, invalid
from rillet.testing.server.wire_forms import show_document
from rillet.values import Money
from rillet.webhooks import Entity, EventType

#: The subtype of the account that Rillet credits with bills.
PAYABLE = "Accounts Payable"


class BillEndpoints:
    """Bills, their payments and documents.

    The status follows from what has settled the bill: payments alone make it paid, vendor credits alone credited, both
    together applied; a bill with a payment that is not settled yet is partially paid. Rillet lists the values; which
    one means what is the stand-in's reading.
    """

    def __init__(self, books: Books, expenses: Expenses, attachments: Attachments) -> None:
        self._books, self._expenses, self._attachments = books, expenses, attachments
        self.bills = Collection[Bill]("Bill", "bills", _show, books.now)
        self.payments = Payments(books, "bill_id", cash_only=True)
        self.applications = dict[str, VendorCreditApplication]()

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/bills", self._list)
        yield Route("POST", "/bills", self._create)
        yield Route("GET", "/bills/{bill_id}", self._get)
        yield Route("PUT", "/bills/{bill_id}", self._update)
        yield Route("POST", "/bills/{bill_id}", self._upload)
        yield Route("DELETE", "/bills/{bill_id}", self._delete)
        yield Route("GET", "/bills/{bill_id}/payments", self._list_payments)
        yield Route("POST", "/bills/{bill_id}/payments", self._create_payment)
        yield Route("DELETE", "/bills/{bill_id}/payments/{payment_id}", self._delete_payment)

    def open_amount(self, bill: Bill) -> Money:
        """What of a bill is not settled yet."""
        owed = sum_of(bill.items)
        return Money(owed.amount - self.payments.paid(bill.id) - self._credited(bill.id), owed.currency)

    def settle(self, bill_id: str) -> None:
        """Give a bill the status that its payments and credits make; it counts as changed."""
        bill = self.bills.get(bill_id)
        status = _status(self.open_amount(bill).amount, self.payments.paid(bill_id), self._credited(bill_id))
        self._put(attrs.evolve(bill, status=status), EventType.UPDATED)

    def subsidiary(self, bill: Bill) -> Subsidiary:
        """The subsidiary that owes a bill."""
        return self._books.subsidiary(bill.subsidiary_id)

    def _list(self, call: Call) -> object:
        wanted = {
            name: value
            for name in ("subsidiary_id", "vendor_id", "status")
            if (value := call.asked.one(name)) is not None
        }
        if "status" in wanted and wanted["status"] not in list(BillStatus):
            raise invalid(f"{wanted['status']} is not a status", "status")
        return self.bills.page(call, lambda bill: all(getattr(bill, name) == each for name, each in wanted.items()))

    def _get(self, call: Call) -> object:
        return _show(self.bills.get(call.ids["bill_id"]))

    def _create(self, call: Call) -> object:
        asked = call.body(NewBill)
        return self._posted(self._books.new_id(), asked, self._books.subsidiary(asked.subsidiary_id), EventType.CREATED)

    def _update(self, call: Call) -> object:
        """The bill as asked and nothing else; one that is settled in part may change as long as that part fits in."""
        bill = self.bills.get(call.ids["bill_id"])
        asked = call.body(BillUpdate)
        if not asked.items:
            raise invalid("items must not be empty", "items")
        owed = sum_of(asked.items)
        settled = self.payments.paid(bill.id) + self._credited(bill.id)
        if settled and (settled > owed.amount or owed.currency != sum_of(bill.items).currency):
            raise invalid(f"{settled} of the bill has been settled", "items")
        for posting in self._books.ledger.of(bill.id):
            self._books.check_open(posting.date)
        return self._posted(bill.id, asked, self.subsidiary(bill), EventType.UPDATED)

    def _posted(self, bill_id: str, asked: NewBill | BillUpdate, subsidiary: Subsidiary, event: EventType) -> object:
        day = asked.impact_date or asked.bill_date
        payable = self._books.account_of(PAYABLE)
        items = self._expenses.post(bill_id, asked, against=payable, subsidiary=subsidiary, day=day)
        bill = Bill(
            id=bill_id,
            vendor_id=asked.vendor_id,
            expense_number=asked.expense_number,
            items=items,
            bill_date=asked.bill_date,
            due_date=asked.due_date,
            status=BillStatus.UNPAID,
            impact_date=day,
            subsidiary_id=subsidiary.id,
            external_references=tuple(asked.external_references),
            exchange_rate=asked.exchange_rate,
        )
        status = _status(self.open_amount(bill).amount, self.payments.paid(bill_id), self._credited(bill_id))
        return self._put(attrs.evolve(bill, status=status), event)

    def _delete(self, call: Call) -> object:
        bill = self.bills.get(call.ids["bill_id"])
        if self.payments.of(bill.id) or self._credited(bill.id):
            raise invalid("Only unpaid bills can be deleted")
        self._books.take_back(bill.id)
        self.bills.remove(bill.id)
        self._books.emit(Entity.BILL, EventType.DELETED, bill.id)
        return None

    def _upload(self, call: Call) -> object:
        self._attachments.keep(call, self.bills.get(call.ids["bill_id"]).id)
        return None

    def _list_payments(self, call: Call) -> object:
        return self.payments.whole(self.bills.get(call.ids["bill_id"]).id)

    def _create_payment(self, call: Call) -> object:
        bill = self.bills.get(call.ids["bill_id"])
        payment = self.payments.record(
            bill.id,
            call.body(NewPayment),
            open_amount=self.open_amount(bill),
            payable=self._books.account_of(PAYABLE),
            subsidiary=self.subsidiary(bill),
            exchange_rate=bill.exchange_rate,
        )
        self.settle(bill.id)
        return self.payments.show(payment)

    def _delete_payment(self, call: Call) -> object:
        bill = self.bills.get(call.ids["bill_id"])
        self.payments.remove(bill.id, call.ids["payment_id"])
        self.settle(bill.id)
        return None

    def _credited(self, bill_id: str) -> Decimal:
        return total(each.amount.amount for each in self.applications.values() if each.bill_id == bill_id)

    def _put(self, bill: Bill, event: EventType) -> object:
        shown = self.bills.put(attrs.evolve(bill, updated_at=self._books.now()))
        self._books.emit(Entity.BILL, event, shown)
        return shown


def _status(left: Decimal, paid: Decimal, credited: Decimal) -> BillStatus:
    if not paid and not credited:
        return BillStatus.UNPAID
    if left:
        return BillStatus.PARTIALLY_PAID if paid else BillStatus.PARTIALLY_CREDITED
    if paid and credited:
        return BillStatus.APPLIED
    return BillStatus.PAID if paid else BillStatus.CREDITED


def _show(bill: Bill) -> dict[str, object]:
    return show_document(bill, bill.items)
