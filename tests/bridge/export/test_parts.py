"""What an export is made of and told is refused by its name where it is of another type, before anything is sent."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest

import rillet
from bridge import Bridge
from bridge.closing import Period, accrue, close_status, exchange_differences, month, month_of, reconcile
from bridge.export import AsyncExport, Export
from bridge.export.closing import read_purchases, read_snapshot
from support.companies.exported import SETTINGS, Company, expense

JOURNAL = r'^journal: a Journal, such as SqlJournal\("export.db"\), is wanted, not str$'
ASYNCHRONOUS = (
    "^rillet: a rillet.Client or a Ledger is wanted, not rillet.AsyncClient; AsyncExport takes asynchronous clients$"
)


def export(company: Company, **parts: Any) -> Export:
    bridge = parts.pop("bridge", Bridge(SETTINGS))
    return Export(
        parts.pop("brex", company.brex.client()), parts.pop("rillet", company.rillet.client()), bridge, **parts
    )


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("journal", "m.db", JOURNAL),
        ("bridge", SETTINGS, "^bridge: a Bridge is wanted, not Settings$"),
        ("brex", "token", "^brex: a brex_accounting.Client or a Source is wanted, not str$"),
        ("rillet", rillet.AsyncClient("key"), ASYNCHRONOUS),
        ("brex", rillet.Client("key"), "^brex: a brex_accounting.Client or a Source is wanted, not rillet.Client$"),
        ("kept", True, "^kept: a KeptBooks or None is wanted, not bool$"),
        ("batch", "x", "^batch: an int is wanted, not str$"),
        ("in_flight", 1.5, "^in_flight: an int is wanted, not float$"),
        ("hold", "x", "^hold: a function is wanted, not str$"),
        ("receipts", ["x"], "^receipts: a function is wanted, not list$"),
        ("clock", 5.0, "^clock: a function is wanted, not float$"),
    ],
)
def test_a_part_of_another_type_is_refused_by_its_name(company: Company, name: str, given: Any, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        export(company, **{name: given})


def test_clients_in_the_place_of_each_other_are_told(company: Company) -> None:
    told = "^brex and rillet: each is given the other's client; the client of Brex comes first$"
    with pytest.raises(TypeError, match=told):
        export(company, brex=company.rillet.client(), rillet=company.brex.client())
    ledger: Any = company.rillet.async_client()
    source: Any = company.brex.async_client()
    with pytest.raises(TypeError, match=told):
        AsyncExport(ledger, source, Bridge(SETTINGS))


def test_an_asynchronous_export_names_both_sides(company: Company) -> None:
    shown = repr(AsyncExport(company.brex.async_client(), company.rillet.async_client(), Bridge(SETTINGS)))
    assert shown.startswith("<AsyncExport from brex_accounting.AsyncClient(base_url=")
    assert " to rillet.AsyncClient(base_url=" in shown


@pytest.mark.parametrize("make", [reconcile, close_status, accrue, exchange_differences])
def test_a_report_of_an_export_in_the_place_of_a_snapshot_is_refused(company: Company, make: Any) -> None:
    with pytest.raises(TypeError, match=r"^snapshot: a Snapshot is wanted, as read_snapshot makes one, not Export$"):
        make(export(company))


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "0000-01", "9999-12", "october"])
def test_what_is_no_month_is_refused_in_one_way(text: str) -> None:
    with pytest.raises(ValueError, match=rf"^a period is a month such as 2026-10, not '{text}'$"):
        month(text)


@pytest.mark.parametrize("given", [202602, date(2026, 2, 1), None])
def test_what_is_no_text_is_no_month(given: Any) -> None:
    with pytest.raises(ValueError, match=rf"^a period is a month such as 2026-10, not {re.escape(repr(given))}$"):
        month(given)


def test_a_month_is_of_days() -> None:
    text: Any = "2026-02-01"
    assert month_of(datetime(2026, 2, 14, 12, tzinfo=UTC)) == month("2026-02")
    with pytest.raises(TypeError, match=r"^day: a datetime\.date is wanted, not str$"):
        month_of(text)
    with pytest.raises(TypeError, match=r"'last' must be <class 'datetime\.date'>"):
        Period(first=date(2026, 2, 1), last=text)


def test_purchases_are_of_a_period(company: Company) -> None:
    text: Any = "2026-10"
    with pytest.raises(
        TypeError, match=r'^period: a bridge.closing.Period, such as month\("2026-10"\), is wanted, not str$'
    ):
        read_purchases(company.brex.client(), text)


def test_a_snapshot_is_of_an_export_and_a_period(company: Company) -> None:
    text, swapped = "2026-10", month("2026-10")
    told = r'^period: a bridge.closing.Period, such as month\("2026-10"\), is wanted, not str$'
    with pytest.raises(TypeError, match=told):
        read_snapshot(export(company), cast("Any", text))
    with pytest.raises(TypeError, match=r"^export: an Export is wanted, not Period$"):
        read_snapshot(cast("Any", swapped), swapped)


@pytest.mark.parametrize("name", ["batch", "in_flight"])
def test_there_is_at_least_one_of_them(company: Company, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: at least one .*, not 0$"):
        export(company, **{name: 0})


def test_an_asynchronous_export_refuses_them_when_it_is_made(company: Company) -> None:
    journal: Any = "m.db"

    with pytest.raises(TypeError, match=JOURNAL):
        AsyncExport(company.brex.async_client(), company.rillet.async_client(), Bridge(SETTINGS), journal=journal)


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("plan", "x", "^plan: a SavedPlan, as Export.saved makes one of a plan, is wanted, not str$"),
        ("ids", "accr_001", "^ids: a sequence of ids is wanted, not str$"),
        ("keep", "all", "^keep: an int or None is wanted, not str$"),
        ("progress", 1, "^progress: a function, True or False is wanted, not int$"),
        ("stop", True, "^stop: a function is wanted, not bool$"),
    ],
)
def test_what_a_run_is_told_is_refused_by_its_name(company: Company, name: str, given: Any, told: str) -> None:
    company.brex.add(expense(1))
    told_to_run: dict[str, Any] = {name: given}

    with pytest.raises(TypeError, match=told):
        export(company).run(**told_to_run)

    assert company.posts() == []


def test_a_clock_that_gives_no_seconds_is_refused_before_anything_is_sent(company: Company) -> None:
    company.brex.add(expense(1))

    with pytest.raises(TypeError, match=r"^clock: it has to give seconds, and gave NoneType$"):
        export(company, clock=lambda: None).run()

    assert company.posts() == []


def test_a_clock_that_fails_later_stops_nothing(company: Company) -> None:
    company.brex.add(*(expense(number) for number in range(1, 5)))
    ticks = iter([1.0, 2.0, 4.0])

    def clock() -> Any:
        return next(ticks, None)

    outcome = export(company, clock=clock).run(progress=lambda _: None)

    assert (outcome.counts.posted, outcome.counts.reported, outcome.complete) == (4, 4, True)
    assert outcome.seconds == 3.0
