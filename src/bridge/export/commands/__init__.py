"""What ``brex-rillet`` can do: show itself, plan, export, explain, fill Brex's fields, and tell from the journal what was done.

Each command is in a module, and `every` loads them all. Most of a start is loading, so a command that is named comes alone.
"""

from __future__ import annotations

from collections.abc import Mapping

MODULES: Mapping[str, str] = {
    "accrue": "accrue",
    "approve": "approve",
    "approve-plan": "approve",
    "billing": "billing",
    "check": "check",
    "close-package": "close_package",
    "close-status": "close_status",
    "demo": "demo",
    "dismiss": "replay",
    "exchange-differences": "exchange_differences",
    "explain": "explain",
    "export": "export",
    "history": "history",
    "hold": "approve",
    "init": "init",
    "integration": "integration",
    "mark-exported": "replay",
    "mcp": "mcp",
    "plan": "plan",
    "reconcile": "reconcile",
    "replay": "replay",
    "serve": "serve",
    "sync-fields": "sync_fields",
    "verify": "verify",
}
"""In which module each command is."""
