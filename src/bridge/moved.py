"""Records that count in a later period than their own, because that is closed."""

from __future__ import annotations

from datetime import UTC, date

from bridge.books import Books
from bridge.callers import zone_of
from bridge.decisions import Post
from bridge.mappers.draft import day_of
from bridge.mapping import Bridge
from bridge.settings.choices import ClosedPeriod
from bridge.settings.values import OF_SUBSIDIARY


def moved_from(post: Post, bridge: Bridge, books: Books) -> date | None:
    """The record's own day, where its period is closed and it counts on the first open day instead; else None."""
    settings, counts_on = bridge.settings, post.document.impact_date
    if settings.closed_period is not ClosedPeriod.FIRST_OPEN_DAY or counts_on is None:
        return None
    if counts_on != books.first_open_day:
        return None
    name = settings.time_zone
    if name == OF_SUBSIDIARY:
        known = books.subsidiary(post.document.form().head.get("subsidiary") or "")
        name = "UTC" if known is None else known.timezone
    own = day_of(post.record.erp_posting_date, zone_of(name, bridge.zones) or UTC)
    return own if own < counts_on else None
