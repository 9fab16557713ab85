"""What a caller brings along may raise or give nonsense: that refuses one record, by its id, and stops no other."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest

import rillet
import rillet.testing
from brex_accounting import Record, ReviewStatus
from brex_accounting.testing.records import card_expense, gl
from bridge import (
    DEFAULT_MAPPERS,
    Bridge,
    Draft,
    ForeignCurrency,
    JournalEntryDocument,
    Post,
    ReasonCode,
    Role,
    Settings,
    SettingsError,
    VendorMapping,
    charge,
)
from bridge.export import Export, ExportOutcome
from bridge.export.time_zones import zone_of
from support.companies.exported import SETTINGS, Company, expense

BAD = "accr_bad"
#: Something that is nothing of what was asked for; its name is the same in every process.
OTHER = Ellipsis


def run(company: Company, settings: Settings = SETTINGS, **brought: Any) -> ExportOutcome:
    clients = company.brex.client(sleep=lambda _: None), company.rillet.client(sleep=lambda _: None)
    return Export(*clients, Bridge(settings, **brought)).run()


def add(company: Company) -> None:
    company.brex.add(expense(1), attrs.evolve(expense(2), id=BAD), expense(3))


def giving(value: object) -> Any:
    """A function that gives the same whatever it is asked."""

    def function(*_: object) -> object:
        return value

    return function


def of_another(draft: Draft) -> object:
    made = charge(draft)
    assert made is not None
    return attrs.evolve(made, record=expense(9))


def without_document(draft: Draft) -> object:
    return Post(record=draft.record, document="a document")  # type: ignore[arg-type]


def raising(draft: Draft) -> object:
    raise KeyError("lookup table")


def a_number(draft: Draft) -> object:
    return 1.5 if draft.record.id == BAD else None


def nameless(draft: Draft) -> object:
    draft.findings.add(None, "nobody knows why")  # type: ignore[arg-type]
    return None


class SpeechlessError(Exception):
    """One whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def speechless(draft: Draft) -> object:
    raise SpeechlessError


def talkative(draft: Draft) -> object:
    raise ValueError("x" * 1_000_000)


def numbered(draft: Draft) -> object:
    draft.refuse(ReasonCode("of_mine"), 5)  # type: ignore[arg-type]
    return None


@pytest.mark.parametrize(
    "mapper", [raising, of_another, without_document, nameless, a_number, speechless, talkative, numbered]
)
def test_a_mapper_that_fails_refuses_its_record(company: Company, mapper: Callable[[Draft], object]) -> None:
    add(company)

    def mine(draft: Draft) -> Any:
        return mapper(draft) if draft.record.id == BAD else charge(draft)

    outcome = run(company, mappers={**DEFAULT_MAPPERS, "CARD_EXPENSE_POST": mine})

    assert (outcome.counts.posted, outcome.counts.reported) == (2, 2)
    ((reason,),) = [each.reasons for each in outcome.refused]
    assert (outcome.refused[0].record.id, reason.code) == (BAD, ReasonCode.MAPPER_FAILED)
    assert "the mapper of CARD_EXPENSE_POST" in reason.text
    assert len(reason.text) < 3_000
    assert company.posted_references() == ["accr_001", "accr_003"]


def test_an_amount_of_a_mapper_that_is_not_the_records_is_posted_and_listed(company: Company) -> None:
    add(company)

    def mine(draft: Draft) -> Any:
        if draft.record.id != BAD:
            return charge(draft)
        card = draft.account(Role.CARD)
        assert card is not None
        slip = rillet.Money(Decimal("100000.00"), "USD")
        sides = ((rillet.Side.DEBIT, "61000"), (rillet.Side.CREDIT, card.code))
        items = tuple(
            rillet.NewJournalEntryItem(account_code=code, side=side, amount=slip, description="")
            for side, code in sides
        )
        return draft.finish(JournalEntryDocument, title="Slip", currency="USD", items=items)

    outcome = run(company, mappers={**DEFAULT_MAPPERS, "CARD_EXPENSE_POST": mine})

    assert outcome.counts.posted == 3
    assert [(each.record_id, each.code, each.text) for each in outcome.warnings] == [
        (BAD, "other_amount", "your mapper posts 100000.00 USD for a record of 10.00")
    ]


