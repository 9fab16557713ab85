"""The stand-in's authorization server keeps to RFC 6749, and to the clock."""

from __future__ import annotations

from datetime import timedelta
from http.client import HTTPConnection
from typing import cast
from urllib.parse import parse_qs, urlencode, urlsplit

import attrs
import pytest

from brex_accounting import UnauthorizedError
from brex_accounting.oauth import ConsentRequiredError, OAuthClient, Pkce, new_state
from brex_accounting.renewing import OAuth
from brex_accounting.testing import StandIn
from brex_accounting.testing.oauth import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Rotation
from brex_accounting.tokens import MemoryTokenStore, Tokens
from clientkit.testing import Asked
from clientkit.wire import Answer
from support.brex.oauth import app, client, clocks, no_sleep, seed
from support.clocks import ManualClock

TOKEN = "/oauth2/default/v1/token"
STATE = "a state of the session"


def posted(brex: StandIn, path: str = TOKEN, *, kind: str = "application/x-www-form-urlencoded", **form: str) -> Answer:
    fields = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **form}
    headers = {"content-type": kind}
    return brex.respond(Asked(method="POST", path=path, headers=headers, content=urlencode(fields).encode()))


def body(answer: Answer) -> dict[str, object]:
    return cast("dict[str, object]", Asked(method="", path="", content=answer.content).json())


def sent_back(brex: StandIn, url: str) -> dict[str, str]:
    parts = urlsplit(brex.oauth.consent(url))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == REDIRECT_URI
    return {name: value for name, (value,) in parse_qs(parts.query).items()}


def refreshed(brex: StandIn, tokens: Tokens, clock: ManualClock) -> Tokens:
    return OAuthClient(app(), transport=brex.transport(), clocks=clocks(clock)).refresh(tokens)


def test_a_consent_becomes_a_client_that_renews_itself(brex: StandIn, clock: ManualClock) -> None:
    pkce, state = Pkce.new(), new_state()
    back = sent_back(brex, app().authorize_url(scopes=["offline_access"], state=state, pkce=pkce))
    assert back.keys() == {"code", "state"}
    assert back["state"] == state
    with OAuthClient(app(), transport=brex.transport(), clocks=clocks(clock)) as server:
        store = MemoryTokenStore(server.redeem(back["code"], pkce=pkce))
    made = client(brex, OAuth(app(), store, clocks=clocks(clock)), clock)
    for _ in range(48):
        clock.advance(30 * 60)
        assert made.company.get() == brex.team.company
    # Each lives an hour and is renewed before it expires, so it serves two calls, or the one with which it came.
    assert brex.oauth.granted == 1 + 24


def test_the_authorize_address_sends_a_browser_back(brex: StandIn) -> None:
    with brex.serve() as url:
        asked = urlsplit(app(url).authorize_url(scopes=["a"], state=STATE))
        browser = HTTPConnection(asked.netloc, timeout=30)
        browser.request("GET", f"{asked.path}?{asked.query}")
        answer = browser.getresponse()
        location = urlsplit(answer.headers["location"])
        answer.read()
        browser.request("GET", f"{asked.path}?client_id=other")
        refused = browser.getresponse()
        assert (refused.status, refused.read()) == (400, b"client_id and redirect_uri are not those of the application")
        browser.close()
    assert answer.status == 302
    assert f"{location.scheme}://{location.netloc}{location.path}" == REDIRECT_URI
    assert parse_qs(location.query)["state"] == [STATE]


@pytest.mark.parametrize("changes", [{"client_id": "other"}, {"redirect_uri": f"{REDIRECT_URI}/"}])
def test_nobody_is_sent_to_an_address_that_is_not_registered(brex: StandIn, changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="not those of the application"):
        brex.oauth.consent(attrs.evolve(app(), **changes).authorize_url(scopes=["a"], state=STATE))


