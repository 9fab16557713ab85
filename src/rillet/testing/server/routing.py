"""From a request to the function that answers it, and from what that returns to an answer as Rillet writes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias, TypeVar, cast

import attrs

from clientkit import codec, testing
from clientkit.overriding import override
from clientkit.problems import Violation
from clientkit.testing import Asked, json_answer
from clientkit.wire import Answer
from rillet.reports.trial_balance import ReportPeriod

T = TypeVar("T")

_PADDING = re.compile(r"(\.\d*?)0+$")
_INSTANT_PADDING = re.compile(r"(\.\d*?)0+Z$")


class Refusal(testing.Refusal):
    """An error answer: an RFC 9457 problem. `type` is a whole URI, because Rillet's differ in host and path."""

    def __init__(
        self,
        status: int,
        type: str,
        title: str,
        detail: str | None = None,
        violations: Sequence[Violation] = (),
        *,
        allow: str | None = None,
    ) -> None:
        super().__init__(status, type, detail)
        self.status, self.allow = status, allow
        self.body: dict[str, object] = {"type": type, "title": title, "status": status}
        if detail is not None:
            self.body["detail"] = detail
        if violations:
            self.body["violations"] = [{"field": each.field, "message": each.message} for each in violations]

    @override
    def answer(self, asked: Asked) -> Answer:
        """The problem as an answer."""
        headers = {} if self.allow is None else {"allow": self.allow}
        return json_answer(self.status, self.body, content_type="application/problem+json", **headers)


def invalid(detail: str, *fields: str) -> Refusal:
    """A 400 that says `detail`, and says it again for each of `fields`."""
    violations = [Violation(field=field, message=detail) for field in fields]
    return Refusal(400, "https://rillet.com/illegal-argument", "Illegal argument", detail, violations)


def not_found(what: str) -> Refusal:
    """A 404."""
    return Refusal(404, "https://rillet.io/not-found", "Not found", f"{what} not found")


@attrs.frozen(kw_only=True)
class Call:
    """One request together with the ids from its path."""

    asked: Asked
    ids: Mapping[str, str]

    def body(self, kind: type[T]) -> T:
        """The body as a `kind`; unknown fields are ignored, as Rillet does. Refuses what does not fit with a 400."""
        try:
            parsed = self.asked.json()
        except codec.CodecError:
            raise invalid("JSON parse error") from None
        try:
            return codec.structure(parsed, kind)
        except codec.CodecError as error:
            found = [Violation(field=each.place, message=each.text) for each in error.problems]
            raise Refusal(
                400, "https://rillet.com/illegal-argument", "Illegal argument", "JSON parse error", found
            ) from None

    def instant(self, name: str) -> datetime | None:
        """A moment from the query; it must be in UTC and end with ``Z``."""
        text = self.asked.one(name)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise invalid(f"{name} is not a date-time", name) from None
        if not text.endswith("Z") or moment.utcoffset() != timedelta(0):
            raise invalid(f"{name} must be in UTC and end with 'Z'", name)
        return moment

    def day(self, name: str) -> date | None:
        """A date from the query."""
        text = self.asked.one(name)
        try:
            return None if text is None else date.fromisoformat(text)
        except ValueError:
            raise invalid(f"{name} is not a date", name) from None

    def required_day(self, name: str) -> date:
        """A date that the query must have."""
        day = self.day(name)
        if day is None:
            raise invalid(f"{name} must not be null", name)
        return day

    def period(self) -> ReportPeriod:
        """The days of a report, of which the last must not be before the first."""
        period = ReportPeriod(from_date=self.required_day("from_date"), to_date=self.required_day("to_date"))
        if period.to_date < period.from_date:
            raise invalid("to_date must not be before from_date", "to_date")
        return period

    def number(self, name: str, *, least: int, most: int, default: int) -> int:
        """A whole number from the query."""
        text = self.asked.one(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
            raise invalid(f"{name} must be between {least} and {most}", name)
        return int(text)


Handler: TypeAlias = Callable[[Call], object]


class Route(testing.Route):
    """A method and a path template such as ``/vendors/{vendor_id}``, and what answers there.

    The handler returns plain JSON values for a 200, None for a 204, or an `Answer` of its own, or raises `Refusal`.
    """

    def __init__(self, method: str, template: str, handler: Handler) -> None:
        super().__init__(method, template, lambda asked, ids: written(handler(Call(asked=asked, ids=ids))))


def router(routes: Iterable[Route]) -> testing.Router:
    """All routes of the stand-in, and how Rillet refuses what none of them answers."""
    return testing.Router(routes, unknown=lambda asked: not_found(f"The path {asked.path}"), not_allowed=_not_allowed)


def _not_allowed(asked: Asked, allowed: Sequence[str]) -> Refusal:
    detail = f"Method '{asked.method}' is not supported"
    methods = ", ".join(allowed)
    return Refusal(405, "https://rillet.io/method-not-allowed", "Method Not Allowed", detail, allow=methods)


def written(value: object) -> Answer:
    """A handler's result as an answer: amounts without padding, timestamps without trailing zeros."""
    if value is None:
        return Answer(status=204)
    if isinstance(value, Answer):
        return value
    return json_answer(200, codec.dumps(_as_rillet_writes(value)))


def _as_rillet_writes(value: object) -> object:
    if isinstance(value, list):
        return [_as_rillet_writes(each) for each in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, object]", value)
    result = {name: _as_rillet_writes(each) for name, each in fields.items()}
    amount = fields.get("amount")
    if isinstance(amount, str) and "currency" in fields:
        result["amount"] = _PADDING.sub(r"\1", amount).rstrip(".")
    for name, each in fields.items():
        if name.endswith("_at") and isinstance(each, str):
            result[name] = _INSTANT_PADDING.sub(r"\1Z", each).replace(".Z", "Z")
    return result
