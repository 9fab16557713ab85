"""What the page shows and does, without anything of HTTP: what each page tells, and what its buttons begin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import attrs

from bridge.closing import Reconciliation
from bridge.closing import month as month_of_text
from bridge.closing import reconcile as reconciled
from bridge.closing.period import Period, month_of
from bridge.datatable import money
from bridge.export.closing import read_snapshot
from bridge.export.engine.export import Export
from bridge.export.engine.replaying import dismissal_of
from bridge.export.reporting.history import history_of
from bridge.export.reporting.naming import noun
from bridge.export.reporting.report import ExportOutcome
from bridge.export.web.background import Background, Task
from bridge.export.web.listing import listing
from bridge.export.web.overview import Row, Status, row_of
from bridge.export.web.readings import QueueReading, RecordReading, read_queue, read_record
from bridge.export.web.views import (
    ROWS_OF_A_PAGE,
    Query,
    brex_link,
    events,
    record_address,
    rillet_link,
)
from bridge.settings.choices import PageAction

T = TypeVar("T")

_QUEUE = "queue"
_LONGEST_TEXT = 500


class RequestError(Exception):
    """Something that the page does not do; `status` is that of the answer."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class StatusService:
    """Shows what the journal has at once, and reads and acts in the background.

    Every method that shows something raises `RequestError` and `JournalError`. `is_outdated` tells whether the settings are
    others by now than those of the export.
    """

    def __init__(self, export: Export, background: Background, is_outdated: Callable[[], bool] = lambda: False) -> None:
        self._export, self._background, self.is_outdated = export, background, is_outdated
        self._settings = export.bridge.settings

    def read_queue(self) -> None:
        """Begin to read what waits in Brex, and what would become of it."""
        self._background.read(_QUEUE, "reading Brex and Rillet", lambda: read_queue(self._export))

    def records(self, *, status: str, words: str, page: str) -> dict[str, object]:
        """The list of records."""
        query = Query(status=_status(status), words=words[:_LONGEST_TEXT].strip(), page=_number(page))
        reading, read_at = self._queue()
        shown = listing(
            self._export.journal,
            reading,
            read_at,
            status=query.status,
            words=query.words,
            first=(query.page - 1) * ROWS_OF_A_PAGE,
            size=ROWS_OF_A_PAGE,
        )
        query = attrs.evolve(query, page=shown.first // ROWS_OF_A_PAGE + 1)
        counts, pages = shown.counts, max((shown.count + ROWS_OF_A_PAGE - 1) // ROWS_OF_A_PAGE, 1)
        return {
            "tabs": [
                (each, counts[each], query.address(status=each))
                for each in Status
                if counts[each] or each in {Status.HELD, Status.REFUSED, Status.WAITING, Status.POSTED}
            ],
            "all_count": sum(counts.values()),
            "all_address": query.address(status=None),
            "query": query,
            "rows": shown.rows,
            "count": shown.count,
            "first": shown.first,
            "pages": pages,
            "newer": query.address(page=query.page - 1) if query.page > 1 else None,
            "older": query.address(page=query.page + 1) if query.page < pages else None,
            "now": self._export.journal.now(),
            "queue": self._background.task(_QUEUE),
            "warnings": () if reading is None else reading.warnings,
            "is_running": _is_running(self._background.task(_QUEUE)),
        }

    def record(self, record_id: str) -> dict[str, object]:
        """A record with its whole history, and what may be done with it."""
        journal = self._export.journal
        row, history = row_of(journal, record_id, *self._queue()), history_of(journal, record_id)
        reading = self._background.task(_reading_key(record_id))
        action = self._background.task(_action_key(record_id))
        seen = _result(reading, RecordReading)
        # What was looked at before something was done with the record says nothing of it any more.
        if seen is not None and action is not None and reading is not None and _is_after(action, reading):
            seen = None
        made = next((each for each in reversed(history.attempts) if each.object_id and each.is_there), None)
        kind = made.kind if made is not None else None if row is None else row.kind
        object_id = made.object_id if made is not None else None if row is None else row.object_id
        return {
            "is_known": row is not None or not history.is_empty or reading is not None,
            "record_id": record_id,
            "address": record_address(record_id),
            "row": row,
            "facts": seen.facts if seen is not None else None if row is None else row.facts,
            "brex_link": brex_link(self._settings, record_id),
            "rillet_link": rillet_link(self._settings, kind, object_id),
            "rillet_object": None if object_id is None or kind is None else f"{noun(kind)} {object_id}",
            "events": events(history, self._settings),
            "members": history.members,
            "reading": reading,
            "seen": seen,
            "action": action,
            "dismissal": dismissal_of(record_id, self._export.journal),
            "money": money,
            "may": self._may(row, seen),
            "now": self._export.journal.now(),
            "is_running": _is_running(reading) or _is_running(action),
        }

    def act(self, record_id: str, action: str, *, by: str, why: str, seen: str, confirmed: bool = False) -> str:
        """Begin what a button of a record's page says; where the page of the record is."""
        name, reason = " ".join(by.split()), why.strip()[:_LONGEST_TEXT]
        export = self._export
        if action == "read":
            self._background.read(
                _reading_key(record_id), "reading this record", lambda: read_record(export, record_id)
            )
            return record_address(record_id)
        if action not in {each.value for each in self._settings.page_actions}:
            raise RequestError("The settings do not allow that on this page (page_actions).", 403)
        if not name:
            raise RequestError("Say who you are: the journal keeps who did what.")
        if action in {PageAction.DISMISS, PageAction.HOLD} and not reason:
            raise RequestError("Say why: the journal keeps it.")
        if action == PageAction.APPROVE and not seen:
            raise RequestError("Look at what is to be posted before you approve it.")
        if (
            action == PageAction.RETRY
            and not confirmed
            and (made := dismissal_of(record_id, self._export.journal)) is not None
        ):
            raise RequestError(f"Confirm that it is to be posted although {made.intended_by} dismissed it.")
        work: dict[str, tuple[str, Callable[[], object]]] = {
            PageAction.APPROVE: (f"approving, as {name}", lambda: self._approved(record_id, name, seen)),
            PageAction.HOLD: (f"holding, as {name}", lambda: self._held(record_id, name, reason)),
            PageAction.DISMISS: (
                f"dismissing, as {name}",
                lambda: _done(export.dismiss(record_id, why=reason, by=name), "It is dismissed, and Brex was told."),
            ),
            PageAction.RETRY: (
                f"trying again, as {name}",
                lambda: _done(
                    export.replay(record_id, even_dismissed=confirmed, by=name),
                    "It was looked at again, and there was nothing to do.",
                ),
            ),
        }
        if not self._background.act(_action_key(record_id), *work[action]):
            raise RequestError("Something is being done with this record at this moment. Wait for it.", 409)
        return record_address(record_id)

    def reconciliation(self, period: str) -> dict[str, object]:
        """The comparison of a month, as it was read last."""
        month = _month(period) if period else self._last_month()
        task = self._background.task(_reconcile_key(month))
        return {
            "period": str(month),
            "task": task,
            "found": _result(task, Reconciliation),
            "money": money,
            "is_running": _is_running(task),
        }

    def reconcile(self, period: str) -> str:
        """Begin to compare a month; its name."""
        month = _month(period)
        self._background.read(
            _reconcile_key(month),
            f"comparing Brex and Rillet for {month}",
            lambda: reconciled(read_snapshot(self._export, month)),
        )
        return str(month)

    def reconciliation_csv(self, period: str) -> tuple[str, str]:
        """The comparison of a month as a file for spreadsheets, with the month's name."""
        month = _month(period)
        found = _result(self._background.task(_reconcile_key(month)), Reconciliation)
        if found is None:
            raise RequestError(f"{month} has not been compared yet.", 404)
        return str(month), found.to_csv()

    def _approved(self, record_id: str, name: str, seen: str) -> str:
        made = self._export.approve(record_id, by=name, seen=seen)
        return f"{made.with_before(f'{made.by} has approved it')}. The next export posts it."

    def _held(self, record_id: str, name: str, why: str) -> str:
        made = self._export.hold(record_id, by=name, why=why)
        return f"{made.by} holds it. It is not posted until somebody else approves it."

    def _queue(self) -> tuple[QueueReading | None, datetime | None]:
        """What was read of the queue last, and when."""
        task = self._background.task(_QUEUE)
        return _result(task, QueueReading), None if task is None else task.read_at

    def _may(self, row: Row | None, seen: RecordReading | None) -> frozenset[str]:
        """What makes sense for the record, of what the settings allow."""
        status = None if row is None else row.status
        sense = {
            PageAction.APPROVE: status is Status.HELD and seen is not None and seen.seen is not None,
            PageAction.HOLD: status in {Status.WAITING, Status.REFUSED},
            PageAction.DISMISS: status in {Status.WAITING, Status.REFUSED, Status.HELD},
            PageAction.RETRY: status in {Status.WAITING, Status.REFUSED, Status.UNCLEAR, Status.DISMISSED},
        }
        return frozenset(each.value for each in self._settings.page_actions if sense[each])

    def _last_month(self) -> Period:
        first = self._export.journal.now().date().replace(day=1)
        return month_of(first - timedelta(days=1))


def _done(outcome: ExportOutcome, otherwise: str) -> str:
    """What a run of one record came to, in sentences. Raises `ValueError` with them where it is not done."""
    told = [f"It is in Rillet now: {noun(each.kind)} {each.id}." for each in outcome.posted if each.id]
    told += [f"It is not posted: {reason}" for each in (*outcome.held, *outcome.refused) for reason in each.texts]
    told += [f"It could not be posted for now: {each.why}" for each in outcome.failed]
    told += [f"Somebody else has it in hand: {each.why}" for each in outcome.elsewhere]
    told += [f"Brex could not be told: {each.why}" for each in outcome.unreported]
    told += [f"It ended early: {outcome.stopped}"] if outcome.stopped else []
    if not outcome.complete or outcome.elsewhere:
        raise ValueError("\n".join(told))
    return "\n".join(told or [otherwise])


def _reading_key(record_id: str) -> str:
    return f"record {record_id}"


def _action_key(record_id: str) -> str:
    return f"action {record_id}"


def _reconcile_key(month: Period) -> str:
    return f"reconcile {month}"


def _result(task: Task | None, kind: type[T]) -> T | None:
    return task.result if task is not None and isinstance(task.result, kind) else None


def _is_running(task: Task | None) -> bool:
    return task is not None and task.is_running


def _is_after(action: Task, reading: Task) -> bool:
    return reading.read_at is not None and (action.ended is None or action.ended > reading.read_at)


def _month(text: str) -> Period:
    try:
        return month_of_text(text)
    except ValueError as error:
        raise RequestError(f"{error}.") from None


def _status(text: str) -> Status | None:
    return next((each for each in Status if each.value == text), None)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 7 else 1