@pytest.mark.parametrize(
    ("mistake", "error"),
    [
        ({"response_type": "token"}, "invalid_request"),
        ({"state": "12345678"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": ""}, "access_denied"),
    ],
)
def test_a_wrong_question_is_sent_back_with_an_error(brex: StandIn, mistake: dict[str, str], error: str) -> None:
    fields = {"response_type": "code", "client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "scope": "a"}
    back = sent_back(brex, f"https://stand-in.test/?{urlencode({**fields, 'state': STATE, **mistake})}")
    assert back == {"error": error, "state": mistake.get("state", STATE)}


def test_a_person_may_consent_to_less_or_to_nothing(brex: StandIn, clock: ManualClock) -> None:
    url = app().authorize_url(scopes=["offline_access", "a", "b"], state=STATE)
    brex.oauth.consents = ["a"]
    with OAuthClient(app(), transport=brex.transport(), clocks=clocks(clock)) as server:
        tokens = server.redeem(sent_back(brex, url)["code"])
    assert (tokens.scopes, tokens.refresh_token) == (("a",), None)
    brex.oauth.consents = []
    assert sent_back(brex, url) == {"error": "access_denied", "state": STATE}


def test_a_code_works_once_soon_and_with_its_proof(brex: StandIn, clock: ManualClock) -> None:
    pkce = Pkce.new()
    proven, plain = (app().authorize_url(scopes=["a"], state=STATE, pkce=proof) for proof in (pkce, None))

    def redeemed(url: str, *, wait: float = 0, **form: str) -> object:
        code = sent_back(brex, url)["code"]
        clock.advance(wait)
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, **form}
        first, second = posted(brex, **fields), posted(brex, **fields)
        assert body(second)["error"] == "invalid_grant"
        return body(first).get("error", first.status)

    assert redeemed(proven, code_verifier=pkce.verifier) == 200
    assert redeemed(plain) == 200
    assert redeemed(plain, wait=599) == 200
    for refused in (
        redeemed(proven),
        redeemed(proven, code_verifier=Pkce.new().verifier),
        redeemed(proven, code_verifier="short"),
        redeemed(plain, code_verifier=pkce.verifier),
        redeemed(plain, redirect_uri="https://other.example"),
        redeemed(plain, wait=600),
        redeemed(plain, code="code-unheard-of"),
    ):
        assert refused == "invalid_grant"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"kind": "application/json"}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "unheard-of"}, 400, "invalid_grant"),
    ],
)
def test_a_wrong_request_for_tokens_is_refused(brex: StandIn, form: dict[str, str], status: int, error: str) -> None:
    answer = posted(brex, **form)
    assert (answer.status, body(answer)["error"]) == (status, error)
    assert brex.oauth.granted == 0


def test_credentials_in_two_places_are_refused(brex: StandIn) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "authorization": "Basic eA=="}
    answer = brex.respond(Asked(method="POST", path=TOKEN, headers=headers))
    assert (answer.status, body(answer)["error"]) == (400, "invalid_request")


def test_there_is_nothing_else_on_this_server(brex: StandIn) -> None:
    assert brex.respond(Asked(method="GET", path=TOKEN)).status == 404
    assert brex.respond(Asked(method="POST", path="/oauth2/default/v1/introspect")).status == 404


def test_an_access_token_expires_by_the_clock(brex: StandIn, clock: ManualClock) -> None:
    brex.oauth.lifetime = timedelta(minutes=10)
    tokens = brex.oauth.tokens()
    assert tokens.expires_at == clock.now + timedelta(minutes=10)
    clock.advance(599)
    assert brex.oauth.accepts(tokens.access_token)
    clock.advance(1)
    assert not brex.oauth.accepts(tokens.access_token)
    assert refreshed(brex, tokens, clock).expires_at == clock.now + timedelta(minutes=10)


def test_a_refresh_token_dies_of_90_days_without_use(brex: StandIn, clock: ManualClock) -> None:
    brex.oauth.rotation = Rotation.NONE
    tokens = brex.oauth.tokens()
    for _ in range(3):
        clock.now += timedelta(days=89)
        assert refreshed(brex, tokens, clock).refresh_token == tokens.refresh_token
    clock.now += timedelta(days=90)
    with pytest.raises(ConsentRequiredError):
        refreshed(brex, tokens, clock)


def test_a_user_token_dies_of_90_days_without_use(brex: StandIn, clock: ManualClock) -> None:
    with brex.client(sleep=no_sleep) as made:
        for _ in range(3):
            clock.now += timedelta(days=89)
            assert made.company.get() == brex.team.company
        clock.now += timedelta(days=90)
        for _ in range(2):
            with pytest.raises(UnauthorizedError):
                made.company.get()


@pytest.mark.parametrize(
    ("rotation", "before_use", "after_use"),
    [(Rotation.NONE, True, True), (Rotation.ON_USE, True, False), (Rotation.AT_ONCE, False, False)],
)
def test_when_the_former_refresh_token_dies(
    brex: StandIn, clock: ManualClock, rotation: Rotation, before_use: bool, after_use: bool
) -> None:
    brex.oauth.rotation = rotation
    former = seed(brex)
    newer = refreshed(brex, former, clock)
    assert (newer.refresh_token == former.refresh_token) == (rotation is Rotation.NONE)
    assert (former.refresh_token in brex.oauth.refresh_tokens) == before_use
    assert brex.oauth.accepts(newer.access_token)
    assert (former.refresh_token in brex.oauth.refresh_tokens) == after_use
    assert refreshed(brex, newer, clock).access_token != newer.access_token


def test_a_revoked_refresh_token_takes_its_access_tokens_along(brex: StandIn) -> None:
    one, other = brex.oauth.tokens(), brex.oauth.tokens()
    assert posted(brex, "/oauth2/default/v1/revoke", token=one.refresh_token or "").status == 200
    assert posted(brex, "/oauth2/default/v1/revoke", token="unheard-of").status == 200
    assert not brex.oauth.accepts(one.access_token)
    assert brex.oauth.accepts(other.access_token)
    assert posted(brex, "/oauth2/default/v1/revoke", token=other.access_token).status == 200
    assert not brex.oauth.accepts(other.access_token)
    assert list(brex.oauth.refresh_tokens) == [other.refresh_token]
