"""Where each key of a TOML file stands, for messages about what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import attrs

from bridge.settings.values import SettingsError

_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?")
_KEY = re.compile(r"\s*([\w\-]+)\s*=")
_UNKNOWN = re.compile(r"unknown key ([\w\-]+)")


@attrs.frozen
class TomlText:
    """The text of a file, its name in messages, and the table of it that is meant; the whole file where `table` is empty."""

    text: str = attrs.field(repr=False)
    source: str
    table: str = ""

    def error(self, messages: Sequence[str]) -> SettingsError:
        """The error for messages in the form ``text @ path``, each with its line."""
        lines = dict(_places(self.text))
        return SettingsError(tuple(self._located(each, lines) for each in messages))

    def _located(self, message: str, lines: Mapping[str, int]) -> str:
        text, _, inside = message.rpartition(" @ ")
        path = f"{self.table}.{inside.lstrip('.')}".strip(".")
        inner = _UNKNOWN.match(text)
        place = f"{path}.{inner[1]}".lstrip(".") if inner else path
        while place and place not in lines:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        line = lines.get(place)
        where = self.source if line is None else f"{self.source} line {line}"
        return f"{where}: {path}: {text}" if path else f"{where}: {text}"


def _places(text: str) -> Iterator[tuple[str, int]]:
    """Where each key and table stands, by line; enough of TOML for a settings file as people write it."""
    prefix, counts = "", dict[str, int]()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            path = header[2]
            if header[1] == "[[":
                counts[path] = counts.get(path, -1) + 1
            prefix = _indexed(path, counts)
            yield prefix, number
        elif key := _KEY.match(line):
            yield f"{prefix}.{key[1]}".lstrip("."), number


def _indexed(path: str, counts: Mapping[str, int]) -> str:
    """The path of a table with the number of each array's entry, such as ``acme.entities[1].when``."""
    made, plain = "", ""
    for part in path.split("."):
        plain, made = f"{plain}.{part}".lstrip("."), f"{made}.{part}".lstrip(".")
        if plain in counts:
            made += f"[{counts[plain]}]"
    return made
