"""Rillet's errors: RFC 9457 problems, told apart by the last segment of their type.

::

    BadRequestError
    └── ExternalReferenceTypeNotFoundError

The host and path of a problem's ``type`` differ between documents and answers, so only the last segment counts
(https://docs.api.rillet.com/docs/getting-started). The rest of the tree is the floor's: `clientkit.errors`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from clientkit import codec
from clientkit.errors import BadRequestError, Problem, StatusError, Violation
from clientkit.exchange import Answer

_NAMED = frozenset({"type", "title", "detail", "message", "violations"})


class ExternalReferenceTypeNotFoundError(BadRequestError):
    """The ``type`` of an external reference does not exist in Rillet yet; only a person can create one."""

    advice = "Create the type in Rillet under Settings → External References, or send another one."


ERROR_TYPES: Mapping[str, type[StatusError]] = {
    "external_reference_type_not_found": ExternalReferenceTypeNotFoundError,
}


def read_problem(answer: Answer) -> Problem:
    """What an error answer says, whatever its body is: a problem, another JSON object, a page of HTML, nothing."""
    try:
        body = codec.parse(answer.content)
    except codec.CodecError:
        return Problem(title=_headline(answer))
    if not isinstance(body, dict):
        return Problem(title=_headline(answer))
    fields = cast("dict[str, object]", body)
    kind = _text(fields, "type")
    return Problem(
        code=kind.rstrip("/").rpartition("/")[2] or None if kind else None,
        title=_text(fields, "title") or _text(fields, "message"),
        detail=_text(fields, "detail"),
        violations=tuple(_violations(fields.get("violations"))),
        details={name: value for name, value in fields.items() if name not in _NAMED},
    )


def _headline(answer: Answer) -> str | None:
    if not answer.content:
        return None
    kind = answer.headers.get("content-type", "no content type").partition(";")[0]
    return f"a body of {len(answer.content)} bytes that is not a problem ({kind})"


def _text(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _violations(listed: object) -> list[Violation]:
    if not isinstance(listed, list):
        return []
    found = list[Violation]()
    for each in cast("list[object]", listed):
        if isinstance(each, dict):
            fields = cast("dict[str, object]", each)
            found.append(Violation(field=_text(fields, "field") or "", message=_text(fields, "message") or ""))
        elif isinstance(each, str):
            found.append(Violation(message=each))
    return found
