from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from authorization_server import CREATE, NOW, REFUSED, WHO_AM_I, Brex, Clock, app, client, connection, no_sleep
from brex_accounting.auth import ClientCredentials, OAuth, UserToken
from brex_accounting.oauth import (
    AuthorizationError,
    ConsentRequiredError,
    OAuthApp,
)
from brex_accounting.tokens import MemoryTokenStore, TokenKind
from clientkit.client import BaseClient
from clientkit.errors import ConfigurationError, ForbiddenError, NoAnswerError, UnauthorizedError
from clientkit.exchange import (
    Answer,
    Outgoing,
    Send,
    TransportFailure,
)
from clientkit.requests import Request
from clientkit.testing import (
    Fault,
    RequestLost,
)
from clientkit.transport import InProcess, drive


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def brex() -> Brex:
    return Brex()


@pytest.fixture
def store(brex: Brex) -> MemoryTokenStore:
    return MemoryTokenStore(brex.seed())


@pytest.fixture
def oauth(store: MemoryTokenStore, clock: Clock) -> OAuth:
    return OAuth(app(), store, clocks=clock.clocks())


@pytest.mark.parametrize("refusal", [401, 403])
@pytest.mark.parametrize("request_", [WHO_AM_I, CREATE], ids=["GET", "POST"])
def test_a_refused_token_is_renewed_and_the_call_repeated(
    clock: Clock, refusal: int, request_: Request[object]
) -> None:
    brex = Brex(refusal=refusal)
    store = MemoryTokenStore(brex.seed())
    oauth = OAuth(app(), store, clocks=clock.clocks())
    assert client(brex, oauth, clock).execute(request_) == {"id": "cuacc_1"}
    assert brex.paths == ["company", "token", "company"]
    saved = store.load()
    assert saved is not None
    assert (saved.access_token, saved.refresh_token) == ("access-1", "refresh-1")


def test_a_token_is_renewed_before_it_expires(brex: Brex, oauth: OAuth, clock: Clock) -> None:
    made = client(brex, oauth, clock)
    clock.now += timedelta(minutes=29, seconds=30)
    made.execute(WHO_AM_I)
    made.execute(WHO_AM_I)
    assert brex.paths == ["token", "company", "company"]
    clock.now += timedelta(seconds=3600 - 31)
    made.execute(WHO_AM_I)
    assert brex.granted == 1
    clock.now += timedelta(seconds=1)
    made.execute(WHO_AM_I)
    assert brex.granted == 2


def test_a_call_renews_once_only(brex: Brex, oauth: OAuth, clock: Clock) -> None:
    brex.forbidden = True
    with pytest.raises(UnauthorizedError):
        client(brex, oauth, clock).execute(WHO_AM_I)
    assert brex.paths == ["company", "token", "company"]


def test_a_403_to_a_young_token_is_about_its_scopes(brex: Brex, oauth: OAuth, clock: Clock) -> None:
    brex.forbidden, brex.refusal = True, 403
    made = client(brex, oauth, clock)
    for _ in range(5):
        with pytest.raises(ForbiddenError):
            made.execute(WHO_AM_I)
    assert brex.granted == 1
    clock.now += timedelta(minutes=1)
    with pytest.raises(ForbiddenError):
        made.execute(WHO_AM_I)
    assert brex.granted == 2


def test_a_fixed_token_is_not_renewed(brex: Brex, clock: Clock) -> None:
    with pytest.raises(UnauthorizedError):
        client(brex, UserToken("bxt_1", clocks=clock.clocks()), clock).execute(WHO_AM_I)
    assert brex.paths == ["company"]


def test_client_credentials_are_asked_for_when_they_are_first_needed(brex: Brex, clock: Clock) -> None:
    credentials = ClientCredentials(app(), ["onboarding"], clocks=clock.clocks())
    made = client(brex, credentials, clock)
    assert credentials.credential_status() == ()
    with pytest.raises(AuthorizationError, match="none was asked for"):
        credentials.header()
    made.execute(WHO_AM_I)
    made.execute(WHO_AM_I)
    assert brex.paths == ["token", "company", "company"]
    brex.access.clear()
    made.execute(WHO_AM_I)
    assert brex.granted == 2
    assert [status.kind for status in credentials.credential_status()] == [TokenKind.ACCESS_TOKEN]
    with pytest.raises(ConfigurationError, match="client_secret"):
        ClientCredentials(OAuthApp(client_id="app"), ["onboarding"])


