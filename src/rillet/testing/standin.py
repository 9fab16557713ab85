"""The stand-in as a whole: authorization, rate limit, idempotency keys, and the families of endpoints behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import attrs

from clientkit.call_context import Clocks, Options
from clientkit.client import checked_token
from clientkit.overriding import override
from clientkit.pacing import Pacer, Paces, Pacing
from clientkit.testing import Asked, RateLimit, no_async_wait, no_wait
from clientkit.wire import Answer
from rillet.client import AsyncClient, Client
from rillet.ledger.accounts import Account
from rillet.ledger.fields import Field
from rillet.ledger.journal_entries import JournalEntry
from rillet.ledger.organization import Organization
from rillet.ledger.subsidiaries import Subsidiary
from rillet.ledger.tax_rates import TaxRate
from rillet.payables.bills import Bill
from rillet.payables.charges import Charge
from rillet.payables.reimbursements import Reimbursement
from rillet.payables.vendor_credits import VendorCredit
from rillet.payables.vendors import Vendor
from rillet.testing import builders
from rillet.testing.ledger.books import Books, random_ids
from rillet.testing.ledger.endpoints import LedgerEndpoints
from rillet.testing.ledger.general_ledger import Ledger
from rillet.testing.ledger.journal_entries import JournalEntryEndpoints
from rillet.testing.payables.bills import BillEndpoints
from rillet.testing.payables.endpoints import PayablesEndpoints
from rillet.testing.payables.vendor_credits import VendorCreditEndpoints
from rillet.testing.receivables.books import ReceivablesBooks
from rillet.testing.receivables.view import ReceivablesView, receivables_routes
from rillet.testing.reports.statements import StatementEndpoints
from rillet.testing.server.attachments import Attachment, Attachments
from rillet.testing.server.idempotency import IdempotencyKeys
from rillet.testing.server.outbox import SECRET, Outbox
from rillet.testing.server.routing import Refusal, router
from rillet.testing.treasury.endpoints import TreasuryEndpoints
from rillet.treasury.bank_accounts import BankAccount
from rillet.treasury.bank_transactions import BankTransaction

M = TypeVar("M", Account, Field, Vendor)

#: What Rillet allows: 60 requests in any 60 seconds.
RATE_LIMIT = (60, 60.0)


def _now() -> datetime:
    return datetime.now(UTC)


class StandIn(ReceivablesView):
    """An offline Rillet for tests, faithful to what is documented and observed, quirks included.

    ::

        standin = StandIn(reference_types={"brex"}, vendors=[vendor("Hotel Adlon")])
        client = standin.client()
        (hotel,) = client.vendors.list()
        night = NewExpenseItem(account_code="62000", amount=Money(Decimal("149.50"), "USD"))
        client.charges.create(
            NewCharge(
                vendor_id=hotel.id, items=[night], charge_date=date(2026, 9, 1), credit_card_account_code="21120"
            )
        )
        assert standin.ledger.balance("62000") == Decimal("149.50")

    What was posted is in `ledger`, `bills`, `charges`, `journal_entries` and their like, every request in `asked`;
    events wait in `outbox` until they are delivered; `faults` break things.

    Args:
        organization: Whose books these are; an American company where none is given, with an id that follows from `seed`.
        subsidiaries: Its legal entities; one, in the organization's currency, where none are given.
        accounts: The chart of accounts; a small one where none is given (`rillet.testing.chart_of_accounts`).
        fields: Custom fields.
        vendors: Vendors that are there already.
        tax_rates: Predefined tax rates, which only a person can create in Rillet.
        reference_types: Types that external references may have; only a person can create one in Rillet.
        multi_currency: Whether documents may be in another currency than their subsidiary's; Rillet's support switches it on.
        api_key: The one key that is accepted, without blanks.
        rate_limit: Requests and seconds, such as `RATE_LIMIT`; requests above it get a bare 429. None for no limit.
        now: The clock: an aware date-time. Timestamps, cursors, idempotency keys and the rate limit follow it.
        secret: Signs the events for subscribers that bring no secret of their own, base64.
        seed: Ids are drawn from this, so that they are the same in every run. Give each of several stand-ins its own: with the
            same seed they are one organization, and their objects have the same ids.

    Raises:
        ConfigurationError: No client would take the key.
    """

    def __init__(
        self,
        *,
        organization: Organization | None = None,
        subsidiaries: Iterable[Subsidiary] | None = None,
        accounts: Iterable[Account] | None = None,
        fields: Iterable[Field] = (),
        vendors: Iterable[Vendor] = (),
        tax_rates: Iterable[TaxRate] = (),
        reference_types: Iterable[str] = (),
        multi_currency: bool = True,
        api_key: str = "stand-in-key",
        rate_limit: tuple[int, float] | None = None,
        now: Callable[[], datetime] = _now,
        secret: str = SECRET,
        seed: int = 0,
    ) -> None:
        super().__init__()
        # Two stand-ins are two organizations, unless they have one seed.
        mine = organization or builders.organization(seed=seed)
        started = now()
        self.api_key = checked_token(api_key, "api_key of the stand-in")
        self.rate_limit = rate_limit
        self.idempotency_keys = IdempotencyKeys(now)
        self._trace_ids = random_ids(f"traces {seed}")
        self._arrivals = RateLimit(now)
        self._books = Books(
            organization=mine,
            subsidiaries=subsidiaries or [builders.subsidiary(mine.trade_name, mine.currency)],
            accounts=[_dated(each, started) for each in accounts or builders.chart_of_accounts()],
            fields=[_dated(each, started) for each in fields],
            tax_rates=tax_rates,
            reference_types=reference_types,
            multi_currency=multi_currency,
            now=now,
            ids=random_ids(f"objects {seed}"),
            outbox=Outbox(now, random_ids(f"webhooks {seed}"), secret),
        )
        self._attachments = Attachments()
        self._payables = PayablesEndpoints(self._books, [_dated(each, started) for each in vendors], self._attachments)
        self._bills = BillEndpoints(self._books, self._payables.expenses, self._attachments)
        self._vendor_credits = VendorCreditEndpoints(self._books, self._payables.expenses, self._bills)
        self._journal_entries = JournalEntryEndpoints(self._books)
        self._treasury = TreasuryEndpoints(self._books)
        self._receivables = ReceivablesBooks(self._books)
        self._router = router(
            [
                *LedgerEndpoints(self._books).routes(),
                *self._journal_entries.routes(),
                *self._payables.routes(),
                *self._bills.routes(),
                *self._vendor_credits.routes(),
                *self._treasury.routes(),
                *StatementEndpoints(self._books).routes(),
                *receivables_routes(self._receivables),
            ]
        )

    @property
    def ledger(self) -> Ledger:
        """The general ledger."""
        return self._books.ledger

    @property
    def outbox(self) -> Outbox:
        """Who is told of what, and the events on their way."""
        return self._books.outbox

    @property
    def organization(self) -> Organization:
        """Whose books these are."""
        return self._books.organization

    @property
    def subsidiaries(self) -> tuple[Subsidiary, ...]:
        """The legal entities."""
        return tuple(self._books.subsidiaries.values())

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The chart of accounts."""
        return tuple(self._books.accounts)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The custom fields."""
        return tuple(self._books.fields)

    @property
    def vendors(self) -> tuple[Vendor, ...]:
        """Vendors, oldest first."""
        return tuple(self._payables.vendors)

    @property
    def charges(self) -> tuple[Charge, ...]:
        """Charges, oldest first."""
        return tuple(self._payables.charges)

    @property
    def reimbursements(self) -> tuple[Reimbursement, ...]:
        """Reimbursements, oldest first."""
        return tuple(self._payables.reimbursements)

    @property
    def bills(self) -> tuple[Bill, ...]:
        """Bills, oldest first."""
        return tuple(self._bills.bills)

    @property
    def vendor_credits(self) -> tuple[VendorCredit, ...]:
        """Vendor credits, oldest first."""
        return tuple(self._vendor_credits.credits)

    @property
    def journal_entries(self) -> tuple[JournalEntry, ...]:
        """Journal entries, oldest first."""
        return tuple(self._journal_entries.entries)

    @property
    def bank_accounts(self) -> tuple[BankAccount, ...]:
        """Bank accounts, oldest first."""
        return tuple(self._books.bank_accounts.values())

    @property
    def bank_transactions(self) -> tuple[BankTransaction, ...]:
        """Bank transactions, oldest first."""
        return self._treasury.transactions

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """Files attached to bills and charges, oldest first."""
        return tuple(self._attachments.kept)

    @property
    def reference_types(self) -> set[str]:
        """Types that external references may have; add to it what a person would create."""
        return self._books.reference_types

    def put(self, *objects: Account | Field | Subsidiary | TaxRate | Vendor) -> None:
        """Add or replace master data, as a person does in Rillet: an account made inactive, a tax rate created.

        Raises `TypeError` for any other object.
        """
        with self._lock:
            for each in objects:
                if isinstance(each, Subsidiary):
                    self._books.subsidiaries[each.id] = each
                elif isinstance(each, TaxRate):
                    self._books.tax_rates[each.id] = each
                elif isinstance(each, Account):
                    self._books.accounts.put(_dated(each, self._books.now()))
                elif isinstance(each, Field):
                    self._books.fields.put(_dated(each, self._books.now()))
                elif isinstance(each, Vendor):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without type checks
                    self._payables.vendors.put(_dated(each, self._books.now()))
                else:
                    raise TypeError(f"put takes accounts, fields, subsidiaries, tax rates and vendors, not {each!r}")

    def close_books(self, through: date) -> None:
        """Close the books up to and including a day."""
        with self._lock:
            self._books.close(through)

    def clear_payment(self, payment_id: str) -> None:
        """Match a payment of a bill or a reimbursement with a bank transaction, as a person does in Rillet.

        Raises `KeyError` where there is no such payment.
        """
        with self._lock:
            if not (self._bills.payments.clear(payment_id) or self._payables.payments.clear(payment_id)):
                raise KeyError(payment_id)

    def client(
        self,
        *,
        api_key: str | None = None,
        options: Options | None = None,
        pacer: Pacing | Paces | None = None,
        clocks: Clocks | None = None,
        sleep: Callable[[float], object] = no_wait,
    ) -> Client:
        """A blocking client of this stand-in, in process; it does not pace itself and its waits take no time."""
        return Client(
            api_key or self.api_key,
            options=options,
            pacer=pacer or _unpaced(),
            transport=self.transport(),
            clocks=clocks,
            sleep=sleep,
        )

    def async_client(
        self,
        *,
        api_key: str | None = None,
        options: Options | None = None,
        pacer: Pacing | Paces | None = None,
        clocks: Clocks | None = None,
        sleep: Callable[[float], Awaitable[object]] = no_async_wait,
    ) -> AsyncClient:
        """As `client`, to be awaited."""
        return AsyncClient(
            api_key or self.api_key,
            options=options,
            pacer=pacer or _unpaced(),
            transport=self.async_transport(),
            clocks=clocks,
            sleep=sleep,
        )

    @override
    def respond(self, asked: Asked) -> Answer:
        """The answer to one request, with a trace id."""
        try:
            answer = self._answer(asked)
        except Refusal as refusal:
            answer = refusal.answer(asked)
        return attrs.evolve(answer, headers={**answer.headers, "x-trace-id": next(self._trace_ids)})

    def _answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {self.api_key}":
            raise Refusal(401, "https://rillet.io/unauthorized", "Unauthorized")
        if self._is_too_fast():
            return Answer(status=429)
        key = asked.headers.get("idempotency-key") if asked.method == "POST" else None
        if key is None:
            return self._router.answer(asked)
        kept = self.idempotency_keys.kept(key)
        if kept is not None:
            return kept
        answer = self._router.answer(asked)
        self.idempotency_keys.keep(key, answer)
        return answer

    def _is_too_fast(self) -> bool:
        if self.rate_limit is None:
            return False
        limit, seconds = self.rate_limit
        return self._arrivals.refuses(limit, timedelta(seconds=seconds))


def _dated(value: M, now: datetime) -> M:
    return value if value.updated_at is not None else attrs.evolve(value, updated_at=now)


def _unpaced() -> Pacer:
    return Pacer(1_000_000)
