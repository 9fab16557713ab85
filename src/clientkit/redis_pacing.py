"""A shared pace in Redis or Valkey, by the server's clock. It needs the extra ``shared``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clientkit.errors import ConfigurationError
from clientkit.overriding import override
from clientkit.shared_pacing import PaceStoreError, SharedPaces

if TYPE_CHECKING:
    import redis

# Seconds: as long as a request to a service near by may take, and no call waits longer for its turn to be told.
_TIMEOUT = 2.0
_MICROSECONDS = 1_000_000

# Times are whole microseconds, which a Lua number holds exactly; %.0f, because a number as text has 14 digits.
# The list has the last `limit` slots in order, those to come included.
_RESERVE = """
local limit, span, patience = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local slot = math.max(now, tonumber(redis.call('GET', KEYS[2]) or '0'))
local first = redis.call('LINDEX', KEYS[1], -limit)
if first then slot = math.max(slot, tonumber(first) + span) end
local last = redis.call('LINDEX', KEYS[1], -1)
if last then slot = math.max(slot, tonumber(last)) end
if patience >= 0 and slot - now > patience then return -1 end
redis.call('RPUSH', KEYS[1], string.format('%.0f', slot))
redis.call('LTRIM', KEYS[1], -limit, -1)
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil((slot - now + span) / 1000)))
return slot - now
"""
_HOLD = """
local time = redis.call('TIME')
local held = tonumber(time[1]) * 1000000 + tonumber(time[2]) + tonumber(ARGV[1])
if held > tonumber(redis.call('GET', KEYS[1]) or '0') then
    redis.call('SET', KEYS[1], string.format('%.0f', held), 'PX', string.format('%.0f', math.ceil(ARGV[1] / 1000) + 1))
end
return 0
"""


class RedisPaces(SharedPaces):
    """The paces of all keys in one Redis (5 or later) or Valkey, for processes and machines that use it.

    Every process that uses a key has to keep its pace here. Where the Redis forgets, a pace begins anew. Names are digests
    of address and key; the key itself is not sent there.

    Args:
        url: Such as ``redis://localhost:6379/0`` or ``rediss://user:password@host``.
        prefix: What the names of its entries begin with.

    Raises:
        ConfigurationError: The extra is not installed, or `url` is none of Redis.
    """

    def __init__(self, url: str, *, prefix: str = "brex-rillet:pace:") -> None:
        super().__init__(_RedisStore(url, prefix))

    @override
    def __repr__(self) -> str:
        return "RedisPaces(…)"


class _RedisStore:
    def __init__(self, url: str, prefix: str) -> None:
        self._prefix = prefix
        self._server = connected(url)
        # A script's arguments and answer are whatever it makes of them.
        self._reserve: Any = self._server.register_script(_RESERVE)
        self._hold: Any = self._server.register_script(_HOLD)

    def reserve(self, name: str, limit: int, span: float, patience: float | None) -> float | None:
        arguments = [limit, _micro(span), -1 if patience is None else _micro(patience)]
        wait = self._run(self._reserve, [self._key(name, "slots"), self._key(name, "held")], arguments)
        return None if wait < 0 else wait / _MICROSECONDS

    def hold(self, name: str, seconds: float) -> None:
        self._run(self._hold, [self._key(name, "held")], [_micro(max(0.0, seconds))])

    def _key(self, name: str, part: str) -> str:
        # What is between braces decides about the node of a cluster, and both parts have to be on one.
        return f"{self._prefix}{{{name}}}:{part}"

    def _run(self, script: Any, keys: list[str], arguments: list[int]) -> int:
        import redis

        try:
            return int(script(keys=keys, args=arguments))
        except (redis.RedisError, OSError) as error:
            raise PaceStoreError(f"Redis: {type(error).__name__}") from error


def connected(url: str) -> redis.Redis:
    """The server at a URL. Raises `ConfigurationError` without the extra, and for a URL that is none of Redis."""
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ModuleNotFoundError:
        advice = 'pip install "brex-rillet[shared]"'
        raise ConfigurationError(f"Redis needs the extra shared: {advice}") from None
    try:
        # Once more for a connection that the server has closed meanwhile; a server that is down is not waited for.
        again = Retry(NoBackoff(), 1)
        # Its options are untyped.
        return redis.Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT, retry=again)  # pyright: ignore[reportUnknownMemberType]
    except ValueError:
        # What it says may repeat a part of a password.
        raise ConfigurationError("the URL is none of Redis, such as redis://localhost:6379/0") from None


def _micro(seconds: float) -> int:
    return round(seconds * _MICROSECONDS)
