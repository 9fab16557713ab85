"""Rillet as a ledger: a snapshot of its books, look-ups, and what it can do with each kind of document."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

import rillet
from bridge.books import Books
from bridge.closing.accrual_marks import accrual_mark
from bridge.closing.accruals import Accrual
from bridge.closing.period import Period
from bridge.decisions import Post
from bridge.documents import rillet_accruals
from bridge.documents.form import Form
from bridge.documents.protocol import Document, Found, PlannedVendor, Ref
from bridge.documents.rillet import new_vendor
from bridge.documents.rillet_forms import (
    BILLS,
    CHARGES,
    JOURNAL_ENTRIES,
    REIMBURSEMENTS,
    VENDOR_CREDITS,
    form_of_bytes,
    found,
    paid_by,
)
from bridge.export.engine.attempts import Attempt
from bridge.export.ledgers import rillet_look_ups, rillet_payments
from bridge.export.ledgers.protocol import Ability, File, Ledger, LookUp, NotSentError, Sent
from bridge.export.ledgers.rillet_answers import is_about
from bridge.export.ledgers.rillet_books import (
    bills_of,
    last_closed,
    load_books,
    new_vendors,
    with_bills,
    with_planned,
    with_reimbursements,
    with_these_bills,
)
from bridge.export.ledgers.rillet_look_ups import Listed
from bridge.export.ledgers.rillet_operations import operation_of
from bridge.export.owners import Owner, place_of
from bridge.unreadable import UnreadableEntry
from clientkit import codec
from clientkit.codec import CodecError
from clientkit.errors import ApiError, Call, NotFoundError, StatusError, UnreadableAnswerError
from clientkit.forms import Multipart
from clientkit.pacing import Pacing
from clientkit.requests import Request, segment
from clientkit.verdicts import Verdict
from clientkit.wire import Answer, Answered
from rillet import (
    Bill,
    BillOperations,
    ChargeOperations,
    JournalEntryOperations,
    ReimbursementOperations,
    VendorCreditOperations,
    VendorOperations,
)

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

# The clocks of the two services differ; looking a day further back costs at most a page.
_CLOCK_MARGIN = timedelta(days=1)
# The answer to a new key tells of an object that was made at the moment of the answer, or nearly.
_MOMENT = timedelta(seconds=2)

#: Payments of whatever it is.
PAYMENTS = "payments"

#: By kind; what Rillet's operations offer (https://docs.api.rillet.com/reference). A payment has no reference.
ABILITIES: Mapping[str, Ability] = MappingProxyType(
    {
        BILLS: Ability(replaces=True, deletes=True, is_found=True, honours_key=True, takes_files=True, spends=True),
        CHARGES: Ability(deletes=True, is_found=True, honours_key=True, takes_files=True, spends=True),
        REIMBURSEMENTS: Ability(deletes=True, is_found=True, honours_key=True, takes_files=True, spends=True),
        JOURNAL_ENTRIES: Ability(replaces=True, deletes=True, is_found=True, honours_key=True),
        "vendors": Ability(replaces=True, deletes=True, is_found=True, honours_key=True),
        VENDOR_CREDITS: Ability(replaces=True, deletes=True, is_found=True, honours_key=True, spends=True),
        PAYMENTS: Ability(deletes=True, honours_key=True),
    }
)


@attrs.frozen(kw_only=True)
class _Created:
    """What counts of Rillet's answer to a write; the rest is kept as it came."""

    id: str = ""
    updated_at: datetime | None = None
    extra: codec.Extra = codec.unknown_fields()


_CREATED: type[_Created | None] = _Created


