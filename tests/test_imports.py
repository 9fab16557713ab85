"""What importing a package and using a client loads: as little as can be, because it is paid for by every start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

import brex_accounting
import clientkit
import rillet
from clientkit.client import LazyResource

_SOURCE = Path(clientkit.__file__).parents[1]
_LIBRARIES = {"asyncio", "attr", "attrs", "cattrs", "dateutil", "httpx", "msgspec", "rich", "typer"}


def _resources(client: type) -> dict[str, str]:
    """The module of each resource of a client, by attribute."""
    return {name: each._module for name, each in vars(client).items() if isinstance(each, LazyResource)}


RILLET, BREX = _resources(rillet.Client), _resources(brex_accounting.Client)

#: Resources whose answers hold parts of another resource's.
_WITH_PARTS_OF_ANOTHER: Mapping[str, set[str]] = {
    "rillet.receivables.contracts": {"rillet.receivables.invoices"},
    "rillet.reports": {"rillet.ledger.journal_entries"},
}

_RILLET_CLIENT = """
from clientkit.wire import Answer
from clientkit.transport import InProcess
from rillet import Client

transport = InProcess(lambda asked: Answer(status=200, content=b'{"accounts": []}'))
client = Client("key", base_url="https://stand-in.test", transport=transport)
"""

_BREX_CLIENT = """
from brex_accounting import Client
from clientkit.wire import Answer
from clientkit.transport import InProcess

transport = InProcess(lambda asked: Answer(status=200, content=b'{"items": []}'))
client = Client("token", transport=transport)
"""


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(_SOURCE)}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, check=True, text=True, env=environment, timeout=120
    )


def _loaded_after(code: str) -> set[str]:
    done = _python("-c", f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))")
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("package", ["rillet", "brex_accounting", "bridge", "bridge.export"])
def test_importing_a_package_loads_no_resource_and_no_library(package: str) -> None:
    report = _python("-X", "importtime", "-c", f"import {package}").stderr
    loaded = {line.rpartition("|")[2].strip() for line in report.splitlines() if line.startswith("import time:")}

    assert package in loaded
    assert not loaded & {*RILLET.values(), *BREX.values()}
    assert not {name.partition(".")[0] for name in loaded} & _LIBRARIES


@pytest.mark.parametrize(
    ("code", "used", "resources"),
    [
        (f"{_RILLET_CLIENT}assert client.accounts.list().collect() == []", "rillet.ledger.accounts", RILLET.values()),
        (f"{_BREX_CLIENT}assert client.records.list().collect() == []", "brex_accounting.records", BREX.values()),
    ],
    ids=["rillet", "brex_accounting"],
)
def test_using_a_resource_loads_that_resource_alone(code: str, used: str, resources: Collection[str]) -> None:
    loaded = _loaded_after(code)

    assert loaded & set(resources) == {used}
    assert not loaded & {"httpx", "asyncio", "importlib.metadata"}


@pytest.mark.parametrize(
    ("code", "used"),
    [
        (f"{_RILLET_CLIENT}assert client.accounts.list().collect() == []", "rillet.ledger.accounts"),
        (f"{_BREX_CLIENT}assert client.records.list().collect() == []", "brex_accounting.records"),
    ],
    ids=["rillet", "brex_accounting"],
)
def test_a_first_answer_loads_nothing_that_only_errors_and_bodies_need(code: str, used: str) -> None:
    # msgspec, which comes with an extra, loads some of it, as may an installation for development.
    without_extra = "import sys; sys.modules['msgspec'] = None\n"
    loaded = _loaded_after(f"{without_extra}{code}") - _loaded_after("")

    assert used in loaded
    assert not loaded & {"clientkit.forms", "clientkit.problems", "pkgutil", "typing_extensions"}


def test_every_resource_comes_alone_or_with_what_its_answers_hold() -> None:
    # Each starts from a client that has loaded none: what the one before brought is forgotten.
    script = f"""{_RILLET_CLIENT}
import json, sys

before, found = set(sys.modules), {{}}
for attribute in {sorted(RILLET)}:
    getattr(client, attribute)
    found[attribute] = sorted(sys.modules.keys() - before)
    for name in sys.modules.keys() - before:
        if name.startswith("rillet"):
            del sys.modules[name]
print(json.dumps(found))
"""
    loaded: dict[str, list[str]] = json.loads(_python("-c", script).stdout)
    resources = set(RILLET.values())

    assert {attribute: resources.intersection(names) for attribute, names in loaded.items()} == {
        attribute: {module} | _WITH_PARTS_OF_ANOTHER.get(module, set()) for attribute, module in RILLET.items()
    }


def test_httpx_comes_with_the_first_real_connection() -> None:
    assert "httpx" not in _loaded_after("from rillet import Client")
    assert "httpx" in _loaded_after('from rillet import Client\nClient("key").close()')
