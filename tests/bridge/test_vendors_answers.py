"""Who was found for a company is not looked for again in the same books."""

from __future__ import annotations

import attrs

from brex_accounting import Record, RecordVendor
from bridge import ReasonCode, Refuse, VendorMapping
from bridge.vendors.answers import VendorAnswers
from support.companies.small import BRIDGE, billed, books, bridge, codes, expense, posted, vendor


def bought_from(name: str) -> Record:
    return attrs.evolve(expense(), vendor=RecordVendor(id="pmch_1", name=name))


def test_who_was_found_before_is_found_again_as_long_as_settings_and_books_are_the_same() -> None:
    record, known = bought_from("Bakery"), books(vendors=(vendor("v-1", "Bakery"), vendor("v-2", "Corner Shop")))
    named = bridge(vendors=(VendorMapping(brex="Bakery", rillet="v-2"),))
    for company, expected in [(BRIDGE, "v-1"), (named, "v-2"), (BRIDGE, "v-1"), (named, "v-2")]:
        for _ in range(2):
            assert posted(company.outcome(record, known)).document.party == expected
    # The same company, under another name or of other books.
    assert posted(BRIDGE.outcome(bought_from("Corner Shop"), known)).document.party == "v-2"
    assert posted(BRIDGE.outcome(record, books(vendors=(vendor("v-3", "Bakery"),)))).document.party == "v-3"


def test_a_refusal_for_a_company_is_told_for_each_of_its_records() -> None:
    twins = books(vendors=(vendor("v-1", "Bakery"), vendor("v-2", "Bakery")))
    first, again = (BRIDGE.outcome(bought_from("Bakery"), twins) for _ in range(2))
    assert isinstance(first, Refuse)
    assert isinstance(again, Refuse)
    assert first.reasons == again.reasons
    assert codes(again) == [ReasonCode.AMBIGUOUS_VENDOR]
    # A bill needs a vendor, which a card expense without a name has by default.
    company, nameless = bridge(default_vendor="v-1"), RecordVendor(id="pmch_9", name="")
    assert posted(company.outcome(attrs.evolve(expense(), vendor=nameless), twins)).document.party == "v-1"
    assert ReasonCode.NO_VENDOR in codes(company.outcome(attrs.evolve(billed(), vendor=nameless), twins))


def test_answers_are_kept_for_so_many_companies_and_no_more() -> None:
    answers, settings = VendorAnswers(most=2), object()
    assert answers.get(("a",), settings) is None
    for name in ("a", "b"):
        answers.keep((name,), settings, (name, ()))
    assert [answers.get((each,), settings) for each in "ab"] == [("a", ()), ("b", ())]
    answers.keep(("c",), settings, ("c", ()))
    assert [answers.get((each,), settings) for each in "abc"] == [None, None, ("c", ())]
    assert answers.get(("c",), object()) is None
