from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit.webhooks import (
    DuplicateWebhookError,
    MalformedWebhookError,
    SeenIds,
    StaleWebhookError,
    UnreadableWebhookError,
    WebhookError,
    WebhookSecretError,
    WrongSignatureError,
)
from rillet import webhooks
from rillet.ledger.journal_entries import JournalEntry
from rillet.payables.bills import Bill
from rillet.payables.vendors import Vendor
from rillet.receivables.credit_memos import CreditMemo
from rillet.receivables.customers import Customer
from rillet.receivables.invoices import Invoice
from rillet.values import Money
from rillet.webhooks import Entity, Event, EventType, PaymentStatus, PaymentUpdate, UsageCommitment, WebhookContract
from support.rillet.webhook_objects import (
    BILL,
    CONTRACT,
    CREDIT_MEMO,
    CUSTOMER,
    ID,
    INVOICE,
    JOURNAL_ENTRY,
    TIME,
    VENDOR,
)

KEY = bytes(range(40))
SECRET = base64.b64encode(KEY).decode()
OTHER_SECRET = base64.b64encode(b"another webhook").decode()
GONE = f'"{ID}"'.encode()
MOMENT = datetime(2026, 3, 1, 12, 0, 0, 123456, UTC)


def headers(
    body: bytes,
    *,
    entity: str = "BILL",
    event: str = "UPDATED",
    id: str = ID,
    time: str = TIME,
    signature: str | None = None,
    key: bytes = KEY,
) -> dict[str, str]:
    """Headers signed without the package, whatever they hold."""
    text = f"{time}.{id}.{entity}.{event}.".encode() + body
    made = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return {
        "X-Rillet-Signature": made if signature is None else signature,
        "X-Rillet-Timestamp": time,
        "X-Rillet-Id": id,
        "X-Rillet-Entity": entity,
        "X-Rillet-Event": event,
    }


def received(body: object, *, entity: str, event: str) -> Event:
    content = json.dumps(body).encode()
    return webhooks.verify(headers(content, entity=entity, event=event), content, SECRET)


@pytest.mark.parametrize(
    ("entity", "body", "model"),
    [
        ("INVOICE", INVOICE, Invoice),
        ("CREDIT_MEMO", CREDIT_MEMO, CreditMemo),
        ("CONTRACT", CONTRACT, WebhookContract),
        ("CUSTOMER", CUSTOMER, Customer),
        ("BILL", BILL, Bill),
        ("VENDOR", VENDOR, Vendor),
        ("JOURNAL_ENTRY", JOURNAL_ENTRY, JournalEntry),
    ],
)
@pytest.mark.parametrize("event", ["CREATED", "UPDATED", "DELETED", "NOT_KNOWN_YET"])
def test_an_event_carries_the_object(entity: str, event: str, body: object, model: type[Bill]) -> None:
    found = received(body, entity=entity, event=event)
    assert (found.entity, found.event, found.id, found.timestamp) == (entity, event, ID, MOMENT)
    assert isinstance(found.data, model)
    assert found.data.id == ID


@pytest.mark.parametrize("entity", list(Entity))
def test_a_deleted_object_leaves_its_id(entity: str) -> None:
    assert received(ID, entity=entity, event="DELETED").data == ID


@pytest.mark.parametrize("entity", Entity)
@pytest.mark.parametrize("event", ["CREATED", "UPDATED", "DELETED", "PAYMENT_UPDATED", "SENT"])
@pytest.mark.parametrize("body", [[], {"id": 5}, {"invoice_id": "i-1"}, 7, None])
def test_a_signed_body_that_is_newer_than_this_release_is_given_as_it_came(
    entity: Entity, event: str, body: object
) -> None:
    found = received(body, entity=entity, event=event)
    assert found.data == body
    assert found.event.is_known == (event != "SENT")


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("SENT", {"invoice_id": "i-1"}), ("DELETED", {"id": "i-1"}), ("PAYMENT_UPDATED", {"id": "i-1", "new": []}),
        ("PAYMENT_UPDATED", {"id": "p-1", "invoice_id": "i-1", "payment_date": "2026-01-01T00:00:00Z"}),
    ],
)  # fmt: skip
def test_an_invoice_is_named_by_newer_shapes_too(event: str, body: object) -> None:
    assert received(body, entity="INVOICE", event=event).invoice_id == "i-1"


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("SENT", {"credit_memo_id": "m-1"}), ("DELETED", "m-1"), ("UPDATED", {"id": "m-1", "new": []}),
        ("PAYMENT_UPDATED", {"id": "p-1", "credit_memo_id": "m-1"}),
    ],
)  # fmt: skip
def test_a_credit_memo_is_named_in_every_shape(event: str, body: object) -> None:
    found = received(body, entity="CREDIT_MEMO", event=event)
    assert (found.credit_memo_id, found.invoice_id) == ("m-1", None)
    assert received("i-1", entity="INVOICE", event="DELETED").credit_memo_id is None


