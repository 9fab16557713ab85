"""Time zones by their names, as this machine knows them."""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil import tz

# dateutil also takes rules such as EST5EDT4 and paths, which are no names.
_NAME = re.compile(r"[A-Za-z]+(/[A-Za-z0-9_+-]+)+")


def zone_of(name: str) -> tzinfo | None:
    """The time zone with an IANA name; None where nobody here knows it.

    Windows and slim images have no database of time zones: there the one that python-dateutil brings along is read.
    """
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return tz.gettz(name) if _NAME.fullmatch(name) else None