class RilletLedger:
    """The books of a Rillet organization. `reference_type` is that of the external references by which objects are found."""

    name = "Rillet"

    def __init__(self, client: rillet.Client, reference_type: str | None) -> None:
        self.client, self.reference_type = client, reference_type

    @property
    def pacer(self) -> Pacing | None:
        """Rillet takes 60 requests a minute."""
        return self.client.pacer

    @property
    def requests_sent(self) -> int:
        """How many requests were sent so far."""
        return self.client.requests_sent

    def owner(self) -> Owner | None:
        """The organization, in its environment, which every key can read as Rillet documents."""
        try:
            found = self.client.organization.get()
        except StatusError as error:
            if error.verdict is not Verdict.REFUSED:
                raise
            return None
        return Owner(name=f"organization {found.id}", place=place_of(self.client.base_url))

    def ability(self, kind: str) -> Ability:
        """What Rillet can do with a kind; without a reference type only what has its mark in a text is found again."""
        able = ABILITIES.get(kind if paid_by(kind) is None else PAYMENTS, Ability())
        if self.reference_type is None and kind not in {JOURNAL_ENTRIES, VENDOR_CREDITS, "vendors"}:
            return attrs.evolve(able, is_found=False)
        return able

    def snapshot(self) -> Books:
        """Everything but the bills."""
        return load_books(self.client)

    def with_bills(self, books: Books) -> Books:
        """The snapshot with every bill."""
        return with_bills(books, self.client)

    def with_these_bills(self, books: Books, bills: Mapping[str, Ref]) -> Books | None:
        """The snapshot with these bills, each of which names its source by an external reference."""
        if self.reference_type is None or any(ref.kind != BILLS for ref in bills.values()):
            return None
        named = {source: ref.id for source, ref in bills.items()}
        return with_these_bills(books, self.client, named, self.reference_type)

    def bills_of(self, vendor_id: str) -> tuple[Bill, ...]:
        """The bills of a vendor, by Rillet's filter."""
        return bills_of(vendor_id, self.client)

    def with_reimbursements(self, books: Books) -> Books:
        """The snapshot with every reimbursement."""
        return with_reimbursements(books, self.client)

    def with_planned(self, books: Books, posts: Sequence[Post]) -> Books:
        """The snapshot with the bills and reimbursements that a plan would create."""
        return with_planned(books, posts)

    def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
        """See `Ledger.find`: found by external reference, and journal entries by their names."""
        after = since - _CLOCK_MARGIN
        listed = (each for kind in self.kinds_looked_at for each in self.changed(kind, after))
        return rillet_look_ups.look_up(listed, subjects, sources)

    @property
    def kinds_looked_at(self) -> tuple[str, ...]:
        """Everything that records become and that is found again."""
        return rillet_look_ups.kinds_looked_at(self.reference_type)

    @property
    def kinds_of_entries(self) -> frozenset[str]:
        """Summaries and correcting entries are journal entries."""
        return frozenset({JOURNAL_ENTRIES})

    def changed(self, kind: str, after: datetime) -> Iterator[Found | UnreadableEntry]:
        """The objects of a kind that changed after a moment, by Rillet's ``updated.gt``."""
        return rillet_look_ups.changed(self.client, kind, after, reference_type=self.reference_type)

    def changed_at(self, found: Found) -> datetime | None:
        """When Rillet says that it changed last."""
        return found.raw.updated_at if isinstance(found.raw, Listed) else None

    def look_up(
        self, listed: Iterable[Found | UnreadableEntry], subjects: Collection[str], sources: Collection[str]
    ) -> LookUp:
        """What `find` makes of these objects."""
        return rillet_look_ups.look_up(listed, subjects, sources)

    def refreshed(self, books: Books, *, read_at: datetime) -> Books:
        """The snapshot as it is now. What Rillet lists whole is read whole, and of the vendors what changed."""
        return load_books(self.client, with_vendors=lambda client: new_vendors(books, client, read_at))

    def with_closed_periods(self, books: Books) -> Books:
        """The snapshot with the last closed period."""
        return attrs.evolve(books, last_closed=last_closed(self.client))

    def with_numbers(self, books: Books, bills: Sequence[Found]) -> Books:
        """The snapshot with these bills."""
        return attrs.evolve(books, bills=tuple(each.raw for each in bills if isinstance(each.raw, Bill)))

    def get(self, ref: Ref) -> Found | None:
        """One object, or one payment of a bill or a reimbursement."""
        if paid_by(ref.kind) is not None:
            return next((each for each in self._payments(ref.kind) if each.ref == ref), None)
        client = self.client
        one: Mapping[str, Callable[[str], Listed]] = {
            BILLS: client.bills.get,
            CHARGES: client.charges.get,
            REIMBURSEMENTS: client.reimbursements.get,
            VENDOR_CREDITS: client.vendor_credits.get,
        }
        try:
            return self._found(ref.kind, one.get(ref.kind, client.journal_entries.get)(ref.id))
        except NotFoundError as error:
            _check_gone(error)
            return None

    def without(self, found: Found, parts: Collection[Ref]) -> Found:
        """A bill or reimbursement without these payments: it can be changed where no other is left."""
        own = {each.kind for each in parts if paid_by(each.kind) == (found.ref.kind, found.ref.id)}
        left = [each for kind in own for each in self._payments(kind) if each.ref not in parts]
        return attrs.evolve(found, is_free=True) if own and not left else found

    def alike(self, ref_kind: str, form: Form) -> tuple[Found, ...]:
        """Payments of a bill or a reimbursement that equal one in day, amount and account."""
        there = self._payments(ref_kind)
        return tuple(each for each in there if each.form.equals(form))

    def obstacle(self, present: Found, document: Document, books: Books) -> str | None:
        """Why Rillet would not take a payment in the place of another one."""
        return rillet_payments.obstacle(self.client, present, document, books)

    def send(self, attempt: Attempt) -> Sent:
        """Send exactly these bytes under this key."""
        request = Request[_Created | None](
            method=attempt.method,
            path=attempt.path,
            returns=_CREATED if attempt.takes_id else None,
            body=attempt.payload or None,
            takes_key=attempt.method == "POST",
            idempotency_key=attempt.key or None,
            operation=operation_of(attempt.method, attempt.path),
        )
        try:
            answered = self.client.answer(request)
        except ApiError as error:
            if error.is_unsent:
                raise NotSentError(str(error)) from error
            raise
        if request.returns is None:
            _check_words(answered, request)
        created = answered.value
        told = created.updated_at if created is not None and attempt.method == "POST" else None
        is_old = told is not None and told < _moment_of(answered.headers, attempt)
        return Sent(
            id=created.id if created is not None else attempt.object_id or "",
            content=answered.content,
            trace_id=answered.trace_id,
            is_old=is_old,
        )

    def answers(self, attempt: Attempt, sent: Sent) -> bool:
        """Whether nothing that the answer tells says otherwise; see `rillet_answers`."""
        return is_about(attempt, sent.content, reference_type=self.reference_type)

    def upload(self, attempt: Attempt, ref: Ref, file: File) -> Sent:
        """Attach a file to a bill, a charge or a reimbursement.

        That reimbursements take files is not documented, though Rillet shows such; where they do not, it is told.
        """
        request = Request[None](
            method="POST",
            path=f"/{ref.kind}/{segment(ref.id)}",
            body=Multipart(filename=file.filename, content=file.content, content_type=file.content_type),
            takes_key=True,
            idempotency_key=attempt.key,
            operation=f"rillet.{ref.kind.replace('-', '_')}.upload_document",
        )
        answered = self.client.answer(request)
        _check_words(answered, request)
        return Sent(id=ref.id, content=answered.content, trace_id=answered.trace_id)

    def delete(self, ref: Ref) -> Request[Any]:
        """The request that deletes an object."""
        if (paid := paid_by(ref.kind)) is not None:
            of = BillOperations if paid[0] == BILLS else ReimbursementOperations
            return of.delete_payment.build(paid[1], ref.id)
        match ref.kind:
            case "bills":
                return BillOperations.delete.build(ref.id)
            case "charges":
                return ChargeOperations.delete.build(ref.id)
            case "reimbursements":
                return ReimbursementOperations.delete.build(ref.id)
            case "vendor-credits":
                return VendorCreditOperations.delete.build(ref.id)
            case _:
                return JournalEntryOperations.delete.build(ref.id)

    def create_vendor(self, planned: PlannedVendor) -> Request[Any]:
        """The request that creates a vendor."""
        return VendorOperations.create.build(new_vendor(planned))

    def accruals(self, period: Period) -> Mapping[str, tuple[Found, ...]]:
        """The accruals of a month by their subsidiaries' ids, wherever a person has moved them in it."""
        entries = dict[str, tuple[Found, ...]]()
        listing = self.client.journal_entries.list(from_date=period.first, to_date=period.next_day, limit=100)
        for each in listing:
            mark = accrual_mark(each.name)
            if mark is not None and mark.month == str(period):
                one = found(JOURNAL_ENTRIES, each, reference_type=self.reference_type)
                entries[mark.subsidiary_id] = (*entries.get(mark.subsidiary_id, ()), one)
        return entries

    def create_accrual(self, accrual: Accrual) -> Request[Any]:
        """The request that posts a journal entry with a reversal date."""
        return rillet_accruals.create(accrual)

    def replace_accrual(self, present: Found, accrual: Accrual) -> Request[Any]:
        """The request that makes a journal entry the accrual."""
        return rillet_accruals.replace(present, accrual)

    def has_accrual(self, present: Found, accrual: Accrual) -> bool:
        """Whether a journal entry is the accrual, with its reversal date."""
        return rillet_accruals.is_as_wanted(present, accrual)

    def accrual_form(self, accrual: Accrual) -> Form:
        """What the journal entry says about the books."""
        return rillet_accruals.form_of_accrual(accrual)

    def form_of(self, kind: str, content: bytes) -> Form | None:
        """The form of what was sent or answered."""
        return form_of_bytes(kind, content)

    def _payments(self, kind: str) -> tuple[Found, ...]:
        """The payments of a bill or a reimbursement; none where it is gone."""
        of, document_id = paid_by(kind) or (BILLS, "")
        listed = self.client.bills.list_payments if of == BILLS else self.client.reimbursements.list_payments
        try:
            return tuple(self._found(kind, each) for each in listed(document_id))
        except NotFoundError as error:
            _check_gone(error)
            return ()

    def _found(self, kind: str, value: Listed | rillet.BillPayment | rillet.ReimbursementPayment) -> Found:
        return found(kind, value, reference_type=self.reference_type)


