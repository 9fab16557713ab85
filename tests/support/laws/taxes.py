"""The company of the bridge's tests with tax codes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from brex_accounting import FieldValueRef
from brex_accounting.testing.records import dimension
from bridge import (
    Settings,
    TaxRule,
    Treatment,
)
from rillet import TaxRate
from support.companies.small import (
    BOOKS,
    SETTINGS,
    WHOLE_ENTITY,
    account,
)

VAT = account("22500", "Sales Tax Payable", subtype="Sales Tax Liability")
INPUT = account("14000", "Input Tax")
OUTPUT = account("22600", "Output Tax")


def tax_rate(code: str, percentage: str, description: str | None = None) -> TaxRate:
    text = description or f"{percentage} %"
    return TaxRate(id=f"id-{code}", code=code, country="DE", description=text, percentage=Decimal(percentage))


DE19 = tax_rate("DE19", "19.0000", "Standard")
DE0 = tax_rate("DE0", "0.0000", "Zero")
RATES = (DE19, DE0, tax_rate("DE7", "7", "Reduced"), tax_rate("NY8", "8.875", "New York"))
TAXED_BOOKS = attrs.evolve(BOOKS, accounts=(*BOOKS.accounts, VAT, INPUT, OUTPUT), tax_rates=RATES)
REVERSE = TaxRule(code="DE19", treatment=Treatment.REVERSE_CHARGE, input_account="14000", output_account=OUTPUT.id)
ENTITY = attrs.evolve(WHOLE_ENTITY, tax_account="22500")


def settings(*taxes: TaxRule, **changes: Any) -> Settings:
    return attrs.evolve(SETTINGS, **{"entities": (ENTITY,), "tax_field": "Tax", "taxes": taxes} | changes)


def tax(code: str | None, *, name: str | None = None) -> FieldValueRef:
    return dimension("Tax", code, name=name)
