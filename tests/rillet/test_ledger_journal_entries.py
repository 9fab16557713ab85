from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import rillet
from rillet import ExchangeRate, FieldAssignment, Money
from rillet.ledger.journal_entries import (
    AsyncJournalEntries,
    JournalEntries,
    JournalEntryOperations,
    JournalEntryUpdate,
    NewJournalEntry,
    NewJournalEntryItem,
    RelatedEntity,
    RelatedEntityType,
    Side,
)
from support.scripted import WAYS, on, scripted, target

pytestmark = pytest.mark.parametrize("way", WAYS)

ENTRY: dict[str, Any] = {
    "id": "je1",
    "name": "Accrual brex:rec1",
    "currency": "USD",
    "items": [
        {
            "id": "l1",
            "amount": {"amount": "10", "currency": "USD"},
            "account_id": "a1",
            "account_code": "60100",
            "side": "DEBIT",
        },
        {
            "id": "l2",
            "amount": {"amount": "10.00", "currency": "USD"},
            "account_id": "a2",
            "account_code": "21120",
            "side": "CREDIT",
            "original_transaction_amount": {"amount": "9", "currency": "EUR"},
        },
    ],
    "date": "2026-03-31",
    "updated_at": "2026-04-01T10:00:00.123Z",
}
LINES = (
    NewJournalEntryItem(
        account_code="60100",
        amount=Money(Decimal("10.00"), "USD"),
        side=Side.DEBIT,
        description="Coffee",
        vat_code="20",
        vat_type="Expense",
        fields=(FieldAssignment(field_id="f1", field_value_id="v1"),),
    ),
    NewJournalEntryItem(account_code="21120", amount=Money(Decimal("10.00"), "USD"), side=Side.CREDIT),
)
SENT_LINES = [
    {
        "account_code": "60100",
        "amount": {"amount": "10.00", "currency": "USD"},
        "side": "DEBIT",
        "description": "Coffee",
        "vat_code": "20",
        "vat_type": "Expense",
        "fields": [{"field_id": "f1", "field_value_id": "v1"}],
    },
    {"account_code": "21120", "amount": {"amount": "10.00", "currency": "USD"}, "side": "CREDIT"},
]


def entries(client: rillet.Client) -> JournalEntries:
    return on(client, JournalEntries, AsyncJournalEntries)


def test_an_entry_is_read_with_everything_it_brings(way: str) -> None:
    full = {
        **ENTRY,
        "attachmentUrl": "https://files.test/1.pdf",
        "related_entity": {"id": "v1", "type": "VENDOR"},
        "reversal_date": "2026-04-01",
        "subsidiary_id": "s1",
        "exchange_rate": {"base": "EUR", "target": "USD", "rate": "1.1", "date": "2026-03-31"},
        "memo": "new",
    }
    with scripted(way, full) as (run, service):
        entry = run.call(lambda client: entries(client).get("je/1"))
    assert target(service.only) == ("GET", "/journal-entries/je%2F1", {})
    assert entry.date == date(2026, 3, 31)
    assert entry.reversal_date == date(2026, 4, 1)
    assert entry.attachment_url == "https://files.test/1.pdf"
    assert entry.related_entity == RelatedEntity(id="v1", type=RelatedEntityType.VENDOR)
    assert entry.exchange_rate == ExchangeRate(base="EUR", target="USD", rate=Decimal("1.1"), date=date(2026, 3, 31))
    assert [line.side for line in entry.items] == [Side.DEBIT, Side.CREDIT]
    assert entry.items[1].original_transaction_amount == Money(Decimal(9), "EUR")
    assert entry.items[0].original_transaction_amount is None
    assert entry.updated_at == datetime(2026, 4, 1, 10, 0, 0, 123000, tzinfo=UTC)
    assert entry.extra == {"memo": "new"}


def test_null_means_left_out_and_an_unknown_side_is_kept(way: str) -> None:
    line = {**ENTRY["items"][0], "side": "BOTH", "original_transaction_amount": None, "account_id": None}
    with scripted(way, {**ENTRY, "items": [line], "subsidiary_id": None}) as (run, _):
        entry = run.call(lambda client: entries(client).get("je1"))
    assert entry.items[0].side == "BOTH"
    assert not entry.items[0].side.is_known
    assert entry.items[0].account_id is None
    assert entry.subsidiary_id is None


