"""The stand-in's authorization server: consent, tokens, and their end.

::

    app = standin.oauth.app()
    redirect = standin.oauth.consent(app.authorize_url(scopes=["offline_access"], state=new_state()))
    code = parse_qs(urlsplit(redirect).query)["code"][0]

    client = standin.client(token=OAuth(app, MemoryTokenStore(standin.oauth.tokens())))

It lives at ``/oauth2/default`` beside the API and answers as the RFCs 6749, 7009 and 7636 say, and
https://developer.brex.com/guides/partner_authentication.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from itertools import count
from urllib.parse import parse_qs, urlencode, urlsplit

import attrs

from brex_accounting.oauth import OAuthApp, Pkce
from brex_accounting.token_ages import IDLE_LIFETIME
from brex_accounting.tokens import Tokens
from clientkit.testing import Asked, json_answer
from clientkit.wire import Answer

#: The application that the stand-in knows.
CLIENT_ID = "stand-in-app"
CLIENT_SECRET = "stand-in-secret"  # noqa: S105 - opens nothing but the stand-in
REDIRECT_URI = "https://erp.example/brex"

_PATH = "/oauth2/default"
# How long a code lives is not documented; this is the longest that RFC 6749 recommends.
_CODE_LIFETIME = timedelta(minutes=10)
_FORM = "application/x-www-form-urlencoded"


class Rotation(Enum):
    """Whether a refresh gives a new refresh token, and when the former one dies; Brex documents neither.

    ``NONE``: the former one stays. ``ON_USE``: it dies when one of the new tokens is first used, so a lost answer loses
    nothing. ``AT_ONCE``: it dies with the answer, and a lost answer costs the consent, whatever a client does.
    """

    NONE = "NONE"
    ON_USE = "ON_USE"
    AT_ONCE = "AT_ONCE"


@attrs.frozen(kw_only=True)
class _Code:
    scopes: tuple[str, ...]
    challenge: str
    expires_at: datetime


@attrs.frozen(kw_only=True)
class _Access:
    expires_at: datetime
    refresh: str | None


@attrs.define(kw_only=True)
class _Refresh:
    scopes: tuple[str, ...]
    used_at: datetime
    # The token that this one takes the place of, until then.
    former: str | None = None


class _Refused(Exception):  # noqa: N818 - an answer on its way out, not an error of the stand-in
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.answer = json_answer(status, {"error": error, "error_description": description})


class AuthorizationServer:
    """One application, and the consents that people gave it. Access tokens expire by the stand-in's clock.

    Attributes:
        rotation: What becomes of refresh tokens.
        lifetime: Of an access token.
        tells_lifetime: Whether an answer has ``expires_in``; Brex's own example has none.
        consents: The scopes that people agree to; None for all that are asked for, none at all for a refusal.
        access_tokens: Those that work; clear it, and every token is refused before its time.
        refresh_tokens: Those that work; clear it, and a person has to consent once more.
        granted: How many times the token endpoint gave tokens.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.rotation = Rotation.ON_USE
        self.lifetime, self.tells_lifetime = timedelta(hours=1), True
        self.consents: Sequence[str] | None = None
        self.access_tokens = dict[str, _Access]()
        self.refresh_tokens = dict[str, _Refresh]()
        self.granted = 0
        self._codes = dict[str, _Code]()
        self._now, self._numbers = now, count(1)

    def app(self, base_url: str = "https://stand-in.test") -> OAuthApp:
        """The application, at the address that `serve` gave; in process any address will do."""
        return OAuthApp(
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            redirect_uri=REDIRECT_URI,
            base_url=f"{base_url}{_PATH}",
        )

    def tokens(self, scopes: Sequence[str] = ("offline_access",)) -> Tokens:
        """The tokens of a consent that is given at this moment, as if a code had been redeemed."""
        access, refresh = self._grant(tuple(scopes), former=None, with_refresh=True)
        now = self._now()
        return Tokens(
            access_token=access,
            issued_at=now,
            expires_at=now + self.lifetime,
            refresh_token=refresh,
            refresh_token_issued_at=now,
            scopes=tuple(scopes),
        )

    def consent(self, authorize_url: str) -> str:
        """Where Brex sends a person back to who opens `authorize_url`: with a code, or with the reason for none.

        Raises `ValueError` where Brex would show an error page instead: an unknown application or redirect URI.
        """
        asked = _fields(urlsplit(authorize_url).query)
        if (asked.get("client_id"), asked.get("redirect_uri")) != (CLIENT_ID, REDIRECT_URI):
            raise ValueError("client_id and redirect_uri are not those of the application")
        return f"{REDIRECT_URI}?{urlencode(self._consented(asked))}"

    def serves(self, asked: Asked) -> bool:
        """Whether a request is for this server rather than for the API."""
        return asked.path.startswith(f"{_PATH}/v1/")

    def answer(self, asked: Asked) -> Answer:
        """What this server answers."""
        match asked.method, asked.path.removeprefix(f"{_PATH}/v1/"):
            case "GET", "authorize":
                try:
                    query = urlencode({name: value for name, (value, *_) in asked.query.items()})
                    return Answer(status=302, headers={"location": self.consent(f"?{query}")})
                except ValueError as error:
                    return Answer(status=400, headers={"content-type": "text/plain"}, content=str(error).encode())
            case "POST", "token":
                return self._carried_out(asked, self._token)
            case "POST", "revoke":
                return self._carried_out(asked, self._revoke)
            case _:
                return json_answer(404, {"error": "not_found"})

    def accepts(self, token: str) -> bool:
        """Whether the API lets this access token in, which counts as a use of its refresh token."""
        known = self.access_tokens.get(token)
        if known is None or self._now() >= known.expires_at:
            return False
        self._use(known.refresh)
        return True

    def _consented(self, asked: Mapping[str, str]) -> Mapping[str, str]:
        state = {"state": asked["state"]} if "state" in asked else {}
        if asked.get("response_type") != "code" or len(asked.get("state", "")) <= 8:
            return {"error": "invalid_request", **state}
        if asked.get("code_challenge_method", "S256") != "S256":
            return {"error": "invalid_request", **state}
        scopes = tuple(
            each for each in asked.get("scope", "").split() if self.consents is None or each in self.consents
        )
        if not scopes:
            return {"error": "access_denied", **state}
        code = f"code-{next(self._numbers)}"
        challenge = asked.get("code_challenge", "")
        self._codes[code] = _Code(scopes=scopes, challenge=challenge, expires_at=self._now() + _CODE_LIFETIME)
        return {"code": code, **state}

    def _carried_out(self, asked: Asked, handle: Callable[[dict[str, str]], Answer]) -> Answer:
        try:
            return handle(_form(asked))
        except _Refused as refused:
            return refused.answer

    def _token(self, form: dict[str, str]) -> Answer:
        match form:
            case {"grant_type": "authorization_code", "code": code}:
                scopes = self._redeemed(code, form)
                return self._granted(scopes, former=None, with_refresh="offline_access" in scopes)
            case {"grant_type": "refresh_token", "refresh_token": token}:
                known = self._use(token)
                if known is None:
                    raise _Refused("invalid_grant", "The refresh token is invalid or expired.")
                return self._granted(known.scopes, former=token, with_refresh=self.rotation is not Rotation.NONE)
            case {"grant_type": "client_credentials", "scope": scope}:
                return self._granted(tuple(scope.split()), former=None, with_refresh=False)
            case _:
                raise _Refused("unsupported_grant_type", "The grant type or one of its fields is missing.")

    def _redeemed(self, code: str, form: Mapping[str, str]) -> tuple[str, ...]:
        known = self._codes.pop(code, None)
        is_good = (
            known is not None
            and known.challenge == _challenge(form.get("code_verifier"))
            and self._now() < known.expires_at
            and form.get("redirect_uri") == REDIRECT_URI
        )
        if known is None or not is_good:
            raise _Refused("invalid_grant", "The authorization code is invalid or expired.")
        return known.scopes

    def _revoke(self, form: dict[str, str]) -> Answer:
        token = form.get("token", "")
        self.access_tokens.pop(token, None)
        if self.refresh_tokens.pop(token, None) is not None:
            for access, known in list(self.access_tokens.items()):
                if known.refresh == token:
                    del self.access_tokens[access]
        # Also for a token that nobody knows (RFC 7009, section 2.2).
        return Answer(status=200)

    def _granted(self, scopes: tuple[str, ...], *, former: str | None, with_refresh: bool) -> Answer:
        self.granted += 1
        access, refresh = self._grant(scopes, former=former, with_refresh=with_refresh)
        body: dict[str, object] = {"access_token": access, "token_type": "Bearer", "scope": " ".join(scopes)}
        if self.tells_lifetime:
            body["expires_in"] = int(self.lifetime.total_seconds())
        if refresh is not None:
            body["refresh_token"] = refresh
        return json_answer(200, body)

    def _grant(self, scopes: tuple[str, ...], *, former: str | None, with_refresh: bool) -> tuple[str, str | None]:
        number = next(self._numbers)
        access, refresh = f"access-{number}", f"refresh-{number}" if with_refresh else None
        if refresh is not None:
            self.refresh_tokens[refresh] = _Refresh(scopes=scopes, used_at=self._now(), former=former)
            if self.rotation is Rotation.AT_ONCE:
                self._use(refresh)
        self.access_tokens[access] = _Access(expires_at=self._now() + self.lifetime, refresh=refresh or former)
        return access, refresh

    def _use(self, refresh: str | None) -> _Refresh | None:
        """The refresh token of a request, if it works; what it takes the place of works no more."""
        known = None if refresh is None else self.refresh_tokens.get(refresh)
        if known is None or self._now() - known.used_at >= IDLE_LIFETIME:
            return None
        known.used_at = self._now()
        former, known.former = known.former, None
        while former is not None:
            dead = self.refresh_tokens.pop(former, None)
            former = None if dead is None else dead.former
        return known


def _form(asked: Asked) -> dict[str, str]:
    kind = asked.headers.get("content-type", "").partition(";")[0]
    if kind != _FORM or "authorization" in asked.headers:
        raise _Refused("invalid_request", "Fields and credentials come in the form body alone.")
    form = _fields(asked.content.decode())
    if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        raise _Refused("invalid_client", "The client id or the client secret is wrong.", 401)
    return form


def _challenge(verifier: str | None) -> str | None:
    """The challenge that a proof belongs to, "" where there is neither, None for what cannot be a proof."""
    try:
        return "" if verifier is None else Pkce(verifier).challenge
    except ValueError:
        return None


def _fields(encoded: str) -> dict[str, str]:
    return {name: value for name, (value, *_) in parse_qs(encoded, keep_blank_values=True).items()}
