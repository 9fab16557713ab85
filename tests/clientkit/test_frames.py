# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false
# Arrow has no types of its own.
"""Values as Arrow tables: exact, typed, and the same whatever is in them."""

from __future__ import annotations

import importlib
import re
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal

import pytest

pytest.importorskip("pyarrow", reason="the extra `frames` is not installed")

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

import brex_accounting
import clientkit
import rillet
from brex_accounting import LINE_COLUMNS, Amount, Record, RecordType, lines
from brex_accounting.testing.records import card_expense, card_refund, dimension, gl, record, reimbursement
from clientkit import Model
from clientkit.frames import rows_to_arrow, schema_of, to_arrow
from clientkit.money import total
from rillet import Account, Money, TrialBalance
from rillet.testing import StandIn, chart_of_accounts


def test_a_listing_becomes_a_table() -> None:
    table = to_arrow(StandIn().client().accounts.list(), Account)
    assert table.num_rows == len(chart_of_accounts())
    assert table.schema == schema_of(Account)
    assert table.column("code").to_pylist()[0] == "11100"
    assert table.schema.field("status").type == pa.string()


def test_decimals_times_and_what_is_nested_are_exact() -> None:
    record = card_expense("42.75", coding=[gl("61100")])
    table = to_arrow([record])
    (row,) = table.to_pylist()
    assert row["amount"]["amount"] == Decimal("42.75")
    assert row["line_items"][0]["amount"]["currency"] == "USD"
    assert row["erp_posting_date"] == record.erp_posting_date
    assert table.schema.field("posted_at").type == pa.timestamp("us", tz="UTC")
    assert pa.types.is_decimal128(table.schema.field("amount").type.field("amount").type)


def test_every_class_has_a_schema_and_an_empty_table() -> None:
    kinds = [getattr(module, name) for module in (rillet, brex_accounting) for name in module.__all__]
    models = [each for each in kinds if isinstance(each, type) and issubclass(each, Model)]
    assert len(models) > 150
    for each in models:
        assert to_arrow([], each).schema == schema_of(each)


@given(amounts=st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=9, max_value=10**20, min_value=0)))
def test_sums_are_exact(amounts: list[Decimal]) -> None:
    rows = [{"amount": each} for each in amounts]
    column = rows_to_arrow(rows or [{"amount": Decimal(0)}]).column("amount")
    assert total(column.to_pylist()) == total(amounts)


def test_what_does_not_fit_is_text_and_never_rounded() -> None:
    fine = Decimal("0.12345678901234567890")
    table = to_arrow([Money(fine, "USD"), Money(Decimal("1.10"), "USD")])
    assert table.column("amount").to_pylist() == ["0.12345678901234567890", "1.10"]
    with pytest.raises(ValueError, match="it would be rounded"):
        to_arrow([_nested(fine)])


def _nested(amount: Decimal) -> Record:
    plain = card_expense("1").to_dict()
    return Record.from_dict({**plain, "amount": Amount(amount=amount, currency="USD").to_dict()})


def test_unknown_fields_are_json_text() -> None:
    table = to_arrow([rillet.Vendor.from_dict({"id": "v", "name": "Ada", "size": [1, {"a": "b"}]})])
    assert table.column("extra").to_pylist() == ['{"size": [1, {"a": "b"}]}']


def test_several_classes_are_no_table() -> None:
    with pytest.raises(TypeError, match="Account"):
        to_arrow([*chart_of_accounts()[:1], Money(Decimal(1), "USD")])
    with pytest.raises(TypeError, match="name it"):
        to_arrow([])


def test_lines_are_flat_signed_and_have_a_column_for_each_field() -> None:
    plain = card_expense("10", coding=[gl("61100", "61100 Software")], merchant="Ada", record_id="accr_1")
    split = card_expense("5", coding=[gl("62000"), dimension("Department", "Sales")], record_id="accr_2")
    rows = lines([plain, split])
    assert [each["amount"] for each in rows if each["record_id"] == "accr_1"] == [Decimal(10), Decimal(-10)]
    assert rows[0] | {"line_id": "", "day": "", "person": "", "memo": ""} == {
        "record_id": "accr_1",
        "line_id": "",
        "day": "",
        "type": "CARD_EXPENSE_POST",
        "merchant": "Ada",
        "person": "",
        "memo": "",
        "account": "61100",
        "account_name": "61100 Software",
        "side": "DEBIT",
        "offsetting": False,
        "spending": True,
        "amount": Decimal(10),
        "currency": "USD",
        "Department": None,
    }
    assert [each["Department"] for each in rows if each["record_id"] == "accr_2"] == ["Sales", None]
    assert split.line_items[0].value("Department") == "Sales"
    assert split.line_items[0].value("Project") is None
    table = rows_to_arrow(rows)
    assert table.schema.field("day").type == pa.date32()
    assert table.schema.field("offsetting").type == pa.bool_()
    assert sum(table.column("amount").to_pylist()) == 0


