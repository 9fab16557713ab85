"""The two clients of the Brex Accounting API (https://developer.brex.com/openapi/accounting_api)."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Self

from brex_accounting.errors import ERROR_TYPES, read_problem
from clientkit.client import AsyncBaseClient, BaseClient, LazyResource, connection, from_environment, user_agent
from clientkit.exchange import Clocks, Connection, Options, Service
from clientkit.pacing import Pacer, shared_pacer
from clientkit.transport import AsyncTransport, Transport

if TYPE_CHECKING:
    from brex_accounting.export_results import AsyncExportResults, ExportResults
    from brex_accounting.records import AsyncRecords, Records

BASE_URL = "https://api.brex.com"

# 1,000 requests in 60 seconds for each client id and account (https://developer.brex.com/docs/rate_limits).
_RATE_LIMIT = 1000


def _connect(
    token: str, base_url: str, options: Options | None, pacer: Pacer | None, clocks: Clocks | None
) -> Connection:
    service = Service(
        name="Brex",
        headers={"User-Agent": user_agent()},
        trace_header="x-brex-trace-id",
        read_problem=read_problem,
        error_types=ERROR_TYPES,
    )
    return connection(
        service,
        base_url=base_url,
        token=token,
        options=options,
        pacer=pacer or shared_pacer(base_url, token, _RATE_LIMIT),
        clocks=clocks,
    )


class Client(BaseClient):
    """A blocking client of one Brex account.

    Args:
        token: A user token or an OAuth access token. It never shows in a repr, a log or an error.
        base_url: Where the API is; https, or http on loopback for a stand-in. Brex has no sandbox for customers.
        options: Timeout, deadline, retries and the bound on an answer's size.
        pacer: Instead of 1,000 requests in 60 seconds, which all clients with the same token share.
        transport: Instead of real connections, for instance `brex_accounting.testing.StandIn().transport()`.
        clocks: Instead of the machine's clocks, for tests.
        sleep: Instead of `time.sleep`, for tests.

    Raises:
        ConfigurationError: The token or the base URL cannot be used.
    """

    def __init__(
        self,
        token: str,
        *,
        base_url: str = BASE_URL,
        options: Options | None = None,
        pacer: Pacer | None = None,
        transport: Transport | None = None,
        clocks: Clocks | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        super().__init__(_connect(token, base_url, options, pacer, clocks), transport, sleep=sleep)

    @classmethod
    def from_env(cls) -> Self:
        """A client from ``BREX_TOKEN``, and ``BREX_BASE_URL`` where it is set.

        Raises:
            ConfigurationError: The token is not set, or one of the two cannot be used.
        """
        return cls(from_environment("BREX_TOKEN"), base_url=os.environ.get("BREX_BASE_URL") or BASE_URL)

    export_results: LazyResource[ExportResults] = LazyResource("brex_accounting.export_results", "ExportResults")
    records: LazyResource[Records] = LazyResource("brex_accounting.records", "Records")


class AsyncClient(AsyncBaseClient):
    """A client of one Brex account to be awaited; its arguments are those of `Client`."""

    def __init__(
        self,
        token: str,
        *,
        base_url: str = BASE_URL,
        options: Options | None = None,
        pacer: Pacer | None = None,
        transport: AsyncTransport | None = None,
        clocks: Clocks | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        super().__init__(_connect(token, base_url, options, pacer, clocks), transport, sleep=sleep)

    @classmethod
    def from_env(cls) -> Self:
        """As `Client.from_env`."""
        return cls(from_environment("BREX_TOKEN"), base_url=os.environ.get("BREX_BASE_URL") or BASE_URL)

    export_results: LazyResource[AsyncExportResults] = LazyResource(
        "brex_accounting.export_results", "AsyncExportResults"
    )
    records: LazyResource[AsyncRecords] = LazyResource("brex_accounting.records", "AsyncRecords")
