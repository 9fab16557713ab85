"""How old a token is, and when it expires (https://developer.brex.com/guides/authentication)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brex_accounting.token_status import TokenStatus

#: User tokens and refresh tokens die after this long without a call.
IDLE_LIFETIME = timedelta(days=90)

WARN_AHEAD = timedelta(days=14)

_log = logging.getLogger("brex_accounting")


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

    def is_near(self, expires_at: datetime | None, now: datetime) -> bool:
        """Whether that time of expiry is one to warn of."""
        return expires_at is not None and expires_at - now <= self._ahead

    def look(self, status: TokenStatus) -> TokenStatus:
        """`status` itself, after a warning where one is due."""
        if self.is_near(status.expires_at, status.at):
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
