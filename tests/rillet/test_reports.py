from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rillet
from clientkit import codec
from rillet import Money
from rillet.ledger.journal_entries import RelatedEntityType, Side
from rillet.reports import AsyncReports, ReportPeriod, Reports
from rillet.reports.statements import (
    BreakdownBy,
    BreakdownType,
    ReportGroup,
)
from rillet.testing import StandIn
from support.scripted import WAYS, on, scripted, target

MARCH: dict[str, Any] = {"from_date": date(2026, 3, 1), "to_date": date(2026, 3, 31)}
SENT_MARCH = {"from_date": "2026-03-01", "to_date": "2026-03-31"}
USD_10 = {"amount": "10", "currency": "USD"}
PERIOD = {"from_date": "2026-03-01", "to_date": "2026-03-31"}
TOTAL = [{"amount": USD_10}]
# As observed: without a breakdown neither the column nor its amounts have an id, though the document demands one.
ONE_COLUMN = [{"type": "PERIOD", "name": "Total"}]
SECTION: dict[str, Any] = {
    "name": "Revenue",
    "totals": TOTAL,
    "groups": [
        {
            "name": "Product revenue",
            "totals": TOTAL,
            "accounts": [{"id": "a1", "code": "40100", "name": "Licences", "balances": TOTAL}],
            "groups": [{"name": "Empty", "totals": [], "accounts": []}],
        }
    ],
}
SUMMARY = {"name": "Gross profit", "amounts": TOTAL, "margins": [{"value": 0.25}]}


def reports(client: rillet.Client) -> Reports:
    return on(client, Reports, AsyncReports)


@pytest.mark.parametrize("way", WAYS)
def test_a_balance_sheet(way: str) -> None:
    answer: dict[str, Any] = {
        "as_of_date": "2026-03-31",
        "currency": "USD",
        "sections": [{**SECTION, "accounts": [{"id": "a9", "code": "39999", "name": "Net income", "balances": []}]}],
    }
    with scripted(way, answer) as (run, service):
        sheet = run.call(
            lambda client: reports(client).balance_sheet(
                as_of_date=date(2026, 3, 31), subsidiary_id="s1", breakdown_by=BreakdownBy.SUBSIDIARY
            )
        )
    assert target(service.only) == (
        "GET",
        "/reports/balance-sheet",
        {"as_of_date": "2026-03-31", "subsidiary_id": "s1", "breakdown_by": "SUBSIDIARY"},
    )
    assert sheet.as_of_date == date(2026, 3, 31)
    assert sheet.breakdowns == ()
    assert [account.code for account in sheet.sections[0].accounts] == ["39999"]
    assert sheet.sections[0].groups[0].accounts[0].balances[0].amount == Money(Decimal(10), "USD")


@pytest.mark.parametrize("way", WAYS)
def test_an_income_statement_without_a_breakdown_has_columns_without_ids(way: str) -> None:
    answer: dict[str, Any] = {
        "period": PERIOD,
        "currency": "USD",
        "breakdowns": ONE_COLUMN,
        "sections": [SECTION],
        "summaries": [SUMMARY],
    }
    with scripted(way, answer) as (run, service):
        statement = run.call(lambda client: reports(client).income_statement(**MARCH))
    assert target(service.only) == ("GET", "/reports/income-statement", SENT_MARCH)
    assert statement.period == ReportPeriod(from_date=date(2026, 3, 1), to_date=date(2026, 3, 31))
    assert (statement.breakdowns[0].type, statement.breakdowns[0].id) == (BreakdownType.PERIOD, None)
    assert statement.sections[0].groups[0].groups[0].name == "Empty"
    assert statement.summaries[0].margins[0].value == Decimal("0.25")
    assert statement.summaries[0].margins[0].breakdown_id is None


@pytest.mark.parametrize("way", WAYS)
def test_a_cash_flow_statement_by_custom_field(way: str) -> None:
    column = {"type": "CUSTOM_FIELD", "name": "Sales", "id": "x1"}
    amounts = [{"breakdown_id": "x1", "amount": USD_10}]
    answer: dict[str, Any] = {
        "period": PERIOD,
        "currency": "USD",
        "breakdowns": [column],
        "sections": [{"name": "Operating", "totals": amounts, "items": [{"name": "Net income", "amounts": amounts}]}],
        "summaries": [{"name": "Closing balance", "amounts": amounts}],
    }
    with scripted(way, answer) as (run, service):
        statement = run.call(
            lambda client: reports(client).cash_flow_statement(
                **MARCH, subsidiary_id="s1", breakdown_by=BreakdownBy.CUSTOM_FIELD, custom_field_id="f1"
            )
        )
    assert target(service.only) == (
        "GET",
        "/reports/cash-flow-statement",
        {**SENT_MARCH, "subsidiary_id": "s1", "breakdown_by": "CUSTOM_FIELD", "custom_field_id": "f1"},
    )
    assert statement.breakdowns[0].id == statement.sections[0].items[0].amounts[0].breakdown_id == "x1"
    assert statement.sections[0].items[0].code is None
    assert statement.summaries[0].margins == ()


