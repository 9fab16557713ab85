"""What ``brex-rillet`` can do: show itself, plan, export, and tell from the journal what was done."""

from __future__ import annotations

from bridge.export.commands import demonstration, exporting, journaling
from bridge.export.commands.app import app

__all__ = ["app", "demonstration", "exporting", "journaling"]
