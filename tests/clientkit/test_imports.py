"""What the package offers, and that it loads nothing before it is asked for."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import clientkit

_SOURCE = Path(clientkit.__file__).parent


def _imported_for_type_checkers() -> dict[str, str]:
    tree = ast.parse((_SOURCE / "__init__.py").read_text("utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: str(node.module) for node in imports for alias in node.names}


def test_the_three_lists_of_public_names_are_one() -> None:
    homes = {name: module for module, names in clientkit._HOMES.items() for name in names}
    assert homes == _imported_for_type_checkers()
    assert sorted(clientkit.__all__) == sorted(homes) == dir(clientkit)
    assert len(set(clientkit.__all__)) == len(clientkit.__all__)


@pytest.mark.parametrize("name", clientkit.__all__)
def test_every_name_is_the_one_of_its_module(name: str) -> None:
    module = importlib.import_module(_imported_for_type_checkers()[name])
    assert getattr(clientkit, name) is getattr(module, name)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'clientkit' has no attribute 'Nothing'"):
        clientkit.Nothing  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]  # noqa: B018


def _loaded_after(code: str) -> set[str]:
    script = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(_SOURCE.parent)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True, env=environment)
    return set(json.loads(done.stdout))


def test_importing_the_package_loads_no_library() -> None:
    loaded = _loaded_after("import clientkit")
    assert "clientkit" in loaded
    assert not loaded & {"attrs", "cattrs", "httpx", "msgspec", "asyncio", "clientkit.client", "clientkit.errors"}


def test_errors_load_without_the_network() -> None:
    loaded = _loaded_after("from clientkit import NotFoundError, Page, segment, operation")
    assert "clientkit.errors" in loaded
    assert not loaded & {"httpx", "asyncio", "clientkit.client", "clientkit.transport"}


def test_only_the_transport_names_the_http_library() -> None:
    naming = {path for path in _SOURCE.rglob("*.py") if "import httpx" in path.read_text("utf-8")}
    assert {path.parent.name for path in naming} == {"transport", "clientkit"}
    # The client names the type of its argument, which is no import at run time.
    assert [path.name for path in naming if path.parent == _SOURCE] == ["client.py"]
