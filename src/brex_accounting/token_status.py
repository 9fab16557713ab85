"""What a token's age is told by. A call needs none of it, so it is loaded when somebody asks or a token is about to expire."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import attrs


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
