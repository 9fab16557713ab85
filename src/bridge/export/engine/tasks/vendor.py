"""Creating vendors that Rillet does not have yet, each once."""

from __future__ import annotations

from collections.abc import Callable

from bridge.decisions import PlannedVendor
from bridge.export.engine.attempts import Attempt, AttemptState, Journal, vendor_subject
from bridge.export.engine.claims import Locks, claimed
from bridge.export.engine.sender import Poster
from bridge.export.reporting import audit_log
from rillet import Vendor, VendorOperations


class NewVendors:
    """The vendors that Rillet did not have when a run began; for any thread.

    `created` is told of each that the run creates.
    """

    def __init__(self, poster: Poster, journal: Journal, created: Callable[[Vendor], object]) -> None:
        self._poster, self._journal, self._created = poster, journal, created
        self._ids = dict[str, str]()
        self._locks = Locks()

    def id_of(self, planned: PlannedVendor) -> str:
        """The id of a vendor; created where nobody has done so since. Whoever comes second waits for the first.

        Raises:
            BusyError: Another exporter is creating it.
            ApiError: As the client does.
            JournalError: The journal cannot be read or written.
        """
        with self._locks.holding(planned.key):
            known = self._ids.get(planned.key)
            if known is None:
                known = self._ids[planned.key] = self._found_or_created(planned)
            return known

    def _found_or_created(self, planned: PlannedVendor) -> str:
        subject = vendor_subject(planned)
        with claimed(self._journal, subject, "another exporter is creating its vendor; the next run finds it"):
            attempts = self._journal.attempts(subject)
            last = attempts[-1] if attempts else None
            # What is older than a run was seen not to be in the books.
            if last is not None and last.is_fresh(self._journal.now()) and last.is_there:
                return last.object_id or ""
            return self._create(planned, last)

    def _create(self, planned: PlannedVendor, last: Attempt | None) -> str:
        if last is not None and last.state is AttemptState.OPEN and last.is_fresh(self._journal.now()):
            created = self._poster.send_again(last)
        else:
            if last is not None and last.state is AttemptState.OPEN:
                self._poster.abandon(last, "Rillet no longer knows its key and has no such vendor")
            request = VendorOperations.create.build(planned.vendor)
            created = self._poster.send_anew(vendor_subject(planned), 0, "vendors", request)
        vendor_id = created.object_id or ""
        audit_log.say("vendor_created", object_id=vendor_id, trace_id=created.trace_id)
        self._created(Vendor(id=vendor_id, name=planned.vendor.name))
        return vendor_id
