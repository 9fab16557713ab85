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
#: Instead of the webhook's secret.
HOOKS = {"deaf": None, "garbled": "whsec_?"}


@attrs.frozen
class Served:
    """The service, what it told, and the company that is exported."""

    web: TestClient
    ended: SimpleQueue[tuple[str, str]]
    company: Company
    problems: dict[str, SettingsError]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    company = Company(
        brex=brex_accounting.testing.StandIn([expense(1)]),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )
    ended = SimpleQueue[tuple[str, str]]()
    problems = {"wrong": SettingsError(("entities: there are none",))}

    def secret(tenant: str, name: str) -> str | None:
        return {
            "brex_token": company.brex.token,
            "rillet_api_key": KEYS.get(tenant, company.rillet.api_key),
            "brex_webhook_secret": HOOKS.get(tenant, company.brex.webhooks.secret),
        }[name]

    with ExitStack() as serving:
        tenants = dict[str, Tenant]()
        idle = Company(
            brex=brex_accounting.testing.StandIn(), rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE})
        )
        for names, theirs in ((KEYS, company), ([*HOOKS, "wrong"], idle)):
            brex, books = serving.enter_context(theirs.brex.serve()), serving.enter_context(theirs.rillet.serve())
            for name in names:
                tenants[name] = Tenant(
                    name=name, settings=SETTINGS, secrets=secret, brex_base_url=brex, rillet_base_url=books
                )

        def read() -> Tenants:
            usable = {name: each for name, each in tenants.items() if name not in problems}
            return Tenants(usable=usable, problems=dict(problems))

        app = service(read, str(tmp_path / "exports.db"), lambda name, text: ended.put((name, text)), pause=0.05)
        yield Served(serving.enter_context(TestClient(app)), ended, company, problems)


def told(served: Served, count: int) -> dict[str, str]:
    """What the first runs of so many tenants came to."""
    first = dict[str, str]()
    while len(first) < count:
        name, text = served.ended.get(timeout=60)
        first.setdefault(name, text)
    return first


def test_what_is_wrong_with_one_tenant_is_shown_and_the_others_are_exported(served: Served) -> None:
    runs = told(served, 7)
    assert {name for name, text in runs.items() if text == "could not run"} == {"blank", "refused", "missing", "wrong"}
    assert served.company.posted_references() == ["accr_001"]
    health = served.web.get("/health")
    assert health.status_code == 503
    assert health.json() == {
        "blank": "SecretsError",
        "missing": "SecretsError",
        "refused": "UnauthorizedError",
        "wrong": "SettingsError",
        "deaf": "webhooks: SecretsError",
        "garbled": "webhooks: WebhookSecretError",
    }
    answers = {name: served.web.post(f"/brex/{name}").status_code for name in ("acme", "deaf", "garbled", "wrong")}
    assert answers == {"acme": 400, "deaf": 503, "garbled": 500, "wrong": 500}


def test_settings_that_are_mended_count_without_a_restart(served: Served) -> None:
    told(served, 7)
    served.problems.clear()

    while served.ended.get(timeout=60) != ("wrong", "0 posted"):
        pass

    assert "wrong" not in served.web.get("/health").json()
