"""A client takes a user token as text, or a credential that renews itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

import brex_accounting.testing
from authorization_server import Brex, Clock, app, no_sleep
from brex_accounting import AsyncClient, Client
from brex_accounting.auth import OAuth, UserToken
from brex_accounting.company import CompanyOperations
from brex_accounting.tokens import MemoryTokenStore, TokenKind
from clientkit import ConfigurationError, Request
from clientkit.pacing import pacer_of


def test_a_credential_renews_the_token_of_a_client() -> None:
    clock, brex = Clock(), Brex()
    oauth = OAuth(app(), MemoryTokenStore(brex.seed()), clocks=clock.clocks())
    client = Client(
        oauth, base_url="https://brex.test", transport=brex.transport(), clocks=clock.clocks(), sleep=no_sleep
    )

    answer = client.execute(Request(method="GET", path=CompanyOperations.get.build().path, returns=dict[str, str]))

    assert answer == {"id": "cuacc_1"}
    assert {status.kind for status in client.credential_status()} == {TokenKind.ACCESS_TOKEN, TokenKind.REFRESH_TOKEN}


def test_a_text_is_a_user_token_whose_last_use_is_known_after_a_call() -> None:
    standin = brex_accounting.testing.StandIn()
    client = standin.client()
    assert client.credential_status()[0].expires_at is None

    client.records.list().collect()

    (status,) = client.credential_status()
    assert status.kind is TokenKind.USER_TOKEN
    assert status.left is not None
    assert timedelta(days=89) < status.left <= timedelta(days=90)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_token_that_cannot_be_one_is_refused_without_being_shown(kind: type[Client | AsyncClient]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        kind("private\ntoken")

    assert "private" not in str(refused.value)


def test_clients_of_one_credential_share_its_pace() -> None:
    mine, other = UserToken("bxt_a"), UserToken("bxt_a")

    assert pacer_of(mine, 1000) is pacer_of(mine, 1000)
    assert pacer_of(mine, 1000) is not pacer_of(other, 1000)


def test_field_values_are_reached_through_fields_too() -> None:
    standin = brex_accounting.testing.StandIn()
    client = standin.client()
    field = client.fields.create(brex_accounting.NewField(name="Region", group=brex_accounting.FieldGroup.ACCOUNTING))

    assert client.fields.values.list(field.brex_id).collect() == client.field_values.list(field.brex_id).collect() == []
