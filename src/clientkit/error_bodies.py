"""Reading the body of an error answer: it may be anything, and this part depends on no service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from clientkit import codec
from clientkit.wire import Answer

# Arrays and objects within each other.
_DEEPEST = 50


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
