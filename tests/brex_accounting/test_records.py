"""Accounting records through the client, four ways."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import (
    EARLIEST,
    Amount,
    Client,
    LineItem,
    PagingError,
    Receipt,
    Record,
    RecordOperations,
    RecordsNotFoundError,
    RecordType,
    ReviewStatus,
    Side,
    SourceType,
)
from brex_accounting.testing import StandIn
from brex_accounting.testing.records import POSTED_AT, card_expense, card_refund, dimension, gl, record, reimbursement
from clientkit import codec
from clientkit.testing import Fault, Respond, json_answer
from support.endpoint_runner import Runner

DAY = timedelta(days=1)


def test_a_record_arrives_as_it_is(run: Runner[Client], standin: StandIn) -> None:
    sent = card_expense(
        "42.75",
        coding=[gl("6100"), dimension("Department", "dep_7")],
        original=Amount(amount=Decimal("39.10"), currency="EUR"),
        receipts=[Receipt(id="receipt_1", download_uris=("https://files.example.com/1.pdf",))],
        memo="Paper for the printer",
    )
    standin.add(sent)

    got = run.call(lambda client: client.records.get(sent.id))

    assert got == sent
    assert isinstance(got.type, RecordType)
    assert got.amount == Amount(amount=Decimal("42.75"), currency="USD")
    assert got.posted_at == POSTED_AT
    assert got.posted_at.tzinfo is not None
    assert [line.type for line in got.line_items] == [Side.DEBIT, Side.CREDIT]
    assert [value.remote_field_value_id for value in got.line_items[0].accounting_field_values] == ["6100", "dep_7"]
    assert got.line_items[1].accounting_field_values == ()


def test_an_unknown_id_names_the_call(run: Runner[Client]) -> None:
    with pytest.raises(RecordsNotFoundError) as caught:
        run.call(lambda client: client.records.get("accr/..?x"))
    assert (caught.value.method, caught.value.status) == ("GET", 404)
    assert caught.value.path == "/v3/accounting/records/accr%2F..%3Fx"
    assert caught.value.trace_id == "0000000000000001"
    assert caught.value.record_ids == ()


@pytest.mark.parametrize("nothing", ["", ".", ".."])
def test_what_is_no_id_is_not_asked_for(standin: StandIn, nothing: str) -> None:
    with standin.client() as client, pytest.raises(ValueError, match="is not an id"):
        client.records.get(nothing)
    assert standin.asked == []


def test_single_entry_leaves_the_offsets_out(run: Runner[Client], standin: StandIn) -> None:
    sent = card_refund("5", coding=[gl("6100")])
    standin.add(sent)
    one = run.call(lambda client: client.records.get(sent.id, single_entry=True))
    (listed,) = run.call(lambda client: client.records.list(single_entry=True))
    (whole,) = run.call(lambda client: client.records.list(single_entry=False))
    assert [line.type for line in one.line_items] == [Side.CREDIT]
    assert listed == one
    assert whole == sent


def test_an_account_that_nobody_chose_has_no_value(run: Runner[Client], standin: StandIn) -> None:
    standin.add(reimbursement("7", coding=[gl(None)]))
    (got,) = run.call(lambda client: client.records.list())
    (value,) = got.line_items[0].accounting_field_values
    assert (value.remote_field_id, value.brex_field_value_id, value.remote_field_value_id) == ("GL_ACCOUNT", None, None)


MARCH, APRIL, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5))


@pytest.fixture
def months(standin: StandIn) -> None:
    standin.add(
        card_expense("1", record_id="march", updated_at=MARCH, review_status=ReviewStatus.PREPARE),
        reimbursement("2", record_id="april", updated_at=APRIL),
        record(RecordType.BILL_EXPENSE, debits=[("3", ())], credits=[("3", ())], record_id="may", updated_at=MAY),
    )


@pytest.mark.usefixtures("months")
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["april", "march", "may"]),
        ({"review_status": ReviewStatus.PREPARE}, ["march"]),
        ({"review_status": "READY_FOR_EXPORT"}, ["april"]),
        ({"source_type": SourceType.BILL}, ["may"]),
        ({"source_type": "CARD"}, ["march"]),
        ({"ids": ["may", "gone", "march"]}, ["march", "may"]),
        ({"updated_after": APRIL}, ["may"]),
        ({"updated_from": APRIL}, ["april", "may"]),
        ({"updated_before": APRIL}, ["march"]),
        ({"updated_until": APRIL}, ["april", "march"]),
        ({"updated_after": MARCH, "updated_before": MAY}, ["april"]),
        ({"updated_from": APRIL.astimezone(timezone(timedelta(hours=-8)))}, ["april", "may"]),
        ({"source_type": "REIMBURSEMENT", "ids": ["march"]}, []),
    ],
)
def test_filters(run: Runner[Client], filters: Mapping[str, object], found: list[str]) -> None:
    got = run.call(lambda client: client.records.list(**filters))  # type: ignore[arg-type]  # one test for all filters
    assert [each.id for each in got] == found


def test_old_records_are_found_because_a_lower_bound_is_always_sent(run: Runner[Client], standin: StandIn) -> None:
    standin.add(card_expense("1", updated_at=EARLIEST))
    assert len(run.call(lambda client: client.records.list())) == 1
    assert run.call(lambda client: client.records.list(updated_before=EARLIEST + DAY)) != []
    assert [asked.one("updated_at[gte]") for asked in standin.asked] == ["2015-01-01T00:00:00Z"] * 2


@given(
    after=st.none() | st.datetimes(timezones=st.just(UTC)),
    until=st.none() | st.datetimes(timezones=st.just(UTC)),
    ids=st.none() | st.just(["a"]),
)
def test_exactly_one_lower_bound_leaves(after: datetime | None, until: datetime | None, ids: list[str] | None) -> None:
    listing = RecordOperations.list.build(updated_after=after, updated_until=until, ids=ids)
    query = listing.at(None).query
    bounds = [query.get(name) for name in ("updated_at[gt]", "updated_at[gte]")]
    assert sum(bound is not None for bound in bounds) == 1


def test_filters_that_contradict_each_other_or_the_service_are_refused(standin: StandIn) -> None:
    with standin.client() as client:
        with pytest.raises(ValueError, match="updated_after or updated_from"):
            client.records.list(updated_after=MARCH, updated_from=MARCH)
        with pytest.raises(ValueError, match="updated_before or updated_until"):
            client.records.list(updated_before=MAY, updated_until=MAY)
        with pytest.raises(ValueError, match="bills by their review_status"):
            client.records.list(review_status="READY_FOR_EXPORT", source_type="BILL")
        for limit in (0, -1, 501):
            with pytest.raises(ValueError, match="1 to 500"):
                client.records.list(limit=limit)
        with pytest.raises(TypeError, match="ids: a list of str is wanted, not a str"):
            client.records.list(ids="accr_1")
        with pytest.raises(ValueError, match="time zone"):
            client.records.list(updated_after=datetime(2026, 1, 1)).collect()  # noqa: DTZ001 - a naive time is the point
    assert standin.asked == []


def test_no_ids_give_no_records_and_ask_nothing(run: Runner[Client], standin: StandIn) -> None:
    standin.add(card_expense("1"))
    assert run.call(lambda client: client.records.list(ids=[])) == []
    assert standin.asked == []


def test_more_ids_than_a_call_takes_are_asked_for_in_turn(run: Runner[Client], standin: StandIn) -> None:
    # The later an id stands in the list, the earlier its record: order shows which call brought it.
    records = [card_expense("1", record_id=f"r{n:04}", posted_at=POSTED_AT - n * DAY) for n in range(501)]
    standin.add(*records)
    ids = [each.id for each in records]

    got = [each.id for each in run.call(lambda client: client.records.list(ids=[*ids, *ids]))]

    assert got == [*reversed(ids[:500]), ids[500]]
    assert [len(asked.query["ids"]) for asked in standin.asked] == [500, 1]


@given(st.lists(st.integers(0, 1_300), max_size=2_000))
def test_every_id_is_asked_for_once_and_in_order(numbers: list[int]) -> None:
    listing = RecordOperations.list.build(ids=[str(number) for number in numbers])
    asked = [part["ids"] for part in listing.parts]
    flat = [each for ids in asked if isinstance(ids, tuple) for each in ids]
    assert flat == [str(number) for number in dict.fromkeys(numbers)]
    assert all(isinstance(ids, tuple) and 1 <= len(ids) <= 500 for ids in asked)


@given(st.lists(st.text(min_size=1, max_size=2_500), max_size=40), st.integers(0, 600))
def test_ids_fit_into_request_lines_that_servers_take(long: list[str], short: int) -> None:
    ids = list(dict.fromkeys([*long, *(f"accr_{number:030}" for number in range(short))]))
    listing = RecordOperations.list.build(ids=ids)
    parts = [len(urlencode(part, doseq=True)) for part in listing.parts]
    alone = [len(part["ids"]) == 1 for part in listing.parts if isinstance(part["ids"], tuple)]
    assert all(length <= 6_000 or is_alone for length, is_alone in zip(parts, alone, strict=True))
    # No part could have taken the first id of the next one.
    firsts = [part["ids"][0] for part in listing.parts if isinstance(part["ids"], tuple)]
    assert all(
        length + len(urlencode({"ids": first})) + 1 >= 6_000 for length, first in zip(parts, firsts[1:], strict=False)
    )


def test_long_ids_are_asked_for_in_turn_and_merged(run: Runner[Client], standin: StandIn) -> None:
    records = [card_expense("1", record_id=f"accr_{n:040}", posted_at=POSTED_AT + n * DAY) for n in range(300)]
    standin.add(*records)

    got = run.call(lambda client: client.records.list(ids=[each.id for each in records]))

    assert got == records
    assert len(standin.asked) == 3
    assert sum(len(asked.query["ids"]) for asked in standin.asked) == 300


def test_pages_tell_the_total_and_the_next_cursor(run: Runner[Client], standin: StandIn) -> None:
    standin.add(*(card_expense("1") for _ in range(5)))
    pages = run.call(lambda client: client.records.list(limit=2).pages())
    assert [len(page.items) for page in pages] == [2, 2, 1]
    assert [page.total for page in pages] == [5, 5, 5]
    assert [page.next_cursor is None for page in pages] == [False, False, True]
    assert [asked.one("cursor") for asked in standin.asked] == [None, pages[0].next_cursor, pages[1].next_cursor]


def test_a_cursor_that_comes_again_ends_the_listing_with_an_error(run: Runner[Client], standin: StandIn) -> None:
    body: dict[str, object] = {"items": [], "next_cursor": "again", "has_next_page": True}
    standin.faults.append(Fault(Respond(json_answer(200, body)), times=99))
    with pytest.raises(PagingError, match="/v3/accounting/records"):
        run.call(lambda client: client.records.list())
    assert len(standin.asked) == 2


@pytest.mark.parametrize(
    "end",
    [
        {"next_cursor": None, "has_next_page": False},
        {"next_cursor": "more", "has_next_page": False},
        {"next_cursor": None, "has_next_page": True},
        {"next_cursor": "", "has_next_page": True},
        {"has_next_page": False},
        {},
    ],
)
def test_a_listing_ends_with_either_sign(run: Runner[Client], standin: StandIn, end: Mapping[str, object]) -> None:
    standin.faults.append(Fault(Respond(json_answer(200, {"items": [], "total_count": None, **end}))))
    (page,) = run.call(lambda client: client.records.list().pages())
    assert (page.items, page.next_cursor, page.total) == ((), None, None)


RAW = codec.parse(b"""{
    "id": "accr_1", "amount": {"amount": 1.10, "currency": "USD", "minor": 110}, "type": "CRYPTO_EXPENSE",
    "review_status": "ARCHIVED", "source_type": "WALLET", "source_id": "expense_1", "status": "SUBMITTED",
    "billing_amount": {"amount": 1.10, "currency": "USD"}, "erp_posting_date": "2026-02-03T00:00:00Z",
    "updated_at": "2026-02-04T08:15:30.123456Z", "version": 2.0, "posted_at": "2026-02-03T11:00:00.5Z",
    "receipts": null, "memo": null, "due_at": null,
    "user": {"id": "u", "first_name": "Ada ", "last_name": "E", "email": "", "role": "PILOT", "account_id": "cuacc_1"},
    "vendor": {"id": "v", "name": "Sample", "tax_id": "1"},
    "line_items": [{
        "id": "l", "type": "MEMO", "amount": {"amount": 1, "currency": "USD"}, "amortization": null,
        "accounting_field_values": [{"brex_field_id": "f", "remote_field_id": null, "brex_field_value_id": null,
            "remote_field_value_id": null, "field_name": "Class", "type": "IDENTIFIER"}]
    }]
}""")


def test_values_and_fields_of_tomorrow_are_kept_and_written_back() -> None:
    got = codec.structure(RAW, Record)

    assert (got.type, got.review_status, got.source_type) == ("CRYPTO_EXPENSE", "ARCHIVED", "WALLET")
    assert isinstance(got.type, RecordType)
    assert not got.type.is_known
    assert got.version == 2
    assert got.extra == {"status": "SUBMITTED", "billing_amount": {"amount": Decimal("1.10"), "currency": "USD"}}
    assert got.user is not None
    assert got.user.first_name == "Ada "
    assert got.user.extra == {"account_id": "cuacc_1"}
    assert got.vendor is not None
    assert got.vendor.extra == {"tax_id": "1"}
    line: LineItem = got.line_items[0]
    assert line.type == "MEMO"
    assert line.extra == {"amortization": None}
    assert line.accounting_field_values[0].extra == {"type": "IDENTIFIER"}

    written = codec.parse(codec.dumps(got))
    assert codec.structure(written, Record) == got
    assert b'"amount":1.10' in codec.dumps(got)
    assert isinstance(written, dict)
    assert written["type"] == "CRYPTO_EXPENSE"
    assert written["billing_amount"] == {"amount": Decimal("1.10"), "currency": "USD"}
