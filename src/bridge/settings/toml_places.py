"""Where each key of a TOML file stands, for messages about what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import attrs

from bridge.settings.mistakes import KeyPath, Mistake, Problem
from bridge.settings.values import SettingsError

_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?")
_KEY = re.compile(r"\s*([\w\-]+)\s*=")


@attrs.frozen
class TomlText:
    """The text of a file, its name in messages, and the table of it that is meant; the whole file where `table` is empty."""

    text: str = attrs.field(repr=False)
    source: str
    table: KeyPath = ()

    def error(self, mistakes: Iterable[Mistake]) -> SettingsError:
        """The error for these mistakes, each with its line."""
        return SettingsError(tuple(Problem(self._located(each)) for each in mistakes))

    def located(self, problem: str) -> str:
        """A problem with its line, where its place in the settings is known."""
        if isinstance(problem, Problem) and problem.mistake.path and not problem.mistake.source:
            return Problem(self._located(problem.mistake))
        return problem

    def _located(self, mistake: Mistake) -> Mistake:
        place = (*self.table, *mistake.wrong_path)
        while place and place not in self._lines:
            place = place[:-1]
        line = self._lines.get(place)
        return attrs.evolve(mistake, path=(*self.table, *mistake.path), source=self.source, line=line)

    @cached_property
    def _lines(self) -> Mapping[KeyPath, int]:
        return dict(_places(self.text))


def _places(text: str) -> Iterator[tuple[KeyPath, int]]:
    """Where each key and table stands, by line; enough of TOML for a settings file as people write it."""
    prefix: KeyPath = ()
    counts = dict[tuple[str, ...], int]()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            names = tuple(header[2].split("."))
            if header[1] == "[[":
                counts[names] = counts.get(names, -1) + 1
            prefix = _indexed(names, counts)
            yield prefix, number
        elif key := _KEY.match(line):
            yield (*prefix, key[1]), number


def _indexed(names: tuple[str, ...], counts: Mapping[tuple[str, ...], int]) -> KeyPath:
    """The way to a table with the number of each array's entry, such as ``("acme", "entities", 1, "when")``."""
    path: KeyPath = ()
    for depth, name in enumerate(names, start=1):
        path = (*path, name)
        if (count := counts.get(names[:depth])) is not None:
            path = (*path, count)
    return path
