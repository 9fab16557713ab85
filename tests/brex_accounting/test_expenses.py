"""Expenses, four ways."""

from __future__ import annotations

import decimal
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import BadRequestError, Client, NotFoundError, Receipt, Request
from brex_accounting.expenses import (
    Expense,
    ExpenseDetail,
    ExpenseOperations,
    ExpensePaymentStatus,
    ExpenseStatus,
    ExpenseType,
    Merchant,
    MinorAmount,
)
from brex_accounting.testing import StandIn
from clientkit import codec
from clientkit.money import MINOR_UNITS, places
from support.endpoint_runner import Runner

NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
MERCHANT = Merchant(raw_descriptor="SAMPLE STATIONERY 42", mcc="5943", country="USA")
EXPENSE = Expense(
    id="expense_1",
    updated_at=NOON,
    dashboard_url="https://dashboard.brex.com/e/1",
    expense_type=ExpenseType.CARD,
    status=ExpenseStatus.SETTLED,
    payment_status=ExpensePaymentStatus.CLEARED,
    purchased_at=NOON - timedelta(days=2),
    payment_posted_at=NOON - timedelta(days=1),
    billing_amount=MinorAmount(amount=4275, currency="USD"),
    merchant=MERCHANT,
    user_id="cuuser_1",
    spending_entity_id="cuent_1",
    billing_entity_id="cuent_2",
    integration_spending_entity_id="subsidiary_1",
    integration_billing_entity_id="subsidiary_2",
    receipts=(Receipt(id="receipt_1", download_uris=("https://files.example.com/1",)),),
)


@pytest.fixture
def some(standin: StandIn) -> StandIn:
    later = attrs.evolve(
        EXPENSE,
        id="expense_2",
        expense_type=ExpenseType.REIMBURSEMENT,
        status=ExpenseStatus.DRAFT,
        payment_status=ExpensePaymentStatus.NOT_STARTED,
        user_id="cuuser_2",
        spending_entity_id="cuent_9",
        updated_at=NOON + timedelta(days=1),
        purchased_at=NOON + timedelta(days=1),
        payment_posted_at=None,
    )
    standin.expenses.by_id.update({each.id: each for each in (EXPENSE, later)})
    return standin


def test_an_expense_comes_with_its_merchant(run: Runner[Client], some: StandIn) -> None:
    expense = run.call(lambda client: client.expenses.get("expense_1"))
    assert expense == attrs.evolve(EXPENSE, receipts=(Receipt(id="receipt_1"),))
    assert expense.merchant == MERCHANT
    assert some.asked[0].query == {"expand[]": ("merchant",)}


def test_what_is_added_can_be_chosen(run: Runner[Client], some: StandIn) -> None:
    wanted = [ExpenseDetail.RECEIPT_LINKS, "policy"]
    expense = run.call(lambda client: client.expenses.get("expense_1", expand=wanted))
    assert expense == attrs.evolve(EXPENSE, merchant=None)
    assert some.asked[0].query == {"expand[]": ("receipts.download_uris", "policy")}
    bare = run.call(lambda client: client.expenses.get("expense_1", expand=()))
    assert bare.merchant is None
    assert some.asked[1].query == {}


def test_an_unknown_expense(run: Runner[Client]) -> None:
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.expenses.get("expense_9"))


def test_filters(run: Runner[Client], some: StandIn) -> None:
    def ids(found: list[Expense]) -> list[str]:
        return [expense.id for expense in found]

    assert ids(run.call(lambda client: client.expenses.list(limit=1))) == ["expense_1", "expense_2"]
    assert ids(run.call(lambda client: client.expenses.list(expense_types=[ExpenseType.CARD]))) == ["expense_1"]
    assert some.asked[-1].query == {"expense_type[]": ("CARD",), "expand[]": ("merchant",)}
    assert ids(run.call(lambda client: client.expenses.list(statuses=["DRAFT", "VOID"]))) == ["expense_2"]
    assert some.asked[-1].query["status[]"] == ("DRAFT", "VOID")
    assert ids(run.call(lambda client: client.expenses.list(payment_statuses=["CLEARED"]))) == ["expense_1"]
    assert ids(run.call(lambda client: client.expenses.list(user_ids=["cuuser_2"]))) == ["expense_2"]
    assert ids(run.call(lambda client: client.expenses.list(spending_entity_ids=["cuent_1"]))) == ["expense_1"]
    assert ids(run.call(lambda client: client.expenses.list(updated_from=NOON + timedelta(hours=1)))) == ["expense_2"]
    assert some.asked[-1].query["updated_at_start"] == ("2026-02-01T13:00:00Z",)
    assert ids(run.call(lambda client: client.expenses.list(updated_until=NOON))) == ["expense_1"]
    assert ids(run.call(lambda client: client.expenses.list(purchased_from=NOON))) == ["expense_2"]
    assert ids(run.call(lambda client: client.expenses.list(purchased_until=NOON))) == ["expense_1"]
    assert ids(run.call(lambda client: client.expenses.list(posted_from=NOON - timedelta(days=3)))) == ["expense_1"]
    assert ids(run.call(lambda client: client.expenses.list(posted_until=NOON - timedelta(days=3)))) == []


