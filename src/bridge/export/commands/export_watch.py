"""``export --watch``: exporting for as long as the process lives."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

import typer

import brex_accounting.webhooks
import rillet.webhooks
from bridge.export.commands.progress_display import shown_progress
from bridge.export.engine.export import Export
from bridge.export.field_updates import apply_field_changes, read_fields
from bridge.export.journal.namespaces import tenant_of
from bridge.export.reporting import audit_log
from bridge.export.reporting.report import ExportOutcome
from bridge.export.sources.brex import BrexSource
from bridge.export.watching.graceful_stop import GracefulStop
from bridge.export.watching.loop import Announcements, watch
from bridge.export.watching.server import listening
from bridge.export.watching.webhooks import Receiver, WebhookApp, WebhookReceiver, announcing, log_rillet_event
from bridge.field_sync import plan_field_sync
from clientkit.addresses import is_loopback
from clientkit.errors import ApiError, ConfigurationError
from clientkit.money import decimal_text
from clientkit.showing import plain
from clientkit.webhooks import Keys, WebhookSecretError

_LOG = logging.getLogger(__name__)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}
_BREX, _RILLET = "BREX_WEBHOOK_SECRET", "RILLET_WEBHOOK_TOKEN"
_OPEN = (
    "This is plain HTTP for whoever reaches this machine: let nobody but a proxy that speaks HTTPS reach it, "
    "or listen at 127.0.0.1"
)


Watch = Annotated[
    bool, typer.Option("--watch", help="Keep running: export again at every interval until Ctrl-C or SIGTERM.")
]
Interval = Annotated[
    str | None,
    typer.Option("--interval", metavar="TIME", help="With --watch: a time such as 90s, 30m or 1h (the default)."),
]
KeepFields = Annotated[
    str | None,
    typer.Option(
        "--sync-fields",
        metavar="INTEGRATION",
        help="With --watch: run sync-fields for this integration before each full run.",
    ),
]
Listen = Annotated[
    str | None,
    typer.Option(
        "--listen",
        metavar="HOST:PORT",
        help="With --watch: take webhooks over HTTP, behind a proxy that speaks HTTPS. Brex's go to /brex, are signed "
        "with BREX_WEBHOOK_SECRET, and export their records at once. Rillet's go to /rillet, are signed with "
        "RILLET_WEBHOOK_TOKEN, and say what was deleted there.",
    ),
]


def keep_exporting(
    export: Export,
    stopping: GracefulStop,
    *,
    interval: timedelta,
    listen: tuple[str, int] | None,
    as_json: bool,
    fields_of: str | None = None,
) -> None:
    """Export until a signal comes, and print a line for each run; what a second signal breaks off has no line.

    `fields_of` is the integration whose fields are kept current.

    Raises what `watch` and `listening` raise, and `ConfigurationError` for a secret that is missing or not usable.
    """
    announcements = Announcements()
    with ExitStack() as stack:
        address = None if listen is None else stack.enter_context(listening(_app(export, announcements), *listen))
        # Left first: the time that a run has after a signal does not bound the server's end.
        stack.enter_context(stopping)
        if address is not None:
            # Whoever reads it may send a signal at once.
            typer.echo(f"Webhooks are taken at {address}", err=True)
            if listen is not None and not is_loopback(listen[0]):
                typer.echo(_OPEN, err=True)

        def run(ids: Sequence[str] | None) -> ExportOutcome:
            if ids is None and fields_of is not None:
                _bring_fields(export, fields_of, stopping)
            with shown_progress(logs=True) as advance:
                return export.run(ids=ids, keep=None if as_json else 0, progress=advance, stop=stopping)

        with suppress(KeyboardInterrupt), tenant_of(export.journal):
            for outcome in watch(run, wait=announcements.wait, stop=stopping, interval=interval):
                typer.echo(json.dumps(outcome.as_json()) if as_json else plain(_summary(outcome, datetime.now(UTC))))


def _bring_fields(export: Export, integration: str, stopping: GracefulStop) -> None:
    """Bring what Rillet has into Brex's fields; a failure is logged, and the export runs all the same."""
    if not isinstance(export.source, BrexSource):
        raise ConfigurationError("--sync-fields needs Brex as the source")
    brex = export.source.client
    try:
        planned = plan_field_sync(export.books(), read_fields(brex), export.bridge.settings, integration)
        apply_field_changes(brex, planned, stop=stopping)
    except ApiError as error:
        audit_log.failure(
            _LOG, logging.WARNING, "Brex's fields were not brought up to date; the next run does it", error
        )


def interval_of(text: str) -> timedelta:
    """The time behind a text such as ``90s``, ``30m`` or ``1h``. Raises `typer.BadParameter`."""
    found = re.fullmatch(r"([0-9]{1,6})([smh])", text)
    if found is None or not int(found[1]):
        raise typer.BadParameter(f"--interval is a number of seconds, minutes or hours, such as 30m or 1h: {text!r}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def address_of(text: str) -> tuple[str, int]:
    """Host and port behind ``HOST:PORT``; an IPv6 host stands in brackets. Raises `typer.BadParameter`."""
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\[\]]+)):([0-9]{1,5})", text)
    if found is None or int(found[3]) > 65535:
        raise typer.BadParameter(f"--listen is HOST:PORT, such as 127.0.0.1:8080: {text!r}")
    return found[1] or found[2], int(found[3])


def _summary(outcome: ExportOutcome, now: datetime) -> str:
    counts = outcome.counts
    numbers = {
        "posted": counts.posted,
        "adopted": counts.adopted,
        "vendors created": counts.created_vendors,
        "held": counts.held,
        "refused": counts.refused,
        "failed": counts.failed,
        "not reached": counts.not_reached,
        "elsewhere": counts.elsewhere,
        "unreported": counts.unreported,
    }
    nothing = "nothing to export" if outcome.stopped is None else "nothing done"
    parts = [f"{name} {number}" for name, number in numbers.items() if number] or [nothing]
    parts += [f"{currency} {decimal_text(amount)}" for currency, amount in outcome.amounts.items()]
    stopped = f"; {outcome.stopped}" if outcome.stopped is not None else ""
    return f"{now:%Y-%m-%dT%H:%M:%SZ} {', '.join(parts)}{stopped}"


def _app(export: Export, announcements: Announcements) -> WebhookApp:
    """An application with the paths of those services whose secrets are set."""
    receivers = dict[str, Receiver]()
    if secrets := _secrets(_BREX, prefix="whsec_"):
        brex = partial(brex_accounting.webhooks.verify, secrets=secrets)
        receivers["/brex"] = WebhookReceiver(brex, announcing(announcements.tell))
    if secrets := _secrets(_RILLET):
        books = partial(rillet.webhooks.verify, secrets=secrets)
        receivers["/rillet"] = WebhookReceiver(books, partial(log_rillet_event, export.journal))
    if not receivers:
        raise ConfigurationError(f"--listen needs {_BREX}, {_RILLET} or both in the environment")
    return WebhookApp(receivers)


def _secrets(name: str, prefix: str = "") -> Sequence[str]:
    """The secrets of a variable, several of them with commas between; none where it is not set."""
    secrets = os.environ.get(name, "").replace(",", " ").split()
    try:
        if secrets:
            Keys(secrets, prefix=prefix)
    except WebhookSecretError as error:
        raise ConfigurationError(f"{name} cannot be used: {error}") from None
    return secrets
