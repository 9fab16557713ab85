"""Marks that a journal does not write itself are an error of the journal, in one sentence, before anything is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge import Bridge
from bridge.export import Export, JournalError, SqlJournal
from bridge.export.engine.run_marks import CHANGES_READ, CHANGES_REFUSED, RECEIPTS_LEFT
from bridge.export.journal.marks import moment_at, moments_at, texts_at
from bridge.export.journal.no_journal import NoJournal
from support.companies.exported import SETTINGS, Company, expense

ODD = (
    "",
    "x",
    "null",
    "7",
    '"x"',
    "[[]]",
    '{"a": null}',
    '{"a": 7}',
    "[null]",
    '{"a": "2026-01-01T00:00:00"}',
    "[" * 9_000,
)


@pytest.mark.parametrize("name", [CHANGES_READ, CHANGES_REFUSED, RECEIPTS_LEFT])
@pytest.mark.parametrize("value", ODD)
def test_a_damaged_mark_ends_a_run_before_anything_is_sent(
    company: Company, tmp_path: Path, name: str, value: str
) -> None:
    company.brex.add(expense(1))
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        journal.set_mark(name, value)
        exporting = Export(company.brex.client(), company.rillet.client(), Bridge(SETTINGS), journal=journal)
        if value == "" and name != CHANGES_READ:
            assert exporting.run().complete
            return
        with pytest.raises(JournalError, match=f"the journal's mark '{name}' is damaged"):
            exporting.run()
    assert company.posts() == []


def test_what_was_left_is_read_as_it_was(tmp_path: Path) -> None:
    at = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        journal.set_mark("moment", at.isoformat())
        journal.set_mark("texts", '["a", "b"]')
        journal.set_mark("moments", f'{{"a": "{at.isoformat()}"}}')
        assert moment_at(journal, "moment") == at
        assert texts_at(journal, "texts") == ["a", "b"]
        assert moments_at(journal, "moments") == {"a": at}
    assert moment_at(NoJournal(), "moment") is None
    assert list(texts_at(NoJournal(), "texts")) == []
    assert moments_at(NoJournal(), "moments") == {}
