"""OAuth tokens, and where they are kept (https://developer.brex.com/guides/authentication)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, runtime_checkable

import attrs

from clientkit.model import Model


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
