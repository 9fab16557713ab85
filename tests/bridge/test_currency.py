"""Records in a foreign currency, posted in the currency of their subsidiary.

``LAW_EXAMPLES=10000`` in the environment makes the laws a long run.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import attrs
import pytest
from hypothesis import Phase, assume, event, find, given, settings
from hypothesis import strategies as st

from brex_accounting import Amount, Record, RecordType, Side
from brex_accounting.testing.records import card_expense, gl, record
from bridge import (
    Bridge,
    ClosedPeriod,
    CodedRecord,
    ExchangeRate,
    Findings,
    ForeignCurrency,
    Movements,
    Post,
    ReasonCode,
    Refuse,
    Settings,
    Skip,
    Treatment,
    effect,
    read_settings,
    summed,
)
from bridge.coding import code
from clientkit.money import places
from rillet import Bill, Money, NewCharge, Subsidiary
from support.companies.small import AMERICA, BOOKS, WHOLE, billed, books, codes, document, expense, owed, paid, posted
from support.laws.law import holds
from support.laws.records import BILL_PAYMENTS, Case, good_cases
from support.laws.strategies import PLACES, rillets

RATES = st.decimals(Decimal("0.0001"), Decimal(10_000), places=6).filter(bool)
TWINS = {"JPY": "KRW", "USD": "EUR", "BHD": "KWD"}
DAY = date(2026, 2, 3)


def converting(plain: Settings, rate: str | Decimal) -> Bridge:
    """A bridge that converts, at one rate for everything."""
    told = attrs.evolve(plain, foreign_currency=ForeignCurrency.SUBSIDIARY)
    return Bridge(told, rates=lambda _base, _target, _day: Decimal(rate))


COMPANY = converting(WHOLE.settings, "1.0856")


def in_twins(case: Case, currency: str | None = None) -> Case:
    """The case with subsidiaries that keep their books in another currency than the record's, and bills as well.

    Without a `currency` it is one with as many places as the record's.
    """
    kept_in = currency or TWINS[case.json["amount"]["currency"]]
    subsidiaries = tuple(
        attrs.evolve(each, currency=kept_in) for each in rillets(Subsidiary, case.world.books.subsidiaries)
    )
    bills = tuple(
        attrs.evolve(
            bill,
            items=tuple(attrs.evolve(item, amount=Money(item.amount.amount, kept_in)) for item in bill.items),
        )
        for bill in rillets(Bill, case.world.books.bills)
    )
    changed = attrs.evolve(case.world.books, subsidiaries=subsidiaries, bills=bills)
    return attrs.evolve(case, world=attrs.evolve(case.world, books=changed))


def sides(coded: CodedRecord, side: Side) -> Sequence[Fraction]:
    return [Fraction(each.line.amount.amount) for each in coded.lines if each.line.type == side]


def half_up(amount: Fraction, currency: str) -> Fraction:
    """A positive amount to the nearest minor unit."""
    units = 10 ** places(currency)
    return Fraction((2 * amount * units + 1) // 2, units)


@given(case=good_cases(), currency=st.sampled_from(["JPY", "USD", "BHD", "CLF"]), rate=RATES)
def test_totals_hold_to_the_last_unit_and_no_line_is_a_unit_off(case: Case, currency: str, rate: Decimal) -> None:
    case = in_twins(case, currency)
    before = code(case.record, case.world.settings, case.world.books, Findings())
    found = Findings()
    after = converting(case.world.settings, rate).coded(case.record, case.world.books, found)
    assert before is not None
    assert after is not None
    assert found.reasons == []
    if before.currency == currency:
        assert after == before
        return
    assert after.conversion == ExchangeRate(base=before.currency, target=currency, rate=rate, date=DAY)
    assert after.currency == currency
    unit = Fraction(1, 10 ** places(currency))
    for side in Side:
        assert sum(sides(after, side)) == half_up(sum(sides(before, side)) * Fraction(rate), currency)
    for old, new in zip(before.lines, after.lines, strict=True):
        assert new.line.amount.currency == currency
        assert abs(Fraction(new.line.amount.amount) - Fraction(old.line.amount.amount) * Fraction(rate)) < unit
        assert new.line.original_amount == old.line.amount
        kept = attrs.evolve(new, line=attrs.evolve(new.line, amount=old.line.amount, original_amount=None))
        assert kept == old


def as_sent(case: Case, coded: CodedRecord) -> Case:
    """The case with the amounts of its lines as they were converted.

    A line that tells whose the record is may have come to nothing, which tells nothing; then its entity is the one that
    takes the movements.
    """
    lines = [
        line | {"amount": {"amount": each.line.amount.amount, "currency": each.line.amount.currency}}
        for line, each in zip(case.json["line_items"], coded.lines, strict=True)
    ]
    plain = case.world.settings
    entities = tuple(
        attrs.evolve(each, movements=Movements()) if each.name == coded.entity.name else each for each in plain.entities
    )
    world = attrs.evolve(case.world, settings=attrs.evolve(plain, entities=entities))
    return attrs.evolve(case, json=case.json | {"line_items": lines}, world=world)


@pytest.mark.parametrize("treatment", Treatment)
@pytest.mark.parametrize("kind", ["CARD_EXPENSE_REFUND", "BILL_EXPENSE", "CARD_PAYMENT"])
def test_lines_with_every_tax_treatment_are_among_what_is_converted(kind: str, treatment: Treatment) -> None:
    def has(case: Case) -> bool:
        case = in_twins(case, "CLF")
        coded = converting(case.world.settings, Decimal("1.1")).coded(case.record, case.world.books, Findings())
        return coded is not None and any(
            each.tax is not None and each.tax.treatment is treatment and each.line.amount.amount for each in coded.lines
        )

    find(
        good_cases([kind]),
        has,
        settings=settings(database=None, derandomize=True, max_examples=1000, phases=[Phase.generate]),
    )


@given(case=good_cases(), currency=st.sampled_from(sorted(PLACES)), rate=RATES)
def test_what_is_posted_is_what_the_converted_record_says(case: Case, currency: str, rate: Decimal) -> None:
    case = in_twins(case, currency)
    company, kept = converting(case.world.settings, rate), case.world.books
    outcome = company.outcome(case.record, kept)
    coded = company.coded(case.record, kept, Findings())
    assert coded is not None
    event(type(outcome).__name__)
    if isinstance(outcome, Post):
        assert summed(effect(outcome.payload)) == summed(coded.postings(kept))
        # To the oracle it is as if Brex had sent it in the currency of the books.
        assert holds(as_sent(case, coded), outcome)
        assert getattr(outcome.payload, "exchange_rate", None) is None
    elif isinstance(outcome, Skip):
        assert not coded.moves_money
    else:
        # What the card or the vendor gets was less than a unit, which the other lines have got.
        assert codes(outcome) == [ReasonCode.NO_OFFSETTING_LINE]


@given(case=good_cases())
def test_at_a_rate_of_one_nothing_changes_but_the_currency(case: Case) -> None:
    currency = case.json["amount"]["currency"]
    other = in_twins(case)
    same = in_twins(case, currency)
    outcome = converting(case.world.settings, Decimal(1)).outcome(other.record, other.world.books)
    assert isinstance(outcome, Post)
    plain = posted(Bridge(case.world.settings).outcome(same.record, same.world.books))
    in_record_currency = {attrs.evolve(each, currency=currency) for each in summed(effect(outcome.payload))}
    assert in_record_currency == summed(effect(plain.payload))


@given(case=good_cases(), rate=RATES)
def test_documents_stay_in_their_currency_where_the_settings_say_so(case: Case, rate: Decimal) -> None:
    assume(case.json["type"] not in BILL_PAYMENTS)
    case = in_twins(case)
    told = attrs.evolve(case.world.settings, foreign_currency=ForeignCurrency.DOCUMENT)
    post = posted(Bridge(told, rates=lambda _base, _target, _day: rate).outcome(case.record, case.world.books))
    assert {each.currency for each in effect(post.payload)} == {case.json["amount"]["currency"]}


def euros(amount: str, splits: Sequence[str], *, original: Amount | None = None) -> Record:
    return card_expense(amount, "EUR", splits=[(each, [gl("6100")]) for each in splits], original=original)


def test_a_charge_is_posted_in_the_currency_of_the_subsidiary() -> None:
    bought = euros("10", ["3.33", "3.33", "3.34"])
    payload = posted(COMPANY.outcome(bought, BOOKS)).payload
    assert isinstance(payload, NewCharge)
    # 10 EUR are 10.856 USD; line by line it would be 3.62 + 3.62 + 3.63 = 10.87.
    assert [item.amount for item in payload.items] == [Money(Decimal(each), "USD") for each in ("3.62", "3.61", "3.63")]
    assert payload.exchange_rate is None


def test_yen_and_dinars_have_their_own_places() -> None:
    yen = converting(WHOLE.settings, "150.5")
    in_yen = books(subsidiaries=(attrs.evolve(AMERICA, currency="JPY"),))
    assert [item.amount for item in document(yen.outcome(expense("0.05"), in_yen)).items] == [Money(Decimal(8), "JPY")]
    in_dinars = books(subsidiaries=(attrs.evolve(AMERICA, currency="BHD"),))
    dinars = converting(WHOLE.settings, "0.376")
    assert document(dinars.outcome(expense("1.33"), in_dinars)).items[0].amount == Money(Decimal("0.500"), "BHD")


def test_the_rate_is_that_of_the_transactions_day_also_where_it_counts_later() -> None:
    asked = list[tuple[str, str, date]]()

    def rates(base: str, target: str, day: date) -> Decimal:
        asked.append((base, target, day))
        return Decimal(2)

    told = attrs.evolve(
        WHOLE.settings, foreign_currency=ForeignCurrency.SUBSIDIARY, closed_period=ClosedPeriod.FIRST_OPEN_DAY
    )
    kept = books(last_closed=date(2026, 2, 28))
    post = posted(Bridge(told, rates=rates).outcome(euros("1", ["1"]), kept))
    assert post.document.impact_date == date(2026, 3, 1)
    assert document(post).items[0].amount.amount == 2
    assert asked == [("EUR", "USD", DAY)]


def test_without_a_rate_a_record_is_refused_and_one_without_money_is_nothing_to_post() -> None:
    told = attrs.evolve(WHOLE.settings, foreign_currency=ForeignCurrency.SUBSIDIARY)
    refused = Bridge(told).outcome(euros("1", ["1"]), BOOKS)
    assert codes(refused) == [ReasonCode.NO_EXCHANGE_RATE]
    text = "for 2026-02-03 no exchange rate is given; a file (--rates) needs one of that day or the 7 days before it"
    assert text in str(refused)
    assert isinstance(Bridge(told).outcome(euros("0", ["0"]), BOOKS), Skip)
    assert isinstance(Bridge(told).outcome(expense(), BOOKS), Post)


@pytest.mark.parametrize("mode", ForeignCurrency)
@pytest.mark.parametrize("wrong", ["0", "-1.1", "NaN", "Infinity"])
def test_what_is_no_rate_is_not_used(mode: ForeignCurrency, wrong: str) -> None:
    told = attrs.evolve(WHOLE.settings, foreign_currency=mode)
    refused = Bridge(told, rates=lambda _base, _target, _day: Decimal(wrong)).outcome(euros("1", ["1"]), BOOKS)
    assert codes(refused) == [ReasonCode.NO_EXCHANGE_RATE]
    assert f"for 2026-02-03 {wrong} as the exchange rate is given" in str(refused)


def test_what_is_nothing_in_the_books_currency_is_nothing_to_post() -> None:
    outcome = converting(WHOLE.settings, "0.004").outcome(euros("1", ["1"]), BOOKS)
    assert isinstance(outcome, Skip)
    assert outcome.why == "its lines move no money in USD"


def test_a_record_that_is_wrong_is_refused_for_what_is_wrong_with_it() -> None:
    wrong = euros("10", ["10"])
    debit, credit = wrong.line_items
    lines = (
        attrs.evolve(debit, amount=Amount(amount=Decimal("-1.005"), currency="EUR")),
        attrs.evolve(credit, type=Side("SIDEWAYS")),
    )
    assert set(codes(COMPANY.outcome(attrs.evolve(wrong, line_items=lines), BOOKS))) >= {
        ReasonCode.NEGATIVE_AMOUNT, ReasonCode.UNKNOWN_SIDE, ReasonCode.CURRENCY_PRECISION, ReasonCode.UNBALANCED,
    }  # fmt: skip


def test_transaction_record_and_books_currency_are_kept_apart() -> None:
    pounds = Amount(amount=Decimal("8.65"), currency="GBP")
    coded = COMPANY.coded(euros("10", ["10"], original=pounds), BOOKS, Findings())
    assert coded is not None
    assert {each.transaction_amount for each in coded.lines} == {pounds}
    assert {each.line.amount.currency for each in coded.lines} == {coded.currency} == {"USD"}
    assert coded.record.amount == Amount(amount=Decimal(10), currency="EUR")
    assert coded.conversion == ExchangeRate(base="EUR", target="USD", rate=Decimal("1.0856"), date=DAY)
    at_home = COMPANY.coded(expense("10"), BOOKS, Findings())
    assert at_home is not None
    assert at_home.conversion is None
    assert [each.transaction_amount for each in at_home.lines] == [None, None]


@pytest.mark.parametrize(
    ("paid_abroad", "shown"),
    [
        (Amount(amount=Decimal("41.2"), currency="GBP"), "Dinner (41.20 GBP)"),
        (Amount(amount=Decimal(1801), currency="JPY"), "Dinner (1801 JPY)"),
        (Amount(amount=Decimal("0.0012"), currency="XBT"), "Dinner (0.0012 XBT)"),
        (Amount(amount=Decimal(9), currency="USD"), "Dinner"),
        (None, "Dinner"),
    ],
)
def test_a_line_tells_what_was_paid_abroad(paid_abroad: Amount | None, shown: str) -> None:
    bought = attrs.evolve(expense("10"), memo="Dinner")
    (debit, *rest) = bought.line_items
    bought = attrs.evolve(bought, line_items=(attrs.evolve(debit, original_amount=paid_abroad), *rest))
    assert document(WHOLE.outcome(bought, BOOKS)).items[0].description == shown


def test_a_converted_line_tells_what_it_was_converted_from() -> None:
    items = document(COMPANY.outcome(euros("10", ["3", "7"]), BOOKS)).items
    assert [item.description for item in items] == ["Sample Stationery (3.00 EUR)", "Sample Stationery (7.00 EUR)"]


def test_a_converted_record_pickles() -> None:
    coded = COMPANY.coded(euros("10", ["3", "7"]), BOOKS, Findings())
    assert pickle.loads(pickle.dumps(coded)) == coded


def paid_on(day: int) -> Record:
    return attrs.evolve(paid("10", "EUR"), erp_posting_date=datetime(2026, 2, day, tzinfo=UTC))


def test_a_payment_at_the_rate_of_its_bill_is_recorded_and_one_at_another_is_refused() -> None:
    told = attrs.evolve(WHOLE.settings, foreign_currency=ForeignCurrency.SUBSIDIARY)
    company = Bridge(told, rates=lambda _base, _target, day: Decimal("1.25") if day.day < 10 else Decimal("1.2"))
    kept = books(bills=(owed(),))
    post = posted(company.outcome(paid_on(9), kept))
    assert {(each.account, each.amount, each.currency) for each in effect(post.payload)} == {
        ("20000", Decimal("12.50"), "USD"),
        ("11100", Decimal("12.50"), "USD"),
    }
    refused = company.outcome(paid_on(10), kept)
    assert codes(refused) == [ReasonCode.EXCHANGE_DIFFERENCE]
    assert isinstance(refused, Refuse)
    assert "the rate of 2026-02-10, the bill R-17 at that of 2026-02-03; record the payment in Rillet" in str(refused)
    later = attrs.evolve(owed(), bill_date=date(2026, 2, 11), impact_date=date(2026, 2, 12))
    posted(company.outcome(paid_on(10), books(bills=(later,))))
    # It may have been converted at the rate of its own day, and count later because that was closed.
    moved = attrs.evolve(owed(), impact_date=date(2026, 2, 11))
    for day in (9, 10):
        assert codes(company.outcome(paid_on(day), books(bills=(moved,)))) == [ReasonCode.EXCHANGE_DIFFERENCE]


def test_bills_and_other_records_are_converted_too() -> None:
    in_euros = attrs.evolve(
        billed("10"),
        amount=Amount(amount=Decimal(10), currency="EUR"),
        # What Brex billed would be the rate.
        extra={},
        line_items=tuple(
            attrs.evolve(each, amount=attrs.evolve(each.amount, currency="EUR")) for each in billed("10").line_items
        ),
    )
    payment = record(RecordType.CARD_PAYMENT, debits=[("10", ())], credits=[("10", ())], currency="EUR")
    for each in (in_euros, payment):
        assert {(of.amount, of.currency) for of in effect(posted(COMPANY.outcome(each, BOOKS)).payload)} == {
            (Decimal("10.86"), "USD")
        }


@pytest.mark.parametrize("choice", ["document", "subsidiary"])
def test_the_setting_is_read_from_a_file(choice: str) -> None:
    text = f'foreign_currency = "{choice}"\n[[entities]]\nname = "US"\nsubsidiary = "s"\n'
    text += 'card_account = "1"\nreimbursement_account = "2"\n'
    assert read_settings(text).foreign_currency == choice
