"""What charges, reimbursements and bills have in common: how their lines are checked and posted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from clientkit.money import total
from rillet.ledger.accounts import Account
from rillet.ledger.subsidiaries import Subsidiary
from rillet.payables.bills import BillUpdate, NewBill
from rillet.payables.charges import NewCharge
from rillet.payables.items import ExpenseItem, NewExpenseItem
from rillet.payables.reimbursements import NewReimbursement
from rillet.payables.vendor_credits import NewVendorCreditItem, VendorCreditItem
from rillet.payables.vendors import Vendor
from rillet.testing.ledger.books import Books, Line
from rillet.testing.server.collection import Collection
from rillet.testing.server.routing import invalid
from rillet.values import Money, TaxCoverage, TaxType

NewExpense: TypeAlias = NewCharge | NewReimbursement | NewBill | BillUpdate
TaxedLine: TypeAlias = NewExpenseItem | ExpenseItem | NewVendorCreditItem | VendorCreditItem


#: The subtype of the account that Rillet posts VAT to.
SALES_TAX = "Sales Tax Liability"


class Expenses:
    """The rules of what vendors are owed for.

    VAT is parted off a line, onto the account that journal entries have it on, and a sales tax stays on the account of
    the line. That Rillet does so is not documented.
    """

    def __init__(self, books: Books, vendors: Collection[Vendor]) -> None:
        self._books, self._vendors = books, vendors

    def post(
        self, document_id: str, asked: NewExpense, *, against: Account, subsidiary: Subsidiary, day: date
    ) -> tuple[ExpenseItem, ...]:
        """Check a document, debit its lines and credit `against`; the lines as they were posted."""
        books = self._books
        if not asked.items:
            raise invalid("items must not be empty", "items")
        books.check_references(asked.external_references)
        self.check_vendor(asked.vendor_id)
        books.check_rounded(amounts("items", asked.items))
        lines = list[Line]()
        for index, item in enumerate(asked.items):
            account = books.account(item.account_code, f"items[{index}].account_code")
            books.check_assignments(item.fields, f"items[{index}].fields", expense=True)
            lines += self.lines(item, account, f"items[{index}].tax_rate")
        books.post(
            document_id, lines, against=against, subsidiary=subsidiary, day=day, exchange_rate=asked.exchange_rate
        )
        return tuple(self._item(item) for item in asked.items)

    def lines(self, item: TaxedLine, account: Account, where: str) -> Iterator[Line]:
        """What a line debits: its account, and that of its VAT."""
        cost, tax = debited(item, where), item.tax_rate
        vat = tax.tax_amount if tax is not None and tax.type is TaxType.VAT else Money(Decimal(0), cost.currency)
        net = Money(total((cost.amount, -vat.amount)), cost.currency)
        yield Line(account=account, amount=net, fields=tuple(item.fields))
        if vat.amount:
            yield Line(account=self._books.account_of(SALES_TAX, where), amount=vat)

    def check_vendor(self, vendor_id: str) -> None:
        """Refuse a vendor that does not exist."""
        if vendor_id not in self._vendors:
            raise invalid(f"Vendor {vendor_id} not found", "vendor_id")

    def _item(self, item: NewExpenseItem) -> ExpenseItem:
        return ExpenseItem(
            id=self._books.new_id(),
            account_code=item.account_code,
            amount=item.amount,
            description=item.description,
            tax_rate=item.tax_rate,
            service_period=item.service_period,
            fields=tuple(item.fields),
        )


def amounts(where: str, items: Sequence[TaxedLine]) -> Iterator[tuple[str, Money]]:
    """Every amount of the lines that stand under the name `where`, and its place."""
    for index, item in enumerate(items):
        yield f"{where}[{index}].amount", item.amount
        if item.tax_rate is not None:
            yield f"{where}[{index}].tax_rate.tax_amount", item.tax_rate.tax_amount


def debited(item: TaxedLine, where: str = "items") -> Money:
    """What a line costs, with a tax that is on top of its amount."""
    tax = item.tax_rate
    if tax is None:
        return item.amount
    if tax.tax_amount.currency != item.amount.currency:
        raise invalid(f"The tax must be in {item.amount.currency}", where)
    extra = tax.tax_amount.amount if tax.coverage is TaxCoverage.EXCLUSIVE else Decimal(0)
    return Money(item.amount.amount + extra, item.amount.currency)


def sum_of(items: Sequence[TaxedLine]) -> Money:
    """What lines that were posted cost together."""
    return Money(total(debited(item).amount for item in items), items[0].amount.currency)
