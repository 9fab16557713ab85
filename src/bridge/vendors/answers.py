"""Who was found for a company in one snapshot of the books, so that it is looked for once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    def of(self, key: tuple[str | None, ...], settings: object, find: Callable[[], Answer]) -> Answer:
        """What was found for a company, or what `find` gives now."""
        kept = self._kept
        if kept[0] is not settings:
            kept = self._kept = (settings, {})
        found = kept[1].get(key)
        if found is None:
            if len(kept[1]) >= self._most:
                kept[1].clear()
            found = kept[1][key] = find()
        return found
