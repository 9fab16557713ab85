"""What the rooms of the stand-in share: routes, pages, and refusals in either of Brex's shapes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from clientkit import codec, testing
from clientkit.overriding import override
from clientkit.testing import Asked, Route, Router, json_answer
from clientkit.wire import Answer

T = TypeVar("T")


class Refusal(testing.Refusal):
    """The service refuses the request; `StandIn` writes it in the shape that its path has."""

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.details = status, code, message, details

    @override
    def answer(self, asked: Asked) -> Answer:
        """The accounting paths name an ``error_code`` and `details`, the others a ``type``."""
        if asked.path.startswith("/v3/accounting/"):
            return ok({"error_code": self.code, "message": self.message, "details": self.details}, self.status)
        return ok({"type": self.code, "message": self.message}, self.status)


def router(routes: Iterable[Route]) -> Router:
    """All routes of the stand-in, and how Brex refuses what none of them answers."""
    return Router(routes, unknown=_unknown, not_allowed=_not_allowed)


def _unknown(asked: Asked) -> Refusal:
    return Refusal(404, "NOT_FOUND", f"There is nothing at {asked.path}")


def _not_allowed(asked: Asked, _: Sequence[str]) -> Refusal:
    return Refusal(405, "METHOD_NOT_ALLOWED", f"{asked.method} is not allowed on {asked.path}")


def ok(body: object, status: int = 200) -> Answer:
    """A JSON answer in which amounts keep their digits exactly."""
    return json_answer(status, codec.write(body))


def invalid(message: str) -> Refusal:
    """400: the request breaks a rule."""
    return Refusal(400, "INVALID_REQUEST", message)


def body_of(asked: Asked) -> Mapping[str, object]:
    """The request's body, if it is a JSON object. Raises `Refusal`."""
    try:
        return codec.structure(asked.json(), dict[str, object])
    except codec.CodecError as error:
        raise invalid(f"The body is not a JSON object: {error}") from None


def read(value: object, kind: type[T]) -> T:
    """Parsed JSON as a value of `kind`. Raises `Refusal`."""
    try:
        return codec.structure(value, kind)
    except codec.CodecError as error:
        raise invalid(str(error)) from None


def boolean(asked: Asked, name: str) -> bool:
    """A query parameter that is ``true`` or ``false``, false when left out. Raises `Refusal`."""
    text = asked.one(name) or "false"
    if text not in {"true", "false"}:
        raise invalid(f"{name} is true or false, not {text!r}")
    return text == "true"


def page_of(
    items: Iterable[T], asked: Asked, key: Callable[[T], str], *, default: int = 100, maximum: int = 1000
) -> tuple[Sequence[T], str | None]:
    """The page at the request's ``cursor`` and ``limit``, and the cursor of the next one. Raises `Refusal`.

    Items come in the order of `key`, which also makes the cursor: items that come, go or change between two pages move
    nothing that is still to come.
    """
    limit, after = limit_and_place(asked, default=default, maximum=maximum)
    rest = sorted((each for each in items if key(each) > after), key=key)
    page = rest[:limit]
    return page, cursor_at(key(page[-1])) if len(rest) > limit else None


def limit_and_place(asked: Asked, *, default: int = 100, maximum: int = 1000) -> tuple[int, str]:
    """How many items a page holds, and the key behind which it begins. Raises `Refusal`."""
    return _limit(asked.one("limit"), default, maximum), _decoded(asked.one("cursor"))


def _limit(text: str | None, default: int, maximum: int) -> int:
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= maximum:
        raise invalid(f"limit is from 1 to {maximum}, not {text!r}")
    return int(text)


def cursor_at(key: str) -> str:
    """The cursor of the page that begins behind a key."""
    return base64.urlsafe_b64encode(key.encode()).decode()


def _decoded(cursor: str | None) -> str:
    try:
        return base64.b64decode(cursor or "", altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise invalid("The cursor is not one that this service gave") from None