@pytest.mark.parametrize("way", WAYS)
def test_an_executive_pl(way: str) -> None:
    line = {"name": "Licences", "code": "40100", "amounts": TOTAL}
    answer: dict[str, Any] = {
        "period": PERIOD,
        "currency": "USD",
        "breakdowns": [{"type": "REGION", "name": "EMEA"}],
        "sections": [{"name": "Revenue", "totals": TOTAL, "items": [line]}],
        "summaries": [{**SUMMARY, "margins": [{"value": "0.1234567890123456789"}]}],
    }
    with scripted(way, answer) as (run, service):
        report = run.call(lambda client: reports(client).executive_pl(**MARCH))
    assert target(service.only) == ("GET", "/reports/executive-pl", SENT_MARCH)
    assert report.breakdowns[0].type == "REGION"
    assert report.sections[0].items[0].code == "40100"
    assert report.summaries[0].margins[0].value == Decimal("0.1234567890123456789")


STATEMENTS: dict[str, Callable[[Reports], object]] = {
    "income statement": lambda each: each.income_statement(**MARCH, breakdown_by=BreakdownBy.CUSTOM_FIELD),
    "cash flow statement": lambda each: each.cash_flow_statement(**MARCH, breakdown_by=BreakdownBy.CUSTOM_FIELD),
    "executive P&L": lambda each: each.executive_pl(**MARCH, breakdown_by=BreakdownBy.CUSTOM_FIELD),
}


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("way", WAYS)
def test_a_breakdown_by_custom_field_wants_the_field(way: str, statement: str) -> None:
    with scripted(way) as (run, service), pytest.raises(ValueError, match="needs custom_field_id"):
        run.call(lambda client: STATEMENTS[statement](reports(client)))
    assert not service.asked


GROUPS = st.recursive(
    st.just({"name": "leaf"}),
    lambda inner: st.fixed_dictionaries({"name": st.text(max_size=5), "groups": st.lists(inner, max_size=3)}),
    max_leaves=12,
)


@given(group=GROUPS)
def test_groups_nest_as_deep_as_they_come(group: dict[str, Any]) -> None:
    read = codec.structure(group, ReportGroup)
    assert names(read) == plain_names(group)
    assert codec.structure(codec.unstructure(read), ReportGroup) == read


def names(group: ReportGroup) -> list[str]:
    return [group.name, *(name for each in group.groups for name in names(each))]


def plain_names(group: dict[str, Any]) -> list[str]:
    return [group["name"], *(name for each in group.get("groups", []) for name in plain_names(each))]


@pytest.mark.parametrize("way", WAYS)
def test_the_waterfall_takes_any_day_of_its_month(way: str) -> None:
    first = {"id": "c1", "name": "Acme", "total": {"year_month": "2026-03", "amount": USD_10}}
    second = {"id": "c2", "name": "Zeta", "totals": {"year_month": "2026-03", "amount": USD_10}}
    pages = ({"customers": [first], "pagination": {"next_cursor": "c"}}, {"customers": [second]})
    with scripted(way, *pages) as (run, service):
        found = run.call(
            lambda client: reports(client).arr_waterfall(
                month=date(2026, 3, 17), status="COMMITTED", breakdown="ARR", subsidiary_id="s1", limit=1
            )
        )
    query = {"month": "2026-03", "status": "COMMITTED", "breakdown": "ARR", "subsidiary_id": "s1", "limit": "1"}
    assert target(service.asked[0]) == ("GET", "/reports/arr-waterfall", query)
    assert target(service.asked[1]) == ("GET", "/reports/arr-waterfall", {**query, "cursor": "c"})
    assert found[0].total is not None
    assert (found[0].total.year_month, found[0].total.amount) == ("2026-03", Money(Decimal(10), "USD"))
    assert (found[1].total, found[1].extra) == (None, {"totals": second["totals"]})


