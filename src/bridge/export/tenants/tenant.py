"""A tenant: the settings and the credentials of one company, and what is made of them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

import attrs

import brex_accounting
import rillet
from brex_accounting.client import BASE_URL
from bridge.export.engine.export import Export
from bridge.export.engine.holding import Hold, holds_nothing
from bridge.export.engine.kept_books import KeptBooks
from bridge.export.engine.tasks.receipts import Download
from bridge.export.journal.protocol import Journal
from bridge.export.sources.brex import BrexSource
from bridge.export.tenants.secrets import (
    BREX_TOKEN,
    RILLET_API_KEY,
    Secrets,
    SecretsError,
    environment_secrets,
    secret_of,
    token_of,
)
from bridge.export.time_zones import zone_of
from bridge.mapping import Bridge
from bridge.settings.values import Settings
from clientkit.call_context import Options
from clientkit.drivers import pause
from clientkit.errors import ConfigurationError
from clientkit.pacing import Paces, Pacing
from rillet.client import Environment

C = TypeVar("C")


def _usual_bridge(settings: Settings) -> Bridge:
    return Bridge(settings, zones=zone_of)


@attrs.frozen(kw_only=True)
class Tenant:
    """One company in both services.

    Args:
        name: What a message of a queue, a log line and the names of its secrets call it.
        settings: How its records become documents.
        secrets: Looks its credentials up. None is kept here.
        namespace: Its part of the journal.
        company_id: The `id` of the company in Brex, by which webhooks tell tenants apart. `export` compares it with the
            company that its run reads.
        rillet_environment: ``production`` or ``sandbox``.
        brex_base_url, rillet_base_url: Other addresses than the services' own.
    """

    name: str
    settings: Settings = attrs.field(repr=False)
    secrets: Secrets = attrs.field(repr=False, eq=False, default=environment_secrets)
    namespace: str = attrs.field(default=attrs.Factory(lambda self: self.name, takes_self=True))
    company_id: str | None = None
    rillet_environment: Environment = "production"
    brex_base_url: str | None = None
    rillet_base_url: str | None = None

    def secret(self, name: str) -> str:
        """A secret, such as ``brex_webhook_secret``. Raises `SecretsError`."""
        return secret_of(self.secrets, self.name, name)

    def brex_client(
        self, *, pacer: Pacing | Paces | None = None, options: Options | None = None
    ) -> brex_accounting.Client:
        """A new client of the tenant's Brex account, with these timeouts and the like.

        Raises:
            ConfigurationError: The token is missing or cannot be used. No frame behind the error holds it.
        """
        url = self.brex_base_url or BASE_URL
        return self._made(
            "Brex",
            BREX_TOKEN,
            lambda token: brex_accounting.Client(token, base_url=url, pacer=pacer, options=options),
        )

    def rillet_client(
        self,
        *,
        pacer: Pacing | Paces | None = None,
        sleep: Callable[[float], object] = time.sleep,
        options: Options | None = None,
    ) -> rillet.Client:
        """A new client of the tenant's Rillet organization. Raises as `brex_client` does."""
        return self._made(
            "Rillet",
            RILLET_API_KEY,
            lambda token: rillet.Client(
                token,
                environment=self.rillet_environment,
                base_url=self.rillet_base_url,
                pacer=pacer,
                sleep=sleep,
                options=options,
            ),
        )

    def async_brex_client(
        self, *, pacer: Pacing | Paces | None = None, options: Options | None = None
    ) -> brex_accounting.AsyncClient:
        """As `brex_client`, for an `AsyncExport`."""
        url = self.brex_base_url or BASE_URL
        return self._made(
            "Brex",
            BREX_TOKEN,
            lambda token: brex_accounting.AsyncClient(token, base_url=url, pacer=pacer, options=options),
        )

    def async_rillet_client(
        self,
        *,
        pacer: Pacing | Paces | None = None,
        sleep: Callable[[float], Awaitable[object]] = pause,
        options: Options | None = None,
    ) -> rillet.AsyncClient:
        """As `rillet_client`, for an `AsyncExport`."""
        return self._made(
            "Rillet",
            RILLET_API_KEY,
            lambda token: rillet.AsyncClient(
                token,
                environment=self.rillet_environment,
                base_url=self.rillet_base_url,
                pacer=pacer,
                sleep=sleep,
                options=options,
            ),
        )

    @contextmanager
    def export(
        self,
        journal: Journal,
        *,
        pacer: Pacing | Paces | None = None,
        sleep: Callable[[float], object] = time.sleep,
        kept: KeptBooks | None = None,
        bridge: Callable[[Settings], Bridge] = _usual_bridge,
        hold: Hold = holds_nothing,
        receipts: Download | None = None,
        options: Options | None = None,
    ) -> Generator[Export]:
        """An export with clients that are closed at the end; `journal` has the tenant's `namespace`.

        `bridge` makes the mapping, where it needs rates, mappers or rules of yours; `hold` and `receipts` are those of
        `Export`. `options` are those of both clients, such as ``Options(timeout=10, deadline=60)`` for a service that says
        soon that one of them hangs. A run raises `SettingsError` where Brex's token is of another company than `company_id`. Raises as
        `brex_client` does.
        """
        with (
            self.brex_client(options=options) as brex,
            self.rillet_client(pacer=pacer, sleep=sleep, options=options) as books,
        ):
            made = bridge(self.settings)
            export = Export(brex, books, made, journal=journal, hold=hold, receipts=receipts, kept=kept)
            export.source = BrexSource(brex, made.settings.bill_timing, company_id=self.company_id)
            yield export

    def _made(self, service: str, secret: str, make: Callable[[str], C]) -> C:
        try:
            return make(token_of(self.secrets, self.name, secret, service))
        except SecretsError as error:
            problem: ConfigurationError = error
        except ConfigurationError as error:
            problem = ConfigurationError(f"a client of {service} for {self.name} cannot be made: {error}")
        # The frames that made it hold the secret.
        raise problem.with_traceback(None)
