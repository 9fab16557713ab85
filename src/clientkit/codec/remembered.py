"""What was made of a text, kept for the next time that the text comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: So much is remembered of one kind; then the memory begins anew.
MOST_REMEMBERED = 4096
#: Longer texts are not kept: few of them come twice, and a service decides how long they are.
_LONGEST = 40


class Remembered(dict[Any, Any]):
    """What `make` makes of a text, made where it is asked for the first time. It has to be a value that never changes."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[Any], object]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, text: Any) -> object:
        made = self._make(text)
        if len(text) <= _LONGEST:
            remember(self, text, made)
        return made


def remember(memory: dict[Any, Any], key: object, made: object) -> None:
    """Keep what was made, and forget the rest where there is too much of it."""
    if len(memory) >= MOST_REMEMBERED:
        memory.clear()
    memory[key] = made
