from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest
from typing_extensions import override

from brex_accounting.auth import UserToken
from brex_accounting.company import Company
from brex_accounting.integrations import Integration, IntegrationOperations
from brex_accounting.oauth import (
    AuthorizationError,
    ConsentRequiredError,
    OAuthApp,
)
from brex_accounting.renewing import ClientCredentials, OAuth
from brex_accounting.testing import StandIn
from brex_accounting.token_status import TokenKind
from brex_accounting.tokens import MemoryTokenStore, Tokens
from clientkit.drivers import drive, over
from clientkit.errors import ConfigurationError, ForbiddenError, NoAnswerError, UnauthorizedError
from clientkit.requests import Request
from clientkit.testing import (
    Fault,
    RequestLost,
)
from clientkit.transport import InProcess
from clientkit.wire import Answer, Outgoing, Send, TransportFailure
from support.brex.oauth import (
    NOW,
    REFUSED,
    WHO_AM_I,
    app,
    client,
    clocks,
    new_brex,
    no_sleep,
    paths,
    refuse,
    seed,
)
from support.clocks import ManualClock

CREATE = IntegrationOperations.create.build(vendor="ERP_A", vendor_account_id="books-1")


@pytest.mark.parametrize("refusal", [401, 403])
@pytest.mark.parametrize("request_", [WHO_AM_I, CREATE], ids=["GET", "POST"])
def test_a_refused_token_is_renewed_and_the_call_repeated(
    clock: ManualClock, refusal: int, request_: Request[Company | Integration]
) -> None:
    brex = new_brex(clock, refusal=refusal)
    store = MemoryTokenStore(seed(brex))
    oauth = OAuth(app(), store, clocks=clocks(clock))
    assert client(brex, oauth, clock).execute(request_) in {brex.team.company, *brex.integrations.by_id.values()}
    path = request_.path.rpartition("/")[2]
    assert paths(brex) == [path, "token", path]
    saved = store.load()
    assert saved is not None
    assert (saved.access_token, saved.refresh_token) == ("access-2", "refresh-2")


def test_a_token_is_renewed_before_it_expires(brex: StandIn, oauth: OAuth, clock: ManualClock) -> None:
    made = client(brex, oauth, clock)
    clock.now += timedelta(minutes=29, seconds=30)
    made.company.get()
    made.company.get()
    assert paths(brex) == ["token", "company", "company"]
    clock.now += timedelta(seconds=3600 - 31)
    made.company.get()
    assert brex.oauth.granted == 1
    clock.now += timedelta(seconds=1)
    made.company.get()
    assert brex.oauth.granted == 2


def test_a_call_renews_once_only(brex: StandIn, oauth: OAuth, clock: ManualClock) -> None:
    refuse(brex, 401)
    with pytest.raises(UnauthorizedError):
        client(brex, oauth, clock).company.get()
    assert paths(brex) == ["company", "token", "company"]


def test_a_403_to_a_young_token_is_about_its_scopes(brex: StandIn, oauth: OAuth, clock: ManualClock) -> None:
    refuse(brex, 403)
    made = client(brex, oauth, clock)
    for _ in range(5):
        with pytest.raises(ForbiddenError):
            made.company.get()
    assert brex.oauth.granted == 1
    clock.now += timedelta(minutes=1)
    with pytest.raises(ForbiddenError):
        made.company.get()
    assert brex.oauth.granted == 2


def test_a_403_to_a_young_token_is_answered_with_what_somebody_else_has_saved(clock: ManualClock) -> None:
    brex = new_brex(clock, refusal=403)
    store = MemoryTokenStore(brex.oauth.tokens())
    made = client(brex, OAuth(app(), store, clocks=clocks(clock)), clock)
    assert made.company.get() == brex.team.company
    brex.oauth.access_tokens.clear()
    with pytest.raises(ForbiddenError):
        made.company.get()

    store.save(brex.oauth.tokens())

    assert made.company.get() == brex.team.company
    assert paths(brex) == ["company", "company", "company", "company"]
    assert brex.oauth.granted == 0


def test_a_403_to_a_young_token_stays_a_403_where_the_store_cannot_be_read(clock: ManualClock) -> None:
    class Broken(MemoryTokenStore):
        is_broken = False

        @override
        def load(self) -> Tokens | None:
            if self.is_broken:
                raise OSError("no such disk")
            return super().load()

    brex = new_brex(clock, refusal=403)
    store = Broken(brex.oauth.tokens())
    made = client(brex, OAuth(app(), store, clocks=clocks(clock)), clock)
    brex.oauth.access_tokens.clear()
    store.is_broken = True

    with pytest.raises(ForbiddenError):
        made.company.get()


def test_a_fixed_token_is_not_renewed(brex: StandIn, clock: ManualClock) -> None:
    with pytest.raises(UnauthorizedError):
        client(brex, UserToken("bxt_1", clocks=clocks(clock)), clock).company.get()
    assert paths(brex) == ["company"]


