"""The units of work of a run, and what all of them share."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol, TypeVar

import attrs

from brex_accounting import Record
from bridge.books import Books
from bridge.decisions import Reason, ReasonCode, Refuse, Skip, SkipCode
from bridge.documents.protocol import Found, Ref
from bridge.export.engine.calls import Calls, drive
from bridge.export.engine.claims import BusyError, Claims, Locks
from bridge.export.engine.holding import Hold, holds_nothing
from bridge.export.engine.looked_up import object_of
from bridge.export.engine.raised import told
from bridge.export.engine.saved_plan import Permits, permits_all
from bridge.export.engine.sender import NoIdError, Sender
from bridge.export.engine.tasks.bill_payment import BillPayer
from bridge.export.engine.tasks.receipts import ReceiptUploader
from bridge.export.engine.tasks.vendor import VendorCreator
from bridge.export.journal.protocol import Journal, JournalError
from bridge.export.ledgers.own import WrongAnswerError
from bridge.export.ledgers.protocol import Ledger
from bridge.export.reporting.report import Failed, Posted, RecordResult, StopCode, Warned
from bridge.plan import subsidiaries_of
from bridge.settings.values import Settings, SettingsError
from bridge.wording import RECORDS, Wording
from clientkit.errors import AnswerError, ApiError, Call, NoAnswerError
from clientkit.stopping import StoppedError
from clientkit.verdicts import Verdict

R = TypeVar("R", bound=RecordResult)

INTERRUPTED = "it was interrupted"


@attrs.frozen(kw_only=True)
class Stop:
    """Why nothing else should be begun."""

    code: StopCode
    why: str


def stop_of_unread(error: ApiError | JournalError | SettingsError, ledger: str) -> Stop:
    """Why nothing else is begun where something cannot be read that is needed to go on, or does not fit the settings."""
    if isinstance(error, StoppedError):
        return Stop(code=StopCode.INTERRUPTED, why=INTERRUPTED)
    if isinstance(error, JournalError):
        code = StopCode.JOURNAL
    elif isinstance(error, SettingsError) or error.verdict is Verdict.FATAL:
        code = StopCode.SETUP
    else:
        code = StopCode.LEDGER_DOWN if getattr(error, "service", None) == ledger else StopCode.SOURCE_DOWN
    return Stop(code=code, why=str(error))


@attrs.frozen(kw_only=True)
class Done:
    """What came of a unit of work.

    `setback` says that it failed for a reason that may be the service's. `again` says that it may work at the end of this
    run, because another exporter was in its way, and `later` that a later batch or the next run decides. `trace_id` is that of
    the ledger's last answer, and `call` is the one that failed. `reports` says whether the source waits to be told of the
    records. `warned` is what a person should look at.
    """

    results: tuple[RecordResult, ...]
    stop: Stop | None = None
    setback: bool = False
    again: bool = False
    later: bool = False
    trace_id: str | None = None
    call: Call | None = None
    reports: bool = True
    warned: tuple[Warned, ...] = ()


class TaskContext:
    """What all units of work of a run share; for any thread. Without `receipts` none are attached."""

    def __init__(
        self,
        sender: Sender,
        settings: Settings,
        books: Books,
        *,
        vendors: VendorCreator,
        payments: BillPayer,
        receipts: ReceiptUploader | None,
        hold: Hold = holds_nothing,
        wording: Wording = RECORDS,
        permits: Permits = permits_all,
        claims: Claims | None = None,
    ) -> None:
        self.sender, self.settings, self.books, self.hold, self.wording = sender, settings, books, hold, wording
        self.vendors, self.payments, self.receipts, self.permits = vendors, payments, receipts, permits
        self._claims = claims or Claims(sender.journal)
        self._looks, self._locks = dict[Ref, Found | None](), Locks()
        self._attaching = dict[str, Posted]()

    @property
    def ledger(self) -> Ledger:
        """Where documents go."""
        return self.sender.ledger

    @property
    def journal(self) -> Journal:
        """What remembers them."""
        return self.sender.journal

    def claimed(self, subject: str) -> AbstractContextManager[None]:
        """Keep other exporters off a subject; a plan keeps nobody off."""
        if self.sender.is_dry:
            return nullcontext()
        busy = f"another {self.wording.run} has it in hand; the next run sees what came of it"
        return self._claims.holding(subject, busy)

    @contextmanager
    def attaching(self, posted: Posted) -> Generator[None]:
        """Know what is in the ledger while its receipts are attached; `in_ledger` tells it."""
        self._attaching[posted.record.id] = self.named(posted)
        try:
            yield
        finally:
            del self._attaching[posted.record.id]

    def in_ledger(self, record_id: str) -> Posted | None:
        """A record that is posted and whose receipts are being attached; in any thread."""
        return self._attaching.get(record_id)

    def named(self, result: R) -> R:
        """A result with the names of the subsidiaries in whose books it is."""
        if not isinstance(result, Posted) or result.document is None:
            return result
        try:
            return attrs.evolve(result, subsidiary=subsidiaries_of(result.document, self.books))
        except Exception:  # noqa: BLE001 - a document of the caller may raise anything, and it is in the ledger
            return result

    def look(self, record_id: str, ref: Ref) -> Found | None:
        """An object of a record as it is now; raises as `object_of`."""
        return object_of(record_id, ref, self.ledger, self.journal)

    def look_once(self, record_id: str, ref: Ref) -> Found | None:
        """An object that many records of a run share, such as a summary, as it was at the first look."""
        with self._locks.holding(str(ref)):
            if ref not in self._looks:
                self._looks[ref] = self.look(record_id, ref)
            return self._looks[ref]


class Task(Protocol):
    """A unit of work, for one record or several. Never raises for errors of a service or of the journal."""

    @property
    def records(self) -> tuple[Record, ...]:
        """The records that it is about."""
        ...

    def carry_out(self, context: TaskContext) -> Calls[Done]:
        """Do it; what came of each record."""
        ...


def is_right_as_it_is(result: RecordResult) -> bool:
    """Whether a record is not refused, and nothing was written down by which one could tell."""
    if isinstance(result, Posted):
        return result.adopted
    return isinstance(result, Skip) and result.code != SkipCode.DISMISSED


def result_of_error(error: ApiError | BusyError, records: Sequence[Record]) -> Done:
    """What came of records whose request was not answered with an object: refused by the ledger, or to be tried again."""
    text, code = str(error), type(error).__name__
    trace_id = error.trace_id if isinstance(error, AnswerError) else None
    call = error.call if isinstance(error, AnswerError | NoAnswerError) else None
    if isinstance(error, BusyError):
        return Done(results=tuple(Failed(record=each, why=text, code="busy") for each in records), again=error.passes)
    if StoppedError in (type(error), type(error.__cause__)):
        interrupted = Stop(code=StopCode.INTERRUPTED, why=INTERRUPTED)
        if error.is_unsent:
            return Done(results=(), stop=interrupted, later=True)
        text = f"{text} The next run looks for it."
        return Done(
            results=tuple(Failed(record=each, why=text, code="interrupted") for each in records), stop=interrupted
        )
    if isinstance(error, NoIdError):
        return Done(results=tuple(Failed(record=each, why=text, code="no_id") for each in records))
    if error.verdict is Verdict.REFUSED:
        reason = Reason(code=ReasonCode.REJECTED_BY_LEDGER, text=text)
        return Done(results=tuple(Refuse(record=each, reasons=(reason,)) for each in records), trace_id=trace_id)
    is_fatal = error.verdict is Verdict.FATAL
    if not is_fatal:
        text = f"{text} The next run looks for it."
    results = tuple(Failed(record=each, why=text, code=code) for each in records)
    # A bug of the caller's is no sign that the ledger is down.
    is_setback = not is_fatal and not isinstance(error, WrongAnswerError)
    stop = Stop(code=StopCode.SETUP, why=text) if is_fatal else None
    return Done(results=results, stop=stop, setback=is_setback, trace_id=trace_id, call=call)


def carried_out(task: Task, context: TaskContext) -> Done:
    """What comes of a task in this thread. What would end the program has failed alone, and ends the run.

    The threads beside it are in the middle of their own work, which has to be finished and written down.
    """
    try:
        done = drive(task.carry_out(context))
        return attrs.evolve(done, results=tuple(map(context.named, done.results)))
    except Exception:
        raise
    except BaseException as error:  # noqa: BLE001 - a ledger of the caller's may raise SystemExit
        why = told(error)
        text = f"{why}; the next run looks for it"
        failed = (Failed(record=each, why=text, code="interrupted") for each in task.records)
        return Done(results=tuple(failed), stop=Stop(code=StopCode.INTERRUPTED, why=f"{INTERRUPTED}: {why}"))
