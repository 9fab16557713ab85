"""``mcp``: the server by which an assistant may look at an export."""

from __future__ import annotations

from pathlib import Path

import typer

from bridge.export.commands.app import JournalPlace, NamespaceName, RatesFile, SettingsFile, app, expected_errors
from bridge.export.journal.protocol import JournalError


@app.command()
def mcp(
    settings: SettingsFile, journal: JournalPlace = None, rates: RatesFile = None, *, namespace: NamespaceName = ""
) -> None:
    """Serve an assistant over MCP, read-only. It talks on standard input and output.

    It offers plan, explain, history, verify, reconcile, check and a search of the clients' methods. Needs the extra mcp
    and the same variables as plan; read-only keys are enough.
    """
    with expected_errors():
        # A journal that is not there would be made, and this command makes nothing.
        if journal is not None and "://" not in journal and not Path(journal).is_file():
            raise JournalError(f"there is no journal at {journal}")
        try:
            from bridge.export.commands.mcp_server import Files, server
        except ModuleNotFoundError as error:
            if error.name not in {"mcp", "anyio"}:
                raise
            raise typer.BadParameter('mcp needs its extra. Install it with: pip install "brex-rillet[mcp]"') from None
        server(Files(settings=settings, journal=journal, rates=rates, namespace=namespace)).run()
