"""What the engine knows of a document, whatever the ledger: how it is compared, posted and found again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol, Self, runtime_checkable

import attrs

from brex_accounting import Amount
from bridge.documents.form import Form, FormLine
from bridge.postings import Posting
from bridge.values import NewVendor
from clientkit.requests import Request


@attrs.frozen(kw_only=True)
class PlannedVendor:
    """A vendor that the ledger does not have yet. Records with the same `key` share one; `is_person` tells employees."""

    key: str
    vendor: NewVendor
    is_person: bool = False


@attrs.frozen(kw_only=True)
class Ref:
    """An object of a ledger; `kind` is its path, such as ``charges`` or ``bills/…/payments``."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


@attrs.frozen(kw_only=True)
class Mark:
    """What an object says of itself: the record that it was posted for, in which version, and the digest of its form.

    `digest` is None where an earlier release has marked it. `corrects` tells a correcting entry from a document: `digest`
    is then that of what the document and its corrections say together, and `own` that of the entry. `begins` tells that it
    is the first of two parts, and the second one an entry.
    """

    subject: str
    version: int | None = None
    digest: str | None = None
    corrects: bool = False
    own: str | None = None
    begins: bool = False


@attrs.frozen(kw_only=True)
class Found:
    """An object as the ledger has it now.

    It is free while nothing settles it: no payment, credit or reconciliation (whether its period is open is another
    question; `impact_date` tells the day). `sources` are the other ids that it carries of the source, such as that of a
    bill. `raw` is the ledger's own value, which a replacement keeps what it does not determine of.
    """

    ref: Ref
    form: Form
    impact_date: date | None
    is_free: bool
    mark: Mark | None = None
    sources: frozenset[str] = frozenset()
    raw: object = attrs.field(default=None, repr=False, eq=False)

    @property
    def is_correction(self) -> bool:
        """Whether it is an entry that corrects another object of its record."""
        return self.mark is not None and self.mark.corrects

    @property
    def is_as_marked(self) -> bool | None:
        """Whether it still says what it said when it was posted; None where its mark cannot tell."""
        if self.mark is None or self.mark.digest is None:
            return None
        if self.mark.corrects:
            return self.mark.own == self.form.digest()
        return self.marked_form is not None

    @property
    def marked_form(self) -> Form | None:
        """What it says, as far as its mark tells; None where it no longer says what it said when it was posted."""
        for form in (self.form, self.form.without("products")):
            # What the source did not determine when it was posted was not in the digest. Older marks tell of no products.
            if self.mark is not None and self.mark.digest in {form.digest(), form.without("due").digest()}:
                return form
        return None


class Document(Protocol):
    """Something to post, for one record or a summary of several."""

    @property
    def kind(self) -> str:
        """The kind of object that it becomes, which is also the path, such as ``charges``."""
        ...

    @property
    def noun(self) -> str:
        """The kind for messages, such as ``charge``."""
        ...

    @property
    def impact_date(self) -> date | None:
        """The day on which it counts in the general ledger."""
        ...

    @property
    def party(self) -> str | PlannedVendor | None:
        """The vendor: an id, one that has to be created first, or none."""
        ...

    def with_vendor(self, vendor: str | PlannedVendor, /) -> Self:
        """The document once its vendor is there, or for one that another record creates."""
        ...

    @property
    def payload(self) -> object:
        """What the ledger gets."""
        ...

    def postings(self) -> tuple[Posting, ...]:
        """What it posts, on every account, those that the ledger posts to by itself included."""
        ...

    def spent(self) -> tuple[Amount, ...]:
        """The amounts that were spent, less what was refunded; empty where money only moves.

        Of a changed document an outcome counts them less the lines of the form that stood. Where those are no spending, as
        in a double entry, whose lines come to nothing, it has to be empty too.
        """
        ...

    def form(self) -> Form:
        """Its canonical form, comparable with that of a `Found`."""
        ...

    def create(self) -> Request[Any]:
        """The request that creates it, with the mark by which it is found again."""
        ...

    def replace(self, present: Found) -> Request[Any]:
        """The request that makes the present object say what this document says; what it does not determine stays."""
        ...

    def corrected(self, base: Form, corrections: Sequence[Form]) -> Form | None:
        """What an earlier version of it and its correcting entries say together; None where that cannot be told."""
        ...

    def correction(self, lines: tuple[FormLine, ...], day: date) -> Document | None:
        """An entry that adds these lines to the books on a day, for the same record; None where there can be none."""
        ...


@runtime_checkable
class InTwoParts(Protocol):
    """A document that a ledger takes in two requests, such as a payment with a fee.

    Its `create` makes the first part, as `replace` does, and `rest` is an entry of what it says beyond that, as a correction
    of the first.
    """

    def first(self) -> Form:
        """What the first part says by itself."""
        ...

    def rest(self) -> Document | None:
        """The entry of the rest; None where the first part says it all."""
        ...

    def parts(self) -> tuple[Document, ...]:
        """Each part as a document of its own."""
        ...


def parts_of(document: Document) -> tuple[Document, ...]:
    """The documents that the ledger has of one."""
    return document.parts() if isinstance(document, InTwoParts) else (document,)
