from __future__ import annotations

import asyncio
import traceback
from collections.abc import Generator, Sequence
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

from brex_accounting.oauth import (
    AsyncOAuthClient,
    AuthorizationError,
    ConsentRequiredError,
    OAuthApp,
    OAuthClient,
    Pkce,
    new_state,
)
from brex_accounting.testing import StandIn
from brex_accounting.testing.oauth import Rotation
from brex_accounting.tokens import Tokens
from clientkit.errors import ConfigurationError
from clientkit.testing import (
    AnswerLost,
    Fault,
    Respond,
    json_answer,
)
from clientkit.verdicts import Verdict
from clientkit.wire import Answer
from support.brex.oauth import (
    NOW,
    app,
    clocks,
    no_sleep,
    paths,
    seed,
)
from support.clocks import ManualClock


def test_the_authorize_url_asks_for_what_is_needed() -> None:
    pkce = Pkce("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    state = new_state()
    url = app().authorize_url(scopes=["offline_access", "accounting.record.read"], state=state, pkce=pkce)
    assert url.startswith("https://stand-in.test/oauth2/default/v1/authorize?")
    assert parse_qs(urlsplit(url).query) == {
        "response_type": ["code"],
        "client_id": ["stand-in-app"],
        "redirect_uri": ["https://erp.example/brex"],
        "scope": ["offline_access accounting.record.read"],
        "state": [state],
        # The example of RFC 7636, appendix B.
        "code_challenge": ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"],
        "code_challenge_method": ["S256"],
    }
    assert "code_challenge" not in app().authorize_url(scopes=["x"], state=state)
    assert OAuthApp(client_id="app").base_url == "https://accounts-api.brex.com/oauth2/default"


def test_states_and_proofs_differ() -> None:
    assert len({new_state() for _ in range(100)} | {Pkce.new().verifier for _ in range(100)}) == 200
    assert len(new_state()) > 8


def test_an_authorize_url_that_brex_would_refuse() -> None:
    with pytest.raises(ValueError, match="longer than 8"):
        app().authorize_url(scopes=["x"], state="12345678")
    with pytest.raises(ValueError, match="at least one scope"):
        app().authorize_url(scopes=[], state="123456789")
    with pytest.raises(ValueError, match="at least one scope"):
        app().authorize_url(scopes="x", state="123456789")
    with pytest.raises(ValueError, match="no redirect_uri"):
        OAuthApp(client_id="app").authorize_url(scopes=["x"], state="123456789")
    with pytest.raises(ValueError, match="verifier"):
        Pkce("too short")
    with pytest.raises(ConfigurationError):
        OAuthApp(client_id="app", base_url="http://brex.example")


class Blocking:
    """`AsyncOAuthClient` under the methods of `OAuthClient`."""

    def __init__(self, made: AsyncOAuthClient) -> None:
        self._made, self._loop = made, asyncio.Runner()

    def redeem(self, code: str, *, pkce: Pkce | None = None) -> Tokens:
        return self._loop.run(self._made.redeem(code, pkce=pkce))

    def refresh(self, tokens: Tokens) -> Tokens:
        return self._loop.run(self._made.refresh(tokens))

    def client_credentials(self, scopes: Sequence[str]) -> Tokens:
        return self._loop.run(self._made.client_credentials(scopes))

    def revoke(self, tokens: Tokens) -> None:
        self._loop.run(self._made.revoke(tokens))

    def close(self) -> None:
        async def leave() -> None:
            async with self._made:
                pass

        self._loop.run(leave())
        self._loop.close()


@pytest.fixture(params=["blocking", "awaitable", "blocking-over-sockets", "awaitable-over-sockets"])
def server(request: pytest.FixtureRequest, brex: StandIn, clock: ManualClock) -> Generator[OAuthClient | Blocking]:
    seconds = clocks(clock)
    if request.param == "blocking":
        with OAuthClient(app(), transport=brex.transport(), clocks=seconds) as made:
            yield made
    elif request.param == "awaitable":
        amade = Blocking(AsyncOAuthClient(app(), transport=brex.async_transport(), clocks=seconds))
        yield amade
        amade.close()
    else:
        with brex.serve() as url:
            over = (
                OAuthClient(app(url), clocks=seconds)
                if request.param.startswith("blocking")
                else Blocking(AsyncOAuthClient(app(url), clocks=seconds))
            )
            yield over
            over.close()


def code_of(brex: StandIn, pkce: Pkce | None = None, scopes: Sequence[str] = ("offline_access", "b")) -> str:
    """What a person who consents comes back with."""
    state = new_state()
    back = parse_qs(urlsplit(brex.oauth.consent(app().authorize_url(scopes=scopes, state=state, pkce=pkce))).query)
    assert back.keys() == {"code", "state"}
    assert back["state"] == [state]
    return back["code"][0]


def test_a_code_becomes_tokens(server: OAuthClient, brex: StandIn) -> None:
    pkce = Pkce.new()
    code = code_of(brex, pkce)
    tokens = server.redeem(code, pkce=pkce)
    assert tokens == Tokens(
        access_token="access-2",
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=1),
        refresh_token="refresh-2",
        refresh_token_issued_at=NOW,
        scopes=("offline_access", "b"),
    )
    with pytest.raises(ConsentRequiredError, match="The authorization code is invalid"):
        server.redeem(code, pkce=pkce)


