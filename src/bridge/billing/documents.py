"""What becomes of invoices, credit notes, customers and products in Rillet.

Each refers to the billing system twice: by the plain id, for people and other programs, and by a mark such as
``invoice:in_1 v1767225600 1f0c9a77be21``, by which the sync tells what it has posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Self

import attrs
from typing_extensions import override

from brex_accounting import Amount, Side
from bridge.billing.forms import (
    CREDIT_MEMOS,
    INVOICES,
    form_of_credit_memo,
    form_of_invoice,
)
from bridge.billing.settings import Scope
from bridge.billing.values import Customer, Product
from bridge.documents.form import Form, FormLine
from bridge.documents.protocol import Document, Found, PlannedVendor
from bridge.master_data import Rate
from bridge.postings import Posting
from clientkit.money import product, rounded, total
from clientkit.requests import Request
from rillet import (
    CreditMemoItemPrice,
    CreditMemoOperations,
    ExchangeRate,
    ExternalReference,
    InvoiceItemPrice,
    InvoiceOperations,
    ItemRevenue,
    ItemTax,
    Money,
    NewCreditMemo,
    NewCreditMemoItem,
    NewExternalInvoiceItem,
    NewFullInvoice,
    NewInvoiceItem,
    NewRevenueRecognitionOnlyInvoice,
    Period,
)

INVOICE, CREDIT_NOTE, CUSTOMER, PRODUCT, APPLICATION = "invoice", "credit-note", "customer", "product", "application"


def subject_of(what: str, billing_id: str) -> str:
    """How the journal and the marks call something of the billing system."""
    return f"{what}:{billing_id}"


@attrs.frozen(kw_only=True)
class Source:
    """What a document is made for: something of the billing system (`what`, `id`) as it was in a `version`."""

    what: str
    id: str
    version: int
    reference_type: str
    link: str | None = None

    @property
    def subject(self) -> str:
        """How the journal calls it."""
        return subject_of(self.what, self.id)

    def references(self, digest: str) -> tuple[ExternalReference, ...]:
        """The plain reference with the link, and the mark."""
        plain = ExternalReference(type=self.reference_type, id=self.id, url=self.link)
        return plain, ExternalReference(type=self.reference_type, id=f"{self.subject} v{self.version} {digest}")


@attrs.frozen(kw_only=True)
class PlannedCustomer:
    """A customer that has to be created first."""

    customer: Customer

    @property
    def id(self) -> str:
        """What stands for its id until it is there."""
        return f"new:{self.customer.id}"


@attrs.frozen(kw_only=True)
class PlannedProduct:
    """A product that has to be created first: with the fixed price `amount` every `months`, earning on `account_code`."""

    product: Product
    amount: Decimal
    currency: str
    months: int
    account_code: str

    @property
    def id(self) -> str:
        """What stands for its id until it is there."""
        return f"new:{self.product.id}"


@attrs.frozen(kw_only=True)
class SoldLine:
    """One line as Rillet gets it: `net` and `tax` in the document's currency; `rate` is the tax rate, where one is known."""

    description: str
    product: str | PlannedProduct
    account_code: str
    net: Decimal
    tax: Decimal
    quantity: Decimal
    start: date
    end: date
    unit_price: Decimal | None = None
    rate: ItemTax | None = None

    @property
    def product_id(self) -> str:
        """The product in Rillet."""
        return self.product if isinstance(self.product, str) else self.product.id

    @property
    def revenue(self) -> ItemRevenue:
        """Over which days and on which account it earns."""
        return ItemRevenue(period=Period(start=self.start, end=self.end), account_code=self.account_code)

    def priced(self, currency: str) -> tuple[Decimal, Money]:
        """A quantity and a price that come to `net`: those of the billing system, or else one of the whole."""
        price = self.unit_price
        if price is None or self.quantity <= 0 or rounded(product(self.quantity, price), currency) != self.net:
            return Decimal(1), Money(self.net, currency)
        return self.quantity, Money(price, currency)


class Sale:
    """What the documents here have in common: the engine's vendors and correcting entries are not for them."""

    def with_vendor(self, vendor: str | PlannedVendor, /) -> Self:
        """The same: a customer is created before its invoices are looked at."""
        del vendor
        return self

    def spent(self) -> tuple[Amount, ...]:
        """Nothing."""
        return ()

    def postings(self) -> tuple[Posting, ...]:
        """Nothing moves."""
        return ()

    def replace(self, present: Found) -> Request[Any]:
        """Raises `TypeError`: Rillet does not change amounts of an invoice that another system sent."""
        raise TypeError(f"{present.ref} is not replaced")

    def corrected(self, base: Form, corrections: Sequence[Form]) -> Form | None:
        """Nothing: there are no correcting entries."""
        del base, corrections
        return None

    def correction(self, lines: tuple[FormLine, ...], day: date) -> Document | None:
        """Nothing: a journal entry would leave what the customer owes as it was. The billing system issues credit notes."""
        del lines, day
        return None


