"""Which webhooks were handled, in Redis or Valkey. It needs the extra ``shared``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from clientkit.overriding import override
from clientkit.redis_pacing import connected
from clientkit.webhooks import SeenStoreError

T = TypeVar("T")

_KEPT = timedelta(days=30)


class RedisSeenIds:
    """The ids of the webhooks that were handled, for processes and machines that use one Redis (5 or later) or Valkey.

    For ``WebhookReceiver``, and for ``verify(seen=…)``. Every method raises `SeenStoreError` where Redis cannot be asked.

    Args:
        url: Such as ``redis://localhost:6379/0`` or ``rediss://user:password@host``.
        namespace: Whose events these are, such as a tenant's at one service: ``brex/acme``.
        kept: How long an id is remembered.
        prefix: What the names of its entries begin with.

    Raises:
        ConfigurationError: The extra is not installed, or `url` is none of Redis.
    """

    def __init__(
        self, url: str, *, namespace: str = "", kept: timedelta = _KEPT, prefix: str = "brex-rillet:seen:"
    ) -> None:
        self._server = connected(url)
        self._prefix, self._kept = f"{prefix}{namespace}:", kept

    def has(self, id: str) -> bool:
        """Whether `id` was handled."""
        return _asked(lambda: bool(self._server.exists(self._prefix + id)))

    def add(self, id: str) -> bool:
        """Remember `id`. Whether it is new."""
        return _asked(lambda: bool(self._server.set(self._prefix + id, "1", nx=True, ex=self._kept)))

    def discard(self, id: str) -> None:
        """Forget `id`."""
        _asked(lambda: self._server.delete(self._prefix + id))

    @override
    def __repr__(self) -> str:
        return "RedisSeenIds(…)"


def _asked(ask: Callable[[], T]) -> T:
    import redis

    try:
        return ask()
    except (redis.RedisError, OSError) as error:
        raise SeenStoreError(f"Redis: {type(error).__name__}") from error
