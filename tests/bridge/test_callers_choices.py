"""Accounts and vendors that a program chooses: they count, `explain` tells why, and a mistake refuses its record alone."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from brex_accounting import LineItem, Record
from brex_accounting.testing.records import card_expense, gl
from bridge import Books, Bridge, ChosenAccount, Entity, Post, ReasonCode, Refuse, Settings, effect, explain
from bridge.settings.values import AccountRule
from rillet.testing import chart_of_accounts, subsidiary, vendor

US = Entity(name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340")
SETTINGS = Settings(entities=(US,))
ADA, TWIN = vendor("Ada"), vendor("Grace")
BOOKS = Books(accounts=chart_of_accounts(), subsidiaries=(subsidiary("Example Inc."),), vendors=(ADA, TWIN))


def large(record: Record, line: LineItem) -> ChosenAccount | None:
    del record
    return ChosenAccount("62000", "it is at least 100") if line.amount.amount >= 100 else None


def accounts(record: Record, bridge: Bridge) -> list[tuple[str, str, Decimal]]:
    made = bridge.outcome(record, BOOKS)
    assert isinstance(made, Post), made
    return sorted((each.account, each.side.value, each.amount) for each in effect(made.payload))


@pytest.mark.parametrize("coding", [[gl("61000")], [gl("no such account")], [gl(None)], []])
def test_a_chosen_account_goes_first_and_the_card_stays(coding: list[object]) -> None:
    record = card_expense("150", coding=coding, merchant="Ada")  # type: ignore[arg-type]  # lists of lines
    ruled = attrs.evolve(
        SETTINGS, accounts=(AccountRule(account="63000", instead_of="61000"), AccountRule(account="63000"))
    )
    for settings in (SETTINGS, ruled):
        bridge = Bridge(settings, choose_account=large)
        assert accounts(record, bridge) == [("21120", "CREDIT", Decimal(150)), ("62000", "DEBIT", Decimal(150))]
        assert "62000 Travel: it is at least 100 (chosen by your program" in str(explain(record, bridge, BOOKS))


def test_what_is_not_chosen_is_as_before() -> None:
    record = card_expense("50", coding=[gl("61000")], merchant="Ada")
    assert accounts(record, Bridge(SETTINGS, choose_account=large)) == accounts(record, Bridge(SETTINGS))


def test_an_account_that_is_not_there_and_an_error_refuse_their_record() -> None:
    record = card_expense("150", coding=[gl("61000")], merchant="Ada")

    def missing(record: Record, line: LineItem) -> ChosenAccount | None:
        del record, line
        return ChosenAccount("99999", "why not")

    def failing(record: Record, line: LineItem) -> ChosenAccount | None:
        raise KeyError(line.id, record.id)

    refused = Bridge(SETTINGS, choose_account=missing).outcome(record, BOOKS)
    assert isinstance(refused, Refuse)
    assert [each.code for each in refused.reasons] == [ReasonCode.UNKNOWN_ACCOUNT]
    failed = Bridge(SETTINGS, choose_account=failing).outcome(record, BOOKS)
    assert isinstance(failed, Refuse)
    assert [each.code for each in failed.reasons] == [ReasonCode.MAPPER_FAILED]
    assert explain(record, Bridge(SETTINGS, choose_account=failing), BOOKS).is_refused


def test_a_chosen_vendor_goes_first_and_a_wrong_one_refuses() -> None:
    record = card_expense("5", coding=[gl("61000")], merchant="Ada")
    for wanted, party in (("Grace", TWIN.id), (TWIN.id, TWIN.id), (None, ADA.id)):
        made = Bridge(SETTINGS, choose_vendor=lambda _, wanted=wanted: wanted).outcome(record, BOOKS)  # type: ignore[misc]
        assert isinstance(made, Post)
        assert made.document.party == party
    refused = Bridge(SETTINGS, choose_vendor=lambda _: "Nobody").outcome(record, BOOKS)
    assert isinstance(refused, Refuse)
    assert [each.code for each in refused.reasons] == [ReasonCode.MAPPER_FAILED]
    assert "Rillet has no such vendors" in str(refused.reasons[0])
