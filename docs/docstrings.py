"""Turn a docstring into Markdown: sections become lists, drawings become code, names of the reference become links."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator

#: From a name in code quotes to where its entry is, or None where there is none.
Finder = Callable[[str], str | None]

_SECTION = re.compile(r"^(Args|Raises|Returns|Yields|Attributes):$")
_ITEM = re.compile(r"^ {4}(\*{0,2}[\w.]+)(?: \([^)]*\))?: (.*)$")
_CODE = re.compile(r"(?<![`\[])`([\w.]+)`(?!`)")


def docstring_of(thing: object) -> str:
    """The docstring as it is written, without its indentation."""
    return inspect.cleandoc(getattr(thing, "__doc__", None) or "")


def markdown(text: str, finder: Finder) -> str:
    """A docstring as Markdown."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_lines(text.splitlines(), finder))).strip()


def linked(text: str, finder: Finder) -> str:
    """The text with a link wherever it names something that has an entry."""

    def link(match: re.Match[str]) -> str:
        place = finder(match[1])
        return f"[`{match[1]}`]({place})" if place else match[0]

    return _CODE.sub(link, text)


def _lines(lines: list[str], finder: Finder) -> Iterator[str]:
    """The lines one after the other; `section` is the list that they are in."""
    section = ""
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        if found := _SECTION.match(line):
            section = found[1]
            yield from ("", f"{section}:", "")
        elif section and not line.startswith(" ") and line:
            section = ""
            yield from ("", linked(line, finder))
        elif section:
            item = _ITEM.match(line)
            yield f"- `{item[1]}`: {linked(item[2], finder)}" if item else linked(_indented(line, section), finder)
        elif line.rstrip().endswith("::"):
            said = line.rstrip()[:-1].rstrip(":")
            block, position = _block(lines, position)
            yield from ([f"{linked(said, finder)}:", ""] if said else [])
            yield from (f"```{'text' if re.search('[├└│]', block) else 'python'}", block, "```", "")
        else:
            yield linked(line, finder)


def _indented(line: str, section: str) -> str:
    return f"  {line.strip()}" if section in {"Args", "Raises", "Attributes"} and line else line.strip()


def _block(lines: list[str], position: int) -> tuple[str, int]:
    """The indented lines that follow, and where the text goes on."""
    end = position
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith("    ")):
        end += 1
    return inspect.cleandoc("\n".join(["", *lines[position:end]])).strip("\n"), end
