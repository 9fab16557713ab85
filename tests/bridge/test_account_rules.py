"""Rules of the settings that send lines to other accounts than those that they are coded to."""

from __future__ import annotations

import attrs
import pytest

from brex_accounting import RecordType
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, ReasonCode, SettingsError, check, effect, read_settings
from bridge.settings.values import AccountRule
from support.companies.small import BOOKS, BRIDGE, SETTINGS, WHOLE, bridge, codes, document, expense, moved, posted


def accounts(*rules: AccountRule, coded: str | None = "6100", merchant: str = "Sample Stationery") -> list[str]:
    record = card_expense("5", coding=[gl(coded)], merchant=merchant)
    return [item.account_code for item in document(bridge(accounts=rules).outcome(record, BOOKS)).items]


MEALS = AccountRule(account="6200")


@pytest.mark.parametrize("merchant", ["Sample Stationery", "SAMPLE  stationery.", "pmch_sample_stationery"])
def test_a_rule_for_a_merchant(merchant: str) -> None:
    rule = AccountRule(account="id-6200", merchant=merchant, instead_of="6100")
    assert accounts(rule) == ["6200"]
    assert accounts(rule, merchant="Another Shop") == ["6100"]


def test_a_rule_for_an_entity() -> None:
    assert accounts(AccountRule(account="6200", entity="US", instead_of="id-6100")) == ["6200"]
    assert accounts(AccountRule(account="6200", entity="UK", instead_of="id-6100")) == ["6100"]


def test_the_first_rule_that_holds_counts() -> None:
    other = AccountRule(account="6100", instead_of="6200")
    first = AccountRule(account="6200", instead_of="6100")
    assert accounts(AccountRule(account="6200", merchant="Nobody", instead_of="6100"), other, first) == ["6200"]
    assert accounts(AccountRule(account="6100", instead_of="6100"), first) == ["6100"]


def test_a_rule_without_an_account_to_replace_is_for_what_nobody_coded() -> None:
    assert codes(BRIDGE.outcome(expense("5", gl(None)), BOOKS)) == [ReasonCode.UNCODED_LINE]
    assert accounts(MEALS, coded=None) == ["6200"]
    assert accounts(MEALS, coded="6100") == ["6100"]


def test_a_rule_leaves_the_accounts_of_the_entity_alone() -> None:
    company = Bridge(attrs.evolve(WHOLE.settings, accounts=(MEALS,)))
    for record in (expense(), moved(RecordType.CARD_PAYMENT)):
        assert effect(posted(company.outcome(record, BOOKS)).payload) == effect(
            posted(WHOLE.outcome(record, BOOKS)).payload
        )


def test_an_account_that_rillet_does_not_have_can_be_replaced() -> None:
    assert codes(BRIDGE.outcome(expense("5", gl("OLD-1")), BOOKS)) == [ReasonCode.UNKNOWN_ACCOUNT]
    assert accounts(AccountRule(account="6200", instead_of="OLD-1"), coded="OLD-1") == ["6200"]


def test_a_rule_with_an_account_that_cannot_be_used_is_found() -> None:
    wrong = AccountRule(account="1"), AccountRule(account="6900", entity="US")
    assert check(attrs.evolve(SETTINGS, accounts=wrong), BOOKS) == (
        "accounts[0].account: Rillet has no account with the code or id '1'",
        "accounts[1].account: the account 6900 Old Software is inactive",
    )
    uncoded = expense("5", gl(None))
    assert codes(bridge(accounts=wrong[:1]).outcome(uncoded, BOOKS)) == [ReasonCode.UNKNOWN_ACCOUNT]
    assert codes(bridge(accounts=wrong[1:]).outcome(uncoded, BOOKS)) == [ReasonCode.INACTIVE_ACCOUNT]


TOML = """\
[[entities]]
name = "US"
subsidiary = "Example Inc."
card_account = "21120"
reimbursement_account = "21340"

[[accounts]]
account = "6200"
merchant = "Sample Stationery"
entity = "US"
instead_of = "6100"
"""


def test_rules_are_tables_of_the_settings() -> None:
    assert read_settings(TOML).accounts == (
        AccountRule(account="6200", merchant="Sample Stationery", entity="US", instead_of="6100"),
    )
    with pytest.raises(SettingsError, match=r"accounts\[0\]\.entity: 'UK' is no entity of the settings"):
        read_settings(TOML.replace('entity = "US"', 'entity = "UK"'))