def test_an_empty_store_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match="redeem a code"):
        OAuth(app(), MemoryTokenStore())


def test_a_dead_refresh_token_asks_for_a_person(brex: Brex, oauth: OAuth, clock: Clock) -> None:
    brex.parent_of.clear()
    with pytest.raises(ConsentRequiredError, match="The token is invalid"):
        client(brex, oauth, clock).execute(WHO_AM_I)


def test_without_a_refresh_token_a_person_is_needed(brex: Brex, clock: Clock) -> None:
    store = MemoryTokenStore(attrs.evolve(brex.seed(), refresh_token=None))
    with pytest.raises(ConsentRequiredError, match="offline_access"):
        client(brex, OAuth(app(), store, clocks=clock.clocks()), clock).execute(WHO_AM_I)


def test_a_token_endpoint_that_does_not_answer_fails_the_call(brex: Brex, oauth: OAuth, clock: Clock) -> None:
    brex.faults.append(Fault(RequestLost(), matches=lambda asked: asked.path.endswith("token"), times=99))
    with pytest.raises(AuthorizationError) as caught:
        client(brex, oauth, clock).execute(WHO_AM_I)
    assert isinstance(caught.value.__cause__, NoAnswerError)
    assert brex.paths.count("token") == 5
    brex.faults.clear()
    assert client(brex, oauth, clock).execute(WHO_AM_I) == {"id": "cuacc_1"}


def test_a_wrong_client_secret_is_said_so(brex: Brex, store: MemoryTokenStore, clock: Clock) -> None:
    oauth = OAuth(app(secret="wrong"), store, clocks=clock.clocks())
    with pytest.raises(AuthorizationError, match=r"401 \[invalid_client\]: Wrong secret"):
        client(brex, oauth, clock).execute(WHO_AM_I)


def test_tokens_that_another_process_renewed_are_used(
    brex: Brex, store: MemoryTokenStore, oauth: OAuth, clock: Clock
) -> None:
    client(brex, OAuth(app(), store, clocks=clock.clocks()), clock).execute(WHO_AM_I)
    assert client(brex, oauth, clock).execute(WHO_AM_I) == {"id": "cuacc_1"}
    assert brex.granted == 1


def test_tokens_that_another_process_renewed_meanwhile_are_used(
    brex: Brex, store: MemoryTokenStore, oauth: OAuth, clock: Clock
) -> None:
    other = client(brex, OAuth(app(), store, clocks=clock.clocks()), clock)

    def handle(outgoing: Outgoing) -> Answer:
        if outgoing.url.endswith("token"):
            other.execute(WHO_AM_I)
        return brex.transport().send(outgoing)

    made = BaseClient(connection(oauth, clock), InProcess(handle), sleep=no_sleep)
    assert made.execute(WHO_AM_I) == {"id": "cuacc_1"}
    assert brex.granted == 1


def test_an_older_token_in_the_store_is_not_taken_for_news(
    brex: Brex, store: MemoryTokenStore, oauth: OAuth, clock: Clock
) -> None:
    made, seeded = client(brex, oauth, clock), store.load()
    made.execute(WHO_AM_I)
    assert seeded is not None
    store.save(attrs.evolve(seeded, access_token="access-older", issued_at=NOW - timedelta(days=90)))
    brex.access.clear()
    made.execute(WHO_AM_I)
    assert brex.granted == 2


def test_a_transport_that_fails_in_the_middle_of_a_renewal_is_an_authorization_error(oauth: OAuth) -> None:
    flow = oauth.renew(REFUSED, 10.0)
    assert isinstance(next(flow), Send)

    def fail(_: Outgoing) -> Answer:
        raise TransportFailure("broken", sent=False)

    flow.close()
    with pytest.raises(AuthorizationError, match="broken"):
        drive(oauth.renew(REFUSED, 10.0), InProcess(fail), no_sleep)
