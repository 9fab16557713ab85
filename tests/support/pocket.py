"""The smallest ledger of a caller's own: entries and vendors in memory, without a service behind it."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import attrs

import brex_accounting.testing
from brex_accounting import Record
from brex_accounting.testing.records import card_expense, gl
from bridge import (
    Bridge,
    Draft,
    Form,
    Found,
    Mapper,
    PlannedVendor,
    Post,
    Ref,
    Settings,
    mark_of_name,
)
from bridge.export import Ability, Attempt, Export, LookUp, Sent, SqlJournal
from clientkit import Request, loads
from support.own_entries import (
    US,
    EntriesAlone,
    EntryDocument,
    NewEntry,
    entry_form,
    found_entry,
    lines_of,
    named_by,
)


def entry(draft: Draft) -> Post | None:
    """The mapper."""
    return draft.finish(EntryDocument, lines=lines_of(draft))


def entry_of_merchant(draft: Draft) -> Post | None:
    """A mapper whose entries need a vendor, who is created where nobody has the name."""
    post = entry(draft)
    merchant = draft.merchant()
    return None if post is None else attrs.evolve(post, document=post.document.with_vendor(merchant or "nobody"))


class PocketLedger(EntriesAlone):
    """The ledger; tests replace single methods."""

    name = "Pocket"
    pacer: Any = None
    requests_sent: Any = 0

    def __init__(self) -> None:
        self.entries = dict[str, NewEntry]()
        self.vendors = dict[str, str]()
        self._guard = threading.Lock()

    def ability(self, kind: str) -> Ability:
        return Ability(is_found=True, deletes=True)

    def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
        del since, sources
        return named_by(map(self._found, tuple(self.entries)), subjects)

    def get(self, ref: Ref) -> Found | None:
        return self._found(ref.id) if ref.id in self.entries else None

    def send(self, attempt: Attempt) -> Sent:
        with self._guard:
            if attempt.method == "DELETE":
                del self.entries[attempt.target.id]
                return Sent(id="", content=b"")
            if attempt.path == "/vendors":
                made = f"s{len(self.vendors) + 1}"
                self.vendors[made] = str(json.loads(attempt.payload)["name"])
            else:
                made = f"e{1 + max((int(each[1:]) for each in self.entries), default=0)}"
                self.entries[made] = loads(attempt.payload, NewEntry)
        return Sent(id=made, content=attempt.payload)

    def answers(self, attempt: Attempt, sent: Sent) -> bool:
        return sent.content == attempt.payload

    def delete(self, ref: Ref) -> Request[Any]:
        return Request[None](method="DELETE", path=f"/entries/{ref.id}")

    def create_vendor(self, planned: PlannedVendor) -> Request[Any]:
        return Request(method="POST", path="/vendors", body={"name": planned.vendor.name}, returns=bytes)

    def form_of(self, kind: str, content: bytes) -> Form | None:
        if kind != "entries":
            return None
        new = loads(content, NewEntry)
        return entry_form(new.day, new.lines)

    def subjects(self) -> list[str]:
        """The record of each entry."""
        marks = (mark_of_name(each.memo) for each in self.entries.values())
        return sorted(mark.subject for mark in marks if mark is not None)

    def _found(self, entry_id: str) -> Found:
        return found_entry(entry_id, self.entries[entry_id])


def spent(count: int = 3, merchant: str = "Cumulus Cloud") -> list[Record]:
    """Card expenses of 1.00, 2.00 and so on: ``accr_1``, ``accr_2``."""
    return [
        card_expense(f"{number}.00", coding=[gl("6100")], merchant=merchant, record_id=f"accr_{number}")
        for number in range(1, count + 1)
    ]


def export_to(
    ledger: PocketLedger,
    records: Sequence[Record],
    *,
    journal: SqlJournal | None = None,
    mapper: Mapper = entry,
    settings: Settings | None = None,
    **options: Any,
) -> Export:
    """An export of these records."""
    brex = brex_accounting.testing.StandIn(records)
    bridge = Bridge(settings or Settings(entities=(US,), reference_type=None), mappers={"CARD_EXPENSE_POST": mapper})
    return Export(brex.client(sleep=lambda _: None), ledger, bridge, journal=journal, **options)
