"""Telling the source what became of its records, in batches, after the journal knows."""

from __future__ import annotations

from bridge.decisions import ReasonCode, Refuse, Skip
from bridge.export.journal.protocol import Journal, write_noted
from bridge.export.reporting import audit_log
from bridge.export.reporting.report import Posted, Unreported, Warned
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
        ReasonCode.CHANGED_SINCE_PLAN,
        ReasonCode.MAPPER_FAILED,
        ReasonCode.MISSING_ACCOUNT,
        ReasonCode.NOTHING_MAPPED,
        ReasonCode.NOT_IN_LEDGER,
        ReasonCode.NOT_NOW,
        ReasonCode.NOT_POSTED_YET,
        ReasonCode.NO_TIME_ZONE,
        ReasonCode.POSSIBLE_DOUBLE,
        ReasonCode.POSTED_SEVERAL_TIMES,
        ReasonCode.UNREADABLE,
    }
)


class Reporter:
    """Results on their way to the source; `report` sends them. For one thread."""

    def __init__(self, source: Source, journal: Journal, settings: Settings, tally: Tally) -> None:
        self._source, self._journal, self._settings, self._tally = source, journal, settings, tally
        self._pending = list[Told]()
        # Refusals are kept back for as long as every record is refused for one reason.
        self._kept_back = list[Told]()
        self._reasons: frozenset[str] | None = None
        self._refused, self._is_doubtful = 0, True

    def __len__(self) -> int:
        return len(self._pending)

    def posted(self, posted: Posted) -> None:
        """A record is in the ledger, or its document was taken out of it."""
        self._release()
        if posted.is_removed:
            self._pending.append(Told(record_id=posted.record.id))
            return
        link = self._settings.object_address(posted.kind, posted.id)
        self._pending.append(Told(record_id=posted.record.id, object_id=posted.id, link=link))

    def settled(self, nothing: Skip) -> None:
        """A record is done although nothing was posted for it: it moves no money, or a person has booked it."""
        self._release()
        self._pending.append(Told(record_id=nothing.record.id))

    def refused(self, refused: Refuse) -> None:
        """A record cannot be posted, which the source hears where the settings say so, and the record is what is wrong.

        Where all records of a run are refused for one reason, that is more likely a wrong setting than their fault.
        """
        codes = frozenset(each.code.value for each in refused.reasons)
        self._refused += 1
        self._reasons = codes if self._reasons is None else self._reasons & codes
        if not self._reasons:
            self._release()
        if self._settings.report_refusals and not any(each.code in _NOT_OF_THE_RECORD for each in refused.reasons):
            message = "; ".join(str(reason) for reason in refused.reasons)
            told = Told(record_id=refused.record.id, refusal=message)
            (self._kept_back if self._is_doubtful else self._pending).append(told)

    def decide(self) -> Warned | None:
        """At the end of a run: what is kept back is told, or is not and a person is warned."""
        if not self._kept_back:
            return None
        if self._refused == 1:
            self._release()
            return None
        self._kept_back.clear()
        code = min(self._reasons or {""})
        text = (
            f"all {self._refused} records of this run are refused for one reason, {code}: that looks like a wrong setting, "
            f"so {self._source.name} was not told; mend it, or let the run have a record that can be posted"
        )
        return Warned(record_id="", code="all_refused", text=text)

    def report(self) -> None:
        """Send what is pending. What an interruption leaves is pending still.

        Raises:
            ApiError: The source cannot be told; `give_up` says so of what is pending.
            JournalError: The journal cannot be written, before the source is told or after that.
        """
        if not self._pending:
            return
        write_noted(self._journal)
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

    def leave(self, record_id: str, why: str) -> None:
        """The source is not told of a record in this run."""
        self._unreported(Unreported(record_id=record_id, why=why))

    def _release(self) -> None:
        self._pending += self._kept_back
        self._kept_back.clear()
        self._is_doubtful = False

    def _unreported(self, unreported: Unreported) -> None:
        self._tally.unreported(unreported)
        audit_log.unreported(unreported)
