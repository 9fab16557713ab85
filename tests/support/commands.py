"""Commands that run inside of a test, each with a pace of its own, as in the process that it is for users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typer.testing import CliRunner

from bridge.export.commands.every import app
from clientkit import pacing


def invoke(*arguments: str, env: Mapping[str, str | None] | None = None) -> Any:
    """Run ``brex-rillet`` with arguments; what it printed, and its exit code."""
    # Else a command would wait for a minute where those before it have used the pace of the key up.
    pacing._shared.clear()
    return CliRunner(env=env).invoke(app, arguments)
