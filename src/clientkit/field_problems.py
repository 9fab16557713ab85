"""What does not fit in a body: each problem with its place, and no more of them than a person reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from clientkit.overriding import override

#: Characters of a message; what it quotes may be as long as a body.
MOST_CHARACTERS = 2_000

_OF_A_PROBLEM, _OF_A_VALUE = 200, 60


class Key(str):
    """A step into a mapping, whose keys are data and no names of fields."""

    __slots__ = ()


def shortened(text: str, most: int = MOST_CHARACTERS) -> str:
    """`text`, or its start where it is too long for a message."""
    return text if len(text) <= most else text[: most - 3] + "..."


def place_of(path: Iterable[str | int]) -> str:
    """A way by names of fields and positions in arrays as a text, such as ``items[0].amount``."""
    shown = ""
    for step in path:
        if isinstance(step, int | Key):
            shown += f"[{step!r}]"
        else:
            shown += f".{step}" if shown else step
    return shown


class FieldProblem(NamedTuple):
    """One thing in a body that does not fit.

    `path` leads to it by the names of fields and the positions in arrays; it is empty for the body as a whole.
    """

    text: str
    path: tuple[str | int, ...] = ()

    @property
    def place(self) -> str:
        """The path as a text, such as ``items[0].amount``."""
        return place_of(self.path)

    @override
    def __str__(self) -> str:
        dot = "." if self.path and not isinstance(self.path[0], int | Key) else ""
        return f"{self.text} @ ${dot}{self.place}"


class CodecError(ValueError):
    """A body that is not JSON, or JSON that does not have the expected shape; the message names the places.

    `problems` are the first of what does not fit; there are none where the body is not JSON.
    """

    def __init__(self, message: str, problems: tuple[FieldProblem, ...] = ()) -> None:
        super().__init__(shortened(message))
        self.problems = problems

    @classmethod
    def of(cls, *problems: FieldProblem) -> CodecError:
        """The error that is made of `problems`."""
        return cls("; ".join(map(str, problems)), problems)


def problems_of(error: Exception, kind: Any = None, path: tuple[str | int, ...] = ()) -> tuple[FieldProblem, ...]:
    """What an error of reading `kind` says, seen from a body in which `path` leads to the value."""
    if isinstance(error, CodecError) and error.problems:
        return tuple(FieldProblem(path=(*path, *each.path), text=each.text) for each in error.problems)
    text = str(error) if isinstance(error, ValueError) else _explained(error, kind)
    return (FieldProblem(path=path, text=shortened(text, _OF_A_PROBLEM)),)


def _explained(error: Exception, kind: Any) -> str:
    # An answer that fits never needs cattrs, which takes its time to load.
    import cattrs.v

    return cattrs.v.format_exception(error, kind)


def wrong(value: object, wanted: str) -> CodecError:
    """The error that says that a value is not what is wanted."""
    return CodecError(f"{shortened(repr(value), _OF_A_VALUE)} is not {wanted}")
