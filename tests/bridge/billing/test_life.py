"""What becomes of invoices after they were synced, on both sides, and of what a run left unfinished."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs
import pytest

from bridge.billing import Customer, InvoiceStatus, OnInvoiceChange, OnVoid, Product, SyncError, UnreadableInvoice
from bridge.billing.sync import InvoiceSync, ListedInvoices
from bridge.billing.sync.status import invoice_states
from bridge.export import NoJournal, Progress, UnknownRecordError
from clientkit import Answer
from clientkit.testing import AnswerLost, Asked, Fault, Respond
from rillet import CreditMemoStatus, Money, NewCreditMemoApplication, NewInvoicePayment
from support.billing.company import (
    ACME,
    CASH,
    DAY,
    RECEIVABLE,
    SEATS,
    SUBSCRIPTIONS,
    TAXES,
    Seller,
    changed,
    invoice,
    line,
    note,
    posts,
)


def pay(seller: Seller, amount: str = "19.00") -> None:
    (made,) = seller.books.invoices
    payment = NewInvoicePayment(amount=Money(Decimal(amount), "USD"), date=DAY, account_code=CASH)
    seller.books.client().invoice_payments.create(made.id, payment)


def is_post(path: str) -> object:
    def matches(asked: Asked) -> bool:
        return asked.method == "POST" and asked.path == path

    return matches


class TestStatuses:
    def test_drafts_are_skipped_and_synced_when_they_are_finalized(self, seller: Seller) -> None:
        seller.put(invoice(1, status=InvoiceStatus.DRAFT))
        assert seller.sync().run().complete
        assert posts(seller.books) == []

        seller.put(changed(seller.invoices["in_1"], status=InvoiceStatus.OPEN))

        assert seller.sync().run().complete
        assert len(seller.books.invoices) == 1

    @pytest.mark.parametrize("on_void", OnVoid)
    def test_an_invoice_that_is_a_draft_again_is_refused_until_it_is_final_or_void(
        self, synced: Seller, on_void: OnVoid
    ) -> None:
        posted, before = synced.invoices["in_1"], posts(synced.books)
        synced.put(changed(posted, status=InvoiceStatus.DRAFT))
        synced.clock.advance(60)
        sync = synced.sync(on_void=on_void)

        planned, outcome = sync.plan(), sync.run()

        assert (planned.complete, outcome.complete, posts(synced.books)) == (False, False, before)
        (refused,) = planned.invoices.refused
        assert [each.code for each in refused.reasons] == ["draft_again", "changed_after_export"]
        assert [(each.subject, each.error) for each in outcome.problems] == [
            ("invoice:in_1", SyncError.INVALID_INVOICE)
        ] * 2
        assert "draft again" in outcome.problems[0].text
        assert [each.record_id for each in sync.verify()] == ["invoice:in_1"]
        assert synced.journal is not None
        (state,) = invoice_states(synced.journal)
        assert (state.state, state.is_in_order) == ("in Rillet", False)

        synced.put(changed(posted, hours=2))
        assert synced.sync(on_void=on_void).run().complete
        assert (posts(synced.books), synced.sync(on_void=on_void).verify()) == (before, ())

    def test_an_invoice_that_is_a_draft_again_is_refused_without_a_journal_too(self, synced: Seller) -> None:
        synced.journal = NoJournal()
        synced.put(changed(synced.invoices["in_1"], status=InvoiceStatus.DRAFT))

        outcome = synced.sync().run()

        assert not outcome.complete
        assert "draft again" in outcome.problems[0].text

    @pytest.mark.parametrize("status", [InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE])
    def test_what_happens_to_the_money_is_no_change_of_an_invoice(self, seller: Seller, status: InvoiceStatus) -> None:
        seller.put(invoice())
        seller.sync().run()
        before = posts(seller.books)

        seller.put(changed(seller.invoices["in_1"], status=status))

        assert seller.sync().run().complete
        assert posts(seller.books) == before

    def test_invoices_before_the_start_are_left_alone(self, seller: Seller) -> None:
        seller.put(invoice())

        assert seller.sync(since=date(2026, 4, 1)).run().complete
        assert posts(seller.books) == []


class TestChanges:
    def test_a_changed_invoice_is_posted_anew(self, seller: Seller) -> None:
        seller.put(invoice())
        seller.sync().run()
        seller.put(changed(seller.invoices["in_1"], lines=(line("200.00"),)))

        outcome = seller.sync().run()

        assert outcome.complete
        assert posts(seller.books)[-2:] == ["DELETE invoices", "POST invoices"]
        assert [seller.balance(code) for code in (RECEIVABLE, TAXES, SUBSCRIPTIONS)] == [238, -38, -200]
        assert seller.sync().verify() == ()

    def test_a_changed_service_period_is_a_change(self, seller: Seller) -> None:
        seller.put(invoice())
        seller.sync().run()
        seller.put(changed(seller.invoices["in_1"], lines=(line("100.00", start=DAY, end=date(2026, 12, 31)),)))

        assert seller.sync().run().complete
        (made,) = seller.books.invoices
        revenue = made.items[0].revenue
        assert revenue is not None
        assert revenue.period is not None
        assert revenue.period.end == date(2026, 12, 31)

    def test_a_changed_invoice_gets_its_new_customer_and_product_first(self, seller: Seller) -> None:
        seller.put(invoice(1))
        assert seller.sync().run().complete
        manual = Product(id="prod_9", name="Manual")
        seller.put(
            changed(seller.invoices["in_1"], customer=Customer(id="cus_2", name="Beta"), lines=(line("50.00", manual),))
        )
        planned = seller.sync().plan()
        assert (
            [each.customer.name for each in planned.customers],
            [each.product.name for each in planned.products],
        ) == (
            ["Beta"],
            ["Manual"],
        )

        assert seller.sync().run().complete

        (made,) = seller.books.invoices
        names = {each.id: each.name for each in seller.books.customers}
        names |= {each.id: each.name for each in seller.books.products}
        assert (names[made.customer_id], names[made.items[0].product_id], made.total.amount) == (
            "Beta",
            "Manual",
            Decimal("59.50"),
        )
        assert seller.sync().verify() == ()

    @pytest.mark.parametrize("by", ["the billing system", "Rillet"])
    def test_a_renamed_customer_or_product_is_the_same_one(self, seller: Seller, by: str) -> None:
        seller.put(invoice(1))
        assert seller.sync().run().complete
        if by == "Rillet":
            client = seller.books.client()
            client.customers.modify(seller.books.customers[0].id, name="Acme Corporation")
            client.products.modify(seller.books.products[0].id, name="Places")
            seller.put(invoice(2))
        else:
            customer = attrs.evolve(ACME, name="Acme Corporation", email="other@acme.example")
            places = attrs.evolve(SEATS, name="Places")
            seller.put(
                changed(seller.invoices["in_1"], customer=customer),
                invoice(2, line("100.00", places), customer=customer),
            )

        assert seller.sync().run().complete

        assert (len(seller.books.customers), len(seller.books.products)) == (1, 1)
        assert seller.balance(RECEIVABLE) == Decimal("238.00")
        assert seller.sync().verify() == ()

    @pytest.mark.parametrize("on_change", [OnInvoiceChange.REPLACE, OnInvoiceChange.REFUSE])
    def test_a_changed_invoice_that_is_paid_is_refused(self, seller: Seller, on_change: OnInvoiceChange) -> None:
        seller.put(invoice())
        seller.sync().run()
        pay(seller)
        seller.put(changed(seller.invoices["in_1"], lines=(line("200.00"),)))

        outcome = seller.sync(on_change=on_change).run()

        (problem,) = outcome.problems
        assert problem.error is SyncError.INVALID_INVOICE
        assert "it has changed since it was posted as invoices" in problem.text
        assert seller.books.invoices[0].total.amount == 119

    def test_what_was_changed_on_both_sides_is_refused(self, seller: Seller) -> None:
        seller.put(invoice())
        seller.sync().run()
        client, (made,) = seller.books.client(), seller.books.invoices
        client.invoices.delete(made.id)
        seller.put(changed(seller.invoices["in_1"], lines=(line("200.00"),)))

        (problem,) = seller.sync().run().problems

        assert "Rillet no longer has it" in problem.text
        assert [each.verdict for each in seller.sync().verify()] == ["deleted_in_rillet"]
        # A person has looked, and wants it there.
        assert seller.sync().sync("in_1").complete
        assert [each.total.amount for each in seller.books.invoices] == [238]

    def test_a_proxys_page_does_not_tell_that_anything_was_deleted(self, seller: Seller) -> None:
        seller.put(invoice())
        seller.sync().run()
        seller.put(changed(seller.invoices["in_1"], lines=(line("200.00"),)))
        page = Answer(status=200, headers={"content-type": "text/html"}, content=b"<html>maintenance</html>")
        seller.books.faults.append(Fault(Respond(page), matches=lambda asked: asked.method == "DELETE"))

        (problem,) = seller.sync().run().problems

        assert problem.error is SyncError.API_ERROR
        assert [each.total.amount for each in seller.books.invoices] == [119]
        assert seller.sync().run().complete
        assert [each.total.amount for each in seller.books.invoices] == [238]

    def test_an_invoice_that_the_billing_system_does_not_have(self, seller: Seller) -> None:
        with pytest.raises(UnknownRecordError, match="Sequence has no invoice in_9"):
            seller.sync().sync("in_9")

    def test_a_dismissed_invoice_is_left_alone(self, seller: Seller) -> None:
        seller.put(invoice())
        seller.sync().dismiss("in_1", why="booked by hand")

        assert seller.sync().run().complete
        assert seller.books.invoices == ()
        assert seller.sync().sync("in_1").complete
        assert len(seller.books.invoices) == 1


class TestVoids:
    def test_a_voided_invoice_is_deleted(self, seller: Seller) -> None:
        seller.put(invoice())
        seller.sync().run()
        seller.put(changed(seller.invoices["in_1"], status=InvoiceStatus.VOID))

        assert seller.sync().run().complete
        assert seller.books.invoices == ()
        assert seller.balance(RECEIVABLE) == 0
        assert seller.sync().run().complete

    def test_a_voided_invoice_is_credited(self, seller: Seller) -> None:
        seller.put(invoice())
        seller.sync().run()
        seller.put(changed(seller.invoices["in_1"], status=InvoiceStatus.VOID))

        assert seller.sync(on_void=OnVoid.CREDIT).run().complete

        ((made,), (memo,)) = seller.books.invoices, seller.books.credit_memos
        assert (made.amount_due.amount, memo.status) == (Decimal(0), CreditMemoStatus.APPLIED)
        assert [seller.balance(code) for code in (RECEIVABLE, TAXES, SUBSCRIPTIONS)] == [0, 0, 0]
        before = posts(seller.books)
        assert seller.sync(on_void=OnVoid.CREDIT).run().complete
        assert posts(seller.books) == before
        assert seller.sync(on_void=OnVoid.CREDIT).verify() == ()

    def test_a_voided_invoice_that_was_never_posted_is_nothing(self, seller: Seller) -> None:
        seller.put(invoice(1, status=InvoiceStatus.VOID))

        for each in OnVoid:
            assert seller.sync(on_void=each).run().complete
        assert posts(seller.books) == []

    @pytest.mark.parametrize("on_void", [OnVoid.DELETE, OnVoid.REFUSE])
    def test_a_voided_invoice_that_may_not_be_deleted_is_refused(self, seller: Seller, on_void: OnVoid) -> None:
        seller.put(invoice())
        seller.sync().run()
        if on_void is OnVoid.DELETE:
            pay(seller)
        seller.put(changed(seller.invoices["in_1"], status=InvoiceStatus.VOID))

        (problem,) = seller.sync(on_void=on_void).run().problems

        assert "nothing is left to post" in problem.text
        assert len(seller.books.invoices) == 1


class TestCreditNotes:
    def test_a_credit_note_becomes_a_credit_memo_and_is_applied(self, seller: Seller) -> None:
        seller.put(invoice(), note())

        assert seller.sync().run().complete

        ((made,), (memo,)) = seller.books.invoices, seller.books.credit_memos
        assert memo.credit_memo_number == "C-001"
        assert [(each.invoice_id, each.amount.amount) for each in memo.applications] == [(made.id, Decimal("11.90"))]
        assert made.amount_due.amount == Decimal("107.10")
        before = posts(seller.books)
        assert seller.sync().run().complete
        assert posts(seller.books) == before

    def test_what_a_person_applied_stays(self, seller: Seller) -> None:
        seller.put(invoice(1), invoice(2))
        seller.sync().run()
        other = next(each for each in seller.books.invoices if each.invoice_number == "A-002")
        seller.put(note(1, line("50.00"), applied=Decimal("20.00")))
        client = seller.books.client()

        def lose(asked: Asked) -> bool:
            return asked.path.endswith("/applications")

        seller.books.faults.append(Fault(AnswerLost(), matches=lose, times=99))
        seller.sync().run()
        seller.books.faults.clear()
        (memo,) = seller.books.credit_memos
        own = [
            NewCreditMemoApplication(
                invoice_id=each.invoice_id, amount=each.amount, application_date=each.application_date
            )
            for each in memo.applications
        ]
        by_hand = NewCreditMemoApplication(
            invoice_id=other.id, amount=Money(Decimal("5.00"), "USD"), application_date=DAY
        )
        client.credit_memos.apply(memo.id, [*own, by_hand])

        assert seller.sync().run().complete
        (memo,) = seller.books.credit_memos
        assert sorted(each.amount.amount for each in memo.applications) == [Decimal("5.00"), Decimal("20.00")]

    def test_a_credit_note_that_is_for_another_invoice_now_is_named(self, seller: Seller) -> None:
        seller.put(invoice(1), invoice(2), note(1))
        assert seller.sync().run().complete
        first, second = sorted(seller.books.invoices, key=lambda each: each.invoice_number)
        (memo,) = seller.books.credit_memos
        seller.put(attrs.evolve(seller.notes["cn_1"], invoice_id="in_2", updated_at=seller.clock()))

        (problem,) = seller.sync().run().problems

        assert problem.text == (
            f"its credit memo {memo.id} pays the invoice {first.id}, and is for in_2 in the billing system now; take back what "
            f"it pays"
        )
        client = seller.books.client()
        client.credit_memos.delete_applications(memo.id)
        assert seller.sync().run().complete
        assert client.invoices.get(second.id).amount_due.amount == Decimal("107.10")

    def test_a_credit_note_waits_for_its_invoice(self, seller: Seller) -> None:
        seller.put(note())

        outcome = seller.sync().run()

        (problem,) = outcome.problems
        assert "the invoice in_1 that it pays is not in Rillet" in problem.text
        seller.put(invoice())
        assert seller.sync().run().complete
        assert seller.books.invoices[0].amount_due.amount == Decimal("107.10")

    def test_a_credit_note_bigger_than_what_is_due_leaves_the_rest_on_its_memo(self, seller: Seller) -> None:
        seller.put(invoice(1))
        assert seller.sync().run().complete
        pay(seller, "100.00")
        seller.put(note(1, line("150.00")))

        assert seller.sync().run().complete

        (made,), (memo,) = seller.books.invoices, seller.books.credit_memos
        assert (memo.total.amount, memo.applied_amount.amount, made.amount_due.amount) == (
            Decimal("178.50"),
            Decimal("19.00"),
            Decimal(0),
        )
        assert seller.balance(RECEIVABLE) == Decimal("-159.50")
        assert seller.sync().run().posted == 0
        assert seller.sync().verify() == ()

    def test_two_credit_notes_of_one_invoice_share_what_is_due(self, seller: Seller) -> None:
        seller.put(invoice(1), note(1, line("60.00")), note(2, line("60.00")))

        assert seller.sync().run().complete

        assert sorted(each.applied_amount.amount for each in seller.books.credit_memos) == [
            Decimal("47.60"),
            Decimal("71.40"),
        ]
        assert seller.books.invoices[0].amount_due.amount == 0

    def test_an_application_whose_answer_was_lost_is_found_though_nothing_is_due_any_more(self, seller: Seller) -> None:
        seller.put(invoice(1), note(1, line("150.00")))
        lost = Fault(AnswerLost(), matches=lambda asked: asked.path.endswith("/applications"), times=9)
        seller.books.faults.append(lost)
        assert not seller.sync().run().complete
        seller.books.faults.clear()
        seller.clock.advance(30 * 3600)

        assert seller.sync().run().complete

        (memo,) = seller.books.credit_memos
        assert [each.amount.amount for each in memo.applications] == [Decimal("119.00")]
        assert seller.journal is not None
        assert seller.journal.unfinished() == ()

    def test_an_invoice_voided_after_a_partial_payment_is_credited_as_far_as_it_is_due(self, seller: Seller) -> None:
        seller.put(invoice(1))
        assert seller.sync().run().complete
        pay(seller, "19.00")
        seller.put(changed(seller.invoices["in_1"], status=InvoiceStatus.VOID))

        assert seller.sync(on_void=OnVoid.CREDIT).run().complete

        (made,), (memo,) = seller.books.invoices, seller.books.credit_memos
        assert (memo.total.amount, memo.applied_amount.amount, made.amount_due.amount) == (
            *map(Decimal, (119, 100, 0)),
        )
        # What was paid is the customer's.
        assert seller.balance(RECEIVABLE) == Decimal("-19.00")

    @pytest.mark.parametrize("what", ["credit-memos", "invoices"])
    def test_an_application_whose_memo_or_invoice_cannot_be_read_keeps_no_other_one_back(
        self, seller: Seller, what: str
    ) -> None:
        seller.put(invoice(1), note(1, invoice_id="in_1"), invoice(2), note(2, invoice_id="in_2"))
        down = Answer(status=500, headers={}, content=b"")

        def is_of_the_first(asked: Asked) -> bool:
            numbers = {each.id: each.invoice_number for each in seller.books.invoices}
            numbers |= {each.id: each.credit_memo_number for each in seller.books.credit_memos}
            kind, _, name = asked.path.removeprefix("/").partition("/")
            return (asked.method, kind) == ("GET", what) and numbers.get(name, "").endswith("-001")

        seller.books.faults.append(Fault(Respond(down), matches=is_of_the_first, times=99))

        outcome = seller.sync().run()

        assert outcome.posted == 4
        (problem,) = outcome.problems
        assert (problem.subject.partition("/")[0], problem.error) == ("application:cn_1", SyncError.API_ERROR)
        seller.books.faults.clear()
        assert seller.sync().run().complete
        assert {each.amount_due.amount for each in seller.books.invoices} == {Decimal("107.10")}

    def test_a_credit_note_without_a_tax_rate_is_refused(self, seller: Seller) -> None:
        seller.put(invoice(), note(1, line("10.00", tax=Decimal("1.90"))))

        (problem,) = seller.sync(taxes=()).run().problems

        assert problem.error is SyncError.MISSING_SETUP
        assert seller.books.credit_memos == ()


class TestRuns:
    @pytest.mark.parametrize("with_journal", [True, False])
    @pytest.mark.parametrize("path", ["/customers", "/products", "/invoices", "/credit-memos"])
    def test_a_lost_answer_makes_nothing_twice(self, seller: Seller, path: str, *, with_journal: bool) -> None:
        seller.journal = seller.journal if with_journal else None
        seller.put(invoice(), note())
        seller.books.faults.append(Fault(AnswerLost(), matches=is_post(path), times=99))  # type: ignore[arg-type]
        assert not seller.sync().run().complete
        seller.books.faults.clear()
        seller.clock.advance(25 * 3600)

        assert seller.sync().run().complete

        books = seller.books
        assert [len(each) for each in (books.customers, books.products, books.invoices, books.credit_memos)] == [1] * 4
        assert seller.balance(RECEIVABLE) == Decimal("107.10")
        assert seller.sync().verify() == ()

    def test_a_plan_writes_nothing_and_shows_what_would_be_created(self, seller: Seller) -> None:
        seller.put(invoice(), note())

        plan = seller.sync().plan()

        assert [each.customer for each in plan.customers] == [ACME]
        assert [each.product.id for each in plan.products] == ["prod_1"]
        assert (len(plan.invoices.posts), len(plan.credit_notes.posts)) == (1, 1)
        assert posts(seller.books) == []
        assert seller.sync().history("in_1") == ((), ())

    def test_progress_is_told_after_each_invoice(self, seller: Seller) -> None:
        told = list[Progress]()
        seller.put(*(invoice(number) for number in range(1, 6)))

        assert seller.sync().run(progress=told.append).complete
        assert [each.done for each in told] == [1, 2, 3, 4, 5]

    def test_a_stop_leaves_the_rest_to_the_next_run(self, seller: Seller) -> None:
        seller.put(*(invoice(number) for number in range(1, 6)))

        outcome = seller.sync().run(stop=lambda: len(seller.books.invoices) >= 2)

        assert outcome.stopped is not None
        assert seller.sync().run().complete
        assert len(seller.books.invoices) == 5

    def test_history_tells_attempts_and_refusals(self, seller: Seller) -> None:
        seller.put(invoice())
        seller.sync(create_customers=False).run()
        seller.sync().run()

        attempts, refusals = seller.sync().history("in_1")

        assert [(each.method, each.state) for each in attempts] == [("POST", "POSTED")]
        assert [code for each in refusals for code, _ in each.reasons] == ["customer_not_linked"]

    def test_an_invoice_that_cannot_be_read_is_named_and_the_others_go_on(self, seller: Seller) -> None:
        unreadable = UnreadableInvoice(id="in_9", why="its total is a text")
        billing = ListedInvoices([unreadable, invoice()])

        outcome = InvoiceSync(billing, seller.books.client(), seller.settings, journal=seller.journal).run()

        assert [(each.subject, each.text) for each in outcome.problems] == [("in_9", "its total is a text")]
        assert len(seller.books.invoices) == 1

    def test_one_that_changed_while_it_was_refused_is_posted_as_it_is_now(self, seller: Seller) -> None:
        seller.put(invoice(1, entity="Mars"))
        seller.settings = attrs.evolve(seller.settings, subsidiary="Elsewhere")
        assert not seller.sync().run().complete
        seller.put(changed(seller.invoices["in_1"], lines=(line("300.00"),)))

        assert seller.sync(subsidiary="Example Inc.").run().complete
        assert [each.net_amount.amount for each in seller.books.invoices] == [300]


class TestFoundInRillet:
    """What another run posted, of which this journal knows nothing."""

    @pytest.fixture
    def found(self, seller: Seller) -> Seller:
        journal, seller.journal = seller.journal, NoJournal()
        seller.put(invoice(1, line("10.00")), invoice(2, line("10.00")), invoice(3, line("10.00")))
        assert seller.sync().run().complete
        seller.journal = journal
        return seller

    def test_what_is_equal_is_taken_over(self, found: Seller) -> None:
        outcome = found.sync().run()

        assert outcome.complete
        assert len(found.books.invoices) == 3
        assert found.sync().verify() == ()

    @pytest.mark.parametrize("forgets", [True, False], ids=["no journal", "a new journal"])
    def test_what_was_changed_or_voided_at_the_same_moment_is_seen(self, found: Seller, *, forgets: bool) -> None:
        """As in a file that tells no time of its changes."""
        if forgets:
            found.journal = NoJournal()
        one, two = found.invoices["in_1"], found.invoices["in_2"]
        found.put(
            attrs.evolve(one, lines=(attrs.evolve(one.lines[0], amount=Decimal(15)),)),
            attrs.evolve(two, status=InvoiceStatus.VOID),
        )

        assert found.sync().run().complete

        assert sorted(each.subtotal.amount for each in found.books.invoices) == [Decimal(10), Decimal(15)]
