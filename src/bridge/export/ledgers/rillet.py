"""Rillet as a ledger: a snapshot of its books, look-ups, and what it can do with each kind of document."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, TypeAlias, cast

import attrs

import rillet
from bridge.books import Books
from bridge.decisions import Post
from bridge.documents.form import Form
from bridge.documents.protocol import Found, PlannedVendor, Ref
from bridge.documents.rillet import BillDocument, new_vendor
from bridge.documents.rillet_forms import form_of_bytes, found
from bridge.export.engine.attempts import Attempt, is_record, summary_subject
from bridge.export.engine.facts import Step
from bridge.export.ledgers.protocol import Ability, File, Ledger, LookUp, Sent
from bridge.mappers.summaries import digest_of
from clientkit import codec
from clientkit.codec import CodecError
from clientkit.errors import Call, NotFoundError, UnreadableAnswerError
from clientkit.pacing import Pacer
from clientkit.requests import Request
from clientkit.wire import Answer, Answered
from rillet import (
    Bill,
    BillOperations,
    BillStatus,
    Charge,
    ChargeOperations,
    ExpenseItem,
    JournalEntry,
    JournalEntryOperations,
    Reimbursement,
    ReimbursementOperations,
    VendorOperations,
)

# The clocks of the two services differ; looking a day further back costs at most a page.
_CLOCK_MARGIN = timedelta(days=1)
# The answer to a new key tells of an object that was made at the moment of the answer, or nearly.
_MOMENT = timedelta(seconds=2)
_BILLS, _CHARGES, _REIMBURSEMENTS, _ENTRIES = "bills", "charges", "reimbursements", "journal-entries"

_Listed: TypeAlias = Charge | Reimbursement | Bill | JournalEntry

#: By kind; what Rillet's operations offer (https://docs.api.rillet.com/reference). A payment of a bill has no reference.
ABILITIES: Mapping[str, Ability] = MappingProxyType(
    {
        _BILLS: Ability(replaces=True, deletes=True, is_found=True, honours_key=True, takes_files=True, spends=True),
        _CHARGES: Ability(deletes=True, is_found=True, honours_key=True, takes_files=True, spends=True),
        _REIMBURSEMENTS: Ability(deletes=True, is_found=True, honours_key=True, spends=True),
        _ENTRIES: Ability(replaces=True, deletes=True, is_found=True, honours_key=True),
        "vendors": Ability(replaces=True, deletes=True, is_found=True, honours_key=True),
        "bills/payments": Ability(deletes=True, honours_key=True),
    }
)


@attrs.frozen(kw_only=True)
class _Created:
    """What counts of Rillet's answer to a write; the rest is kept as it came."""

    id: str = ""
    updated_at: datetime | None = None
    external_references: tuple[rillet.ExternalReference, ...] = ()
    name: str = ""
    extra: codec.Extra = codec.unknown_fields()


# The steps that make a new bill; by the others the bill that is there stays.
_MAKING = frozenset({Step.CREATE.value, Step.REPOST.value})

_CREATED: type[_Created | None] = _Created


