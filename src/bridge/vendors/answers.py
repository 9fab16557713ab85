"""Who was found for a company in one snapshot of the books, so that it is looked for once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from bridge.decisions import Reason
    from bridge.documents.protocol import PlannedVendor

    #: The vendor, or one to be created, or the reasons why there is none.
    Answer: TypeAlias = tuple[str | PlannedVendor | None, Sequence[Reason]]

_MOST_KEPT = 10_000


class VendorAnswers:
    """What was found with the settings that were used last; with others it begins anew."""

    def __init__(self, *, most: int = _MOST_KEPT) -> None:
        self._most = most
        # Threads read and replace both together.
        self._kept: tuple[object, dict[tuple[str | None, ...], Answer]] = (None, {})

    def get(self, key: tuple[str | None, ...], settings: object) -> Answer | None:
        """What was found for a company; None where it was not looked for."""
        whose, answers = self._kept
        return answers.get(key) if whose is settings else None

    def keep(self, key: tuple[str | None, ...], settings: object, answer: Answer) -> None:
        """Remember what was found for a company."""
        whose, answers = self._kept
        if whose is not settings or len(answers) >= self._most:
            answers = dict[tuple[str | None, ...], "Answer"]()
            self._kept = settings, answers
        answers[key] = answer
