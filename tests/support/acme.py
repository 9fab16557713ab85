"""A small ledger of a caller's own: entries that are found by listing them, replaced or deleted when a record changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import attrs
from typing_extensions import override

import brex_accounting.testing
from brex_accounting import Record
from brex_accounting.testing.records import card_expense, gl
from bridge import (
    Bridge,
    Draft,
    Form,
    Found,
    OnDelete,
    PlannedVendor,
    Post,
    Ref,
    Settings,
)
from bridge.export import Ability, Attempt, Export, Journal, LookUp, Sent
from clientkit import (
    Answer,
    BaseClient,
    Model,
    NotFoundError,
    Problem,
    Request,
    Service,
    body_fields,
    field_text,
    loads,
    new_call_context,
    segment,
)
from clientkit.testing import Asked, StandIn, json_answer, no_wait
from support import own_entries
from support.own_entries import US, EntriesAlone, NewEntry, entry_form, found_entry, lines_of, named_by


@attrs.frozen(kw_only=True)
class Entry(NewEntry):
    id: str


@attrs.frozen(kw_only=True)
class Entries(Model):
    entries: tuple[Entry, ...] = ()


class Acme(StandIn):
    """The service. `spoils` may give an error in the place of the answer to a request that was carried out."""

    def __init__(self) -> None:
        super().__init__()
        self.entries = dict[str, dict[str, object]]()
        self.made = 0
        self.spoils: Callable[[Asked], Answer | None] = lambda _: None

    @override
    def respond(self, asked: Asked) -> Answer:
        answer = self._carry_out(asked)
        return self.spoils(asked) or answer

    def _carry_out(self, asked: Asked) -> Answer:
        if asked.method == "POST":
            self.made += 1
            return self._keep(f"e{self.made}", asked)
        if asked.path == "/entries":
            return json_answer(200, {"entries": list(self.entries.values())})
        entry_id = asked.path.rpartition("/")[2]
        if entry_id not in self.entries:
            return json_answer(404, {"message": "there is no such entry"})
        if asked.method == "PUT":
            return self._keep(entry_id, asked)
        if asked.method == "DELETE":
            del self.entries[entry_id]
            return Answer(status=204)
        return json_answer(200, self.entries[entry_id])

    def _keep(self, entry_id: str, asked: Asked) -> Answer:
        self.entries[entry_id] = {**json.loads(asked.content), "id": entry_id}
        return json_answer(200, self.entries[entry_id])

    def amounts(self) -> list[str]:
        """The debit of each entry."""
        entries = loads(json.dumps({"entries": list(self.entries.values())}).encode(), Entries).entries
        return sorted(str(each.lines[0].amount) for each in entries)


def _problem(answer: Answer) -> Problem:
    return Problem(detail=field_text(body_fields(answer) or {}, "message"))


_SERVICE = Service(name="Acme Books", headers={}, trace_header="x-trace-id", read_problem=_problem)


@attrs.frozen(kw_only=True)
class EntryDocument(own_entries.EntryDocument):
    """An entry that is answered with what was made, and may be replaced."""

    @override
    def create(self) -> Request[Any]:
        return Request(method="POST", path="/entries", body=self.payload, returns=Entry)

    @override
    def replace(self, present: Found) -> Request[Any]:
        return Request(method="PUT", path=f"/entries/{segment(present.ref.id)}", body=self.payload, returns=Entry)


def acme_entry(draft: Draft) -> Post | None:
    """The mapper."""
    return draft.finish(EntryDocument, lines=lines_of(draft))


class AcmeLedger(EntriesAlone):
    """The ledger; tests override what is to go wrong."""

    name = "Acme Books"
    pacer = None

    def __init__(self, acme: Acme, *, replaces: bool = False) -> None:
        context = new_call_context(_SERVICE, base_url="http://localhost", token="a-key")
        self.client = BaseClient(context, acme.transport(), sleep=no_wait)
        self._ability = Ability(is_found=True, deletes=True, replaces=replaces)

    @property
    def requests_sent(self) -> int:
        return self.client.requests_sent

    def ability(self, kind: str) -> Ability:
        del kind
        return self._ability

    def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
        del since, sources
        listed = self.client.execute(Request(method="GET", path="/entries", returns=Entries)).entries
        return named_by(map(self.found, listed), subjects)

    def get(self, ref: Ref) -> Found | None:
        request = Request(method="GET", path=f"/entries/{segment(ref.id)}", returns=Entry)
        try:
            return self.found(self.client.execute(request))
        except NotFoundError:
            return None

    def send(self, attempt: Attempt) -> Sent:
        body = attempt.payload or None
        answered = self.client.answer(Request(method=attempt.method, path=attempt.path, body=body, returns=bytes))
        made = loads(answered.content, Entry) if answered.content else None
        return Sent(id=made.id if made else "", content=answered.content, trace_id=answered.trace_id)

    def answers(self, attempt: Attempt, sent: Sent) -> bool:
        return loads(sent.content, Entry).memo == loads(attempt.payload, NewEntry).memo

    def delete(self, ref: Ref) -> Request[Any]:
        return Request[None](method="DELETE", path=f"/entries/{segment(ref.id)}")

    def create_vendor(self, planned: PlannedVendor) -> Request[Any]:
        raise TypeError(planned)

    def form_of(self, kind: str, content: bytes) -> Form | None:
        del kind
        entry = loads(content, NewEntry)
        return entry_form(entry.day, entry.lines)

    def found(self, entry: Entry) -> Found:
        """An entry as the engine knows it."""
        return found_entry(entry.id, entry)


def spent(amount: str, record_id: str, version: int = 1) -> Record:
    """A card expense that Brex offers."""
    return card_expense(amount, coding=[gl("6100")], record_id=record_id, version=version)


class World:
    """A company with Acme Books, and Brex beside it."""

    def __init__(self, journal: Journal, *records: Record) -> None:
        self.acme, self.journal = Acme(), journal
        self.brex = brex_accounting.testing.StandIn(records)

    def export(self, ledger: AcmeLedger, mapper: Callable[[Draft], Post | None] = acme_entry) -> Export:
        bridge = Bridge(
            Settings(entities=(US,), reference_type=None, on_delete=OnDelete.DELETE),
            mappers={"CARD_EXPENSE_POST": mapper},
        )
        return Export(self.brex.client(), ledger, bridge, journal=self.journal)

    def change(self, amount: str, record_id: str) -> None:
        """Brex has another amount now."""
        known = self.brex.records[record_id]
        changed = spent(amount, record_id, known.version + 1)
        now = self.journal.now()
        self.brex.add(attrs.evolve(changed, updated_at=now, review_status=known.review_status))