@pytest.mark.parametrize(
    ("made", "spent"),
    [
        (card_expense("10", coding=[gl("61100")]), [Decimal(10)]),
        (card_expense("10", splits=[("7", [gl("61100")]), ("3", [gl("62000")])]), [Decimal(7), Decimal(3)]),
        (card_expense("10", splits=[("7", [gl("61100")]), ("3", [gl(None)])]), [Decimal(7), Decimal(3)]),
        (card_expense("10", splits=[("7", [gl("61100")]), ("3", [])]), [Decimal(7), Decimal(3)]),
        (card_refund("10", splits=[("7", [gl("61100")]), ("3", [])]), [Decimal(-7), Decimal(-3)]),
        (
            record(
                RecordType.BILL_EXPENSE,
                debits=[("7", [gl("61100")]), ("5", [])],
                credits=[("2", [gl("62000")]), ("10", [])],
            ),
            [Decimal(7), Decimal(5), Decimal(-2)],
        ),
        (
            record(RecordType.BILL_EXPENSE, debits=[("7", [gl("61100")]), ("3", [])], credits=[("10", [gl("21000")])]),
            [Decimal(7), Decimal(3)],
        ),
        (card_expense("10"), [Decimal(10)]),
        (card_refund("10"), [Decimal(-10)]),
        (card_refund("10", coding=[gl("61100")]), [Decimal(-10)]),
        (reimbursement("10"), [Decimal(10)]),
        (record(RecordType.BILL_EXPENSE, debits=[("10", [gl("61100")])], credits=[("10", [])]), [Decimal(10)]),
        (record(RecordType.BILL_EXPENSE, debits=[("10", [])], credits=[("10", [gl("61100")])]), [Decimal(-10)]),
    ],
)
def test_what_is_spent_is_what_is_not_offsetting(made: Record, spent: list[Decimal]) -> None:
    rows = lines([made])
    assert [each["amount"] for each in rows if each["offsetting"] is False] == spent
    assert sum(each["offsetting"] is True for each in rows) == 1


@pytest.mark.parametrize("basis", ["accrual", "cash"])
def test_a_reimbursement_with_both_of_its_records_is_spent_once(basis: Literal["accrual", "cash"]) -> None:
    approved = reimbursement("58.00", coding=[gl("62000")], record_id="a")
    paid = reimbursement("58.00", coding=[gl("62000")], record_id="b", type=RecordType.REIMBURSEMENT_EXPENSE_POST)
    rows = [row for row in lines([approved, paid], basis=basis) if row["spending"]]
    assert [(row["record_id"], row["amount"]) for row in rows] == [("a" if basis == "accrual" else "b", Decimal(58))]


def test_spending_is_what_was_bought_and_nothing_that_only_moves_money() -> None:
    coded = [dimension("Department", "1", name="Sales")]
    moved = [
        record(kind, debits=[("10", [gl("11900")])], credits=[("10", credit)])
        for kind in (
            RecordType.BILL_MONEY_MOVEMENT_PAYIN,
            RecordType.INVOICE,
            RecordType.CARD_EXPENSE_REPAYMENT,
            RecordType.REIMBURSEMENT_EXPENSE_REPAYMENT,
        )
        for credit in ([], coded)
    ]
    bought = [card_expense("10", coding=[gl("61100")]), card_refund("4", coding=coded), reimbursement("1")]
    rows = lines([*moved, *bought])
    assert [row["amount"] for row in rows if row["spending"]] == [Decimal(10), Decimal(-4), Decimal(1)]
    assert {type(row["spending"]) for row in rows} == {bool}


