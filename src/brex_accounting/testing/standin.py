"""The stand-in itself: who may ask, how often, and which room answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import attrs

from brex_accounting.auth import Credential
from brex_accounting.client import AsyncClient, Client
from brex_accounting.export_results import Exported, NotExported
from brex_accounting.records import Record, ReviewStatus, SourceType
from brex_accounting.testing.accounting_records import AccountingRecords
from brex_accounting.testing.expenses import TeamExpenses
from brex_accounting.testing.fields import CustomFields
from brex_accounting.testing.integrations import AccountingIntegrations
from brex_accounting.testing.oauth import AuthorizationServer
from brex_accounting.testing.outbox import Outbox
from brex_accounting.testing.receipts import ReceiptFiles
from brex_accounting.testing.routes import Refusal, router
from brex_accounting.testing.team import Team
from brex_accounting.testing.webhooks import WebhookManagement
from brex_accounting.token_ages import IDLE_LIFETIME
from brex_accounting.webhook_subscriptions import WebhookEventType
from clientkit import testing
from clientkit.call_context import Clocks, Options
from clientkit.client import checked_token
from clientkit.overriding import override
from clientkit.pacing import Pacer, Paces, Pacing
from clientkit.testing import Asked, RateLimit, no_async_wait, no_wait
from clientkit.wire import Answer

#: The token that a stand-in accepts unless it is told another.
TOKEN = "bxt_stand_in_0123456789abcdefghijklmnopqrs"  # noqa: S105 - opens nothing but the stand-in

#: The id of a stand-in's company unless it is told another.
COMPANY_ID = "cuacc_stand_in"

_WINDOW = timedelta(seconds=60)
_UNPACED = 1_000_000


def _utc_now() -> datetime:
    return datetime.now(UTC)


class StandIn(testing.StandIn):
    """An offline Brex with the records it is given; a wrong token is refused and quirks are kept.

    ::

        standin = StandIn([card_expense("42.75", coding=[gl("6100")])])
        with standin.client() as client:
            records = client.records.list(review_status="READY_FOR_EXPORT").collect()

    Args:
        records: What there is; `add` brings more and `remove` takes some out, also while requests come.
        token: The user token that is accepted, until it is not used for 90 days; `oauth` gives others.
        secret: Signs the events, base64 with or without ``whsec_``; ``webhooks.rotate_secret()`` gives another one. Two
            stand-ins have the same secret unless each is given one.
        company_id: The id of the company, which its events tell.
        empty_unauthorized: Answer a wrong token with 401 and no body, as the former hosts did, instead of 403 and JSON.
        rate_limit: Requests in any 60 seconds; None for as many as come.
        now: The stand-in's clock, aware; the machine's when left out.
        default_window: How far back a query without a lower bound reaches.
        failed_status: What becomes of a record whose failure was reported.

    Attributes:
        integrations: Integrations by id, and under which key their id is answered.
        fields: Fields and field values.
        oauth: The authorization server.
        webhooks: Subscriptions, groups and secrets.
        outbox: Events on their way to subscriptions.
        team: The company, its legal entities and people.
        expenses: Expenses by id.
        receipt_files: Files of receipts, behind links that expire.

    Raises:
        ConfigurationError: No client would take the token.
    """

    def __init__(
        self,
        records: Iterable[Record] = (),
        *,
        token: str = TOKEN,
        secret: str | None = None,
        company_id: str = COMPANY_ID,
        empty_unauthorized: bool = False,
        rate_limit: int | None = 1000,
        now: Callable[[], datetime] = _utc_now,
        default_window: timedelta = timedelta(days=30),
        failed_status: ReviewStatus = ReviewStatus.REVIEW,
    ) -> None:
        super().__init__()
        self.token = checked_token(token, "token of the stand-in")
        self.empty_unauthorized, self.rate_limit, self.now = empty_unauthorized, rate_limit, now
        self.receipt_files = ReceiptFiles(now)
        self.integrations = AccountingIntegrations(now)
        self.fields = CustomFields(now, self.integrations.by_id)
        self.oauth = AuthorizationServer(now)
        self.webhooks = WebhookManagement(secret)
        self.outbox = Outbox(now, self.webhooks)
        self.team = Team(company_id)
        self.expenses = TeamExpenses(self.receipt_files)
        self._accounting = AccountingRecords(
            now, self.receipt_files, default_window=default_window, failed_status=failed_status
        )
        rooms = (self._accounting, self.integrations, self.fields, self.webhooks, self.team, self.expenses)
        self._router = router(route for room in rooms for route in room.routes())
        self._token_used_at = now()
        self._arrivals = RateLimit(now)
        self._answered = 0
        self.add(*records)

    @property
    def records(self) -> Mapping[str, Record]:
        """The records by id, as they stand now."""
        return self._accounting.by_id

    @property
    def results(self) -> Mapping[str, Exported | NotExported]:
        """The last result that was accepted for each record."""
        return self._accounting.results

    def add(self, *records: Record) -> None:
        """Bring records in; one with a known id takes the place of the old one.

        One event tells of those that became ready for export. Brex sends none for bills, which have to be polled.
        """
        with self._lock:
            news = (record.id for record in records if _awaits_export(record) and not self._awaited_export(record.id))
            ready = list(dict.fromkeys(news))
            for record in records:
                self._accounting.put(record)
            if ready:
                company_id = self.team.company.id
                body = {"accountingRecordIds": ready, "companyId": company_id}
                self.outbox.emit(WebhookEventType.ACCOUNTING_RECORD_READY_FOR_EXPORT, company_id, body)

    def remove(self, *record_ids: str) -> None:
        """Take records out, as if Brex no longer had them. Nothing tells of it. Raises `KeyError` for an unknown id."""
        with self._lock:
            for each in record_ids:
                self._accounting.remove(each)

    def client(
        self,
        *,
        token: str | Credential | None = None,
        options: Options | None = None,
        pacer: Pacing | Paces | None = None,
        clocks: Clocks | None = None,
        sleep: Callable[[float], object] = no_wait,
    ) -> Client:
        """A blocking client of this stand-in, in process; it does not pace itself and its waits take no time."""
        return Client(
            token or self.token,
            options=options,
            pacer=pacer or Pacer(_UNPACED),
            transport=self.transport(),
            clocks=clocks,
            sleep=sleep,
        )

    def async_client(
        self,
        *,
        token: str | Credential | None = None,
        options: Options | None = None,
        pacer: Pacing | Paces | None = None,
        clocks: Clocks | None = None,
        sleep: Callable[[float], Awaitable[object]] = no_async_wait,
    ) -> AsyncClient:
        """`client`, to be awaited."""
        return AsyncClient(
            token or self.token,
            options=options,
            pacer=pacer or Pacer(_UNPACED),
            transport=self.async_transport(),
            clocks=clocks,
            sleep=sleep,
        )

    @override
    def respond(self, asked: Asked) -> Answer:
        """The answer to one request, with a trace id whatever it is."""
        self._answered += 1
        for host in (self.receipt_files, self.oauth):
            if host.serves(asked):
                return host.answer(asked)
        try:
            answer = self._refusal(asked) or self._router.answer(asked)
        except Refusal as refusal:
            answer = refusal.answer(asked)
        return attrs.evolve(answer, headers={**answer.headers, "x-brex-trace-id": f"{self._answered:016x}"})

    def _refusal(self, asked: Asked) -> Answer | None:
        if not self._is_let_in(asked.headers.get("authorization", "")):
            if self.empty_unauthorized:
                return Answer(status=401)
            raise Refusal(403, "FORBIDDEN", "The token is invalid, expired or revoked")
        return Answer(status=429) if self._arrivals.refuses(self.rate_limit, _WINDOW) else None

    def _is_let_in(self, header: str) -> bool:
        kind, _, token = header.partition(" ")
        return kind == "Bearer" and (self._is_live_user_token(token) or self.oauth.accepts(token))

    def _is_live_user_token(self, token: str) -> bool:
        now = self.now()
        is_live = token == self.token and now - self._token_used_at < IDLE_LIFETIME
        if is_live:
            self._token_used_at = now
        return is_live

    def _awaited_export(self, record_id: str) -> bool:
        known = self._accounting.by_id.get(record_id)
        return known is not None and _awaits_export(known)


def _awaits_export(record: Record) -> bool:
    return record.review_status == ReviewStatus.READY_FOR_EXPORT and record.source_type != SourceType.BILL
