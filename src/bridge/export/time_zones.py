"""Time zones by their names, as this machine knows them."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(name: str) -> tzinfo | None:
    """The time zone with an IANA name, as this machine knows it; None where it does not."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None
