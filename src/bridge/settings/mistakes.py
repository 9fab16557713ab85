"""What is wrong with settings: a text, and the place in them that it is about."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Self, TypeAlias

import attrs

from clientkit.field_problems import place_of

#: The way to a value by keys and positions in arrays, such as ``("entities", 0, "card_account")``; empty for all of it.
KeyPath: TypeAlias = tuple[str | int, ...]


@attrs.frozen
class Mistake:
    """One thing that is wrong with settings.

    `about` are the other places that it follows from; where one of them cannot be read, nobody knows whether it is a mistake
    at all. `source` and `line` are those of the file, as far as they are known. A warning lets an export go on.
    """

    text: str
    path: KeyPath = ()
    about: tuple[KeyPath, ...] = attrs.field(default=(), kw_only=True)
    is_warning: bool = attrs.field(default=False, kw_only=True)
    source: str = attrs.field(default="", kw_only=True)
    line: int | None = attrs.field(default=None, kw_only=True)

    @property
    def wrong_path(self) -> KeyPath:
        """The way to what has to be changed."""
        return self.path

    def __str__(self) -> str:
        where = self.source if self.line is None else f"{self.source} line {self.line}"
        return ": ".join(each for each in (where, place_of(self.path), self.text) if each)


@attrs.frozen
class UnknownKey(Mistake):
    """A key that is none, in the table that `path` leads to; `meant` is the one that it resembles."""

    key: str = attrs.field(kw_only=True)
    meant: str | None = attrs.field(default=None, kw_only=True)

    @property
    def wrong_path(self) -> KeyPath:
        """The way to the key."""
        return (*self.path, self.key)


@attrs.frozen
class MissingKey(Mistake):
    """A key that has to be there and is not; `path` leads to where it would be."""


class Problem(str):
    """A `Mistake` in the words that a person reads, with the mistake."""

    __slots__ = ("mistake",)

    mistake: Mistake

    def __new__(cls, mistake: Mistake) -> Self:
        """A problem, in words."""
        made = super().__new__(cls, mistake)
        made.mistake = mistake
        return made

    @property
    def is_warning(self) -> bool:
        """Whether an export goes on all the same."""
        return self.mistake.is_warning

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.mistake,)


def by_line(problems: Iterable[str]) -> list[str]:
    """Problems in the order of the lines that they are about, those without a line first."""
    return sorted(problems, key=lambda each: (each.mistake.line or 0) if isinstance(each, Problem) else 0)


def repeated(
    key: str, values: Iterable[Hashable], *, advice: str = "is about the same already; take one of them out"
) -> Iterator[Mistake]:
    """The entries of the array `key` whose values are those of an earlier one, of which `advice` says what to do."""
    first = dict[Hashable, int]()
    for index, value in enumerate(values):
        if (before := first.setdefault(value, index)) != index:
            text = f"{key}[{before}] {advice}"
            yield Mistake(text, (key, index), about=((key, before), (key, index)))
