"""Credentials for the Brex client: a user token, or what is in `brex_accounting.renewing`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from brex_accounting.token_ages import IDLE_LIFETIME, WARN_AHEAD, Watch, log_expiring
from clientkit.call_context import Authorization, BearerToken, Clocks
from clientkit.client import CLOCKS, checked_token, or_problem, without_problem
from clientkit.overriding import override

if TYPE_CHECKING:
    from brex_accounting.token_status import TokenStatus


@runtime_checkable
class Credential(Authorization, Protocol):
    """What a client may be given instead of a user token's text: it authorizes calls and knows how old it is."""

    def credential_status(self) -> tuple[TokenStatus, ...]:
        """The age of each of its tokens, and when each expires."""
        ...


class UserToken(BearerToken):
    """A user token of the dashboard, and how long ago it was used: it expires after 90 days without a call.

    Args:
        token: The token, which begins with ``bxt_``.
        issued_at: When it was made, for `credential_status`; with a time zone.
        last_used_at: Its last use before this process, if that is known.
        on_expiring: Called with the status when `warn_ahead` or less is left, once for each time of expiry.
        warn_ahead: 14 days when left out.
        clocks: Instead of the machine's clocks, for tests.

    Raises:
        ConfigurationError: The token cannot be one.
    """

    def __init__(
        self,
        token: str,
        *,
        issued_at: datetime | None = None,
        last_used_at: datetime | None = None,
        on_expiring: Callable[[TokenStatus], object] = log_expiring,
        warn_ahead: timedelta = WARN_AHEAD,
        clocks: Clocks = CLOCKS,
    ) -> None:
        checked = or_problem(checked_token)(token)
        # A traceback with local variables would show it.
        del token
        super().__init__(without_problem(checked))
        self._issued_at, self._last_used_at, self._clocks = issued_at, last_used_at or issued_at, clocks
        self._watch = Watch(on_expiring, warn_ahead)

    @override
    def header(self) -> str:
        """``Bearer`` and the token, which counts as a use."""
        now = self._now()
        if self._watch.is_near(self._expires_at(), now):
            self.credential_status()
        self._last_used_at = now
        return super().header()

    def credential_status(self) -> tuple[TokenStatus, ...]:
        """The token's age and time of expiry. A daily look warns in time where no calls are made."""
        from brex_accounting.token_status import TokenKind, TokenStatus

        status = TokenStatus(
            kind=TokenKind.USER_TOKEN,
            at=self._now(),
            issued_at=self._issued_at,
            last_used_at=self._last_used_at,
            expires_at=self._expires_at(),
        )
        return (self._watch.look(status),)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clocks.wall(), UTC)

    def _expires_at(self) -> datetime | None:
        return None if self._last_used_at is None else self._last_used_at + IDLE_LIFETIME

    @override
    def __repr__(self) -> str:
        return "UserToken(…)"
