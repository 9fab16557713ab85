"""Reading the bodies of error answers, which may be anything: the part that does not depend on the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from clientkit import codec
from clientkit.errors import Problem
from clientkit.wire import Answer


def body_fields(answer: Answer) -> Mapping[str, object] | None:
    """The fields of a body that is a JSON object; None for a page of HTML, other JSON, or nothing."""
    try:
        body = codec.parse(answer.content)
    except codec.CodecError:
        return None
    return cast("dict[str, object]", body) if isinstance(body, dict) else None


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
