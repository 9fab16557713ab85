"""What a run knows of the records that others follow, such as the reimbursements of payouts: where they are, or why not."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence

import attrs

from brex_accounting import Record
from bridge.books import Books
from bridge.decisions import ReasonCode, Refuse, Skip, SkipCode
from bridge.documents.form import form_of_json
from bridge.export.engine.attempts import documents_there
from bridge.export.engine.calls import Calls
from bridge.export.engine.tasks.open_attempt import SENT_AGAIN
from bridge.export.engine.tasks.protocol import Done, Task, TaskContext
from bridge.export.journal.protocol import Journal
from bridge.export.ledgers.protocol import LookUp
from bridge.export.reporting.report import Failed, Posted, RecordResult
from bridge.export.sources.protocol import CodingSource, Source
from bridge.followed import Followed, bills_paid_by, follows, together
from bridge.settings.values import Settings

_GONE = frozenset({ReasonCode.DELETED_IN_LEDGER, ReasonCode.NOT_IN_LEDGER})
_ELSEWHERE = frozenset({SkipCode.BEFORE_START, SkipCode.DISMISSED})


class Origins:
    """Looked for in this order: what the run did, the journal, the ledger, the source. `note` is for any thread."""

    def __init__(self, source: Source, journal: Journal, looked: LookUp) -> None:
        self._source, self._journal, self._looked = source, journal, looked
        self._known = dict[str, dict[str, Followed]]()
        self._refused = dict[str, Refuse | Failed]()
        self._asked = dict[str, tuple[Record, ...]]()
        self._guard = threading.Lock()

    def look_again(self, looked: LookUp) -> None:
        """Go on with what the ledger was seen to have later."""
        self._looked = looked

    def note(self, results: Iterable[RecordResult]) -> None:
        """Remember what became of records that others may follow."""
        for each in results:
            source = each.record.source_id
            if source is None or follows(each.record):
                continue
            with self._guard:
                if isinstance(each, Posted) and not each.is_removed:
                    # A plan cannot tell whether what is sent again will be there, and no object has an id yet.
                    missing = _sent_again(each.record.id) if each.step == SENT_AGAIN and not each.id else None
                    told = Followed(record=each.record, subsidiary_id=_subsidiary(each), missing=missing)
                    self._known.setdefault(source, {})[each.record.id] = told
                elif isinstance(each, Skip) and each.code in _ELSEWHERE:
                    self._known.setdefault(source, {})[each.record.id] = Followed(record=each.record)
                elif isinstance(each, Refuse | Failed):
                    self._refused[source] = each

    def learn(self, records: Sequence[Record], settings: Settings, books: Books) -> None:
        """Ask the source, once for all, of what these records follow that nothing else tells of. Raises `ApiError`.

        A bill of the books is found by its reference, whenever it was posted.
        """
        unknown = [
            each
            for each in records
            if follows(each)
            and each.source_id not in self._asked
            and self._elsewhere(each) is None
            and not bills_paid_by(each, settings, books)
        ]
        if not unknown or not isinstance(self._source, CodingSource):
            return
        found = dict[str, list[Record]]()
        for page in self._source.about(unknown):
            for record in page.records:
                if record.source_id is not None and not follows(record):
                    found.setdefault(record.source_id, []).append(record)
        for each in unknown:
            if each.source_id is not None:
                self._asked[each.source_id] = tuple(found.get(each.source_id, ()))

    def of(self, record: Record) -> Followed | None:
        """What is known of the record that this one follows; None where it follows none, and where nothing is known."""
        kinds, source = follows(record), record.source_id
        if not kinds or source is None:
            return None
        if (told := self._elsewhere(record)) is not None:
            return told
        there = [each for each in self._asked.get(source, ()) if each.type in kinds]
        taken = together(Followed(record=each) for each in there if self._source.is_taken(each))
        if taken is not None:
            return taken
        return Followed(record=there[0], missing=_missing(there[0].id, "")) if there else None

    def _elsewhere(self, record: Record) -> Followed | None:
        """What the run, the journal and the ledger tell."""
        source = record.source_id or ""
        refused = self._refused.get(source)
        if isinstance(refused, Refuse) and any(each.code in _GONE for each in refused.reasons):
            return Followed(missing=_missing(refused.record.id, _why(refused)))
        if (known := self._known.get(source)) is not None:
            return together(known.values())
        there = together(self._in_journal(record, source)) or together(self._in_ledger(record, source))
        if there is None and refused is not None:
            return Followed(missing=_missing(refused.record.id, _why(refused)))
        return there

    def _in_journal(self, record: Record, source: str) -> Iterator[Followed]:
        others = (each for each in self._journal.by_source(source) if each.subject != record.id)
        for made in documents_there(others):
            told = (form_of_json(each.form).head.get("subsidiary") for each in made if each.form is not None)
            yield Followed(subsidiary_id=next((each for each in told if each is not None), None))

    def _in_ledger(self, record: Record, source: str) -> Iterator[Followed]:
        for each in self._looked.by_source.get(source, ()):
            if each.mark is None or (each.mark.subject != record.id and not each.mark.corrects):
                yield Followed(subsidiary_id=each.form.head.get("subsidiary"))


@attrs.frozen(kw_only=True)
class NotedTask:
    """A task whose results are noted for the records that follow its own."""

    task: Task
    origins: Origins

    @property
    def records(self) -> tuple[Record, ...]:
        """Those of the task."""
        return self.task.records

    def carry_out(self, context: TaskContext) -> Calls[Done]:
        """Carry it out, and note what came of it."""
        done = yield from self.task.carry_out(context)
        self.origins.note(done.results)
        return done


def _subsidiary(posted: Posted) -> str | None:
    return None if posted.document is None else posted.document.form().head.get("subsidiary")


def _missing(record_id: str, why: str) -> str:
    because = f", because {why}" if why else ""
    return f"what it follows, the record {record_id}, is not in the ledger{because}; it goes once that is there"


def _sent_again(record_id: str) -> str:
    return (
        f"what it follows, the record {record_id}, is sent again first; what becomes of this one is decided after that"
    )


def _why(result: Refuse | Failed) -> str:
    return result.why if isinstance(result, Failed) else "; ".join(str(each) for each in result.reasons)