class RilletLedger:
    """The books of a Rillet organization. `reference_type` is that of the external references by which objects are found."""

    name = "Rillet"

    def __init__(self, client: rillet.Client, reference_type: str | None) -> None:
        self.client, self.reference_type = client, reference_type

    @property
    def pacer(self) -> Pacer | None:
        """Rillet takes 60 requests a minute."""
        return self.client.pacer

    @property
    def requests_sent(self) -> int:
        """How many requests were sent so far."""
        return self.client.requests_sent

    def ability(self, kind: str) -> Ability:
        """What Rillet can do with a kind; without a reference type only journal entries are found again."""
        able = ABILITIES.get(kind if _bill_of(kind) is None else "bills/payments", Ability())
        if self.reference_type is None and kind not in {_ENTRIES, "vendors"}:
            return attrs.evolve(able, is_found=False)
        return able

    def snapshot(self) -> Books:
        """Everything but the bills."""
        return load_books(self.client)

    def with_bills(self, books: Books) -> Books:
        """The snapshot with every bill."""
        return with_bills(books, self.client)

    def with_planned(self, books: Books, posts: Sequence[Post]) -> Books:
        """The snapshot with the bills that a plan would create."""
        made = [each for each in posts if isinstance(each.document, BillDocument) and each.step in _MAKING]
        gone = {each.record.id for each in made}
        kept = (each for each in books.bills if gone.isdisjoint(reference.id for reference in each.external_references))
        return attrs.evolve(books, bills=(*kept, *map(_planned, made)))

    def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
        """See `Ledger.find`: found by external reference, and journal entries by their names."""
        by_subject, by_source = dict[str, tuple[Found, ...]](), dict[str, tuple[Found, ...]]()
        unmarked = list[Found]()
        wanted, origins = set(subjects), set(sources)
        for each in self._changed(since - _CLOCK_MARGIN):
            for subject in self._subjects(each):
                if subject in wanted or not is_record(subject):
                    by_subject[subject] = (*by_subject.get(subject, ()), each)
            for source in each.sources & origins:
                by_source[source] = (*by_source.get(source, ()), each)
            if each.ref.kind == _ENTRIES and each.mark is None and digest_of(_name_of(each)) is None:
                unmarked.append(each)
        return LookUp(by_subject=by_subject, by_source=by_source, unmarked=tuple(unmarked))

    def get(self, ref: Ref) -> Found | None:
        """One object, or one payment of a bill."""
        bill_id = _bill_of(ref.kind)
        if bill_id is not None:
            return next((each for each in self._payments(ref.kind, bill_id) if each.ref == ref), None)
        try:
            match ref.kind:
                case "bills":
                    return self._found(ref.kind, self.client.bills.get(ref.id))
                case "charges":
                    return self._found(ref.kind, self.client.charges.get(ref.id))
                case "reimbursements":
                    return self._found(ref.kind, self.client.reimbursements.get(ref.id))
                case _:
                    return self._found(ref.kind, self.client.journal_entries.get(ref.id))
        except NotFoundError as error:
            _check_gone(error)
            return None

    def alike(self, ref_kind: str, form: Form) -> tuple[Found, ...]:
        """Payments of a bill that equal one in day, amount and account."""
        there = self._payments(ref_kind, ref_kind.split("/")[1])
        return tuple(each for each in there if each.form.equals(form))

    def send(self, attempt: Attempt) -> Sent:
        """Send exactly these bytes under this key."""
        request = Request[_Created | None](
            method=attempt.method,
            path=attempt.path,
            returns=_CREATED if attempt.takes_id else None,
            body=attempt.payload or None,
            takes_key=attempt.method == "POST",
            idempotency_key=attempt.key or None,
        )
        answered = self.client.answer(request)
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
        """Whether the answered object carries the record's own reference or name, where it carries one at all."""
        try:
            created = codec.structure(codec.parse(sent.content), _Created)
        except CodecError:
            return True
        own = {each.id for each in created.external_references if each.type == self.reference_type}
        if not is_record(attempt.subject):
            return True
        if own and attempt.kind in {_BILLS, _CHARGES, _REIMBURSEMENTS}:
            return attempt.subject in own
        return not created.name or attempt.kind != _ENTRIES or f"Brex {attempt.subject}:" in created.name

    def upload(self, attempt: Attempt, ref: Ref, file: File) -> Sent:
        """Attach a file to a bill or a charge."""
        upload = BillOperations.upload_document if ref.kind == _BILLS else ChargeOperations.upload_document
        request = upload.build(ref.id, file.filename, file.content, file.content_type, idempotency_key=attempt.key)
        answered = _understood(self.client.answer(request), request)
        return Sent(id=ref.id, content=answered.content, trace_id=answered.trace_id)

    def delete(self, ref: Ref) -> Request[Any]:
        """The request that deletes an object."""
        bill_id = _bill_of(ref.kind)
        if bill_id is not None:
            return BillOperations.delete_payment.build(bill_id, ref.id)
        match ref.kind:
            case "bills":
                return BillOperations.delete.build(ref.id)
            case "charges":
                return ChargeOperations.delete.build(ref.id)
            case "reimbursements":
                return ReimbursementOperations.delete.build(ref.id)
            case _:
                return JournalEntryOperations.delete.build(ref.id)

    def create_vendor(self, planned: PlannedVendor) -> Request[Any]:
        """The request that creates a vendor."""
        return VendorOperations.create.build(new_vendor(planned))

    def form_of(self, kind: str, content: bytes) -> Form | None:
        """The form of what was sent or answered."""
        return form_of_bytes(kind, content)

    def _payments(self, kind: str, bill_id: str) -> tuple[Found, ...]:
        """The payments of a bill; none where the bill is gone."""
        try:
            return tuple(self._found(kind, each) for each in self.client.bills.list_payments(bill_id))
        except NotFoundError as error:
            _check_gone(error)
            return ()

    def _found(self, kind: str, value: _Listed | rillet.BillPayment) -> Found:
        return found(kind, value, reference_type=self.reference_type)

    def _changed(self, since: datetime) -> Iterator[Found]:
        listings: dict[str, Iterable[_Listed]] = {
            _CHARGES: self.client.charges.list(updated_after=since, limit=100),
            _REIMBURSEMENTS: self.client.reimbursements.list(updated_after=since, limit=100),
            _BILLS: self.client.bills.list(updated_after=since, limit=100),
        }
        for kind, listing in listings.items() if self.reference_type is not None else ():
            for each in listing:
                yield self._found(kind, each)
        for entry in self.client.journal_entries.list(updated_after=since, limit=100):
            yield self._found(_ENTRIES, entry)

    def _subjects(self, each: Found) -> Iterator[str]:
        """The record that it was posted for, or the summary."""
        if each.mark is not None:
            yield each.mark.subject
        elif each.ref.kind == _ENTRIES and (digest := digest_of(_name_of(each))) is not None:
            yield summary_subject(digest)
        else:
            # A person may have given it the record's id alone.
            yield from each.sources


