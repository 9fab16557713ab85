"""Signed webhooks: what the schemes of both services share.

::

    WebhookError                    the request must not be acted upon
    ├── MalformedWebhookError       a header is missing, is there twice, or does not have its form: answer 400
    ├── WrongSignatureError         no signature was made with one of the secrets: answer 401 or 400
    ├── StaleWebhookError           signed too long ago, or in the future: answer 400
    ├── UnreadableWebhookError      signed, but the body is not what is documented: answer 500, it comes again
    ├── UnknownRecipientError       signed, but whose it is cannot be told: answer 404, it comes again
    ├── DuplicateWebhookError       signed, and handled before: answer 200, or it keeps coming
    └── WebhookSecretError          a secret is not usable; a `ConfigurationError` too, the sender did nothing wrong
    SeenStoreError                  the store of the ids that were handled cannot be asked: answer 500, it comes again

The order of the checks is fixed: nothing that a sender wrote is interpreted before its signature was found right.
"""

from __future__ import annotations

import binascii
import hmac
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import ClassVar, Protocol, TypeAlias, TypeGuard, cast, runtime_checkable

from clientkit.errors import ApiError, ConfigurationError

_NO_TIME = timedelta(0)


class WebhookError(ApiError):
    """A webhook that must not be processed. The message says why, and contains no secret.

    `answer_status` is what to answer its sender with, as in ``Response(status_code=error.answer_status)``.
    """

    answer_status: ClassVar[int] = 400


class MalformedWebhookError(WebhookError):
    """A header is missing, occurs twice with different values, or is malformed."""


class WrongSignatureError(WebhookError):
    """No signature matches: a forgery, a changed body (was it parsed and serialized again?), or a wrong secret."""

    answer_status = 401


class StaleWebhookError(WebhookError):
    """The time in the headers is too far in the past or the future: a replay, or a wrong clock."""


class UnreadableWebhookError(WebhookError):
    """The signature is right, but the body does not have the documented shape."""

    answer_status = 500


class UnknownRecipientError(WebhookError):
    """The signature is valid, but the event belongs to another company, or does not say to which one it belongs."""

    answer_status = 404


class DuplicateWebhookError(WebhookError):
    """The service sent this id before. Answer 200: any other answer makes it send the event again."""

    answer_status = 200

    def __init__(self, id: str) -> None:
        super().__init__(f"the webhook {id} was received before")
        self.id = id


class WebhookSecretError(WebhookError, ConfigurationError):
    """A secret with which no signature can be checked. The message does not show it."""

    answer_status = 500


@runtime_checkable
class HeaderItems(Protocol):
    """Headers as most frameworks have them: a mapping, or any object with ``items()``."""

    def items(self) -> Iterable[tuple[str | bytes, str | bytes]]:
        """Pairs of name and value."""
        ...


#: The headers of a request: a dict, a framework's header object, or pairs such as those of an ASGI scope.
Headers: TypeAlias = HeaderItems | Iterable[tuple[str | bytes, str | bytes]]


class SeenStore(Protocol):
    """Remembers which webhooks were received, for services that send an event more than once.

    Several workers share one only if it lives outside of them, in a database for instance; `add` must then be atomic.
    """

    def add(self, id: str) -> bool:
        """Remember `id`. Whether it is new."""
        ...

    def discard(self, id: str) -> None:
        """Forget `id`, because handling it failed: the next delivery is then handled."""
        ...


class SeenStoreError(Exception):
    """The store cannot be asked; the text says why, without its password."""


class SharedSeenStore(SeenStore, Protocol):
    """A `SeenStore` outside of the process, which can fail: every method raises `SeenStoreError` then."""

    def has(self, id: str) -> bool:
        """Whether `id` was handled."""
        ...


class SeenIds:
    """A `SeenStore` in this process's memory that keeps the newest `capacity` ids; safe to share between threads."""

    def __init__(self, capacity: int = 100_000) -> None:
        if capacity < 1:
            raise ValueError(f"a store of {capacity} ids remembers nothing")
        self._capacity = capacity
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, id: str) -> bool:
        """Remember `id`, and forget the oldest beyond the capacity. Whether it is new."""
        with self._lock:
            if id in self._ids:
                return False
            self._ids[id] = None
            if len(self._ids) > self._capacity:
                self._ids.popitem(last=False)
            return True

    def discard(self, id: str) -> None:
        """Forget `id`."""
        with self._lock:
            self._ids.pop(id, None)


def pairs(headers: Headers) -> Sequence[tuple[str | bytes, str | bytes]]:
    """Headers as a list of pairs, which can be read more than once. Raises `MalformedWebhookError`."""
    try:
        return [(name, value) for name, value in _items(headers)]
    except (TypeError, ValueError) as error:
        raise _no_headers(error) from error


def pick(headers: Headers, *names: str | tuple[str, ...]) -> tuple[str, ...]:
    """The values of these headers; several names stand for one header, and the first of them that is there counts.

    The case of a name does not matter. Raises `MalformedWebhookError` for one that is missing, empty, not ASCII, or
    there more than once with different values.
    """
    wanted, known = _lower(names)
    # None for a header that is there with different values.
    found: dict[str, str | None] = {}
    try:
        for name, value in _items(headers):
            key = (name if isinstance(name, str) else _text(name)).lower()
            if key in known and found.setdefault(key, text := _text(value)) != text:
                found[key] = None
    except (TypeError, ValueError) as error:
        raise _no_headers(error) from error
    firsts = [found.get(lower[0]) or "" for _, lower in wanted]
    # Nearly always all are there and right, and one look at all of them tells.
    if all(firsts) and (joined := "".join(firsts)).isascii() and joined.isprintable():
        return tuple(firsts)
    return tuple([_one(found, shown, lower) for shown, lower in wanted])


