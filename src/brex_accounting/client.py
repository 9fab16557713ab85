"""The two clients of the Brex Accounting API (https://developer.brex.com/openapi/accounting_api)."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Self

from brex_accounting._environment import credential_from_env
from brex_accounting.auth import Credential, UserToken
from brex_accounting.errors import ERROR_TYPES, read_problem
from clientkit.call_context import CallContext, Clocks, Options, Service
from clientkit.client import (
    CLOCKS,
    AsyncBaseClient,
    BaseClient,
    LazyResource,
    checked_base_url,
    new_call_context,
    or_problem,
    user_agent,
    without_problem,
)
from clientkit.drivers import pause
from clientkit.pacing import Paces, Pacing, pacer_for, pacer_of
from clientkit.transport import AsyncTransport, Transport

if TYPE_CHECKING:
    import httpx

    from brex_accounting.company import AsyncCompanyResource, CompanyResource
    from brex_accounting.expenses import AsyncExpenses, Expenses
    from brex_accounting.export_results import AsyncExportResults, ExportResults
    from brex_accounting.field_values import AsyncFieldValues, FieldValues
    from brex_accounting.fields import AsyncFields, Fields
    from brex_accounting.integrations import AsyncIntegrations, Integrations
    from brex_accounting.legal_entities import AsyncLegalEntities, LegalEntities
    from brex_accounting.receipts import AsyncReceipts, Receipts
    from brex_accounting.records import AsyncRecords, Records
    from brex_accounting.token_status import TokenStatus
    from brex_accounting.users import AsyncUsers, Users
    from brex_accounting.webhook_groups import AsyncWebhookGroups, WebhookGroups
    from brex_accounting.webhook_secrets import AsyncWebhookSecrets, WebhookSecrets
    from brex_accounting.webhook_subscriptions import AsyncWebhookSubscriptions, WebhookSubscriptions

BASE_URL = "https://api.brex.com"

# 1,000 requests in 60 seconds for each client id and account (https://developer.brex.com/docs/rate_limits).
_RATE_LIMIT = 1000


@or_problem
def _connect(
    token: str | Credential, base_url: str, options: Options | None, pacer: Pacing | Paces | None, clocks: Clocks | None
) -> CallContext:
    service = Service(
        name="Brex",
        headers={"User-Agent": user_agent()},
        trace_header="x-brex-trace-id",
        read_problem=read_problem,
        error_types=ERROR_TYPES,
    )
    if isinstance(token, str):
        paced = pacer_for(pacer, base_url, token, _RATE_LIMIT)
        token = UserToken(token, clocks=clocks or CLOCKS)
    else:
        # The tokens of a credential change, so they cannot name a pace that is kept elsewhere.
        paced = pacer_of(token, _RATE_LIMIT) if pacer is None or isinstance(pacer, Paces) else pacer
    return new_call_context(
        service,
        base_url=base_url,
        token=token,
        options=options,
        pacer=paced,
        clocks=clocks,
    )


def _url_from_env(prefix: str) -> str:
    told = os.environ.get(f"{prefix}BREX_BASE_URL")
    return checked_base_url(told, f"{prefix}BREX_BASE_URL") if told else BASE_URL


def _status(made: CallContext) -> tuple[TokenStatus, ...]:
    credential = made.authorization
    return credential.credential_status() if isinstance(credential, Credential) else ()


class Client(BaseClient):
    """A blocking client of one Brex account.

    Args:
        token: A user token, or a credential that renews itself (`brex_accounting.renewing`). It never appears in a repr, a log
            or an error.
        base_url: The address of the API; https, or http on loopback for a stand-in. Brex has no sandbox for customers.
        options: Timeout, deadline, retries and the limit on an answer's size.
        pacer: The rate limit. By default all clients of this process with the same token share 1,000 requests in 60 seconds.
            For a user token, `Paces` share it with other processes and machines.
        transport: Used instead of real connections, for instance `brex_accounting.testing.StandIn().transport()`.
        http_client: Your own httpx client for the connections, for instance with a client certificate or a gateway's
            headers. You have to close it, and `timeout` then limits each read and not the attempt as a whole.
        clocks: Used instead of the machine's clocks, for tests.
        sleep: Used instead of `time.sleep`, for tests.

    Raises:
        ConfigurationError: The token or the base URL cannot be used.
    """

    def __init__(
        self,
        token: str | Credential,
        *,
        base_url: str = BASE_URL,
        options: Options | None = None,
        pacer: Pacing | Paces | None = None,
        transport: Transport | None = None,
        http_client: httpx.Client | None = None,
        clocks: Clocks | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        made = _connect(token, base_url, options, pacer, clocks)
        # A traceback with local variables would show it.
        del token
        super().__init__(without_problem(made), transport, http_client=http_client, sleep=sleep)

    @classmethod
    def from_env(cls, *, prefix: str = "") -> Self:
        """A client from ``BREX_TOKEN``, and ``BREX_BASE_URL`` where it is set.

        With OAuth it is ``BREX_TOKEN_FILE`` instead, a file as `FileTokenStore` keeps it, where renewed tokens are saved too,
        with ``BREX_CLIENT_ID`` and ``BREX_CLIENT_SECRET`` of the application; ``BREX_AUTH_URL`` is for another authorization
        server than Brex's. With a `prefix` such as ``ACME_`` it is ``ACME_BREX_TOKEN`` and so on, for each of several tenants.

        Raises:
            ConfigurationError: Neither is set, or both are, or one of them cannot be used.
        """
        return cls(credential_from_env(prefix), base_url=_url_from_env(prefix))

    def credential_status(self) -> tuple[TokenStatus, ...]:
        """The age of each token of this client and when it expires, in UTC: an access token after an hour, a user token
        or a refresh token after 90 days without use.
        """  # noqa: D205 - one sentence, two lines
        return _status(self._context)

    company: LazyResource[CompanyResource] = LazyResource("brex_accounting.company", "CompanyResource")
    expenses: LazyResource[Expenses] = LazyResource("brex_accounting.expenses", "Expenses")
    export_results: LazyResource[ExportResults] = LazyResource("brex_accounting.export_results", "ExportResults")
    field_values: LazyResource[FieldValues] = LazyResource("brex_accounting.field_values", "FieldValues")
    fields: LazyResource[Fields] = LazyResource("brex_accounting.fields", "Fields")
    integrations: LazyResource[Integrations] = LazyResource("brex_accounting.integrations", "Integrations")
    legal_entities: LazyResource[LegalEntities] = LazyResource("brex_accounting.legal_entities", "LegalEntities")
    receipts: LazyResource[Receipts] = LazyResource("brex_accounting.receipts", "Receipts")
    records: LazyResource[Records] = LazyResource("brex_accounting.records", "Records")
    users: LazyResource[Users] = LazyResource("brex_accounting.users", "Users")
    webhook_groups: LazyResource[WebhookGroups] = LazyResource("brex_accounting.webhook_groups", "WebhookGroups")
    webhook_secrets: LazyResource[WebhookSecrets] = LazyResource("brex_accounting.webhook_secrets", "WebhookSecrets")
    webhook_subscriptions: LazyResource[WebhookSubscriptions] = LazyResource(
        "brex_accounting.webhook_subscriptions", "WebhookSubscriptions"
    )


class AsyncClient(AsyncBaseClient):
    """A client of one Brex account to be awaited; its arguments are those of `Client`."""

    def __init__(
        self,
        token: str | Credential,
        *,
        base_url: str = BASE_URL,
        options: Options | None = None,
        pacer: Pacing | Paces | None = None,
        transport: AsyncTransport | None = None,
        http_client: httpx.AsyncClient | None = None,
        clocks: Clocks | None = None,
        sleep: Callable[[float], Awaitable[object]] = pause,
    ) -> None:
        made = _connect(token, base_url, options, pacer, clocks)
        # A traceback with local variables would show it.
        del token
        super().__init__(without_problem(made), transport, http_client=http_client, sleep=sleep)

    @classmethod
    def from_env(cls, *, prefix: str = "") -> Self:
        """As `Client.from_env`."""
        return cls(credential_from_env(prefix), base_url=_url_from_env(prefix))

    def credential_status(self) -> tuple[TokenStatus, ...]:
        """As `Client.credential_status`."""
        return _status(self._context)

    company: LazyResource[AsyncCompanyResource] = LazyResource("brex_accounting.company", "AsyncCompanyResource")
    expenses: LazyResource[AsyncExpenses] = LazyResource("brex_accounting.expenses", "AsyncExpenses")
    export_results: LazyResource[AsyncExportResults] = LazyResource(
        "brex_accounting.export_results", "AsyncExportResults"
    )
    field_values: LazyResource[AsyncFieldValues] = LazyResource("brex_accounting.field_values", "AsyncFieldValues")
    fields: LazyResource[AsyncFields] = LazyResource("brex_accounting.fields", "AsyncFields")
    integrations: LazyResource[AsyncIntegrations] = LazyResource("brex_accounting.integrations", "AsyncIntegrations")
    legal_entities: LazyResource[AsyncLegalEntities] = LazyResource(
        "brex_accounting.legal_entities", "AsyncLegalEntities"
    )
    receipts: LazyResource[AsyncReceipts] = LazyResource("brex_accounting.receipts", "AsyncReceipts")
    records: LazyResource[AsyncRecords] = LazyResource("brex_accounting.records", "AsyncRecords")
    users: LazyResource[AsyncUsers] = LazyResource("brex_accounting.users", "AsyncUsers")
    webhook_groups: LazyResource[AsyncWebhookGroups] = LazyResource(
        "brex_accounting.webhook_groups", "AsyncWebhookGroups"
    )
    webhook_secrets: LazyResource[AsyncWebhookSecrets] = LazyResource(
        "brex_accounting.webhook_secrets", "AsyncWebhookSecrets"
    )
    webhook_subscriptions: LazyResource[AsyncWebhookSubscriptions] = LazyResource(
        "brex_accounting.webhook_subscriptions", "AsyncWebhookSubscriptions"
    )
