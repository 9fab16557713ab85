"""The stand-in's contracts.

A contract that another system invoices brings its invoices along, which are made at once and posted as any other. One that
Rillet invoices shows its schedule as unbilled invoices, which are posted nowhere (`rillet.testing.receivables.schedules`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal

import attrs

from rillet.receivables.amendments import (
    AmendmentPreview,
    FullContractAmendment,
    RevenueRecognitionOnlyContractAmendment,
)
from rillet.receivables.contracts import (
    Contract,
    ContractInvoice,
    ContractItem,
    ContractStatus,
    NewContract,
    NewFullContract,
    NewRevenueRecognitionOnlyContract,
)
from rillet.receivables.invoices import Invoice, InvoiceStatus, NewExternalInvoiceItem
from rillet.receivables.invoicing import InvoiceSchedule, ScheduledInvoice, ScheduledInvoiceItem, UsageConfiguration
from rillet.testing.receivables.amendments import amended, amended_external
from rillet.testing.receivables.amounts import contract_value
from rillet.testing.receivables.books import ReceivablesBooks, by_query, scope_of, unknown_scope
from rillet.testing.receivables.contract_items import new_external_item, new_item, summed_value
from rillet.testing.receivables.invoice_lines import InvoiceHead, external_item, invoice_of
from rillet.testing.receivables.schedules import scheduled_invoices
from rillet.testing.receivables.wire_forms import show_contract_to_webhooks
from rillet.testing.server.routing import Call, Route, invalid
from rillet.values import ExchangeRate, Money
from rillet.webhooks import Entity, EventType

_FULL, _EXTERNAL = "FULL", "REVENUE_RECOGNITION_ONLY"
_COMPARED: Mapping[str, Callable[[date, date], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


@attrs.frozen(kw_only=True)
class _End:
    end_date: date


class ContractEndpoints:
    """Contracts in their two scopes."""

    def __init__(self, receivables: ReceivablesBooks) -> None:
        self._receivables, self._books, self._contracts = receivables, receivables.books, receivables.contracts

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/contracts", self._list)
        yield Route("POST", "/contracts", self._create)
        yield Route("GET", "/contracts/{contract_id}", self._get)
        yield Route("DELETE", "/contracts/{contract_id}", self._delete)
        yield Route("POST", "/contracts/{contract_id}/amendments", self._amend)
        yield Route("POST", "/contracts/{contract_id}/amendments/preview", self._preview)
        yield Route("PUT", "/contracts/{contract_id}/end", self._end)

    def _list(self, call: Call) -> object:
        wanted = by_query(call, subsidiary_id="subsidiary_id", customer_id="customer_id", status="status")
        starts, ends = _between(call, "start_date"), _between(call, "end_date")
        current = self._receivables.current_contract
        return self._contracts.page(
            call, lambda each: wanted(current(each)) and starts(each.start_date) and ends(each.end_date)
        )

    def _get(self, call: Call) -> object:
        return self._expanded(self._contracts.get(call.ids["contract_id"]))

    def _create(self, call: Call) -> object:
        scope = scope_of(call)
        if scope == _FULL:
            contract, invoices = self._full(call.body(NewFullContract)), list[Invoice]()
        elif scope == _EXTERNAL:
            asked = call.body(NewRevenueRecognitionOnlyContract)
            contract = self._external(asked)
            invoices = self._scheduled(contract, asked.invoice_schedule)
        else:
            raise unknown_scope(scope)
        self._keep(contract, scope, invoices)
        return self._expanded(contract)

    def _delete(self, call: Call) -> object:
        contract = self._contracts.get(call.ids["contract_id"])
        if self._invoices_of(contract):
            raise invalid(f'Contract "{contract.name}" has invoices')
        for item in contract.items:
            self._receivables.forget_usage(item.id)
        self._contracts.remove(contract.id)
        self._books.emit(Entity.CONTRACT, EventType.DELETED, contract.id)
        return None

    def _amend(self, call: Call) -> object:
        contract = self._contracts.get(call.ids["contract_id"])
        scope, made_in = scope_of(call), self._receivables.scopes[contract.id]
        if scope != made_in:
            raise invalid(f"The contract was created in scope {made_in}", "scope")
        if scope == _FULL:
            asked = call.body(FullContractAmendment)
            changed, day = amended(self._receivables, contract, asked), asked.amendment_date
            self._keep(changed, _FULL, [])
        else:
            external = call.body(RevenueRecognitionOnlyContractAmendment)
            changed, day = amended_external(self._receivables, contract, external), external.amendment_date
            self._reschedule(changed, external.invoice_schedule)
        self._receivables.amended_on[contract.id] = day
        return self._expanded(changed)

    def _preview(self, call: Call) -> object:
        contract = self._contracts.get(call.ids["contract_id"])
        if self._receivables.scopes[contract.id] != _FULL:
            raise invalid("Only the amendment of a contract of scope FULL can be previewed")
        return self._expanded(amended(self._receivables, contract, call.body(AmendmentPreview)))

    def _end(self, call: Call) -> object:
        contract, end = self._contracts.get(call.ids["contract_id"]), call.body(_End).end_date
        if contract.end_date is not None:
            raise invalid(f"The contract ends on {contract.end_date} already", "end_date")
        if end < contract.start_date:
            raise invalid("end_date cannot be before start_date", "end_date")
        items = tuple(_ended(item, end) for item in contract.items)
        ended = attrs.evolve(contract, end_date=end, items=items, total_value=summed_value(items))
        self._keep(ended, self._receivables.scopes[contract.id], [])
        return None

    def _full(self, asked: NewFullContract) -> Contract:
        if asked.invoicing is None and asked.usage_configuration is None:
            raise invalid("invoicing must not be null", "invoicing")
        if asked.invoicing is not None:
            self._receivables.check_invoicing(asked.invoicing, "invoicing")
        contract = self._checked(asked, asked.close_date)
        items = tuple(
            new_item(self._receivables, item, start=asked.start_date, end=asked.end_date, where=f"items[{index}]")
            for index, item in enumerate(asked.items)
        )
        self._check_usage(asked.usage_configuration, items)
        value = summed_value(items)
        self._check_rate(asked.exchange_rate, value.currency, contract.subsidiary_id)
        return attrs.evolve(
            contract,
            items=items,
            total_value=value,
            invoicing=asked.invoicing,
            usage_configuration=asked.usage_configuration,
            exchange_rate=asked.exchange_rate,
        )

    def _external(self, asked: NewRevenueRecognitionOnlyContract) -> Contract:
        self._receivables.check_external(asked.external_references)
        contract = self._checked(asked, asked.close_date or asked.start_date)
        items = tuple(
            new_external_item(
                self._receivables, item, start=asked.start_date, end=asked.end_date, where=f"items[{index}]"
            )
            for index, item in enumerate(asked.items)
        )
        value = summed_value(items)
        self._books.check_currency(value.currency, self._books.subsidiaries[contract.subsidiary_id])
        return attrs.evolve(contract, items=items, total_value=value)

    def _checked(self, asked: NewContract, close_date: date) -> Contract:
        """What contracts of both scopes have in common, still without items."""
        if not asked.items:
            raise invalid("items must not be empty", "items")
        if asked.end_date is not None and asked.end_date < asked.start_date:
            raise invalid("end_date cannot be before start_date", "end_date")
        self._books.check_references(asked.external_references)
        subsidiary = self._books.subsidiary(asked.subsidiary_id)
        return Contract(
            id=self._books.new_id(),
            customer_id=self._receivables.customer(asked.customer_id).id,
            subsidiary_id=subsidiary.id,
            name=asked.name,
            items=(),
            status=ContractStatus.ACTIVE,
            start_date=asked.start_date,
            end_date=asked.end_date,
            close_date=close_date,
            total_value=_nothing(subsidiary.currency),
            external_references=tuple(asked.external_references),
        )

    def _check_usage(self, usage: UsageConfiguration | None, items: tuple[ContractItem, ...]) -> None:
        shared = usage.contract_level_minimum_commitment if usage is not None else None
        if shared is None:
            return
        self._books.account(shared.revenue_account, "usage_configuration.contract_level_minimum_commitment")
        if any(item.usage_minimum_commitment is not None for item in items):
            raise invalid("A contract with a minimum commitment cannot have items with one of their own", "items")

    def _check_rate(self, given: ExchangeRate | None, currency: str, subsidiary_id: str) -> None:
        subsidiary = self._books.subsidiaries[subsidiary_id]
        self._books.check_currency(currency, subsidiary)
        local = subsidiary.currency
        if given is not None and (currency == local or (given.base, given.target) != (currency, local)):
            raise invalid(f"Exchange rate must be from {currency} to {local}", "exchange_rate")

    def _keep(self, contract: Contract, scope: str, invoices: list[Invoice]) -> None:
        self._receivables.put_invoices(invoices)
        event = EventType.UPDATED if contract.id in self._contracts else EventType.CREATED
        self._contracts.put(contract)
        current = self._receivables.current_contract(contract)
        self._books.emit(Entity.CONTRACT, event, show_contract_to_webhooks(current))
        self._receivables.scopes.update(dict.fromkeys([contract.id, *(each.id for each in invoices)], scope))

    def _reschedule(self, contract: Contract, schedule: InvoiceSchedule) -> None:
        """Make the invoices whose numbers are new, and drop the unpaid ones whose numbers are gone; others stay."""
        there = self._invoices_of(contract)
        numbers = {each.invoice_number for each in schedule.invoices}
        gone = [each for each in there if each.invoice_number not in numbers and each.status is InvoiceStatus.UNPAID]
        for invoice in gone:
            self._books.check_open(invoice.invoice_date)
        known = {each.invoice_number for each in there}
        invoices = [each for each in self._scheduled(contract, schedule) if each.invoice_number not in known]
        self._keep(contract, _EXTERNAL, invoices)
        for invoice in gone:
            self._receivables.drop_invoice(invoice)

    def _scheduled(self, contract: Contract, schedule: InvoiceSchedule) -> list[Invoice]:
        products = {each.id: item.product_id for item in contract.items for each in item.external_references}
        return [
            self._scheduled_invoice(contract, asked, products, f"invoice_schedule.invoices[{index}]")
            for index, asked in enumerate(schedule.invoices)
        ]

    def _scheduled_invoice(
        self, contract: Contract, asked: ScheduledInvoice, products: Mapping[str, str], where: str
    ) -> Invoice:
        self._books.check_references(asked.external_references)
        head = InvoiceHead(
            id=self._books.new_id(),
            number=asked.invoice_number,
            customer=self._receivables.customer(contract.customer_id),
            subsidiary_id=contract.subsidiary_id,
            day=asked.invoice_date,
            due_date=asked.due_date,
            references=asked.external_references,
            contract_id=contract.id,
        )
        items = [
            external_item(
                self._receivables,
                _as_invoice_item(item, products, f"{where}.items[{index}]"),
                asked.invoice_date,
                f"{where}.items[{index}]",
                discount=item.discount_amount,
            )
            for index, item in enumerate(asked.items)
        ]
        return invoice_of(head, items, tax=asked.tax_amount)

    def _invoices_of(self, contract: Contract) -> list[Invoice]:
        return [invoice for invoice in self._receivables.invoices if invoice.contract_id == contract.id]

    def _expanded(self, contract: Contract) -> object:
        invoices = tuple(
            ContractInvoice(
                id=invoice.id,
                invoice_number=invoice.invoice_number,
                invoice_date=invoice.invoice_date,
                due_date=invoice.due_date,
                status=invoice.status,
                total=invoice.total,
                taxed_amount=invoice.taxed_amount,
                items=invoice.items,
                external_references=invoice.external_references,
            )
            for invoice in self._invoices_of(contract)
        )
        unbilled = scheduled_invoices(contract, self._receivables.products.get)
        return self._contracts.show(attrs.evolve(contract, invoices=(*invoices, *unbilled)))


def _between(call: Call, name: str) -> Callable[[date | None], bool]:
    bounds = [
        (compare, bound) for suffix, compare in _COMPARED.items() if (bound := call.day(f"{name}.{suffix}")) is not None
    ]
    return lambda day: not bounds or (day is not None and all(compare(day, bound) for compare, bound in bounds))


def _ended(item: ContractItem, end: date) -> ContractItem:
    if item.end_date is not None:
        return item
    last = max(item.start_date, end)
    value = contract_value(item.price, item.quantity, item.discount, start=item.start_date, end=last, where="items")
    return attrs.evolve(item, end_date=last, total_value=value)


def _as_invoice_item(asked: ScheduledInvoiceItem, products: Mapping[str, str], where: str) -> NewExternalInvoiceItem:
    if asked.contract_item_reference not in products:
        raise invalid(
            f"Contract item with external reference {asked.contract_item_reference} not found",
            f"{where}.contract_item_reference",
        )
    return NewExternalInvoiceItem(
        product_id=products[asked.contract_item_reference],
        description=asked.description,
        quantity=asked.quantity,
        total_amount=asked.total_amount,
        tax_amount=asked.tax_amount,
        external_references=asked.external_references,
    )


def _nothing(currency: str) -> Money:
    return Money(Decimal(0), currency)
