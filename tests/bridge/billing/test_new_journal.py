"""Two syncs that begin at the same moment with one new journal."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from typing_extensions import override

from bridge.export import SqlJournal
from support.billing.company import Seller, invoice


def test_a_sync_that_another_one_overtakes_does_not_take_the_journal_for_that_of_an_export(tmp_path: Path) -> None:
    seller, path = Seller(), str(tmp_path / "journal.db")
    seller.put(invoice(1))

    class Overtaken(SqlJournal):
        waits = True

        @override
        def first_intended_at(self) -> datetime | None:
            if self.waits:
                self.waits = False
                with SqlJournal(path, now=seller.clock) as other:
                    seller.journal = other
                    assert seller.sync().run().complete
            return super().first_intended_at()

    with Overtaken(path, now=seller.clock) as journal:
        seller.journal = journal
        sync = seller.sync()

        assert sync.run().complete
    assert len(seller.books.invoices) == 1
