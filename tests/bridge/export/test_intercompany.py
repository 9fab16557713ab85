"""A record with lines of two entities: the document of the one that paid, the entry of the one that owes it, and never a half."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from brex_accounting import Record, RecordType, ReviewStatus
from brex_accounting.testing.records import Split, card_expense, dimension, gl, record, reimbursement
from bridge import Bridge, ForeignCurrency, Intercompany, OnChange, ReasonCode, check, explain
from bridge.closing import accrue, month, reconcile
from bridge.export import NoJournal, Verdict, load_books, verify
from bridge.export.closing import read_snapshot
from bridge.export.reporting.journal_lines import journal_lines
from clientkit.testing import AnswerLost, Asked, Fault, Respond
from rillet import JournalEntry, JournalEntryUpdate, NewJournalEntryItem
from rillet.testing import subsidiary
from support.companies.exported import refusal
from support.companies.two import DUE, GERMANY, GMBH, US, TwoCompanies, legal_entity, movement, refusals

BETWEEN = Intercompany(payer="US", debtor="Germany", due_from="12000", due_to="12500")
BACK = Intercompany(payer="Germany", debtor="US", due_from="12000", due_to="12500")
OURS: Split = ("60", [gl("61000"), legal_entity("US")])
THEIRS: Split = ("40", [gl("62000"), GMBH])


def spent(*splits: Split, id: str = "accr_k1", **details: Any) -> Record:
    """100 on a card, of which 40 are the German company's."""
    lines = splits or (OURS, THEIRS)
    amount = sum(Decimal(each[0]) for each in lines)
    return card_expense(str(amount), splits=list(lines), record_id=id, **details)


def companies(*records: Record, **settings: Any) -> TwoCompanies:
    given: dict[str, Any] = {"intercompany": (BETWEEN,), **settings}
    return TwoCompanies(*records, **given)


def turned(type: RecordType, debits: Sequence[Split], credits: Sequence[Split], **details: Any) -> Record:
    return record(type, debits=debits, credits=credits, record_id="accr_k1", **details)


BILL = {"invoice_number": "INV-1", "vendor": "Acme", "due_at": DUE, "source_id": "bill1"}
SPENT = {"Inc. 12000": "40.00", "Inc. 61000": "60.00", "GmbH 62000": "40.00", "GmbH 12500": "-40.00"}
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


def disagreements(company: TwoCompanies) -> dict[str, Verdict]:
    journal = company.journal or NoJournal()
    told = verify(company.to_brex, company.to_rillet, journal, "brex", bridge=Bridge(company.settings))
    return {each.record_id: each.verdict for each in told if each.verdict is not Verdict.NOT_REPORTED}


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


def failing(company: TwoCompanies, path: str, *, is_refused: bool) -> None:
    """Each attempt to post under this path is refused once, or carried out with its answer lost."""

    def matches(asked: Asked) -> bool:
        return asked.method == "POST" and path in asked.path

    action = Respond(refusal(400)) if is_refused else AnswerLost()
    company.rillet.faults.append(Fault(action, matches=matches, times=1 if is_refused else 50))


BOOKS = dict(sorted({**SPENT, "Inc. 21120": "-100.00"}.items()))


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


@pytest.mark.parametrize("has_journal", [True, False])
def test_an_entry_that_a_person_renamed_is_not_posted_again(has_journal: bool, tmp_path: Path) -> None:
    company = companies(spent(), journal=tmp_path if has_journal else None)
    company.run()
    entry = company.rillet.journal_entries[0]
    rename(company, entry)
    company.brex.add(spent())

    outcome = company.run()

    assert company.books() == BOOKS
    if has_journal:
        assert outcome.complete
    else:
        (told,) = outcome.refused
        assert f"journal-entries {entry.id} says what would correct it" in str(told.reasons[0])


@pytest.mark.parametrize(
    ("splits", "has_other"),
    [
        ([("50", [gl("61000"), legal_entity("US")]), ("40", [gl("62000"), GMBH])], True),
        ([("50", [gl("61000"), legal_entity("US")]), ("30", [gl("62000"), GMBH])], True),
        ([("50", [gl("61000"), legal_entity("US")]), ("30", [gl("62000"), GMBH])], False),
    ],
)
def test_a_change_does_not_double_an_entry_that_a_person_renamed(splits: list[Split], has_other: bool) -> None:
    def made(*parts: Split, **more: Any) -> Record:
        total = sum(Decimal(each[0]) for each in parts)
        return turned(RecordType.BILL_EXPENSE, parts, [(str(total), ())], **BILL, **more)

    company = companies(made(OURS, THEIRS))
    company.run()
    entry = company.rillet.journal_entries[0]
    if has_other:
        rename(company, entry)
    else:
        company.to_rillet.journal_entries.delete(entry.id)
    before = company.books()
    company.brex.add(made(*splits, version=9, updated_at=datetime.now(UTC)))

    outcome = company.run()

    if has_other:
        assert company.books() == before
        (told,) = outcome.refused
        assert f"journal-entries {entry.id} may be its second part" in str(told.reasons[0])
    else:
        assert outcome.complete
        assert company.books()["GmbH 62000"] == "30.00"