@pytest.mark.parametrize("way", WAYS)
def test_journal_entries_in_the_reporting_currency(way: str) -> None:
    line = {
        "id": "l1",
        "local_amount": {"amount": "10.123456", "currency": "EUR"},
        "reporting_amount": {"amount": "11.1358016", "currency": "USD"},
        "exchange_rate": "1.1",
        "account_id": "a1",
        "account_code": "60100",
        "side": "DEBIT",
        "original_transaction_amount": None,
    }
    entry = {
        "id": "je1",
        "name": "Accrual",
        "date": "2026-03-31",
        "subsidiary_id": "s1",
        "items": [line],
        "attachmentUrl": "https://files.test/1.pdf",
        "related_entity": {"id": "c1", "type": "CUSTOMER"},
    }
    with scripted(way, {"journal_entries": [entry]}) as (run, service):
        (found,) = run.call(
            lambda client: reports(client).journal_entries(
                subsidiary_id="s1",
                updated_after=datetime(2026, 1, 1, tzinfo=UTC),
                from_date=date(2026, 3, 1),
                to_date=date(2026, 3, 31),
                account_ids=["a1", "a2"],
                sort_by="updated",
                limit=100,
            )
        )
    assert target(service.only) == (
        "GET",
        "/reports/journal-entries",
        {
            "subsidiary_id": "s1",
            "updated.gt": "2026-01-01T00:00:00Z",
            "date.gte": "2026-03-01",
            "date.lte": "2026-03-31",
            "account_ids": "a1,a2",
            "sort_by": "updated",
            "limit": "100",
        },
    )
    assert found.items[0].local_amount == Money(Decimal("10.123456"), "EUR")
    assert found.items[0].exchange_rate == Decimal("1.1")
    assert (found.items[0].side, found.items[0].original_transaction_amount) == (Side.DEBIT, None)
    assert found.attachment_url == "https://files.test/1.pdf"
    assert found.related_entity is not None
    assert found.related_entity.type is RelatedEntityType.CUSTOMER


@pytest.mark.parametrize("way", WAYS)
def test_the_trial_balance_is_where_it_was(way: str) -> None:
    totals = dict.fromkeys(("beginning_balance", "debit_total", "credit_total", "ending_balance"), USD_10)
    answer: dict[str, Any] = {"period": PERIOD, "currency": "USD", "accounts": [], "totals": totals}
    with scripted(way, answer) as (run, service):
        report = run.call(lambda client: reports(client).trial_balance(**MARCH, subsidiary_id="s1"))
    assert target(service.only) == ("GET", "/reports/trial-balance", {**SENT_MARCH, "subsidiary_id": "s1"})
    assert report.totals.debit_total == report.totals.credit_total
    assert isinstance(report, rillet.TrialBalance)


@pytest.mark.parametrize(
    ("value", "read"), [("5.551115123125783e-17", Decimal("5.551115123125783e-17")), ("null", None)]
)
def test_a_margin_is_any_number_or_none(value: str, read: Decimal | None) -> None:
    body = b'{"name": "Gross margin", "amounts": [], "margins": [{"value": %s}]}' % value.encode()
    (margin,) = codec.structure(codec.parse(body), rillet.ReportSummary).margins
    assert margin.value == read


def test_one_long_amount_hides_no_other() -> None:
    body = (
        b'[{"amount":"1","currency":"USD"},'
        b'{"amount":"1.0812345678901234567890123456789012","currency":"USD","functional":"9.10"}]'
    )
    first, second = codec.structure(codec.parse(body), list[rillet.Money])
    assert (first.amount, second.amount) == (Decimal(1), Decimal("1.0812345678901234567890123456789012"))
    # Unknown fields are kept for a PUT of the whole, and make no difference between two amounts.
    assert second.extra == {"functional": "9.10"}
    assert second == rillet.Money(second.amount, "USD")
    known = codec.structure({"amount": "10", "currency": "USD", "functional": "9.10"}, rillet.Money)
    assert codec.loads(codec.dumps(known), object) == {"amount": "10", "currency": "USD", "functional": "9.10"}


@pytest.mark.parametrize("limit", [0, -1, 101, 200])
def test_a_limit_that_rillet_refuses_is_not_sent(limit: int) -> None:
    with StandIn().client() as client, pytest.raises(ValueError, match="Rillet takes 1 to 100"):
        client.invoices.list(limit=limit).collect()
