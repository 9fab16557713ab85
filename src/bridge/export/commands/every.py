"""Every command of ``brex-rillet``."""

from __future__ import annotations

from bridge.export.commands import (
    accrue,
    approve,
    billing,
    check,
    close_package,
    close_status,
    demo,
    exchange_differences,
    explain,
    export,
    history,
    init,
    integration,
    mcp,
    plan,
    reconcile,
    replay,
    serve,
    sync_fields,
    verify,
)
from bridge.export.commands.app import app

__all__ = [
    "accrue",
    "app",
    "approve",
    "billing",
    "check",
    "close_package",
    "close_status",
    "demo",
    "exchange_differences",
    "explain",
    "export",
    "history",
    "init",
    "integration",
    "mcp",
    "plan",
    "reconcile",
    "replay",
    "serve",
    "sync_fields",
    "verify",
]
