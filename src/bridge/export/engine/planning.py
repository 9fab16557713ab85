"""What a plan comes to: the results of a walk on which nothing was sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from brex_accounting import Record
from bridge.books import Books
from bridge.decisions import Decision, Post, Reason, ReasonCode, Refuse, Skip, SkipCode
from bridge.documents.protocol import Ref
from bridge.export.engine.calls import drive
from bridge.export.engine.one_run import RunParts
from bridge.export.engine.sender import DrySender
from bridge.export.engine.tasks.open_attempt import SENT_AGAIN
from bridge.export.engine.tasks.protocol import Done
from bridge.export.ledgers.protocol import Ledger
from bridge.export.reporting.report import CreatedVendor, Elsewhere, Failed, Posted, RecordResult, Warned
from bridge.plan import Plan, kind_name
from bridge.wording import Wording

_SENT_FIRST = "what an earlier run began for it is sent again first; what becomes of it now is decided after that"


def planned(
    parts: RunParts,
    *,
    updated_after: datetime | None = None,
    changed_since: datetime | None = None,
    only: Sequence[Record] = (),
) -> Plan:
    """What a run would do, or what would become of these records alone, whatever their state; see `Export.plan`."""
    planning = Planning(parts.ledger, parts.bridge.wording)
    walk = parts.walk(DrySender(parts.ledger, parts.journal), planning.created, planning.warned)
    walk.begin(updated_after=updated_after, changed_since=changed_since, replayed=only)
    for each in walk.survey.unreadable:
        planning.unread(each.id, each.why)
    for tasks, context in walk.batches(planning.with_bills):
        for task in tasks:
            planning.take(drive(task.carry_out(context)))
    for told in walk.uncarried():
        planning.warned(told)
    return planning.plan(walk.books)


class Planning:
    """Takes the results of a plan's walk, in their order."""

    def __init__(self, ledger: Ledger, wording: Wording) -> None:
        self._ledger, self._wording = ledger, wording
        self._outcomes = list[Decision]()
        self._warnings = list[Warned]()
        self._unreadable = 0

    def created(self, vendor: CreatedVendor) -> None:
        """A vendor would be created; its post says so too."""
        del vendor

    def warned(self, warned: Warned) -> None:
        """A person should look at something."""
        self._warnings.append(warned)

    def unread(self, record_id: str | None, why: str) -> None:
        """A record cannot be read."""
        self._unreadable += 1
        self.warned(Warned(record_id=record_id or "", code="unreadable", text=f"it cannot be read: {why}"))

    def take(self, done: Done) -> None:
        """Take what would become of some records."""
        self._outcomes += [_outcome(each, self._wording) for each in done.results]
        self._warnings += done.warned

    def with_bills(self, books: Books) -> Books:
        """The books with the bills that the plan creates, so that their payments find them."""
        return self._ledger.with_planned(books, [each for each in self._outcomes if isinstance(each, Post)])

    def plan(self, books: Books) -> Plan:
        """The plan as a value, made with these books."""
        warnings = tuple(_text(each) for each in self._warnings)
        return Plan(outcomes=tuple(self._outcomes), warnings=warnings, books=books, unreadable=self._unreadable)


def _text(warned: Warned) -> str:
    return f"{warned.record_id}: {warned.text}" if warned.record_id else warned.text


def _outcome(result: RecordResult, wording: Wording) -> Decision:
    match result:
        case Posted() if result.document is not None and not result.adopted:
            return Post(record=result.record, document=result.document, step=result.step, correction=result.correction)
        case Posted() if result.step == SENT_AGAIN:
            return Refuse(record=result.record, reasons=(Reason(code=ReasonCode.NOT_NOW, text=_SENT_FIRST),))
        case Posted():
            why, code = f"its {_one(result.ref)} {wording.is_there}", SkipCode.IN_LEDGER
            if result.is_removed:
                why, code = f"its {_one(result.ref)} would be deleted", SkipCode.TO_DELETE
            return Skip(record=result.record, why=why, code=code)
        case Failed() | Elsewhere():
            return Refuse(record=result.record, reasons=(Reason(code=ReasonCode.NOT_NOW, text=result.why),))
        case _:
            return result


def _one(ref: Ref) -> str:
    """One object in words, such as ``journal entry 91cb`` of ``journal-entries``."""
    return f"{kind_name(ref.kind.rpartition('/')[2])} {ref.id}"
