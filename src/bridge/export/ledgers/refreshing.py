"""Since when a ledger is asked for changes, so that nothing is missed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

# What is written at one moment may become visible a little later, and clocks differ.
_OVERLAP = timedelta(minutes=10)


def changed_after(times: Iterable[datetime | None], read_at: datetime) -> datetime | None:
    """After which moment changes are to be read; None where everything is.

    `times` are those at which what is known changed last, by the ledger's clock, and `read_at` is when it was last read, by
    this machine's. The earlier one counts, so that neither a time in the future nor a clock that is fast hides anything.
    """
    newest: datetime | None = None
    for each in times:
        if each is None:
            return None
        newest = each if newest is None else max(newest, each)
    return None if newest is None else min(newest, read_at) - _OVERLAP
