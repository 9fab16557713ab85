"""Voided invoices, and how they are credited or deleted where the setting `on_void` changes in between."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias

import attrs
import pytest

from bridge.billing import InvoiceStatus, OnVoid
from bridge.billing.sync import ListedInvoices
from bridge.export import NoJournal
from clientkit import Answer
from clientkit.errors import ApiError
from clientkit.testing import AnswerLost, Asked, Fault, RequestLost, Respond
from rillet import CreditMemoStatus
from support.billing.company import RECEIVABLE, ChangedInvoices, Seller, invoice, posts

OPEN, VOID = InvoiceStatus.OPEN, InvoiceStatus.VOID
DELETE, CREDIT, REFUSE = OnVoid.DELETE, OnVoid.CREDIT, OnVoid.REFUSE
NOTE = "credit-note:in_1/void"
#: What Rillet has once a run is over: what is due of its invoices, its credit memos, and whether anything is left to do.
End: TypeAlias = tuple[list[Decimal], list[str], bool]
OWED: End = ([Decimal(119)], [], True)
LEFT: End = ([Decimal(119)], [], False)
GONE: End = ([], [], True)
CREDITED: End = ([Decimal(0)], ["A-001-VOID"], True)
STILL_CREDITED: End = ([Decimal(0)], ["A-001-VOID"], False)

#: By the setting when it was voided, that when it is seen again, and what it is then.
ENDS: dict[tuple[OnVoid, OnVoid, InvoiceStatus], End] = {
    **{(DELETE, later, OPEN): OWED for later in OnVoid},
    **{(DELETE, later, VOID): GONE for later in OnVoid},
    **{(CREDIT, later, OPEN): STILL_CREDITED for later in OnVoid},
    **{(CREDIT, later, VOID): CREDITED for later in OnVoid},
    **{(REFUSE, later, OPEN): OWED for later in OnVoid},
    (REFUSE, DELETE, VOID): GONE,
    (REFUSE, CREDIT, VOID): CREDITED,
    (REFUSE, REFUSE, VOID): LEFT,
}
later_settings = pytest.mark.parametrize("later", OnVoid)


@pytest.fixture(params=[ListedInvoices, ChangedInvoices], ids=["read whole", "read what changed"])
def read(request: pytest.FixtureRequest, seller: Seller) -> Seller:
    seller.system = request.param
    seller.put(invoice(1))
    assert seller.sync().run().complete
    return seller


@pytest.fixture
def credited(read: Seller) -> Seller:
    """A seller whose voided invoice the sync has credited."""
    turn(read, VOID)
    assert end_of(read, CREDIT) == CREDITED
    return read


def turn(seller: Seller, status: InvoiceStatus) -> None:
    seller.clock.advance(3600)
    seller.put(attrs.evolve(seller.invoices["in_1"], status=status, updated_at=seller.clock()))


def end_of(seller: Seller, setting: OnVoid) -> End:
    """What a run comes to, which its plan has said before."""
    plan = seller.sync(on_void=setting).plan()
    outcome = seller.sync(on_void=setting).run()
    assert plan.complete == outcome.complete
    books = seller.books
    return (
        [each.amount_due.amount for each in books.invoices],
        [each.credit_memo_number for each in books.credit_memos],
        outcome.complete,
    )


def take_back(seller: Seller, *, and_delete: bool = False) -> None:
    """What a user does in Rillet."""
    (memo,), client = seller.books.credit_memos, seller.books.client()
    client.credit_memos.delete_applications(memo.id)
    if and_delete:
        client.credit_memos.delete(memo.id)


def is_memo(asked: Asked) -> bool:
    return (asked.method, asked.path) == ("POST", "/credit-memos")


@pytest.mark.parametrize(("first", "later", "status"), list(ENDS))
def test_every_change_of_the_setting_comes_to_what_is_right_or_is_refused(
    read: Seller, first: OnVoid, later: OnVoid, status: InvoiceStatus
) -> None:
    turn(read, VOID)
    read.sync(on_void=first).run()
    turn(read, status)

    assert end_of(read, later) == ENDS[first, later, status]
    assert end_of(read, later) == ENDS[first, later, status]
    is_complete = ENDS[first, later, status][2]
    assert (read.sync(on_void=later).verify() == ()) is is_complete


class TestOpenAgain:
    @later_settings
    def test_it_is_named_with_what_to_do(self, credited: Seller, later: OnVoid) -> None:
        turn(credited, OPEN)
        plan = credited.sync(on_void=later).plan()

        (problem,) = credited.sync(on_void=later).run().problems

        assert [each.record.id for each in plan.credit_notes.refused] == [NOTE]
        assert problem.subject == NOTE
        assert "the invoice in_1 is not void any more, so nothing is left to post of it" in problem.text
        assert problem.text.endswith(
            "take back what it pays" if later is DELETE else "take back what it pays and delete it by hand"
        )
        assert [each.subject for each in credited.sync(on_void=later).sync("in_1").problems] == [NOTE]

    def test_a_memo_that_is_taken_back_is_deleted_where_voids_are(self, credited: Seller) -> None:
        turn(credited, OPEN)
        take_back(credited)

        assert end_of(credited, DELETE) == OWED
        assert credited.balance(RECEIVABLE) == Decimal(119)
        assert credited.sync(on_void=DELETE).verify() == ()
        turn(credited, VOID)
        assert end_of(credited, DELETE) == GONE
        assert credited.sync(on_void=DELETE).verify() == ()

    @later_settings
    def test_a_memo_that_is_deleted_by_hand_leaves_nothing_to_do(self, credited: Seller, later: OnVoid) -> None:
        turn(credited, OPEN)
        take_back(credited, and_delete=True)

        assert [end_of(credited, later) for _ in range(3)] == [OWED, OWED, OWED]
        assert credited.sync(on_void=later).verify() == ()

    @pytest.mark.parametrize("fault", [AnswerLost(), RequestLost()], ids=["answer lost", "request lost"])
    def test_a_memo_without_an_outcome_is_not_forgotten(self, read: Seller, fault: AnswerLost | RequestLost) -> None:
        turn(read, VOID)
        read.books.faults.append(Fault(fault, matches=is_memo, times=99))
        assert not read.sync(on_void=CREDIT).run().complete
        read.books.faults.clear()
        turn(read, OPEN)

        assert read.sync(on_void=DELETE).run().complete
        assert end_of(read, DELETE) == OWED
        assert read.balance(RECEIVABLE) == Decimal(119)
        assert read.sync(on_void=DELETE).verify() == ()


class TestStillVoid:
    @later_settings
    def test_nothing_more_is_written(self, credited: Seller, later: OnVoid) -> None:
        before = posts(credited.books)
        turn(credited, VOID)

        outcome = credited.sync(on_void=later).run()

        assert (outcome.complete, outcome.posted, outcome.already_there) == (True, 0, 2)
        assert posts(credited.books) == before
        assert credited.sync(on_void=later).sync("in_1").complete
        assert posts(credited.books) == before

    @pytest.mark.parametrize("fault", [AnswerLost(), RequestLost()], ids=["answer lost", "request lost"])
    @later_settings
    def test_a_credit_that_was_begun_is_finished(
        self, read: Seller, later: OnVoid, fault: AnswerLost | RequestLost
    ) -> None:
        turn(read, VOID)
        read.books.faults.append(Fault(fault, matches=is_memo, times=99))
        assert not read.sync(on_void=CREDIT).run().complete
        read.books.faults.clear()
        read.clock.advance(timedelta(days=3).total_seconds())

        assert end_of(read, later) == CREDITED
        assert [each.status for each in read.books.credit_memos] == [CreditMemoStatus.APPLIED]
        assert read.balance(RECEIVABLE) == 0

    @pytest.mark.parametrize(("later", "end"), [(DELETE, GONE), (REFUSE, LEFT)])
    def test_where_a_user_has_deleted_the_memo_the_setting_decides(
        self, credited: Seller, later: OnVoid, end: End
    ) -> None:
        take_back(credited, and_delete=True)
        turn(credited, VOID)

        assert [end_of(credited, later) for _ in range(2)] == [end, end]
        assert (credited.sync(on_void=later).verify() == ()) is (later is DELETE)

    def test_a_memo_without_its_invoice_is_deleted(self, credited: Seller) -> None:
        """Rillet does not show the memo at first, so that the invoice goes as one that was never credited."""
        take_back(credited)
        turn(credited, VOID)
        path = f"/credit-memos/{credited.books.credit_memos[0].id}"
        problem = b'{"type": "https://rillet.com/not-found", "title": "Not found", "status": 404}'
        gone = Answer(status=404, headers={"content-type": "application/problem+json"}, content=problem)
        credited.books.faults.append(Fault(Respond(gone), matches=lambda asked: asked.path == path))
        assert credited.sync(on_void=DELETE).run().complete
        assert (len(credited.books.invoices), len(credited.books.credit_memos)) == (0, 1)

        assert [each.record.id for each in credited.sync(on_void=DELETE).plan().credit_notes.deletions] == [NOTE]
        assert end_of(credited, DELETE) == GONE
        assert credited.balance(RECEIVABLE) == 0
        assert credited.sync(on_void=DELETE).verify() == ()

    @later_settings
    def test_a_changed_one_stays_credited(self, credited: Seller, later: OnVoid) -> None:
        """Its amounts cannot be changed, since the memo settles it."""
        (line,) = credited.invoices["in_1"].lines
        credited.put(attrs.evolve(credited.invoices["in_1"], lines=(attrs.evolve(line, amount=Decimal(200)),)))
        turn(credited, VOID)

        (problem, *_) = credited.sync(on_void=later).run().problems

        assert problem.subject == "invoice:in_1"
        assert "take back what settles it, or issue a credit note" in problem.text
        assert [each.credit_memo_number for each in credited.books.credit_memos] == ["A-001-VOID"]


@pytest.mark.parametrize("is_new", [True, False], ids=["a new journal", "no journal"])
class TestUnknownToTheJournal:
    @pytest.fixture
    def unknown(self, seller: Seller, is_new: bool) -> Seller:
        """A voided invoice that is credited in Rillet, of which this journal knows nothing."""
        journal, seller.journal = seller.journal, NoJournal()
        seller.put(invoice(1), invoice(2))
        assert seller.sync().run().complete
        turn(seller, VOID)
        assert seller.sync(on_void=CREDIT).run().complete
        seller.journal = journal if is_new else NoJournal()
        return seller

    @later_settings
    def test_open_again_it_is_named_by_every_run_until_the_credit_is_gone(self, unknown: Seller, later: OnVoid) -> None:
        turn(unknown, OPEN)

        assert [each.record.id for each in unknown.sync(on_void=later).plan().credit_notes.refused] == [NOTE]
        for _ in range(2):
            (problem,) = unknown.sync(on_void=later).run().problems
            assert problem.subject == NOTE
            assert "take back what it pays" in problem.text
        assert [each.record_id for each in unknown.sync(on_void=later).verify()] == [NOTE]
        take_back(unknown, and_delete=True)
        assert unknown.sync(on_void=later).run().complete
        assert unknown.balance(RECEIVABLE) == Decimal(238)
        assert unknown.sync(on_void=later).verify() == ()

    @later_settings
    def test_still_void_it_is_done(self, unknown: Seller, later: OnVoid) -> None:
        before = posts(unknown.books)

        assert unknown.sync(on_void=later).plan().complete
        assert unknown.sync(on_void=later).run().complete
        assert posts(unknown.books) == before
        assert unknown.sync(on_void=later).verify() == ()

    def test_where_memos_cannot_be_listed_it_is_not_taken_for_done(self, unknown: Seller) -> None:
        turn(unknown, OPEN)
        unknown.books.faults.append(
            Fault(RequestLost(), matches=lambda asked: (asked.method, asked.path) == ("GET", "/credit-memos"), times=99)
        )

        with pytest.raises(ApiError):
            unknown.sync().run()
        unknown.books.faults.clear()
        assert [each.subject for each in unknown.sync().run().problems] == [NOTE]