def ledger_of(given: rillet.Client | Ledger, reference_type: str | None) -> Ledger:
    """The ledger behind a client of Rillet, or the one that was given."""
    return RilletLedger(given, reference_type) if isinstance(given, rillet.Client) else given


def load_books(client: rillet.Client) -> Books:
    """A snapshot of Rillet, except for the bills."""
    return Books(
        accounts=tuple(client.accounts.list()),
        subsidiaries=tuple(client.subsidiaries.list()),
        fields=tuple(client.fields.list()),
        vendors=tuple(client.vendors.list(limit=100)),
        tax_rates=tuple(client.tax_rates.list()),
        last_closed=last_closed(client),
    )


def with_bills(books: Books, client: rillet.Client) -> Books:
    """The snapshot with every bill that Rillet has, for payments to find theirs."""
    return attrs.evolve(books, bills=tuple(client.bills.list(limit=100)))


def _moment_of(headers: Mapping[str, str], attempt: Attempt) -> datetime:
    """When Rillet answered, by its own clock where it tells, so that other clocks do not matter."""
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC) - _MOMENT
    except (KeyError, ValueError):
        return attempt.intended_at


def _planned(post: Post) -> Bill:
    bill = cast("BillDocument", post.document).payload.bill
    lines = enumerate(bill.items)
    return Bill(
        id=f"planned:{post.record.id}",
        vendor_id=bill.vendor_id,
        expense_number=bill.expense_number,
        items=tuple(
            ExpenseItem(id=f"line {number}", account_code=each.account_code, amount=each.amount)
            for number, each in lines
        ),
        bill_date=bill.bill_date,
        due_date=bill.due_date,
        status=BillStatus.UNPAID,
        impact_date=bill.impact_date,
        subsidiary_id=bill.subsidiary_id,
        external_references=tuple(bill.external_references),
        exchange_rate=bill.exchange_rate,
    )


def _bill_of(kind: str) -> str | None:
    """The id of the bill in the kind of its payments, None of every other kind."""
    parts = kind.split("/")
    return parts[1] if len(parts) == 3 else None


def _name_of(found: Found) -> str:
    return found.raw.name if isinstance(found.raw, JournalEntry) else ""


def last_closed(client: rillet.Client) -> date | None:
    """The last day of the closed books, None where nothing has been closed."""
    try:
        return client.book_periods.last_closed().end
    except rillet.NotFoundError:
        # Rillet's way to say that nothing has been closed yet.
        return None


def _understood(answered: Answered[None], request: Request[None]) -> Answered[None]:
    """The answer to an upload, which has no body or one of JSON; the page of a proxy says nothing about the file."""
    if answered.content:
        try:
            codec.parse(answered.content)
        except CodecError as error:
            call = Call(service="Rillet", method=request.method, path=request.path)
            answer = Answer(status=answered.status, headers=answered.headers, content=answered.content)
            raise UnreadableAnswerError(call, answer, answered.trace_id, reason=str(error)) from error
    return answered


def _check_gone(error: NotFoundError) -> None:
    """Raise where it is a proxy's page, which does not tell that anything is gone."""
    if error.is_from_service:
        return
    reason = "it answered 404 without its own words, so nothing is known of the object"
    raise UnreadableAnswerError(error.call, error.answer, error.trace_id, reason=reason) from error
