"""Receiving Rillet's webhooks: checking who sent them, and reading them (https://docs.api.rillet.com/docs/webhooks).

::

    event = webhooks.verify(request.headers, request.body, signing_token)
    match event.data:
        case Bill() as bill: ...
        case str() as deleted_id: ...

Answer 200 within 30 seconds; Rillet repeats what it takes for lost, and promises no order. The errors, and what to answer
to each, are in `clientkit.webhooks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias, cast

import attrs

from clientkit import codec
from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.model import Model
from clientkit.webhooks import (
    Headers,
    Keys,
    MalformedWebhookError,
    SeenStore,
    UnreadableWebhookError,
    check_body,
    check_id,
    check_new,
    check_time,
    pick,
)
from rillet.ledger.journal_entries import JournalEntry
from rillet.payables.bills import Bill
from rillet.payables.vendors import Vendor
from rillet.receivables.contracts import Contract
from rillet.receivables.credit_memos import CreditMemo
from rillet.receivables.customers import Customer
from rillet.receivables.invoices import Invoice
from rillet.values import Money

__all__ = [
    "Entity",
    "Event",
    "EventData",
    "EventType",
    "ParsedJson",
    "PaymentStatus",
    "PaymentUpdate",
    "UsageCommitment",
    "WebhookContract",
    "sign",
    "verify",
]

_HEADERS = ("X-Rillet-Timestamp", "X-Rillet-Id", "X-Rillet-Entity", "X-Rillet-Event", "X-Rillet-Signature")
_PAYMENT_NAMES = {"date": "payment_date", "cash_account_code": "account_code"}
# Both of the guide's samples refuse more (https://docs.api.rillet.com/docs/webhooks).
_MOST_SIGNATURES = 10
_WORD = re.compile(r"[A-Za-z0-9._ -]+")
_SEPARATORS = re.compile(r"[._ -]+")


class Entity(OpenEnum):
    """What an event is about. Rillet sends none for charges, reimbursements, payments of bills and bank data."""

    INVOICE = "INVOICE"
    CREDIT_MEMO = "CREDIT_MEMO"
    CONTRACT = "CONTRACT"
    CUSTOMER = "CUSTOMER"
    BILL = "BILL"
    VENDOR = "VENDOR"
    JOURNAL_ENTRY = "JOURNAL_ENTRY"


class EventType(OpenEnum):
    """What happened to it; ``PAYMENT_UPDATED`` is for invoices and credit memos."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"
    PAYMENT_UPDATED = "PAYMENT_UPDATED"


@attrs.frozen(kw_only=True)
class UsageCommitment(Model):
    """What a customer pays for usage at least, and the code of the account that it is revenue of."""

    amount: Money
    revenue_account: str
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class WebhookContract(Contract):
    """A contract as events carry it: in an older shape than the API's, without a `usage_configuration`."""

    usage_commitment: UsageCommitment | None = None
    usage_overage_invoicing: Extra | None = attrs.field(default=None, hash=False)


class PaymentStatus(OpenEnum):
    """Whether the money of a payment has come; the two lists of the sources that name values are joined here."""

    SUCCESSFUL = "SUCCESSFUL"
    CLEARED = "CLEARED"
    UNCLEARED = "UNCLEARED"
    RECONCILED = "RECONCILED"
    FAILED = "FAILED"


@attrs.frozen(kw_only=True)
class PaymentUpdate(Model):
    """A payment of an invoice or a credit memo, where ``PAYMENT_UPDATED`` carries it and not the document itself."""

    id: str
    invoice_id: str | None = None
    credit_memo_id: str | None = None
    status: PaymentStatus | None = None
    amount: Money | None = None
    payment_date: date | None = None
    account_code: str | None = None
    extra: Extra = unknown_fields()


#: Parsed JSON of a body that this release does not know.
ParsedJson: TypeAlias = dict[str, object] | list[object] | str | Decimal | int | bool | None
EventData: TypeAlias = (
    Invoice | CreditMemo | WebhookContract | Customer | Bill | Vendor | JournalEntry | PaymentUpdate | ParsedJson
)

_MODELS: Mapping[Entity, type[object]] = {
    Entity.INVOICE: Invoice,
    Entity.CREDIT_MEMO: CreditMemo,
    Entity.CONTRACT: WebhookContract,
    Entity.CUSTOMER: Customer,
    Entity.BILL: Bill,
    Entity.VENDOR: Vendor,
    Entity.JOURNAL_ENTRY: JournalEntry,
}


@attrs.frozen(kw_only=True)
class Event(Model):
    """One event. `id` is the same when Rillet sends it again, `timestamp` is in UTC.

    `data` is the object after the event, or its id as text where it was deleted. For an entity or an event that this
    release does not know, and for a body that is newer than it, it is the body as parsed JSON.
    """

    entity: Entity
    event: EventType
    id: str
    timestamp: datetime
    data: EventData = attrs.field(hash=False)

    @property
    def invoice_id(self) -> str | None:
        """The invoice that it is about, in whatever shape the event came; None where it is about none, or about a credit memo."""
        if isinstance(self.data, Invoice):
            return self.data.id
        if isinstance(self.data, PaymentUpdate):
            return self.data.invoice_id
        return self._named(Entity.INVOICE, "invoice_id")

    @property
    def credit_memo_id(self) -> str | None:
        """The credit memo that it is about, in whatever shape the event came; None where it is about none."""
        if isinstance(self.data, CreditMemo):
            return self.data.id
        if isinstance(self.data, PaymentUpdate):
            return self.data.credit_memo_id
        return self._named(Entity.CREDIT_MEMO, "credit_memo_id")

    def _named(self, entity: Entity, name: str) -> str | None:
        """An id out of a body that is no object known here: by its name, or that of the event's own object."""
        told: object = self.data
        if isinstance(told, dict):
            told = told.get(name, told.get("id") if self.entity is entity else None)
        elif self.entity is not entity:
            return None
        return told if isinstance(told, str) else None


