"""Reporting what became of records, four ways."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import (
    Client,
    ConnectionLostError,
    DuplicateRecordsError,
    Exported,
    ExportFailure,
    ExportReport,
    ExportSuccess,
    NotExported,
    RecordsNotFoundError,
    RecordsNotReadyError,
    Request,
    ReviewStatus,
    StatusError,
)
from brex_accounting.testing import StandIn
from brex_accounting.testing.records import card_expense
from clientkit.testing import AnswerLost, Fault, Respond, json_answer
from clientkit.wire import Answer
from support.clocks import ManualClock
from support.endpoint_runner import Runner

PATH = "/v3/accounting/records/export-results"


def _exported(record_id: str, reference: str | None = None, link: str | None = None) -> Exported:
    return Exported(accounting_record_id=record_id, success=ExportSuccess(reference_id=reference, deep_link_url=link))


def _failed(record_id: str, message: str = "Posting period is closed") -> NotExported:
    return NotExported(accounting_record_id=record_id, failure=ExportFailure(error_message=message))


@pytest.fixture
def ready(standin: StandIn) -> StandIn:
    standin.add(*(card_expense("1", record_id=each) for each in "abc"))
    return standin


def test_a_report_changes_the_records(run: Runner[Client], ready: StandIn) -> None:
    results: list[Exported | NotExported] = [_exported("a", "JE-1001", "https://erp.example.com/1001"), _failed("c")]

    report = run.call(lambda client: client.export_results.report(results))

    assert report == ExportReport(updated_accounting_record_ids=("a", "c"))
    assert {each.id: each.review_status for each in ready.records.values()} == {
        "a": ReviewStatus.EXPORTED,
        "b": ReviewStatus.READY_FOR_EXPORT,
        "c": ReviewStatus.REVIEW,
    }
    assert ready.results == {"a": results[0], "c": results[1]}
    queue = run.call(lambda client: client.records.list(review_status="READY_FOR_EXPORT"))
    assert [each.id for each in queue] == ["b"]


def test_a_reported_record_has_changed(run: Runner[Client], ready: StandIn, clock: ManualClock) -> None:
    clock.advance(60)
    before = run.call(lambda client: client.records.get("a"))
    run.call(lambda client: client.export_results.report([_exported("a")]))
    assert run.call(lambda client: client.records.list(updated_from=clock.now)) == [
        attrs.evolve(before, review_status=ReviewStatus.EXPORTED, updated_at=clock.now, version=before.version + 1)
    ]


def test_the_body_holds_what_is_known_and_no_more(run: Runner[Client], ready: StandIn) -> None:
    results: list[Exported | NotExported] = [
        _exported("a"),
        _exported("b", "JE-1", "https://erp.example.com/1"),
        _failed("c", "Période close"),
    ]
    run.call(lambda client: client.export_results.report(results))
    (asked,) = ready.asked
    assert (asked.method, asked.path, dict(asked.query)) == ("POST", PATH, {})
    assert asked.headers["content-type"] == "application/json"
    assert "idempotency-key" not in asked.headers
    assert asked.json() == {
        "results": [
            {"accounting_record_id": "a", "success": {}},
            {
                "accounting_record_id": "b",
                "success": {"reference_id": "JE-1", "deep_link_url": "https://erp.example.com/1"},
            },
            {"accounting_record_id": "c", "failure": {"error_message": "Période close"}},
        ]
    }


def test_one_unknown_record_rejects_the_whole_report(run: Runner[Client], ready: StandIn) -> None:
    with pytest.raises(RecordsNotFoundError) as caught:
        run.call(lambda client: client.export_results.report([_exported("a"), _failed("x"), _exported("y")]))
    assert caught.value.record_ids == ("x", "y")
    assert (caught.value.status, caught.value.method, caught.value.path) == (404, "POST", PATH)
    assert ready.results == {}
    assert ready.records["a"].review_status == ReviewStatus.READY_FOR_EXPORT


@pytest.mark.parametrize("first", [_exported("b"), _failed("b")])
def test_a_record_is_reported_once(run: Runner[Client], ready: StandIn, first: Exported | NotExported) -> None:
    run.call(lambda client: client.export_results.report([first]))
    with pytest.raises(RecordsNotReadyError) as caught:
        run.call(lambda client: client.export_results.report([_exported("a"), _exported("b")]))
    assert caught.value.record_ids == ("b",)
    assert "Read these records again" in str(caught.value)
    assert ready.results == {"b": first}


def test_a_record_named_twice_is_found_before_it_is_sent(run: Runner[Client], ready: StandIn) -> None:
    with pytest.raises(ValueError, match=r"twice: a, b$"):
        run.call(
            lambda client: client.export_results.report(
                [_exported("b"), _failed("a"), _failed("b"), _exported("a"), _exported("c")]
            )
        )
    with pytest.raises(ValueError, match="no result"):
        run.call(lambda client: client.export_results.report([]))
    assert ready.asked == []


def test_brex_itself_refuses_a_record_named_twice(run: Runner[Client], ready: StandIn) -> None:
    twice = {"results": [_exported("a"), _exported("a")]}
    request = Request(method="POST", path=PATH, returns=ExportReport, body=twice)
    with pytest.raises(DuplicateRecordsError) as caught:
        run.call(lambda client: client.execute(request))
    assert caught.value.record_ids == ("a",)
    assert ready.results == {}


def test_a_lost_answer_is_told_and_not_repeated(ready: StandIn) -> None:
    ready.faults.append(Fault(AnswerLost()))
    with ready.client(sleep=lambda _: None) as client:
        with pytest.raises(ConnectionLostError, match="may have carried the request out"):
            client.export_results.report([_exported("a")])
        assert len(ready.asked) == 1
        assert client.records.get("a").review_status == ReviewStatus.EXPORTED


def test_a_report_that_was_turned_away_unread_is_repeated(ready: StandIn) -> None:
    ready.faults.append(Fault(Respond(Answer(status=429)), times=2))
    with ready.client(sleep=lambda _: None) as client:
        assert client.export_results.report([_exported("a")]).updated_accounting_record_ids == ("a",)
    assert len(ready.asked) == 3


def test_a_server_error_is_not_repeated(ready: StandIn) -> None:
    ready.faults.append(Fault(Respond(Answer(status=503))))
    with ready.client(sleep=lambda _: None) as client, pytest.raises(StatusError):
        client.export_results.report([_exported("a")])
    assert len(ready.asked) == 1


def test_an_answer_with_more_or_less_than_documented_is_read(run: Runner[Client], ready: StandIn) -> None:
    for body, report in (
        ({}, ExportReport()),
        ({"updated_accounting_record_ids": None}, ExportReport()),
        (
            {"updated_accounting_record_ids": ["a"], "batch": 7},
            ExportReport(updated_accounting_record_ids=("a",), extra={"batch": 7}),
        ),
    ):
        ready.faults.append(Fault(Respond(json_answer(200, body))))
        assert run.call(lambda client: client.export_results.report([_exported("a")])) == report


@given(
    reported=st.lists(st.tuples(st.sampled_from("abcdefgxy"), st.booleans()), min_size=1, max_size=9),
    done=st.sets(st.sampled_from("abcdefg")),
)
def test_a_report_is_carried_out_whole_or_not_at_all(reported: Sequence[tuple[str, bool]], done: set[str]) -> None:
    standin = StandIn(card_expense("1", record_id=each) for each in "abcdefg")
    results = {each: _exported(each) if good else _failed(each) for each, good in reported}
    gone, again = results.keys() & {"x", "y"}, results.keys() & done
    with standin.client() as client:
        if done:
            client.export_results.report([_exported(each) for each in sorted(done)])
        before = (dict(standin.records), dict(standin.results))
        if gone:
            with pytest.raises(RecordsNotFoundError) as missing:
                client.export_results.report(list(results.values()))
            assert set(missing.value.record_ids) == gone
            assert (standin.records, standin.results) == before
        elif again:
            with pytest.raises(RecordsNotReadyError) as unready:
                client.export_results.report(list(results.values()))
            assert set(unready.value.record_ids) == again
            assert (standin.records, standin.results) == before
        else:
            report = client.export_results.report(list(results.values()))
            assert report.updated_accounting_record_ids == tuple(results)
            assert {each: standin.results[each] for each in results} == results