def test_an_account_that_brex_names_by_id_or_by_code_is_one_account() -> None:
    (software,) = (each for each in chart_of_accounts() if each.code == "61000")
    named = [gl(software.id), gl("61000"), gl("nowhere")]
    rows = lines([card_expense("10", coding=[each]) for each in named], accounts=chart_of_accounts())
    told = [(row["account"], row["account_name"]) for row in rows if row["spending"]]
    assert told == [("61000", software.name), ("61000", software.name), ("nowhere", named[2].field_value_name)]
    assert {row["account"] for row in rows if row["offsetting"]} == {None}


def test_a_payment_of_the_card_has_no_offsetting_line() -> None:
    paid = record(RecordType.CARD_PAYMENT, debits=[("10", [])], credits=[("10", [])])
    assert {each["offsetting"] for each in lines([paid])} == {None}


def test_a_month_without_records_keeps_its_columns() -> None:
    some = rows_to_arrow(lines([card_expense("10", coding=[gl("61100")])]), LINE_COLUMNS)
    none = rows_to_arrow(lines([]), LINE_COLUMNS)
    assert none.schema == some.schema
    assert (none.num_rows, none.schema.field("amount").type) == (0, pa.decimal128(18, 4))
    paid = rows_to_arrow(
        lines([record(RecordType.CARD_PAYMENT, debits=[("10", [])], credits=[("10", [])])]), LINE_COLUMNS
    )
    assert paid.schema.field("offsetting").type == pa.bool_()


def test_a_field_of_the_same_name_stays_apart() -> None:
    (row, _) = lines([card_expense("10", coding=[gl("61100"), dimension("offsetting", "yes")])])
    assert (row["offsetting"], row["field offsetting"]) == (False, "yes")


def test_times_without_utc_and_empty_columns() -> None:
    moment = datetime(2026, 1, 2, 3, tzinfo=UTC)
    table = rows_to_arrow([{"at": moment, "day": date(2026, 1, 2), "none": None, "n": 3}, {"n": None}])
    assert table.to_pylist()[0] == {"at": moment, "day": date(2026, 1, 2), "none": None, "n": 3}
    assert table.schema.field("n").type == pa.int64()
    assert table.schema.field("none").type == pa.null()
    known = rows_to_arrow([{"none": None}], {"none": Decimal})
    assert known.schema.field("none").type == pa.decimal128(18, 4)


def test_two_columns_of_amounts_can_be_calculated_with() -> None:
    rows = [{"debit": Decimal("1200.50"), "credit": Decimal(0)}, {"debit": Decimal("0.125"), "credit": Decimal(7)}]
    table = rows_to_arrow(rows)
    debit, credit = table["debit"], table["credit"]
    compute: Any = importlib.import_module("pyarrow.compute")
    # pandas with `ArrowDtype` calculates by these functions, and takes a whole number for an int64.
    assert compute.subtract(debit, credit).to_pylist() == [Decimal("1200.50"), Decimal("-6.875")]
    assert compute.add(debit, credit).to_pylist() == [Decimal("1200.50"), Decimal("7.125")]
    assert compute.multiply(debit, pa.scalar(2)).to_pylist() == [Decimal(2401), Decimal("0.25")]
    assert compute.divide(debit, pa.scalar(2)).to_pylist() == [Decimal("600.25"), Decimal("0.0625")]
    assert compute.subtract(compute.subtract(debit, credit), debit).to_pylist() == [Decimal(0), Decimal(-7)]
    assert compute.sum(debit).as_py() == Decimal("1200.625")


@pytest.mark.parametrize(
    ("amounts", "precision", "scale"),
    [
        (["0.0001", "-99999999999999.9999"], 18, 4),
        (["1E+13", "0E-4"], 18, 4),
        (["0.00001", "999999999"], 18, 9),
        (["0.000000001", "1000000000"], 28, 9),
        (["1E+14"], 28, 9),
        (["-12345678901234567890.5"], 38, 9),
    ],
)
def test_a_column_is_as_wide_as_its_values_need(amounts: list[str], precision: int, scale: int) -> None:
    table = rows_to_arrow([{"amount": Decimal(each)} for each in amounts])
    assert table.schema.field("amount").type == pa.decimal128(precision, scale)
    assert table["amount"].to_pylist() == [Decimal(each) for each in amounts]


