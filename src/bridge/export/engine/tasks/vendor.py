"""Creating vendors that the ledger does not have yet, each once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from bridge.books import Books
from bridge.documents.protocol import PlannedVendor
from bridge.export.engine.attempts import facts_of, subject_of_vendor, vendor_subject
from bridge.export.engine.calls import Calls
from bridge.export.engine.claims import BusyError, Locks, claimed
from bridge.export.engine.facts import VENDOR, Seen, Settlement
from bridge.export.engine.next_step import settle
from bridge.export.engine.sender import Intent, Sender
from bridge.export.journal.protocol import VendorJournal
from bridge.export.ledgers.own import WrongAnswerError, ability_of, vendor_request
from bridge.export.reporting import audit_log
from bridge.export.reporting.report import CreatedVendor
from bridge.master_data import Vendor
from bridge.vendors.matching import vendor_key
from clientkit.errors import ApiError

_VENDORS = "vendors"


class UndecidedVendorError(ApiError):
    """Nobody can tell in this run whether the ledger has created a vendor."""


def settle_found_vendors(sender: Sender, books: Books) -> None:
    """Write down of creations without an outcome that the vendor is in the books, where whoever needs it finds it.

    Nobody would ask for the attempt any more. Raises `JournalError`.
    """
    journal = sender.journal
    opened = journal.open_vendors() if isinstance(journal, VendorJournal) and not sender.is_dry else ()
    for subject in opened:
        there = [each for each in books.vendors if subject in _subjects_of(each)]
        if len(there) != 1:
            # Of several nobody knows which one it made.
            continue
        with suppress(BusyError), claimed(journal, subject, "another exporter is creating it, and settles it"):
            last = next(reversed(journal.attempts(subject)), None)
            if last is not None and last.is_open:
                sender.settle_as_there(last, there[0].id)


def _subjects_of(vendor: Vendor) -> frozenset[str]:
    """The subjects of the creations that a vendor may come from."""
    return frozenset(subject_of_vendor(vendor_key(vendor.name, email)) for email in (vendor.email, None))


class VendorCreator:
    """The vendors that the ledger did not have when a run began; for any thread.

    `created` is told of each that the run creates.
    """

    def __init__(self, sender: Sender, created: Callable[[CreatedVendor], object]) -> None:
        self._sender, self._created = sender, created
        self._began = sender.journal.now()
        self._ids = dict[str, str]()
        self._locks = Locks()

    def id_of(self, planned: PlannedVendor) -> Calls[str]:
        """The id of a vendor; created where nobody has done so since. Whoever comes second waits for the first.

        Raises:
            BusyError: Another exporter is creating it.
            ApiError: As the ledger does.
            JournalError: The journal cannot be read or written.
        """
        with self._locks.holding(planned.key):
            known = self._ids.get(planned.key)
            if known is None:
                known = self._ids[planned.key] = yield from self._found_or_created(planned)
            return known

    def _found_or_created(self, planned: PlannedVendor) -> Calls[str]:
        subject, journal = vendor_subject(planned), self._sender.journal
        if self._sender.is_dry:
            return (yield from self._made(planned))
        with claimed(journal, subject, "another exporter is creating its vendor; the next run finds it"):
            return (yield from self._made(planned))

    def _made(self, planned: PlannedVendor) -> Calls[str]:
        sender, journal = self._sender, self._sender.journal
        attempts = journal.attempts(vendor_subject(planned))
        last = attempts[-1] if attempts else None
        # What is older than a run was seen not to be in the books.
        facts = facts_of(last, journal.now(), Seen.NO, VENDOR)
        settlement = settle(facts)
        if last is not None and last.is_open and last.has_made_another and not self._is_repeatable():
            settlement = Settlement.UNDECIDABLE
        if last is not None and settlement is Settlement.UNDECIDABLE:
            raise UndecidedVendorError(
                f"{sender.ledger.name} answered with vendors {last.object_id}, which is not what was sent, and its books have "
                f"no vendor {planned.vendor.name!r}; give one of them this name."
            )
        if last is not None and settlement is Settlement.SEND_AGAIN and not self._is_repeatable():
            if last.intended_at >= self._began:
                raise UndecidedVendorError(
                    f"the answer to its vendor was lost, and {sender.ledger.name} knows no keys, so it is not sent again."
                )
            settlement = Settlement.ABANDON_AND_SEND
        if last is not None and settlement is Settlement.KEEP:
            return last.object_id or ""
        if last is not None and settlement is Settlement.SEND_AGAIN:
            made = yield from sender.send_again(last)
        else:
            if last is not None and settlement is Settlement.ABANDON_AND_SEND:
                key = "no longer knows its key" if self._is_repeatable() else "knows no keys"
                sender.abandon(last, f"{sender.ledger.name} {key} and has no such vendor")
            request = vendor_request(sender.ledger, planned)
            intent = Intent(subject=vendor_subject(planned), version=0, kind=_VENDORS, request=request)
            made = yield from sender.send(intent)
        vendor_id = made.object_id or ""
        if not sender.is_dry:
            audit_log.log("vendor_created", object_id=vendor_id, trace_id=made.trace_id)
        self._created(CreatedVendor(id=vendor_id, name=planned.vendor.name))
        return vendor_id

    def _is_repeatable(self) -> bool:
        """Whether the ledger answers a repetition under one key as it did the first time; it need not know of vendors."""
        try:
            return ability_of(self._sender.ledger, _VENDORS).honours_key
        except WrongAnswerError:
            return False
