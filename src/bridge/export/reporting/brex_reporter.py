"""Telling Brex what became of its records, in batches, after the journal knows."""

from __future__ import annotations

import brex_accounting
from brex_accounting import Exported, ExportFailure, ExportSuccess, NotExported, ReportStatus
from bridge.decisions import Refused
from bridge.export.engine.attempts import Journal
from bridge.export.reporting import audit_log
from bridge.export.reporting.report import Posted, Unreported
from bridge.export.reporting.tally import Tally
from bridge.mappers.summaries import MOST_MEMBERS
from bridge.settings.values import Settings

_TAKEN = frozenset({ReportStatus.REPORTED, ReportStatus.ALREADY_EXPORTED})


class Telling:
    """Results on their way to Brex; `tell` sends them. For one thread."""

    def __init__(self, brex: brex_accounting.Client, journal: Journal, settings: Settings, tally: Tally) -> None:
        self._brex, self._journal, self._settings, self._tally = brex, journal, settings, tally
        self._pending = list[Exported | NotExported]()

    def __len__(self) -> int:
        return len(self._pending)

    def posted(self, posted: Posted) -> None:
        """A record is in Rillet."""
        template = self._settings.rillet_link
        link = template.replace("{kind}", posted.kind).replace("{id}", posted.id) if template else None
        success = ExportSuccess(reference_id=posted.id, deep_link_url=link)
        self._pending.append(Exported(accounting_record_id=posted.record.id, success=success))

    def refused(self, refused: Refused) -> None:
        """A record cannot be posted, which Brex hears where the settings say so."""
        if self._settings.report_refusals:
            message = "; ".join(str(reason) for reason in refused.reasons)
            failure = ExportFailure(error_message=message.encode("ascii", "replace").decode())
            self._pending.append(NotExported(accounting_record_id=refused.record.id, failure=failure))

    def tell(self) -> None:
        """Send what is pending. What an interruption leaves is pending still.

        Raises:
            ApiError: Brex cannot be told; `give_up` says so of what is pending.
            JournalError: Brex was told, and the journal cannot be written.
        """
        if not self._pending:
            return
        outcomes = self._brex.export_results.report_all(self._pending, batch=MOST_MEMBERS)
        self._pending.clear()
        taken = [each.accounting_record_id for each in outcomes if each.status in _TAKEN]
        self._tally.reported(taken)
        for record_id in taken:
            audit_log.reported(record_id)
        for each in outcomes:
            if each.status not in _TAKEN:
                state = f"; it is {each.review_status}" if each.review_status else ""
                why = f"Brex does not take the result: {each.error or each.status.value}{state}"
                self._unreported(Unreported(record_id=each.accounting_record_id, why=why))
        self._journal.reported(taken)

    def give_up(self, why: str) -> None:
        """Brex does not have what is pending."""
        for each in self._pending:
            self._unreported(Unreported(record_id=each.accounting_record_id, why=why))
        self._pending.clear()

    def _unreported(self, unreported: Unreported) -> None:
        self._tally.unreported(unreported)
        audit_log.unreported(unreported)
