"""The stand-in itself: who may ask, how often, and which room answers."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import attrs
from typing_extensions import override

from brex_accounting.client import AsyncClient, Client
from brex_accounting.export_results import Exported, NotExported
from brex_accounting.records import Record, ReviewStatus
from brex_accounting.testing.accounting_records import AccountingRecords
from brex_accounting.testing.expenses import TeamExpenses
from brex_accounting.testing.fields import CustomFields
from brex_accounting.testing.integrations import AccountingIntegrations
from brex_accounting.testing.receipts import ReceiptFiles
from brex_accounting.testing.routes import Rejected, Route, dispatch
from brex_accounting.testing.team import Team
from brex_accounting.testing.webhooks import WebhookManagement
from clientkit import testing
from clientkit.exchange import Answer, Clocks, Options
from clientkit.pacing import Pacer
from clientkit.testing import Asked

#: The token that a stand-in accepts unless it is told another.
TOKEN = "bxt_stand_in_0123456789abcdefghijklmnopqrs"  # noqa: S105 - opens nothing but the stand-in

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
        records: What there is; `add` brings more, also while requests come.
        token: The only token that is accepted.
        empty_unauthorized: Answer a wrong token with 401 and no body, as the former hosts did, instead of 403 and JSON.
        rate_limit: Requests in any 60 seconds; None for as many as come.
        now: The stand-in's clock, aware; the machine's when left out.
        default_window: How far back a query without a lower bound reaches.
        failed_status: What becomes of a record whose failure was reported.

    Attributes:
        integrations: Integrations by id, and under which key their id is answered.
        fields: Fields and field values.
        webhooks: Subscriptions, groups and secrets.
        team: The company, its legal entities and people.
        expenses: Expenses by id.
        receipt_files: Files of receipts, behind links that expire.
    """

    def __init__(
        self,
        records: Iterable[Record] = (),
        *,
        token: str = TOKEN,
        empty_unauthorized: bool = False,
        rate_limit: int | None = 1000,
        now: Callable[[], datetime] = _utc_now,
        default_window: timedelta = timedelta(days=30),
        failed_status: ReviewStatus = ReviewStatus.REVIEW,
    ) -> None:
        super().__init__()
        self.token, self.empty_unauthorized, self.rate_limit, self.now = token, empty_unauthorized, rate_limit, now
        self.receipt_files = ReceiptFiles(now)
        self.integrations = AccountingIntegrations(now)
        self.fields = CustomFields(now, self.integrations.by_id)
        self.webhooks = WebhookManagement()
        self.team = Team()
        self.expenses = TeamExpenses(self.receipt_files)
        self._accounting = AccountingRecords(
            now, self.receipt_files, default_window=default_window, failed_status=failed_status
        )
        rooms = (self._accounting, self.integrations, self.fields, self.webhooks, self.team, self.expenses)
        self._routes: list[Route] = [route for room in rooms for route in room.routes()]
        self._recent = deque[datetime]()
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
        """Bring records in; one with a known id takes the place of the old one."""
        with self._lock:
            self._accounting.by_id.update({record.id: record for record in records})

    def client(
        self,
        *,
        token: str | None = None,
        options: Options | None = None,
        pacer: Pacer | None = None,
        clocks: Clocks | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> Client:
        """A blocking client that reaches this stand-in without a network, and without waiting for its pace."""
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
        token: str | None = None,
        options: Options | None = None,
        pacer: Pacer | None = None,
        clocks: Clocks | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
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
        if self.receipt_files.serves(asked):
            return self.receipt_files.answer(asked)
        try:
            answer = self._refusal(asked) or dispatch(self._routes, asked)
        except Rejected as rejected:
            answer = rejected.answer(asked.path)
        return attrs.evolve(answer, headers={**answer.headers, "x-brex-trace-id": f"{self._answered:016x}"})

    def _refusal(self, asked: Asked) -> Answer | None:
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            if self.empty_unauthorized:
                return Answer(status=401)
            raise Rejected(403, "FORBIDDEN", "The token is invalid, expired or revoked")
        now = self.now()
        while self._recent and self._recent[0] <= now - _WINDOW:
            self._recent.popleft()
        if self.rate_limit is not None and len(self._recent) >= self.rate_limit:
            return Answer(status=429)
        self._recent.append(now)
        return None