def test_a_refresh_keeps_what_it_is_not_given(server: OAuthClient, brex: StandIn) -> None:
    brex.oauth.rotation, brex.oauth.tells_lifetime = Rotation.NONE, False
    before = seed(brex)
    after = server.refresh(before)
    assert (after.access_token, after.refresh_token) == ("access-2", "refresh-1")
    assert after.refresh_token_issued_at == before.refresh_token_issued_at
    assert (after.issued_at, after.expires_at) == (NOW, NOW + timedelta(hours=1))


def test_client_credentials_give_no_refresh_token(server: OAuthClient, brex: StandIn) -> None:
    assert server.client_credentials(["onboarding"]).refresh_token is None
    bad_grant = {"errorCode": "E0000021", "errorSummary": "Bad grant."}
    brex.faults.append(Fault(Respond(json_answer(400, bad_grant))))
    with pytest.raises(AuthorizationError, match=r"E0000021.*Bad grant") as refused:
        server.client_credentials(["other"])
    assert refused.value.verdict is Verdict.FATAL


def test_revoked_tokens_work_no_more(server: OAuthClient, brex: StandIn) -> None:
    tokens = server.redeem(code_of(brex))
    assert brex.oauth.accepts(tokens.access_token)
    server.revoke(tokens)
    assert not brex.oauth.accepts(tokens.access_token)
    with pytest.raises(ConsentRequiredError):
        server.refresh(tokens)
    server.revoke(attrs.evolve(tokens, refresh_token=None))
    with pytest.raises(ConsentRequiredError, match="offline_access"):
        server.refresh(attrs.evolve(tokens, refresh_token=None))


def test_a_code_is_never_sent_twice_but_a_refresh_is(brex: StandIn, clock: ManualClock) -> None:
    made = OAuthClient(app(), transport=brex.transport(), clocks=clocks(clock), sleep=no_sleep)
    code = code_of(brex)
    brex.faults.append(Fault(AnswerLost()))
    with pytest.raises(AuthorizationError, match="no answer"):
        made.redeem(code)
    assert paths(brex) == ["token"]
    before = seed(brex)
    brex.faults.append(Fault(AnswerLost()))
    assert made.refresh(before).refresh_token == "refresh-5"
    assert paths(brex) == ["token"] * 3


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=200, content=b"<html>access-9</html>", headers={"content-type": "text/html"}),
        json_answer(200, {"refresh_token": "access-9"}),
        json_answer(200, {"access_token": {"value": "access-9"}}),
        json_answer(200, {"access_token": "access-9\n"}),
        json_answer(200, {"access_token": "access-9", "expires_in": "access-9"}),
        json_answer(200, ["access-9"]),
    ],
)
def test_an_unreadable_grant_is_not_shown(brex: StandIn, clock: ManualClock, answer: Answer) -> None:
    made = OAuthClient(app(), transport=brex.transport(), clocks=clocks(clock))
    brex.faults.append(Fault(Respond(answer)))
    with pytest.raises(AuthorizationError, match="not documented") as caught:
        made.redeem("code-1")
    assert "access-9" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


@pytest.mark.parametrize(("lifetime", "seconds"), [("600", 600), (600.5, 600), (0, 0), (10**15, 90 * 86_400)])
def test_a_lifetime_comes_in_several_forms(brex: StandIn, clock: ManualClock, lifetime: object, seconds: int) -> None:
    brex.faults.append(Fault(Respond(json_answer(200, {"access_token": "access-9", "expires_in": lifetime}))))
    made = OAuthClient(app(), transport=brex.transport(), clocks=clocks(clock))
    assert made.redeem("code-1").expires_at == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(("content", "said"), [(b"<html>", "answered 502 after 5 attempts"), (b"[]", "answered 502")])
def test_an_error_that_is_no_json_is_told_by_its_status(
    brex: StandIn, clock: ManualClock, content: bytes, said: str
) -> None:
    made = OAuthClient(app(), transport=brex.transport(), clocks=clocks(clock), sleep=no_sleep)
    brex.faults.append(Fault(Respond(Answer(status=502, content=content)), times=5))
    with pytest.raises(AuthorizationError, match=said):
        made.refresh(seed(brex))


def test_an_application_without_redirect_uri_sends_none(brex: StandIn, clock: ManualClock) -> None:
    made = OAuthClient(attrs.evolve(app(), redirect_uri=None), transport=brex.transport(), clocks=clocks(clock))
    brex.faults.append(Fault(Respond(json_answer(200, {"access_token": "access-9"}))))
    assert made.redeem("code-1").access_token == "access-9"
    assert b"redirect_uri" not in brex.asked[0].content
