"""The smallest ledger of a caller's own: entries and vendors in memory, without a service behind it."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

import attrs

import brex_accounting.testing
from brex_accounting import Amount, Record, Side
from brex_accounting.testing.records import card_expense, gl
from bridge import (
    Books,
    Bridge,
    Draft,
    Entity,
    Form,
    FormLine,
    Found,
    Mapper,
    Origin,
    PlannedVendor,
    Post,
    Posting,
    Ref,
    Settings,
    form,
    mark_of_name,
)
from bridge.export import Ability, Attempt, Export, File, LookUp, Sent, SqlJournal
from clientkit import Model, Request, loads

US = Entity(name="US", subsidiary="Pocket Inc.", card_account="2100", reimbursement_account="2110")


@attrs.frozen(kw_only=True)
class Line(Model):
    account: str
    amount: Decimal
    currency: str


@attrs.frozen(kw_only=True)
class NewEntry(Model):
    memo: str
    day: date
    lines: tuple[Line, ...]


def entry_form(day: date, lines: Sequence[Line]) -> Form:
    """What an entry says about the books."""
    shown = [FormLine(account=each.account, amount=each.amount, currency=each.currency) for each in lines]
    return form("entries", shown, {"day": day.isoformat()})


@attrs.frozen(kw_only=True)
class EntryDocument:
    """An entry. `party` is not part of it, but has to be there first."""

    kind: str = attrs.field(default="entries", init=False)
    noun: str = attrs.field(default="entry", init=False)
    origin: Origin
    impact_date: date
    lines: tuple[Line, ...]
    party: str | PlannedVendor | None = None

    @property
    def payload(self) -> NewEntry:
        memo = self.origin.name("expense", self.form().digest())
        return NewEntry(memo=memo, day=self.impact_date, lines=self.lines)

    def form(self) -> Form:
        return entry_form(self.impact_date, self.lines)

    def create(self) -> Request[Any]:
        return Request(method="POST", path="/entries", body=self.payload, returns=bytes)

    def postings(self) -> tuple[Posting, ...]:
        return tuple(
            Posting(
                account=each.account,
                side=Side.DEBIT if each.amount > 0 else Side.CREDIT,
                amount=abs(each.amount),
                currency=each.currency,
            )
            for each in self.lines
        )

    def spent(self) -> tuple[Amount, ...]:
        return ()

    def with_vendor(self, vendor: str | PlannedVendor, /) -> Self:
        return attrs.evolve(self, party=vendor)

    def replace(self, present: Found) -> Request[Any]:
        raise TypeError(f"{present.ref} stays")

    def correction(self, lines: tuple[FormLine, ...], day: date) -> None:
        return None

    def corrected(self, base: Form, corrections: Sequence[Form]) -> Form | None:
        return None


def entry(draft: Draft) -> Post | None:
    """The mapper."""
    lines = tuple(
        Line(
            account=each.account,
            amount=each.amount if each.side == Side.DEBIT else -each.amount,
            currency=each.currency,
        )
        for each in draft.coded.known_postings(draft.books)
    )
    return draft.finish(EntryDocument, lines=lines)


def entry_of_merchant(draft: Draft) -> Post | None:
    """A mapper whose entries need a vendor, who is created where nobody has the name."""
    post = entry(draft)
    merchant = draft.merchant()
    return None if post is None else attrs.evolve(post, document=post.document.with_vendor(merchant or "nobody"))


@attrs.frozen(kw_only=True)
class PocketAccount:
    id: str
    code: str
    name: str
    type: str
    subtype: str | None = None
    status: str = "ACTIVE"


@attrs.frozen(kw_only=True)
class PocketCompany:
    id: str = "pocket"
    trade_name: str = "Pocket Inc."
    currency: str = "USD"
    timezone: str = "UTC"


CHART = (
    PocketAccount(id="1", code="6100", name="Software", type="EXPENSE"),
    PocketAccount(id="2", code="2100", name="Brex Card", type="LIABILITY", subtype="Credit Card"),
    PocketAccount(id="3", code="2110", name="Owed to people", type="LIABILITY"),
)


class PocketLedger:
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

    def snapshot(self) -> Books:
        return Books(accounts=CHART, subsidiaries=(PocketCompany(),), ledger=self.name)

    def with_bills(self, books: Books) -> Books:
        return books

    def with_reimbursements(self, books: Books) -> Books:
        return books

    def with_planned(self, books: Books, posts: Sequence[Post]) -> Books:
        return books

    def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
        by_subject = dict[str, tuple[Found, ...]]()
        for each in map(self._found, tuple(self.entries)):
            if each.mark is not None and each.mark.subject in subjects:
                by_subject[each.mark.subject] = (*by_subject.get(each.mark.subject, ()), each)
        return LookUp(by_subject=by_subject)

    def get(self, ref: Ref) -> Found | None:
        return self._found(ref.id) if ref.id in self.entries else None

    def without(self, found: Found, parts: Collection[Ref]) -> Found:
        return found

    def alike(self, ref_kind: str, form: Form) -> tuple[Found, ...]:
        return ()

    def send(self, attempt: Attempt) -> Sent:
        with self._guard:
            if attempt.method == "DELETE":
                del self.entries[attempt.target.id]
                return Sent(id="", content=b"")
            if attempt.path == "/vendors":
                made = f"s{len(self.vendors) + 1}"
                self.vendors[made] = str(json.loads(attempt.payload)["name"])
            else:
                made = f"e{len(self.entries) + 1}"
                self.entries[made] = loads(attempt.payload, NewEntry)
        return Sent(id=made, content=attempt.payload)

    def answers(self, attempt: Attempt, sent: Sent) -> bool:
        return sent.content == attempt.payload

    def delete(self, ref: Ref) -> Request[Any]:
        return Request[None](method="DELETE", path=f"/entries/{ref.id}")

    def upload(self, attempt: Attempt, ref: Ref, file: File) -> Sent:
        raise TypeError("it takes no files")

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
        new = self.entries[entry_id]
        return Found(
            ref=Ref(kind="entries", id=entry_id),
            form=entry_form(new.day, new.lines),
            impact_date=new.day,
            is_free=True,
            mark=mark_of_name(new.memo),
            raw=new,
        )


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
    **options: Any,
) -> Export:
    """An export of these records."""
    brex = brex_accounting.testing.StandIn(records)
    bridge = Bridge(Settings(entities=(US,), reference_type=None), mappers={"CARD_EXPENSE_POST": mapper})
    return Export(brex.client(sleep=lambda _: None), ledger, bridge, journal=journal, **options)
