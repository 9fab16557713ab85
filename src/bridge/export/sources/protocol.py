"""What the engine needs of a source of records. Brex is the first one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

import attrs

from brex_accounting import Record
from bridge.field_sync import FieldWithValues


@attrs.frozen(kw_only=True)
class Unreadable:
    """A record that the source sent and that cannot be read; `id` is None where it has none."""

    id: str | None
    why: str


@attrs.frozen(kw_only=True)
class Page:
    """A part of what a source has: records, what cannot be read of it, and `others`, which were read and are not wanted."""

    records: tuple[Record, ...]
    others: tuple[Record, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


@attrs.frozen(kw_only=True)
class Told:
    """What the source is told of a record: the object in the ledger, if there is one, with a link to it; or why not."""

    record_id: str
    object_id: str | None = None
    link: str | None = None
    refusal: str | None = None


@attrs.frozen(kw_only=True)
class Answer:
    """Whether the source took what it was told of a record, and if not, why."""

    record_id: str
    is_taken: bool
    why: str = ""


class Source(Protocol):
    """Where records come from. Every method raises `ApiError` where the source cannot be asked."""

    @property
    def name(self) -> str:
        """The source in messages, such as ``Brex``."""
        ...

    @property
    def requests_sent(self) -> int:
        """How many requests were sent so far."""
        ...

    def is_offered(self, record: Record) -> bool:
        """Whether the source waits to be told what became of a record."""
        ...

    def is_taken(self, record: Record) -> bool:
        """Whether the source was told that a record is in the ledger."""
        ...

    def pages(
        self, *, ids: Sequence[str] | None, updated_after: datetime | None, changed_since: datetime | None
    ) -> Iterator[Page]:
        """The records that are offered, and those that were taken before and changed after `changed_since`.

        `ids` are the only ones, in whatever state they are; `updated_after` bounds those that are offered.
        """
        ...

    def tell(self, told: Sequence[Told]) -> Sequence[Answer]:
        """Tell the source what became of its records; every record has an answer."""
        ...


@runtime_checkable
class WholeSource(Protocol):
    """A source that also shows what it does not offer: the reports of a close need it."""

    def everything(self) -> Iterator[Page]:
        """Every record, whatever its state. Raises `ApiError`."""
        ...


@runtime_checkable
class CodingSource(Protocol):
    """A source that also tells of the fields that its records are coded with, and of records by what they are about.

    Without it the settings are compared only with what records use, and what others follow has to be in the journal or the
    ledger. Every method raises `ApiError`.
    """

    def fields(self, named: Collection[str]) -> Sequence[FieldWithValues] | None:
        """Its fields; those with a name in `named` with all their values. None where it may not be asked for them."""
        ...

    def about(self, records: Sequence[Record]) -> Iterator[Page]:
        """What the source has of the things that these records are about, in whatever state: what has their `source_id`.

        Other records may be among them.
        """
        ...
