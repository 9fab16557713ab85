"""What a caller's own mapper gave and that cannot be posted refuses its record, in a plan and in a run alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

import rillet
from brex_accounting import Amount
from bridge import DEFAULT_MAPPERS, Bridge, ChargeDocument, Draft, JournalEntryDocument, Post, ReasonCode, charge
from bridge.export import Export, SqlJournal
from clientkit import Request
from support.companies.exported import SETTINGS, Company, expense

BAD = "accr_bad"
GAVE = "the mapper of CARD_EXPENSE_POST gave what cannot be posted: "


def boom(*_: object) -> Any:
    raise RuntimeError("boom")


def giving(value: object) -> Any:
    def function(*_: object) -> object:
        return value

    return function


def export(company: Company, journal: SqlJournal | None, **methods: Any) -> Export:
    """An export whose mapper gives, for the bad record, a charge with these methods."""
    kind = type("Bad", (ChargeDocument,), methods)

    def mine(draft: Draft) -> Any:
        made: Any = charge(draft)
        if draft.record.id != BAD:
            return made
        fields = (each.name for each in attrs.fields(ChargeDocument) if each.init)
        return attrs.evolve(made, document=kind(**{name: getattr(made.document, name) for name in fields}))

    clients = company.brex.client(sleep=lambda _: None), company.rillet.client(sleep=lambda _: None)
    return Export(*clients, Bridge(SETTINGS, mappers={**DEFAULT_MAPPERS, "CARD_EXPENSE_POST": mine}), journal=journal)


def add(company: Company) -> None:
    company.brex.add(expense(1), attrs.evolve(expense(2), id=BAD), expense(3))


NO_BODY, GET = Request[None](method="POST", path="/charges"), Request[None](method="GET", path="/charges")


@pytest.mark.parametrize(
    ("method", "function", "fault"),
    [
        ("form", giving(None), "Bad.form gave NoneType, and it has to give a Form"),
        ("form", giving("a form"), "Bad.form gave str, and it has to give a Form"),
        ("with_vendor", boom, "Bad.with_vendor failed: RuntimeError: boom"),
        ("with_vendor", giving(None), "Bad.with_vendor gave NoneType, and it has to give a Bad"),
        ("create", boom, "Bad.create failed: RuntimeError: boom"),
        ("create", giving(None), "Bad.create gave NoneType, and it has to give a Request"),
        ("create", giving(NO_BODY), "Bad.create gave a request without a body"),
        ("create", giving(GET), "Bad.create gave a GET, and it has to be a POST"),
        ("spent", boom, "Bad.spent failed: RuntimeError: boom"),
        (
            "spent",
            giving((1.5,)),
            "Bad.spent gave float, and it has to give Amounts of a finite Decimal and a currency",
        ),
        (
            "spent",
            giving((Amount(amount=Decimal("NaN"), currency="USD"),)),
            "Bad.spent gave Amount, and it has to give Amounts of a finite Decimal and a currency",
        ),
        (
            "spent",
            giving(None),
            "Bad.spent gave NoneType, and it has to give Amounts of a finite Decimal and a currency",
        ),
        ("postings", giving(("61000",)), "Bad.postings gave str, and it has to give postings"),
    ],
)
def test_a_document_of_the_callers_that_cannot_be_posted_is_refused(
    company: Company, journal: SqlJournal, method: str, function: Any, fault: str
) -> None:
    add(company)
    exporting = export(company, journal, **{method: function})
    plan = exporting.plan()

    outcome = exporting.run()

    assert [(each.record.id, each.texts) for each in plan.refused] == [(BAD, (GAVE + fault,))]
    ((record_id, reasons),) = [(each.record.id, each.reasons) for each in outcome.refused]
    assert (record_id, [(each.code, each.text) for each in reasons]) == (
        BAD,
        [(ReasonCode.MAPPER_FAILED, GAVE + fault)],
    )
    assert (outcome.counts.posted, outcome.counts.reported, outcome.counts.failed) == (2, 2, 0)
    assert company.posted_references() == ["accr_001", "accr_003"]


def test_an_amount_that_is_no_number_is_refused(company: Company, journal: SqlJournal) -> None:
    add(company)

    def entry(draft: Draft) -> Post | None:
        worth = rillet.Money(Decimal("NaN") if draft.record.id == BAD else Decimal(10), "USD")
        sides = ("61000", rillet.Side.DEBIT), ("21120", rillet.Side.CREDIT)
        items = tuple(rillet.NewJournalEntryItem(account_code=code, side=side, amount=worth) for code, side in sides)
        return draft.finish(JournalEntryDocument, title="Mine", currency="USD", items=items)

    clients = company.brex.client(sleep=lambda _: None), company.rillet.client(sleep=lambda _: None)
    bridge = Bridge(SETTINGS, mappers={**DEFAULT_MAPPERS, "CARD_EXPENSE_POST": entry})
    exporting = Export(*clients, bridge, journal=journal)
    planned = [each.texts for each in exporting.plan().refused]

    outcome = exporting.run()

    ((code, text),) = [(each.code, each.text) for refused in outcome.refused for each in refused.reasons]
    assert code is ReasonCode.MAPPER_FAILED
    assert "NaN is not an amount" in text
    assert planned == [(text,)]
    assert (outcome.counts.posted, outcome.counts.reported) == (2, 2)


def test_what_shows_only_after_posting_is_a_warning(company: Company, journal: SqlJournal) -> None:
    add(company)
    asked = list[int]()

    def spent(_: object) -> tuple[Amount, ...]:
        asked.append(1)
        if len(asked) > 1:
            raise RuntimeError("no more")
        return ()

    outcome = export(company, journal, spent=spent).run()

    assert (outcome.counts.posted, outcome.counts.reported, outcome.complete) == (3, 3, True)
    assert [(each.record_id, each.code, each.text) for each in outcome.warnings] == [
        (
            BAD,
            "spending_unknown",
            "it is posted, and nobody knows what it spends: Bad.spent failed: RuntimeError: no more",
        )
    ]
    assert outcome.amounts == {"USD": Decimal("20.00")}
