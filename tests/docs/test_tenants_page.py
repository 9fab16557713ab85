"""The loop of the page about tenants: whatever is wrong with one tenant, the others are exported."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import brex_accounting
import brex_accounting.testing
import rillet.testing
from bridge.export import Tenant, read_tenants
from support.companies.exported import REFERENCE_TYPE, SETTINGS_TEXT, Company, expense

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tenants.md"
KEYS = {"brex_token": brex_accounting.testing.TOKEN, "rillet_api_key": "stand-in-key"}
#: What is given instead of a tenant's secret, and what is told of it.
SECRETS = {
    "blank": ("a key", "the secret rillet_api_key of blank for Rillet is empty or holds characters"),
    "empty": ("", "the secret rillet_api_key of empty is empty"),
    "line-end": ("key\n", "the secret rillet_api_key of line-end for Rillet is empty or holds characters"),
    "missing": (None, "the secret rillet_api_key of missing is not known"),
    "no-text": (7, "the secret rillet_api_key of no-text is no text, but int"),
    "refused": ("another-key", "401"),
    "vault": (TimeoutError("the vault sleeps"), "rillet_api_key of vault could not be looked up: TimeoutError"),
}


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The first block of the page, whose clients do not wait before they try again."""
    takes_sleep: list[Any] = [brex_accounting.Client.__init__, Tenant.export.__wrapped__]  # type: ignore[attr-defined]
    for each in takes_sleep:
        monkeypatch.setitem(each.__kwdefaults__, "sleep", _no_wait)
    there = dict[str, Any]()
    code = re.search(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert code is not None
    exec(code[1], there)
    return there


def _no_wait(seconds: float) -> None:
    del seconds


@pytest.fixture
def nowhere() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return f"http://127.0.0.1:{door.getsockname()[1]}"


def secret(tenant: str, name: str) -> Any:
    value = SECRETS[tenant][0] if name == "rillet_api_key" and tenant in SECRETS else KEYS[name]
    if isinstance(value, Exception):
        raise value
    return value


def test_whatever_is_wrong_with_one_tenant_the_others_are_exported(
    page: dict[str, Any], nowhere: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["acme", *SECRETS, "brex-down", "rillet-down", "wrong-account", "zeta"]
    companies = {
        name: Company(
            brex=brex_accounting.testing.StandIn([expense(1)], company_id=f"cuacc_{name}"),
            rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}, seed=number),
        )
        for number, name in enumerate(names)
    }
    (folder := tmp_path / "tenants").mkdir()
    page["read_tenants"] = partial(read_tenants, secrets=secret)
    (folder / "broken.toml").write_text("[[entities]]\nname = 7\n", encoding="utf-8")
    with ExitStack() as serving:
        for name, company in companies.items():
            brex = nowhere if name == "brex-down" else serving.enter_context(company.brex.serve())
            books = nowhere if name == "rillet-down" else serving.enter_context(company.rillet.serve())
            settings = SETTINGS_TEXT.replace("21120", "99999") if name == "wrong-account" else SETTINGS_TEXT
            tenant = f'\n[tenant]\nbrex_base_url = "{brex}"\nrillet_base_url = "{books}"\n'
            (folder / f"{name}.toml").write_text(settings + tenant, encoding="utf-8")

        page["export_all"](str(folder), str(tmp_path / "journal.db"))

    out = capsys.readouterr().out
    told = {name: text for name, _, text in (line.partition(" ") for line in out.splitlines()) if name}
    assert {name for name, company in companies.items() if company.posted_references()} == {"acme", "zeta"}
    assert told.keys() == {*names, "broken"}
    assert told["broken"].startswith("has to be mended: broken.toml")
    assert {name for name in names if not told[name].startswith("could not run: ")} == {"acme", "zeta"}
    for name, (_, text) in SECRETS.items():
        assert text in told[name]
    assert "99999" in told["wrong-account"]
    for name in ("brex-down", "rillet-down"):
        assert "refused" in told[name]
