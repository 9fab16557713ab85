"""Journal entries, bills and payments of bills: what is posted for the records that are neither charge nor expense."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from brex_accounting import RecordType, RecordVendor
from brex_accounting.testing.records import gl, record
from bridge import DEFAULT_MAPPERS, FOLLOWS, Bridge, ClosedPeriod, PlannedVendor, ReasonCode, effect, summed
from bridge.documents.marks import mark_of_name
from bridge.documents.rillet import BillPayload
from bridge.documents.rillet_payments import BillPaymentPayload
from bridge.settings.check import check
from bridge.settings.choices import OtherTypes
from rillet import (
    ExchangeRate,
    ExternalReference,
    FieldAssignment,
    Money,
    NewBill,
    NewExpenseItem,
    NewJournalEntry,
    NewJournalEntryItem,
    NewPayment,
    Side,
)
from support.companies.small import (
    BOOKS,
    BRITAIN,
    MEALS,
    SETTINGS,
    WHOLE,
    WHOLE_ENTITY,
    WHOLE_UK,
    account,
    billed,
    books,
    codes,
    dollars,
    moved,
    owed,
    paid,
    posted,
    team,
)
from support.laws.oracle import UNCODED
from support.laws.records import OTHERS

T = RecordType
EXPENSES, RECEIVABLE, CLEARING, REWARDS, OWED, BANK, CARD, EMPLOYEES = (
    "6100", "12600", "11900", "71000", "20000", "11100", "21120", "21340",
)  # fmt: skip

#: By type: what is debited and what is credited where nobody has coded the lines. A code of expenses has to be given.
MOVEMENTS: Sequence[tuple[RecordType, str, str]] = [
    (T.CARD_EXPENSE_REPAYMENT, BANK, RECEIVABLE),
    (T.CARD_PAYMENT, CARD, BANK),
    (T.CARD_PAYMENT_REFUND, BANK, CARD),
    (T.REWARD_REDEMPTION, CARD, REWARDS),
    (T.REIMBURSEMENT_EXPENSE_REPAYMENT, BANK, EXPENSES),
    (T.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT, EMPLOYEES, CLEARING),
    (T.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL, CLEARING, EMPLOYEES),
    (T.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN, CLEARING, BANK),
    (T.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND, BANK, CLEARING),
    (T.BILL_EXPENSE_CARD_PAYMENT, OWED, CARD),
]


@pytest.mark.parametrize(("kind", "debited", "credited"), MOVEMENTS, ids=[each[0].value for each in MOVEMENTS])
def test_money_that_moves_is_a_journal_entry(kind: RecordType, debited: str, credited: str) -> None:
    post = posted(WHOLE.outcome(moved(kind, credit=[gl(EXPENSES)] if credited == EXPENSES else ()), BOOKS))
    ten = Money(Decimal(10), "USD")
    assert post.document.party is None
    digest = post.document.form().digest()
    assert post.payload == NewJournalEntry(
        name=f"Brex accr_moved: {kind.value.replace('_', ' ').capitalize()} (v2 {digest})",
        currency="USD",
        items=(
            NewJournalEntryItem(account_code=debited, amount=ten, side=Side.DEBIT),
            NewJournalEntryItem(account_code=credited, amount=ten, side=Side.CREDIT),
        ),
        date=date(2026, 2, 3),
        subsidiary_id="sub-us",
    )
    assert post.document.impact_date == date(2026, 2, 3)
    assert post.document.with_vendor("v-9") == post.document


def test_a_line_that_is_coded_is_on_its_own_account_with_its_fields() -> None:
    coded = moved(T.CARD_PAYMENT, debit=[gl("6200"), team("value-Sales")])
    payload = posted(WHOLE.outcome(attrs.evolve(coded, memo="July"), BOOKS)).payload
    assert isinstance(payload, NewJournalEntry)
    debit, credit = payload.items
    assert (debit.account_code, credit.account_code) == (MEALS.code, BANK)
    assert debit.fields == (FieldAssignment(field_id="field-Department", field_value_id="value-Sales"),)
    assert (debit.description, credit.description) == ("July", "July")


@pytest.mark.parametrize(("kind", "debited", "credited"), MOVEMENTS)
@pytest.mark.parametrize("coded", ["debit", "credit", "both"])
def test_a_movement_with_one_account_on_both_sides_is_refused(
    kind: RecordType, debited: str, credited: str, coded: str
) -> None:
    one = credited if coded == "debit" else debited
    debit = [gl(one)] if coded != "credit" else [gl(debited)] if debited == EXPENSES else []
    credit = [gl(one)] if coded != "debit" else [gl(credited)] if credited == EXPENSES else []
    moving = moved(kind, debit=debit, credit=credit)
    assert set(codes(WHOLE.outcome(moving, BOOKS))) == {ReasonCode.OWN_ACCOUNT}


def test_a_fee_does_not_hide_that_a_movement_is_on_the_bank_twice() -> None:
    paid_out = record(
        T.CARD_PAYMENT, debits=[("100", [gl(BANK)]), ("5", [gl(EXPENSES)])], credits=[("105", [])], record_id="accr_1"
    )
    assert codes(WHOLE.outcome(paid_out, BOOKS)) == [ReasonCode.OWN_ACCOUNT]


def test_two_accounts_of_the_settings_may_be_one() -> None:
    one = attrs.evolve(WHOLE_ENTITY, clearing_account=BANK)
    bridge = Bridge(attrs.evolve(WHOLE.settings, entities=(one,)))
    entry = posted(bridge.outcome(moved(T.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN), BOOKS)).payload
    assert isinstance(entry, NewJournalEntry)
    assert [each.account_code for each in entry.items] == [BANK, BANK]


def test_a_journal_entry_in_another_currency_has_its_rate() -> None:
    dollars = moved(T.CARD_PAYMENT)
    assert codes(WHOLE_UK.outcome(dollars, BOOKS)) == [ReasonCode.NO_EXCHANGE_RATE]
    rated = Bridge(WHOLE_UK.settings, rates=lambda _base, _target, _day: Decimal("0.79"))
    payload = posted(rated.outcome(dollars, BOOKS)).payload
    assert isinstance(payload, NewJournalEntry)
    assert payload.subsidiary_id == BRITAIN.id
    assert payload.exchange_rate == ExchangeRate(base="USD", target="GBP", rate=Decimal("0.79"), date=date(2026, 2, 3))


def test_a_journal_entry_moves_to_the_first_open_day_where_the_settings_say_so() -> None:
    kept = books(last_closed=date(2026, 2, 28))
    assert codes(WHOLE.outcome(moved(T.CARD_PAYMENT), kept)) == [ReasonCode.CLOSED_PERIOD]
    moving = Bridge(attrs.evolve(WHOLE.settings, closed_period=ClosedPeriod.FIRST_OPEN_DAY))
    assert posted(moving.outcome(moved(T.CARD_PAYMENT), kept)).document.impact_date == date(2026, 3, 1)


def test_the_record_is_found_in_the_name_of_its_journal_entry() -> None:
    payload = posted(WHOLE.outcome(moved(T.CARD_PAYMENT), BOOKS)).payload
    assert isinstance(payload, NewJournalEntry)
    mark = mark_of_name(payload.name)
    assert mark is not None
    assert mark.subject == "accr_moved"
    for name in ("Depreciation", "Brex", "Brex card payment", "about Brex accr_1: Card payment", ""):
        assert mark_of_name(name) is None


@pytest.mark.parametrize("kind", [RecordType(each) for each in OTHERS], ids=OTHERS)
def test_other_types_are_refused_or_posted_as_they_are(kind: RecordType) -> None:
    coded = moved(kind, debit=[gl("6100")], credit=[gl("21120")])
    assert codes(WHOLE.outcome(coded, BOOKS)) == [ReasonCode.TYPE_NOT_SUPPORTED]
    lenient = Bridge(attrs.evolve(SETTINGS, other_types=OtherTypes.JOURNAL_ENTRY))
    payload = posted(lenient.outcome(coded, BOOKS)).payload
    assert isinstance(payload, NewJournalEntry)
    assert [(item.account_code, item.side) for item in payload.items] == [("6100", Side.DEBIT), ("21120", Side.CREDIT)]


def test_a_bill_carries_the_ids_of_its_record_and_of_the_bill_in_brex() -> None:
    company = Bridge(attrs.evolve(WHOLE.settings, record_link="https://example.com/{id}"))
    post = posted(company.outcome(billed(), BOOKS))
    assert post.document.party == "v-stationery"
    assert post.payload == BillPayload(
        bill=NewBill(
            vendor_id="v-stationery",
            expense_number="R-17",
            items=(
                NewExpenseItem(account_code="6100", amount=Money(Decimal(10), "USD"), description="Sample Stationery"),
            ),
            bill_date=date(2026, 2, 3),
            due_date=date(2026, 3, 5),
            impact_date=date(2026, 2, 3),
            subsidiary_id="sub-us",
            external_references=(
                ExternalReference(type="brex", id="accr_bill", url="https://example.com/accr_bill"),
                ExternalReference(type="brex", id="expense_bill"),
                ExternalReference(type="brex", id=f"accr_bill v2 {post.document.form().digest()}"),
            ),
        ),
        payable_account_code=OWED,
    )
    assert post.document.impact_date == date(2026, 2, 3)


def test_a_bill_without_number_and_due_date_has_the_records_id_and_its_own_day() -> None:
    bare = attrs.evolve(billed(), invoice_number=" ", due_at=None, source_id=None)
    post = posted(WHOLE.outcome(bare, BOOKS))
    payload = post.payload
    assert isinstance(payload, BillPayload)
    assert payload.bill.expense_number == "accr_bill"
    assert payload.bill.due_date == payload.bill.bill_date == date(2026, 2, 3)
    assert [each.id for each in payload.bill.external_references] == [
        "accr_bill",
        f"accr_bill v2 {post.document.form().digest()}",
    ]


def test_a_bill_of_an_unknown_vendor_plans_the_vendor() -> None:
    post = posted(WHOLE.outcome(attrs.evolve(billed(), vendor=RecordVendor(id="vendor_1", name="New Ltd")), BOOKS))
    assert isinstance(post.document.party, PlannedVendor)
    payload = post.document.with_vendor("v-9").payload
    assert isinstance(payload, BillPayload)
    assert payload.bill.vendor_id == "v-9"


def test_a_bill_does_not_fall_back_on_the_vendor_of_card_records() -> None:
    company = Bridge(attrs.evolve(WHOLE.settings, default_vendor="v-ada"))
    assert codes(company.outcome(attrs.evolve(billed(), vendor=None), BOOKS)) == [ReasonCode.NO_VENDOR]


def test_a_bills_payment_is_recorded_for_it() -> None:
    kept = books(bills=(attrs.evolve(owed(), id="b-2", external_references=()), owed()))
    post = posted(WHOLE.outcome(paid("7.50"), kept))
    assert post.payload == BillPaymentPayload(
        bill_id="b-1",
        payment=NewPayment(amount=Money(Decimal("7.50"), "USD"), account_code=BANK, date=date(2026, 2, 3)),
        payable_account_code=OWED,
    )
    assert (post.document.party, post.document.impact_date) == (None, date(2026, 2, 3))
    assert post.document.with_vendor("v-9") == post.document
    assert {(each.account, each.side.value, each.amount) for each in summed(effect(post.payload))} == {
        (OWED, "DEBIT", Decimal("7.50")),
        (BANK, "CREDIT", Decimal("7.50")),
    }


def test_a_bill_may_be_paid_from_another_account_and_in_parts_of_lines() -> None:
    split = record(
        T.BILL_EXPENSE_PAYMENT,
        debits=[("4", ()), ("6", [gl(OWED)]), ("0", ())],
        credits=[("9", [gl(CLEARING)]), ("1", [gl(CLEARING)])],
        source_id="expense_bill",
        posted_at=datetime(2026, 2, 9, tzinfo=UTC),
    )
    payload = posted(WHOLE.outcome(split, books(bills=(owed(),)))).payload
    assert isinstance(payload, BillPaymentPayload)
    assert payload.payment == NewPayment(amount=Money(Decimal(10), "USD"), account_code=CLEARING, date=date(2026, 2, 9))


def test_every_account_of_the_settings_is_looked_for() -> None:
    assert check(WHOLE.settings, BOOKS) == ()
    wrong = attrs.evolve(WHOLE_ENTITY, bank_account="1", rewards_account="6900")
    assert check(attrs.evolve(SETTINGS, entities=(wrong,)), BOOKS) == (
        "entities[0].bank_account: Rillet has no account with the code or id '1'",
        "entities[0].rewards_account: the account 6900 Old Software is inactive",
    )


PAGE = Path(__file__).resolve().parents[2] / "docs" / "record-types.md"
BECOMES, _, BELONGS = PAGE.read_text(encoding="utf-8").partition("\n## Which entity a record belongs to\n")


@pytest.mark.parametrize("kind", list(RecordType), ids=lambda kind: kind.value)
def test_the_documentation_says_whose_each_type_is(kind: RecordType) -> None:
    table, _, _ = BELONGS.partition("\n## ")
    rows = [line for line in table.splitlines() if line.startswith("|") and f"`{kind.value}`" in line]
    assert len(rows) == 1
    assert rows[0].endswith(" with the same `source_id` |") is (kind in FOLLOWS)


@pytest.mark.parametrize("kind", list(RecordType), ids=lambda kind: kind.value)
def test_the_documentation_says_what_becomes_of_each_type(kind: RecordType) -> None:
    rows = [line for line in BECOMES.splitlines() if line.startswith(f"| `{kind.value}` ")]
    assert len(rows) == 1
    _, _, _, bridge, uncoded, _ = (cell.strip() for cell in rows[0].split("|"))
    assert uncoded.startswith(
        ", ".join(f"{side.lower()}: `{key}`" for side, key in UNCODED[kind.value].items()) or "all have to be coded"
    )
    # A type that is not mapped is handled by the settings alone.
    noun = {
        "charge": "charge",
        "reimbursement": "reimbursement",
        "bill": "bill",
        "bill_payment": "payment of that bill",
        "card_payment": "payment of that bill",
        "payout": "payment of that reimbursement",
    }
    mapper = DEFAULT_MAPPERS.get(kind.value)
    name = getattr(mapper, "__name__", "")
    assert bridge.startswith("refused" if mapper is None else noun.get(name, "journal entry"))


@pytest.mark.parametrize("is_known_to_pay", [False, True])
def test_the_amount_of_a_payment_with_a_discount_is_that_of_whichever_bank_pays(is_known_to_pay: bool) -> None:
    other = account("11200", "Savings", subtype=None if is_known_to_pay else "Bank")
    kept = books(
        accounts=(*BOOKS.accounts, other),
        bills=(owed(),),
        paying_accounts=frozenset({"11200"}) if is_known_to_pay else frozenset(),
    )
    made = record(
        RecordType.BILL_EXPENSE_PAYMENT,
        debits=[("10", ())],
        credits=[("9", [gl("11200")]), ("1", [gl("6100")])],
        source_id="expense_bill",
    )
    discounted = attrs.evolve(made, amount=dollars("9"))
    post = posted(WHOLE.outcome(discounted, kept))
    assert {(each.account, each.side.value, each.amount) for each in summed(effect(post.payload))} == {
        ("20000", "DEBIT", Decimal(10)),
        ("11200", "CREDIT", Decimal(9)),
        ("6100", "CREDIT", Decimal(1)),
    }
    # An amount that is that of no account with money is refused still.
    wrong = attrs.evolve(made, amount=dollars("8"))
    assert codes(WHOLE.outcome(wrong, kept)) == [ReasonCode.TOTAL_DIFFERS]
