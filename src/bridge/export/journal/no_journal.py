"""What an export writes down without a journal: nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from bridge.export.engine.attempts import Attempt
from bridge.export.journal.protocol import Held, Journal, Latest, Reasons, Refusal, ShareableJournal
from bridge.mappers.summaries import Member


class NoJournal:
    """Remembers nothing: what Rillet has already is found by reference, and keys make repetitions harmless."""

    who = ""
    forgets = True

    def restate(self, subject: str, content: str) -> None:
        """Writes nothing."""

    def unfinished(self) -> tuple[str, ...]:
        """None."""
        return ()

    def now(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC)

    def claim(self, subject: str) -> bool:  # noqa: ARG002 - nobody else can be seen
        """True."""
        return True

    def claim_all(self, subjects: Sequence[str]) -> frozenset[str]:
        """All of them."""
        return frozenset(subjects)

    def held(self, subject: str) -> Held | None:  # noqa: ARG002 - nobody else can be seen
        """Nobody."""
        return None

    def release(self, subject: str) -> None:
        """Nothing was claimed."""

    def release_all(self, subjects: Iterable[str]) -> None:
        """Nothing was claimed."""

    def attempts(self, subject: str) -> tuple[Attempt, ...]:  # noqa: ARG002 - as above
        """None."""
        return ()

    def attempts_of(self, subjects: Iterable[str]) -> Mapping[str, tuple[Attempt, ...]]:  # noqa: ARG002 - as above
        """None."""
        return {}

    def members(self, subject: str) -> tuple[Member, ...]:  # noqa: ARG002 - as above
        """None."""
        return ()

    def by_object(self, object_id: str) -> tuple[Attempt, ...]:  # noqa: ARG002 - as above
        """None."""
        return ()

    def by_source(self, source: str) -> tuple[Attempt, ...]:  # noqa: ARG002 - as above
        """None."""
        return ()

    def memberships(self, subjects: Iterable[str]) -> Mapping[str, tuple[tuple[str, Member], ...]]:  # noqa: ARG002 - as above
        """None."""
        return {}

    def first_intended_at(self) -> datetime | None:
        """Never."""
        return None

    def latest_of_others(self) -> tuple[datetime, str] | None:
        """Nobody's."""
        return None

    def intend(self, attempt: Attempt) -> None:
        """Writes nothing."""

    def note(self, attempt: Attempt) -> None:
        """Writes nothing."""

    def reported(self, subjects: Iterable[str]) -> None:
        """Writes nothing."""

    def refused(self, subject: str, version: int, reasons: Reasons) -> None:
        """Writes nothing."""

    def refused_all(self, refused: Iterable[tuple[str, int, Reasons]]) -> None:
        """Writes nothing."""

    def refusals(self, subject: str) -> tuple[Refusal, ...]:  # noqa: ARG002 - as above
        """None."""
        return ()

    def latest(self) -> Sequence[Latest]:
        """Nothing."""
        return ()

    def owners(self) -> Mapping[str, str]:
        """Nobody's."""
        return {}

    def bind(self, owners: Mapping[str, str]) -> Mapping[str, str]:
        """Writes nothing."""
        return owners

    def mark(self, name: str) -> str | None:  # noqa: ARG002 - as above
        """Nothing."""
        return None

    def set_mark(self, name: str, value: str) -> None:
        """Writes nothing."""

    def walk(self) -> Iterator[Attempt]:
        """Nothing."""
        return iter(())


def for_exporter(journal: Journal | None) -> Journal:
    """A journal for one exporter alone: two of one journal, each in a thread, keep off what the other has in hand."""
    if journal is None:
        return NoJournal()
    return journal.for_exporter() if isinstance(journal, ShareableJournal) else journal