def verify(
    headers: Headers,
    body: bytes,
    secrets: str | Iterable[str],
    *,
    tolerance: timedelta | None = None,
    now: datetime | None = None,
    seen: SeenStore | None = None,
) -> Event:
    """The event, once it is certain that Rillet sent it, and for the first time.

    Args:
        headers: The request's headers, in any case and any of the usual shapes.
        body: The body exactly as it came. JSON that was parsed and written again has other bytes.
        secrets: The signing token, or several: a new token ends the old one at once, so an overlap takes two webhooks.
        tolerance: How far the event's time may be from `now`, before or after. Rillet documents no limit, and does not
            say whether a later attempt carries a new time, so any time will do when left out.
        now: Instead of the machine's clock; with a time zone.
        seen: Where ids are remembered, so that a second delivery raises. Discard an id there if handling it fails.

    Raises:
        WebhookError: The request must not be acted upon; `clientkit.webhooks` draws the tree.
    """
    keys = Keys(secrets)
    # From here on, a traceback with local variables would show them.
    del secrets
    content = check_body(body)
    *signed, signatures = pick(headers, *_HEADERS)
    keys.check(_signed(signed, content), _each_of(signatures))
    time, event_id, entity, kind = signed
    named = _named(entity, kind)
    if "." in event_id or named is None:
        # One signature must not fit two ways to cut the signed text.
        raise MalformedWebhookError(f"X-Rillet-Id, -Entity or -Event is not of its form: {signed[1:]}")
    moment = _moment(time)
    check_time(moment, tolerance=tolerance, now=now)
    event = _read(*named, event_id, moment, content)
    check_new(event_id, seen)
    return event


def sign(
    secret: str,
    body: bytes,
    *,
    entity: Entity | str,
    event: EventType | str,
    id: str,
    timestamp: datetime,
) -> dict[str, str]:
    """The headers that Rillet would send with `body`, for tests of a receiver.

    Raises `WebhookSecretError` for a token that is not usable, `ValueError` for a timestamp without a time zone and for an
    id that `verify` refuses.
    """
    check_id(id)
    signed = (codec.instant_text(timestamp), id, str(entity), str(event))
    return dict(zip(_HEADERS, (*signed, Keys(secret).sign(_signed(signed, body))), strict=True))


def _signed(parts: Iterable[str], body: bytes) -> bytes:
    return ".".join((*parts, "")).encode() + body


def _each_of(signatures: str) -> list[str]:
    each = signatures.split(",", _MOST_SIGNATURES)
    if len(each) > _MOST_SIGNATURES:
        raise MalformedWebhookError(f"X-Rillet-Signature holds more than {_MOST_SIGNATURES} signatures")
    return [text.strip() for text in each]


def _moment(text: str) -> datetime:
    try:
        return codec.structure(text, datetime).astimezone(UTC)
    except (codec.CodecError, OverflowError) as error:
        raise MalformedWebhookError(f"X-Rillet-Timestamp is not a time with a zone: {text!r}") from error


@lru_cache(maxsize=128)
def _named(entity: str, kind: str) -> tuple[Entity, EventType] | None:
    """What two headers name, None where one is not of its form."""
    if not (_WORD.fullmatch(entity) and _WORD.fullmatch(kind)):
        return None
    return Entity(_normal(entity)), EventType(_normal(kind))


def _normal(word: str) -> str:
    return _SEPARATORS.sub("_", word).upper()


def _read(entity: Entity, event: EventType, event_id: str, moment: datetime, content: bytes) -> Event:
    try:
        data = _data(entity, event, codec.parse(content))
    except codec.CodecError as error:
        raise UnreadableWebhookError(f"the body of {entity} {event} {event_id} cannot be read: {error}") from error
    return Event(entity=entity, event=event, id=event_id, timestamp=moment, data=data)


def _data(entity: Entity, event: EventType, found: object) -> EventData:
    model = _MODELS.get(entity)
    # JSON has no other types.
    parsed = cast("ParsedJson", found)
    if model is None or (event == EventType.DELETED and isinstance(found, str)):
        return parsed
    payment = _payment(found) if event == EventType.PAYMENT_UPDATED else None
    try:
        if payment is not None:
            return codec.structure(payment, PaymentUpdate)
        # The models are those of its definition.
        return cast("EventData", codec.structure(found, model))
    except codec.CodecError:
        # The signature is right, so Rillet has said this; whoever handles the event sees that it is no object known here.
        return parsed


def _payment(found: object) -> Mapping[str, object] | None:
    """The payment with the API's own names, or None where `found` is the document itself.

    Rillet's documents promise the document; receivers have met its payment, with a bare amount beside the currency.
    """
    fields = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    if "invoice_id" not in fields and "credit_memo_id" not in fields:
        return None
    named = {_PAYMENT_NAMES.get(name, name): value for name, value in fields.items()}
    if "currency" in named and isinstance(named.get("amount"), str | int | Decimal):
        named["amount"] = {"amount": named["amount"], "currency": named.pop("currency")}
    return named
