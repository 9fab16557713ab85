"""OAuth tokens that renew themselves.

A credential takes part in every call, through the call's own driver: it renews the access token shortly before it
expires, and once more when Brex answers 401 or 403, which is how Brex speaks of expired tokens
(https://developer.brex.com/guides/error_codes). Of all the threads and tasks that meet an expired token one asks for a new
one; the others wait, without holding a thread's lock or the event loop. New tokens are used when the store has them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from brex_accounting.oauth import AuthorizationError, ConsentRequiredError, OAuthApp, TokenEndpoint
from brex_accounting.token_ages import IDLE_LIFETIME, WARN_AHEAD, Watch, log_expiring
from brex_accounting.token_status import TokenKind, TokenStatus
from brex_accounting.tokens import LockingTokenStore, MemoryTokenStore, Tokens, TokenStore
from clientkit.call_context import Clocks, Refusal
from clientkit.client import CLOCKS
from clientkit.errors import ConfigurationError
from clientkit.exchange import as_flow
from clientkit.overriding import override
from clientkit.wire import Flow, Wait

#: An access token is renewed this long before it expires, so that it does not expire on its way.
MARGIN = timedelta(seconds=30)

# A 403 to a token this young is about its scopes: renewing would not help, and every such call would do it again. Only what
# somebody else has saved meanwhile, such as the tokens of a new consent, is worth another try.
_YOUNG = timedelta(minutes=1)

# Seconds between two looks at whether the one who asks for a new token has it.
_LOOK = 0.05


class _Renewal:
    """One attempt to get new tokens, by whoever came first; the others look at it."""

    error: AuthorizationError | None = None


class _Renewing:
    """An access token that is renewed when it has to be, by one at a time."""

    def __init__(
        self,
        app: OAuthApp,
        store: TokenStore,
        *,
        on_expiring: Callable[[TokenStatus], object] = log_expiring,
        warn_ahead: timedelta = WARN_AHEAD,
        clocks: Clocks = CLOCKS,
    ) -> None:
        self._endpoint = TokenEndpoint(app=app, clocks=clocks)
        self._store, self._watch = store, Watch(on_expiring, warn_ahead)
        self._tokens = _loaded(store)
        self._unsaved: Tokens | None = None
        self._renewal: _Renewal | None = None
        # Held for moments, never while a request is under way.
        self._lock = threading.Lock()

    def header(self) -> str:
        """``Bearer`` and the access token of now."""
        if self._tokens is None:
            raise AuthorizationError("none was asked for yet")
        return f"Bearer {self._tokens.access_token}"

    def renew(self, refusal: Refusal | None, seconds: float) -> Flow[bool]:
        """Get another token if it takes one. Raises `AuthorizationError`."""
        self.credential_status()
        if refusal is not None and self._is_about_scopes(refusal):
            return self._saved_elsewhere()
        left = seconds
        while left > 0:
            with self._lock:
                if self._is_good(refusal):
                    return True
                renewal, is_under_way = self._renewal, self._renewal is not None
                if renewal is None:
                    renewal = self._renewal = _Renewal()
            if not is_under_way:
                yield from self._lead(renewal, left)
                return True
            yield Wait(_LOOK)
            left -= _LOOK
            if renewal.error is not None:
                raise type(renewal.error)(renewal.error.reason) from renewal.error
        return False

    def credential_status(self) -> tuple[TokenStatus, ...]:
        """Ages and times of expiry of the access token and, where there is one, of the refresh token.

        A daily look warns in time where no calls are made.
        """
        tokens, now = self._tokens, self._endpoint.now()
        if tokens is None:
            return ()
        access = TokenStatus(
            kind=TokenKind.ACCESS_TOKEN, at=now, issued_at=tokens.issued_at, expires_at=tokens.expires_at
        )
        if tokens.refresh_token is None:
            return (access,)
        refresh = TokenStatus(
            kind=TokenKind.REFRESH_TOKEN,
            at=now,
            issued_at=tokens.refresh_token_issued_at,
            last_used_at=tokens.issued_at,
            expires_at=tokens.issued_at + IDLE_LIFETIME,
        )
        return access, self._watch.look(refresh)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._endpoint.app!r})"

    def _ask(self, seconds: float) -> Flow[Tokens]:
        raise NotImplementedError

    def _is_good(self, refusal: Refusal | None) -> bool:
        if self._tokens is None:
            return False
        if refusal is not None:
            return self.header() != refusal.header
        return self._tokens.expires_at - self._endpoint.now() > MARGIN

    def _is_about_scopes(self, refusal: Refusal) -> bool:
        tokens = self._tokens
        is_current = tokens is not None and refusal.header == self.header()
        is_young = tokens is not None and self._endpoint.now() - tokens.issued_at < _YOUNG
        return refusal.status == 403 and is_current and is_young

    def _saved_elsewhere(self) -> bool:
        """Whether the store has other tokens than those that were refused; one that cannot be read has none."""
        if self._renewal is not None or self._unsaved is not None:
            return False
        try:
            return self._adopted()
        except AuthorizationError:
            return False

    def _lead(self, renewal: _Renewal, seconds: float) -> Flow[None]:
        try:
            yield from self._renewed(seconds)
        except AuthorizationError as error:
            renewal.error = error
            raise
        finally:
            # Also when the call is cancelled: then the next in line leads.
            with self._lock:
                self._renewal = None

    def _renewed(self, seconds: float) -> Flow[None]:
        left = seconds
        while left > 0:
            with self._alone() as is_alone:
                if is_alone:
                    yield from self._renewed_alone(left)
                    return
            yield Wait(_LOOK)
            left -= _LOOK
        raise AuthorizationError("another process was renewing the tokens for as long as the call could wait")

    @contextmanager
    def _alone(self) -> Generator[bool]:
        """Whether no other process renews, for as long as the context lasts."""
        with ExitStack() as held:
            is_alone = True
            if isinstance(self._store, LockingTokenStore):
                try:
                    is_alone = held.enter_context(self._store.lock())
                except Exception as error:
                    raise AuthorizationError(f"the token store could not be locked ({type(error).__name__})") from error
            yield is_alone

    def _renewed_alone(self, seconds: float) -> Flow[None]:
        # Tokens that the store would not take are the only ones there are if Brex rotated: they are not asked for again.
        if self._unsaved is None:
            if self._adopted() and self._is_good(None):
                return
            try:
                self._unsaved = yield from self._ask(seconds)
            except ConsentRequiredError:
                if self._adopted():
                    return
                raise
        self._save(self._unsaved)
        self._tokens, self._unsaved = self._unsaved, None

    def _adopted(self) -> bool:
        """Whether another process has put newer tokens into the store, which are then used."""
        try:
            stored = _loaded(self._store)
        except Exception as error:
            raise AuthorizationError(f"the token store could not be read ({type(error).__name__})") from error
        known = self._tokens
        if stored is None or (known is not None and stored.access_token == known.access_token):
            return False
        # Under the lock whatever is there was saved last, though a clock that was put back since may date it earlier.
        is_locked = isinstance(self._store, LockingTokenStore)
        if known is not None and not is_locked and stored.issued_at < known.issued_at:
            return False
        self._tokens = stored
        return True

    def _save(self, tokens: Tokens) -> None:
        try:
            self._store.save(tokens)
        except Exception as error:
            raise AuthorizationError(
                f"the token store did not take the new tokens ({type(error).__name__}); "
                "they are kept in memory, and the next call tries again"
            ) from error


def _loaded(store: TokenStore) -> Tokens | None:
    """The tokens of a store. Raises what the store does, and `ConfigurationError` for what are none."""
    tokens = store.load()
    if tokens is None or isinstance(tokens, Tokens):  # pyright: ignore[reportUnnecessaryIsInstance] - a caller's store
        return tokens
    name = f"{type(store).__name__}.load"
    raise ConfigurationError(f"store: {name} gave {type(tokens).__name__}, and it has to give Tokens or None")


class OAuth(_Renewing):
    """The tokens of a person's consent, renewed with the refresh token.

    Args:
        app: The application that the consent was given to.
        store: Where `OAuthClient.redeem`'s tokens were saved, and renewed ones will be. Processes may share it where it
            is a `LockingTokenStore`, as `FileTokenStore` is: one renews at a time, and the others take what it saved.
        on_expiring: Called with the refresh token's status when `warn_ahead` or less is left, once for each time of
            expiry.
        warn_ahead: 14 days when left out.
        clocks: Instead of the machine's clocks, for tests.

    Raises:
        ConfigurationError: The store is empty, or gives something else than tokens.
    """

    def __init__(
        self,
        app: OAuthApp,
        store: TokenStore,
        *,
        on_expiring: Callable[[TokenStatus], object] = log_expiring,
        warn_ahead: timedelta = WARN_AHEAD,
        clocks: Clocks = CLOCKS,
    ) -> None:
        super().__init__(app, store, on_expiring=on_expiring, warn_ahead=warn_ahead, clocks=clocks)
        if self._tokens is None:
            raise ConfigurationError("the token store is empty: redeem a code and save its tokens there first")

    @override
    def _ask(self, seconds: float) -> Flow[Tokens]:
        return as_flow(self._endpoint.refresh(self._tokens), self._endpoint.context(seconds))


class ClientCredentials(_Renewing):
    """Tokens of the application's own, without a person; Brex gives them to partners for onboarding.

    Args:
        app: The application; its secret is needed.
        scopes: What to ask for.
        store: Where tokens are shared between processes; this process's memory when left out.
        clocks: Instead of the machine's clocks, for tests.
    """

    def __init__(
        self, app: OAuthApp, scopes: Sequence[str], *, store: TokenStore | None = None, clocks: Clocks = CLOCKS
    ) -> None:
        if app.client_secret is None:
            raise ConfigurationError("client credentials take an application with a client_secret")
        super().__init__(app, store or MemoryTokenStore(), clocks=clocks)
        self._scopes = tuple(scopes)

    @override
    def _ask(self, seconds: float) -> Flow[Tokens]:
        return as_flow(self._endpoint.client_credentials(self._scopes), self._endpoint.context(seconds))