def test_every_filter_goes_under_its_own_name(way: str) -> None:
    with scripted(way, {"journal_entries": [ENTRY]}) as (run, service):
        found = run.call(
            lambda client: entries(client).list(
                subsidiary_id="s1",
                updated_after=datetime(2026, 1, 1, tzinfo=UTC),
                from_date=date(2026, 1, 1),
                to_date=date(2026, 1, 31),
                account_ids=["a1", "a2"],
                sort_by="updated",
                limit=100,
            )
        )
    assert [entry.id for entry in found] == ["je1"]
    assert target(service.only) == (
        "GET",
        "/journal-entries",
        {
            "subsidiary_id": "s1",
            "updated.gt": "2026-01-01T00:00:00Z",
            "date.gte": "2026-01-01",
            "date.lte": "2026-01-31",
            "account_ids": "a1,a2",
            "sort_by": "updated",
            "limit": "100",
        },
    )


def test_no_account_is_not_taken_for_every_account(way: str) -> None:
    with scripted(way) as (run, service), pytest.raises(ValueError, match="account_ids is empty"):
        run.call(lambda client: entries(client).list(account_ids=[]))
    assert not service.asked


def test_pages_end_where_the_cursor_does(way: str) -> None:
    pages: tuple[dict[str, Any], ...] = (
        {"journal_entries": [ENTRY], "pagination": {"next_cursor": "c2"}},
        {"journal_entries": [{**ENTRY, "id": "je2"}], "pagination": {}},
    )
    with scripted(way, *pages) as (run, service):
        found = run.call(lambda client: entries(client).list())
    assert [entry.id for entry in found] == ["je1", "je2"]
    assert [asked.one("cursor") for asked in service.asked] == [None, "c2"]


def test_a_new_entry_is_posted_under_its_key(way: str) -> None:
    new = NewJournalEntry(
        name="Accrual",
        currency="USD",
        items=LINES,
        date=date(2026, 3, 31),
        attachment_url="https://files.test/1.pdf",
        related_entity=RelatedEntity(id="v1", type=RelatedEntityType.VENDOR),
    )
    with scripted(way, ENTRY) as (run, service):
        entry = run.call(lambda client: entries(client).create(new, idempotency_key="k1"))
    assert entry.id == "je1"
    assert target(service.only) == ("POST", "/journal-entries", {})
    assert service.only.headers["idempotency-key"] == "k1"
    assert service.only.json() == {
        "name": "Accrual",
        "currency": "USD",
        "items": SENT_LINES,
        "date": "2026-03-31",
        "attachmentUrl": "https://files.test/1.pdf",
        "related_entity": {"id": "v1", "type": "VENDOR"},
    }


def test_an_update_replaces_the_whole_entry(way: str) -> None:
    whole = JournalEntryUpdate(name="Accrual", currency="USD", items=LINES, date=date(2026, 3, 31))
    with scripted(way, ENTRY) as (run, service):
        run.call(lambda client: entries(client).update("je1", whole))
    assert target(service.only) == ("PUT", "/journal-entries/je1", {})
    assert service.only.json() == {"name": "Accrual", "currency": "USD", "items": SENT_LINES, "date": "2026-03-31"}
    assert "idempotency-key" not in service.only.headers


def test_an_entry_is_deleted(way: str) -> None:
    delete: Callable[[rillet.Client], None] = lambda client: entries(client).delete("je1")  # noqa: E731
    with scripted(way, None) as (run, service):
        run.call(delete)
    assert target(service.only) == ("DELETE", "/journal-entries/je1", {})


def test_there_is_no_modify_because_vat_cannot_be_read_back(way: str) -> None:
    kind = JournalEntries if way.startswith("blocking") else AsyncJournalEntries
    assert not hasattr(kind, "modify")
    assert "vat_code" in (JournalEntryOperations.update.__doc__ or "")
