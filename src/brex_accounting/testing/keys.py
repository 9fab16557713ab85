"""Idempotency keys, where Brex requires them (https://developer.brex.com/docs/idempotency)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from brex_accounting.testing.routes import invalid
from clientkit.testing import Asked, Handler
from clientkit.wire import Answer


class Keys:
    """The first answer under each key. Brex does not say for how long it keeps one; the stand-in keeps them for good."""

    def __init__(self) -> None:
        self._answers = dict[str, Answer]()

    def once(self, handle: Handler) -> Handler:
        """`handle`, carried out once only for each key, and refused without one."""

        def keyed(asked: Asked, segments: Mapping[str, str]) -> Answer:
            return self._once(asked, lambda: handle(asked, segments))

        return keyed

    def _once(self, asked: Asked, make: Callable[[], Answer]) -> Answer:
        key = asked.headers.get("idempotency-key")
        if not key:
            raise invalid("The header Idempotency-Key is required")
        if key not in self._answers:
            self._answers[key] = make()
        return self._answers[key]
