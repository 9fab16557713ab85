"""Voided invoices that are credited: once, in one run, whatever the journal knows and however the billing system is read."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import attrs
import pytest

from bridge.billing import InvoiceStatus, OnVoid
from bridge.billing.sync import ListedInvoices
from bridge.export import NoJournal
from clientkit.testing import Asked, Fault, RequestLost
from rillet import CreditMemoStatus, Money, NewInvoicePayment
from support.billing.company import CASH, DAY, RECEIVABLE, ChangedInvoices, Seller, changed, invoice, line, posts

CREDIT = {"on_void": OnVoid.CREDIT}
VOID = InvoiceStatus.VOID


@pytest.fixture(params=[ListedInvoices, ChangedInvoices], ids=["read whole", "read what changed"])
def read(request: pytest.FixtureRequest, seller: Seller) -> Seller:
    seller.system = request.param
    return seller


@pytest.fixture(params=[True, False], ids=["a new journal", "no journal"])
def voided(request: pytest.FixtureRequest, read: Seller) -> Seller:
    """A voided invoice that is in Rillet, and of which this journal knows nothing."""
    journal, read.journal = read.journal, NoJournal()
    read.put(invoice(1), invoice(2))
    assert read.sync().run().complete
    read.put(changed(read.invoices["in_1"], status=VOID))
    read.journal = journal if request.param else NoJournal()
    return read


def is_memo(asked: Asked) -> bool:
    return (asked.method, asked.path) == ("POST", "/credit-memos")


def assert_credited(seller: Seller) -> None:
    (memo,) = seller.books.credit_memos
    made = next(each for each in seller.books.invoices if each.invoice_number == "A-001")
    assert (memo.credit_memo_number, memo.status) == ("A-001-VOID", CreditMemoStatus.APPLIED)
    assert [(each.invoice_id, each.amount.amount) for each in memo.applications] == [(made.id, Decimal("119.00"))]
    assert made.amount_due.amount == 0


class TestFoundInRillet:
    def test_one_run_credits_it(self, voided: Seller) -> None:
        outcome = voided.sync(**CREDIT).run()

        assert outcome.complete
        assert_credited(voided)
        assert voided.balance(RECEIVABLE) == Decimal("119.00")
        assert voided.sync(**CREDIT).verify() == ()

    def test_later_runs_do_nothing_more(self, voided: Seller) -> None:
        voided.sync(**CREDIT).run()
        before = posts(voided.books)

        assert voided.sync(**CREDIT).run().complete
        assert voided.sync(**CREDIT).run().posted == 0
        assert posts(voided.books) == before
        assert_credited(voided)

    def test_the_plan_says_so_before(self, voided: Seller) -> None:
        plan = voided.sync(**CREDIT).plan()

        assert [each.record.id for each in plan.credit_notes.posts] == ["credit-note:in_1/void"]
        assert (plan.invoices.posts, plan.invoices.refused) == ((), ())
        voided.sync(**CREDIT).run()
        assert voided.sync(**CREDIT).plan().credit_notes.posts == ()

    def test_a_sync_of_it_alone_credits_it(self, voided: Seller) -> None:
        assert voided.sync(**CREDIT).sync("in_1").complete

        assert_credited(voided)

    def test_what_was_changed_too_is_not_credited_where_it_stays_as_it_was(self, voided: Seller) -> None:
        """It is paid in part, so that its amounts cannot be changed: a memo of other amounts would leave a difference."""
        made = next(each for each in voided.books.invoices if each.invoice_number == "A-001")
        payment = NewInvoicePayment(amount=Money(Decimal(19), "USD"), date=DAY, account_code=CASH)
        voided.books.client().invoice_payments.create(made.id, payment)
        voided.put(changed(voided.invoices["in_1"], lines=(line("200.00"),)))
        assert voided.sync(**CREDIT).plan().credit_notes.posts == ()

        outcome = voided.sync(**CREDIT).run()

        assert [each.subject for each in outcome.problems] == ["invoice:in_1"]
        assert voided.books.credit_memos == ()


class TestKnownToTheJournal:
    @pytest.fixture
    def known(self, read: Seller) -> Seller:
        read.put(invoice(1))
        assert read.sync().run().complete
        read.clock.advance(3600)
        read.put(attrs.evolve(read.invoices["in_1"], status=VOID, updated_at=read.clock()))
        return read

    def test_verify_names_a_void_that_is_not_credited(self, known: Seller) -> None:
        (found,) = known.sync(**CREDIT).verify()

        assert (found.record_id, found.verdict) == ("invoice:in_1", "changed_in_brex")
        assert found.text == "it is void in Sequence, and Rillet has no credit memo for it; sync it by itself"
        assert known.sync(**CREDIT).run().complete
        assert known.sync(**CREDIT).verify() == ()

    def test_one_that_a_person_booked_by_hand_is_left_to_them(self, seller: Seller) -> None:
        seller.put(invoice(1))
        seller.sync().dismiss("in_1", why="booked by hand")
        seller.put(changed(seller.invoices["in_1"], status=VOID))

        assert seller.sync(**CREDIT).run().complete
        assert seller.books.credit_memos == ()

    @pytest.mark.parametrize("path", ["/credit-memos", "/applications"])
    def test_a_memo_that_failed_comes_with_the_next_run(self, known: Seller, path: str) -> None:
        def matches(asked: Asked) -> bool:
            return asked.method == "POST" and asked.path.endswith(path)

        known.books.faults.append(Fault(RequestLost(), matches=matches, times=99))
        assert not known.sync(**CREDIT).run().complete
        known.books.faults.clear()
        known.clock.advance(timedelta(days=3).total_seconds())

        assert known.sync(**CREDIT).run().complete
        assert_credited(known)

    def test_a_memo_that_another_sync_left_open_is_finished(self, known: Seller) -> None:
        """That other one has read the billing system on, so that nothing but the open attempt tells of the invoice."""
        known.books.faults.append(Fault(RequestLost(), matches=is_memo, times=99))
        known.sync(**CREDIT).run()
        known.books.faults.clear()
        assert known.journal is not None
        known.journal.set_mark("billing read until", (known.clock() + timedelta(days=2)).isoformat())
        known.clock.advance(timedelta(days=3).total_seconds())

        assert known.sync(**CREDIT).run().complete
        assert_credited(known)

    def test_a_voided_invoice_that_is_touched_again_keeps_its_memo(self, known: Seller) -> None:
        assert known.sync(**CREDIT).run().complete
        before = posts(known.books)
        known.clock.advance(timedelta(days=5).total_seconds())
        known.put(attrs.evolve(known.invoices["in_1"], updated_at=known.clock()))

        assert known.sync(**CREDIT).run().complete
        assert posts(known.books) == before
        assert known.books.credit_memos[0].credit_memo_date == date(2026, 3, 10)
        assert known.sync(**CREDIT).verify() == ()
