"""The stand-in's room of the company, its legal entities and its people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from brex_accounting.company import Address, Company
from brex_accounting.legal_entities import LegalEntity, LegalEntityStatus
from brex_accounting.testing.routes import Refusal, ok, page_of
from brex_accounting.users import TeamUser, UserStatus
from clientkit import codec
from clientkit.testing import Asked, Route
from clientkit.wire import Answer

_ADDRESS = Address(line1="1 Sample Street", city="San Francisco", state="CA", country="US", postal_code="94105")


class Team:
    """One company, its legal entities and people by id; `me` is the person that the token belongs to."""

    def __init__(self, company_id: str) -> None:
        self.company = Company(
            id=company_id,
            legal_name="Sample Company, Inc.",
            mailing_address=_ADDRESS,
            account_type="BREX_EMPOWER",
        )
        entity = LegalEntity(
            id="cuent_1",
            display_name="Sample Company, Inc.",
            status=LegalEntityStatus.VERIFIED,
            billing_address=_ADDRESS,
            created_at=datetime(2020, 1, 1, tzinfo=UTC),
            is_default=True,
        )
        user = TeamUser(
            id="cuuser_1", first_name="Ada", last_name="Example ", email="ada@example.com", status=UserStatus.ACTIVE
        )
        self.legal_entities = {entity.id: entity}
        self.users = {user.id: user}
        self.me = user.id

    def routes(self) -> Sequence[Route]:
        """The endpoints of this room."""
        return (
            Route("GET", "/v2/company", self._company),
            Route("GET", "/v2/legal_entities", self._list_entities),
            Route("GET", "/v2/legal_entities/{id}", self._get_entity),
            Route("GET", "/v2/users", self._list_users),
            Route("GET", "/v2/users/me", self._me),
            Route("GET", "/v2/users/{id}", self._get_user),
        )

    def _company(self, _: Asked, __: Mapping[str, str]) -> Answer:
        return ok(codec.unstructure(self.company))

    def _list_entities(self, asked: Asked, _: Mapping[str, str]) -> Answer:
        page, cursor = page_of(self.legal_entities.values(), asked, _entity_id)
        return ok({"items": [codec.unstructure(each) for each in page], "next_cursor": cursor})

    def _get_entity(self, _: Asked, segments: Mapping[str, str]) -> Answer:
        entity = self.legal_entities.get(segments["id"])
        if entity is None:
            raise Refusal(404, "NOT_FOUND", "There is no legal entity with this id")
        return ok(codec.unstructure(entity))

    def _list_users(self, asked: Asked, _: Mapping[str, str]) -> Answer:
        email, remote = asked.one("email"), asked.one("remote_display_id")
        found = [
            user
            for user in self.users.values()
            if (email is None or user.email == email) and (remote is None or user.remote_display_id == remote)
        ]
        page, cursor = page_of(found, asked, _user_id)
        return ok({"items": [codec.unstructure(each) for each in page], "next_cursor": cursor})

    def _me(self, _: Asked, __: Mapping[str, str]) -> Answer:
        return ok(codec.unstructure(self.users[self.me]))

    def _get_user(self, _: Asked, segments: Mapping[str, str]) -> Answer:
        user = self.users.get(segments["id"])
        if user is None:
            raise Refusal(404, "NOT_FOUND", "There is no user with this id")
        return ok(codec.unstructure(user))


def _entity_id(entity: LegalEntity) -> str:
    return entity.id


def _user_id(user: TeamUser) -> str:
    return user.id
