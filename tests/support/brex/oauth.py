"""A stand-in of Brex to which a person has consented before, and clients that hold the tokens of this consent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs

from brex_accounting import Client
from brex_accounting.auth import Credential
from brex_accounting.company import Company, CompanyOperations
from brex_accounting.oauth import OAuthApp
from brex_accounting.testing import StandIn
from brex_accounting.testing.oauth import Rotation
from brex_accounting.tokens import Tokens
from clientkit.call_context import Clocks, Options, Refusal, RetryPolicy
from clientkit.pacing import Pacer
from clientkit.requests import Request
from clientkit.testing import Fault, Respond, json_answer
from clientkit.transport import Transport
from support.clocks import ManualClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOST = "https://stand-in.test"
WHO_AM_I: Request[Company] = CompanyOperations.get.build()
REFUSED = Refusal(header="Bearer access-1", status=401)
ONCE = Options(retry=RetryPolicy(attempts=1))


def new_clock() -> ManualClock:
    return ManualClock(NOW)


def clocks(clock: ManualClock) -> Clocks:
    def seconds() -> float:
        return clock.now.timestamp()

    return Clocks(monotonic=seconds, wall=seconds, chance=lambda: 0.0)


def new_brex(clock: ManualClock, *, rotation: Rotation = Rotation.ON_USE, refusal: int = 401) -> StandIn:
    """A Brex that answers a token which does not work with `refusal`."""
    made = StandIn(now=clock, empty_unauthorized=refusal == 401, rate_limit=None)
    made.oauth.rotation = rotation
    return made


def app(host: str = HOST, *, secret: str | None = None) -> OAuthApp:
    known = StandIn().oauth.app(host)
    return known if secret is None else attrs.evolve(known, client_secret=secret)


def seed(brex: StandIn) -> Tokens:
    """Tokens of a former consent. Brex has ended the access token before its time, which nobody knows yet."""
    tokens = brex.oauth.tokens()
    brex.oauth.access_tokens.clear()
    return attrs.evolve(
        tokens,
        issued_at=NOW - timedelta(minutes=59),
        expires_at=NOW + timedelta(minutes=30),
        refresh_token_issued_at=NOW - timedelta(days=10),
    )


def client(
    brex: StandIn, credential: Credential, clock: ManualClock, transport: Transport | None = None, host: str = HOST
) -> Client:
    """A client that makes one attempt, through the stand-in's transport or another one."""
    return Client(
        credential,
        base_url=host,
        options=ONCE,
        pacer=Pacer(1_000_000),
        transport=transport or brex.transport(),
        clocks=clocks(clock),
        sleep=no_sleep,
    )


def refuse(brex: StandIn, status: int) -> None:
    """Have every token refused, whatever it is."""
    refusal = Respond(json_answer(status, {"type": "UNAUTHORIZED", "message": "Token is invalid"}))
    brex.faults.append(Fault(refusal, matches=lambda asked: asked.path == WHO_AM_I.path, times=99))


def paths(brex: StandIn) -> list[str]:
    """What was asked for, by the last part of each path."""
    return [asked.path.rpartition("/")[2] for asked in brex.asked]


def no_sleep(_: float) -> None:
    """Time stands still."""
