"""The stand-in's financial statements, each blocking and awaitable, in process and over sockets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import attrs
import pytest

from clientkit.testing import Asked
from rillet import (
    AccountType,
    BadRequestError,
    BreakdownAmount,
    BreakdownBy,
    BreakdownType,
    Client,
    NewBankAccount,
    NewJournalEntry,
    NewJournalEntryItem,
    ReportGroup,
    ReportLines,
)
from rillet.testing import StandIn, account, chart_of_accounts
from support.endpoint_runner import Runner
from support.rillet.books import (
    AMERICA,
    CHARGE,
    DAY,
    DEPARTMENT,
    ENGINEERING,
    GERMANY,
    HOTEL,
    SALES,
    START,
    TRAVEL,
    item,
)
from support.rillet.documents import BANK, entry, line

WEST = attrs.evolve(GERMANY, id="west", trade_name="Example West", currency="USD")
SALES_INCOME, GOODS, INTEREST, MACHINES, LOAN, CAPITAL = "40000", "50000", "70000", "15000", "25000", "30000"
MARCH = (date(2026, 3, 1), date(2026, 3, 31))
FEBRUARY = date(2026, 2, 28)


@pytest.fixture
def standin() -> StandIn:
    """Two subsidiaries with one currency, and a first quarter in which everything happens once."""
    made = StandIn(
        subsidiaries=[AMERICA, WEST],
        accounts=[
            *chart_of_accounts(),
            account(SALES_INCOME, "Sales", AccountType.INCOME, "Revenue"),
            account(GOODS, "Goods", AccountType.EXPENSE, "Cost of Goods Sold"),
            account(INTEREST, "Interest", AccountType.EXPENSE, "Other Expense"),
            account(MACHINES, "Machines", AccountType.ASSET, "Fixed Asset"),
            account(LOAN, "Loan", AccountType.LIABILITY, "Long Term Liability"),
            account(CAPITAL, "Capital", AccountType.EQUITY, "Share Capital"),
        ],
        fields=[DEPARTMENT],
        vendors=[HOTEL],
        now=lambda: START,
    )
    client = made.client()
    for posted in (
        on(FEBRUARY, line(BANK, "1000.00"), line(CAPITAL, "-1000.00")),
        on(DAY, line(BANK, "400.00"), line(SALES_INCOME, "-400.00")),
        on(DAY, line(GOODS, "100.00"), line(BANK, "-100.00")),
        on(DAY, line(INTEREST, "10.00"), line(BANK, "-10.00")),
        on(DAY, line(MACHINES, "300.00"), line(BANK, "-300.00")),
        on(DAY, line(BANK, "50.00"), line(LOAN, "-50.00")),
        attrs.evolve(on(DAY, line(BANK, "7.00"), line(SALES_INCOME, "-7.00")), subsidiary_id=WEST.id),
    ):
        client.journal_entries.create(posted)
    client.charges.create(attrs.evolve(CHARGE, items=[item("60.00"), item("20.00", "USD", TRAVEL, ENGINEERING)]))
    return made


def on(day: date, *lines: NewJournalEntryItem) -> NewJournalEntry:
    return attrs.evolve(entry(*lines), date=day)


def values(amounts: Sequence[BreakdownAmount]) -> list[Decimal]:
    return [each.amount.amount for each in amounts]


def totals(sections: Sequence[ReportGroup] | Sequence[ReportLines]) -> Mapping[str, list[Decimal]]:
    return {section.name: values(section.totals) for section in sections}


def test_balance_sheet(run: Runner[Client]) -> None:
    sheet = run.call(lambda client: client.reports.balance_sheet(as_of_date=MARCH[1]))

    assert (sheet.as_of_date, sheet.currency) == (MARCH[1], "USD")
    assert [each.type for each in sheet.breakdowns] == [BreakdownType.PERIOD]
    assert totals(sheet.sections) == {
        "Assets": [Decimal(1347)],
        "Liabilities": [Decimal(130)],
        "Equity": [Decimal(1217)],
    }
    assets, liabilities, equity = sheet.sections
    assert totals(assets.groups) == {"Bank": [Decimal(1047)], "Fixed Asset": [Decimal(300)]}
    assert totals(liabilities.groups) == {"Credit Card": [Decimal(80)], "Long Term Liability": [Decimal(50)]}
    assert totals(equity.groups) == {"Share Capital": [Decimal(1000)], "Net income": [Decimal(217)]}
    (bank,) = assets.groups[0].accounts
    assert (bank.code, bank.name, values(bank.balances)) == (BANK, "Operating Account", [Decimal(1047)])

    early = run.call(lambda client: client.reports.balance_sheet(as_of_date=FEBRUARY))
    assert totals(early.sections)["Assets"] == [Decimal(1000)]
    here = run.call(lambda client: client.reports.balance_sheet(as_of_date=MARCH[1], subsidiary_id=WEST.id))
    assert totals(here.sections)["Assets"] == [Decimal(7)]


def test_income_statement(run: Runner[Client]) -> None:
    report = run.call(lambda client: client.reports.income_statement(from_date=MARCH[0], to_date=MARCH[1]))

    assert (report.period.from_date, report.period.to_date, report.currency) == (*MARCH, "USD")
    assert totals(report.sections) == {
        "Revenue": [Decimal(407)],
        "Cost of Goods Sold": [Decimal(100)],
        "Operating Expenses": [Decimal(80)],
        "Non-Operating": [Decimal(-10)],
    }
    steps = {each.name: (values(each.amounts), [margin.value for margin in each.margins]) for each in report.summaries}
    assert steps == {
        "Gross Profit": ([Decimal(307)], [Decimal("0.7543")]),
        "Operating Income": ([Decimal(227)], [Decimal("0.5577")]),
        "Net Income": ([Decimal(217)], [Decimal("0.5332")]),
    }
    before = run.call(lambda client: client.reports.income_statement(from_date=FEBRUARY, to_date=FEBRUARY))
    assert [(values(each.amounts), each.margins) for each in before.summaries] == [([Decimal(0)], ())] * 3


def test_executive_pl(run: Runner[Client]) -> None:
    report = run.call(lambda client: client.reports.executive_pl(from_date=MARCH[0], to_date=MARCH[1]))

    assert totals(report.sections)["Operating Expenses"] == [Decimal(80)]
    lines = {each.code: (each.name, values(each.amounts)) for section in report.sections for each in section.items}
    assert lines == {
        SALES_INCOME: ("Sales", [Decimal(407)]),
        GOODS: ("Goods", [Decimal(100)]),
        TRAVEL: ("Travel", [Decimal(80)]),
        INTEREST: ("Interest", [Decimal(-10)]),
    }
    assert [each.name for each in report.summaries] == ["Gross Profit", "Operating Income", "Net Income"]


def test_cash_flow_statement(run: Runner[Client]) -> None:
    report = run.call(lambda client: client.reports.cash_flow_statement(from_date=MARCH[0], to_date=MARCH[1]))

    assert {
        section.name: [(each.name, values(each.amounts)) for each in section.items] for section in report.sections
    } == {
        "Operating Cash Flow": [("Net income", [Decimal(217)]), ("Change in Credit Card", [Decimal(80)])],
        "Investing Cash Flow": [("Change in Fixed Asset", [Decimal(-300)])],
        "Financing Cash Flow": [("Change in Long Term Liability", [Decimal(50)])],
    }
    assert {each.name: values(each.amounts) for each in report.summaries} == {
        "Net Change in Cash": [Decimal(47)],
        "Opening Balance": [Decimal(1000)],
        "Closing Balance": [Decimal(1047)],
    }
    assert all(each.margins == () for each in report.summaries)


def test_a_column_for_each_subsidiary(run: Runner[Client]) -> None:
    by = BreakdownBy.SUBSIDIARY
    sheet = run.call(lambda client: client.reports.balance_sheet(as_of_date=MARCH[1], breakdown_by=by))
    assert [(each.type, each.name, each.id) for each in sheet.breakdowns] == [
        (BreakdownType.SUBSIDIARY, AMERICA.trade_name, AMERICA.id),
        (BreakdownType.SUBSIDIARY, "Example West", WEST.id),
    ]
    assert totals(sheet.sections)["Assets"] == [Decimal(1340), Decimal(7)]
    assert [each.breakdown_id for each in sheet.sections[0].totals] == [AMERICA.id, WEST.id]

    report = run.call(
        lambda client: client.reports.income_statement(
            from_date=MARCH[0], to_date=MARCH[1], breakdown_by=by, subsidiary_id=WEST.id
        )
    )
    assert totals(report.sections)["Revenue"] == [Decimal(7)]
    assert [margin.breakdown_id for margin in report.summaries[0].margins] == [WEST.id]


def test_a_column_for_each_value_of_a_field(run: Runner[Client]) -> None:
    report = run.call(
        lambda client: client.reports.executive_pl(
            from_date=MARCH[0],
            to_date=MARCH[1],
            breakdown_by=BreakdownBy.CUSTOM_FIELD,
            custom_field_id=DEPARTMENT.id,
        )
    )
    assert [(each.name, each.id) for each in report.breakdowns] == [
        ("Engineering", ENGINEERING.field_value_id),
        ("Sales", SALES.field_value_id),
        ("Unassigned", None),
    ]
    assert totals(report.sections)["Operating Expenses"] == [Decimal(20), Decimal(0), Decimal(60)]


def test_the_arr_waterfall_has_no_customers(run: Runner[Client]) -> None:
    found = run.call(lambda client: client.reports.arr_waterfall(month=DAY, status="ACTIVE", breakdown="ARR"))
    assert found == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("balance-sheet", {}),
        ("balance-sheet", {"as_of_date": "2026-03-31", "breakdown_by": "CUSTOM_FIELD"}),
        ("balance-sheet", {"as_of_date": "2026-03-31", "breakdown_by": "WEATHER"}),
        ("balance-sheet", {"as_of_date": "2026-03-31", "subsidiary_id": "none"}),
        ("income-statement", {"from_date": "2026-03-01"}),
        ("income-statement", {"from_date": "2026-03-02", "to_date": "2026-03-01"}),
        (
            "executive-pl",
            {
                "from_date": "2026-03-01",
                "to_date": "2026-03-01",
                "breakdown_by": "CUSTOM_FIELD",
                "custom_field_id": "none",
            },
        ),
        ("arr-waterfall", {"status": "ACTIVE", "breakdown": "ARR"}),
        ("arr-waterfall", {"status": "ACTIVE", "breakdown": "ARR", "month": "2026-13"}),
        ("arr-waterfall", {"status": "OLD", "breakdown": "ARR", "month": "2026-03"}),
        ("arr-waterfall", {"status": "ACTIVE", "breakdown": "QRR", "month": "2026-03"}),
    ],
)
def test_queries_are_checked(standin: StandIn, path: str, query: dict[str, str]) -> None:
    headers = {"authorization": f"Bearer {standin.api_key}"}
    asked = {name: (value,) for name, value in query.items()}
    assert standin.respond(Asked(method="GET", path=f"/reports/{path}", query=asked, headers=headers)).status == 400


def test_several_currencies_are_not_consolidated() -> None:
    client = StandIn(subsidiaries=[AMERICA, GERMANY]).client()
    with pytest.raises(BadRequestError, match="one subsidiary"):
        client.reports.balance_sheet(as_of_date=DAY)
    assert client.reports.balance_sheet(as_of_date=DAY, subsidiary_id=GERMANY.id).currency == "EUR"


def test_a_bank_account_on_an_expense_account_counts_once(standin: StandIn) -> None:
    client = standin.client()
    name = "Petty cash"
    client.bank_accounts.create(
        NewBankAccount(name=name, currency="USD", bank_name=name, subsidiary_id=AMERICA.id, account_code=INTEREST)
    )
    report = client.reports.cash_flow_statement(from_date=MARCH[0], to_date=MARCH[1] + timedelta(days=1))
    change, opening, closing = (values(each.amounts)[0] for each in report.summaries)
    assert closing - opening == change