def test_more_than_ten_signatures_are_refused() -> None:
    right = headers(GONE)["X-Rillet-Signature"]
    for count, is_taken in ((9, True), (10, False)):
        many = ",".join(["x"] * count + [right])
        if is_taken:
            assert webhooks.verify(headers(GONE, signature=many), GONE, SECRET).id == ID
        else:
            with pytest.raises(WebhookError, match="more than 10 signatures"):
                webhooks.verify(headers(GONE, signature=many), GONE, SECRET)


def test_unknown_fields_are_kept() -> None:
    found = received(BILL, entity="BILL", event="UPDATED")
    assert isinstance(found.data, Bill)
    assert found.data.extra == {"new_one": 1}


def test_a_contract_comes_in_the_older_shape() -> None:
    data = received(CONTRACT, entity="CONTRACT", event="CREATED").data
    assert isinstance(data, WebhookContract)
    assert data.usage_commitment == UsageCommitment(amount=Money(Decimal(10), "USD"), revenue_account="4000")
    assert data.usage_overage_invoicing == {"interval": "MONTHLY", "day": 1}
    newer = {**CONTRACT, "usage_configuration": None}
    del newer["usage_commitment"], newer["usage_overage_invoicing"]
    assert isinstance(received(newer, entity="CONTRACT", event="CREATED").data, WebhookContract)


@pytest.mark.parametrize(
    ("entity", "body", "model"), [("INVOICE", INVOICE, Invoice), ("CREDIT_MEMO", CREDIT_MEMO, CreditMemo)]
)
def test_a_changed_payment_comes_with_its_document(entity: str, body: object, model: type) -> None:
    assert isinstance(received(body, entity=entity, event="PAYMENT_UPDATED").data, model)


@pytest.mark.parametrize(
    "shape",
    [
        {"amount": "10.50", "currency": "EUR", "payment_date": "2026-03-01", "cash_account_code": "1000"},
        {"amount": 10.5, "currency": "EUR", "payment_date": "2026-03-01", "cash_account_code": "1000"},
        {"amount": {"amount": "10.5", "currency": "EUR"}, "date": "2026-03-01", "account_code": "1000"},
    ],
)
def test_a_changed_payment_may_come_alone(shape: dict[str, object]) -> None:
    body = {"id": "p-1", "invoice_id": ID, "status": "RECONCILED", **shape, "memo": "m"}
    assert received(body, entity="INVOICE", event="PAYMENT_UPDATED").data == PaymentUpdate(
        id="p-1",
        invoice_id=ID,
        status=PaymentStatus.RECONCILED,
        amount=Money(Decimal("10.5"), "EUR"),
        payment_date=date(2026, 3, 1),
        account_code="1000",
        extra={"memo": "m"},
    )


def test_a_payment_of_a_credit_memo_may_lack_nearly_everything() -> None:
    body = {"id": "p-1", "credit_memo_id": ID, "currency": "EUR", "amount": None, "status": "NOT_KNOWN_YET"}
    data = received(body, entity="CREDIT_MEMO", event="PAYMENT_UPDATED").data
    assert isinstance(data, PaymentUpdate)
    assert (data.credit_memo_id, data.amount, data.extra) == (ID, None, {"currency": "EUR"})
    assert data.status is not None
    assert not data.status.is_known


@pytest.mark.parametrize("body", [{"id": 1}, [1, "two"], "text", None, 7])
def test_an_unknown_entity_is_plain_json(body: object) -> None:
    found = received(body, entity="PURCHASE_ORDER", event="CREATED")
    assert (found.entity.is_known, found.data) == (False, body)


