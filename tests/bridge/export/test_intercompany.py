"""A record with lines of two entities: the document of the one that paid, the entry of the one that owes it, and never a half."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from brex_accounting import Record, RecordType, ReviewStatus
from brex_accounting.testing.records import Split, card_expense, dimension, gl, record, reimbursement
from bridge import Bridge, ForeignCurrency, Intercompany, ReasonCode, check, explain
from bridge.export import Verdict, load_books
from bridge.export.reporting.journal_lines import journal_lines
from bridge.export.reporting.naming import posting_lines
from rillet.testing import subsidiary
from support.companies.intercompany import (
    BETWEEN,
    BILL,
    BOOKS,
    OURS,
    SPENT,
    THEIRS,
    companies,
    disagreements,
    failing,
    spent,
    turned,
)
from support.companies.two import GERMANY, GMBH, US, legal_entity, movement, refusals

BACK = Intercompany(payer="Germany", debtor="US", due_from="12000", due_to="12500")


GIVEN_BACK = {account: f"{-Decimal(amount):.2f}" for account, amount in SPENT.items()}


@pytest.mark.parametrize(
    ("made", "kind", "books"),
    [
        (spent(), "charges", {**SPENT, "Inc. 21120": "-100.00"}),
        (
            turned(RecordType.CARD_EXPENSE_REFUND, [("100", ())], [OURS, THEIRS], vendor="Acme"),
            "charges",
            {**GIVEN_BACK, "Inc. 21120": "100.00"},
        ),
        (
            reimbursement("100", splits=[OURS, THEIRS], record_id="accr_k1"),
            "reimbursements",
            {**SPENT, "Inc. 21340": "-100.00"},
        ),
        (
            turned(RecordType.BILL_EXPENSE, [OURS, THEIRS], [("100", ())], **BILL),
            "bills",
            {**SPENT, "Inc. 21100": "-100.00"},
        ),
        (
            turned(RecordType.BILL_EXPENSE, [("100", ())], [OURS, THEIRS], **BILL),
            "vendor-credits",
            {**GIVEN_BACK, "Inc. 21100": "100.00"},
        ),
    ],
)
@pytest.mark.parametrize("has_journal", [True, False])
def test_each_books_its_part_and_what_it_owes(
    made: Record, kind: str, books: dict[str, str], has_journal: bool, tmp_path: Path
) -> None:
    company = companies(made, journal=tmp_path if has_journal else None)
    (planned,) = company.export().plan().posts
    assert planned.document.kind == kind
    outcome = company.run()
    assert outcome.complete
    assert [(each.record.id, each.kind) for each in outcome.posted] == [("accr_k1", kind)]
    assert company.books() == dict(sorted(books.items()))
    assert company.brex.records["accr_k1"].review_status == "EXPORTED"
    company.rillet.idempotency_keys.forget_all()
    company.brex.add(made)
    again = company.run()
    assert again.complete
    assert [each.adopted for each in again.posted] == [True]
    assert company.books() == dict(sorted(books.items()))
    assert disagreements(company) == {}


@pytest.mark.parametrize(
    ("made", "settings"),
    [
        (spent(), {"intercompany": ()}),
        # Neither of the rules is about these two.
        (spent(), {"intercompany": (attrs.evolve(BETWEEN, debtor="France"),)}),
        # Both may have paid.
        (spent(), {"intercompany": (BETWEEN, BACK)}),
        (spent(OURS, THEIRS, ("5", [gl("61000"), legal_entity("FR")])), {}),
        (movement("CARD_PAYMENT", "5", id="accr_k1"), {}),
    ],
)
def test_what_is_not_told_is_refused(made: Record, settings: dict[str, Any]) -> None:
    france = attrs.evolve(GERMANY, name="France", when=attrs.evolve(GERMANY.when, value="FR"))  # type: ignore[misc]
    company = companies(made, entities=(US, GERMANY, france), **settings)
    outcome = company.run()
    codes = {ReasonCode.SEVERAL_ENTITIES, ReasonCode.UNKNOWN_ENTITY}
    assert codes.issuperset(refusals(outcome)["accr_k1"])
    assert company.books() == {}


@pytest.mark.parametrize(
    ("paid_by", "books"),
    [
        ("US", {**SPENT, "Inc. 21120": "-100.00"}),
        (
            "DE",
            {"GmbH 12000": "60.00", "GmbH 62000": "40.00", "GmbH 21120": "-100.00", "Inc. 61000": "60.00", "Inc. 12500": "-60.00"},
        ),
    ],
)  # fmt: skip
def test_the_line_of_the_card_tells_who_paid(paid_by: str, books: dict[str, str]) -> None:
    made = record(
        RecordType.CARD_EXPENSE_POST,
        debits=[OURS, THEIRS],
        credits=[("100", [legal_entity(paid_by)])],
        record_id="accr_k1",
        vendor="Acme",
    )
    company = companies(made, intercompany=(BETWEEN, BACK))
    assert company.run().complete
    assert company.books() == dict(sorted(books.items()))


def test_what_is_all_anothers_is_owed_whole() -> None:
    made = record(
        RecordType.CARD_EXPENSE_POST,
        debits=[("100", [gl("62000"), GMBH])],
        credits=[("100", [legal_entity("US")])],
        record_id="accr_k1",
        vendor="Acme",
    )
    company = companies(made)
    assert company.run().complete
    books = {"Inc. 12000": "100.00", "Inc. 21120": "-100.00", "GmbH 62000": "100.00", "GmbH 12500": "-100.00"}
    assert company.books() == dict(sorted(books.items()))


@pytest.mark.parametrize("path", ["/charges", "/journal-entries"])
@pytest.mark.parametrize("is_refused", [True, False])
@pytest.mark.parametrize("has_journal", [True, False])
@pytest.mark.parametrize("forgets", [True, False])
def test_what_fails_between_the_two_is_finished_by_the_next_run(
    path: str, is_refused: bool, has_journal: bool, forgets: bool, tmp_path: Path
) -> None:
    company = companies(spent(), journal=tmp_path if has_journal else None)
    failing(company, path, is_refused=is_refused)
    assert not company.run().complete
    assert company.brex.records["accr_k1"].review_status == "READY_FOR_EXPORT"
    company.rillet.faults.clear()
    if forgets:
        company.rillet.idempotency_keys.forget_all()
    company.run()
    # What was lost is settled by the first run, and what is left follows in the next.
    company.run()
    assert company.books() == BOOKS
    assert company.brex.records["accr_k1"].review_status == "EXPORTED"
    assert disagreements(company) == {}


@pytest.mark.parametrize("has_journal", [True, False])
def test_a_half_is_named(has_journal: bool, tmp_path: Path) -> None:
    company = companies(spent(), journal=tmp_path if has_journal else None)
    failing(company, "/journal-entries", is_refused=True)
    outcome = company.run()
    assert set(refusals(outcome)) == {"accr_k1"}
    # Without a journal what Brex still offers is no disagreement.
    assert disagreements(company) == ({"accr_k1": Verdict.HALF_POSTED} if has_journal else {})
    (planned,) = company.export().plan().posts
    assert planned.step == "correcting entry"
    # Also where Brex no longer offers it.
    company.brex.add(attrs.evolve(company.brex.records["accr_k1"], review_status=ReviewStatus.EXPORTED))
    assert disagreements(company) == {"accr_k1": Verdict.HALF_POSTED}


def test_a_half_is_finished_by_a_journal_that_begins_later(tmp_path: Path) -> None:
    company = companies(spent())
    failing(company, "/journal-entries", is_refused=True)
    company.run()
    later = companies(journal=tmp_path)
    company.journal = later.journal
    assert company.run().complete
    assert company.books() == BOOKS
    company.brex.add(spent())
    assert company.run().complete
    assert company.books() == BOOKS
    assert disagreements(company) == {}


def test_a_payment_takes_the_entity_that_owes_the_vendor(tmp_path: Path) -> None:
    made = turned(RecordType.BILL_EXPENSE, [OURS, THEIRS], [("100", ())], **BILL)
    paid = movement("BILL_EXPENSE_PAYMENT", "100", id="accr_p1", source_id="bill1")
    company = companies(made, paid, journal=tmp_path)
    assert len(company.export().plan().posts) == 2
    assert company.run().complete
    assert company.books() == dict(sorted({**SPENT, "Inc. 11100": "-100.00"}.items()))


@pytest.mark.parametrize("which", ["charges", "journal-entries", "both"])
def test_what_was_deleted_is_named_and_replayed(which: str, tmp_path: Path) -> None:
    company = companies(spent(), journal=tmp_path)
    company.run()
    if which != "journal-entries":
        company.to_rillet.charges.delete(company.rillet.charges[0].id)
    if which != "charges":
        company.to_rillet.journal_entries.delete(company.rillet.journal_entries[0].id)
    assert disagreements(company) == {"accr_k1": Verdict.DELETED_IN_RILLET}
    company.brex.add(spent())
    (told,) = company.run().refused
    assert [each.code for each in told.reasons] == [ReasonCode.DELETED_IN_LEDGER]
    if which == "charges":
        assert f"delete what is left of it (journal-entries {company.rillet.journal_entries[0].id})" in str(
            told.reasons[0]
        )
        company.to_rillet.journal_entries.delete(company.rillet.journal_entries[0].id)
    company.rillet.idempotency_keys.forget_all()
    company.export().replay("accr_k1")
    assert company.books() == BOOKS
    assert disagreements(company) == {}


def test_the_debtor_has_its_own_tax(tmp_path: Path) -> None:

    taxed: Split = ("119", [gl("62000"), GMBH, dimension("TAX_CODE", "DE19")])
    company = companies(spent(OURS, taxed), tax_field="TAX_CODE", journal=tmp_path)
    failing(company, "/journal-entries", is_refused=True)
    company.run()
    assert company.run().complete
    books = {
        "Inc. 12000": "119.00",
        "Inc. 61000": "60.00",
        "Inc. 21120": "-179.00",
        "GmbH 62000": "100.00",
        "GmbH 22500": "19.00",
        "GmbH 12500": "-119.00",
    }
    assert company.books() == dict(sorted(books.items()))


def at(base: str, target: str, day: date) -> Decimal | None:
    return Decimal("0.9") if (base, target) == ("USD", "EUR") else None


def hardly_anything(_base: str, _target: str, _day: date) -> Decimal | None:
    return Decimal("0.00001")


@pytest.mark.parametrize("treatment", list(ForeignCurrency))
def test_each_balances_in_the_currency_of_its_books(treatment: ForeignCurrency, tmp_path: Path) -> None:
    ledger = {"subsidiaries": [subsidiary("Example Inc."), subsidiary("Example GmbH", currency="EUR")]}
    company = companies(spent(), ledger=ledger, rates=at, foreign_currency=treatment, journal=tmp_path)
    assert company.run().complete
    assert company.books() == dict(sorted({**BOOKS, "GmbH 62000": "36.00", "GmbH 12500": "-36.00"}.items()))


def test_without_a_rate_neither_is_posted() -> None:
    ledger = {"subsidiaries": [subsidiary("Example Inc."), subsidiary("Example GmbH", currency="EUR")]}
    company = companies(spent(), ledger=ledger)
    assert refusals(company.run()) == {"accr_k1": ["no_exchange_rate"]}
    assert company.books() == {}


def test_what_comes_to_nothing_in_the_books_of_the_debtor_is_refused_with_a_reason() -> None:
    ledger = {"subsidiaries": [subsidiary("Example Inc."), subsidiary("Example GmbH", currency="EUR")]}
    company = companies(
        spent(),
        ledger=ledger,
        rates=hardly_anything,
        foreign_currency=ForeignCurrency.SUBSIDIARY,
    )
    assert refusals(company.run()) == {"accr_k1": ["several_entities"]}
    assert company.books() == {}


def test_it_is_in_no_summary(tmp_path: Path) -> None:
    alone = [card_expense("10", coding=[gl("61000")], record_id=f"accr_{place}") for place in range(2)]
    company = companies(spent(), *alone, summarise=("CARD_EXPENSE_POST",), journal=tmp_path)
    assert company.run().complete
    assert company.books() == dict(sorted({**BOOKS, "Inc. 61000": "80.00", "Inc. 21120": "-120.00"}.items()))
    assert len(company.rillet.journal_entries) == 3


def test_before_the_debtor_begins_it_is_refused() -> None:
    late = attrs.evolve(GERMANY, since=date(2026, 6, 1))
    assert refusals(companies(spent(), entities=(US, late)).run()) == {"accr_k1": ["several_entities"]}


def test_both_halves_are_explained() -> None:
    company = companies()
    told = str(explain(spent(), Bridge(company.settings), load_books(company.to_rillet)))
    assert "it is of Germany, which owes it to US: due from 12000, due to 12500" in told


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (
            attrs.evolve(BETWEEN, due_from="99999"),
            "intercompany[0].due_from: Rillet has no account with the code or id '99999'",
        ),
        (
            attrs.evolve(BETWEEN, due_to="99999"),
            "intercompany[0].due_to: Rillet has no account with the code or id '99999'",
        ),
    ],
)
def test_its_accounts_are_checked(rule: Intercompany, problem: str) -> None:
    company = companies(intercompany=(rule,))
    assert problem in check(company.settings, load_books(company.to_rillet))


def test_what_a_person_can_post_by_hand_has_a_document_in_each() -> None:
    company = companies(spent())
    export = company.export()
    headings, rows = journal_lines(export.plan(), export.books())
    at = [headings.index(each) for each in ("Document", "Subsidiary", "Account", "Debit", "Credit")]
    assert [tuple(row[place] for place in at) for row in rows] == [
        ("charge", "Example Inc.", "61000", Decimal(60), None),
        ("charge", "Example Inc.", "12000", Decimal(40), None),
        ("charge", "Example Inc.", "21120", None, Decimal(100)),
        ("journal entry", "Example GmbH", "62000", Decimal(40), None),
        ("journal entry", "Example GmbH", "12500", None, Decimal(40)),
    ]


def test_a_plan_says_in_whose_books_each_posting_is() -> None:
    (post,) = (plan := companies(spent()).export().plan()).posts
    lines = list(posting_lines(post.document, plan.books))
    assert [line.split(" in ")[1] for line in lines] == ["Example Inc."] * 3 + ["Example GmbH"] * 2
    assert lines[0].startswith("debit  60.00 USD 61000 ")
