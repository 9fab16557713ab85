"""What a comparison of journal, billing system and Rillet says, and of how many invoices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bridge.export import NoJournal, Verdict
from support.billing.company import Seller, changed, invoice, line, note


def test_a_text_names_only_what_differs(seller: Seller) -> None:
    """Amounts are compared as numbers: 100 and 100.00 are one."""
    seller.put(invoice(1, line("100.00")), note())
    assert seller.sync().run().complete
    seller.put(changed(seller.invoices["in_1"], lines=(line("100"),), due=date(2026, 5, 1)))

    (found,) = seller.sync().verify()

    assert found.verdict is Verdict.CHANGED_AT_SOURCE
    assert found.text.partition("; ")[2] == "in Sequence due is 2026-05-01 instead of 2026-04-01"


def test_an_amount_that_differs_is_named_with_both(seller: Seller) -> None:
    seller.put(invoice(1, line("100.00", tax=Decimal("19.00"))))
    assert seller.sync().run().complete
    seller.put(changed(seller.invoices["in_1"], lines=(line("100.00", tax=Decimal("19.01")),)))

    (found,) = seller.sync().verify()

    assert found.text.partition("; ")[2] == "in Sequence tax USD has -19.01 instead of -19"


class TestCompared:
    def test_the_invoices_and_credit_notes_that_the_journal_knows_are_counted(self, seller: Seller) -> None:
        seller.put(invoice(1), invoice(2), note())
        assert seller.sync().verified().compared == 0
        assert seller.sync().run().complete

        seen = seller.sync().verified()

        assert (seen.disagreements, seen.compared) == ((), 3)
        assert seen.since is not None

    def test_without_a_journal_those_that_are_in_rillet_are(self, seller: Seller) -> None:
        seller.journal = NoJournal()
        seller.put(invoice(1), invoice(2))
        assert seller.sync().run().complete
        seller.put(invoice(3))

        seen = seller.sync().verified()

        assert (seen.disagreements, seen.compared) == ((), 2)


class TestAlreadyThere:
    @pytest.mark.parametrize("is_remembered", [True, False], ids=["journal", "no journal"])
    def test_what_is_unchanged_is_counted(self, seller: Seller, is_remembered: bool) -> None:
        if not is_remembered:
            seller.journal = NoJournal()
        seller.put(invoice(1), invoice(2), note())
        assert str(seller.sync().run()) == "Sync: 3 posted, nothing left to post"
        seller.put(invoice(3))

        outcome = seller.sync().run()

        assert (outcome.posted, outcome.already_there, outcome.complete) == (1, 3, True)
        assert str(outcome) == "Sync: 1 posted, 3 there already, nothing left to post"

    def test_what_is_refused_or_changed_is_not(self, seller: Seller) -> None:
        seller.put(invoice(1), invoice(2), invoice(3))
        assert seller.sync().run().complete
        seller.put(
            changed(invoice(1), lines=(line("5.00"),)), changed(invoice(2), lines=(line("100.00", tax=Decimal(1)),))
        )

        outcome = seller.sync().run()

        assert {each.subject for each in outcome.problems} == {"invoice:in_2"}
        assert (outcome.posted, outcome.already_there) == (1, 1)