def test_months_of_small_and_of_large_amounts_are_one_table() -> None:
    months = ([{"amount": Decimal(each)}] for each in ("1.10", "0.00001", "1E+15"))
    both = pa.concat_tables([*map(rows_to_arrow, months)], promote_options="permissive")
    assert both.column("amount").to_pylist() == [Decimal("1.10"), Decimal("0.00001"), Decimal(10**15)]


def test_months_with_and_without_amounts_of_a_column_are_one_table() -> None:
    without, with_amounts = ([{"code": "1", "debit_fx_total": each}] for each in (None, Decimal("1.10")))
    both = pa.concat_tables([*map(rows_to_arrow, (without, with_amounts))], promote_options="permissive")
    assert both.column("debit_fx_total").to_pylist() == [None, Decimal("1.100000000")]


@pytest.mark.parametrize(("debit", "credit"), [("0.00", "0.00"), ("-0.00", "-0.00")])
def test_a_line_of_nothing_has_no_sign(debit: str, credit: str) -> None:
    rows = lines([record(RecordType.CARD_PAYMENT, debits=[(debit, [])], credits=[(credit, [])])])
    assert [str(each["amount"]) for each in rows] == ["0.00", "0.00"]


def test_without_the_extra_the_answer_is_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "clientkit.arrow_tables")
    monkeypatch.delattr(clientkit, "arrow_tables")
    for use in (partial(schema_of, Account), partial(to_arrow, [], Account)):
        with pytest.raises(ModuleNotFoundError, match=r'pip install "brex-rillet\[frames\]"'):
            use()
    with pytest.raises(ModuleNotFoundError, match="extra"):
        rows_to_arrow([])


def test_a_report_is_flat_rows_with_amounts_as_columns() -> None:
    nothing = {"amount": "0", "currency": "EUR"}
    sums = dict.fromkeys(("beginning_balance", "debit_total", "credit_total"), nothing)
    account = {"id": "a1", "code": "21120", "name": "Card", **sums, "ending_balance": {**nothing, "amount": "-497.4"}}
    period = {"from_date": "2026-03-01", "to_date": "2026-03-31"}
    totals = {**sums, "ending_balance": nothing}
    balance = TrialBalance.from_dict({"period": period, "currency": "EUR", "accounts": [account], "totals": totals})
    table = rows_to_arrow(balance.rows())
    assert table.schema.field("ending_balance").type == pa.decimal128(18, 4)
    assert table.select(["code", "ending_balance", "currency"]).to_pylist() == [
        {"code": "21120", "ending_balance": Decimal("-497.4"), "currency": "EUR"}
    ]
    with pytest.raises(TypeError, match="TrialBalance is one value"):
        to_arrow(balance)


def test_records_in_the_place_of_rows_are_refused_and_rows_may_be_made_one_by_one() -> None:
    record = card_expense("10", coding=[gl("61100")])
    records: Any = [record]
    with pytest.raises(
        TypeError, match=r"^rows are mappings, not Record; make them by brex_accounting.lines of records, "
    ):
        rows_to_arrow(records)
    one_by_one: Any = (row for row in lines([record]))
    assert rows_to_arrow(one_by_one).column("amount").to_pylist() == [Decimal("10.00"), Decimal("-10.00")]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"records": None}, "records: an iterable of Record, such as client.records.list(), is wanted, not NoneType"),
        (
            {"records": card_expense("1")},
            "records: an iterable of Record, such as client.records.list(), is wanted, not Record",
        ),
        ({"records": [{"id": "accr_1"}]}, "records: a Record in each place is wanted, not dict"),
        ({"accounts": ["61000"]}, "accounts: an account with id, code and name in each place is wanted, not str"),
        (
            {"accounts": None},
            "accounts: an iterable of accounts, such as rillet_client.accounts.list(), is wanted, not NoneType",
        ),
        ({"gl_field": None}, "gl_field: the id or name of a field is wanted, not NoneType"),
        ({"basis": "acrual"}, 'basis: "accrual" or "cash" is wanted, not \'acrual\''),
    ],
)
def test_what_lines_cannot_be_made_of_is_refused_by_its_name(wrong: dict[str, Any], told: str) -> None:
    arguments: dict[str, Any] = {"records": [card_expense("1")], **wrong}
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(told)}$"):
        lines(**arguments)
