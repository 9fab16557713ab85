"""OAuth 2.0 with Brex: consent, tokens, and their end (https://developer.brex.com/guides/partner_authentication).

A partner's web application sends a person to `OAuthApp.authorize_url` and redeems the code that comes back::

    app = OAuthApp(client_id="…", client_secret="…", redirect_uri="https://erp.example/brex")
    state, pkce = new_state(), Pkce.new()          # keep both in the person's session
    url = app.authorize_url(scopes=["accounting.record.read", "offline_access"], state=state, pkce=pkce)
    ...
    with OAuthClient(app) as oauth:                # after check_state(request.args["state"], state)
        store.save(oauth.redeem(code, pkce=pkce))

From then on `brex_accounting.renewing.OAuth` keeps the access token fresh.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self, cast
from urllib.parse import urlencode

import attrs

from brex_accounting.tokens import Tokens
from clientkit import codec
from clientkit.call_context import CallContext, Clocks, Options, Service
from clientkit.client import CLOCKS, AsyncBaseClient, BaseClient, checked_base_url, checked_token, user_agent
from clientkit.codec import Extra, unknown_fields
from clientkit.drivers import pause
from clientkit.endpoints import AsyncResource, SyncResource, several
from clientkit.errors import (
    ApiError,
    ConfigurationError,
    NoAnswerError,
    StatusError,
    UnreadableAnswerError,
)
from clientkit.forms import Form
from clientkit.overriding import override
from clientkit.problems import Problem
from clientkit.requests import Request
from clientkit.sequences import CallSequence, ask
from clientkit.transport import AsyncTransport, Transport
from clientkit.verdicts import Verdict
from clientkit.wire import Answer

AUTH_URL = "https://accounts-api.brex.com/oauth2/default"

# Brex's own example of an answer leaves the lifetime out.
_LIFETIME = 3600
_LONGEST_LIFETIME = 90 * 86_400
_OPTIONS = Options(deadline=60.0)


class AuthorizationError(ApiError):
    """No access token could be obtained; `reason` says why, and the cause is the original error."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Brex gave no access token: {reason}")
        self.reason = reason

    @property
    @override
    def verdict(self) -> Verdict:
        """`FATAL`: without a token the next call gets no further."""
        return Verdict.FATAL


class ConsentRequiredError(AuthorizationError):
    """The refresh token or the code is expired, revoked or used up: the user has to consent again."""


