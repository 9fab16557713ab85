"""A bill's way into Rillet: made once, and replaced when Brex has a newer version of its record."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

import attrs
from typing_extensions import override

from brex_accounting import Record, RecordType
from bridge.books import Books
from bridge.decisions import BillReplacement, Nothing, Outcome, PlannedVendor, Post, Refused
from bridge.export.engine.attempts import Attempt, AttemptState, telling
from bridge.export.engine.tasks.record import Desk, Done, RecordTask, unsent
from bridge.export.ledgers.rillet import Existing
from bridge.export.reporting.report import Posted
from bridge.mappers.bills import version_shown
from bridge.mapping import Bridge
from bridge.settings.values import Settings
from clientkit.errors import ApiError, NotFoundError
from rillet import Bill, ExternalReference

_KIND = "bills"


def makes_bill(record: Record, settings: Settings) -> bool:
    """Whether a record becomes a bill in Rillet."""
    return record.type == RecordType.BILL_EXPENSE and record.type not in settings.summarise


def can_be_replaced(record: Record, settings: Settings) -> bool:
    """Whether newer versions of a record replace what it became in Rillet."""
    return settings.replace_bills and settings.reference_type is not None and makes_bill(record, settings)


def is_outdated(record: Record, attempts: Sequence[Attempt]) -> bool:
    """Whether the journal has the bill of a record in Rillet in an older version, or cannot tell in which one."""
    last = telling(attempts)
    if last is None or last.kind != _KIND:
        return False
    return last.version < record.version if last.is_there else last.state is AttemptState.OPEN


def is_older(bill: Bill, record: Record, settings: Settings) -> bool:
    """Whether a bill of Rillet shows an older version of its record, or does not tell which."""
    shown = version_shown(bill, record, settings)
    return shown is None or shown < record.version


def is_as_it_was(outcome: Outcome) -> bool:
    """Whether what is to be done with a record that Rillet has as a bill leaves the bill as it is."""
    return not isinstance(outcome, Refused) and not (
        isinstance(outcome, Post) and isinstance(outcome.payload, BillReplacement)
    )


@attrs.frozen(kw_only=True)
class BillTask(RecordTask):
    """As a `RecordTask`; a bill that is there in an older version is read, mapped once more and replaced.

    An attempt to replace it whose outcome is unknown is settled by what the bill shows, and never sent again as it was:
    somebody may have paid the bill since.
    """

    bridge: Bridge
    books: Books

    @override
    def _resume(self, desk: Desk) -> Done:
        try:
            self._settle_replacement(desk)
            done = super()._resume(desk)
            (result,) = done.results
            if not isinstance(result, Posted) or result.kind != _KIND or self._stays(result, desk):
                return done
            return self._replace(result.id, desk)
        except ApiError as error:
            return unsent(error, self.records)

    @override
    def _version_of(self, existing: Existing, desk: Desk) -> int:
        if existing.kind != _KIND:
            return super()._version_of(existing, desk)
        return self._shown(existing.id, desk) or 0

    def _shown(self, bill_id: str, desk: Desk) -> int | None:
        return version_shown(desk.rillet.bills.get(bill_id), self.outcome.record, self.bridge.settings)

    def _settle_replacement(self, desk: Desk) -> None:
        last = telling(desk.journal.attempts(self.outcome.record.id))
        if last is None or not last.replaces or last.state is not AttemptState.OPEN:
            return
        bill_id = unquote(last.path.rpartition("/")[2])
        try:
            shown = self._shown(bill_id, desk)
        except NotFoundError:
            desk.poster.abandon(last, "Rillet no longer has the bill")
            return
        if shown is not None and shown >= last.version:
            desk.poster.adopt(last.subject, last.version, _KIND, bill_id)
        else:
            desk.poster.abandon(last, "Rillet shows the bill as it was before")

    def _stays(self, result: Posted, desk: Desk) -> bool:
        if not can_be_replaced(result.record, self.bridge.settings):
            return True
        last = telling(desk.journal.attempts(result.record.id))
        # Without a journal only what was posted just now is known to be the newest.
        return not result.adopted if last is None else last.version >= result.record.version

    def _replace(self, bill_id: str, desk: Desk) -> Done:
        record = self.outcome.record
        try:
            outcome = self._mapped(desk.rillet.bills.get(bill_id))
        except NotFoundError:
            why = f"Rillet no longer has the bill {bill_id}; replay the record to post it anew"
            return self._failed("bill_gone", why) if self.reports else Done(results=(Nothing(record=record, why=why),))
        if isinstance(outcome, Refused):
            return Done(results=(outcome,))
        if isinstance(outcome, Post) and isinstance(outcome.payload, BillReplacement):
            return self._sent(lambda: self._send(outcome, desk), outcome.payload)
        adopted = desk.poster.adopt(record.id, record.version, _KIND, bill_id)
        if not self.reports:
            return Done(results=(Nothing(record=record, why="its newer version changes nothing in Rillet"),))
        return self._posted(adopted, adopted=True)

    def _mapped(self, bill: Bill) -> Outcome:
        """What becomes of the record where Rillet has this bill for it."""
        kind = self.bridge.settings.reference_type or ""
        own = ExternalReference(type=kind, id=self.outcome.record.id)
        if not own.is_among(bill.external_references):
            # Somebody took it from the bill.
            bill = attrs.evolve(bill, external_references=(*bill.external_references, own))
        outcome = self.bridge.outcome(self.outcome.record, attrs.evolve(self.books, bills=(bill,)))
        if not isinstance(outcome, Post) or not isinstance(outcome.payload, BillReplacement):
            return outcome
        if isinstance(self.outcome, Refused):
            return self.outcome
        if isinstance(outcome.vendor, PlannedVendor) and isinstance(self.outcome, Post):
            # Several records of a run may create the same vendor.
            return attrs.evolve(outcome, vendor=self.outcome.vendor)
        return outcome
