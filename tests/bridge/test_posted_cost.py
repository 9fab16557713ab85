"""A record that is posted already costs its mapping no more than a new one: the books are indexed once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import attrs
import pytest

from bridge import Post, VendorMapping
from bridge.books import Books, normalised
from bridge.mappers.bills import bill
from bridge.mappers.draft import Draft
from bridge.mapping import DEFAULT_MAPPERS, Bridge
from bridge.vendors import entries
from support.companies.small import BOOKS, WHOLE, billed, books, expense, paid

DAY = date(2026, 2, 3)
INDICES = ("_accounts", "_subsidiaries", "_fields", "_vendors_by_id", "_vendors_by_name", "_bills_by_reference")


def indices_of(found: Books) -> dict[str, int]:
    """Which indices have been made, by identity."""
    return {name: id(value) for name, value in vars(found).items() if name.startswith("_")}


@pytest.mark.parametrize("last_closed", [None, date(2026, 1, 31)])
def test_no_index_is_made_anew_for_a_bill_that_is_posted(last_closed: date | None) -> None:
    there = books(last_closed=last_closed)
    new = WHOLE.outcome(billed(), there)
    before = indices_of(there)
    assert before.keys() & set(INDICES)

    for number in range(20):
        again = WHOLE.outcome(billed(f"{number + 1}"), there, posted_on=DAY)
        assert isinstance(again, Post)

    assert isinstance(new, Post)
    assert indices_of(there) == before


@pytest.mark.parametrize("make", [billed, expense, paid])
def test_nothing_is_computed_that_a_new_record_does_not_compute(
    make: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list[str]()
    for name in INDICES:
        index = vars(Books)[name]

        def counted(self: Books, *, name: str = name, inner: Callable[[Books], object] = index.func) -> object:
            made.append(name)
            return inner(self)

        monkeypatch.setattr(index, "func", counted)
    fresh = [attrs.evolve(BOOKS), attrs.evolve(BOOKS)]

    WHOLE.outcome(make(), fresh[0])
    without = sorted(made)
    made.clear()
    WHOLE.outcome(make(), fresh[1], posted_on=DAY)

    assert sorted(made) == without
    assert len(set(without)) == len(without)


def test_the_mapper_gets_the_very_books() -> None:
    seen = list[Books]()

    def looking(draft: Draft) -> Any:
        seen.append(draft.books)
        return bill(draft)

    watched = Bridge(WHOLE.settings, mappers={**DEFAULT_MAPPERS, "BILL_EXPENSE": looking})
    for posted_on in (None, DAY):
        watched.outcome(billed(), BOOKS, posted_on=posted_on)

    assert [each is BOOKS for each in seen] == [True, True]


def test_the_entries_of_the_settings_are_folded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    named = tuple(VendorMapping(brex=f"Merchant {number}", rillet=BOOKS.vendors[0].id) for number in range(50))
    mapping = Bridge(attrs.evolve(WHOLE.settings, vendors=named))
    folded = list[str]()

    def counted(name: str) -> str:
        folded.append(name)
        return normalised(name)

    monkeypatch.setattr(entries, "normalised", counted)

    for _ in range(10):
        mapping.outcome(expense(), BOOKS)

    assert len([name for name in folded if name.startswith("Merchant ")]) == len(named)
