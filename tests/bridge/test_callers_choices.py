"""Accounts and vendors that a program chooses: they count, `explain` tells why, and a mistake refuses its record alone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import attrs
import pytest

from brex_accounting import LineItem, Record
from brex_accounting.testing.records import card_expense, gl
from bridge import (
    DEFAULT_MAPPERS,
    Books,
    Bridge,
    ChosenAccount,
    Draft,
    Entity,
    JournalEntryDocument,
    Post,
    Reason,
    ReasonCode,
    Refuse,
    Settings,
    Skip,
    effect,
    explain,
)
from bridge.settings.values import AccountRule
from rillet import AccountStatus, Money, NewJournalEntryItem, Side
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


INACTIVE = attrs.evolve(
    next(each for each in chart_of_accounts() if each.code == "62000"), status=AccountStatus.INACTIVE
)
WITH_INACTIVE = attrs.evolve(
    BOOKS, accounts=tuple(INACTIVE if each.code == "62000" else each for each in BOOKS.accounts)
)


def test_a_refusal_tells_who_chose_an_account_that_cannot_be_used() -> None:
    record = card_expense("150", coding=[gl("61000")], merchant="Ada")
    ruled = attrs.evolve(
        SETTINGS,
        accounts=(AccountRule(account="63000", instead_of="1"), AccountRule(account="99999", instead_of="61000")),
    )
    program = Bridge(SETTINGS, choose_account=lambda _, __: ChosenAccount("99999", "it is a flight"))
    for bridge, said in (
        (program, "your program puts it on '99999' (it is a flight), which is no account of Rillet"),
        (Bridge(ruled), "the rule accounts[1] of the settings puts it on '99999', which is no account of Rillet"),
    ):
        refused = bridge.outcome(record, BOOKS)
        assert isinstance(refused, Refuse)
        assert [str(each) for each in refused.reasons] == [said]
    refused = Bridge(SETTINGS, choose_account=large).outcome(record, WITH_INACTIVE)
    assert isinstance(refused, Refuse)
    assert [str(each) for each in refused.reasons] == [
        "your program puts it on '62000' (it is at least 100), and the account 62000 Travel is inactive"
    ]


@pytest.mark.parametrize("given", ["62000", 5, ChosenAccount("62000", None), ChosenAccount(62000, "it is a flight")])  # type: ignore[arg-type]
def test_what_is_no_choice_refuses_its_record(given: object) -> None:
    record = card_expense("150", coding=[gl("61000")], merchant="Ada")
    bridge = Bridge(SETTINGS, choose_account=lambda *_: given)  # type: ignore[arg-type]
    refused = bridge.outcome(record, BOOKS)
    assert isinstance(refused, Refuse)
    assert [each.code for each in refused.reasons] == [ReasonCode.MAPPER_FAILED]
    assert str(refused.reasons[0]) == (
        f"the choice of accounts gave {given!r}, and it has to be None or a ChosenAccount of two texts"
    )
    assert explain(record, bridge, BOOKS).is_refused
    named = Bridge(SETTINGS, choose_vendor=lambda _: 5).outcome(record, BOOKS)  # type: ignore[arg-type, return-value]
    assert isinstance(named, Refuse)
    assert str(named.reasons[0]) == "the choice of vendors gave 5, and it has to be None or a text"


def test_an_explanation_tells_of_a_mapper_of_the_callers() -> None:
    record = card_expense("150", coding=[gl("61000")], merchant="Ada")

    def mine(draft: Draft) -> Post | Skip | None:
        return DEFAULT_MAPPERS["CARD_EXPENSE_POST"](draft)

    own = Bridge(SETTINGS, mappers={**DEFAULT_MAPPERS, "CARD_EXPENSE_POST": mine})
    assert explain(record, own, BOOKS).summary.endswith(
        f"for the vendor Ada ({ADA.id}), made by your mapper of CARD_EXPENSE_POST"
    )
    assert "your mapper" not in explain(record, Bridge(SETTINGS), BOOKS).summary
    # A summary is the package's own, whatever mapper its type has.
    summed = Bridge(attrs.evolve(SETTINGS, summarise=("CARD_EXPENSE_POST",)), mappers=own.mappers)
    assert "your mapper" not in explain(record, summed, BOOKS).summary


def made_by(mapper: Callable[[Draft], Post | Skip | None], coding: str = "61000") -> Post | Skip | Refuse:
    own = Bridge(SETTINGS, mappers={"CARD_EXPENSE_POST": mapper})
    return own.outcome(card_expense("5", coding=[gl(coding)], merchant="Ada"), BOOKS)


def reasons(made: object) -> list[tuple[str, str]]:
    assert isinstance(made, Refuse), made
    return list(made.coded_texts)


def test_a_mapper_that_gives_a_refusal_is_told_how_to_refuse() -> None:
    def refusing(draft: Draft) -> Post | Skip | None:
        found = (Reason(code=ReasonCode("mine"), text="it has no memo"),)
        return Refuse(record=draft.record, reasons=found)  # type: ignore[return-value]  # the mistake

    ((code, text),) = reasons(made_by(refusing))
    assert code == "mapper_failed"
    assert "call draft.refuse(code, text) and return None. It said: it has no memo" in text


def test_what_a_mapper_refuses_it_cannot_skip() -> None:
    def both(draft: Draft) -> Skip:
        draft.refuse("no_memo", "it has no memo")
        return draft.skip("too_small", "it is less than 10")

    def small(draft: Draft) -> Skip:
        return draft.skip("too_small", "it is less than 10")

    assert reasons(made_by(both)) == [("no_memo", "it has no memo")]
    # What the coding lacks is no concern of what is skipped.
    for coding in ("61000", "nowhere"):
        assert isinstance(made_by(small, coding), Skip)


def entry(draft: Draft, **fields: object) -> Post | None:
    amount = Money(draft.record.amount.amount, "USD")
    sides = ((Side.DEBIT, "61000"), (Side.CREDIT, "21120"))
    items = tuple(NewJournalEntryItem(account_code=code, side=side, amount=amount) for side, code in sides)
    return draft.finish(JournalEntryDocument, items=items, **fields)


def test_a_document_without_a_field_names_it() -> None:
    ((code, text),) = reasons(made_by(lambda draft: entry(draft, title=None)))
    assert code == ReasonCode.NOTHING_MAPPED
    assert text.endswith("gave neither something to post nor a reason: the document has no title and no currency")
    assert isinstance(made_by(lambda draft: entry(draft, title="Fee", currency="USD")), Post)


def test_a_misspelt_field_of_a_document_is_named_with_what_is_meant() -> None:
    for fields in ({"tittle": "Fee", "currency": "USD"}, {"title": "Fee", "currency": "USD", "tittle": "Fee"}):
        ((code, text),) = reasons(made_by(lambda draft, fields=fields: entry(draft, **fields)))  # type: ignore[misc]
        assert code == "mapper_failed"
        assert "JournalEntryDocument has no field 'tittle'; did you mean 'title'?" in text


def test_what_is_nothing_to_post_is_named_in_short() -> None:
    ((_, text),) = reasons(made_by(lambda _: "x" * 1_000))  # type: ignore[arg-type,return-value]  # the mistake
    assert text.startswith("the mapper of CARD_EXPENSE_POST gave 'xxx")
    assert text.endswith("..., which is nothing to post")
    assert len(text) < 250


@pytest.mark.parametrize("wanted", [ADA.id, "Ada"])
def test_a_chosen_vendor_is_explained_as_such(wanted: str) -> None:
    record = card_expense("5", coding=[gl("61000")], merchant="ADA*1")
    chosen = f"for the vendor Ada ({ADA.id}), chosen by your program"
    assert chosen in explain(record, Bridge(SETTINGS, choose_vendor=lambda _: wanted), BOOKS).summary
    named = attrs.evolve(record, vendor=card_expense("5", merchant="Ada").vendor)
    usual = explain(named, Bridge(SETTINGS, choose_vendor=lambda _: None), BOOKS).summary
    assert f"for the vendor Ada ({ADA.id})" in usual
    assert "your program" not in usual


def test_a_reason_without_a_text_is_told_to_who_wrote_it() -> None:
    def silent(draft: Draft) -> None:
        draft.refuse("mine", " ")

    ((code, text),) = reasons(made_by(silent))
    assert code == "mapper_failed"
    assert "the text of the reason 'mine' is empty" in text


def test_a_printed_plan_parts_its_reasons() -> None:
    def refusing(draft: Draft) -> None:
        draft.refuse("one", "it has no memo")
        draft.refuse("two", "it is late")

    plan = Bridge(SETTINGS, mappers={"CARD_EXPENSE_POST": refusing}).plan(
        [card_expense("5", coding=[gl("61000")])], BOOKS
    )
    assert str(plan).endswith("refused  it has no memo; it is late")
