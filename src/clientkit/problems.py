"""What the body of an error answer says, in one shape for every service."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from clientkit.wire import Answer


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


def unread(answer: Answer, expected: str) -> Problem:
    """The problem of a body without fields: how large it is and what it says it is, if there is one at all."""
    if not answer.content:
        return Problem()
    kind = answer.headers.get("content-type", "no content type").partition(";")[0]
    return Problem(title=f"a body of {len(answer.content)} bytes that is not {expected} ({kind})")
