"""In which time zone the moments of a record become days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import Bridge, Post, Skip
from bridge.export.time_zones import zone_of
from bridge.mappers.draft import day_of
from rillet import NewCharge
from support.companies.small import BOOKS, ENTITY, SETTINGS, document, expense

WEST, EAST = timezone(timedelta(hours=-5)), timezone(timedelta(hours=9))


def zones(name: str) -> tzinfo | None:
    return {"America/New_York": WEST, "Asia/Tokyo": EAST, "UTC": UTC}.get(name)


EARLY = datetime(2026, 2, 3, 2, 30, tzinfo=UTC)
LATE = datetime(2026, 2, 3, 20, 15, tzinfo=UTC)
MIDNIGHT = datetime(2026, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time_zone", "moment", "day"),
    [
        ("UTC", EARLY, 3),
        ("UTC", LATE, 3),
        # The subsidiary of the record is American.
        ("subsidiary", EARLY, 2),
        ("subsidiary", LATE, 3),
        ("Asia/Tokyo", EARLY, 3),
        ("Asia/Tokyo", LATE, 4),
        ("subsidiary", MIDNIGHT, 3),
        ("Asia/Tokyo", MIDNIGHT, 3),
    ],
)
def test_a_moment_is_a_day_in_the_time_zone_of_the_settings(time_zone: str, moment: datetime, day: int) -> None:
    company = Bridge(attrs.evolve(SETTINGS, time_zone=time_zone), zones=zones)
    payload = document(company.outcome(attrs.evolve(expense(), erp_posting_date=moment, posted_at=moment), BOOKS))
    assert isinstance(payload, NewCharge)
    assert payload.charge_date == payload.impact_date == date(2026, 2, day)


def test_what_counts_before_the_start_is_told_by_that_day() -> None:
    starting = attrs.evolve(SETTINGS, entities=(attrs.evolve(ENTITY, since=date(2026, 2, 3)),))
    record = attrs.evolve(expense(), erp_posting_date=EARLY)
    assert isinstance(Bridge(starting, zones=zones).outcome(record, BOOKS), Post)
    local = Bridge(attrs.evolve(starting, time_zone="subsidiary"), zones=zones)
    assert isinstance(local.outcome(record, BOOKS), Skip)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-14, 14))
def test_a_day_is_that_of_the_clocks_on_the_spot(moment: datetime, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    day = day_of(moment, zone)
    assert abs(day - moment.date()) <= timedelta(days=1)
    try:
        local = moment + timedelta(hours=hours)
    except OverflowError:
        local = moment
    assert day == (moment.date() if moment.time() == MIDNIGHT.time() else local.date())


def test_the_machine_knows_the_time_zones() -> None:
    berlin = zone_of("Europe/Berlin")
    assert berlin is not None
    assert datetime(2026, 7, 1, tzinfo=berlin).utcoffset() == timedelta(hours=2)
    assert zone_of("UTC") is UTC
    for name in ("Europe/Atlantis", "", "../etc/passwd", "/etc/passwd", "a\0b", "Europe"):
        assert zone_of(name) is None