def test_a_mapper_may_have_reasons_of_its_own(company: Company) -> None:
    add(company)

    def mine(draft: Draft) -> Post | None:
        if draft.record.id != BAD:
            made = charge(draft)
            assert isinstance(made, Post)
            return made
        draft.findings.add("needs_approval", "ask Ada")
        return None

    outcome = run(company, mappers={**DEFAULT_MAPPERS, "CARD_EXPENSE_POST": mine})

    ((reason,),) = [each.reasons for each in outcome.refused]
    assert (reason.code, reason.code.value, reason.text) == ("needs_approval", "needs_approval", "ask Ada")
    assert not reason.code.is_known
    refused: Any = outcome.as_json()["refused"]
    reasons = [{"code": "needs_approval", "text": "ask Ada"}]
    whose = {"merchant": "Cumulus Cloud", "person": "Ada Example", "day": "2026-02-03"}
    assert refused == [{"record_id": BAD, "amount": "10.00", "currency": "USD", "reasons": reasons, **whose}]
    assert outcome.counts.posted == 2


@pytest.mark.parametrize("rate", [0.0064, "1.1", 1, Decimal("NaN"), Decimal(-1), OTHER], ids=repr)
def test_a_rate_that_is_none_refuses_its_record(company: Company, rate: object) -> None:
    company.brex.add(expense(1), currency_of("JPY"), expense(3))
    settings = attrs.evolve(SETTINGS, foreign_currency=ForeignCurrency.SUBSIDIARY)

    outcome = run(company, settings, rates=giving(rate))

    assert (outcome.counts.posted, [each.record.id for each in outcome.refused]) == (2, [BAD])


def currency_of(code: str) -> Record:
    return card_expense("5", coding=[gl("61000")], currency=code, merchant="Cumulus Cloud", record_id=BAD)


@pytest.mark.parametrize("zone", [1.5, "Europe/Berlin", OTHER], ids=repr)
def test_a_source_of_zones_that_gives_nonsense_refuses_records(company: Company, zone: Any) -> None:
    add(company)

    outcome = run(company, attrs.evolve(SETTINGS, time_zone="Europe/Berlin"), zones=giving(zone))

    assert {each.reasons[0].code for each in outcome.refused} == {ReasonCode.MAPPER_FAILED}
    assert outcome.counts.refused == 3


def test_an_unknown_time_zone_is_a_settings_error_before_anything_is_sent(company: Company) -> None:
    add(company)
    settings = attrs.evolve(SETTINGS, time_zone="Europe/Berln", report_refusals=True)

    with pytest.raises(SettingsError, match=r"Europe/Berln.*brex-rillet\[tzdata\]"):
        run(company, settings, zones=zone_of)

    assert company.posts() == []
    assert company.exported() == []


def test_where_all_are_refused_for_one_reason_brex_is_not_told(company: Company) -> None:
    uncoded = [attrs.evolve(card_expense("5", merchant="Cumulus Cloud"), id=f"accr_bad{each}") for each in range(3)]
    company.brex.add(*uncoded)

    outcome = run(company, attrs.evolve(SETTINGS, report_refusals=True))

    assert (outcome.counts.refused, outcome.counts.reported) == (3, 0)
    assert {each.review_status for each in company.brex.records.values()} == {ReviewStatus.READY_FOR_EXPORT}
    (warned,) = outcome.warnings
    assert warned.code == "all_refused"
    assert "wrong setting" in warned.text


def test_where_one_can_be_posted_brex_is_told_of_the_others(company: Company) -> None:
    uncoded = [attrs.evolve(card_expense("5", merchant="Cumulus Cloud"), id=f"accr_bad{each}") for each in range(3)]
    company.brex.add(*uncoded, expense(9))

    outcome = run(company, attrs.evolve(SETTINGS, report_refusals=True))

    assert (outcome.counts.posted, outcome.counts.refused, outcome.counts.reported) == (1, 3, 4)
    assert outcome.warnings == ()


def test_one_bad_line_of_vendors_concerns_its_own_records(company: Company) -> None:
    company.rillet.put(rillet.testing.vendor("Skyline Air"))
    other = attrs.evolve(expense(2, merchant="Hotel Adlon"), id=BAD)
    company.brex.add(expense(1, merchant="Skyline Air"), other)
    settings = attrs.evolve(SETTINGS, vendors=(VendorMapping(brex="Hotel Adlon", rillet="renamed since"),))

    outcome = run(company, settings)

    assert (outcome.counts.posted, [each.record.id for each in outcome.refused]) == (1, [BAD])
    assert outcome.refused[0].reasons[0].code is ReasonCode.NO_VENDOR
    (warned,) = outcome.warnings
    assert (warned.code, warned.text) == ("settings", "vendors[0].rillet: Rillet has no vendor 'renamed since'")
