"""Idempotency keys as Rillet honours them (https://docs.api.rillet.com/docs/getting-started)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from clientkit.wire import Answer
from rillet.testing.server.routing import Refusal

_KEPT = timedelta(hours=24)


class IdempotencyKeys:
    """The first success under a key is kept for 24 hours and given again; the bodies are not compared."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept = dict[str, tuple[datetime, Answer]]()
        self._running = list[str | None]()

    def hold(self, key: str | None = None, *, times: int = 1) -> None:
        """Act, for the next `times` requests under `key` (any key if None), as if the first was still running."""
        self._running.extend([key] * times)

    def forget_all(self) -> None:
        """Act as if 24 hours had passed."""
        self._kept.clear()

    def kept(self, key: str) -> Answer | None:
        """The first success under `key`. Refuses with a 409 while the first request runs."""
        for held in (key, None):
            if held in self._running:
                self._running.remove(held)
                detail = "A request with this idempotency key is being processed"
                raise Refusal(409, "https://rillet.io/conflict", "Conflict", detail)
        made, answer = self._kept.get(key, (None, None))
        return answer if made is not None and self._now() - made < _KEPT else None

    def keep(self, key: str, answer: Answer) -> None:
        """Keep a success; failures are not kept, so a corrected request may use its key again."""
        if 200 <= answer.status < 300:
            self._kept[key] = (self._now(), answer)