@attrs.frozen(kw_only=True)
class Sold(Sale):
    """What invoices and credit memos have in common. `receivable_account` and `tax_account` are codes, for the postings alone."""

    source: Source
    customer: str | PlannedCustomer
    subsidiary_id: str
    currency: str
    lines: tuple[SoldLine, ...]
    impact_date: date
    receivable_account: str
    tax_account: str
    exchange_rate: Rate | None = None

    @property
    def party(self) -> str:
        """The customer's id in Rillet."""
        return self.customer if isinstance(self.customer, str) else self.customer.id

    @property
    def total(self) -> Decimal:
        """What it comes to, with taxes."""
        return total(amount for each in self.lines for amount in (each.net, each.tax))

    @property
    def planned_products(self) -> tuple[PlannedProduct, ...]:
        """The products that have to be created first."""
        return tuple(each.product for each in self.lines if isinstance(each.product, PlannedProduct))

    @property
    def is_planned(self) -> bool:
        """Whether something has to be created first."""
        return isinstance(self.customer, PlannedCustomer) or bool(self.planned_products)

    def _rate(self) -> ExchangeRate | None:
        rate = self.exchange_rate
        return (
            None if rate is None else ExchangeRate(base=rate.base, target=rate.target, rate=rate.rate, date=rate.date)
        )

    def _postings(self, sign: int) -> tuple[Posting, ...]:
        amounts = [(each.account_code, each.net.copy_negate()) for each in self.lines]
        amounts += [(self.tax_account, each.tax.copy_negate()) for each in self.lines]
        amounts.append((self.receivable_account, self.total))
        return tuple(
            Posting(
                account=account,
                side=Side.DEBIT if (amount > 0) == (sign > 0) else Side.CREDIT,
                amount=amount.copy_abs(),
                currency=self.currency,
            )
            for account, amount in amounts
            if amount
        )


@attrs.frozen(kw_only=True)
class InvoiceDocument(Sold):
    """An invoice in one of the two scopes; only one that Rillet does not number has a `number`."""

    kind: str = attrs.field(default=INVOICES, init=False)
    noun: str = attrs.field(default="invoice", init=False)

    scope: Scope
    number: str
    due: date | None = None

    @property
    def payload(self) -> NewRevenueRecognitionOnlyInvoice | NewFullInvoice:
        """What Rillet gets; customers and products that have to be created are ``new:`` and their ids."""
        content = self._content()
        references = self.source.references(form_of_invoice(content).digest())
        return attrs.evolve(content, external_references=references)

    @override
    def postings(self) -> tuple[Posting, ...]:
        """The receivable is debited, revenue and taxes are credited."""
        return self._postings(1)

    def form(self) -> Form:
        """The canonical form."""
        return form_of_invoice(self._content())

    def create(self) -> Request[Any]:
        """The request that posts it."""
        return InvoiceOperations.create.build(self.payload)

    def _content(self) -> NewRevenueRecognitionOnlyInvoice | NewFullInvoice:
        if self.scope is Scope.FULL:
            return NewFullInvoice(
                customer_id=self.party,
                subsidiary_id=self.subsidiary_id,
                items=tuple(self._priced(each) for each in self.lines),
                due_date=self.due,
                invoice_date=self.impact_date,
                memo=f"Invoice {self.number}",
                exchange_rate=self._rate(),
            )
        return NewRevenueRecognitionOnlyInvoice(
            customer_id=self.party,
            due_date=self.due,
            invoice_date=self.impact_date,
            invoice_number=self.number,
            items=tuple(self._external(each) for each in self.lines),
            external_references=(),
            subsidiary_id=self.subsidiary_id,
            exchange_rate=self._rate(),
        )

    def _priced(self, line: SoldLine) -> NewInvoiceItem:
        quantity, price = line.priced(self.currency)
        return NewInvoiceItem(
            description=line.description,
            price=InvoiceItemPrice(product_id=line.product_id, quantity=quantity, amount_per_unit=price),
            revenue=line.revenue,
            tax_rate=_taxed(line, self.currency),
        )

    def _external(self, line: SoldLine) -> NewExternalInvoiceItem:
        return NewExternalInvoiceItem(
            product_id=line.product_id,
            description=line.description,
            quantity=line.quantity if line.quantity > 0 else Decimal(1),
            total_amount=Money(total((line.net, line.tax)), self.currency),
            tax_amount=Money(line.tax, self.currency),
            revenue=line.revenue,
        )


@attrs.frozen(kw_only=True)
class CreditMemoDocument(Sold):
    """A credit memo; `applies_to` is the billing system's invoice that it pays, with `applied`, if there is one."""

    kind: str = attrs.field(default=CREDIT_MEMOS, init=False)
    noun: str = attrs.field(default="credit memo", init=False)

    number: str
    applies_to: str | None = None
    applied: Decimal = Decimal(0)

    @property
    def payload(self) -> NewCreditMemo:
        """What Rillet gets."""
        content = self._content()
        references = self.source.references(form_of_credit_memo(content).digest())
        return attrs.evolve(content, external_references=references)

    @override
    def postings(self) -> tuple[Posting, ...]:
        """Revenue and taxes are debited, the receivable is credited."""
        return self._postings(-1)

    def form(self) -> Form:
        """The canonical form."""
        return form_of_credit_memo(self._content())

    def create(self) -> Request[Any]:
        """The request that posts it."""
        return CreditMemoOperations.create.build(self.payload)

    def _content(self) -> NewCreditMemo:
        return NewCreditMemo(
            credit_memo_number=self.number,
            customer_id=self.party,
            subsidiary_id=self.subsidiary_id,
            credit_memo_date=self.impact_date,
            items=tuple(self._item(each) for each in self.lines),
            exchange_rate=self._rate(),
        )

    def _item(self, line: SoldLine) -> NewCreditMemoItem:
        quantity, price = line.priced(self.currency)
        return NewCreditMemoItem(
            description=line.description,
            price=CreditMemoItemPrice(product_id=line.product_id, quantity=quantity, amount_per_unit=price),
            revenue=line.revenue,
            tax_rate=_taxed(line, self.currency),
        )


def _taxed(line: SoldLine, currency: str) -> ItemTax | None:
    return None if line.rate is None else attrs.evolve(line.rate, tax_amount=Money(line.tax, currency))
