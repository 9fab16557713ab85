from __future__ import annotations

from decimal import Decimal

import pytest

from rillet.ledger.accounts import Accounts, AsyncAccounts
from rillet.ledger.tax_rates import AsyncTaxRates, TaxRate, TaxRates
from support.scripted import WAYS, on, scripted, target

pytestmark = pytest.mark.parametrize("way", WAYS)

RATE = {"id": "t1", "code": "GB20", "country": "GB", "description": "Standard", "percentage": "20.0000"}


def account(code: str, status: str = "ACTIVE") -> dict[str, str]:
    return {"id": f"id-{code}", "code": code, "name": f"Account {code}", "type": "EXPENSE", "status": status}


def test_accounts_by_code_holds_every_account(way: str) -> None:
    answer = {"accounts": [account("60100"), account("21120", "INACTIVE")]}
    with scripted(way, answer) as (run, service):
        found = run.call(lambda client: on(client, Accounts, AsyncAccounts).by_code())
    assert {code: each.id for code, each in found.items()} == {"60100": "id-60100", "21120": "id-21120"}
    assert target(service.only) == ("GET", "/accounts", {})


@pytest.mark.parametrize("percentage", ["20.0000", 20])
def test_a_tax_rate_is_a_decimal_as_text_and_as_number(way: str, percentage: object) -> None:
    with scripted(way, {"tax_rates": [{**RATE, "percentage": percentage}]}) as (run, service):
        found = run.call(lambda client: on(client, TaxRates, AsyncTaxRates).list(country="GB"))
    assert found == [TaxRate(id="t1", code="GB20", country="GB", description="Standard", percentage=Decimal("20.0000"))]
    assert target(service.only) == ("GET", "/tax-rates", {"country": "GB"})


def test_tax_rates_of_all_countries(way: str) -> None:
    with scripted(way, {"tax_rates": []}) as (run, service):
        assert run.call(lambda client: on(client, TaxRates, AsyncTaxRates).list()) == []
    assert target(service.only) == ("GET", "/tax-rates", {})
