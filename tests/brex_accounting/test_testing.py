"""The stand-in keeps to what is known of Brex, its unpleasant sides included."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import (
    Amount,
    Client,
    ConfigurationError,
    ExportFailure,
    LineItem,
    NotExported,
    Pacer,
    Record,
    RecordType,
    RecordVendor,
    ReviewStatus,
    Side,
    SourceType,
)
from brex_accounting.testing import TOKEN, StandIn
from brex_accounting.testing.records import (
    POSTED_AT,
    Split,
    card_expense,
    card_refund,
    dimension,
    gl,
    record,
    reimbursement,
)
from clientkit.call_context import Clocks
from clientkit.money import total
from clientkit.testing import Asked, Fault, Respond
from clientkit.wire import Answer
from support.clocks import ManualClock

RECORDS = "/v3/accounting/records"
RESULTS = f"{RECORDS}/export-results"
BEARER = {"authorization": f"Bearer {TOKEN}"}


Query: TypeAlias = Mapping[str, str | int | Sequence[str]]


def ask(
    standin: StandIn, query: Query | None = None, *, path: str = RECORDS, method: str = "GET", content: bytes = b""
) -> Answer:
    values = {
        name: (str(each),) if isinstance(each, str | int) else tuple(each) for name, each in (query or {}).items()
    }
    return standin.respond(Asked(method=method, path=path, query=values, headers=BEARER, content=content))


def body(answer: Answer) -> Mapping[str, object]:
    return cast("Mapping[str, object]", Asked(method="", path="", content=answer.content).json())


def items(answer: Answer) -> list[dict[str, object]]:
    assert answer.status == 200
    return cast("list[dict[str, object]]", body(answer)["items"])


def test_a_query_without_a_lower_bound_silently_leaves_old_records_out(standin: StandIn, clock: ManualClock) -> None:
    edge = clock.now - timedelta(days=30)
    standin.add(
        card_expense("1", record_id="old", updated_at=edge - timedelta(microseconds=1)),
        card_expense("1", record_id="new", updated_at=edge),
    )
    queries: Sequence[Query] = [{}, {"updated_at[lte]": "2026-12-31"}, {"ids": ["old", "new"]}]
    for query in queries:
        found = ask(standin, query)
        assert [each["id"] for each in items(found)] == ["new"]
        assert body(found)["total_count"] == 1
    assert len(items(ask(standin, {"updated_at[gte]": "2015-01-01"}))) == 2
    assert ask(standin, path=f"{RECORDS}/old").status == 200


def test_the_default_window_can_be_chosen(clock: ManualClock) -> None:
    standin = StandIn(
        [card_expense("1", updated_at=clock.now - timedelta(hours=2))], now=clock, default_window=timedelta(hours=1)
    )
    assert items(ask(standin)) == []


@pytest.mark.parametrize(
    ("bound", "found"),
    [
        ({"updated_at[gte]": "2026-02-04"}, True),
        ({"updated_at[gt]": "2026-02-04"}, False),
        ({"updated_at[gt]": "2026-02-03T23:59:59.999999Z"}, True),
        ({"updated_at[gte]": "2026-02-04T01:00:00+01:00"}, True),
        ({"updated_at[gt]": "2015-01-01", "updated_at[lt]": "2026-02-04T00:00:00Z"}, False),
        ({"updated_at[gt]": "2015-01-01", "updated_at[lte]": "2026-02-04T00:00:00"}, True),
    ],
)
def test_bounds_take_dates_and_date_times(standin: StandIn, bound: Query, found: bool) -> None:
    standin.add(card_expense("1", updated_at=datetime(2026, 2, 4, tzinfo=UTC)))
    assert bool(items(ask(standin, bound))) == found


def test_a_page_holds_a_hundred_unless_told_otherwise(standin: StandIn) -> None:
    standin.add(*(card_expense("1") for _ in range(501)))
    assert len(items(ask(standin))) == 100
    most = ask(standin, {"limit": 500})
    assert len(items(most)) == 500
    assert len(items(ask(standin, {"limit": 500, "cursor": str(body(most)["next_cursor"])}))) == 1
    last = body(ask(standin, {"limit": 1, "source_type": "BILL"}))
    assert (last["has_next_page"], last["next_cursor"], last["total_count"]) == (False, None, 0)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 501},
        {"limit": 0},
        {"limit": "-1"},
        {"limit": "many"},
        {"limit": "½"},
        {"cursor": "not one of ours"},
        {"cursor": "é"},
        {"cursor": "_w=="},
        {"ids": [str(number) for number in range(501)]},
        {"review_status": "DONE"},
        {"source_type": "card"},
        {"single_entry": "yes"},
        {"updated_at[gte]": "last week"},
    ],
)
def test_a_query_that_breaks_a_rule_is_refused(standin: StandIn, query: Query) -> None:
    answer = ask(standin, query)
    assert answer.status == 400
    assert body(answer)["error_code"] == "INVALID_REQUEST"


def test_parameters_that_brex_does_not_know_are_ignored(standin: StandIn) -> None:
    standin.add(card_expense("1"))
    misspelt: Query = {"ids[]": ["x"], "status": "EXPORTED", "gt": "2027-01-01", "updated_at": "2027-01-01"}
    assert len(items(ask(standin, misspelt))) == 1


def test_records_have_nulls_undocumented_fields_and_uneven_times(standin: StandIn) -> None:
    standin.add(card_expense("42.750", coding=[gl(None)], original=None, user="Ada Example"))
    (item,) = items(ask(standin))
    nulls = {name for name, value in item.items() if value is None}
    assert nulls == {"original_amount", "memo", "due_at", "invoice_number"}
    assert item["receipts"] == []
    assert item["status"] == "SUBMITTED"
    assert (item["erp_posting_date"], item["posted_at"], item["updated_at"]) == (
        "2026-02-03T00:00:00Z",
        "2026-02-03T11:00:00.500Z",
        "2026-02-04T11:00:00.623456Z",
    )
    debit, credit = cast("list[dict[str, object]]", item["line_items"])
    assert debit["accounting_field_values"] == [
        {
            "brex_field_id": "extended_field_gl_account",
            "remote_field_id": "GL_ACCOUNT",
            "brex_field_value_id": None,
            "remote_field_value_id": None,
            "field_name": "GL Account",
            "type": "IDENTIFIER",
        }
    ]
    assert (credit["accounting_field_values"], credit["amortization"]) == ([], None)
    assert "billing_amount" in debit
    assert "billing_amount" not in credit
    assert cast("dict[str, object]", item["user"])["account_id"] == "cuacc_example"
    assert cast("dict[str, object]", item["vendor"])["website"] is None


def test_bills_are_not_found_by_their_review(standin: StandIn) -> None:
    standin.add(card_expense("1"), record(RecordType.BILL_EXPENSE, debits=[("2", ())], credits=[("2", ())]))
    assert [each["source_type"] for each in items(ask(standin, {"review_status": "READY_FOR_EXPORT"}))] == ["CARD"]
    assert [each["source_type"] for each in items(ask(standin, {"source_type": "BILL"}))] == ["BILL"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"results": []}',
        b'{"results": {}}',
        b'{"results": [7]}',
        b'{"results": [{"accounting_record_id": "a"}]}',
        b'{"results": [{"accounting_record_id": "a", "success": {}, "failure": {"error_message": "x"}}]}',
        b'{"results": [{"accounting_record_id": "a", "success": {"deep_link_url": null}}]}',
        b'{"results": [{"accounting_record_id": "a", "failure": {}}]}',
        b'{"results": [{"success": {}}]}',
        b'{"results": [{"accounting_record_id": "a", "success": {}}, {"accounting_record_id": "b", "success": 1}]}',
    ],
)
def test_a_malformed_report_is_refused(standin: StandIn, content: bytes) -> None:
    standin.add(card_expense("1", record_id="a"), card_expense("1", record_id="b"))
    answer = ask(standin, path=RESULTS, method="POST", content=content)
    assert (answer.status, body(answer)["error_code"]) == (400, "INVALID_REQUEST")
    assert standin.results == {}


def test_refusals_of_a_report_come_in_the_shape_of_the_accounting_paths(standin: StandIn) -> None:
    standin.add(card_expense("1", record_id="a", review_status=ReviewStatus.PREPARE))
    success = '{"accounting_record_id": "%s", "success": {}}'
    for ids, status, code, detail in (
        ("aab", 422, "DUPLICATE_ACCOUNTING_RECORD_IDS", {"duplicate_accounting_record_ids": ["a"]}),
        ("ab", 404, "NOT_FOUND", {"not_found_export_entry_source_ids": ["b"]}),
        ("a", 422, "ACCOUNTING_RECORD_NOT_READY_FOR_EXPORT", {"not_ready_for_export_accounting_record_ids": ["a"]}),
    ):
        content = f'{{"results": [{", ".join(success % each for each in ids)}]}}'.encode()
        answer = ask(standin, path=RESULTS, method="POST", content=content)
        said = body(answer)
        assert (answer.status, said["error_code"], said["details"]) == (status, code, detail)
        assert said.keys() == {"error_code", "message", "details"}


def test_where_a_failure_leads_can_be_chosen() -> None:
    standin = StandIn([card_expense("1", record_id="a")], failed_status=ReviewStatus.PREPARE)
    failure = NotExported(accounting_record_id="a", failure=ExportFailure(error_message="No such account"))
    with standin.client() as client:
        client.export_results.report([failure])
    assert standin.records["a"].review_status == ReviewStatus.PREPARE


def test_other_paths_answer_in_the_other_shape(standin: StandIn) -> None:
    unknown = ask(standin, path="/v1/unheard-of")
    assert (unknown.status, body(unknown)["type"]) == (404, "NOT_FOUND")
    assert body(unknown).keys() == {"type", "message"}
    wrong = ask(standin, method="DELETE")
    assert (wrong.status, body(wrong)["error_code"]) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer bxt_other"}, {"authorization": TOKEN}])
def test_a_wrong_token_is_refused(standin: StandIn, header: Mapping[str, str]) -> None:
    asked = Asked(method="GET", path=RECORDS, headers=header)
    refused = standin.respond(asked)
    assert (refused.status, body(refused)["error_code"]) == (403, "FORBIDDEN")
    elsewhere = standin.respond(Asked(method="GET", path="/v2/users", headers=header))
    assert (elsewhere.status, body(elsewhere)["type"]) == (403, "FORBIDDEN")
    standin.empty_unauthorized = True
    assert (standin.respond(asked).status, standin.respond(asked).content) == (401, b"")


@pytest.mark.parametrize("token", ["", "token of acme", "token\n"])
def test_a_token_that_no_client_takes_is_refused(token: str) -> None:
    with pytest.raises(ConfigurationError, match="the token is empty or holds"):
        Client(token)
    with pytest.raises(ConfigurationError, match="token of the stand-in is empty or holds"):
        StandIn(token=token)


def test_every_answer_has_a_trace_id_of_its_own(standin: StandIn) -> None:
    answers = [
        ask(standin),
        ask(standin, {"limit": 501}),
        ask(standin, path="/"),
        standin.respond(Asked(method="GET", path="/")),
    ]
    assert [answer.status for answer in answers] == [200, 400, 404, 403]
    assert len({answer.headers["x-brex-trace-id"] for answer in answers}) == len(answers)


def test_the_rate_limit_rolls_with_the_clock(clock: ManualClock) -> None:
    standin = StandIn(now=clock, rate_limit=3)
    answers = list[int]()
    for seconds in (0, 20, 20, 19, 1, 0, 20):
        clock.advance(seconds)
        answers.append(ask(standin).status)
    # The first is a minute old at 60, the second at 80; what was refused does not count.
    assert answers == [200, 200, 200, 429, 200, 429, 200]
    unlimited = StandIn(now=clock, rate_limit=None)
    assert {ask(unlimited).status for _ in range(1_500)} == {200}


def test_a_client_waits_and_comes_through_a_rate_limit(clock: ManualClock) -> None:
    standin = StandIn(now=clock, rate_limit=1)
    with standin.client(sleep=lambda _: clock.advance(30)) as client:
        assert client.records.list().collect() == []
        assert client.records.list().collect() == []
    # The second time the pace waits as long as the answer did, and the window is over.
    assert len(standin.asked) == 3


def test_a_client_keeps_to_its_pace_and_never_meets_the_limit(clock: ManualClock) -> None:
    standin = StandIn(now=clock, rate_limit=1000)
    clocks = Clocks(monotonic=lambda: clock().timestamp(), wall=lambda: 0.0, chance=lambda: 0.0)
    with standin.client(pacer=Pacer(1000), clocks=clocks, sleep=clock.advance) as client:
        for _ in range(1_001):
            client.records.list(limit=1).collect()
    assert len(standin.asked) == 1_001


def test_the_awaitable_client_is_wired_too(standin: StandIn) -> None:
    standin.add(card_expense("1"))

    async def read() -> list[Record]:
        async with standin.async_client() as client:
            return await client.records.list().collect()

    assert asyncio.run(read()) == list(standin.records.values())


def test_what_is_added_takes_the_place_of_what_was(standin: StandIn) -> None:
    old = card_expense("1", record_id="a")
    standin.add(old)
    standin.add(card_expense("2", record_id="a"))
    assert standin.records["a"].amount.amount == 2
    assert len(standin.records) == 1


cents = st.integers(1, 10**9).map(lambda number: Decimal(number).scaleb(-2))
splits = st.lists(
    st.tuples(cents, st.sampled_from([[gl("6100")], [gl("6200"), dimension("Class", "c")], [gl(None)]])),
    min_size=1,
    max_size=6,
)


def _sum(lines: Iterable[LineItem], side: Side, *, original: bool = False) -> Decimal:
    amounts = [line.original_amount if original else line.amount for line in lines if line.type == side]
    return total(amount.amount for amount in amounts if amount is not None)


@given(
    build=st.sampled_from([card_expense, card_refund, reimbursement]),
    splits=splits,
    original=cents,
    currency=st.sampled_from(["USD", "JPY", "BHD"]),
)
def test_built_records_balance_in_both_currencies(
    build: Callable[..., Record], splits: Sequence[Split], original: Decimal, currency: str
) -> None:
    whole = total(Decimal(amount) for amount, _ in splits)
    built = build(whole, splits=splits, original=Amount(amount=original, currency=currency))
    assert built.amount.amount == whole
    for side in Side:
        assert _sum(built.line_items, side) == whole
        assert _sum(built.line_items, side, original=True) == original
    coded = [line for line in built.line_items if line.accounting_field_values]
    assert [(line.amount.amount, line.accounting_field_values) for line in coded] == [
        (amount, tuple(coding)) for amount, coding in splits
    ]
    (offset,) = (line for line in built.line_items if not line.accounting_field_values)
    assert offset.type == (Side.DEBIT if build is card_refund else Side.CREDIT)
    assert all(line.type != offset.type for line in coded)


def test_builders_refuse_splits_that_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="add up to 3, not to 4"):
        card_expense("4", splits=[("1", ()), ("2", ())])
    with pytest.raises(ValueError, match="coding or splits"):
        card_refund("4", coding=[gl("6100")], splits=[("4", ())])


def test_a_record_of_any_type_may_be_out_of_balance() -> None:
    built = record(RecordType.CARD_PAYMENT, debits=[("1", ()), ("2.5", ())], credits=[("9", ())], currency="EUR")
    assert built.amount == Amount(amount=Decimal("3.5"), currency="EUR")
    assert [line.amount.amount for line in built.line_items] == [1, Decimal("2.5"), 9]
    assert (built.source_type, built.user, built.vendor) == (SourceType.CARD, None, None)


@pytest.mark.parametrize("type", list(RecordType))
def test_every_type_has_its_source(type: RecordType) -> None:
    bill = record(type, debits=[], credits=[], due_at=POSTED_AT, invoice_number="7", version=3, memo="m")
    kind = {"REIMBURSEMENT": SourceType.REIMBURSEMENT, "BILL": SourceType.BILL, "INVOICE": SourceType.BILL}
    assert bill.source_type == kind.get(type.partition("_")[0], SourceType.CARD)
    assert (bill.due_at, bill.invoice_number, bill.version, bill.memo) == (POSTED_AT, "7", 3, "m")


def test_built_records_differ_in_their_ids_and_share_their_people() -> None:
    one, two = card_expense("1", user="Grace Hopper"), card_expense("1", user="Grace Hopper")
    assert one.id != two.id
    assert {line.id for line in one.line_items}.isdisjoint(line.id for line in two.line_items)
    assert (one.user, one.vendor) == (two.user, two.vendor)
    assert one.user is not None
    assert (one.user.first_name, one.user.last_name) == ("Grace", "Hopper")
    assert card_expense("1", merchant=RecordVendor(id="pmch_9", name="N")).vendor == RecordVendor(id="pmch_9", name="N")


@pytest.mark.parametrize("is_awaited", [False, True])
def test_waits_take_no_time(is_awaited: bool) -> None:
    standin = StandIn()
    standin.faults.append(Fault(Respond(Answer(status=503)), times=3))
    standin.faults.append(Fault(Respond(Answer(status=429)), times=4))
    started = time.monotonic()
    if is_awaited:
        asyncio.run(standin.async_client().records.list().collect())
    else:
        standin.client().records.list().collect()
    assert time.monotonic() - started < 2
    assert len(standin.asked) == 8


@pytest.mark.parametrize("builder", [card_expense, card_refund, reimbursement])
def test_a_builder_takes_no_detail_that_a_record_has_not(builder: Callable[..., Record]) -> None:
    with pytest.raises(TypeError, match="a record has no id and no memmo"):
        builder("1", coding=[gl("61000")], id="accr_7", memmo="y")


def test_records_can_be_taken_out_again() -> None:
    standin = StandIn([card_expense("1", record_id="accr_1"), card_expense("2", record_id="accr_2")])
    standin.remove("accr_1")
    assert list(standin.records) == ["accr_2"]
    assert [each.id for each in standin.client().records.list()] == ["accr_2"]
    with pytest.raises(KeyError):
        standin.remove("accr_1")
