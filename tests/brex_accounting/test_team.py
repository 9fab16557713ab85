"""The company, its legal entities and its people, four ways."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from brex_accounting import Client, ForbiddenError, NotFoundError
from brex_accounting.company import Address, Company
from brex_accounting.legal_entities import LegalEntity, LegalEntityStatus
from brex_accounting.testing import StandIn
from brex_accounting.users import TeamUser, UserStatus
from clientkit import codec
from clientkit.testing import Fault, Respond, json_answer
from support.endpoint_runner import Runner


def test_the_company_tells_whose_token_it_is(run: Runner[Client], standin: StandIn) -> None:
    company = run.call(lambda client: client.company.get())
    assert company == standin.team.company
    assert (standin.asked[0].method, standin.asked[0].path) == ("GET", "/v2/company")


def test_a_company_as_documented() -> None:
    body = {
        "id": "cuacc_1",
        "legal_name": "Sample",
        "mailing_address": {"line1": "1 Sample Street", "country": "US", "county": "Kings"},
        "accountType": "BREX_EMPOWER",
    }
    company = codec.structure(body, Company)
    assert company.account_type == "BREX_EMPOWER"
    assert company.mailing_address == Address(line1="1 Sample Street", country="US", extra={"county": "Kings"})
    assert codec.unstructure(company) == body


def test_without_the_scope(run: Runner[Client], standin: StandIn) -> None:
    standin.faults.append(Fault(Respond(json_answer(403, {"type": "FORBIDDEN", "message": "scope"}))))
    with pytest.raises(ForbiddenError, match="Check the token's scopes"):
        run.call(lambda client: client.company.get())


def test_legal_entities(run: Runner[Client], standin: StandIn) -> None:
    west = LegalEntity(id="cuent_2", display_name="West", status=LegalEntityStatus.IN_PROGRESS)
    standin.team.legal_entities[west.id] = west
    entities = run.call(lambda client: client.legal_entities.list(limit=1))
    assert [entity.display_name for entity in entities] == ["Sample Company, Inc.", "West"]
    assert run.call(lambda client: client.legal_entities.get("cuent_1")).is_default
    assert run.call(lambda client: client.legal_entities.get("cuent_2")) == west
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.legal_entities.get("cuent_3"))


def test_a_legal_entity_is_spelled_in_camel_case() -> None:
    body = {
        "id": "cuent_1",
        "displayName": "East",
        "billingAddress": {"city": "Boston"},
        "createdAt": "2020-01-02T03:04:05Z",
        "status": "VERIFIED",
        "isDefault": True,
    }
    entity = codec.structure(body, LegalEntity)
    assert entity == LegalEntity(
        id="cuent_1",
        display_name="East",
        status=LegalEntityStatus.VERIFIED,
        billing_address=Address(city="Boston"),
        created_at=datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
        is_default=True,
    )
    assert codec.unstructure(entity) == body


def test_people(run: Runner[Client], standin: StandIn) -> None:
    grace = TeamUser(
        id="cuuser_2",
        first_name="Grace",
        last_name="Sample",
        email="grace@example.com",
        status=UserStatus.INVITED,
        remote_display_id="okta_7",
        metadata={"team": "east"},
    )
    standin.team.users[grace.id] = grace
    ada = standin.team.users["cuuser_1"]
    assert run.call(lambda client: client.users.list(limit=1)) == [ada, grace]
    assert run.call(lambda client: client.users.list(email="grace@example.com")) == [grace]
    assert standin.asked[-1].query == {"email": ("grace@example.com",)}
    assert run.call(lambda client: client.users.list(remote_display_id="okta_7")) == [grace]
    assert run.call(lambda client: client.users.get("cuuser_2")) == grace
    assert run.call(lambda client: client.users.me()) == ada
    assert ada.last_name == "Example "
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.users.get("cuuser_3"))


def test_a_person_of_whom_little_is_known() -> None:
    user = codec.structure({"id": "u", "email": None, "status": "ON_LEAVE", "metadata": None}, TeamUser)
    assert user == TeamUser(id="u", status=UserStatus("ON_LEAVE"))
    assert hash(user) == hash(TeamUser(id="u", status=UserStatus("ON_LEAVE"), metadata={"a": "b"}))
