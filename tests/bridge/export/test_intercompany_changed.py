"""A record of two entities that changes after its export, in Brex or by hand in Rillet: both parts follow, and none is doubled."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from brex_accounting import Record, RecordType
from brex_accounting.testing.records import Split, gl
from bridge import OnChange
from rillet import JournalEntry, JournalEntryUpdate, NewJournalEntryItem
from support.companies.intercompany import (
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
from support.companies.two import GMBH, TwoCompanies, legal_entity, refusals


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
        assert "delete that entry, and the next run posts what is missing" in str(told.reasons[0])
        company.to_rillet.journal_entries.delete(entry.id)
        outcome = company.run()
    assert outcome.complete
    assert Decimal(company.books()["GmbH 62000"]) == Decimal(splits[1][0])


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
