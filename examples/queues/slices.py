"""One slice of one tenant's export: the work that every queue hands out.

A message holds the name of a tenant and nothing else. Whatever becomes of it, no record is lost or posted twice: Brex's
queue and the journal know what is to be done. So a message may be lost, and it may come twice.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Self

import attrs

from bridge import SettingsError
from bridge.export import (
    Counts,
    ExportOutcome,
    JournalError,
    KeptBooks,
    SqlJournal,
    SqlPaces,
    StopCode,
    Tenants,
    read_tenants,
)
from clientkit import ApiError, Paces, RedisPaces, Verdict, labelled

_LOG = logging.getLogger("queues")
#: How long a tenant is left alone whose key or settings a person has to mend.
PARKED_FOR = timedelta(hours=1)
_PARKED = "{} is parked until"
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

    `tenants` is a folder with a settings file for each tenant, such as ``acme.toml``, or a file with a table for each.
    `journal` is one database for all. `pace` is a Redis, or a database such as the journal's own.
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
        """All tenants, those included whose settings are broken: their slices are parked, and say why."""
        return self.read().names

    def read(self) -> Tenants:
        """The tenants, as they are now. Their secrets are looked up in the environment."""
        return read_tenants(self.tenants)

    @contextmanager
    def paces(self) -> Generator[Paces]:
        """What keeps the pace of all workers."""
        if self.pace.partition(":")[0] in {"redis", "rediss", "unix"}:
            yield RedisPaces(self.pace)
        else:
            with closing(SqlPaces(self.pace)) as paces:
                yield paces


@lru_cache(maxsize=100)
def _kept_books(tenant: str) -> KeptBooks:
    """The books of a tenant, kept for the next slice that this worker does of it; those of the last hundred."""
    del tenant
    return KeptBooks()


def export_slice(tenant: str, places: Places, *, is_stopping: Callable[[], bool]) -> Slice:
    """Export one tenant until it is done, its time is up or the worker shuts down; says how it ended and never raises.

    What is in flight then is finished first. `is_stopping` tells whether the worker shuts down; what only waits for
    Rillet's pace is then left to the next slice.
    """
    try:
        tenants = places.read()
        known = tenants.usable.get(tenant)
        with SqlJournal(places.journal, namespace=tenant if known is None else known.namespace) as journal:
            if _is_parked(tenant, journal):
                return Slice(tenant=tenant, end=SliceEnd.PARKED)
            _LOG.info("slice begins", extra={"tenant": tenant})
            with labelled(tenant=tenant):
                made = _carried_out(tenant, tenants, places, journal, is_stopping)
            if made.end is SliceEnd.PARKED:
                journal.set_mark(_PARKED.format(tenant), (datetime.now(UTC) + PARKED_FOR).isoformat())
    except (JournalError, SettingsError) as error:
        made = Slice(tenant=tenant, end=SliceEnd.LATER, why=str(error))
    _tell(made)
    return made


def _carried_out(
    tenant: str, tenants: Tenants, places: Places, journal: SqlJournal, is_stopping: Callable[[], bool]
) -> Slice:
    end = time.monotonic() + places.seconds

    def is_over() -> bool:
        return is_stopping() or time.monotonic() >= end

    def sleep(seconds: float) -> None:
        turn = time.monotonic() + seconds
        while (left := turn - time.monotonic()) > 0:
            if is_stopping():
                raise ShuttingDownError("the worker shuts down; the next slice goes on")
            time.sleep(min(left, _MOMENT))

    try:
        with (
            places.paces() as paces,
            tenants.get(tenant).export(journal, pacer=paces, sleep=sleep, kept=_kept_books(tenant)) as export,
        ):
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


_ENDS = {None: SliceEnd.DONE, StopCode.INTERRUPTED: SliceEnd.MORE, StopCode.SETUP: SliceEnd.PARKED}


def _slice_of(tenant: str, outcome: ExportOutcome) -> Slice:
    end = _ENDS.get(outcome.stop_code, SliceEnd.LATER)
    return Slice(tenant=tenant, end=end, counts=outcome.counts, why=outcome.stopped or "")


def _is_parked(tenant: str, journal: SqlJournal) -> bool:
    with suppress(ValueError):
        return datetime.now(UTC) < datetime.fromisoformat(journal.mark(_PARKED.format(tenant)) or "")
    return False


def _tell(made: Slice) -> None:
    counts = {name: number for name, number in attrs.asdict(made.counts).items() if number}
    level = logging.ERROR if made.end is SliceEnd.PARKED else logging.INFO
    facts = {"tenant": made.tenant, "end": made.end.value, "why": made.why, "counts": counts}
    _LOG.log(level, "slice of %s ends: %s %s", made.tenant, made.end.value, made.why or counts, extra=facts)
