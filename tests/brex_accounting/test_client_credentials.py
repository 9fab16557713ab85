"""A client takes a user token as text, or a credential that renews itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

import brex_accounting
from brex_accounting import AsyncClient, Client
from brex_accounting.auth import UserToken
from brex_accounting.renewing import OAuth
from brex_accounting.testing import StandIn
from brex_accounting.token_status import TokenKind
from clientkit import ConfigurationError
from clientkit.pacing import pacer_of
from support.brex.oauth import (
    clocks,
    no_sleep,
)
from support.clocks import ManualClock
from support.endpoint_runner import Runner


def test_a_credential_renews_the_token_of_a_client(brex: StandIn, oauth: OAuth, clock: ManualClock) -> None:
    client = brex.client(token=oauth, clocks=clocks(clock), sleep=no_sleep)

    assert client.company.get() == brex.team.company
    assert {status.kind for status in client.credential_status()} == {TokenKind.ACCESS_TOKEN, TokenKind.REFRESH_TOKEN}


def test_a_text_is_a_user_token_whose_last_use_is_known_after_a_call(run: Runner[Client]) -> None:
    assert run.client.credential_status()[0].expires_at is None

    run.call(lambda client: client.records.list())

    (status,) = run.client.credential_status()
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


def test_field_values_are_reached_through_fields_too(run: Runner[Client]) -> None:
    new = brex_accounting.NewField(name="Region", group=brex_accounting.FieldGroup.ACCOUNTING)
    field = run.call(lambda client: client.fields.create(new))
    value = brex_accounting.NewFieldValue(value="East")

    (made,) = run.call(lambda client: client.fields.values.create(field.brex_id, [value]))

    assert run.call(lambda client: client.field_values.list(field.brex_id)) == [made]
    assert run.call(lambda client: client.fields.values.list(field.brex_id)) == [made]
