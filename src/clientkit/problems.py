"""What the body of an error answer says, and reading it: it may be anything, and this part depends on no service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import attrs

from clientkit import codec
from clientkit.wire import Answer

# Arrays and objects within each other.
_DEEPEST = 50


@attrs.frozen(kw_only=True)
class Violation:
    """One field of a request body that a service refused."""

    field: str = ""
    message: str = ""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.field, self.message) if part)


@attrs.frozen(kw_only=True)
class Problem:
    """What the body of an error answer said, in one shape for every service.

    `code` is what programs compare; `title` and `detail` are for people; `details` holds the rest of the body.
    """

    code: str | None = None
    title: str | None = None
    detail: str | None = None
    violations: tuple[Violation, ...] = ()
    details: Mapping[str, object] = attrs.field(factory=dict[str, object])


def body_fields(answer: Answer) -> Mapping[str, object] | None:
    """The fields of a body that is a JSON object; None for a page of HTML, other JSON, or nothing."""
    try:
        body = codec.parse(answer.content)
    except codec.CodecError:
        return None
    if not isinstance(body, dict):
        return None
    # An error keeps the fields, and what is nested deeper cannot be pickled.
    return {name: value for name, value in cast("dict[str, object]", body).items() if _is_flat(value)}


def _is_flat(value: object) -> bool:
    level: list[object] = [value]
    for _ in range(_DEEPEST):
        inner = list[object]()
        for each in level:
            if isinstance(each, dict):
                inner.extend(cast("dict[str, object]", each).values())
            elif isinstance(each, list):
                inner.extend(cast("list[object]", each))
        if not inner:
            return True
        level = inner
    return False


def field_text(fields: Mapping[str, object], name: str) -> str | None:
    """A field that is a text and not empty."""
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def unread(answer: Answer, expected: str) -> Problem:
    """The problem of a body without fields: how large it is and what it says it is, if there is one at all."""
    if not answer.content:
        return Problem()
    kind = answer.headers.get("content-type", "no content type").partition(";")[0]
    return Problem(title=f"a body of {len(answer.content)} bytes that is not {expected} ({kind})")
