"""A card account per card, employee or programme."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

from brex_accounting import Record, RecordType
from brex_accounting.testing.records import card_expense, card_refund, dimension, gl, record
from bridge import Bridge, CardAccountRule, SettingsError, check, explain, read_settings
from bridge.closing import month, reconcile
from bridge.export import Export
from bridge.export.closing import read_snapshot
from rillet import AccountType
from rillet.testing import StandIn as Rillet
from rillet.testing import account, chart_of_accounts
from support.companies.changing import US, Company
from support.companies.changing_records import charge, entry

OTHER = "21125"
CARDS = (*chart_of_accounts(), account(OTHER, "Brex Card, Travel", AccountType.LIABILITY, "Credit Card"))
GRACE = "Grace Hopper"


def company_of(*records: Record, rules: tuple[CardAccountRule, ...], **settings: Any) -> Company:
    made = Company(*records, **settings)
    made.settings = attrs.evolve(made.settings, card_accounts=rules, entities=(US,))
    made.rillet = Rillet(now=made.clock, reference_types={"brex"}, accounts=CARDS)
    made.to_rillet = made.rillet.client()
    return made


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ({"user": "Grace_Hopper@example.com"}, True),
        ({"user": "GRACE  hopper"}, True),
        ({"user": "Ada Example"}, False),
        ({"field": "PROGRAM", "value": "Travel"}, True),
        ({"field": "PROGRAM", "value": "Office"}, False),
        ({"currency": "USD"}, True),
        ({"currency": "EUR"}, False),
        ({"types": ("CARD_EXPENSE_POST",)}, True),
        ({"types": ("CARD_PAYMENT",)}, False),
        ({"entity": "US", "user": GRACE}, True),
        ({"user": GRACE, "types": ("CARD_PAYMENT",)}, False),
    ],
)
def test_a_rule_takes_what_it_says_and_nothing_else(rule: dict[str, Any], holds: bool) -> None:
    spent = card_expense("30", coding=[gl("61000"), dimension("PROGRAM", "Travel")], user=GRACE, record_id="k1")
    company = company_of(spent, rules=(CardAccountRule(account=OTHER, **rule),))

    company.run()

    assert company.books() == {(OTHER if holds else "21120"): -30, "61000": 30}


def test_each_statement_ties_out() -> None:
    rules = (
        CardAccountRule(account=OTHER, user=GRACE),
        CardAccountRule(account=OTHER, types=("CARD_PAYMENT",), currency="USD"),
    )
    company = company_of(
        charge("100", user=GRACE),
        card_refund("20", coding=[gl("61000")], user=GRACE, record_id="n1"),
        charge("7", id="k2"),
        record(RecordType.CARD_PAYMENT, debits=[("80", [])], credits=[("80", [])], record_id="e1"),
        rules=rules,
    )

    company.run()

    assert company.books() == {"11100": -80, "21120": -7, "61000": 87}
    found = reconcile(read_snapshot(company.export(), month("2026-02")))
    assert {row.account: (row.brex, row.difference) for row in found.rows} == {
        account: (Decimal(amount), Decimal(0)) for account, amount in company.books().items()
    }


def test_the_first_rule_that_holds_counts() -> None:
    rules = CardAccountRule(account="21120", user=GRACE), CardAccountRule(account=OTHER, currency="USD")
    company = company_of(charge("1", user=GRACE), charge("2", id="k2"), rules=rules)

    company.run()

    assert company.books() == {"21120": -1, OTHER: -2, "61000": 3}


def test_what_is_coded_to_an_account_stays_on_it() -> None:
    company = company_of(entry("9", OTHER), rules=(CardAccountRule(account="21120", types=("CARD_PAYMENT",)),))

    company.run()

    assert company.books() == {"11100": -9, OTHER: 9}


def test_explain_names_the_rule() -> None:
    company = company_of(charge("100", user=GRACE), rules=(CardAccountRule(account=OTHER, user=GRACE),))
    shown = explain(company.brex.records["k1"], Bridge(company.settings), company.export().books())

    (card,) = [each for each in shown.lines if each.account.startswith(OTHER)]
    assert card.account == "21125 Brex Card, Travel"
    assert card.why == "nobody coded it, so it is on the card account of the rule card_accounts[0] of the settings"


def test_a_rule_is_checked_against_both_services() -> None:
    rules = (
        CardAccountRule(account="99999", user=GRACE),
        CardAccountRule(account="11100", currency="EURO"),
        CardAccountRule(account=OTHER, user="Grace Hoper"),
        CardAccountRule(account=OTHER, field="PROGRAMME", value="Travel"),
    )
    spent = card_expense("30", coding=[gl("61000"), dimension("PROGRAM", "Travel")], user=GRACE, record_id="k1")
    company = company_of(spent, rules=rules)

    unknown, no_card = check(company.settings, company.export().ledger.snapshot())
    assert unknown == "card_accounts[0].account: Rillet has no account with the code or id '99999'"
    assert no_card.startswith("card_accounts[1].account: the account 11100 ")
    assert no_card.endswith("Rillet takes charges on accounts of the subtype 'Credit Card' alone")
    good = attrs.evolve(company.settings, card_accounts=(attrs.evolve(rules[1], account=OTHER), *rules[2:]))
    with pytest.raises(SettingsError) as caught:
        Export(company.to_brex, company.to_rillet, Bridge(good)).run()
    assert set(caught.value.problems) == {
        "card_accounts[0].currency: 'EURO' is no code of ISO 4217 such as EUR",
        "card_accounts[2].field: Brex has no field 'PROGRAMME'; did you mean 'PROGRAM'?",
    }


def test_a_name_like_that_of_somebody_who_spends_is_a_warning() -> None:
    company = company_of(charge(user=GRACE), rules=(CardAccountRule(account=OTHER, user="Grace Hoper"),))

    outcome = company.run()

    assert [each.text for each in outcome.warnings] == [
        "card_accounts[0].user: Brex has no user 'grace hoper'; did you mean 'grace hopper'?"
    ]
    assert company.books() == {"21120": -100, "61000": 100}


ENTITIES = '[[entities]]\nname = "US"\nsubsidiary = "Inc."\ncard_account = "1"\nreimbursement_account = "2"\n'


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("", "it says of no record that it is its"),
        ('entity = "US"', "it says of no record that it is its"),
        ('entity = "UK"\nuser = "x"', "'UK' is no entity of the settings"),
        ('field = "CARD"', "`field` and `value` belong together"),
        ('types = ["CARD"]', "Brex has no record type 'CARD'"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(rule: str, problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(f'[[card_accounts]]\naccount = "3"\n{rule}\n{ENTITIES}')

    assert problem in str(caught.value)


def test_two_rules_about_the_same_records_are_refused() -> None:
    one = '[[card_accounts]]\naccount = "3"\nuser = "ada@example.com"\n'

    with pytest.raises(SettingsError, match="about the same already"):
        read_settings(f"{one}{one.replace('3', '4')}{ENTITIES}")
    assert read_settings(f"{one}{ENTITIES}").card_accounts == (CardAccountRule(account="3", user="ada@example.com"),)
