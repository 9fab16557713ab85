"""Rillet's errors: RFC 9457 problems, told apart by the last segment of their type.

::

    ApiError
    ├── BadRequestError
    │   └── ExternalReferenceTypeNotFoundError
    ├── NotModifiableError          ``modify`` cannot rebuild the object from what Rillet gives back; nothing was sent
    └── ObjectChangedError          ``modify`` found another object than the one it was based on; nothing was sent

The host and path of a problem's ``type`` differ between documents and answers, so only the last segment counts
(https://docs.api.rillet.com/docs/getting-started). The rest of the tree is the floor's: `clientkit.errors`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from clientkit.error_bodies import body_fields, field_text
from clientkit.errors import ApiError, BadRequestError, StatusError
from clientkit.overriding import override
from clientkit.verdicts import Verdict
from clientkit.wire import Answer

if TYPE_CHECKING:
    from clientkit.problems import Problem, Violation

_NAMED = frozenset({"type", "title", "detail", "message", "violations"})


class ExternalReferenceTypeNotFoundError(BadRequestError):
    """The ``type`` of an external reference does not exist in Rillet yet. It has to be created by hand."""

    advice = "Create the type in Rillet under Settings → External References, or send another one."

    @property
    @override
    def verdict(self) -> Verdict:
        """`FATAL`: every request that names the type would meet the same."""
        return Verdict.FATAL


class ObjectChangedError(ApiError):
    """The object has changed since it was read, so a change that is based on it was not sent.

    `kind` names the class of the object, `fields` what differs now. Read it again, and decide again.
    """

    def __init__(self, kind: str, fields: tuple[str, ...]) -> None:
        super().__init__(f"the {kind} was changed since it was read ({', '.join(fields)}); read it again")
        self.kind, self.fields = kind, fields

    @property
    @override
    def verdict(self) -> Verdict:
        """`PASSING`: nothing was sent, and a change that is based on the object as it is now may work."""
        return Verdict.PASSING


class NotModifiableError(ApiError):
    """An update would need data that Rillet does not return, so the object cannot be changed in part.

    `missing` names it, `fields` what was to change. Build the whole update from your own records instead.
    """

    def __init__(self, what: str, fields: tuple[str, ...], *, missing: tuple[str, ...]) -> None:
        changing = f"changing {', '.join(fields)} of" if fields else "changing"
        super().__init__(
            f"{changing} {what} replaces it whole, and Rillet does not give back its {', '.join(missing)}; "
            "build the whole update and use update()"
        )
        self.fields, self.missing = fields, missing

    @property
    @override
    def verdict(self) -> Verdict:
        """`REFUSED`: nothing was sent, and nothing would be the next time."""
        return Verdict.REFUSED


ERROR_TYPES: Mapping[str, type[StatusError]] = {
    "external_reference_type_not_found": ExternalReferenceTypeNotFoundError,
}


def read_problem(answer: Answer) -> Problem:
    """What an error answer says, whatever its body is: a problem, another JSON object, a page of HTML, nothing."""
    # Loaded with the first error.
    from clientkit.problems import Problem, unread

    fields = body_fields(answer)
    if fields is None:
        return unread(answer, "a problem")
    kind = field_text(fields, "type")
    return Problem(
        code=kind.rstrip("/").rpartition("/")[2] or None if kind else None,
        title=field_text(fields, "title") or field_text(fields, "message"),
        detail=field_text(fields, "detail"),
        violations=tuple(_violations(fields.get("violations"))),
        details={name: value for name, value in fields.items() if name not in _NAMED},
    )


def _violations(listed: object) -> list[Violation]:
    from clientkit.problems import Violation

    if not isinstance(listed, list):
        return []
    found = list[Violation]()
    for each in cast("list[object]", listed):
        if isinstance(each, dict):
            fields = cast("dict[str, object]", each)
            found.append(
                Violation(field=field_text(fields, "field") or "", message=field_text(fields, "message") or "")
            )
        elif isinstance(each, str):
            found.append(Violation(message=each))
    return found
