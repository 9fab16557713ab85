"""The stand-in's credit memos, and which invoices they pay.

Where Rillet's documents are silent: an application needs an invoice of the same customer, subsidiary and currency, and
can exceed neither what is due of it nor the credit memo; an applied credit memo cannot be deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import attrs

from clientkit.money import total
from rillet.receivables.credit_memos import (
    CreditMemo,
    CreditMemoApplication,
    CreditMemoItem,
    CreditMemoStatus,
    CreditMemoUpdate,
    NewCreditMemo,
    NewCreditMemoApplication,
    NewCreditMemoItem,
)
from rillet.receivables.items import TaxesUpdate
from rillet.testing.payables.payments import check_portion
from rillet.testing.receivables.amounts import line_amounts, one_currency, summed
from rillet.testing.receivables.books import ReceivablesBooks, by_query
from rillet.testing.receivables.invoice_lines import taxes_of
from rillet.testing.server.routing import Call, Route, invalid
from rillet.values import Money
from rillet.webhooks import Entity, EventType


@attrs.frozen(kw_only=True)
class _Applications:
    applications: Sequence[NewCreditMemoApplication]


class CreditMemoEndpoints:
    """What customers have to pay less."""

    def __init__(self, receivables: ReceivablesBooks) -> None:
        self._receivables, self._books, self._memos = receivables, receivables.books, receivables.credit_memos
        self._numbered = 0

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/credit-memos", self._list)
        yield Route("POST", "/credit-memos", self._create)
        yield Route("GET", "/credit-memos/{credit_memo_id}", self._get)
        yield Route("PUT", "/credit-memos/{credit_memo_id}", self._update)
        yield Route("DELETE", "/credit-memos/{credit_memo_id}", self._delete)
        yield Route("POST", "/credit-memos/{credit_memo_id}/taxes", self._update_taxes)
        yield Route("POST", "/credit-memos/{credit_memo_id}/applications", self._apply)
        yield Route("DELETE", "/credit-memos/{credit_memo_id}/applications", self._delete_applications)

    def _list(self, call: Call) -> object:
        return self._memos.page(call, by_query(call, subsidiary_id="subsidiary_id"))

    def _get(self, call: Call) -> object:
        return self._memos.show(self._memos.get(call.ids["credit_memo_id"]))

    def _create(self, call: Call) -> object:
        asked = call.body(NewCreditMemo)
        self._books.check_references(asked.external_references)
        customer, subsidiary = (
            self._receivables.customer(asked.customer_id),
            self._books.subsidiary(asked.subsidiary_id),
        )
        items = self._items(asked.items, asked.credit_memo_date)
        nothing = Money(Decimal(0), one_currency([item.total_amount for item in items], "items"))
        self._numbered += 1
        bare = CreditMemo(
            id=self._books.new_id(),
            subsidiary_id=subsidiary.id,
            credit_memo_number=asked.credit_memo_number or f"CM{self._numbered:02}",
            customer_id=customer.id,
            items=(),
            credit_memo_date=asked.credit_memo_date,
            address=customer.address,
            status=CreditMemoStatus.UNAPPLIED,
            net_amount=nothing,
            total=nothing,
            applied_amount=nothing,
            remaining_amount=nothing,
            exchange_rate=asked.exchange_rate,
            taxed_amount=nothing,
            external_references=tuple(asked.external_references),
        )
        return self._put(attrs.evolve(bare, items=items))

    def _update(self, call: Call) -> object:
        memo, asked = self._memos.get(call.ids["credit_memo_id"]), call.body(CreditMemoUpdate)
        self._books.check_references(asked.external_references)
        self._books.check_open(memo.credit_memo_date)
        items = self._items(asked.items, asked.credit_memo_date)
        one_currency([memo.total, *(item.total_amount for item in items)], "items")
        return self._put(
            attrs.evolve(
                memo,
                items=items,
                credit_memo_date=asked.credit_memo_date,
                external_references=tuple(asked.external_references),
            )
        )

    def _delete(self, call: Call) -> object:
        memo = self._memos.get(call.ids["credit_memo_id"])
        if memo.applications:
            raise invalid(f"Credit memo {memo.credit_memo_number} is applied to invoices")
        self._books.take_back(memo.id)
        self._memos.remove(memo.id)
        self._books.emit(Entity.CREDIT_MEMO, EventType.DELETED, memo.id)
        return None

    def _update_taxes(self, call: Call) -> object:
        memo = self._memos.get(call.ids["credit_memo_id"])
        taxes = taxes_of(call.body(TaxesUpdate), [item.id for item in memo.items], memo.total.currency)
        self._books.check_open(memo.credit_memo_date)
        items = tuple(_taxed(item, taxes[item.id]) if item.id in taxes else item for item in memo.items)
        return self._put(attrs.evolve(memo, items=items))

    def _apply(self, call: Call) -> object:
        memo, asked = self._memos.get(call.ids["credit_memo_id"]), call.body(_Applications).applications
        if not asked:
            raise invalid("applications must not be empty", "applications")
        if len({each.invoice_id for each in asked}) < len(asked):
            raise invalid("applications must name each invoice once", "applications")
        applications = tuple(
            self._application(memo, each, f"applications[{index}]") for index, each in enumerate(asked)
        )
        if total(each.amount.amount for each in applications) > memo.total.amount:
            raise invalid(f"The applications come to more than the credit memo, {memo.total}", "applications")
        return self._reconcile(memo, applications)

    def _delete_applications(self, call: Call) -> object:
        self._reconcile(self._memos.get(call.ids["credit_memo_id"]), ())
        return None

    def _application(self, memo: CreditMemo, asked: NewCreditMemoApplication, where: str) -> CreditMemoApplication:
        """One application as it is to be; one for the same invoice keeps its id."""
        if asked.invoice_id not in self._receivables.invoices:
            raise invalid(f"Invoice {asked.invoice_id} not found", f"{where}.invoice_id")
        invoice = self._receivables.invoices.get(asked.invoice_id)
        if (invoice.customer_id, invoice.subsidiary_id) != (memo.customer_id, memo.subsidiary_id):
            raise invalid("The invoice has another customer or subsidiary", f"{where}.invoice_id")
        self._books.check_rounded([(f"{where}.amount", asked.amount)])
        before = next((each for each in memo.applications if each.invoice_id == invoice.id), None)
        due = total([invoice.amount_due.amount, before.amount.amount if before is not None else Decimal(0)])
        check_portion(asked.amount, Money(due, invoice.total.currency), f"{where}.amount")
        one_currency([asked.amount, memo.total], f"{where}.amount")
        return CreditMemoApplication(
            id=before.id if before is not None else self._books.new_id(),
            credit_memo_id=memo.id,
            invoice_id=invoice.id,
            invoice_number=invoice.invoice_number,
            amount=asked.amount,
            application_date=asked.application_date,
        )

    def _reconcile(self, memo: CreditMemo, applications: tuple[CreditMemoApplication, ...]) -> object:
        shown = self._memos.put(self._summed(attrs.evolve(memo, applications=applications)))
        before, after = set(memo.applications), set(applications)
        for invoice_id in sorted({each.invoice_id for each in before ^ after}):
            self._receivables.tell_paid(invoice_id)
        self._books.emit(Entity.CREDIT_MEMO, EventType.PAYMENT_UPDATED, shown)
        return shown

    def _put(self, memo: CreditMemo) -> object:
        made = self._summed(memo)
        if made.remaining_amount.amount < 0:
            raise invalid(f"The credit memo cannot come to less than is applied, {made.applied_amount}", "items")
        return self._receivables.put_credit_memo(made)

    def _summed(self, memo: CreditMemo) -> CreditMemo:
        """A credit memo with the sums and the status that follow from its lines and applications."""
        currency = memo.total.currency
        whole = summed([item.total_amount for item in memo.items], currency)
        applied = summed([each.amount for each in memo.applications], currency)
        remaining = Money(total([whole.amount, -applied.amount]), currency)
        status = CreditMemoStatus.PARTIALLY_APPLIED if remaining.amount else CreditMemoStatus.APPLIED
        return attrs.evolve(
            memo,
            net_amount=summed([item.net_amount for item in memo.items], currency),
            taxed_amount=summed([item.taxed_amount for item in memo.items if item.taxed_amount], currency),
            total=whole,
            applied_amount=applied,
            remaining_amount=remaining,
            status=status if applied.amount else CreditMemoStatus.UNAPPLIED,
            updated_at=self._books.now(),
        )

    def _items(self, asked: Sequence[NewCreditMemoItem], day: date) -> tuple[CreditMemoItem, ...]:
        if not asked:
            raise invalid("items must not be empty", "items")
        return tuple(self._item(item, day, f"items[{index}]") for index, item in enumerate(asked))

    def _item(self, asked: NewCreditMemoItem, day: date, where: str) -> CreditMemoItem:
        product = self._receivables.product(asked.price.product_id, f"{where}.price")
        self._receivables.check_fields(asked.fields, f"{where}.fields")
        amounts = line_amounts(asked.price.quantity, asked.price.amount_per_unit, where, tax=asked.tax_rate)
        self._books.check_rounded([(f"{where}.tax_rate.tax_amount", amounts.tax)])
        return CreditMemoItem(
            id=self._books.new_id(),
            description=asked.description,
            revenue=self._receivables.revenue(asked.revenue, product, day, where),
            total_amount=amounts.whole,
            taxed_amount=amounts.tax,
            net_amount=amounts.net,
            quantity=asked.price.quantity,
            product_id=product.id,
            fields=tuple(asked.fields),
        )


def _taxed(item: CreditMemoItem, tax: Money) -> CreditMemoItem:
    whole = Money(total([item.net_amount.amount, tax.amount]), tax.currency)
    return attrs.evolve(item, total_amount=whole, taxed_amount=tax)
