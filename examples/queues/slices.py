"""One slice of one tenant's export: the work that every queue hands out.

A message holds the name of a tenant and nothing else. Whatever becomes of it, no record is lost or posted twice: Brex's
queue and the journal know what is to be done. So a message may be lost, and it may come twice.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Self

import attrs

import brex_accounting
import rillet
from bridge import Bridge, SettingsError, read_settings
from bridge.export import Counts, Export, ExportOutcome, JournalError, SqlJournal, SqlPaces, StopCode
from clientkit import ApiError, ConfigurationError, RedisPaces, Verdict, labelled

_LOG = logging.getLogger("queues")
#: How long a tenant is left alone whose key or settings a person has to mend.
PARKED_FOR = timedelta(hours=1)
_PARKED = "parked until"
# How long a signal may go unnoticed by a request that waits for its turn.
_MOMENT = 0.2


class SliceEnd(StrEnum):
    """How a slice ended.

    ``DONE``: nothing is left for now. ``MORE``: the time was up, or the worker shuts down. ``LATER``: something failed
    that may pass. ``PARKED``: a person has to change something first, such as a key.
    """

    DONE = "done"
    MORE = "more"
    LATER = "later"
    PARKED = "parked"


@attrs.frozen(kw_only=True)
class Slice:
    """What one slice came to."""

    tenant: str
    end: SliceEnd
    counts: Counts = attrs.field(factory=Counts)
    why: str = ""


@attrs.frozen(kw_only=True)
class Places:
    """What all workers have in common: where settings, journal and pace are, and for how many seconds a slice goes on.

    `tenants` is a folder with a settings file for each tenant, such as ``acme.toml``. `journal` is one database for all.
    `pace` is a Redis, or a database such as the journal's own.
    """

    tenants: Path
    journal: str
    pace: str
    seconds: float

    @classmethod
    def from_env(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """From ``EXPORT_TENANTS``, ``EXPORT_JOURNAL``, ``EXPORT_PACE`` and ``EXPORT_SLICE_SECONDS`` (300)."""
        return cls(
            tenants=Path(environment["EXPORT_TENANTS"]),
            journal=environment["EXPORT_JOURNAL"],
            pace=environment["EXPORT_PACE"],
            seconds=float(environment.get("EXPORT_SLICE_SECONDS", "300")),
        )

    def names(self) -> Sequence[str]:
        """All tenants."""
        return sorted(each.stem for each in self.tenants.glob("*.toml"))


def export_slice(tenant: str, places: Places, *, is_stopping: Callable[[], bool]) -> Slice:
    """Export one tenant until it is done, its time is up or the worker shuts down; says how it ended and never raises.

    What is in flight then is finished first. `is_stopping` tells whether the worker shuts down; what only waits for
    Rillet's pace is then left to the next slice.
    """
    try:
        with SqlJournal(places.journal, namespace=tenant) as journal:
            if _is_parked(journal):
                return Slice(tenant=tenant, end=SliceEnd.PARKED)
            _LOG.info("slice begins", extra={"tenant": tenant})
            with labelled(tenant=tenant):
                made = _carried_out(tenant, places, journal, is_stopping)
            if made.end is SliceEnd.PARKED:
                journal.set_mark(_PARKED, (datetime.now(UTC) + PARKED_FOR).isoformat())
    except JournalError as error:
        made = Slice(tenant=tenant, end=SliceEnd.LATER, why=str(error))
    _tell(made)
    return made


def _carried_out(tenant: str, places: Places, journal: SqlJournal, is_stopping: Callable[[], bool]) -> Slice:
    end = time.monotonic() + places.seconds

    def is_over() -> bool:
        return is_stopping() or time.monotonic() >= end

    try:
        with ExitStack() as stack:
            export = _opened(tenant, places, journal, is_stopping, stack)
            return _slice_of(tenant, export.run(stop=is_over, keep=0))
    except SettingsError as error:
        return Slice(tenant=tenant, end=SliceEnd.PARKED, why="; ".join(error.problems))
    except ShuttingDownError as error:
        return Slice(tenant=tenant, end=SliceEnd.MORE, why=str(error))
    except ApiError as error:
        parked = error.verdict is Verdict.FATAL
        return Slice(tenant=tenant, end=SliceEnd.PARKED if parked else SliceEnd.LATER, why=str(error))


class ShuttingDownError(ApiError):
    """The worker shuts down while a request waits for its turn."""


def _opened(
    tenant: str, places: Places, journal: SqlJournal, is_stopping: Callable[[], bool], stack: ExitStack
) -> Export:
    def sleep(seconds: float) -> None:
        turn = time.monotonic() + seconds
        while (left := turn - time.monotonic()) > 0:
            if is_stopping():
                raise ShuttingDownError("the worker shuts down; the next slice goes on")
            time.sleep(min(left, _MOMENT))

    path = places.tenants / f"{tenant}.toml"
    try:
        settings = read_settings(path.read_text(encoding="utf-8"), source=path.name)
    except OSError as error:
        raise ConfigurationError(f"the settings of {tenant} cannot be read: {error.strerror}") from None
    if places.pace.partition(":")[0] in {"redis", "rediss", "unix"}:
        paces: RedisPaces | SqlPaces = RedisPaces(places.pace)
    else:
        paces = stack.enter_context(closing(SqlPaces(places.pace)))
    # The worker looks the keys up; they never stand in a message.
    prefix = tenant.upper().replace("-", "_") + "_"
    brex = stack.enter_context(brex_accounting.Client.from_env(prefix=prefix))
    books = stack.enter_context(rillet.Client.from_env(prefix=prefix, pacer=paces, sleep=sleep))
    return Export(brex, books, Bridge(settings), journal=journal)


_ENDS = {None: SliceEnd.DONE, StopCode.INTERRUPTED: SliceEnd.MORE, StopCode.SETUP: SliceEnd.PARKED}


def _slice_of(tenant: str, outcome: ExportOutcome) -> Slice:
    end = _ENDS.get(outcome.stop_code, SliceEnd.LATER)
    return Slice(tenant=tenant, end=end, counts=outcome.counts, why=outcome.stopped or "")


def _is_parked(journal: SqlJournal) -> bool:
    with suppress(ValueError):
        return datetime.now(UTC) < datetime.fromisoformat(journal.mark(_PARKED) or "")
    return False


def _tell(made: Slice) -> None:
    counts = {name: number for name, number in attrs.asdict(made.counts).items() if number}
    level = logging.ERROR if made.end is SliceEnd.PARKED else logging.INFO
    facts = {"tenant": made.tenant, "end": made.end.value, "why": made.why, "counts": counts}
    _LOG.log(level, "slice of %s ends: %s %s", made.tenant, made.end.value, made.why or counts, extra=facts)
