"""A journal of invoices belongs to one organization and one account of the billing system, and never to an export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import brex_accounting.testing
import rillet
import rillet.testing
import rillet.webhooks
from bridge.billing.sync import InvoiceSync, ListedInvoices, PaymentWatcher
from bridge.export import JournalError, Owner, SqlJournal
from support.billing.company import NOW, SETTINGS, TYPE, Seller, invoice, posts, standin
from support.clocks import ManualClock
from support.companies.exported import REFERENCE_TYPE, Company, expense

#: Everything of a sync that trusts its journal.
CALLS: dict[str, Callable[[InvoiceSync], object]] = {
    "run": lambda sync: sync.run(),
    "plan": lambda sync: sync.plan(),
    "sync": lambda sync: sync.sync("in_1"),
    "dismiss": lambda sync: sync.dismiss("in_1", why="by hand"),
    "proposals": lambda sync: sync.proposals(),
    "link": lambda sync: sync.link("cus_1", "0190a5c2-0000-7000-8000-000000000001"),
    "check_setup": lambda sync: sync.check_setup(),
    "verify": lambda sync: sync.verify(),
}


class Account(ListedInvoices):
    """A billing system that can tell which account it is."""

    def __init__(self, account: str) -> None:
        super().__init__([invoice()], name="Sequence")
        self._account = account

    def owner(self) -> Owner:
        return Owner(name=f"account {self._account}")


def another() -> rillet.testing.StandIn:
    """The books of another organization."""
    return rillet.testing.StandIn(reference_types={TYPE}, now=ManualClock(NOW), seed=7)


@pytest.mark.parametrize("call", CALLS)
def test_the_journal_of_another_organization_is_refused(seller: Seller, call: str) -> None:
    seller.put(invoice())
    assert seller.sync().run().complete
    there = another()
    sync = InvoiceSync(ListedInvoices([invoice()]), there.client(), SETTINGS, journal=seller.journal)

    with pytest.raises(JournalError, match="belongs to Rillet organization"):
        CALLS[call](sync)
    assert posts(there) == []


@pytest.mark.parametrize("call", ["handle", "poll"])
def test_the_statuses_of_another_organization_are_not_told_from_here(seller: Seller, call: str) -> None:
    seller.put(invoice())
    assert seller.sync().run().complete
    watcher = PaymentWatcher(another().client(), SETTINGS, print, journal=seller.journal)
    event = rillet.webhooks.Event(
        entity=rillet.webhooks.Entity.INVOICE,
        event=rillet.webhooks.EventType.UPDATED,
        id="1",
        timestamp=NOW,
        data=seller.books.invoices[0],
    )

    with pytest.raises(JournalError, match="belongs to Rillet organization"):
        watcher.handle(event) if call == "handle" else watcher.poll()
    # Nothing was seen either: the check of the setup would take it for the own webhook.
    webhook = next(each for each in seller.sync().check_setup() if each.name == "webhook of invoices updated")
    assert webhook.state == "not_verifiable"


def test_the_journal_of_another_account_of_the_billing_system_is_refused(seller: Seller) -> None:
    client = seller.books.client()
    assert InvoiceSync(Account("acct_1"), client, SETTINGS, journal=seller.journal).run().complete
    assert InvoiceSync(Account("acct_1"), client, SETTINGS, journal=seller.journal).run().complete

    with pytest.raises(JournalError, match="belongs to Sequence account acct_1, and this is Sequence account acct_2"):
        InvoiceSync(Account("acct_2"), client, SETTINGS, journal=seller.journal).run()


def test_a_plan_binds_no_journal_of_invoices(seller: Seller) -> None:
    InvoiceSync(ListedInvoices([invoice()]), another().client(), SETTINGS, journal=seller.journal).verify()
    seller.sync().plan()
    seller.put(invoice())
    assert seller.sync().run().complete


def test_an_export_does_not_take_the_journal_of_invoices(seller: Seller) -> None:
    assert seller.journal is not None
    company = Company(
        brex=brex_accounting.testing.StandIn([expense(1)]),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )
    export = company.export(journal=seller.journal)
    # An empty run has kept it already.
    assert seller.sync().run().complete

    for attempt in (export.run, export.plan):
        with pytest.raises(JournalError, match="is that of a sync of invoices; give the export a journal of its own"):
            attempt()
    assert company.posts() == []


@pytest.mark.parametrize("call", CALLS)
def test_a_sync_does_not_take_the_journal_of_an_export(seller: Seller, tmp_path: Path, call: str) -> None:
    with SqlJournal(str(tmp_path / "export.db")) as journal:
        company = Company(
            brex=brex_accounting.testing.StandIn([expense(1)]),
            rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
        )
        export = company.export(journal=journal)
        assert export.run().complete
        seller.journal = journal
        seller.put(invoice())

        with pytest.raises(JournalError, match="is that of an export; give the sync of invoices a journal of its own"):
            CALLS[call](seller.sync())
        assert posts(seller.books) == []


def test_syncs_of_several_companies_and_an_export_share_a_database_by_namespaces(
    seller: Seller, tmp_path: Path
) -> None:
    place, there = str(tmp_path / "all.db"), standin(seed=7)
    company = Company(
        brex=brex_accounting.testing.StandIn([expense(1)]),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )
    with (
        SqlJournal(place, namespace="acme invoices") as first,
        SqlJournal(place, namespace="beta invoices") as second,
        SqlJournal(place, namespace="acme") as third,
    ):
        export = company.export(journal=third)
        assert export.run().complete
        for books, journal in ((seller.books, first), (there, second)):
            sync = InvoiceSync(ListedInvoices([invoice()]), books.client(), SETTINGS, journal=journal)

            assert [sync.run().posted, sync.run().posted] == [1, 0]
            assert len(sync.history("in_1")[0]) == 1

        with pytest.raises(JournalError, match="give the sync of invoices a journal of its own, or a namespace"):
            InvoiceSync(ListedInvoices([invoice()]), there.client(), SETTINGS, journal=third).run()
        with pytest.raises(JournalError, match=r"give each company .* a journal of its own, or a namespace"):
            InvoiceSync(ListedInvoices([invoice()]), there.client(), SETTINGS, journal=first).run()