def test_input_is_checked() -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        ExpenseOperations.list.build(limit=101)
    with pytest.raises(TypeError, match="expand: a list of ExpenseDetail or str is wanted, not a str"):
        ExpenseOperations.get.build("expense_1", expand="merchant")
    with pytest.raises(ValueError, match="time zone"):
        ExpenseOperations.list.build(updated_from=datetime(2026, 1, 1)).at(None).target()  # noqa: DTZ001


def test_the_memo_can_be_replaced(run: Runner[Client], some: StandIn) -> None:
    changed = run.call(lambda client: client.expenses.update_memo("expense_1", ""))
    assert changed.memo == ""
    assert (some.asked[0].method, some.asked[0].path) == ("PUT", "/v1/expenses/card/expense_1")
    assert some.asked[0].json() == {"memo": ""}


def test_the_stand_in_refuses_what_is_no_memo(run: Runner[Client], some: StandIn) -> None:
    request = Request[None](method="PUT", path="/v1/expenses/card/expense_1", body={"memo": 7})
    with pytest.raises(BadRequestError, match="memo is text"):
        run.call(lambda client: client.execute(request))
    assert some.expenses.by_id["expense_1"].memo is None


def test_an_expense_as_documented() -> None:
    body: dict[str, object] = {
        "id": "expense_1",
        "updated_at": "2026-02-01T12:00:00Z",
        "dashboard_url": "https://dashboard.brex.com/e/1",
        "original_amount": {"amount": 700, "currency": "USD"},
        "expense_line_items": [{"id": "expense_2", "updated_at": "2026-02-01T12:00:00Z", "memo": "part"}],
        "custom_fields": [{"key": "k", "value": {"value_type": "SINGLE_VALUE", "data_type": "STRING", "data": "v"}}],
        "payment": {"id": "p", "statusReason": "APPROVED", "paymentInstrument": {"type": "CARD", "id": "c"}},
    }
    expense = codec.structure(body, Expense)
    assert expense.expense_line_items[0].memo == "part"
    assert expense.extra.keys() == {"custom_fields", "payment"}
    assert codec.unstructure(expense) == body


def test_money_without_a_currency_is_in_dollars() -> None:
    assert codec.structure({"amount": 700, "currency": None}, MinorAmount) == MinorAmount(amount=700, currency="USD")
    assert codec.unstructure(MinorAmount(amount=700)) == {"amount": 700, "currency": "USD"}


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(4275, "USD", "42.75"), (-5, "USD", "-0.05"), (4275, "JPY", "4275"), (4275, "BHD", "4.275"), (0, "EUR", "0.00")],
)
def test_minor_units_become_major_ones(amount: int, currency: str, text: str) -> None:
    assert str(MinorAmount(amount=amount, currency=currency).decimal) == text


@given(
    amount=st.integers(-(2**63), 2**63 - 1),
    currency=st.sampled_from(["USD", "EUR", *MINOR_UNITS]),
    precision=st.integers(1, 50),
)
def test_the_decimal_is_exact_in_any_context(amount: int, currency: str, precision: int) -> None:
    with decimal.localcontext() as context:
        context.prec = precision
        found = MinorAmount(amount=amount, currency=currency).decimal
    assert found.as_tuple().exponent == -places(currency)
    with decimal.localcontext() as context:
        context.prec = 50
        assert found * Decimal(10) ** places(currency) == amount
