"""Tax codes of lines: taxed, exempt, reverse charge and sales tax, in the price or shown on top of it."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import Amount, FieldValueRef, Record, RecordType
from brex_accounting.testing.records import card_expense, card_refund, dimension, gl, record
from bridge import (
    Books,
    Bridge,
    Coverage,
    Decision,
    FieldAssignment,
    Findings,
    ForeignCurrency,
    LineTax,
    Payload,
    ReasonCode,
    TaxRule,
    Treatment,
    effect,
    explain,
    summarise,
    summed,
)
from clientkit import codec
from clientkit.money import is_rounded, total
from rillet import AccountType, TaxRate
from support.companies.small import (
    BOOKS,
    OLD,
    OWED,
    REWARDS,
    WHOLE_ENTITY,
    codes,
    expense,
    field,
    last_line,
    owed,
    paid,
    posted,
)
from support.laws.taxes import RATES, REVERSE, TAXED_BOOKS, settings, tax, tax_rate


def outcome(record: Record, *taxes: TaxRule, books: Books = TAXED_BOOKS, **changes: Any) -> Decision:
    return Bridge(settings(*taxes, **changes)).outcome(record, books)


def payload(record: Record, *taxes: TaxRule, books: Books = TAXED_BOOKS, **changes: Any) -> Payload:
    return posted(outcome(record, *taxes, books=books, **changes)).payload


def sent(payload: Payload) -> list[Any]:
    """The lines of a charge, a reimbursement or a journal entry as they leave."""
    body: Any = codec.parse(codec.dumps(payload))
    return list(body["items"])


def booked(payload: Payload) -> set[tuple[str, str, str]]:
    return {(each.account, each.side.value, f"{each.amount:f}") for each in summed(effect(payload))}


def test_a_tax_in_the_price_is_sent_with_its_line() -> None:
    made = payload(expense("119.00", gl("6100"), tax("DE19")))

    assert sent(made) == [
        {
            "account_code": "6100",
            "amount": {"amount": "119.00", "currency": "USD"},
            "description": "Sample Stationery",
            "tax_rate": {
                "tax_amount": {"amount": "19.00", "currency": "USD"},
                "percentage": Decimal("19.0000"),
                "country": "DE",
                "type": "VAT",
                "description": "Standard",
                "coverage": "INCLUSIVE",
                "tax_code": "DE19",
            },
        }
    ]
    assert booked(made) == {("6100", "DEBIT", "100.00"), ("22500", "DEBIT", "19.00"), ("21120", "CREDIT", "119.00")}


def test_a_tax_on_top_of_the_net_amount_books_the_same() -> None:
    paid = expense("119.00", gl("6100"), tax("DE19"))
    on_top = payload(paid, tax_coverage=Coverage.EXCLUSIVE)

    (line,) = sent(on_top)
    assert line["amount"]["amount"] == "100.00"
    assert line["tax_rate"]["tax_amount"]["amount"] == "19.00"
    assert line["tax_rate"]["coverage"] == "EXCLUSIVE"
    assert booked(on_top) == booked(payload(paid))
    by_rule = payload(paid, TaxRule(code="id-DE19", coverage=Coverage.EXCLUSIVE))
    assert sent(by_rule) == [line]


def test_a_tax_that_takes_all_of_a_line_does_not_hide_that_it_is_on_its_own_other_side() -> None:
    """Half a cent of tax is rounded up to the cent that the line has."""
    books = attrs.evolve(TAXED_BOOKS, tax_rates=(tax_rate("XX100", "100"),))

    def repaid(account: str) -> Decision:
        kind = RecordType.REIMBURSEMENT_EXPENSE_REPAYMENT
        lines = [("0.01", [gl(account), tax("XX100")]), ("0.00", [gl("6100")])]
        return outcome(record(kind, debits=[("0.01", [])], credits=lines), books=books)

    bank = WHOLE_ENTITY.bank_account
    assert bank is not None
    assert codes(repaid(bank)) == [ReasonCode.OWN_ACCOUNT]
    assert booked(posted(repaid("6100")).payload) == {(bank, "DEBIT", "0.01"), ("22500", "CREDIT", "0.01")}


@pytest.mark.parametrize("rule", [(), (TaxRule(code="DE19", treatment=Treatment.EXEMPT),)], ids=["0 %", "by rule"])
def test_an_exempt_line_keeps_its_code(rule: Sequence[TaxRule]) -> None:
    code = "DE19" if rule else "DE0"
    made = payload(expense("119.00", gl("6100"), tax(code)), *rule, entities=(WHOLE_ENTITY,))

    (line,) = sent(made)
    assert Decimal(line["tax_rate"]["tax_amount"]["amount"]) == 0
    assert line["tax_rate"]["tax_code"] == code
    assert booked(made) == {("6100", "DEBIT", "119.00"), ("21120", "CREDIT", "119.00")}


def test_a_reverse_charge_is_owed_and_deducted_with_the_field_values_of_its_line() -> None:
    team = FieldAssignment(field_id="field-Department", field_value_id="value-Sales")
    made = payload(expense("100.00", gl("6100"), tax("DE19"), dimension("Team", "value-Sales")), REVERSE)

    assert [(line["account_code"], line["amount"]["amount"]) for line in sent(made)] == [
        ("6100", "100.00"), ("14000", "19.00"), ("22600", "-19.00"),
    ]  # fmt: skip
    assert [line["description"] for line in sent(made)][1:] == ["Reverse charge DE19"] * 2
    base, *added = sent(made)
    # The base is under its code, for the VAT return; the vendor has charged nothing.
    assert base["tax_rate"]["tax_code"] == "DE19"
    assert Decimal(base["tax_rate"]["tax_amount"]["amount"]) == 0
    assert not any("tax_rate" in line for line in added)
    assert {each.fields for each in effect(made) if each.account != "21120"} == {frozenset({team})}
    assert booked(made) == {
        ("6100", "DEBIT", "100.00"), ("14000", "DEBIT", "19.00"), ("22600", "CREDIT", "19.00"),
        ("21120", "CREDIT", "100.00"),
    }  # fmt: skip


@pytest.mark.parametrize("coverage", Coverage)
def test_a_sales_tax_is_a_part_of_the_price(coverage: Coverage) -> None:
    rule = TaxRule(code="NY8", sales_tax=True, coverage=coverage)
    made = payload(expense("108.88", gl("6100"), tax("NY8")), rule, entities=(WHOLE_ENTITY,))

    (line,) = sent(made)
    assert line["tax_rate"]["type"] == "SALES_TAX"
    assert line["tax_rate"]["tax_amount"]["amount"] == "8.88"
    assert line["amount"]["amount"] == ("108.88" if coverage is Coverage.INCLUSIVE else "100.00")
    assert booked(made) == {("6100", "DEBIT", "108.88"), ("21120", "CREDIT", "108.88")}


def test_a_refund_takes_its_tax_back() -> None:
    made = payload(card_refund("119.00", coding=[gl("6100"), tax("DE19")], merchant="Sample Stationery"))

    (line,) = sent(made)
    assert (line["amount"]["amount"], line["tax_rate"]["tax_amount"]["amount"]) == ("-119.00", "-19.00")
    assert booked(made) == {("6100", "CREDIT", "100.00"), ("22500", "CREDIT", "19.00"), ("21120", "DEBIT", "119.00")}


def entry(*coding: FieldValueRef, amount: str = "119.00") -> Record:
    return record(RecordType.CARD_EXPENSE_REPAYMENT, debits=[(amount, ())], credits=[(amount, coding)])


def test_a_journal_entry_names_the_code_and_rillet_parts_the_tax_off() -> None:
    made = payload(entry(gl("6100"), tax("DE19")))

    debit, credit = sent(made)
    assert credit["vat_code"] == "DE19"
    assert credit["vat_type"] == "Expense"
    assert credit["amount"]["amount"] == "119.00"
    assert credit.keys() == {"account_code", "amount", "side", "vat_code", "vat_type"}
    assert "vat_code" not in debit
    assert booked(made) == {("11100", "DEBIT", "119.00"), ("6100", "CREDIT", "100.00"), ("22500", "CREDIT", "19.00")}


def test_the_vat_of_income_is_of_the_type_revenue() -> None:
    income = attrs.evolve(REWARDS, type=AccountType.INCOME)
    books = attrs.evolve(TAXED_BOOKS, accounts=(income, *(each for each in TAXED_BOOKS.accounts if each != REWARDS)))

    assert sent(payload(entry(gl("71000"), tax("DE19")), books=books))[1]["vat_type"] == "Revenue"


def test_a_journal_entry_names_no_code_whose_tax_rillet_would_part_off_wrongly() -> None:
    exempt = TaxRule(code="DE19", treatment=Treatment.EXEMPT)
    sales_tax = TaxRule(code="DE19", sales_tax=True)
    for rule in (exempt, sales_tax, REVERSE):
        assert not any("vat_code" in line for line in sent(payload(entry(gl("6100"), tax("DE19")), rule)))
    assert sent(payload(entry(gl("6100"), tax("DE0"))))[1]["vat_code"] == "DE0"
    assert booked(payload(entry(gl("6100"), tax("DE19"), amount="100.00"), REVERSE)) == {
        ("11100", "DEBIT", "100.00"), ("6100", "CREDIT", "100.00"), ("14000", "CREDIT", "19.00"),
        ("22600", "DEBIT", "19.00"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "ref",
    [tax("DE19"), tax("id-DE19"), tax("Standard"), attrs.evolve(tax(None), field_value_name="DE19"),
     tax("4711", name="Standard")],
    ids=["code", "id", "description", "name", "name of an unknown id"],
)  # fmt: skip
def test_a_code_is_known_by(ref: FieldValueRef) -> None:
    assert sent(payload(expense("119.00", gl("6100"), ref)))[0]["tax_rate"]["tax_code"] == "DE19"


def test_a_code_that_rillet_does_not_have_is_refused() -> None:
    assert codes(outcome(expense("9", gl("6100"), tax("XX")))) == [ReasonCode.UNKNOWN_TAX_CODE]


def test_a_description_of_two_rates_is_refused() -> None:
    books = attrs.evolve(TAXED_BOOKS, tax_rates=(*RATES, tax_rate("GB20", "20", "Standard")))
    assert codes(outcome(expense("9", gl("6100"), tax("Standard")), books=books)) == [ReasonCode.UNKNOWN_TAX_CODE]


def test_the_account_of_the_tax_has_to_be_named_once_there_is_one() -> None:
    for each in (expense("9", gl("6100"), tax("DE19")), entry(gl("6100"), tax("DE19"))):
        assert codes(outcome(each, entities=(WHOLE_ENTITY,))) == [ReasonCode.MISSING_ACCOUNT]
    assert len(sent(payload(expense("9", gl("6100")), entities=(WHOLE_ENTITY,)))) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"input_account": None}, ReasonCode.MISSING_ACCOUNT),
        ({"output_account": "99999"}, ReasonCode.UNKNOWN_ACCOUNT),
        ({"output_account": OLD.code}, ReasonCode.INACTIVE_ACCOUNT),
    ],
)
def test_the_accounts_of_a_reverse_charge_have_to_be_there(changes: dict[str, Any], reason: ReasonCode) -> None:
    refused = outcome(expense("9", gl("6100"), tax("DE19")), attrs.evolve(REVERSE, **changes))
    assert codes(refused) == [reason]


def test_a_tax_code_is_never_a_custom_field() -> None:
    copied = attrs.evolve(field("Tax", "DE19"), id="Tax")
    books = attrs.evolve(TAXED_BOOKS, fields=(*BOOKS.fields, copied))
    line = expense("119.00", gl("6100"), tax("value-DE19", name="DE19"))

    assert "fields" not in sent(payload(line, books=books))[0]
    assert "fields" in sent(payload(line, books=books, tax_field=None))[0]


def test_a_tax_code_means_nothing_on_a_line_that_nobody_codes() -> None:
    made = payload(last_line(expense("119.00", gl("6100")), tax("DE19")))
    assert booked(made) == {("6100", "DEBIT", "119.00"), ("21120", "CREDIT", "119.00")}


def test_a_tax_code_on_the_account_that_the_lines_are_against_is_refused() -> None:
    on_card = last_line(expense("119.00", gl("6100")), gl("21120"), tax("DE19"))
    assert codes(outcome(on_card)) == [ReasonCode.FIELDS_ON_OFFSETTING_LINE]
    of_payment = paid(debit=[gl(OWED.code), tax("DE19")])
    books = attrs.evolve(TAXED_BOOKS, bills=(owed(),))
    assert codes(outcome(of_payment, books=books)) == [ReasonCode.FIELDS_ON_OFFSETTING_LINE]


_percentages = st.decimals(0, 100, places=4)
_amounts = st.one_of(*(st.builds(Amount, amount=st.decimals(0, 10**12, places=places), currency=st.just(currency))
                       for currency, places in (("JPY", 0), ("EUR", 2), ("BHD", 3))))  # fmt: skip


@given(_amounts, _percentages, st.sampled_from(Treatment))
def test_a_tax_is_rounded_half_up_whatever_the_callers_precision(
    money: Amount, percentage: Decimal, treatment: Treatment
) -> None:
    rate = TaxRate(id="t", code="T", country="DE", description="T", percentage=percentage)
    line = LineTax(rate=rate, treatment=treatment, coverage=Coverage.INCLUSIVE)
    with localcontext(prec=3):
        found = line.amount_of(money)
    assert found == line.amount_of(money)
    assert is_rounded(found, money.currency)
    whole = total((Decimal(100), percentage)) if treatment is Treatment.TAXED else Decimal(100)
    unit = {"JPY": Decimal(1), "EUR": Decimal("0.01"), "BHD": Decimal("0.001")}[money.currency]
    with localcontext(prec=60):
        # How far the whole units are above what they were rounded from.
        off = Decimal(0) if treatment is Treatment.EXEMPT else found - money.amount * percentage / whole
        assert -unit / 2 < off <= unit / 2
        assert 0 <= found <= money.amount


def test_a_taxed_line_in_another_currency_is_converted_before_its_tax_is_computed() -> None:
    euros = card_expense("100.01", "EUR", coding=[gl("6100"), tax("DE19")], merchant="Sample Stationery")
    bridge = Bridge(
        settings(foreign_currency=ForeignCurrency.SUBSIDIARY), rates=lambda _base, _target, _day: Decimal("1.2345")
    )
    made = posted(bridge.outcome(euros, TAXED_BOOKS)).payload
    coded = bridge.coded(euros, TAXED_BOOKS, Findings())

    assert coded is not None
    assert summed(coded.postings(TAXED_BOOKS)) == summed(effect(made))
    assert booked(made) == {("6100", "DEBIT", "103.75"), ("22500", "DEBIT", "19.71"), ("21120", "CREDIT", "123.46")}


def test_a_summary_keeps_the_tax_of_each_line() -> None:
    # 7 % of 0.09 is a cent three times, and of 0.27 it would be two.
    entries = [attrs.evolve(entry(gl("6100"), tax("DE7"), amount="0.09"), id=f"accr_{number}") for number in range(3)]
    posts = [posted(outcome(each)) for each in entries]
    (made,) = summarise(posts, TAXED_BOOKS)

    assert summed(effect(made.payload)) == summed(each for post in posts for each in effect(post.payload))
    assert ("22500", "CREDIT", "0.03") in booked(made.payload)


def test_taxed_values_pickle() -> None:
    for each in (expense("119.00", gl("6100"), tax("DE19")), entry(gl("6100"), tax("DE19"))):
        post = posted(outcome(each))
        again = pickle.loads(pickle.dumps(post))
        assert again == post
        assert effect(again.payload) == effect(post.payload)


def test_an_explanation_of_a_taxed_record_names_the_account_of_its_line() -> None:
    told = explain(expense("119.00", gl("6100"), tax("DE19")), Bridge(settings()), TAXED_BOOKS)
    assert [line.account for line in told.lines] == ["6100 Travel", "21120 Brex Card"]
