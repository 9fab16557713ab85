"""What of wrong settings can be read, so that all their mistakes are told at once and not one round after the other.

What is wrong is taken out, or replaced by a stand-in where it has to be there. Whatever is said about a stand-in, or about
what was taken out, is no mistake of its own.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar, cast

import attrs

S = TypeVar("S")
P = TypeVar("P", bound=str)

_MOST_ROUNDS = 8
_STEP = re.compile(r"\.?([\w\-]+)|\[(\d+)\]")
_UNKNOWN = re.compile(r"unknown key ([\w\-]+)")
_MEANT = re.compile(r"did you mean ([\w\-]+)\?")
_MISSING = re.compile(r"the key ([\w\-]+) is missing")
# A key in a sentence stands between back quotes, or is no word of the language.
_KEY = re.compile(r"(?<=`)\w+(?=`)|\w+(?= = )|[a-z]+_[a-z_]+")
_ENTRY = re.compile(r"\w+\[\d+\]")
# Stands in no settings file that people write, nor in messages about one.
_STAND_IN = "\ue000unread "
_SAME = "is about the same already"


@attrs.frozen(kw_only=True)
class Salvaged(Generic[S]):
    """Settings without what is wrong in them; `broken` are the places of that, such as ``entities[0].card_account``."""

    settings: S
    broken: frozenset[str]

    def means(self, problem: str, place: str) -> bool:
        """Whether a mistake that was found in these settings is one of the file too."""
        text = f"{place}: {problem}"
        entries = {found[0] for each in self.broken if (found := _ENTRY.match(each))}
        if _STAND_IN.strip() in text or (_SAME in problem and any(each in text for each in entries)):
            return False
        keys = {each.rpartition(".")[2].partition("[")[0] for each in self.broken}
        if not keys.isdisjoint(_KEY.findall(problem)):
            return False
        return not any(place == each or place.startswith((f"{each}.", f"{each}[")) for each in self.broken)

    def of_the_file(self, problems: Iterable[P]) -> list[P]:
        """Of mistakes in the form ``place: text``, those that are the file's too."""
        split = ((each, *each.partition(": ")[::2]) for each in problems)
        return [each for each, place, told in split if self.means(told, place)]


def salvage(
    table: dict[str, Any], read: Callable[[dict[str, Any]], S], messages_of: Callable[[dict[str, Any]], Sequence[str]]
) -> Salvaged[S] | None:
    """What can be read of a table; None where nothing makes sense without what is wrong.

    `messages_of` gives the mistakes of a table in the form ``text @ path``, none where it can be `read`.
    """
    mended, numbers = copy.deepcopy(table), itertools.count()
    broken, tried = set[str](), set[str]()
    for _ in range(_MOST_ROUNDS):
        messages = messages_of(mended)
        if not messages:
            return Salvaged(settings=read(mended), broken=frozenset(broken))
        for message in reversed(messages):
            text, _, path = message.rpartition(" @ ")
            place, meant = path.lstrip("."), _MEANT.search(text)
            unknown, missing = _UNKNOWN.match(text), _MISSING.match(text)
            if unknown is not None and meant is not None:
                broken.add(f"{place}.{meant[1]}".lstrip("."))
            if unknown is not None:
                place = f"{place}.{unknown[1]}".lstrip(".")
            if not place:
                return None
            broken.add(place)
            new = _instead(place, f"{_STAND_IN}{next(numbers)}", is_missing=missing is not None, again=place in tried)
            tried.add(place)
            if not _put(mended, place, new):
                return None
    return None


def _instead(place: str, stand_in: str, *, is_missing: bool, again: bool) -> object:
    """What comes in the place of something wrong; None for nothing."""
    if place.endswith("]"):
        # Where a text does not do, an empty table gets stand-ins of its own.
        return {} if again else stand_in
    return stand_in if is_missing else None


def _put(table: dict[str, Any], place: str, new: object) -> bool:
    """Put something at a place, or take out what is there; whether there is such a place."""
    steps: list[str | int] = [int(index) if index else key for key, index in _STEP.findall(place)]
    within: Any = table
    try:
        for step in steps[:-1]:
            within = within[step]
        if new is None and isinstance(within, dict):
            cast("dict[str | int, object]", within).pop(steps[-1], None)
        else:
            within[steps[-1]] = new
    except (KeyError, IndexError, TypeError):
        return False
    return True
