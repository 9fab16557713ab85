"""A stand-in of Brex's authorization server, of one endpoint behind it, and clients that reach both."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from typing_extensions import override

from brex_accounting.errors import read_problem
from brex_accounting.oauth import OAuthApp, Pkce
from brex_accounting.tokens import Tokens
from clientkit.client import BaseClient
from clientkit.exchange import Answer, Authorization, Clocks, Connection, Options, Refusal, RetryPolicy, Service
from clientkit.requests import Request
from clientkit.testing import Asked, StandIn, json_answer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOST = "https://stand-in.test"
WHO_AM_I: Request[object] = Request(method="GET", path="/v2/company", returns=object)
CREATE: Request[object] = Request(method="POST", path="/v2/company", returns=object, body={})


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def _seconds(self) -> float:
        return self.now.timestamp()

    def clocks(self) -> Clocks:
        return Clocks(monotonic=self._seconds, wall=self._seconds, jitter=lambda: 0.0)


class Brex(StandIn):
    """Brex's API and its authorization server.

    With `rotates`, a refresh gives a new refresh token, and the former one dies when the new tokens are first used.
    """

    def __init__(self, *, rotates: bool = True, refusal: int = 401) -> None:
        super().__init__()
        self.rotates, self.refusal, self.forbidden = rotates, refusal, False
        self.codes = {"code-1": ""}
        self.refresh_of = dict[str, str]()
        self.parent_of = dict[str, str]()
        self.access = set[str]()
        self.numbers = itertools.count(1)
        self.lifetime: object = 3600
        self.granted = 0

    def seed(self) -> Tokens:
        """Tokens of a consent that was given before: an access token which has expired, unknown to the client."""
        self.parent_of["refresh-0"] = ""
        return Tokens(
            access_token="access-0",
            issued_at=NOW - timedelta(minutes=59),
            expires_at=NOW + timedelta(minutes=30),
            refresh_token="refresh-0",
            refresh_token_issued_at=NOW - timedelta(days=10),
            scopes=("offline_access",),
        )

    @override
    def respond(self, asked: Asked) -> Answer:
        if asked.path == "/oauth2/default/v1/token":
            return self._token({name: values[0] for name, values in parse_qs(asked.content.decode()).items()}, asked)
        if asked.path == "/oauth2/default/v1/revoke":
            self.parent_of.pop(parse_qs(asked.content.decode())["token"][0], None)
            return Answer(status=200)
        token = asked.headers["authorization"].removeprefix("Bearer ")
        if token not in self.access or self.forbidden:
            return json_answer(self.refusal, {"type": "UNAUTHORIZED", "message": "Token is invalid"})
        self._first_use(self.refresh_of[token])
        return json_answer(200, {"id": "cuacc_1"})

    def _token(self, form: dict[str, str], asked: Asked) -> Answer:
        assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
        assert "authorization" not in asked.headers
        if (form.pop("client_id"), form.pop("client_secret")) != ("app", "the secret"):
            return json_answer(401, {"error": "invalid_client", "error_description": "Wrong secret."})
        match form:
            case {"grant_type": "authorization_code", "code": code} if self._is_redeemed(code, form):
                return self._grant("", with_refresh=True)
            case {"grant_type": "refresh_token", "refresh_token": token} if token in self.parent_of:
                self._first_use(token)
                return self._grant(token, with_refresh=self.rotates)
            case {"grant_type": "authorization_code" | "refresh_token"}:
                return json_answer(400, {"error": "invalid_grant", "error_description": "The token is invalid."})
            case {"grant_type": "client_credentials", "scope": "onboarding"}:
                return self._grant("", with_refresh=False)
            case _:
                return json_answer(400, {"errorCode": "E0000021", "errorSummary": "Bad grant."})

    def _is_redeemed(self, code: str, form: dict[str, str]) -> bool:
        challenge = Pkce(form["code_verifier"]).challenge if "code_verifier" in form else ""
        return form["redirect_uri"] == "https://erp.example/brex" and self.codes.pop(code, None) == challenge

    def _grant(self, parent: str, *, with_refresh: bool) -> Answer:
        self.granted += 1
        number = next(self.numbers)
        body: dict[str, object] = {"access_token": f"access-{number}", "token_type": "Bearer", "scope": "a b"}
        if self.lifetime is not None:
            body["expires_in"] = self.lifetime
        if with_refresh:
            body["refresh_token"] = f"refresh-{number}"
            self.parent_of[f"refresh-{number}"] = parent
        self.access.add(f"access-{number}")
        self.refresh_of[f"access-{number}"] = f"refresh-{number}" if with_refresh else parent
        return json_answer(200, body)

    def _first_use(self, refresh: str) -> None:
        while parent := self.parent_of.get(refresh, ""):
            self.parent_of[refresh] = ""
            refresh, _ = parent, self.parent_of.pop(parent, None)

    @property
    def paths(self) -> list[str]:
        return [asked.path.rpartition("/")[2] for asked in self.asked]


def app(host: str = HOST, secret: str = "the secret") -> OAuthApp:
    return OAuthApp(
        client_id="app",
        client_secret=secret,
        redirect_uri="https://erp.example/brex",
        base_url=f"{host}/oauth2/default",
    )


def connection(authorization: Authorization, clock: Clock, host: str = HOST, attempts: int = 1) -> Connection:
    return Connection(
        service=Service(name="Brex", headers={}, trace_header="x-brex-trace-id", read_problem=read_problem),
        base_url=host,
        authorization=authorization,
        options=Options(retry=RetryPolicy(attempts=attempts)),
        pacer=None,
        clocks=clock.clocks(),
    )


def no_sleep(_: float) -> None:
    """Time stands still."""


def client(brex: Brex, authorization: Authorization, clock: Clock) -> BaseClient:
    return BaseClient(connection(authorization, clock), brex.transport(), sleep=no_sleep)


REFUSED = Refusal(header="Bearer access-0", status=401)
