"""Which records stand in the ledger as objects that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from brex_accounting import Record
from bridge.closing.snapshot import UnreadObject
from bridge.documents.protocol import Ref
from bridge.documents.rillet_forms import paid_by
from bridge.export.ledgers.rillet_look_ups import subjects_in
from bridge.unreadable import UnreadableEntry


class UnreadObjects:
    """The objects that cannot be read, each with its kind; found by their ids, and by the records that they name."""

    def __init__(self) -> None:
        self._by_id, self._by_subject = dict[str, UnreadObject](), dict[str, UnreadObject]()
        self._without_id = list[UnreadObject]()

    def __iter__(self) -> Iterator[UnreadObject]:
        return iter((*self._by_id.values(), *self._without_id))

    def add(self, kind: str, entry: UnreadableEntry) -> None:
        """Take in an item of a listing."""
        each = UnreadObject(ref=kind if entry.id is None else str(Ref(kind=kind, id=entry.id)), why=entry.why)
        if entry.id is None:
            self._without_id.append(each)
        else:
            self._by_id.setdefault(entry.id, each)
        self._by_subject.update((subject, each) for subject in subjects_in(entry))

    def add_object(self, ref: Ref, why: str) -> None:
        """Take in an object that was asked for by itself."""
        self._by_id.setdefault(ref.id, UnreadObject(ref=str(ref), why=why))

    def of(self, record: Record, objects: Iterable[Ref], *, is_there: bool) -> UnreadObject | None:
        """What of a record's `objects` cannot be read, or what they pay; where nothing `is_there`, what may be its own."""
        ids = (each for ref in objects for each in (ref.id, *(paid_by(ref.kind) or ())))
        known = next((self._by_id[each] for each in ids if each in self._by_id), None)
        if known is not None or is_there:
            return known
        named = (self._by_subject.get(each) for each in (record.id, record.source_id) if each)
        return next((each for each in named if each is not None), None)
