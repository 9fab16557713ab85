"""Telling the source what became of its records, in batches, after the journal knows."""

from __future__ import annotations

from bridge.decisions import Nothing, ReasonCode, Refused
from bridge.export.journal.protocol import Journal
from bridge.export.reporting import audit_log
from bridge.export.reporting.report import Posted, Unreported
from bridge.export.reporting.tally import Tally
from bridge.export.sources.protocol import Source, Told
from bridge.settings.values import Settings

# What a person mends elsewhere, such as in the ledger, the settings or a mapper: the source would take the record out of its
# queue for good.
_NOT_OF_THE_RECORD = frozenset(
    {
        ReasonCode.CHANGED_AFTER_EXPORT,
        ReasonCode.CHANGED_ON_BOTH_SIDES,
        ReasonCode.DELETED_IN_LEDGER,
        ReasonCode.DIFFERS_IN_LEDGER,
        ReasonCode.HELD,
        ReasonCode.MAPPER_FAILED,
        ReasonCode.MISSING_ACCOUNT,
        ReasonCode.NOTHING_MAPPED,
        ReasonCode.NOT_IN_LEDGER,
        ReasonCode.NOT_NOW,
        ReasonCode.NO_TIME_ZONE,
        ReasonCode.POSSIBLE_DOUBLE,
        ReasonCode.POSTED_SEVERAL_TIMES,
    }
)


class Reporter:
    """Results on their way to the source; `report` sends them. For one thread."""

    def __init__(self, source: Source, journal: Journal, settings: Settings, tally: Tally) -> None:
        self._source, self._journal, self._settings, self._tally = source, journal, settings, tally
        self._pending = list[Told]()

    def __len__(self) -> int:
        return len(self._pending)

    def posted(self, posted: Posted) -> None:
        """A record is in the ledger, or its document was taken out of it."""
        if posted.is_removed:
            self._pending.append(Told(record_id=posted.record.id))
            return
        template = self._settings.rillet_link
        link = template.replace("{kind}", posted.kind).replace("{id}", posted.id) if template else None
        self._pending.append(Told(record_id=posted.record.id, object_id=posted.id, link=link))

    def settled(self, nothing: Nothing) -> None:
        """A record is done although nothing was posted for it: it moves no money, or a person has booked it."""
        self._pending.append(Told(record_id=nothing.record.id))

    def refused(self, refused: Refused) -> None:
        """A record cannot be posted, which the source hears where the settings say so, and the record is what is wrong."""
        if self._settings.report_refusals and not any(each.code in _NOT_OF_THE_RECORD for each in refused.reasons):
            message = "; ".join(str(reason) for reason in refused.reasons)
            self._pending.append(Told(record_id=refused.record.id, refusal=message))

    def report(self) -> None:
        """Send what is pending. What an interruption leaves is pending still.

        Raises:
            ApiError: The source cannot be told; `give_up` says so of what is pending.
            JournalError: The source was told, and the journal cannot be written.
        """
        if not self._pending:
            return
        answers = self._source.tell(self._pending)
        self._pending.clear()
        taken = [each.record_id for each in answers if each.is_taken]
        self._tally.reported(taken)
        for record_id in taken:
            audit_log.reported(record_id)
        for each in answers:
            if not each.is_taken:
                why = f"{self._source.name} does not take the result: {each.why}"
                self._unreported(Unreported(record_id=each.record_id, why=why))
        self._journal.reported(taken)

    def give_up(self, why: str) -> None:
        """The source does not have what is pending."""
        for each in self._pending:
            self._unreported(Unreported(record_id=each.record_id, why=why))
        self._pending.clear()

    def _unreported(self, unreported: Unreported) -> None:
        self._tally.unreported(unreported)
        audit_log.unreported(unreported)
