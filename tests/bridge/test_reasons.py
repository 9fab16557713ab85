"""Each reason for a refusal, and all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import pytest

from brex_accounting import Record, RecordType, Side
from brex_accounting.testing.records import card_expense, card_refund, dimension, gl, record
from bridge import Books, Bridge, Entity, Post, ReasonCode, Refuse, When
from bridge.settings.choices import ForeignCurrency, OtherTypes
from rillet import (
    AccountStatus,
)
from support.companies.small import (
    BO,
    BOOKS,
    BRIDGE,
    BRITAIN,
    CARD,
    DEPARTMENT,
    ENTITY,
    SETTINGS,
    STATIONERY,
    TRAVEL,
    WHOLE,
    WHOLE_UK,
    billed,
    books,
    bridge,
    codes,
    dollars,
    expense,
    field,
    first_line,
    last_line,
    moved,
    owed,
    paid,
    reimbursed,
    team,
    vendor,
)
from support.laws.records import OTHERS

CLOSED = date(2026, 2, 28)
GL_WITHOUT_REMOTE_ID = attrs.evolve(gl(None), brex_field_value_id="efo_9", field_value_name="Old Travel")


def entities(*made: Entity) -> Bridge:
    return bridge(entities=made)


def whole(**changes: Any) -> Bridge:
    """The bridge that knows the account of every role, with other settings."""
    return Bridge(attrs.evolve(WHOLE.settings, **changes))


NAMED_US = attrs.evolve(ENTITY, when=When(field="Legal", value="us"))
NAMED_UK = attrs.evolve(ENTITY, name="UK", subsidiary="Example Ltd", when=When(currency="USD"))
TWO_STATIONERS = (STATIONERY, vendor("v-2", "sample stationery."))

#: What is found when a document meets the ledger, not when a record is mapped.
OF_EXPORTS = {
    ReasonCode.CHANGED_SINCE_PLAN,
    ReasonCode.UNREADABLE,
    ReasonCode.REJECTED_BY_LEDGER,
    ReasonCode.NOT_IN_LEDGER,
    ReasonCode.DELETED_IN_LEDGER,
    ReasonCode.POSTED_SEVERAL_TIMES,
    ReasonCode.POSSIBLE_DOUBLE,
    ReasonCode.SAME_INVOICE_NUMBER,
    ReasonCode.DIFFERS_IN_LEDGER,
    ReasonCode.CHANGED_AFTER_EXPORT,
    ReasonCode.CHANGED_ON_BOTH_SIDES,
    ReasonCode.HELD,
    ReasonCode.NOT_NOW,
    ReasonCode.NOT_POSTED_YET,
    ReasonCode.DATED_AHEAD,
    ReasonCode.OTHER_BASIS,
}


#: What is found when an invoice of a billing system is mapped, and no record.
OF_INVOICES = {
    ReasonCode.OLDER_COPY,
    ReasonCode.DRAFT_AGAIN,
    ReasonCode.CUSTOMER_NOT_LINKED,
    ReasonCode.PRODUCT_NOT_MAPPED,
    ReasonCode.CURRENCY_MISMATCH,
    ReasonCode.MISSING_SETUP,
    ReasonCode.TAX_DIFFERS,
}


def broken(*_: object) -> Post | None:
    raise ZeroDivisionError("mine")


REFUSALS: Sequence[tuple[ReasonCode, str, Bridge, Record, Books]] = [
    *((ReasonCode.TYPE_NOT_SUPPORTED, kind, BRIDGE, attrs.evolve(expense(), type=RecordType(kind)), BOOKS) for kind in OTHERS),
    (
        ReasonCode.MAPPER_FAILED,
        "the mapper of CARD_EXPENSE_POST failed: ZeroDivisionError: mine",
        Bridge(SETTINGS, mappers={"CARD_EXPENSE_POST": broken}),
        expense(),
        BOOKS,
    ),
    (ReasonCode.NO_ENTITY, "no entity", entities(NAMED_US), expense(), BOOKS),
    (ReasonCode.NO_ENTITY, "'Example Inc.' for US", BRIDGE, expense(), books(subsidiaries=(BRITAIN,))),
    (
        ReasonCode.SEVERAL_ENTITIES,
        "US and UK at once",
        entities(NAMED_US, NAMED_UK),
        expense("5", gl("6100"), dimension("Legal", "us")),
        BOOKS,
    ),
    (
        ReasonCode.UNKNOWN_ENTITY,
        "its Legal is 'fr'",
        entities(ENTITY, attrs.evolve(NAMED_UK, when=When(field="Legal", value="uk"))),
        expense("5", gl("6100"), dimension("Legal", "fr")),
        BOOKS,
    ),
    (ReasonCode.TOTAL_DIFFERS, "about 100 USD, and its lines come to 42.75 USD", BRIDGE, attrs.evolve(expense(), amount=dollars("100")), BOOKS),
    *((ReasonCode.TOTAL_DIFFERS, "about 0 USD, and its lines come to", WHOLE, attrs.evolve(each, amount=dollars("0")), BOOKS) for each in (expense(), billed(), reimbursed(), moved(RecordType.CARD_PAYMENT), moved(RecordType.CARD_PAYMENT, debit=[gl("6100")], credit=[gl("6200")]))),
    (ReasonCode.TOTAL_DIFFERS, "about 42.75 EUR, and its lines are in USD", BRIDGE, attrs.evolve(expense(), amount=attrs.evolve(dollars("42.75"), currency="EUR")), BOOKS),
    (ReasonCode.OWN_ACCOUNT, "coded to 21120 Brex Card", BRIDGE, expense("5", gl("21120")), BOOKS),
    (ReasonCode.AMBIGUOUS_ACCOUNT, "several active accounts with the code 6100", BRIDGE, expense(), books(accounts=(*BOOKS.accounts, attrs.evolve(TRAVEL, id="other", name="Trips")))),
    (ReasonCode.SERVICE_PERIOD, "from From 'soon' and To '2026-03'", bridge(service_period_fields=("From", "To")), expense("5", gl("6100"), dimension("From", "soon"), dimension("To", "2026-03")), BOOKS),
    (ReasonCode.NO_LINES, "about 42.75 USD", BRIDGE, attrs.evolve(expense(), line_items=()), BOOKS),
    (ReasonCode.NO_LINES, "no line moves", BRIDGE, attrs.evolve(card_expense("0", coding=[gl("6100")]), amount=dollars("1")), BOOKS),
    (
        ReasonCode.NEGATIVE_AMOUNT,
        "negative amount -5",
        BRIDGE,
        card_expense("5", splits=[("10", [gl("6100")]), ("-5", [gl("6200")])]),
        BOOKS,
    ),
    (
        ReasonCode.UNKNOWN_SIDE,
        "but SIDEWAYS",
        BRIDGE,
        attrs.evolve(
            expense(), line_items=(*expense().line_items, attrs.evolve(expense().line_items[0], type=Side("SIDEWAYS")))
        ),
        BOOKS,
    ),
    (ReasonCode.MIXED_CURRENCIES, "EUR and USD", BRIDGE, first_line(expense(), amount=dollars("42.75", "EUR")), BOOKS),
    (
        ReasonCode.UNBALANCED,
        "debits 42.76, credits 42.75",
        BRIDGE,
        first_line(expense(), amount=dollars("42.76")),
        BOOKS,
    ),
    (ReasonCode.CURRENCY_PRECISION, "1.005 USD has more than the 2 places", BRIDGE, expense("1.005"), BOOKS),
    (ReasonCode.UNCODED_LINE, "a debit line", BRIDGE, expense("5", gl(None)), BOOKS),
    (ReasonCode.UNCODED_LINE, "a credit line", BRIDGE, card_refund("5"), BOOKS),
    (ReasonCode.UNKNOWN_ACCOUNT, "'7777'", BRIDGE, expense("5", gl("7777")), BOOKS),
    (ReasonCode.UNKNOWN_ACCOUNT, "'Old Travel'", BRIDGE, expense("5", GL_WITHOUT_REMOTE_ID), BOOKS),
    (
        ReasonCode.UNKNOWN_ACCOUNT,
        "'efo_9'",
        BRIDGE,
        expense("5", attrs.evolve(GL_WITHOUT_REMOTE_ID, field_value_name=None)),
        BOOKS,
    ),
    (
        ReasonCode.UNKNOWN_ACCOUNT,
        "the card account '1'",
        entities(attrs.evolve(ENTITY, card_account="1")),
        expense(),
        BOOKS,
    ),
    (
        ReasonCode.UNKNOWN_ACCOUNT,
        "the reimbursement account '1'",
        entities(attrs.evolve(ENTITY, reimbursement_account="1")),
        reimbursed(),
        BOOKS,
    ),
    (ReasonCode.INACTIVE_ACCOUNT, "6900 Old Software", BRIDGE, expense("5", gl("id-6900")), BOOKS),
    (
        ReasonCode.INACTIVE_ACCOUNT,
        "the card account 21120",
        BRIDGE,
        expense(),
        books(accounts=(*BOOKS.accounts, attrs.evolve(CARD, status=AccountStatus.INACTIVE))),
    ),
    (
        ReasonCode.NOT_A_CARD_ACCOUNT,
        "'Other', not 'Credit Card'",
        BRIDGE,
        expense(),
        books(accounts=(*BOOKS.accounts, attrs.evolve(CARD, subtype="Other"))),
    ),
    (ReasonCode.NO_OFFSETTING_LINE, "21120 Brex Card", BRIDGE, last_line(expense(), gl("6200")), BOOKS),
    (
        ReasonCode.FIELDS_ON_OFFSETTING_LINE,
        "21120 Brex Card",
        BRIDGE,
        last_line(expense(), team("value-Sales")),
        BOOKS,
    ),
    (ReasonCode.UNKNOWN_FIELD_VALUE, "no value 'Mars'", BRIDGE, expense("5", gl("6100"), team("Mars")), BOOKS),
    (
        ReasonCode.UNKNOWN_FIELD_VALUE,
        "no value 'efo_mars'",
        BRIDGE,
        expense("5", gl("6100"), attrs.evolve(team("mars"), remote_field_value_id=None, field_value_name=None)),
        BOOKS,
    ),
    (
        ReasonCode.UNKNOWN_FIELD_VALUE,
        "the field 'Department', which Rillet does not have",
        BRIDGE,
        expense("5", gl("6100"), team("value-Sales")),
        books(fields=()),
    ),
    (
        ReasonCode.DEACTIVATED_FIELD_VALUE,
        "Department: Legacy",
        BRIDGE,
        expense("5", gl("6100"), team("value-Legacy")),
        BOOKS,
    ),
    (
        ReasonCode.MISSING_FIELD,
        "Region is mandatory",
        BRIDGE,
        expense(),
        books(fields=(DEPARTMENT, field("Region", "North", mandatory=True))),
    ),
    (ReasonCode.CLOSED_PERIOD, "2026-02-03, and the books are closed up to 2026-02-28", BRIDGE, expense(), books(last_closed=CLOSED)),
    (
        ReasonCode.NO_EXCHANGE_RATE,
        "in USD, Example Ltd keeps its books in GBP",
        entities(attrs.evolve(ENTITY, subsidiary="Example Ltd")),
        expense(),
        BOOKS,
    ),
    (
        ReasonCode.EXCHANGE_DIFFERENCE,
        "from EUR at the rate of 2026-02-03, the bill R-17 at that of 2026-02-02; record the payment in Rillet",
        Bridge(
            attrs.evolve(WHOLE.settings, foreign_currency=ForeignCurrency.SUBSIDIARY),
            rates=lambda _base, _target, day: Decimal(day.day),
        ),
        paid("10", "EUR"),
        books(bills=(attrs.evolve(owed(), impact_date=date(2026, 2, 2)),)),
    ),
    (ReasonCode.NO_VENDOR, "no merchant", BRIDGE, attrs.evolve(expense(), vendor=None), BOOKS),
    (
        ReasonCode.NO_VENDOR,
        "no vendor 'Nobody'",
        bridge(default_vendor="Nobody"),
        attrs.evolve(expense(), vendor=None),
        BOOKS,
    ),
    (ReasonCode.NO_VENDOR, "no person", BRIDGE, attrs.evolve(reimbursed(), user=None), BOOKS),
    (
        ReasonCode.NO_VENDOR,
        "no e-mail address",
        BRIDGE,
        reimbursed(user=attrs.evolve(BO, email=" ")),
        BOOKS,
    ),
    (
        ReasonCode.AMBIGUOUS_VENDOR,
        "(v-2, v-stationery); give the right one the external reference 'pmch_sample_stationery' of the type 'brex'",
        BRIDGE,
        expense(),
        books(vendors=TWO_STATIONERS),
    ),
    (ReasonCode.NEAR_DUPLICATE_VENDOR, "looks like 'Sample Stationery Inc.' (v-9)", BRIDGE, expense(), books(vendors=(vendor("v-9", "Sample Stationery Inc."),))),
    (ReasonCode.NO_TIME_ZONE, "the time zone 'Europe/Berlin'", bridge(time_zone="Europe/Berlin"), expense(), BOOKS),
    (ReasonCode.NO_TIME_ZONE, "the time zone 'America/New_York'", bridge(time_zone="subsidiary"), expense(), BOOKS),
    (ReasonCode.NO_VENDOR, "it is a bill and names no vendor", WHOLE, attrs.evolve(billed(), vendor=None), BOOKS),
    (ReasonCode.NOTHING_MAPPED, "the mapper of CARD_EXPENSE_POST gave neither", Bridge(SETTINGS, mappers={"CARD_EXPENSE_POST": lambda _draft: None}), expense(), BOOKS),
    (ReasonCode.MISSING_ACCOUNT, "bank_account of US", BRIDGE, moved(RecordType.CARD_PAYMENT), BOOKS),
    (ReasonCode.MISSING_ACCOUNT, "rewards_account of US", BRIDGE, moved(RecordType.REWARD_REDEMPTION), BOOKS),
    (ReasonCode.MISSING_ACCOUNT, "clearing_account of US", BRIDGE, moved(RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT), BOOKS),
    (ReasonCode.MISSING_ACCOUNT, "accounts_payable_account of US", BRIDGE, billed(), BOOKS),
    (ReasonCode.UNKNOWN_ACCOUNT, "the bank account '1'", entities(attrs.evolve(ENTITY, bank_account="1")), moved(RecordType.CARD_PAYMENT), BOOKS),
    (ReasonCode.UNCODED_LINE, "a credit line", WHOLE, moved(RecordType.REIMBURSEMENT_EXPENSE_REPAYMENT), BOOKS),
    (ReasonCode.UNCODED_LINE, "a debit line", whole(other_types=OtherTypes.JOURNAL_ENTRY), moved(RecordType("HOLOGRAM")), BOOKS),
    (ReasonCode.UNKNOWN_TAX_CODE, "its tax code 'XX'", bridge(tax_field="Tax"), expense("5", gl("6100"), dimension("Tax", "XX")), BOOKS),
    (ReasonCode.MISSING_FIELD, "Region is mandatory", WHOLE, moved(RecordType.CARD_PAYMENT, debit=[gl("6100")]), books(fields=(field("Region", mandatory=True),))),
    (ReasonCode.BILL_NOT_FOUND, "no bill of Rillet has the reference 'expense_bill'", WHOLE, paid(), BOOKS),
    (ReasonCode.BILL_NOT_FOUND, "2 bills of Rillet have", WHOLE, paid(), books(bills=(owed(), attrs.evolve(owed(), id="b-2")))),
    (ReasonCode.BILL_NOT_FOUND, "without a source_id", WHOLE, attrs.evolve(paid(), source_id=None), books(bills=(owed(),))),
    (ReasonCode.BILL_NOT_FOUND, "without a reference_type", whole(reference_type=None), paid(), books(bills=(owed(),))),
    (ReasonCode.MIXED_CURRENCIES, "is in USD, its payment in GBP", WHOLE_UK, paid(currency="GBP"), books(bills=(owed(subsidiary_id="sub-uk"),))),
    (ReasonCode.NOT_A_PAYMENT, "of another subsidiary than Example Inc.", WHOLE, paid(), books(bills=(owed(subsidiary_id="sub-uk"),))),
    (ReasonCode.NOT_A_PAYMENT, "it has 11100 and 6100 beside 20000", WHOLE, paid(debit=[gl("6100")]), books(bills=(owed(),))),
    (ReasonCode.NOT_A_PAYMENT, "it has 20000 beside 20000", WHOLE, paid(credit=[gl("20000")]), books(bills=(owed(),))),
    (ReasonCode.FIELDS_ON_OFFSETTING_LINE, "of a bill's payment", WHOLE, paid(debit=[team("value-Sales")]), books(bills=(owed(),))),
]  # fmt: skip


@pytest.mark.parametrize(("code", "words", "company", "refused", "kept"), REFUSALS)
def test_a_record_is_refused_for_one_reason_that_says_what_is_wrong(
    code: ReasonCode, words: str, company: Bridge, refused: Record, kept: Books
) -> None:
    outcome = company.outcome(refused, kept)
    assert isinstance(outcome, Refuse)
    assert outcome.record is refused
    assert set(codes(outcome)) == {code}
    assert words in str(outcome.reasons[0])


def test_there_is_a_record_for_every_reason() -> None:
    assert {each[0] for each in REFUSALS} == set(ReasonCode) - OF_EXPORTS - OF_INVOICES


def test_a_record_with_many_defects_is_refused_with_every_reason() -> None:
    coding = [gl("7777"), team("Mars"), team("value-Legacy")]
    lines = [("1.005", coding), ("-3", [gl("6900")]), ("4", [gl(None)]), ("5", [gl("6100")])]
    bad = record(
        RecordType.CARD_EXPENSE_POST,
        debits=lines,
        credits=[("2", [gl("6200")]), ("100", [team("value-Sales")])],
        currency="USD",
    )
    bad = attrs.evolve(bad, line_items=(*bad.line_items, attrs.evolve(bad.line_items[3], type=Side("UP"))))
    kept = books(
        accounts=(*BOOKS.accounts, attrs.evolve(CARD, subtype="Bank", status=AccountStatus.INACTIVE)),
        fields=(DEPARTMENT, field("Region", mandatory=True)),
        last_closed=CLOSED,
    )
    outcome = entities(attrs.evolve(ENTITY, subsidiary="sub-uk")).outcome(bad, kept)
    assert set(codes(outcome)) == {
        ReasonCode.UNKNOWN_SIDE,
        ReasonCode.NEGATIVE_AMOUNT,
        ReasonCode.CURRENCY_PRECISION,
        ReasonCode.UNBALANCED,
        ReasonCode.UNKNOWN_ACCOUNT,
        ReasonCode.UNKNOWN_FIELD_VALUE,
        ReasonCode.DEACTIVATED_FIELD_VALUE,
        ReasonCode.INACTIVE_ACCOUNT,
        ReasonCode.UNCODED_LINE,
        ReasonCode.NOT_A_CARD_ACCOUNT,
        ReasonCode.FIELDS_ON_OFFSETTING_LINE,
        ReasonCode.MISSING_FIELD,
        ReasonCode.CLOSED_PERIOD,
        ReasonCode.NO_EXCHANGE_RATE,
        ReasonCode.NO_VENDOR,
    }
    assert isinstance(outcome, Refuse)
    of_lines = {(reason.code, reason.line_id) for reason in outcome.reasons}
    ids = [line.id for line in bad.line_items]
    assert (ReasonCode.UNKNOWN_ACCOUNT, ids[0]) in of_lines
    assert (ReasonCode.NEGATIVE_AMOUNT, ids[1]) in of_lines
    assert (ReasonCode.INACTIVE_ACCOUNT, ids[1]) in of_lines
    assert (ReasonCode.UNCODED_LINE, ids[2]) in of_lines
    assert (ReasonCode.MISSING_FIELD, ids[3]) in of_lines
    assert (ReasonCode.FIELDS_ON_OFFSETTING_LINE, ids[5]) in of_lines
    assert (ReasonCode.UNKNOWN_SIDE, ids[6]) in of_lines
    assert (ReasonCode.UNBALANCED, None) in of_lines


def test_negative_lines_of_a_negative_record_are_not_told_to_differ_from_it() -> None:
    negative = card_expense("-25", coding=[gl("6100")])
    outcome = BRIDGE.outcome(negative, BOOKS)
    assert isinstance(outcome, Refuse)
    assert set(codes(outcome)) == {ReasonCode.NEGATIVE_AMOUNT, ReasonCode.TOTAL_DIFFERS}
    (differs,) = (each.text for each in outcome.reasons if each.code is ReasonCode.TOTAL_DIFFERS)
    assert differs == (
        "it is about -25 USD, and so are its lines, of which none may be negative: debit and credit say the direction"
    )


def test_the_same_reason_is_given_once() -> None:
    twice = card_expense("5", splits=[("2", [gl("6100")]), ("3", [gl("6100")])])
    same = attrs.evolve(twice, line_items=tuple(attrs.evolve(line, id="x") for line in twice.line_items))
    kept = books(fields=(field("Region", mandatory=True),))
    assert codes(BRIDGE.outcome(same, kept)) == [ReasonCode.MISSING_FIELD]
    assert codes(BRIDGE.outcome(twice, kept)) == [ReasonCode.MISSING_FIELD, ReasonCode.MISSING_FIELD]
