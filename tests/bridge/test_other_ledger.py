"""The core of the bridge with books and documents of a ledger that is not Rillet."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import attrs

import bridge
from brex_accounting import Amount, Side
from brex_accounting.testing.records import card_expense, gl
from bridge import (
    Books,
    Bridge,
    Document,
    Draft,
    Entity,
    Form,
    FormLine,
    Found,
    PlannedVendor,
    Post,
    Posting,
    Settings,
    form,
    form_of,
    summed,
)
from bridge.settings.choices import Role
from clientkit.requests import Request


@attrs.frozen(kw_only=True)
class Account:
    id: str
    code: str
    name: str
    type: str
    status: str = "ACTIVE"
    subtype: str | None = None


@attrs.frozen(kw_only=True)
class Company:
    id: str
    trade_name: str
    currency: str
    timezone: str = "UTC"


@attrs.frozen(kw_only=True)
class GeneralJournal:
    """A document of the other ledger: the record's own postings."""

    kind: str = attrs.field(default="journals", init=False)
    noun: str = attrs.field(default="general journal", init=False)

    impact_date: date
    entries: tuple[Posting, ...]

    @property
    def party(self) -> None:
        return None

    @property
    def payload(self) -> object:
        return [(each.account, f"{each.amount:f}") for each in self.entries]

    def with_vendor(self, vendor: str | PlannedVendor, /) -> Self:
        del vendor
        return self

    def postings(self) -> tuple[Posting, ...]:
        return self.entries

    def spent(self) -> tuple[Amount, ...]:
        return ()

    def form(self) -> Form:
        lines = (
            FormLine(
                account=each.account,
                amount=each.amount if each.side == Side.DEBIT else -each.amount,
                currency=each.currency,
                fields=frozenset((field.field_id, field.field_value_id) for field in each.fields),
            )
            for each in self.entries
        )
        return form(self.kind, lines, {"day": self.impact_date.isoformat()})

    def create(self) -> Request[Any]:
        return Request(method="POST", path="/journals", body=self.payload)

    def replace(self, present: Found) -> Request[Any]:
        raise TypeError(present.ref)

    def corrected(self, base: Form, corrections: Sequence[Form]) -> Form | None:
        del base, corrections
        return None

    def correction(self, lines: tuple[FormLine, ...], day: date) -> Document | None:
        del lines, day
        return None


def general_journal(draft: Draft) -> Post | None:
    card = draft.account(Role.CARD)
    entries = draft.coded.postings(draft.books) if card is not None else None
    return draft.finish(GeneralJournal, entries=entries)


BOOKS = Books(
    accounts=(
        Account(id="1", code="4000", name="Travel", type="EXPENSE"),
        Account(id="2", code="2000", name="Card", type="LIABILITY", subtype="Credit Card"),
        Account(id="3", code="2001", name="Old card", type="LIABILITY", status="INACTIVE"),
    ),
    subsidiaries=(Company(id="c-1", trade_name="Example", currency="USD"),),
)


def company(card: str) -> Bridge:
    entity = Entity(name="US", subsidiary="Example", card_account=card, reimbursement_account="2000")
    return Bridge(Settings(entities=(entity,)), mappers={"CARD_EXPENSE_POST": general_journal})


def test_another_ledger_has_books_and_documents_of_its_own() -> None:
    outcome = company("2000").outcome(card_expense("42.75", coding=[gl("4000")]), BOOKS)
    assert isinstance(outcome, Post)
    debit, credit = (
        Posting(account=account, side=side, amount=Decimal("42.75"), currency="USD")
        for account, side in (("4000", Side.DEBIT), ("2000", Side.CREDIT))
    )
    assert summed(outcome.document.postings()) == {debit, credit}
    assert outcome.document.impact_date == date(2026, 2, 3)
    assert outcome.payload == outcome.document.payload
    charge = Bridge(company("2000").settings).outcome(card_expense("42.75", coding=[gl("4000")]), BOOKS)
    # Rillet's own documents can be made of these books, too.
    assert isinstance(charge, Post)
    assert charge.document.postings() == outcome.document.postings()
    assert form_of(charge.payload).kind == "charges"  # type: ignore[arg-type]


def test_what_is_missing_is_refused_there_as_well() -> None:
    record = card_expense("42.75", coding=[gl("4000")])
    for card, words in (("2001", "card account 2001 Old card is inactive"), ("9", "the card account '9'")):
        assert words in str(company(card).outcome(record, BOOKS))


def test_the_core_loads_nothing_of_rillet() -> None:
    modules = (
        "bridge.books, bridge.coded_record, bridge.coding, bridge.currency, bridge.mappers.draft, bridge.field_sync, "
        "bridge.settings.check"
    )
    code = f"import sys, {modules}\nprint([each for each in sys.modules if each.split('.')[0] == 'rillet'])"
    environment = {**os.environ, "PYTHONPATH": str(Path(bridge.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"
