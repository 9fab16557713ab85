"""``serve``: the status page, for people who do not open a terminal."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from bridge.export.commands.app import (
    JournalOf,
    NamespaceName,
    PaceAt,
    RatesFile,
    SettingsFile,
    app,
    expected_errors,
    opened_export,
)
from bridge.export.commands.export_watch import address_of as host_and_port
from bridge.export.watching.graceful_stop import GracefulStop
from bridge.export.watching.server import listening
from bridge.export.web.access import SECRET_VARIABLE, Access, address_of
from bridge.export.web.background import Background

_LOOK = 0.2
_EXTRA = 'serve needs its extra. Install it with: pip install "brex-rillet[web]"'


@app.command()
def serve(
    settings: SettingsFile,
    journal: JournalOf,
    rates: RatesFile = None,
    listen: Annotated[
        str,
        typer.Option(
            "--listen", metavar="HOST:PORT", help="The address to serve at, by default for this machine only."
        ),
    ] = "127.0.0.1:8321",
    origin: Annotated[
        str | None,
        typer.Option(
            "--origin",
            metavar="ADDRESS",
            help="The address that people open, if it is not this machine: https://books.example.com, a proxy that speaks "
            f"HTTPS. They sign in with the secret in {SECRET_VARIABLE}.",
        ),
    ] = None,
    *,
    namespace: NamespaceName = "",
    pace: PaceAt = None,
) -> None:
    """Serve the status page. It shows what is waiting, posted and refused, until Ctrl-C.

    The page shows the journal at once, and reads Brex and Rillet in the background. The setting page_actions lists what
    people may do there: approve, hold, dismiss, retry. Needs the extra web and the same variables as plan.
    """
    with expected_errors():
        try:
            from bridge.export.web.app import status_app
            from bridge.export.web.service import StatusService
        except ModuleNotFoundError as error:
            if error.name not in {"starlette", "jinja2", "markupsafe", "anyio"}:
                raise
            raise typer.BadParameter(_EXTRA) from None
        host, port = host_and_port(listen)
        if not port:
            raise typer.BadParameter("--listen needs the number of a port, such as 127.0.0.1:8321")
        secret = os.environ.get(SECRET_VARIABLE) or None
        address = address_of(host, port, origin=origin, secret=secret)
        stopping = GracefulStop()
        with ExitStack() as stack:
            stack.enter_context(stopping)
            is_outdated = changed_since_now(settings, *([] if rates is None else [rates]))
            prepared = stack.enter_context(
                opened_export(
                    settings,
                    journal,
                    rates=rates,
                    namespace=namespace,
                    is_there=True,
                    pace=pace,
                    sleep=stopping.sleep,
                    tells=False,
                )
            )
            background = stack.enter_context(Background(prepared.journal.now))
            service = StatusService(prepared, background, is_outdated)
            stack.enter_context(listening(status_app(service, Access(address, secret, clock=time.time)), host, port))
            service.read_queue()
            typer.echo(f"The page is at {address.origins[0]} (Ctrl-C ends it)", err=True)
            while not stopping():
                time.sleep(_LOOK)


def changed_since_now(*files: Path) -> Callable[[], bool]:
    """Whether the content of one of these files is another one than now."""

    def contents() -> list[bytes | None]:
        return [each.read_bytes() if each.is_file() else None for each in files]

    before = contents()
    return lambda: contents() != before
