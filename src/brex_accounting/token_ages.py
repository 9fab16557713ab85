"""How old a token is, and when it expires (https://developer.brex.com/guides/authentication)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

import attrs

#: User tokens and refresh tokens die after this long without a call.
IDLE_LIFETIME = timedelta(days=90)

WARN_AHEAD = timedelta(days=14)

_log = logging.getLogger("brex_accounting")


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
