"""``demo --serve``: both stand-ins on loopback until Ctrl-C, so that every command can be tried without an account."""

from __future__ import annotations

import shlex
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import typer
from rich.text import Text

from bridge.export.commands.app import console, print_json
from bridge.export.demo import billing, company
from bridge.export.demo.billing import BillingDemo
from bridge.export.demo.billing_files import invoices_file, rates_file
from bridge.export.demo.changing import CHANGES
from bridge.export.demo.run import Demo
from bridge.export.demo.spending import UNCODED, daily_rates
from bridge.export.watching.graceful_stop import GracefulStop

#: The commands keep to Rillet's 60 requests a minute, so that more would be a wait and not a trial.
FEW_RECORDS, FEW_INVOICES = 25, 12

_LOOK = 0.2


def serve_demo(*, records: int, seed: int, settings: Path | None, as_json: bool) -> None:
    """Print how to reach the stand-ins, and serve them until a signal. Raises `OSError` where the file cannot be written."""
    stopping = GracefulStop()
    with stopping, ExitStack() as stack:
        shown = stack.enter_context(Demo(records=records, seed=seed))
        place = _place(settings, stack)
        # Its name is not that of a file of rates that may be in the same folder.
        files = _written({place: company.SETTINGS, place.with_name(f"{place.stem}-rates.csv"): daily_rates()})
        integration = shown.offer_fields()
        variables = {
            "BREX_TOKEN": shown.brex.token,
            "BREX_BASE_URL": shown.brex_client.base_url,
            "RILLET_API_KEY": shown.rillet.api_key,
            "RILLET_BASE_URL": shown.rillet_client.base_url,
        }
        told: dict[str, object] = {
            "variables": variables,
            **dict(zip(("settings", "rates"), files, strict=True)),
            "integration": integration,
        }
        _serve(stopping, None if as_json else _introduction(shown, variables, files, integration), told)


def serve_billing(*, invoices: int, seed: int, settings: Path | None, as_json: bool) -> None:
    """As `serve_demo`, for the company that sends invoices; these and exchange rates are in files beside the settings."""
    stopping = GracefulStop()
    with stopping, ExitStack() as stack:
        shown = stack.enter_context(BillingDemo(invoices=invoices, seed=seed))
        place, made = _place(settings, stack), list(shown.invoices.values())
        files = _written(
            {
                place: billing.SETTINGS,
                place.with_name("invoices.csv"): invoices_file(made),
                place.with_name("rates.csv"): rates_file(made),
            }
        )
        variables = {"RILLET_API_KEY": shown.rillet.api_key, "RILLET_BASE_URL": shown.client.base_url}
        told: dict[str, object] = {
            "variables": variables,
            **dict(zip(("settings", "invoices", "rates"), files, strict=True)),
        }
        _serve(stopping, None if as_json else _billing_introduction(len(made), variables, files), told)


def _place(settings: Path | None, stack: ExitStack) -> Path:
    """Where the settings go: where the user wants them, or else in a folder that is gone afterwards."""
    if settings is not None:
        return settings
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="brex-rillet-"))) / "settings.toml"


def _written(files: Mapping[Path, str]) -> list[str]:
    """Write files that are not there yet; their paths."""
    for path in files:
        if path.exists():
            raise typer.BadParameter(f"{path} is there already; name a new file")
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return [str(each) for each in files]


def _serve(stopping: GracefulStop, introduction: list[str] | None, told: dict[str, object]) -> None:
    """Say where the stand-ins are, for people or for programs, and wait for a signal."""
    if introduction is None:
        print_json(told)
    out = console()
    for line in introduction or ():
        # A command that is broken into two lines cannot be pasted.
        out.print(Text(line), soft_wrap=True)
    while not stopping():
        time.sleep(_LOOK)


def _introduction(shown: Demo, variables: Mapping[str, str], files: Sequence[str], integration: str) -> list[str]:
    path, rates = map(shlex.quote, files)
    example = next(iter(shown.brex.records))
    first = f"{len(shown.brex.records)} records wait in Brex, a stand-in like Rillet here."
    commands = [
        "brex-rillet init",
        f"brex-rillet check --settings {path} --rates {rates}",
        f"brex-rillet plan --settings {path} --rates {rates}",
        f"brex-rillet explain {example} --settings {path} --rates {rates}",
        f"brex-rillet export --settings {path} --rates {rates} --journal demo.db",
        f"brex-rillet history {example} --journal demo.db",
        f"brex-rillet serve --settings {path} --rates {rates} --journal demo.db",
        f"brex-rillet sync-fields --settings {path} --integration {integration}",
    ]
    changes = [
        "Change a record in Brex after an export, and export again:",
        "",
        _change(example, '{"surcharge": "10.00"}'),
        _change(example, '{"account": "61100"}'),
        "",
        "Or code one that is refused because it has no account:",
        "",
        _change(UNCODED, '{"account": "62100"}'),
        "",
        "Or delete in Rillet what history shows, and see what verify and reconcile say:",
        "",
        'curl -X DELETE "$RILLET_BASE_URL/charges/ID" -H "Authorization: Bearer $RILLET_API_KEY"',
        "",
    ]
    return _shown(first, variables, [*commands, "", *changes], "both stand-ins")


def _change(record_id: str, body: str) -> str:
    return (
        f'curl -X PATCH "$BREX_BASE_URL{CHANGES}{record_id}" -H "Authorization: Bearer $BREX_TOKEN" -d '
        f"{shlex.quote(body)}"
    )


def _billing_introduction(count: int, variables: Mapping[str, str], files: Sequence[str]) -> list[str]:
    settings, invoices, rates = map(shlex.quote, files)
    first = f"a file has {count} invoices of a billing system. They wait for Rillet, a stand-in here."
    what = f"--settings {settings} --invoices {invoices} --rates {rates}"
    commands = [
        f"brex-rillet billing check --settings {settings}",
        f"brex-rillet billing plan {what}",
        f"brex-rillet billing sync {what} --journal billing.db",
        "brex-rillet billing status --journal billing.db",
        f"brex-rillet billing verify {what} --journal billing.db",
    ]
    return _shown(first, variables, commands, "the stand-in")


def _shown(first: str, variables: Mapping[str, str], commands: Sequence[str], ended: str) -> list[str]:
    return [
        f"{company.ORGANIZATION.trade_name}: {first}",
        "In another terminal:",
        "",
        *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
        "",
        *commands,
        "",
        f"The commands keep to Rillet's 60 requests a minute. Ctrl-C here ends {ended}.",
    ]
