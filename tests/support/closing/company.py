"""A company with the accounts that accruals need, and what its books say about a month."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

import rillet.testing
from brex_accounting import Record
from bridge import Bridge, Rates
from bridge.closing import AccrualPlan, Period, accrue, month
from bridge.export import RilletLedger
from bridge.export.closing import AccrualOutcome, post_accruals, read_snapshot
from rillet import AccountType
from rillet.testing import account, chart_of_accounts
from support.companies.changing import REFERENCE_TYPE, US, Company, MakeCompany

FEBRUARY, MARCH = month("2026-02"), month("2026-03")
ACCRUED, UNCODED = "22000", "69000"
_CHART = (
    *chart_of_accounts(),
    account(ACCRUED, "Accrued Expenses", AccountType.LIABILITY, "Other Current Liability"),
    account(UNCODED, "Spending to be coded"),
)
ENTITY = attrs.evolve(US, accrual_account=ACCRUED, uncoded_account=UNCODED)


def accruing(make: MakeCompany, *records: Record, **settings: Any) -> Company:
    """A company whose settings name the accounts of accruals."""
    company = make(*records, **settings)
    company.settings = attrs.evolve(company.settings, entities=(ENTITY,))
    company.rillet = rillet.testing.StandIn(now=company.clock, reference_types={REFERENCE_TYPE}, accounts=_CHART)
    company.to_rillet = company.rillet.client()
    return company


def planned(company: Company, period: Period = FEBRUARY, rates: Rates | None = None) -> AccrualPlan:
    bridge = None if rates is None else Bridge(company.settings, rates=rates)
    return accrue(read_snapshot(company.export(bridge), period))


def posted(company: Company, period: Period = FEBRUARY, rates: Rates | None = None) -> AccrualOutcome:
    """Post the accruals of a month."""
    ledger = RilletLedger(company.to_rillet, REFERENCE_TYPE)
    return post_accruals(ledger, company.journal, planned(company, period, rates))


def moved(company: Company, period: Period) -> Mapping[str, Decimal]:
    """Debits less credits of a month on each account, without zeros."""
    sums = dict[str, Decimal]()
    for each in company.rillet.ledger.postings:
        if period.holds(each.date):
            sums[each.account_code] = sums.get(each.account_code, Decimal(0)) + each.debit
    return {code: amount for code, amount in sorted(sums.items()) if amount}


def result(company: Company, period: Period) -> Mapping[str, Decimal]:
    """The same of the accounts of profit and loss."""
    return {code: amount for code, amount in moved(company, period).items() if code.startswith(("4", "6"))}