def test_client_credentials_are_asked_for_when_they_are_first_needed(brex: StandIn, clock: ManualClock) -> None:
    credentials = ClientCredentials(app(), ["onboarding"], clocks=clocks(clock))
    made = client(brex, credentials, clock)
    assert credentials.credential_status() == ()
    with pytest.raises(AuthorizationError, match="none was asked for"):
        credentials.header()
    made.company.get()
    made.company.get()
    assert paths(brex) == ["token", "company", "company"]
    brex.oauth.access_tokens.clear()
    made.company.get()
    assert brex.oauth.granted == 2
    assert [status.kind for status in credentials.credential_status()] == [TokenKind.ACCESS_TOKEN]
    with pytest.raises(ConfigurationError, match="client_secret"):
        ClientCredentials(OAuthApp(client_id="app"), ["onboarding"])


def test_an_empty_store_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match="redeem a code"):
        OAuth(app(), MemoryTokenStore())


def test_a_store_that_gives_no_tokens_is_named() -> None:
    class DictStore(MemoryTokenStore):
        @override
        def load(self) -> Any:
            return {"access_token": "secret"}

    with pytest.raises(ConfigurationError) as raised:
        OAuth(app(), DictStore())
    assert str(raised.value) == "store: DictStore.load gave dict, and it has to give Tokens or None"


def test_a_dead_refresh_token_asks_for_a_person(brex: StandIn, oauth: OAuth, clock: ManualClock) -> None:
    brex.oauth.refresh_tokens.clear()
    with pytest.raises(ConsentRequiredError, match="The refresh token is invalid"):
        client(brex, oauth, clock).company.get()


def test_without_a_refresh_token_a_person_is_needed(brex: StandIn, clock: ManualClock) -> None:
    store = MemoryTokenStore(attrs.evolve(seed(brex), refresh_token=None))
    with pytest.raises(ConsentRequiredError, match="offline_access"):
        client(brex, OAuth(app(), store, clocks=clocks(clock)), clock).company.get()


def test_a_token_endpoint_that_does_not_answer_fails_the_call(brex: StandIn, oauth: OAuth, clock: ManualClock) -> None:
    brex.faults.append(Fault(RequestLost(), matches=lambda asked: asked.path.endswith("token"), times=99))
    with pytest.raises(AuthorizationError) as caught:
        client(brex, oauth, clock).company.get()
    assert isinstance(caught.value.__cause__, NoAnswerError)
    assert paths(brex).count("token") == 5
    brex.faults.clear()
    assert client(brex, oauth, clock).company.get() == brex.team.company


def test_a_wrong_client_secret_is_said_so(brex: StandIn, store: MemoryTokenStore, clock: ManualClock) -> None:
    oauth = OAuth(app(secret="wrong"), store, clocks=clocks(clock))
    with pytest.raises(
        AuthorizationError, match=r"401 \[invalid_client\]: The client id or the client secret is wrong"
    ):
        client(brex, oauth, clock).company.get()


def test_tokens_that_another_process_renewed_are_used(
    brex: StandIn, store: MemoryTokenStore, oauth: OAuth, clock: ManualClock
) -> None:
    client(brex, OAuth(app(), store, clocks=clocks(clock)), clock).company.get()
    assert client(brex, oauth, clock).company.get() == brex.team.company
    assert brex.oauth.granted == 1


def test_tokens_that_another_process_renewed_meanwhile_are_used(
    brex: StandIn, store: MemoryTokenStore, oauth: OAuth, clock: ManualClock
) -> None:
    other = client(brex, OAuth(app(), store, clocks=clocks(clock)), clock)

    def handle(outgoing: Outgoing) -> Answer:
        if outgoing.url.endswith("token"):
            other.company.get()
        return brex.transport().send(outgoing)

    made = client(brex, oauth, clock, InProcess(handle))
    assert made.company.get() == brex.team.company
    assert brex.oauth.granted == 1


def test_an_older_token_in_the_store_is_not_taken_for_news(
    brex: StandIn, store: MemoryTokenStore, oauth: OAuth, clock: ManualClock
) -> None:
    made, seeded = client(brex, oauth, clock), store.load()
    made.company.get()
    assert seeded is not None
    store.save(attrs.evolve(seeded, access_token="access-older", issued_at=NOW - timedelta(days=90)))
    brex.oauth.access_tokens.clear()
    made.company.get()
    assert brex.oauth.granted == 2


def test_a_transport_that_fails_in_the_middle_of_a_renewal_is_an_authorization_error(oauth: OAuth) -> None:
    flow = oauth.renew(REFUSED, 10.0)
    assert isinstance(next(flow), Send)

    def fail(_: Outgoing) -> Answer:
        raise TransportFailure("broken", sent=False)

    flow.close()
    with pytest.raises(AuthorizationError, match="broken"):
        drive(oauth.renew(REFUSED, 10.0), over(InProcess(fail), no_sleep))
