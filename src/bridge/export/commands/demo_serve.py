"""``demo --serve``: both stand-ins on loopback until Ctrl-C, so that every command can be tried without an account."""

from __future__ import annotations

import shlex
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import typer
from rich.text import Text

from bridge.export.commands.app import console, print_json
from bridge.export.demo import company
from bridge.export.demo.run import Demo
from bridge.export.watching.graceful_stop import GracefulStop

#: The commands keep to Rillet's 60 requests a minute, so that more would be a wait and not a trial.
FEW_RECORDS = 25

_LOOK = 0.2


def serve_demo(*, records: int, seed: int, settings: Path | None, as_json: bool) -> None:
    """Print how to reach the stand-ins, and serve them until a signal. Raises `OSError` where the file cannot be written."""
    stopping = GracefulStop()
    with stopping, ExitStack() as stack:
        shown = stack.enter_context(Demo(records=records, seed=seed))
        if settings is None:
            settings = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="brex-rillet-"))) / "settings.toml"
        elif settings.exists():
            raise typer.BadParameter(f"{settings} is there already; name a new file")
        settings.write_text(company.SETTINGS, encoding="utf-8")
        integration = shown.offer_fields()
        variables = {
            "BREX_TOKEN": shown.brex.token,
            "BREX_BASE_URL": shown.brex_client.base_url,
            "RILLET_API_KEY": shown.rillet.api_key,
            "RILLET_BASE_URL": shown.rillet_client.base_url,
        }
        if as_json:
            print_json({"variables": variables, "settings": str(settings), "integration": integration})
        else:
            out = console()
            for line in _introduction(shown, variables, settings, integration):
                out.print(Text(line, no_wrap=True, overflow="ignore"))
        while not stopping():
            time.sleep(_LOOK)


def _introduction(shown: Demo, variables: dict[str, str], settings: Path, integration: str) -> list[str]:
    path = shlex.quote(str(settings))
    example = next(iter(shown.brex.records))
    return [
        f"{company.ORGANIZATION.trade_name}: {len(shown.brex.records)} records wait in Brex, a stand-in like Rillet here.",
        "In another terminal:",
        "",
        *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
        "",
        "brex-rillet init",
        f"brex-rillet check --settings {path}",
        f"brex-rillet plan --settings {path}",
        f"brex-rillet explain {example} --settings {path}",
        f"brex-rillet export --settings {path} --journal demo.db",
        f"brex-rillet history {example} --journal demo.db",
        f"brex-rillet serve --settings {path} --journal demo.db",
        f"brex-rillet sync-fields --settings {path} --integration {integration}",
        "",
        "The commands keep to Rillet's 60 requests a minute. Ctrl-C here ends both stand-ins.",
    ]
