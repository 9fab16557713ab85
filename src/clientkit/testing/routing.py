"""From a request to what answers it, and how often a service is asked at most."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias
from urllib.parse import unquote

from clientkit.testing.standin import Asked
from clientkit.wire import Answer

#: Answers a request, given the variable segments of its path by name.
Handler: TypeAlias = Callable[[Asked, Mapping[str, str]], Answer]


class Refusal(Exception):  # noqa: N818 - an answer on its way out, not a failure of the stand-in
    """The service says no. Each service writes it in its own form, and a handler raises it."""

    def answer(self, asked: Asked) -> Answer:
        """The error answer to this request."""
        raise NotImplementedError


class Route:
    """A method and a path template such as ``/vendors/{vendor_id}``, and what answers there, or raises a `Refusal`."""

    def __init__(self, method: str, template: str, handler: Handler) -> None:
        self.method, self.template, self.handler = method, template, handler
        pieces = re.split(r"\{(\w+)\}", template)
        self._pattern = re.compile(
            "".join(f"(?P<{each}>[^/]+)" if number % 2 else re.escape(each) for number, each in enumerate(pieces))
        )

    def ids(self, path: str) -> dict[str, str] | None:
        """The variable segments of `path`, decoded; None where it is another path."""
        match = self._pattern.fullmatch(path)
        return None if match is None else {name: unquote(value) for name, value in match.groupdict().items()}


class Router:
    """All routes of a stand-in.

    Args:
        routes: The first one that fits answers.
        unknown: What refuses a path that no route has.
        not_allowed: What refuses a method on a path that routes have for other methods, which it is given.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        unknown: Callable[[Asked], Refusal],
        not_allowed: Callable[[Asked, Sequence[str]], Refusal],
    ) -> None:
        self.routes = tuple(routes)
        self._unknown, self._not_allowed = unknown, not_allowed

    def answer(self, asked: Asked) -> Answer:
        """What the route of a request answers. Raises `Refusal`."""
        allowed = list[str]()
        for route in self.routes:
            ids = route.ids(asked.path)
            if ids is None:
                continue
            if route.method == asked.method:
                return route.handler(asked, ids)
            allowed.append(route.method)
        raise self._not_allowed(asked, allowed) if allowed else self._unknown(asked)


class RateLimit:
    """Whether a request comes too early, where so many are let in during any `window`; by the clock of the stand-in."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._arrivals = deque[datetime]()

    def refuses(self, limit: int | None, window: timedelta) -> bool:
        """Whether one more is too many. One that is not is counted; without a `limit` none is too many."""
        now = self._now()
        while self._arrivals and now - self._arrivals[0] >= window:
            self._arrivals.popleft()
        if limit is not None and len(self._arrivals) >= limit:
            return True
        self._arrivals.append(now)
        return False
