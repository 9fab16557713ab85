"""What two subsidiaries have of one record: the document of the one that paid, and the entry of the one that owes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Self, cast

import attrs

from brex_accounting import Amount
from bridge.documents.form import Form, FormLine, form
from bridge.documents.marks import Origin
from bridge.documents.protocol import Document, Found, PlannedVendor
from bridge.documents.rillet_entries import JournalEntryDocument
from bridge.postings import Posting
from clientkit.requests import Request
from rillet import NewJournalEntry

if TYPE_CHECKING:
    from bridge.documents.rillet import Payload

_TITLE = "intercompany"


@attrs.frozen(kw_only=True)
class IntercompanyPayload:
    """What Rillet gets of a record of two subsidiaries: the document of the one that paid, and the entry of the other one."""

    payer: Payload
    debtor: NewJournalEntry


@attrs.frozen(kw_only=True)
class IntercompanyDocument:
    """One record in the books of two subsidiaries.

    `payer` is the document of the one that paid, with a line for what the other one owes it; `debtor` is the other one's
    entry, with what was spent and what it owes. Both balance by themselves. An entry of Rillet has one subsidiary, so they
    are two requests.
    """

    payer: Document
    debtor: JournalEntryDocument

    @property
    def kind(self) -> str:
        """The kind of the payer's document."""
        return self.payer.kind

    @property
    def noun(self) -> str:
        """The kind for messages."""
        return self.payer.noun

    @property
    def impact_date(self) -> date | None:
        """The day on which both count."""
        return self.payer.impact_date

    @property
    def party(self) -> str | PlannedVendor | None:
        """The vendor of the payer's document."""
        return self.payer.party

    @property
    def payload(self) -> IntercompanyPayload:
        """What Rillet gets."""
        # The documents of another ledger have payloads of their own.
        return IntercompanyPayload(payer=cast("Payload", self._first.payload), debtor=self.rest().payload)

    def with_vendor(self, vendor: str | PlannedVendor, /) -> Self:
        """The document for another vendor."""
        return attrs.evolve(self, payer=self.payer.with_vendor(vendor))

    def postings(self) -> tuple[Posting, ...]:
        """Those of both."""
        return (*self.payer.postings(), *self.debtor.postings())

    def spent(self) -> tuple[Amount, ...]:
        """What was paid, for both."""
        return self.payer.spent()

    def first(self) -> Form:
        """What the payer's document says by itself."""
        return self.payer.form()

    def rest(self) -> JournalEntryDocument:
        """The entry of the one that owes, marked as the second part."""
        return attrs.evolve(self.debtor, title=_TITLE, total=self.form().digest())

    def parts(self) -> tuple[Document, ...]:
        """The payer's document, and the entry."""
        return self.payer, self.rest()

    def form(self) -> Form:
        """The canonical form of both: the payer's, and the lines of the other one, which tell their subsidiary."""
        paid = self.first()
        return form(paid.kind, [*paid.lines, *self._owed], paid.head)

    def create(self) -> Request[Any]:
        """Post the payer's document, without the entry."""
        return self._first.create()

    def replace(self, present: Found) -> Request[Any]:
        """Make the present object the payer's document, without the entry."""
        return self._first.replace(present)

    def corrected(self, base: Form, corrections: Sequence[Form]) -> Form | None:
        """The lines of all, each in the books that it is in."""
        return self.payer.corrected(base, corrections)

    def correction(self, lines: tuple[FormLine, ...], day: date) -> Document | None:
        """An entry of the lines, where all of them are in the books of one of the two; None where they are in both."""
        if lines == self._owed:
            return attrs.evolve(self.rest(), impact_date=day)
        owed = tuple(attrs.evolve(each, subsidiary=None) for each in lines if each.subsidiary is not None)
        if owed and len(owed) < len(lines):
            return None
        entry = self.debtor.correction(owed, day) if owed else self.payer.correction(lines, day)
        total = self.form().digest()
        return attrs.evolve(entry, total=total) if isinstance(entry, JournalEntryDocument) else None

    @property
    def _owed(self) -> tuple[FormLine, ...]:
        there = self.debtor.subsidiary_id
        return tuple(attrs.evolve(each, subsidiary=there) for each in self.debtor.form().lines)

    @property
    def _first(self) -> Document:
        """The payer's document, marked as the first part."""
        origin = getattr(self.payer, "origin", None)
        if not isinstance(origin, Origin):
            return self.payer
        begun: Document = attrs.evolve(self.payer, origin=attrs.evolve(origin, begins=True))  # type: ignore[misc]
        return begun
