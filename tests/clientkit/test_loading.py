# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false
# Neither Arrow nor what dlt gives back has types.
"""Sources of dlt, loaded into DuckDB by dlt's own pipeline: exact, complete, and incremental where the service is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra `dlt` is not installed")
pytest.importorskip("dlt", reason="the extra `dlt` is not installed")
pytest.importorskip("duckdb", reason="duckdb, which the tables go to, is not installed")

import dlt
from dlt.pipeline.exceptions import PipelineStepFailed

import brex_accounting.testing
import rillet.testing
from brex_accounting.loading import brex_source
from brex_accounting.testing.records import card_expense, gl
from rillet import Money, NewCharge, NewExpenseItem, NewVendor
from rillet.loading import rillet_source

pytestmark = pytest.mark.filterwarnings("default")  # dlt's own code is not ours to mend

_FIRST = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    """Loads a source into the tables of the test, and gives what asks them."""
    for name, value in (("DLTHUB_TELEMETRY", "false"), ("LOG_LEVEL", "ERROR")):
        monkeypatch.setenv(f"RUNTIME__{name}", value)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.setenv("DLT_CONFIG_FOLDER", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)

    def load(source: Any) -> Any:
        pipeline = dlt.pipeline(
            "books",
            destination=dlt.destinations.duckdb(str(tmp_path / "warehouse.duckdb")),
            dataset_name="books",
            pipelines_dir=str(tmp_path / "pipelines"),
        )
        pipeline.run(source).raise_on_failed_jobs()

        def ask(query: str) -> list[tuple[Any, ...]]:
            with pipeline.sql_client() as sql:
                return [tuple(row) for row in sql.execute_sql(query) or ()]

        return ask

    return load


def test_records_and_their_lines_are_exact(loaded: Callable[[Any], Any]) -> None:
    brex = brex_accounting.testing.StandIn(
        [card_expense("42.75", coding=[gl("61000")], record_id="a"), card_expense("0.10", record_id="b")]
    )

    ask = loaded(brex_source(brex.client()).with_resources("records"))

    assert ask("select id, amount__amount from records order by id") == [
        ("a", Decimal("42.75")),
        ("b", Decimal("0.10")),
    ]
    assert ask("select type, sum(amount__amount), count(*) from records__line_items group by type order by type") == [
        ("CREDIT", Decimal("42.85"), 2),
        ("DEBIT", Decimal("42.85"), 2),
    ]


def test_a_second_run_costs_one_request_and_brings_what_changed(loaded: Callable[[Any], Any]) -> None:
    brex = brex_accounting.testing.StandIn(
        [card_expense("1", record_id=f"r{each:02}", updated_at=_FIRST + timedelta(hours=each)) for each in range(30)]
    )
    client = brex.client()
    loaded(brex_source(client).with_resources("records"))
    last = _FIRST + timedelta(hours=40)
    brex.add(
        card_expense("2.50", record_id="r03", version=3, updated_at=last),
        card_expense("7", record_id="new", updated_at=last),
    )
    before = client.requests_sent

    ask = loaded(brex_source(client).with_resources("records"))

    assert client.requests_sent - before == 1
    assert ask("select count(*), sum(amount__amount) from records") == [(31, Decimal("38.50"))]
    assert ask("select count(*) from records__line_items") == [(62,)]


def test_every_listing_of_rillet_and_its_reports_are_tables(loaded: Callable[[Any], Any]) -> None:
    books = rillet.testing.StandIn()
    client = books.client()
    vendor = client.vendors.create(NewVendor(name="Cumulus Cloud"))
    client.charges.create(
        NewCharge(
            vendor_id=vendor.id,
            items=[NewExpenseItem(account_code="61000", amount=Money(Decimal("19.99"), "USD"))],
            charge_date=date(2026, 1, 15),
            credit_card_account_code="21120",
        )
    )
    january = (date(2026, 1, 1), date(2026, 1, 31))
    source = rillet_source(client, periods=[january])
    assert len(source.resources) == 21

    ask = loaded(source)
    codes = ask("select code from accounts order by code")
    loaded(rillet_source(client, periods=[january]))

    assert codes == [(each.code,) for each in sorted(client.accounts.list(), key=lambda each: each.code)]
    assert ask("select name from vendors") == [("Cumulus Cloud",)]
    assert ask("select sum(ending_balance__amount) from trial_balance__accounts where code = '61000'") == [
        (Decimal("19.99"),)
    ]
    assert ask("select from_date, to_date from trial_balance") == [january]


def test_what_would_be_rounded_is_refused(loaded: Callable[[Any], Any]) -> None:
    fine = card_expense("0.1234567891")

    with pytest.raises(PipelineStepFailed, match="it would be rounded"):
        loaded(brex_source(brex_accounting.testing.StandIn([fine]).client()).with_resources("records"))


def test_without_the_extra_the_answer_is_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlt", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "brex-rillet\[dlt\]"'):
        rillet_source(rillet.testing.StandIn().client())