@attrs.frozen
class Pkce:
    """A proof that the one who redeems a code is the one who asked for it (RFC 7636); keep it in the session."""

    verifier: str = attrs.field(repr=False, validator=attrs.validators.matches_re(r"[A-Za-z0-9._~-]{43,128}"))

    @classmethod
    def new(cls) -> Pkce:
        """A proof that nobody can guess."""
        return cls(secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """What the authorize URL shows of it."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def new_state() -> str:
    """A value for `OAuthApp.authorize_url`, which has to come back with the code, or the redirect is forged."""
    return secrets.token_urlsafe(32)


def check_state(given: str | None, expected: str | None) -> None:
    """Compare the state that came back with the one kept in the person's session, in a time that tells nothing about it.

    Raises `AuthorizationError` where they differ or one is missing: somebody else began this consent, and its code would
    connect another account.
    """
    if not given or not expected or not secrets.compare_digest(given.encode(), expected.encode()):
        raise AuthorizationError("the state that came back is not the one that the consent began with; begin again")


@attrs.frozen(kw_only=True)
class OAuthApp:
    """A partner's application as Brex registered it; the redirect URI must match exactly.

    `issuer` is what the authorization server calls itself in redirects (RFC 9207); Brex documents none, so leave it out
    unless you were told. Raises `ConfigurationError` for a `base_url` that is neither https nor on loopback.
    """

    client_id: str = attrs.field(validator=attrs.validators.min_len(1))
    client_secret: str | None = attrs.field(default=None, repr=False)
    redirect_uri: str | None = None
    base_url: str = attrs.field(default=AUTH_URL, converter=checked_base_url)
    issuer: str | None = None

    def check_issuer(self, given: str | None) -> None:
        """Compare the ``iss`` that came back with the code, where there is one (https://www.rfc-editor.org/rfc/rfc9207).

        It has to be the `issuer`, or without one the `base_url`. Raises `AuthorizationError` where it differs, and where it
        is missing although the application names its issuer: the code may be of another server, which would get the secret.
        """
        if given is None and self.issuer is None:
            return
        if given != (self.issuer or self.base_url):
            raise AuthorizationError(
                "the redirect is of another issuer than the application's; begin the consent again"
            )

    def authorize_url(self, *, scopes: Sequence[str], state: str, pkce: Pkce | None = None) -> str:
        """Where to send the person who consents.

        Args:
            scopes: What to ask for; a refresh token is given for ``offline_access`` only.
            state: Comes back with the code and must be compared; see `new_state` and `check_state`.
            pkce: Recommended; the same one is needed to redeem the code.

        Raises:
            ValueError: A state of 8 characters or fewer, no scope, or an application without redirect URI.
        """
        if len(state) <= 8:
            raise ValueError("Brex wants a state longer than 8 characters; new_state() makes one")
        if isinstance(scopes, str) or not scopes:
            raise ValueError("scopes is a sequence of at least one scope")
        if self.redirect_uri is None:
            raise ValueError("the application has no redirect_uri to come back to")
        fields = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(scopes),
            "state": state,
        }
        if pkce is not None:
            fields |= {"code_challenge": pkce.challenge, "code_challenge_method": "S256"}
        return f"{self.base_url}/v1/authorize?{urlencode(fields)}"


@attrs.frozen(kw_only=True)
class _Grant:
    access_token: str = attrs.field(repr=False)
    expires_in: Decimal | None = None
    refresh_token: str | None = attrs.field(default=None, repr=False)
    scope: str | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class TokenEndpoint:
    """The calls to Brex's authorization server, for its clients and for a credential that renews itself."""

    app: OAuthApp
    options: Options = _OPTIONS
    clocks: Clocks = CLOCKS

    def now(self) -> datetime:
        """The time by the clock that lifetimes are counted with."""
        return datetime.fromtimestamp(self.clocks.wall(), UTC)

    def context(self, seconds: float | None = None) -> CallContext:
        """To the authorization server, for a call of at most so many seconds."""
        bound = (
            self.options
            if seconds is None
            else attrs.evolve(self.options, deadline=min(self.options.deadline, seconds))
        )
        return CallContext(
            service=_SERVICE,
            base_url=self.app.base_url,
            authorization=None,
            options=bound,
            pacer=None,
            clocks=self.clocks,
        )

    def redeem(self, code: str, pkce: Pkce | None) -> CallSequence[Tokens]:
        """Exchange a code, which works once."""
        fields = {"grant_type": "authorization_code", "code": code}
        if self.app.redirect_uri is not None:
            fields["redirect_uri"] = self.app.redirect_uri
        if pkce is not None:
            fields["code_verifier"] = pkce.verifier
        return self._granted(self._request(fields), None)

    def refresh(self, tokens: Tokens | None) -> CallSequence[Tokens]:
        """Exchange a refresh token."""
        if tokens is None or tokens.refresh_token is None:
            raise ConsentRequiredError(
                "there is no refresh token; ask for the scope offline_access when asking for consent"
            )
        fields = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        # If Brex rotates refresh tokens, a lost answer holds the new one, and repeating soon is the best chance to get it.
        return self._granted(self._request(fields, repeatable=True), tokens)

    def client_credentials(self, scopes: Sequence[str]) -> CallSequence[Tokens]:
        """Ask for a token of the application's own."""
        fields = {"grant_type": "client_credentials", "scope": " ".join(scopes)}
        return self._granted(self._request(fields, repeatable=True), None)

    def revoke(self, tokens: Tokens) -> CallSequence[None]:
        """End the refresh token and what came from it, or the access token where there is no other."""
        fields = {"token": tokens.access_token, "token_type_hint": "access_token"}
        if tokens.refresh_token is not None:
            fields = {"token": tokens.refresh_token, "token_type_hint": "refresh_token"}
        return ask(Request[None](method="POST", path="/v1/revoke", body=self._form(fields), repeatable=True))

    def _form(self, fields: Mapping[str, str]) -> Form:
        secret = {} if self.app.client_secret is None else {"client_secret": self.app.client_secret}
        return Form({**fields, "client_id": self.app.client_id, **secret})

    def _request(self, fields: Mapping[str, str], *, repeatable: bool = False) -> Request[_Grant]:
        return Request(method="POST", path="/v1/token", returns=_Grant, body=self._form(fields), repeatable=repeatable)

    def _granted(self, request: Request[_Grant], former: Tokens | None) -> CallSequence[Tokens]:
        try:
            return self._tokens((yield from ask(request)), former)
        except StatusError as error:
            kind = ConsentRequiredError if error.code == "invalid_grant" else AuthorizationError
            raise kind(str(error)) from error
        except NoAnswerError as error:
            raise AuthorizationError(str(error)) from error
        except (UnreadableAnswerError, ConfigurationError):
            pass
        # Raised outside the handler: the error behind it holds the body, and with it perhaps a token.
        raise AuthorizationError("the token endpoint reported success with a body that is not documented")

    def _tokens(self, grant: _Grant, former: Tokens | None) -> Tokens:
        now = self.now()
        told = _LIFETIME if grant.expires_in is None else grant.expires_in
        lifetime = max(0, min(told, _LONGEST_LIFETIME))
        refreshed = former if grant.refresh_token is None else None
        return Tokens(
            access_token=checked_token(grant.access_token),
            issued_at=now,
            expires_at=now + timedelta(seconds=int(lifetime)),
            # None returned means that the former one stays.
            refresh_token=refreshed.refresh_token if refreshed else grant.refresh_token,
            refresh_token_issued_at=refreshed.refresh_token_issued_at
            if refreshed
            else now
            if grant.refresh_token
            else None,
            scopes=tuple((grant.scope or "").split()) or (former.scopes if former else ()),
        )


class OAuthOperations:
    """What Brex's authorization server does. Raises `AuthorizationError`.

    `ConsentRequiredError` is raised for a code or a token that works no more.
    """

    _endpoint: TokenEndpoint

    @several
    def redeem(self, code: str, *, pkce: Pkce | None = None) -> CallSequence[Tokens]:
        """Tokens for the code that came back with the person; a code works once, and only for some minutes."""
        return self._endpoint.redeem(code, pkce)

    @several
    def refresh(self, tokens: Tokens) -> CallSequence[Tokens]:
        """New tokens for a refresh token. Save them before anything else: the former ones may work no more."""
        return self._endpoint.refresh(tokens)

    @several
    def client_credentials(self, scopes: Sequence[str]) -> CallSequence[Tokens]:
        """A token of the application's own. Brex's accounting paths want a person's consent instead."""
        return self._endpoint.client_credentials(scopes)

    @several
    def revoke(self, tokens: Tokens) -> CallSequence[None]:
        """End these tokens at Brex. Raises what any call of a client raises."""
        return self._endpoint.revoke(tokens)


class OAuthClient(OAuthOperations, SyncResource):
    """A blocking client of Brex's authorization server. Use it as a context manager, or call `close`.

    Its methods raise `AuthorizationError`, and `ConsentRequiredError` for a code or token that works no more.

    Args:
        app: The application.
        options: Timeout, deadline and retries.
        transport: Instead of real connections, for tests.
        clocks: Instead of the machine's clocks, for tests.
        sleep: Instead of `time.sleep`, for tests.
    """

    def __init__(
        self,
        app: OAuthApp,
        *,
        options: Options = _OPTIONS,
        transport: Transport | None = None,
        clocks: Clocks = CLOCKS,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._endpoint = TokenEndpoint(app=app, options=options, clocks=clocks)
        self._base = BaseClient(self._endpoint.context(), transport, sleep=sleep)
        super().__init__(self._base)

    def close(self) -> None:
        """Close the connections, if this client opened them."""
        self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncOAuthClient(OAuthOperations, AsyncResource):
    """`OAuthClient` to be awaited. Use it as an asynchronous context manager, or call `aclose`."""

    def __init__(
        self,
        app: OAuthApp,
        *,
        options: Options = _OPTIONS,
        transport: AsyncTransport | None = None,
        clocks: Clocks = CLOCKS,
        sleep: Callable[[float], Awaitable[object]] = pause,
    ) -> None:
        self._endpoint = TokenEndpoint(app=app, options=options, clocks=clocks)
        self._base = AsyncBaseClient(self._endpoint.context(), transport, sleep=sleep)
        super().__init__(self._base)

    def aclose(self) -> Coroutine[Any, Any, None]:
        """Close the connections, if this client opened them."""
        return self._base.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _read_problem(answer: Answer) -> Problem:
    """RFC 6749's errors, and those of the server that Brex uses."""
    try:
        body = codec.parse(answer.content)
    except codec.CodecError:
        return Problem()
    fields = cast("dict[str, object]", body) if isinstance(body, dict) else {}
    code, detail = (
        next((value for name in names if isinstance(value := fields.get(name), str) and value), None)
        for names in (("error", "errorCode"), ("error_description", "errorSummary"))
    )
    return Problem(code=code, detail=detail)


_SERVICE = Service(
    name="Brex authorization",
    headers={"User-Agent": user_agent()},
    trace_header="x-brex-trace-id",
    read_problem=_read_problem,
)
