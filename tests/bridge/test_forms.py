"""Documents as they are posted, and as Rillet gives them back: one form, one digest, and corrections that add up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from brex_accounting import RecordType
from brex_accounting.testing.records import gl
from bridge import (
    Bridge,
    Document,
    Form,
    Found,
    Mark,
    Post,
    Posting,
    difference,
    form_of_bytes,
    found,
    mark_of_name,
    summed,
)
from bridge.documents.form import FormLine, form, form_of_json
from bridge.documents.marks import Origin, mark_of_references
from bridge.documents.rillet_entries import JournalEntryDocument
from bridge.documents.rillet_payments import BillPaymentDocument
from clientkit import codec
from rillet import (
    Account,
    Bill,
    BillPayment,
    Charge,
    ClearingStatus,
    DocumentStatus,
    Field,
    JournalEntry,
    JournalEntryUpdate,
    Money,
    NewBill,
    NewCharge,
    NewJournalEntry,
    NewPayment,
    NewReimbursement,
    Reimbursement,
    Subsidiary,
    TaxRate,
    Vendor,
)
from rillet.testing import StandIn
from support.companies.small import BOOKS, WHOLE, billed, expense, moved, owed, paid, posted
from support.laws.records import BILL_PAYMENTS, BILLS, CHARGES, JOURNAL_ENTRIES, REIMBURSEMENTS, Case, good_cases
from support.laws.strategies import rillets
from support.laws.taxes import RATES

KINDS = (*CHARGES, *REIMBURSEMENTS, *BILLS, *JOURNAL_ENTRIES)


def outcome_of(case: Case) -> Post:
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    assert isinstance(outcome, Post), outcome
    return outcome


def ledger_of(case: Case) -> StandIn:
    """Rillet with the books of the case."""
    books = case.world.books
    return StandIn(
        accounts=rillets(Account, books.accounts),
        subsidiaries=rillets(Subsidiary, books.subsidiaries),
        fields=rillets(Field, books.fields),
        vendors=rillets(Vendor, books.vendors),
        tax_rates=rillets(TaxRate, books.tax_rates),
        reference_types={"brex"},
    )


def create(rillet: StandIn, document: Document) -> tuple[str, Any]:
    """Post the document; its kind, and what Rillet answers."""
    client, body = rillet.client(), document.create().body
    match body:
        case NewCharge():
            return "charges", client.charges.create(body)
        case NewReimbursement():
            return "reimbursements", client.reimbursements.create(body)
        case NewBill():
            return "bills", client.bills.create(body)
        case NewJournalEntry():
            return "journal-entries", client.journal_entries.create(body)
        case _:
            raise AssertionError(body)


def net(postings: Iterable[Posting]) -> dict[tuple[str, frozenset[object]], Decimal]:
    """What an account has of postings, debits positive; by field values."""
    sums = dict[tuple[str, frozenset[object]], Decimal]()
    for each in postings:
        key = each.account, frozenset[object](each.fields)
        sums[key] = sums.get(key, Decimal(0)) + (each.amount if each.side == "DEBIT" else -each.amount)
    return {key: amount for key, amount in sums.items() if amount}


@given(good_cases(KINDS))
def test_what_rillet_gives_back_is_what_was_posted(case: Case) -> None:
    document = outcome_of(case).document.with_vendor("v-1")
    kind, answer = create(ledger_of(case), document)
    assert kind == document.kind == document.form().kind
    there = found(kind, answer, reference_type=case.world.settings.reference_type)
    assert there.form.equals(document.form())
    assert there.impact_date == document.impact_date
    assert there.is_free
    is_marked = case.world.settings.reference_type is not None or isinstance(document, JournalEntryDocument)
    assert there.is_as_marked is (True if is_marked else None)
    assert there.mark == (Mark(subject="accr_1", version=2, digest=document.form().digest()) if is_marked else None)
    told = form_of_json(there.form.as_json())
    assert told == there.form
    assert told.digest() == there.form.digest()
    sent, answered = codec.dumps(document.create().body), codec.dumps(answer)
    assert form_of_bytes(kind, answered) == there.form
    asked = form_of_bytes(kind, sent)
    assert asked is not None
    assert asked.equals(there.form)
    assert set(there.form.head) - set(asked.head) <= {"due"}


@given(good_cases(KINDS), st.data())
def test_what_somebody_changed_is_no_longer_as_it_was_marked(case: Case, data: st.DataObject) -> None:
    case = attrs.evolve(
        case,
        world=attrs.evolve(case.world, settings=attrs.evolve(case.world.settings, reference_type="brex")),
    )
    kind, answer = create(ledger_of(case), outcome_of(case).document.with_vendor("v-1"))
    line = data.draw(st.integers(0, len(answer.items) - 1))
    assume(answer.items[line].amount.amount)
    items = list(answer.items)
    items[line] = attrs.evolve(items[line], account_code="elsewhere")
    changed = found(kind, attrs.evolve(answer, items=tuple(items)), reference_type="brex")
    assert changed.is_as_marked is False
    assert changed.mark == found(kind, answer, reference_type="brex").mark


@given(good_cases(), st.integers(0, 5), st.booleans())
def test_a_correction_makes_of_the_old_document_what_the_new_one_says(
    case: Case, factor: int, drop_fields: bool
) -> None:
    """The amounts of the record become others, and the coding of its lines too."""
    new = outcome_of(case)
    lines = [
        line | {"amount": line["amount"] | {"amount": line["amount"]["amount"] * factor}}
        for line in case.json["line_items"]
    ]
    if drop_fields:
        lines = [*lines[1:], lines[0]]
        codings = [line["accounting_field_values"] for line in lines]
        lines = [line | {"accounting_field_values": coding} for line, coding in zip(lines, codings, strict=True)]
    about = case.json["amount"] | {"amount": case.json["amount"]["amount"] * factor}
    older = attrs.evolve(case, json=case.json | {"amount": about, "line_items": lines})
    outcome = older.world.bridge.outcome(older.record, older.world.books)
    assume(isinstance(outcome, Post))
    assert isinstance(outcome, Post)
    old, wanted = outcome.document, new.document
    lines_between = difference(wanted.form(), old.form())
    day = date(2026, 3, 1)
    correction = wanted.correction(lines_between, day)
    event(f"{wanted.noun} {correction is not None}")
    if correction is None:
        is_taxable = case.world.settings.tax_field is not None
        assert not lines_between or (isinstance(wanted, JournalEntryDocument) and is_taxable)
        return
    assert correction.impact_date == day
    assert net([*old.postings(), *correction.postings()]) == net(wanted.postings())
    body = correction.create().body
    assert isinstance(body, NewJournalEntry)
    state, own = wanted.form().digest(), correction.form().digest()
    assert body.name == f"Brex accr_1: correction (v2 {state} {own})"
    assert mark_of_name(body.name) == Mark(subject="accr_1", version=2, digest=state, corrects=True, own=own)
    if factor > 0 and not isinstance(wanted, BillPaymentDocument):
        kind, answer = create(ledger_of(case), correction)
        assert found(kind, answer, reference_type="brex").is_as_marked


def test_what_cannot_be_corrected() -> None:
    line = FormLine(account="6100", amount=Decimal(5), currency="USD", tax="DE19", tax_amount=Decimal(1))
    day = date(2026, 3, 1)
    charge = posted(WHOLE.outcome(expense(), BOOKS)).document
    # Nobody says where its tax is.
    assert charge.correction((line,), day) is None
    assert charge.correction((), day) is None
    untaxed = attrs.evolve(line, tax=None, tax_amount=Decimal(0))
    assert charge.correction((untaxed,), day) is not None
    assert charge.correction((attrs.evolve(untaxed, currency="EUR"),), day) is None
    assert charge.correction((untaxed, attrs.evolve(untaxed, currency="EUR")), day) is None
    kept = attrs.evolve(BOOKS, tax_rates=RATES)
    taxing = attrs.evolve(WHOLE.settings, tax_field="Tax")
    movement = moved(RecordType.CARD_PAYMENT)
    entry = posted(Bridge(taxing).outcome(movement, kept)).document
    balanced = (untaxed, attrs.evolve(untaxed, account="21120", amount=Decimal(-5)))
    assert entry.correction(balanced, day) is None
    plain = posted(WHOLE.outcome(movement, BOOKS)).document
    made = plain.correction(balanced, day)
    assert made is not None
    assert net(made.postings()) == {("6100", frozenset()): Decimal(5), ("21120", frozenset()): Decimal(-5)}


def test_a_journal_entry_is_replaced_and_keeps_what_brex_does_not_know() -> None:
    movement = moved(RecordType.CARD_PAYMENT, "12")
    document = posted(WHOLE.outcome(movement, BOOKS)).document
    first = posted(WHOLE.outcome(moved(movement.type, "10"), BOOKS)).payload
    assert isinstance(first, NewJournalEntry)
    rillet = StandIn(accounts=rillets(Account, BOOKS.accounts), subsidiaries=rillets(Subsidiary, BOOKS.subsidiaries))
    answer = rillet.client().journal_entries.create(
        attrs.evolve(first, reversal_date=date(2026, 4, 1), attachment_url="https://example.com/1")
    )
    present = found("journal-entries", attrs.evolve(answer, extra={"approved": True}), reference_type="brex")
    request = document.replace(present)
    assert (request.method, request.path) == ("PUT", f"/journal-entries/{answer.id}")
    update = request.body
    assert isinstance(update, JournalEntryUpdate)
    assert (update.reversal_date, update.attachment_url) == (date(2026, 4, 1), "https://example.com/1")
    assert update.extra == {"approved": True}
    assert update.name == f"Brex accr_moved: Card payment (v2 {document.form().digest()})"
    after = rillet.client().journal_entries.update(answer.id, update)
    now = found("journal-entries", after, reference_type="brex")
    assert now.form.equals(document.form())
    assert now.is_as_marked
    told = form_of_bytes("journal-entries", codec.dumps(update))
    assert told is not None
    assert told.equals(document.form())
    with pytest.raises(ValueError, match="has to be of sub-us"):
        document.replace(attrs.evolve(present, raw=attrs.evolve(answer, subsidiary_id="sub-uk")))
    with pytest.raises(TypeError, match="is not a journal entry"):
        document.replace(attrs.evolve(present, raw=None))


@given(good_cases(BILL_PAYMENTS))
def test_a_payment_has_one_form(case: Case) -> None:
    document = outcome_of(case).document
    assert isinstance(document, BillPaymentDocument)
    sent = document.payload.payment
    payment = BillPayment(
        id="p-1",
        status=ClearingStatus.UNCLEARED,
        bill_id=document.bill_id,
        amount=sent.amount,
        date=sent.date,
        account_code=sent.account_code,
    )
    there = found(document.kind, payment, reference_type="brex")
    assert there.form == document.form()
    assert there.ref.kind == document.kind == "bills/bill-1/payments"
    assert there.form.kind == "bill-payments"
    (line,) = there.form.lines
    assert line.amount == -sent.amount.amount
    assert (there.mark, there.sources, there.is_as_marked, there.is_free) == (None, frozenset(), None, True)
    assert not found(document.kind, attrs.evolve(payment, status=ClearingStatus.CLEARED), reference_type="brex").is_free
    assert form_of_bytes(document.kind, codec.dumps(sent)) == there.form
    assert form_of_bytes(document.kind, codec.dumps(payment)) == there.form
    with pytest.raises(TypeError, match="does not replace"):
        document.replace(there)


@pytest.mark.parametrize("kind", ["charges", "bills", "bills/b-1/payments", "vendors", "nothing"])
@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"1", b"{}", b'{"id": 1}', b'{"items": [1]}', b"\xff"])
def test_bytes_that_tell_nothing_have_no_form(kind: str, content: bytes) -> None:
    assert form_of_bytes(kind, content) is None


def test_only_what_nothing_settles_is_free() -> None:
    def is_free(kind: str, value: Charge | Reimbursement | JournalEntry | Bill) -> bool:
        return found(kind, value, reference_type="brex").is_free

    day = date(2026, 2, 3)
    for status in (*DocumentStatus, DocumentStatus("LOST")):
        charge = Charge(id="c-1", vendor_id="v-1", items=(), charge_date=day, status=status)
        back = Reimbursement(id="r-1", vendor_id="v-1", items=(), status=status)
        assert is_free("charges", charge) == is_free("reimbursements", back) == (status == "UNPAID")
    undated = Reimbursement(id="r-1", vendor_id="v-1", items=(), status=DocumentStatus.UNPAID)
    assert found("reimbursements", undated, reference_type="brex").impact_date is None
    assert is_free("journal-entries", JournalEntry(id="j-1", name="", currency="USD", items=(), date=day))


NAMES = [
    ("Brex accr_1: Card payment (v3 1f0c9a77be21)", Mark(subject="accr_1", version=3, digest="1f0c9a77be21")),
    ("Brex accr_1: correction (v5 1f0c9a77be21 a0b1c2d3e4f5)", Mark(subject="accr_1", version=5, digest="1f0c9a77be21", corrects=True, own="a0b1c2d3e4f5")),
    ("Brex accr_1: correction (v5 1f0c9a77be21)", Mark(subject="accr_1", version=5, digest="1f0c9a77be21")),
    ("Brex accr_1: Card payment", Mark(subject="accr_1")),
    ("Brex accr_1: Card payment (v3 1f0c9a77be21), seen by Ada", Mark(subject="accr_1", version=3, digest="1f0c9a77be21")),
    ("Brex accr_1: correction", Mark(subject="accr_1")),
    ("Brex summary 0123456789abcdef0123: 2026-02-03 Example Inc. USD, 3 records", None),
    ("Depreciation (v3 1f0c9a77be21)", None),
    ("", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "mark"), NAMES)
def test_a_name_tells_its_mark(name: str, mark: Mark | None) -> None:
    assert mark_of_name(name) == mark


REFERENCES: list[tuple[list[str], Mark | None, set[str]]] = [
    (["accr_1", "expense_1", "accr_1 v3 1f0c9a77be21"], Mark(subject="accr_1", version=3, digest="1f0c9a77be21"), {"expense_1"}),
    (["accr_1", "expense_1", "accr_1 v3"], Mark(subject="accr_1", version=3), {"expense_1"}),
    (["accr_1 v3", "accr_1 v12 1f0c9a77be21", "accr_1"], Mark(subject="accr_1", version=12, digest="1f0c9a77be21"), set()),
    (["expense_1", "accr_1"], Mark(subject="accr_1"), {"expense_1"}),
    (["accr_1 vague", "accr_1"], Mark(subject="accr_1 vague"), {"accr_1"}),
    (["record-7"], Mark(subject="record-7"), set()),
    ([], None, set()),
]  # fmt: skip


@pytest.mark.parametrize(("ids", "mark", "sources"), REFERENCES)
def test_references_tell_their_mark(ids: list[str], mark: Mark | None, sources: set[str]) -> None:
    assert mark_of_references(ids) == (mark, frozenset(sources))


def test_a_record_without_a_source_or_without_references() -> None:
    origin = Origin(record_id="accr_1", version=2, reference_type="brex")
    assert origin.references("0" * 12) == ("accr_1", f"accr_1 v2 {'0' * 12}")
    assert attrs.evolve(origin, source_id="accr_1").references("0" * 12) == origin.references("0" * 12)
    assert attrs.evolve(origin, reference_type=None).references("0" * 12) == ()


@settings(max_examples=50)
@given(st.permutations(range(4)), st.permutations(["6100", "6200"]))
def test_the_order_of_lines_and_zeros_make_no_difference(order: list[int], accounts: list[str]) -> None:
    lines = [
        FormLine(account=accounts[number % 2], amount=Decimal(amount), currency="USD")
        for number, amount in enumerate(("1.10", "2", "3.0", "4"))
    ]
    sorted_lines = form("charges", [lines[number] for number in order], {"day": "2026-02-03"})
    as_written = form("charges", lines, {"day": "2026-02-03", "party": None})
    assert sorted_lines == as_written
    assert sorted_lines.digest() == as_written.digest()
    finer = form(
        "charges", [attrs.evolve(each, amount=each.amount * Decimal("1.000")) for each in lines], {"day": "2026-02-03"}
    )
    assert finer.digest() == as_written.digest()


def test_every_part_of_a_form_counts() -> None:
    document = posted(WHOLE.outcome(billed(), BOOKS)).document
    form_now: Form = document.form()
    assert sorted(form_now.head) == ["currency", "day", "due", "number", "party", "subsidiary"]
    other: Found = found("bills", owed(), reference_type="brex")
    assert not form_now.differences(other.form)
    for key in form_now.head:
        changed = attrs.evolve(form_now, head={**form_now.head, key: "other"})
        assert changed.differences(form_now) == (key,)
        assert changed.digest() != form_now.digest()
    line = form_now.lines[0]
    for change in (
        {"account": "6200"},
        {"amount": Decimal(11)},
        {"currency": "EUR"},
        {"fields": frozenset({("a", "b")})},
        {"tax": "DE19"},
        {"tax_amount": Decimal(1)},
    ):
        changed = attrs.evolve(form_now, lines=(attrs.evolve(line, **change),))
        assert changed.differences(form_now) == ("lines",)
        assert changed.digest() != form_now.digest()


def test_what_a_payment_says_of_its_bill() -> None:
    kept = attrs.evolve(BOOKS, bills=(owed(),))
    document = posted(WHOLE.outcome(paid("7.50"), kept)).document
    assert document.form().head == {"day": "2026-02-03", "currency": "USD", "bill": "b-1"}
    correction = document.correction((FormLine(account="11100", amount=Decimal(-2), currency="USD"),), date(2026, 3, 1))
    assert correction is not None
    assert net(correction.postings()) == {("11100", frozenset()): Decimal(-2), ("20000", frozenset()): Decimal(2)}
    assert summed(document.postings()) == {
        Posting(account="20000", side=document.postings()[0].side, amount=Decimal("7.50"), currency="USD"),
        Posting(account="11100", side=document.postings()[1].side, amount=Decimal("7.50"), currency="USD"),
    }
    assert NewPayment(amount=Money(Decimal("7.50"), "USD"), account_code="11100", date=date(2026, 2, 3)) == (
        document.create().body
    )


def test_a_charge_says_which_card_it_is_of_and_a_refund_the_opposite() -> None:
    head = posted(WHOLE.outcome(expense("5", gl("6100")), BOOKS)).document.form().head
    assert head["account"] == "21120"
    assert head["party"] == "v-stationery"
