"""Financial statements as flat rows, and as tables for notebooks and terminals; the trial balance too."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

from rich.console import Console

from clientkit import codec
from clientkit.model import Model
from rillet.reports import TrialBalance
from rillet.reports.arr_waterfall import CustomerRevenue
from rillet.reports.statements import (
    BalanceSheet,
    CashFlowStatement,
    ExecutivePL,
    IncomeStatement,
)

USD_10 = {"amount": "10", "currency": "USD"}
PERIOD = {"from_date": "2026-03-01", "to_date": "2026-03-31"}
TOTAL = [{"amount": USD_10}]


def shown(value: Model) -> tuple[str, str]:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(value)
    return value._repr_html_(), console.export_text()


INCOME: dict[str, Any] = {
    "period": PERIOD,
    "currency": "USD",
    "breakdowns": [{"type": "SUBSIDIARY", "name": "US", "id": "s1"}, {"type": "SUBSIDIARY", "name": "DE", "id": "s2"}],
    "sections": [
        {
            "name": "Expenses",
            "totals": [{"breakdown_id": "s1", "amount": {"amount": "1240.5", "currency": "USD"}}],
            "groups": [
                {
                    "name": "Travel",
                    "accounts": [
                        {
                            "id": "a1",
                            "code": "62000",
                            "name": "Flights",
                            "balances": [
                                {"breakdown_id": "s1", "amount": {"amount": "1240.5", "currency": "USD"}},
                                {"breakdown_id": "s2", "amount": {"amount": "0", "currency": "USD"}},
                            ],
                        }
                    ],
                }
            ],
        }
    ],
    "summaries": [
        {
            "name": "Net Income",
            "amounts": [{"breakdown_id": "s1", "amount": {"amount": "-1240.5", "currency": "USD"}}],
            "margins": [{"breakdown_id": "s1", "value": "0.25"}],
        }
    ],
}


def test_a_statement_shows_the_amount_of_each_account_below_its_sections() -> None:
    html, text = shown(codec.structure(INCOME, IncomeStatement))
    deep = "\u00a0\u00a0\u00a0\u00a0Flights"
    assert f"<tr><td>62000</td><td>{deep}</td><td>1,240.50 USD</td><td>0.00 USD</td></tr>" in html
    assert "<td>Net Income</td><td>-1,240.50 USD</td>" in html
    assert "<td>25.0%</td>" in html
    assert "IncomeStatement 2026-03-01 to 2026-03-31" in html
    for each in (deep, "1,240.50 USD", "0.00 USD", "-1,240.50 USD", "US", "DE"):
        assert each in text


def test_a_statement_is_flat_rows_with_the_path_of_each() -> None:
    rows = codec.structure(INCOME, IncomeStatement).rows()
    assert [
        (
            row["kind"],
            row["level"],
            row["section"],
            row["code"],
            row["name"],
            row["column"],
            row["amount"],
            row["margin"],
        )
        for row in rows
    ] == [
        ("total", 0, "", None, "Expenses", "US", Decimal("1240.5"), None),
        ("account", 2, "Expenses / Travel", "62000", "Flights", "US", Decimal("1240.5"), None),
        ("account", 2, "Expenses / Travel", "62000", "Flights", "DE", Decimal(0), None),
        ("summary", 0, "", None, "Net Income", "US", Decimal("-1240.5"), Decimal("0.25")),
    ]
    assert [row["currency"] for row in rows] == ["USD"] * 4


def test_what_a_long_statement_shows_is_bounded_and_keeps_its_summaries() -> None:
    section = INCOME["sections"][0]
    long = {**INCOME, "sections": [{**section, "name": f"{n}"} for n in range(100)]}
    long["breakdowns"] = [{"type": "SUBSIDIARY", "name": f"S{n}", "id": f"s{n}"} for n in range(50)]
    html, _ = shown(codec.structure(long, IncomeStatement))
    assert "and 260 more" in html
    assert "the first 12 of 50 columns" in html
    assert "Net Income" in html
    assert len(html) < 15_000


def test_statements_of_lines_show_their_amounts() -> None:
    line = {"name": "Licences", "code": "40100", "amounts": TOTAL}
    section = {"name": "Revenue", "totals": TOTAL, "items": [line]}
    answer = {"period": PERIOD, "currency": "USD", "sections": [section]}
    statements: tuple[CashFlowStatement | ExecutivePL, ...] = (
        codec.structure(answer, CashFlowStatement),
        codec.structure(answer, ExecutivePL),
    )
    for statement in statements:
        assert "<td>40100</td><td>\u00a0\u00a0Licences</td><td>10.00 USD</td>" in shown(statement)[0]
        assert [(row["kind"], row["column"], row["amount"]) for row in statement.rows()] == [
            ("total", "amount", Decimal(10)),
            ("line", "amount", Decimal(10)),
        ]


def test_a_balance_sheet_is_shown_with_its_day() -> None:
    section = {"name": "Cash", "totals": TOTAL}
    sheet = codec.structure({"as_of_date": "2026-03-31", "currency": "USD", "sections": [section]}, BalanceSheet)
    html, _ = shown(sheet)
    assert "BalanceSheet 2026-03-31" in html
    assert "10.00 USD" in html


def test_a_trial_balance_is_shown_with_its_totals_and_is_flat_rows() -> None:
    sums = dict.fromkeys(("beginning_balance", "debit_total", "credit_total", "ending_balance"), USD_10)
    account = {
        "id": "a1",
        "code": "21120",
        "name": "Brex Card",
        **sums,
        "ending_balance": {**USD_10, "amount": "-497.4"},
    }
    balance = codec.structure(
        {"period": PERIOD, "currency": "USD", "accounts": [account], "totals": sums}, TrialBalance
    )
    html, text = shown(balance)
    assert "TrialBalance 2026-03-01 to 2026-03-31: 1 accounts" in html
    assert "<td>Total</td><td>10.00 USD</td>" in html
    assert "-497.40 USD" in html
    assert "-497.40 USD" in text
    (row,) = balance.rows()
    assert (row["account_id"], row["code"], row["currency"]) == ("a1", "21120", "USD")
    assert (row["beginning_balance"], row["ending_balance"]) == (Decimal(10), Decimal("-497.4"))


def test_no_row_has_a_zero_with_a_sign() -> None:
    """Rillet may say -0 of an account that credits increase."""
    nothing = {"amount": "-0.00", "currency": "USD"}
    sums = dict.fromkeys(("beginning_balance", "debit_total", "credit_total", "ending_balance"), nothing)
    account = {"id": "a1", "code": "21120", "name": "Brex Card", **sums}
    answer = {"period": PERIOD, "currency": "USD", "accounts": [account], "totals": sums}
    section = {"name": "Revenue", "totals": [{"amount": nothing}]}
    income = {"period": PERIOD, "currency": "USD", "sections": [section]}

    (balance,) = codec.structure(answer, TrialBalance).rows()
    (total,) = codec.structure(income, CashFlowStatement).rows()

    assert {str(balance[name]) for name in sums} == {str(total["amount"])} == {"0.00"}


def test_a_waterfall_shows_amounts() -> None:
    revenue = {"year_month": "2026-01", "amount": {"amount": "120", "currency": "USD"}}
    customer = codec.structure({"id": "c1", "name": "Example", "total": revenue}, CustomerRevenue)
    assert "120.00 USD" in shown(customer)[0]
