"""What a sync reads again: everything that is not in Rillet as it should be, however long ago it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typing_extensions import override

from bridge.billing import Invoice, UnreadableInvoice
from bridge.billing.sync import ListedInvoices, SyncOutcome
from bridge.export import NoJournal, SqlJournal, UnknownRecordError
from bridge.export.engine.attempts import Attempt
from clientkit.testing import AnswerLost, Fault
from support.billing.company import ChangedInvoices, Seller, invoice


@pytest.mark.parametrize("path", ["/customers", "/products"])
def test_a_creation_without_an_outcome_is_settled_though_nothing_mentions_it_any_more(
    seller: Seller, path: str
) -> None:
    """The answer of a creation was lost, and another sync has posted the invoice of it since."""
    seller.system = ChangedInvoices
    seller.put(invoice(1))
    lost = Fault(AnswerLost(), matches=lambda asked: (asked.method, asked.path) == ("POST", path), times=9)
    seller.books.faults.append(lost)
    assert not seller.sync().run().complete
    seller.books.faults.clear()
    journal, seller.journal = seller.journal, NoJournal()
    assert journal is not None
    assert seller.sync().run().complete
    seller.journal, seller.invoices = journal, {}
    seller.clock.advance(timedelta(days=9).total_seconds())

    assert seller.sync().run().complete

    assert journal.unfinished() == ()
    assert (len(seller.books.customers), len(seller.books.products)) == (1, 1)


def test_an_invoice_in_another_syncs_hand_is_read_again(seller: Seller, tmp_path: Path) -> None:
    """The other one may end before it has posted anything, and then nobody else remembers the invoice."""
    seller.system = ChangedInvoices
    seller.put(invoice(1), invoice(2))
    with SqlJournal(str(tmp_path / "journal.db"), now=seller.clock, who="another sync") as other:
        assert other.claim("invoice:in_1")
        outcome = seller.sync().run()
        other.release("invoice:in_1")
    assert outcome.invoices is not None
    assert [each.record.id for each in outcome.invoices.elsewhere] == ["invoice:in_1"]
    seller.clock.advance(timedelta(days=9).total_seconds())

    assert seller.sync().run().complete
    assert sorted(each.invoice_number for each in seller.books.invoices) == ["A-001", "A-002"]


class Lavish(ListedInvoices):
    """A billing system that gives more than it is asked for."""

    @override
    def invoices(
        self, *, ids: Sequence[str] | None, updated_after: datetime | None
    ) -> Iterator[Invoice | UnreadableInvoice]:
        return super().invoices(ids=None, updated_after=updated_after)


def test_a_sync_of_one_invoice_is_of_no_other(seller: Seller) -> None:
    seller.system = Lavish
    seller.put(invoice(1), invoice(2))

    assert seller.sync().sync("in_2").complete
    assert [each.invoice_number for each in seller.books.invoices] == ["A-002"]
    with pytest.raises(UnknownRecordError, match="Sequence has no invoice in_9"):
        seller.sync().sync("in_9")


class Interrupted(SqlJournal):
    """Lets another thread's work be done at the moment when the attempts of a subject were read, before what they lead to."""

    def __init__(self, place: Path, seller: Seller) -> None:
        super().__init__(str(place), now=seller.clock)
        self.others = list[Callable[[], object]]()

    @override
    def attempts(self, subject: str) -> tuple[Attempt, ...]:
        read = super().attempts(subject)
        if subject == "customer:cus_1" and self.others:
            self.others.pop()()
        return read


def test_two_syncs_of_one_journal_in_threads_create_a_customer_once(seller: Seller, tmp_path: Path) -> None:
    seller.put(invoice(1))
    with Interrupted(tmp_path / "shared.db", seller) as journal:
        seller.journal = journal
        found = list[SyncOutcome]()
        journal.others.append(lambda: found.append(seller.sync().run()))

        assert seller.sync().run().complete
        assert seller.sync().run().complete

    assert [each.name for each in seller.books.customers] == ["Acme"]
    assert [each.invoice_number for each in seller.books.invoices] == ["A-001"]
    elsewhere = {held.record.id for each in found for step in each.steps for held in step.elsewhere}
    assert "customer:cus_1" in elsewhere
