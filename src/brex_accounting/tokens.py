"""OAuth tokens, where they are kept, and when they expire (https://developer.brex.com/guides/authentication)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

import attrs

from clientkit.model import Model

#: User tokens and refresh tokens die after this long without a call.
IDLE_LIFETIME = timedelta(days=90)

WARN_AHEAD = timedelta(days=14)

_log = logging.getLogger("brex_accounting")


@attrs.frozen(kw_only=True)
class Tokens(Model):
    """What one consent, or one refresh, gave. All times are UTC; the tokens do not show in a repr.

    `issued_at` is when the access token was issued, and so the last use of the refresh token. `scopes` may be fewer
    than were asked for.
    """

    access_token: str = attrs.field(repr=False)
    issued_at: datetime
    expires_at: datetime
    refresh_token: str | None = attrs.field(default=None, repr=False)
    refresh_token_issued_at: datetime | None = None
    scopes: tuple[str, ...] = ()


class TokenStore(Protocol):
    """Where the tokens of one Brex account are kept, outside of the process or they end with it.

    `save` returns when the tokens are safe and until then leaves what was there before. Both are called from the call
    that needs a new token, about once an hour, so they should be short; an event loop waits for them.
    """

    def load(self) -> Tokens | None:
        """The tokens that were saved last, None where there are none."""
        ...

    def save(self, tokens: Tokens) -> None:
        """Keep these tokens instead of the former ones."""
        ...


@runtime_checkable
class LockingTokenStore(TokenStore, Protocol):
    """A `TokenStore` that several processes share: one of them renews at a time.

    Without a lock two may use one refresh token, and a server that rotates them takes that for theft and ends the consent
    (RFC 9700, section 4.14.2).
    """

    def lock(self) -> AbstractContextManager[bool]:
        """Try to be the only one who renews, without waiting: whether nobody else is. Held until the context ends."""
        ...


class MemoryTokenStore:
    """A `TokenStore` for tests, and for client credentials, which can always be asked for another token."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens

    def load(self) -> Tokens | None:
        """The tokens that were saved last."""
        return self._tokens

    def save(self, tokens: Tokens) -> None:
        """Keep these tokens."""
        self._tokens = tokens


class TokenKind(StrEnum):
    """Which of Brex's tokens."""

    USER_TOKEN = "user token"  # noqa: S105 - a name, not a password
    ACCESS_TOKEN = "access token"  # noqa: S105
    REFRESH_TOKEN = "refresh token"  # noqa: S105


@attrs.frozen(kw_only=True)
class TokenStatus:
    """How old a token is at the moment `at`, and when it expires; None for what this process cannot know.

    An access token lives an hour. User tokens and refresh tokens expire after 90 days without use, so every use moves
    `expires_at`; some sources count a refresh token's 90 days from its issue, for which there is `age`.
    """

    kind: TokenKind
    at: datetime
    issued_at: datetime | None = None
    last_used_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def age(self) -> timedelta | None:
        """How long ago it was issued."""
        return None if self.issued_at is None else self.at - self.issued_at

    @property
    def left(self) -> timedelta | None:
        """How long until it expires; negative when it has."""
        return None if self.expires_at is None else self.expires_at - self.at


def log_expiring(status: TokenStatus) -> None:
    """Log a warning: what happens when no other callback is given."""
    _log.warning("the Brex %s expires at %s unless it is used before", status.kind, status.expires_at)


class Watch:
    """Calls `on_expiring` for a token that has at most `ahead` left, once for each time of expiry.

    What the callback raises is logged.
    """

    def __init__(self, on_expiring: Callable[[TokenStatus], object], ahead: timedelta) -> None:
        self._on_expiring, self._ahead = on_expiring, ahead
        self._told: datetime | None = None
        self._lock = threading.Lock()

    def look(self, status: TokenStatus) -> TokenStatus:
        """`status` itself, after a warning where one is due."""
        if status.left is not None and status.left <= self._ahead:
            with self._lock:
                is_news, self._told = self._told != status.expires_at, status.expires_at
            if is_news:
                self._tell(status)
        return status

    def _tell(self, status: TokenStatus) -> None:
        try:
            self._on_expiring(status)
        except Exception:  # noqa: BLE001 - the call that happens to notice must not fail for want of a message
            _log.exception("the callback that should tell of an expiring Brex %s failed", status.kind)
