"""What of wrong settings can be read, so that all their mistakes are told at once and not one round after the other.

What is wrong is taken out, or replaced by a stand-in where it has to be there. Whatever is said about a stand-in, or about
what was taken out, is no mistake of its own.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar, cast

import attrs

from bridge.settings.mistakes import KeyPath, MissingKey, Mistake, Problem, UnknownKey

S = TypeVar("S")

_MOST_ROUNDS = 8
# Stands in no settings file that people write.
_STAND_IN = "\ue000unread "


@attrs.frozen(kw_only=True)
class Salvaged(Generic[S]):
    """Settings without what is wrong in them; `broken` are the places of that, such as ``("entities", 0, "card_account")``."""

    settings: S
    broken: frozenset[KeyPath]

    def has(self, mistake: Mistake) -> bool:
        """Whether a mistake that was found in these settings is one of the file too."""
        return not any(
            _is_within(mistake.path, each) or any(_overlap(place, each) for place in mistake.about)
            for each in self.broken
        )

    def of_the_file(self, problems: Iterable[Problem]) -> list[Problem]:
        """Of problems that were found in these settings, those that are the file's too."""
        return [each for each in problems if self.has(each.mistake)]


def salvage(
    table: dict[str, Any],
    read: Callable[[dict[str, Any]], S],
    mistakes_of: Callable[[dict[str, Any]], Sequence[Mistake]],
) -> Salvaged[S] | None:
    """What can be read of a table; None where nothing makes sense without what is wrong.

    `mistakes_of` gives the mistakes of a table, none where it can be `read`.
    """
    mended, numbers = copy.deepcopy(table), itertools.count()
    broken, tried = set[KeyPath](), set[KeyPath]()
    for _ in range(_MOST_ROUNDS):
        mistakes = mistakes_of(mended)
        if not mistakes:
            return Salvaged(settings=read(mended), broken=frozenset(broken))
        for mistake in reversed(mistakes):
            if isinstance(mistake, UnknownKey):
                broken.update(_meant(mistake, mended))
            place = mistake.wrong_path
            if not place:
                return None
            broken.add(place)
            stand_in = f"{_STAND_IN}{next(numbers)}"
            new = _instead(place, stand_in, is_missing=isinstance(mistake, MissingKey), again=place in tried)
            tried.add(place)
            if not _put(mended, place, new):
                return None
    return None


def _meant(unknown: UnknownKey, table: dict[str, Any]) -> Iterator[KeyPath]:
    """The places of the keys that may have been meant."""
    if unknown.meant is not None:
        yield (*unknown.path, unknown.meant)
    if unknown.key not in table:
        # A key of the whole file that has come under the header of a table.
        yield (unknown.key,)


def _is_within(inner: KeyPath, outer: KeyPath) -> bool:
    return inner[: len(outer)] == outer


def _overlap(one: KeyPath, other: KeyPath) -> bool:
    return _is_within(one, other) or _is_within(other, one)


def _instead(place: KeyPath, stand_in: str, *, is_missing: bool, again: bool) -> object:
    """What comes in the place of something wrong; None for nothing."""
    if isinstance(place[-1], int):
        # Where a text does not do, an empty table gets stand-ins of its own.
        return {} if again else stand_in
    return stand_in if is_missing else None


def _put(table: dict[str, Any], place: KeyPath, new: object) -> bool:
    """Put something at a place, or take out what is there; whether there is such a place."""
    within: Any = table
    try:
        for step in place[:-1]:
            within = within[step]
        if new is None and isinstance(within, dict):
            cast("dict[str | int, object]", within).pop(place[-1], None)
        else:
            within[place[-1]] = new
    except (KeyError, IndexError, TypeError):
        return False
    return True
