"""The stand-in's vendor credits, and the bills that they are applied to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import attrs

from clientkit.money import total
from rillet.ledger.subsidiaries import Subsidiary
from rillet.payables.vendor_credits import (
    NewVendorCredit,
    NewVendorCreditApplication,
    NewVendorCreditItem,
    VendorCredit,
    VendorCreditApplication,
    VendorCreditItem,
    VendorCreditStatus,
    VendorCreditUpdate,
)
from rillet.testing.ledger.books import Books, Line
from rillet.testing.payables.bills import PAYABLE, BillEndpoints
from rillet.testing.payables.expense_lines import Expenses, amounts, debited, sum_of
from rillet.testing.payables.payments import check_portion
from rillet.testing.server.collection import Collection
from rillet.testing.server.routing import Call, Route, invalid
from rillet.testing.server.wire_forms import with_lists
from rillet.values import Money


@attrs.frozen(kw_only=True)
class _Applications:
    applications: Sequence[NewVendorCreditApplication]


class VendorCreditEndpoints:
    """Vendor credits: the opposite of bills, whose accounts payable they reduce.

    Applications are added to earlier ones. Applying posts nothing, because credit and bill stand on one account; both
    get the status that the sums make.
    """

    def __init__(self, books: Books, expenses: Expenses, bills: BillEndpoints) -> None:
        self._books, self._expenses, self._bills = books, expenses, bills
        self.credits = Collection[VendorCredit]("Vendor credit", "vendor_credits", with_lists, books.now)

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/vendor-credits", self._list)
        yield Route("POST", "/vendor-credits", self._create)
        yield Route("GET", "/vendor-credits/{vendor_credit_id}", self._get)
        yield Route("PUT", "/vendor-credits/{vendor_credit_id}", self._update)
        yield Route("DELETE", "/vendor-credits/{vendor_credit_id}", self._delete)
        yield Route("POST", "/vendor-credits/{vendor_credit_id}/applications", self._apply)

    def _found(self, call: Call) -> VendorCredit:
        return self.credits.get(call.ids["vendor_credit_id"])

    def _list(self, call: Call) -> object:
        vendor, subsidiary = call.asked.one("vendor_id"), call.asked.one("subsidiary_id")
        return self.credits.page(
            call, lambda each: vendor in {None, each.vendor_id} and subsidiary in {None, each.subsidiary_id}
        )

    def _get(self, call: Call) -> object:
        return with_lists(self._found(call))

    def _create(self, call: Call) -> object:
        asked = call.body(NewVendorCredit)
        return self._posted(self._books.new_id(), asked, self._books.subsidiary(asked.subsidiary_id), ())

    def _update(self, call: Call) -> object:
        credit = self._found(call)
        asked = call.body(VendorCreditUpdate)
        applied = credit.applied_amount
        if applied.amount and asked.line_items:
            granted = sum_of(asked.line_items)
            if granted.currency != applied.currency or granted.amount < applied.amount:
                raise invalid(f"{applied} of the vendor credit has been applied", "line_items")
        for posting in self._books.ledger.of(credit.id):
            self._books.check_open(posting.date)
        return self._posted(credit.id, asked, self._books.subsidiary(credit.subsidiary_id), credit.applications)

    def _posted(
        self,
        credit_id: str,
        asked: NewVendorCredit | VendorCreditUpdate,
        subsidiary: Subsidiary,
        applications: tuple[VendorCreditApplication, ...],
    ) -> object:
        books = self._books
        if not asked.line_items:
            raise invalid("line_items must not be empty", "line_items")
        self._expenses.check_vendor(asked.vendor_id)
        books.check_rounded(amounts("line_items", asked.line_items))
        lines = list[Line]()
        for index, item in enumerate(asked.line_items):
            account = books.account(item.account_code, f"line_items[{index}].account_code")
            books.check_assignments(item.fields, f"line_items[{index}].fields", expense=True)
            lines += (
                attrs.evolve(line, amount=Money(-line.amount.amount, line.amount.currency))
                for line in self._expenses.lines(item, account, f"line_items[{index}].tax_rate")
            )
        payable = books.account_of(PAYABLE)
        day = asked.gl_impact_date
        # Vendor credits have no exchange rate in the API, so one in a foreign currency is refused there.
        books.post(credit_id, lines, against=payable, subsidiary=subsidiary, day=day, exchange_rate=None)
        whole = sum_of(asked.line_items)
        return self._put(
            VendorCredit(
                id=credit_id,
                vendor_id=asked.vendor_id,
                credit_number=asked.credit_number,
                gl_impact_date=day,
                line_items=tuple(self._item(item) for item in asked.line_items),
                status=VendorCreditStatus.UNAPPLIED,
                applied_amount=whole,
                remaining_amount=whole,
                amount=whole,
                memo=asked.memo,
                applications=applications,
                organization_id=books.organization.id,
                subsidiary_id=subsidiary.id,
                date=asked.date,
            )
        )

    def _item(self, item: NewVendorCreditItem) -> VendorCreditItem:
        gross, tax = debited(item), item.tax_rate
        taxed = tax.tax_amount if tax is not None else Money(Decimal(0), gross.currency)
        return VendorCreditItem(
            id=self._books.new_id(),
            account_code=item.account_code,
            amount=item.amount,
            description=item.description,
            tax_rate=tax,
            fields=tuple(item.fields),
            net_amount=Money(gross.amount - taxed.amount, gross.currency),
            tax_amount=taxed,
        )

    def _apply(self, call: Call) -> object:
        credit = self._found(call)
        asked = call.body(_Applications).applications
        if not asked:
            raise invalid("applications must not be empty", "applications")
        if len({each.bill_id for each in asked}) < len(asked):
            raise invalid("A bill must be named once", "applications")
        left = credit.remaining_amount
        for index, each in enumerate(asked):
            self._check(credit, each, left, f"applications[{index}]")
            left = Money(left.amount - each.amount.amount, left.currency)
        made = [self._application(credit, each) for each in asked]
        for application in made:
            self._bills.applications[application.id] = application
            self._bills.settle(application.bill_id)
        return self._put(attrs.evolve(credit, applications=(*credit.applications, *made)))

    def _check(self, credit: VendorCredit, asked: NewVendorCreditApplication, left: Money, where: str) -> None:
        if asked.bill_id not in self._bills.bills:
            raise invalid(f"Bill {asked.bill_id} not found", f"{where}.bill_id")
        bill = self._bills.bills.get(asked.bill_id)
        if (bill.vendor_id, bill.subsidiary_id) != (credit.vendor_id, credit.subsidiary_id):
            raise invalid("Bill and vendor credit must have one vendor and one subsidiary", f"{where}.bill_id")
        self._books.check_rounded([(f"{where}.amount", asked.amount)])
        for available in (left, self._bills.open_amount(bill)):
            check_portion(asked.amount, available, f"{where}.amount")

    def _application(self, credit: VendorCredit, asked: NewVendorCreditApplication) -> VendorCreditApplication:
        return VendorCreditApplication(
            id=self._books.new_id(),
            vendor_credit_id=credit.id,
            bill_id=asked.bill_id,
            amount=asked.amount,
            application_date=self._books.now().date(),
            bill_number=self._bills.bills.get(asked.bill_id).expense_number,
        )

    def _delete(self, call: Call) -> object:
        credit = self._found(call)
        if credit.applications:
            raise invalid("Only unapplied vendor credits can be deleted")
        self._books.take_back(credit.id)
        self.credits.remove(credit.id)
        return None

    def _put(self, credit: VendorCredit) -> object:
        """Keep a credit with the sums and the status that its applications make."""
        whole = sum_of(credit.line_items)
        applied = total(each.amount.amount for each in credit.applications)
        left = whole.amount - applied
        status = VendorCreditStatus.PARTIALLY_APPLIED if left else VendorCreditStatus.APPLIED
        return self.credits.put(
            attrs.evolve(
                credit,
                status=status if applied else VendorCreditStatus.UNAPPLIED,
                applied_amount=Money(applied, whole.currency),
                remaining_amount=Money(left, whole.currency),
                updated_at=self._books.now(),
            )
        )