@pytest.mark.parametrize("entity", ["CREDIT_MEMO", "credit-memo", "Credit Memo", "credit.memo", "credit_memo"])
@pytest.mark.parametrize("event", ["PAYMENT_UPDATED", "payment-updated", "payment.updated"])
def test_names_are_understood_however_they_are_written(entity: str, event: str) -> None:
    found = received(CREDIT_MEMO, entity=entity, event=event)
    assert found.entity is Entity.CREDIT_MEMO
    assert found.event is EventType.PAYMENT_UPDATED


def test_what_is_signed_is_the_name_as_it_came() -> None:
    sent = headers(GONE, entity="bill", event="deleted")
    with pytest.raises(WrongSignatureError):
        webhooks.verify({**sent, "X-Rillet-Entity": "BILL"}, GONE, SECRET)
    assert webhooks.verify(sent, GONE, SECRET).entity is Entity.BILL


def test_one_of_ten_signatures_under_one_of_two_tokens_is_enough() -> None:
    sent = headers(GONE, event="DELETED")
    wrong = base64.b64encode(bytes(32)).decode()
    for place in range(10):
        several = [wrong] * 9
        several.insert(place, sent["X-Rillet-Signature"])
        for joint in (",", ", "):
            many = {**sent, "X-Rillet-Signature": joint.join(several)}
            assert webhooks.verify(many, GONE, [OTHER_SECRET, SECRET]).data == ID
    with pytest.raises(WrongSignatureError):
        webhooks.verify({**sent, "X-Rillet-Signature": ",".join([wrong] * 10)}, GONE, SECRET)
    with pytest.raises(WrongSignatureError):
        webhooks.verify(sent, GONE, OTHER_SECRET)


@pytest.mark.parametrize("name", sorted(headers(GONE)))
def test_a_missing_header(name: str) -> None:
    sent = {key: value for key, value in headers(GONE).items() if key != name}
    for found in (sent, {**sent, name: ""}):
        with pytest.raises(MalformedWebhookError, match=f"{name} is missing"):
            webhooks.verify(found, GONE, SECRET)


@pytest.mark.parametrize("signature", ["x", ",", ",,", "=", "v1", "AAAA"])
def test_a_wrong_signature(signature: str) -> None:
    with pytest.raises(WrongSignatureError):
        webhooks.verify(headers(GONE, signature=signature), GONE, SECRET)


def test_a_partial_signature() -> None:
    sent = headers(GONE)
    for cut in (sent["X-Rillet-Signature"][:8], sent["X-Rillet-Signature"][:-1], sent["X-Rillet-Signature"] + "="):
        with pytest.raises(WrongSignatureError):
            webhooks.verify({**sent, "X-Rillet-Signature": cut}, GONE, SECRET)


@pytest.mark.parametrize(
    "time",
    ["hello", "2026-03-01T12:00:00", "2026-03-01", "1767225600", "2026-13-01T00:00:00Z", "0001-01-01T00:00+23:00"],
)
def test_a_signed_timestamp_that_is_no_time(time: str) -> None:
    with pytest.raises(MalformedWebhookError, match="Timestamp"):
        webhooks.verify(headers(GONE, event="DELETED", time=time), GONE, SECRET)


def test_nothing_is_parsed_before_the_signature_was_found_right() -> None:
    with pytest.raises(WrongSignatureError):
        webhooks.verify(headers(b"{", time="hello", signature="x"), b"{", SECRET)


@pytest.mark.parametrize(
    "changes",
    [{"id": "a.b"}, {"entity": "BILL{"}, {"event": 'UPDATED."x'}, {"event": "UPDATED:"}, {"entity": "(BILL)"}],
)
def test_signed_names_that_are_no_names(changes: dict[str, str]) -> None:
    with pytest.raises(MalformedWebhookError, match="not of its form"):
        webhooks.verify(headers(GONE, **changes), GONE, SECRET)  # type: ignore[arg-type]  # one of its texts


def test_any_time_will_do_unless_a_tolerance_is_given() -> None:
    sent, minute = headers(GONE, event="DELETED"), timedelta(minutes=1)
    assert webhooks.verify(sent, GONE, SECRET).timestamp == MOMENT
    for now in (MOMENT - minute, MOMENT, MOMENT + minute):
        assert webhooks.verify(sent, GONE, SECRET, tolerance=minute, now=now).timestamp == MOMENT
    for now in (MOMENT - 2 * minute, MOMENT + 2 * minute):
        with pytest.raises(StaleWebhookError):
            webhooks.verify(sent, GONE, SECRET, tolerance=minute, now=now)