def _items(headers: Headers) -> Iterable[tuple[str | bytes, str | bytes]]:
    return headers.items() if _has_items(headers) else cast("Iterable[tuple[str | bytes, str | bytes]]", headers)


def _has_items(headers: Headers) -> TypeGuard[HeaderItems]:
    # What takes longer to tell comes later.
    return isinstance(headers, dict) or isinstance(headers, Mapping) or isinstance(headers, HeaderItems)  # noqa: SIM101


def _no_headers(error: Exception) -> MalformedWebhookError:
    return MalformedWebhookError(f"the headers are neither a mapping nor pairs: {error}")


@lru_cache(maxsize=16)
def _lower(names: tuple[str | tuple[str, ...], ...]) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], frozenset[str]]:
    """Each header's name for people and its names in lower case, and all of these."""
    alternatives = [(name,) if isinstance(name, str) else name for name in names]
    wanted = tuple((each[0], tuple(name.lower() for name in each)) for each in alternatives)
    return wanted, frozenset(name for _, lower in wanted for name in lower)


class Keys:
    """The keys behind base64 secrets, with or without `prefix`; a repr and a traceback's local variables show none.

    Raises `WebhookSecretError` for a secret that is empty or not base64, and where there is none at all.
    """

    __slots__ = ("_keys",)

    def __init__(self, secrets: str | Iterable[str], *, prefix: str = "") -> None:
        self._keys = tuple(_key(text.removeprefix(prefix)) for text in _each(secrets))
        # The frame that raises must not hold the secrets.
        del secrets
        if not self._keys:
            raise WebhookSecretError("there is no secret to check a signature with")
        if not all(self._keys):
            raise WebhookSecretError("a secret is empty or not base64; copy it once more, without blanks around it")

    def sign(self, message: bytes) -> str:
        """The base64 text of the HMAC-SHA256 of `message` under the first key."""
        return _signature(self._keys[0], message).decode()

    def check(self, message: bytes, given: Iterable[str]) -> None:
        """Raise `WrongSignatureError` unless one of the signatures `given` was made with one of the keys."""
        if not self._fits(message, given):
            raise WrongSignatureError(
                "no signature of the webhook fits: check that the secret is this endpoint's, "
                "and that the body is given as the bytes that came in"
            )

    def _fits(self, message: bytes, given: Iterable[str]) -> bool:
        # Texts are compared, not the bytes behind them: base64 has several texts for the same bytes. Every pair is
        # compared, so that the time it takes does not tell which one fits.
        texts = [text.encode() for text in given]
        fits = False
        for key in self._keys:
            expected = _signature(key, message)
            for text in texts:
                fits |= hmac.compare_digest(expected, text)
        return fits

    def __repr__(self) -> str:
        return f"Keys({len(self._keys)})"


def check_time(moment: datetime, *, tolerance: timedelta | None, now: datetime | None) -> None:
    """Raise `StaleWebhookError` where `moment` is further than `tolerance` from `now`, before it or after it.

    `now` is the machine's clock when left out; a tolerance of None accepts any time. Raises `ValueError` for a `now`
    without a time zone and for a negative tolerance.
    """
    if tolerance is None:
        return
    if tolerance < _NO_TIME:
        raise ValueError(f"a tolerance of {tolerance} would accept nothing")
    if now is None:
        now = datetime.now(UTC)
    if now.utcoffset() is None:
        raise ValueError("now has no time zone; use datetime.now(UTC)")
    age = now - moment
    if abs(age) > tolerance:
        where = f"{age} old" if age > _NO_TIME else f"{-age} ahead of this machine's clock"
        raise StaleWebhookError(f"the webhook is {where}, more than the tolerance of {tolerance}")


def check_new(id: str, seen: SeenStore | None) -> None:
    """Raise `DuplicateWebhookError` where `seen` knows this id already, and have it remembered otherwise."""
    if seen is not None and not seen.add(id):
        raise DuplicateWebhookError(id)


def check_id(id: str) -> None:
    """Raise `ValueError` for an id that receivers refuse, with which no delivery is to be signed."""
    if not id or "." in id or not (id.isascii() and id.isprintable()):
        raise ValueError(f"an id is printable ASCII without a dot, not {id!r}")


def check_body(body: object) -> bytes:
    """The body's bytes. Raises `TypeError` for anything else: what was parsed can never be checked again."""
    if isinstance(body, bytes):
        return body
    if not isinstance(body, bytearray | memoryview):
        raise TypeError(f"the body must be the bytes that came in, not {type(body).__name__}")
    return bytes(cast("bytearray", body))


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return value.decode("latin-1") if isinstance(value, bytes) else ""


def _one(found: Mapping[str, str | None], name: str, lower: tuple[str, ...]) -> str:
    for each in lower:
        if each in found:
            value = found[each]
            break
    else:
        value = ""
    if value is None:
        raise MalformedWebhookError(f"the header {name} is there more than once, with different values")
    if not value:
        raise MalformedWebhookError(f"the header {name} is missing or empty")
    if not (value.isascii() and value.isprintable()):
        raise MalformedWebhookError(f"the header {name} holds characters other than printable ASCII")
    return value


def _each(secrets: str | Iterable[str]) -> Iterable[str]:
    return (secrets,) if isinstance(secrets, str) else secrets


def _key(text: str) -> bytes:
    """The bytes behind strict base64; none at all where it is not."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return b""


def _signature(key: bytes, message: bytes) -> bytes:
    return binascii.b2a_base64(hmac.digest(key, message, "sha256"), newline=False)
