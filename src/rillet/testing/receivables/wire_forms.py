"""Receivables as Rillet shows them: quantities and percentages are text, whatever its description says."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import cast

import attrs

from clientkit.money import decimal_text
from rillet.receivables.contracts import Contract, ContractInvoice, ContractItem
from rillet.receivables.credit_memos import CreditMemo
from rillet.receivables.customers import Customer
from rillet.receivables.draft_contracts import DraftContract
from rillet.receivables.invoices import Invoice, InvoiceItem
from rillet.receivables.products import Product
from rillet.testing.server.wire_forms import plain


def shown(model: object) -> dict[str, object]:
    """A model as JSON values, with text for its numbers that are not whole by nature."""
    return cast("dict[str, object]", _with_text(plain(model)))


def show_product(product: Product) -> dict[str, object]:
    """A product always has its list of references."""
    return {"external_references": [], **shown(product)}


def show_customer(customer: Customer) -> dict[str, object]:
    """A customer always has its lists and says what happens by itself."""
    always = {"send_invoices_automatically": False, "send_payment_reminders": False}
    return {"emails": [], "external_references": [], "fields": [], **always, **shown(customer)}


def show_contract(contract: Contract) -> dict[str, object]:
    """A contract and its items always have their lists; its invoices are there where they were asked for."""
    found: dict[str, object] = {"external_references": [], **shown(contract), "items": _lines(contract.items)}
    if contract.invoices is not None:
        found["invoices"] = [_show_contract_invoice(each) for each in contract.invoices]
    return found


def show_contract_to_webhooks(contract: Contract) -> dict[str, object]:
    """A contract in the older form of webhooks, without what later versions have added."""
    items = [attrs.evolve(item, usage_minimum_commitment=None) for item in contract.items]
    return show_contract(attrs.evolve(contract, items=tuple(items), usage_configuration=None, invoices=None))


def show_draft(draft: DraftContract) -> dict[str, object]:
    """A draft always has its list of references."""
    return {"external_references": [], **shown(draft)}


def show_invoice(invoice: Invoice) -> dict[str, object]:
    """An invoice and its items always have their lists, and it says whether it is overdue."""
    return {"external_references": [], "overdue": False, **shown(invoice), "items": _lines(invoice.items)}


def show_credit_memo(memo: CreditMemo) -> dict[str, object]:
    """A credit memo always has its lists."""
    items: list[dict[str, object]] = [{"fields": [], **shown(item)} for item in memo.items]
    return {"external_references": [], "applications": [], **shown(memo), "items": items}


def _show_contract_invoice(invoice: ContractInvoice) -> dict[str, object]:
    return {"external_references": [], **shown(invoice), "items": _lines(invoice.items)}


def _lines(items: Sequence[ContractItem | InvoiceItem]) -> list[dict[str, object]]:
    return [{"external_references": [], "fields": [], **shown(item)} for item in items]


def _with_text(value: object) -> object:
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, list):
        return [_with_text(each) for each in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: _with_text(each) for name, each in cast("dict[str, object]", value).items()}
    return value
