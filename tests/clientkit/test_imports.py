"""What the package offers, and that it loads nothing before it is asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import clientkit

_SOURCE = Path(clientkit.__file__).parent


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'clientkit' has no attribute 'Skip'"):
        clientkit.Skip  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]  # noqa: B018


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