def test_a_second_delivery_is_a_duplicate_until_it_is_discarded() -> None:
    seen, sent = SeenIds(), headers(GONE, event="DELETED")
    webhooks.verify(sent, GONE, SECRET, seen=seen)
    with pytest.raises(DuplicateWebhookError):
        webhooks.verify(sent, GONE, SECRET, seen=seen)
    seen.discard(ID)
    assert webhooks.verify(sent, GONE, SECRET, seen=seen).id == ID


def test_what_is_refused_was_not_seen() -> None:
    seen = SeenIds()
    for sent, body in ((headers(GONE, signature="x"), GONE), (headers(b"{"), b"{")):
        with pytest.raises(WebhookError):
            webhooks.verify(sent, body, SECRET, seen=seen)
    assert seen.add(ID)


@pytest.mark.parametrize("secrets", ["", "not base64", [], [SECRET, ""]])
def test_a_token_that_cannot_be_used(secrets: str | list[str]) -> None:
    with pytest.raises(WebhookSecretError):
        webhooks.verify(headers(GONE), GONE, secrets)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_signed_body_that_is_no_json(body: bytes) -> None:
    with pytest.raises(UnreadableWebhookError, match=f"BILL UPDATED {ID} cannot be read"):
        webhooks.verify(headers(body), body, SECRET)


words = st.from_regex(r"[A-Za-z]+([._-][A-Za-z]+)?", fullmatch=True)


# Fixed offsets: a time that a zone skips in spring equals no time of another zone.
zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1970, 1, 1), datetime(2999, 12, 31), timezones=zones)  # noqa: DTZ001 - zones are beside


@given(st.uuids().map(str), words, words, moments, st.integers())
def test_what_sign_makes_verifies(id: str, entity: str, event: str, moment: datetime, value: int) -> None:
    body = json.dumps({"value": value}).encode()
    sent = webhooks.sign(SECRET, body, entity=f"x{entity}", event=event, id=id, timestamp=moment)
    found = webhooks.verify(sent, body, SECRET, tolerance=timedelta(0), now=moment)
    assert (found.id, found.timestamp, found.data) == (id, moment, {"value": value})


def test_sign_agrees_with_the_scheme() -> None:
    made = webhooks.sign(SECRET, GONE, entity=Entity.BILL, event=EventType.DELETED, id=ID, timestamp=MOMENT)
    assert made == headers(GONE, event="DELETED")


@given(st.integers(0, len(GONE) - 1), st.integers(1, 255))
def test_a_mutated_body_never_verifies(place: int, change: int) -> None:
    mutated = bytearray(GONE)
    mutated[place] ^= change
    with pytest.raises(WrongSignatureError):
        webhooks.verify(headers(GONE, event="DELETED"), bytes(mutated), SECRET)


@given(st.sampled_from(sorted(headers(GONE))), st.integers(0, 60), st.characters(codec="utf-8"))
def test_a_mutated_header_never_verifies(name: str, place: int, letter: str) -> None:
    sent = headers(GONE, event="DELETED")
    text = sent[name]
    place %= len(text)
    mutated = text[:place] + letter + text[place + 1 :]
    if mutated == text:
        assert webhooks.verify({**sent, name: mutated}, GONE, SECRET).data == ID
        return
    with pytest.raises(WebhookError):
        webhooks.verify({**sent, name: mutated}, GONE, SECRET)


@given(st.dictionaries(st.sampled_from(sorted(headers(GONE))), st.text() | st.none() | st.binary()), st.binary())
def test_garbage_ends_in_one_exception(garbage: dict[str, str], body: bytes) -> None:
    with pytest.raises(WebhookError):
        webhooks.verify({**headers(GONE), **garbage}, body, SECRET)


texts = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), min_size=1)


@given(st.binary(), texts, texts, texts, texts)
def test_signed_garbage_ends_in_one_exception(body: bytes, id: str, entity: str, event: str, time: str) -> None:
    with pytest.raises(WebhookError):
        webhooks.verify(headers(body, id=id, entity=entity, event=event, time=time), body, SECRET)


@pytest.mark.parametrize("wrong", ["a.b", "", "msg_ü", "msg\n1"])
def test_nothing_is_signed_under_an_id_that_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII without a dot"):
        webhooks.sign(SECRET, b"{}", entity=Entity.BILL, event=EventType.DELETED, id=wrong, timestamp=MOMENT)
