"""What the engine needs of a ledger. Rillet is the first one; `examples/syspro` shows another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import attrs

from bridge.books import Books
from bridge.closing.accruals import Accrual
from bridge.closing.period import Period
from bridge.decisions import Post
from bridge.documents.form import Form
from bridge.documents.protocol import Document, Found, PlannedVendor, Ref
from bridge.export.engine.attempts import Attempt
from bridge.master_data import Bill
from bridge.unreadable import UnreadableEntry
from clientkit.errors import ApiError
from clientkit.pacing import Pacing
from clientkit.requests import Request


@attrs.frozen(kw_only=True)
class Ability:
    """What a ledger can do with one kind of document.

    `replaces`: a PUT makes it another document. `deletes`: it can be deleted. `is_found`: a look-up by reference or name
    finds it. `honours_key`: a repetition under one idempotency key gives the first answer. `takes_files`: receipts can
    be attached to it. `spends`: the lines of its form are what was spent, as those of a charge; elsewhere money only moves,
    or the lines are a double entry.

    Of a lost answer the next run finds out by `is_found`, or by `honours_key` within the time for which keys count. Without
    either a person has to look.
    """

    replaces: bool = False
    deletes: bool = False
    is_found: bool = False
    honours_key: bool = False
    takes_files: bool = False
    spends: bool = False


@attrs.frozen(kw_only=True)
class Sent:
    """A ledger's answer to an attempt. `id` is that of the object, empty where the answer tells none.

    `is_old` says that the answer shows signs of an earlier time, so that the object has to be looked at.
    """

    id: str
    content: bytes = attrs.field(repr=False)
    trace_id: str | None = None
    is_old: bool = False


@attrs.frozen(kw_only=True)
class LookUp:
    """What a look-up has found.

    `by_subject` holds the documents and corrections of each record, summaries by their subject, and by another id of the
    source what carries nothing but that; `by_source` holds those that carry such an id beside their record's; `unmarked` are objects of a kind that is found by name alone, without one.
    `unreadable` holds by subject, and by the other id of the source, an object that says it and cannot be read.
    """

    by_subject: Mapping[str, tuple[Found, ...]] = attrs.field(factory=dict[str, tuple[Found, ...]])
    by_source: Mapping[str, tuple[Found, ...]] = attrs.field(factory=dict[str, tuple[Found, ...]])
    unmarked: tuple[Found, ...] = ()
    unreadable: Mapping[str, UnreadableEntry] = attrs.field(factory=dict[str, UnreadableEntry])


@attrs.frozen(kw_only=True)
class File:
    """A file to attach to an object."""

    filename: str
    content: bytes = attrs.field(repr=False)
    content_type: str


class NotSentError(ApiError):
    """Nothing of an attempt was sent, as where a signal came while it waited for its turn; `Ledger.send` raises it."""

    is_unsent = True


class UnreadableObjectError(Exception):
    """The ledger has an object for a record that cannot be read, so that nobody knows what stands for it."""


class Ledger(Protocol):
    """The books of one company, for any thread. Every method raises `ApiError` where the ledger cannot be asked."""

    @property
    def name(self) -> str:
        """The ledger in messages, such as ``Rillet``."""
        ...

    @property
    def pacer(self) -> Pacing | None:
        """What bounds the requests in a span of time, for an estimate of the time that is left."""
        ...

    @property
    def requests_sent(self) -> int:
        """How many requests were sent so far."""
        ...

    def ability(self, kind: str) -> Ability:
        """What it can do with a kind of document, such as ``charges`` or ``bills/…/payments``."""
        ...

    def snapshot(self) -> Books:
        """What the mapping looks at, at one moment, without the bills."""
        ...

    def with_bills(self, books: Books) -> Books:
        """The snapshot with every bill, for payments to find theirs and for numbers that come twice; see `SelectiveLedger`."""
        ...

    def with_reimbursements(self, books: Books) -> Books:
        """The snapshot with every reimbursement, for payouts to find theirs."""
        ...

    def with_planned(self, books: Books, posts: Sequence[Post]) -> Books:
        """The snapshot with what a plan would create, as far as payments look for it."""
        ...

    def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
        """What it has for these records, by reference or name, of what was changed after a moment.

        A record under whose id it gives the object of another one, as the mark tells, is refused.
        """
        ...

    def get(self, ref: Ref) -> Found | None:
        """One object as it is now, None where it is not there.

        One with another ref, or with the mark of another record, fails the record, and nothing is written.
        """
        ...

    def without(self, found: Found, parts: Collection[Ref]) -> Found:
        """An object as it will be when these parts of it are gone, such as payments of a bill; a plan asks."""
        ...

    def alike(self, ref_kind: str, form: Form) -> tuple[Found, ...]:
        """Objects of a kind that carries no mark that say the same, such as payments of one bill."""
        ...

    def send(self, attempt: Attempt) -> Sent:
        """Send exactly these bytes under this key."""
        ...

    def answers(self, attempt: Attempt, sent: Sent) -> bool:
        """Whether the answer is about what was sent, as far as the ledger's answers tell.

        It is not asked about a deletion that was answered with nothing.
        """
        ...

    def upload(self, attempt: Attempt, ref: Ref, file: File) -> Sent:
        """Attach a file to an object, under the attempt's key."""
        ...

    def delete(self, ref: Ref) -> Request[Any]:
        """The request that deletes an object, a DELETE; another one is not sent."""
        ...

    def create_vendor(self, planned: PlannedVendor) -> Request[Any]:
        """The request that creates a vendor."""
        ...

    def form_of(self, kind: str, content: bytes) -> Form | None:
        """The form of what was sent or answered, as a journal keeps it; None where it cannot be read.

        Where it raises something, its record is refused until it gives None or a form.
        """
        ...