def in_loop(given: rillet.AsyncClient | Ledger, loop: AbstractEventLoop) -> rillet.Client | Ledger:
    """A client whose requests the event loop sends, or the ledger that was given."""
    # Who has no event loop loads nothing of one.
    from clientkit.event_loop import blocking_client

    return blocking_client(given, rillet.Client, loop) if isinstance(given, rillet.AsyncClient) else given


def ledger_of(given: rillet.Client | Ledger, reference_type: str | None) -> Ledger:
    """The ledger behind a client of Rillet, or the one that was given."""
    return RilletLedger(given, reference_type) if isinstance(given, rillet.Client) else given


def _moment_of(headers: Mapping[str, str], attempt: Attempt) -> datetime:
    """When Rillet answered, by its own clock where it tells, so that other clocks do not matter."""
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC) - _MOMENT
    except (KeyError, ValueError):
        return attempt.intended_at


def _check_words(answered: Answered[Any], request: Request[Any]) -> None:
    """Raise where the answer to a deletion or an upload is neither empty nor JSON: a proxy's page says nothing about it."""
    if answered.content:
        try:
            codec.parse(answered.content)
        except CodecError as error:
            call = Call(service="Rillet", method=request.method, path=request.path)
            answer = Answer(status=answered.status, headers=answered.headers, content=answered.content)
            raise UnreadableAnswerError(call, answer, answered.trace_id, reason=str(error)) from error


def _check_gone(error: NotFoundError) -> None:
    """Raise where it is a proxy's page, which does not tell that anything is gone."""
    if error.is_from_service:
        return
    reason = "it answered 404 without its own words, so nothing is known of the object"
    raise UnreadableAnswerError(error.call, error.answer, error.trace_id, reason=reason) from error