def rename(company: TwoCompanies, entry: JournalEntry) -> None:
    items = [
        NewJournalEntryItem(account_code=each.account_code, side=each.side, amount=each.amount) for each in entry.items
    ]
    update = JournalEntryUpdate(name="reviewed", currency=entry.currency, date=entry.date, items=items)
    company.to_rillet.journal_entries.update(entry.id, update)


def changed(*splits: Split, version: int = 9) -> Record:
    return attrs.evolve(spent(*splits), version=version, updated_at=datetime.now(UTC))


@pytest.mark.parametrize("has_journal", [True, False])
@pytest.mark.parametrize(
    ("splits", "difference"),
    [
        ([("60", [gl("63000"), legal_entity("US")]), THEIRS], {"Inc. 61000": None, "Inc. 63000": "60.00"}),
        ([OURS, ("40", [gl("63000"), GMBH])], {"GmbH 62000": None, "GmbH 63000": "40.00"}),
        ([("50", [gl("61000"), legal_entity("US")]), ("50", [gl("62000"), GMBH])], None),
        ([("100", [gl("61000"), legal_entity("US")])], None),
    ],
)
def test_a_change_is_corrected_where_it_is_in_one_of_the_books(
    splits: list[Split], difference: dict[str, str | None] | None, has_journal: bool, tmp_path: Path
) -> None:
    company = companies(spent(), journal=tmp_path if has_journal else None, on_change=OnChange.CORRECT)
    company.run()
    company.brex.add(changed(*splits))
    outcome = company.run()
    if difference is None:
        assert refusals(outcome) == {"accr_k1": ["changed_after_export"]}
        assert company.books() == BOOKS
        return
    assert outcome.complete
    expected = {**BOOKS, **difference}
    assert company.books() == {key: each for key, each in sorted(expected.items()) if each is not None}
    assert disagreements(company) == {}


def test_what_becomes_one_of_two_is_posted_anew(tmp_path: Path) -> None:
    company = companies(spent(("100", [gl("61000"), legal_entity("US")])), journal=tmp_path)
    company.run()
    company.brex.add(changed(OURS, THEIRS))
    assert company.run().complete
    assert company.books() == BOOKS
    assert disagreements(company) == {}


@pytest.mark.parametrize("is_refused", [True, False, None])
def test_an_unpaid_bill_that_becomes_one_of_two_is_replaced(is_refused: bool | None, tmp_path: Path) -> None:
    def made(*splits: Split, **more: Any) -> Record:
        return turned(RecordType.BILL_EXPENSE, splits, [("100", ())], **BILL, **more)

    company = companies(made(("100", [gl("61000"), legal_entity("US")])), journal=tmp_path)
    company.run()
    company.brex.add(made(OURS, THEIRS, version=9, updated_at=datetime.now(UTC)))
    if is_refused is not None:
        failing(company, "/journal-entries", is_refused=is_refused)
        assert not company.run().complete
        company.rillet.faults.clear()
        company.run()
    company.run()
    assert company.books() == dict(sorted({**SPENT, "Inc. 21100": "-100.00"}.items()))
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


FEBRUARY = month("2026-02")
ACCRUING: dict[str, Any] = {"accrual_account": "22500", "uncoded_account": "63000"}


@pytest.mark.parametrize("has_journal", [True, False])
def test_the_month_ties_out_in_both_books(has_journal: bool, tmp_path: Path) -> None:
    company = companies(spent(), journal=tmp_path if has_journal else None)
    assert company.run().complete
    found = reconcile(read_snapshot(company.export(), FEBRUARY))
    assert {(each.subsidiary, each.account): each.brex for each in found.rows} == {
        ("Example Inc.", "12000"): Decimal(40),
        ("Example Inc.", "61000"): Decimal(60),
        ("Example Inc.", "21120"): Decimal(-100),
        ("Example GmbH", "62000"): Decimal(40),
        ("Example GmbH", "12500"): Decimal(-40),
    }
    assert all(each.brex == each.rillet and not each.parts for each in found.rows)


def test_the_month_names_a_half(tmp_path: Path) -> None:
    company = companies(spent(), journal=tmp_path)
    failing(company, "/journal-entries", is_refused=True)
    company.run()
    found = reconcile(read_snapshot(company.export(), FEBRUARY))
    open_parts = {(each.subsidiary, each.account): sum(part.amount for part in each.parts) for each in found.rows}
    assert open_parts.pop(("Example GmbH", "62000")) == 40
    assert open_parts.pop(("Example GmbH", "12500")) == -40
    assert set(open_parts.values()) == {0}
    assert {part.record_id for each in found.rows for part in each.parts} == {"accr_k1"}


def test_both_accrue_what_is_not_in_the_books(tmp_path: Path) -> None:
    entities = (attrs.evolve(US, **ACCRUING), attrs.evolve(GERMANY, **ACCRUING))
    company = companies(spent(), entities=entities, journal=tmp_path)
    plan = accrue(read_snapshot(company.export(), FEBRUARY))
    assert plan.left_out == ()
    assert {each.subsidiary: {line.account: line.amount for line in each.lines} for each in plan.accruals} == {
        "Example Inc.": {"12000": Decimal(40), "61000": Decimal(60), "22500": Decimal(-100)},
        "Example GmbH": {"62000": Decimal(40), "12500": Decimal(-40)},
    }


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