@runtime_checkable
class AccruingLedger(Ledger, Protocol):
    """A ledger that can also hold accruals, one for each month and subsidiary, and takes them back on the day after."""

    def accruals(self, period: Period) -> Mapping[str, tuple[Found, ...]]:
        """Those of a month by the ids of their subsidiaries. Raises `ApiError`."""
        ...

    def create_accrual(self, accrual: Accrual) -> Request[Any]:
        """The request that posts one."""
        ...

    def replace_accrual(self, present: Found, accrual: Accrual) -> Request[Any]:
        """The request that makes what is there the accrual."""
        ...

    def has_accrual(self, present: Found, accrual: Accrual) -> bool:
        """Whether what is there is the accrual, the day on which it is taken back included."""
        ...

    def accrual_form(self, accrual: Accrual) -> Form:
        """What it says about the books, with the kind of document that it is."""
        ...


@runtime_checkable
class SelectiveLedger(Ledger, Protocol):
    """A ledger that can be asked for some bills, where reading all of them would cost more."""

    def with_these_bills(self, books: Books, bills: Mapping[str, Ref]) -> Books | None:
        """The snapshot with these bills, by the ids that they have in the source, for payments to find theirs.

        None where one of them is not a bill, is not there, cannot be read or does not name that id. Raises `ApiError`.
        """
        ...

    def bills_of(self, vendor_id: str) -> Sequence[Bill]:
        """Every bill of a vendor that can be read, for numbers that come twice. Raises `ApiError`."""
        ...


@runtime_checkable
class ForeseeingLedger(Ledger, Protocol):
    """A ledger that can be asked beforehand whether it takes a document in the place of one that has to be deleted."""

    def obstacle(self, present: Found, document: Document, books: Books) -> str | None:
        """Why it would not, in words; None where nothing is known to be in the way. Raises `ApiError`."""
        ...


@runtime_checkable
class RefreshableLedger(Ledger, Protocol):
    """A ledger that tells what changed after a moment, so that what was read of it can be kept; see `KeptBooks`.

    What was deleted need not show. Every method raises `ApiError`.
    """

    @property
    def reference_type(self) -> str | None:
        """That of the external references by which objects are found; None without."""
        ...

    @property
    def kinds_looked_at(self) -> Sequence[str]:
        """The kinds of objects in which `find` looks."""
        ...

    @property
    def kinds_of_entries(self) -> Collection[str]:
        """Those of them that any record may have an object of, such as summaries and correcting entries."""
        ...

    def changed(self, kind: str, after: datetime) -> Iterator[Found | UnreadableEntry]:
        """The objects of a kind that changed after a moment of the ledger's clock."""
        ...

    def changed_at(self, found: Found) -> datetime | None:
        """When it changed last, by the ledger's clock; None where that is not told."""
        ...

    def look_up(
        self, listed: Iterable[Found | UnreadableEntry], subjects: Collection[str], sources: Collection[str]
    ) -> LookUp:
        """What `find` would make of these objects."""
        ...

    def refreshed(self, books: Books, *, read_at: datetime) -> Books:
        """The snapshot as it is now, of what was read at a moment; vendors that were deleted need not be missing."""
        ...

    def with_closed_periods(self, books: Books) -> Books:
        """The snapshot with the periods that are closed now."""
        ...

    def with_numbers(self, books: Books, bills: Sequence[Found]) -> Books:
        """The snapshot with these bills, for numbers that come twice."""
        ...
