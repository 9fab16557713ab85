"""The service for several tenants: what is wrong with one of them is shown, and the others are exported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

import attrs
import pytest

pytest.importorskip("fastapi", reason="fastapi of the extra `dev` is not installed")

from fastapi.testclient import TestClient

import brex_accounting.testing
import rillet.testing
from bridge import SettingsError
from bridge.export import Tenant, Tenants
from support.companies.exported import REFERENCE_TYPE, SETTINGS, Company, expense
from tasks.service import service

KEYS = {"acme": "stand-in-key", "blank": "a key", "refused": "another-key", "missing": None}


@attrs.frozen
class Served:
    """The service, what it told, and the company that is exported."""

    web: TestClient
    told: dict[str, str]
    company: Company


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    company = Company(
        brex=brex_accounting.testing.StandIn([expense(1)]),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )
    ended = SimpleQueue[tuple[str, str]]()

    def secret(tenant: str, name: str) -> str | None:
        given = {"brex_token": company.brex.token, "rillet_api_key": KEYS[tenant]}
        return given.get(name)

    with ExitStack() as serving:
        urls = serving.enter_context(company.brex.serve()), serving.enter_context(company.rillet.serve())
        tenants = {
            name: Tenant(name=name, settings=SETTINGS, secrets=secret, brex_base_url=urls[0], rillet_base_url=urls[1])
            for name in KEYS
        }
        problems = {"wrong": SettingsError(("entities: there are none",))}
        app = service(
            Tenants(usable=tenants, problems=problems),
            str(tmp_path / "exports.db"),
            lambda name, text: ended.put((name, text)),
        )
        web = serving.enter_context(TestClient(app))
        yield Served(web, dict(ended.get(timeout=60) for _ in KEYS), company)


# A thread ends with what a person has to mend, as it should.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_is_wrong_with_one_tenant_is_shown_and_the_others_are_exported(served: Served) -> None:
    assert served.told == {
        "acme": "1 posted",
        "blank": "could not run",
        "refused": "could not run",
        "missing": "could not run",
    }
    assert served.company.posted_references() == ["accr_001"]
    health = served.web.get("/health")
    assert health.status_code == 503
    assert health.json() == {
        "blank": "SecretsError",
        "missing": "SecretsError",
        "refused": "UnauthorizedError",
        "wrong": "SettingsError",
    }
    assert served.web.post("/brex/acme").status_code == 503
    assert served.web.post("/brex/wrong").status_code == 404
