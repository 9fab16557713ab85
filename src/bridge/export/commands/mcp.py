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
    """Let an assistant look at the export over MCP, on standard input and output. It can change nothing.

    It offers plan, explain, history, verify, reconcile, check and a search of the clients' methods. Needs the same
    variables as plan; keys that may only read are enough. It takes the mcp extra.
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
