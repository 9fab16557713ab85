"""The run of an export: every ready record into Rillet, once, and Brex told of it.

Three things keep a record from being posted twice. Brex stops offering what was reported. What Rillet has already is
found by its external reference before anything is posted. And the idempotency key of a posting is derived from the
record's id and version, so that a repetition within 24 hours is answered with the first result.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

import brex_accounting
import rillet
from bridge.export.load import Existing, load_books, posted_before, ready_records
from bridge.export.outcome import ExportOutcome
from bridge.export.shift import Progress, Shift, silent
from bridge.plan import Bridge, Plan
from bridge.results import Nothing, Outcome
from bridge.settings import SettingsError, check

_BATCH = 100


class Export:
    """An export between one Brex account and one Rillet organization.

    Args:
        brex: The client of the Brex account.
        rillet: The client of the Rillet organization.
        bridge: The mapping and its settings.
        batch: How many outcomes go into one report to Brex.
    """

    def __init__(
        self, brex: brex_accounting.Client, rillet: rillet.Client, bridge: Bridge, *, batch: int = _BATCH
    ) -> None:
        self.brex, self.rillet, self.bridge, self.batch = brex, rillet, bridge, batch

    def plan(self, *, updated_after: datetime | None = None) -> Plan:
        """What `run` would do; nothing is posted or reported.

        Raises:
            SettingsError: The settings name what Rillet does not have.
            ApiError: One of the services cannot be read.
        """
        books = load_books(self.rillet)
        self._check(check(self.bridge.settings, books))
        records = ready_records(self.brex, updated_after=updated_after)
        there = posted_before(self.rillet, records, self.bridge.settings.reference_type)
        return Plan(outcomes=tuple(_or_there(self.bridge.outcome(record, books), there) for record in records))

    def run(self, *, progress: Progress = silent, updated_after: datetime | None = None) -> ExportOutcome:
        """Export everything that is ready. One bad record does not stop the others.

        An interruption (Ctrl-C) ends it cleanly: what was posted is reported to Brex, and the outcome says so.

        Raises:
            SettingsError: The settings name what Rillet does not have; nothing was posted.
            ApiError: One of the services cannot be read; nothing was posted.
        """
        started, sent = time.perf_counter(), self.brex.requests_sent + self.rillet.requests_sent
        books = load_books(self.rillet)
        self._check(check(self.bridge.settings, books))
        records = ready_records(self.brex, updated_after=updated_after)
        there = posted_before(self.rillet, records, self.bridge.settings.reference_type)
        outcomes = (self.bridge.outcome(record, books) for record in records)
        shift = Shift(self.brex, self.rillet, self.bridge.settings, there, batch=self.batch)
        shift.work(outcomes, len(records), progress)
        return attrs.evolve(
            shift.outcome(),
            requests=self.brex.requests_sent + self.rillet.requests_sent - sent,
            seconds=time.perf_counter() - started,
        )

    def _check(self, problems: Sequence[str]) -> None:
        if problems:
            raise SettingsError(tuple(problems))


def _or_there(outcome: Outcome, there: Mapping[str, tuple[Existing, ...]]) -> Outcome:
    existing = there.get(outcome.record.id)
    if not existing:
        return outcome
    where = " and ".join(f"{each.kind} {each.id}" for each in existing)
    return Nothing(record=outcome.record, why=f"Rillet has it already as {where}; an export only tells Brex")
