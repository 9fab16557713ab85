"""Reporting any number of results: every good one is through, whatever else is among them and whichever answer is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from brex_accounting import (
    BadRequestError,
    Client,
    ConnectionLostError,
    Exported,
    ExportFailure,
    ExportSuccess,
    ForbiddenError,
    NotExported,
    NotFoundError,
    NotSentError,
    ReviewStatus,
    ServerError,
)
from brex_accounting.export_results import ReportOutcome, ReportStatus
from brex_accounting.testing import StandIn
from brex_accounting.testing.records import card_expense
from clientkit.call_context import Clocks
from clientkit.testing import Action, AnswerLost, AnswerTruncated, Asked, Fault, RequestLost, Respond, json_answer
from clientkit.wire import Answer
from support.endpoint_runner import Runner

AnyResult: TypeAlias = Exported | NotExported

CLOCKS = Clocks(monotonic=lambda: 0.0, wall=lambda: 0.0, chance=lambda: 0.0)


def _exported(record_id: str) -> Exported:
    return Exported(accounting_record_id=record_id, success=ExportSuccess(reference_id=f"JE-{record_id}"))


def _failed(record_id: str) -> NotExported:
    return NotExported(accounting_record_id=record_id, failure=ExportFailure(error_message="Posting period is closed"))


def _ready(standin: StandIn, *ids: str) -> None:
    standin.add(*(card_expense("1", record_id=each) for each in ids))


def _statuses(outcomes: Sequence[ReportOutcome]) -> dict[str, ReportStatus]:
    return {outcome.accounting_record_id: outcome.status for outcome in outcomes}


def _posts(standin: StandIn) -> list[Asked]:
    return [asked for asked in standin.asked if asked.method == "POST"]


def _is_post(asked: Asked) -> bool:
    return asked.method == "POST"


def _ids(*outcomes: str) -> Sequence[AnyResult]:
    return [_exported(each) for each in outcomes]


def test_every_result_has_an_outcome_in_the_order_given(run: Runner[Client], standin: StandIn) -> None:
    _ready(standin, "a", "b", "d")
    standin.add(
        card_expense("1", record_id="x", review_status=ReviewStatus.EXPORTED),
        card_expense("1", record_id="p", review_status=ReviewStatus.PREPARE),
    )
    results = [*_ids("d", "missing", "x", "a"), _failed("b"), *_ids("p", "d")]

    outcomes = run.call(lambda client: client.export_results.report_all(results))

    assert [(outcome.accounting_record_id, outcome.status.value, outcome.review_status) for outcome in outcomes] == [
        ("d", "REPORTED", None),
        ("missing", "NOT_FOUND", None),
        ("x", "ALREADY_EXPORTED", "EXPORTED"),
        ("a", "REPORTED", None),
        ("b", "REPORTED", None),
        ("p", "NOT_READY", "PREPARE"),
    ]
    assert standin.results == {"d": results[0], "a": results[3], "b": results[4]}
    # What Brex names is taken out at once: the missing one, then the two that are not ready.
    assert len(_posts(standin)) == 3
    assert isinstance(outcomes[1].error, NotFoundError)


def test_no_results_make_no_call(run: Runner[Client], standin: StandIn) -> None:
    assert run.call(lambda client: client.export_results.report_all([])) == ()
    assert standin.asked == []


def test_two_different_results_of_one_record_are_refused(run: Runner[Client], standin: StandIn) -> None:
    results: Sequence[AnyResult] = [_exported("a"), _failed("a")]
    with pytest.raises(ValueError, match="two different results of record a"):
        run.call(lambda client: client.export_results.report_all(results))
    assert standin.asked == []


def test_many_results_make_several_calls(run: Runner[Client], standin: StandIn) -> None:
    ids = [f"accr_{number:04}" for number in range(1001)]
    _ready(standin, *ids)
    outcomes = run.call(lambda client: client.export_results.report_all(_ids(*ids)))
    assert [outcome.accounting_record_id for outcome in outcomes] == ids
    assert {outcome.status for outcome in outcomes} == {ReportStatus.REPORTED}
    assert len(_posts(standin)) == 3


def test_a_result_that_is_refused_even_alone(run: Runner[Client], standin: StandIn) -> None:
    _ready(standin, *"abcdefgh")
    refusal = json_answer(400, {"error_code": "INVALID_REQUEST", "message": "Only ASCII", "details": None})
    standin.faults.append(Fault(Respond(refusal), matches=lambda asked: b'"JE-e"' in asked.content, times=99))

    outcomes = run.call(lambda client: client.export_results.report_all(_ids(*"abcdefgh")))

    assert standin.results.keys() == set("abcdfgh")
    assert _statuses(outcomes).pop("e") == ReportStatus.REFUSED
    (error,) = (outcome.error for outcome in outcomes if outcome.error is not None)
    assert isinstance(error, BadRequestError)
    assert len(_posts(standin)) == 7


def test_a_call_that_is_too_large_is_cut(run: Runner[Client], standin: StandIn) -> None:
    _ready(standin, *"abcd")
    large = Fault(Respond(Answer(status=413)), matches=lambda asked: asked.content.count(b"JE-") > 2, times=99)
    standin.faults.append(large)
    outcomes = run.call(lambda client: client.export_results.report_all(_ids(*"abcd")))
    assert set(_statuses(outcomes).values()) == {ReportStatus.REPORTED}
    assert len(_posts(standin)) == 3


def test_records_that_brex_calls_duplicates_are_sent_one_by_one(run: Runner[Client], standin: StandIn) -> None:
    _ready(standin, *"abc")
    body = {
        "error_code": "DUPLICATE_ACCOUNTING_RECORD_IDS",
        "message": "twice",
        "details": {"duplicate_accounting_record_ids": ["a", "c"]},
    }
    standin.faults.append(
        Fault(Respond(json_answer(422, body)), matches=lambda asked: b"JE-c" in asked.content, times=2)
    )

    outcomes = run.call(lambda client: client.export_results.report_all(_ids(*"abc")))

    assert _statuses(outcomes) == {
        "a": ReportStatus.REPORTED,
        "b": ReportStatus.REPORTED,
        "c": ReportStatus.REFUSED,
    }


@pytest.mark.parametrize(
    "action",
    [
        AnswerLost(),
        AnswerTruncated(),
        RequestLost(),
        Respond(Answer(status=502)),
        Respond(json_answer(200, ["not", "a", "report"])),
    ],
    ids=["answer lost", "answer cut off", "request lost", "bad gateway", "unreadable"],
)
def test_a_lost_answer_is_resolved_by_reading(run: Runner[Client], standin: StandIn, action: Action) -> None:
    _ready(standin, "a", "b")
    standin.faults.append(Fault(action, matches=_is_post))
    results: Sequence[AnyResult] = [_exported("a"), _failed("b")]
    outcomes = run.call(lambda client: client.export_results.report_all(results))
    assert set(_statuses(outcomes).values()) == {ReportStatus.REPORTED}
    assert standin.results == {"a": results[0], "b": results[1]}
    carried_out = isinstance(action, AnswerLost | AnswerTruncated)
    assert len(_posts(standin)) == (1 if carried_out else 2)


def test_an_answer_that_names_no_records_is_checked(run: Runner[Client], standin: StandIn) -> None:
    _ready(standin, "a")
    standin.add(card_expense("1", record_id="b", review_status=ReviewStatus.EXPORTED))
    standin.faults.append(Fault(Respond(json_answer(200, {"updated_accounting_record_ids": []}))))
    outcomes = run.call(lambda client: client.export_results.report_all(_ids("a", "b")))
    assert [(outcome.status, outcome.review_status) for outcome in outcomes] == [
        (ReportStatus.NOT_READY, ReviewStatus.READY_FOR_EXPORT),
        (ReportStatus.REPORTED, ReviewStatus.EXPORTED),
    ]


def test_answers_that_are_lost_without_end_are_an_error(run: Runner[Client], standin: StandIn) -> None:
    _ready(standin, "a")
    standin.faults.append(Fault(RequestLost(), matches=_is_post, times=99))
    with pytest.raises(ConnectionLostError):
        run.call(lambda client: client.export_results.report_all(_ids("a")))
    assert len(_posts(standin)) == 6

    standin.faults[0].times = 0
    outcomes = run.call(lambda client: client.export_results.report_all(_ids("a")))
    assert _statuses(outcomes) == {"a": ReportStatus.REPORTED}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (json_answer(403, {"error_code": "FORBIDDEN", "message": "expired"}), ForbiddenError),
        (Answer(status=404, headers={"content-type": "text/html"}, content=b"<html>"), NotFoundError),
    ],
)
def test_what_no_result_is_to_blame_for_is_raised(
    run: Runner[Client], standin: StandIn, answer: Answer, kind: type[Exception]
) -> None:
    standin.faults.append(Fault(Respond(answer)))
    with pytest.raises(kind):
        run.call(lambda client: client.export_results.report_all(_ids("a", "b", "c")))
    assert len(standin.asked) == 1


def test_a_failing_service_is_an_error_in_the_end(run: Runner[Client], standin: StandIn) -> None:
    _ready(standin, "a")
    standin.faults.append(Fault(Respond(Answer(status=500)), times=99))
    with pytest.raises(ServerError):
        run.call(lambda client: client.export_results.report_all(_ids("a")))
    assert [asked.method for asked in standin.asked] == ["POST", "GET"]


def test_a_service_that_cannot_be_reached_is_not_read_from() -> None:
    with Client("token", base_url="http://127.0.0.1:9", clocks=CLOCKS, sleep=lambda _: None) as client:
        with pytest.raises(NotSentError) as caught:
            client.export_results.report_all(_ids("a"))
        assert caught.value.method == "POST"


class _Taciturn(StandIn):
    """A stand-in that names no records in its refusals."""

    @override
    def respond(self, asked: Asked) -> Answer:
        answer = super().respond(asked)
        if answer.status < 400:
            return answer
        return attrs.evolve(answer, content=answer.content.replace(b"_ids", b"_number"))


def _blocking(standin: StandIn, results: Sequence[AnyResult]) -> Sequence[ReportOutcome]:
    with standin.client(clocks=CLOCKS, sleep=lambda _: None) as client:
        return client.export_results.report_all(results)


def _awaiting(standin: StandIn, results: Sequence[AnyResult]) -> Sequence[ReportOutcome]:
    async def report() -> Sequence[ReportOutcome]:
        async with standin.async_client(clocks=CLOCKS, sleep=lambda _: asyncio.sleep(0)) as client:
            return await client.export_results.report_all(results)

    return asyncio.run(report())


KINDS: Mapping[str, ReviewStatus | None] = {
    "good": ReviewStatus.READY_FOR_EXPORT,
    "missing": None,
    "exported": ReviewStatus.EXPORTED,
    "early": ReviewStatus.PREPARE,
}
UNREADABLE = Respond(json_answer(200, "?"))
LOSSES: Sequence[Action] = (
    AnswerLost(),
    RequestLost(),
    AnswerTruncated(),
    Respond(Answer(status=503)),
    UNREADABLE,
)


def _is_number(number: int, standin: StandIn, *, posts_alone: bool) -> Callable[[Asked], bool]:
    return lambda asked: len(standin.asked) == number and (asked.method == "POST" or not posts_alone)


@given(
    kinds=st.lists(st.tuples(st.sampled_from([*KINDS]), st.booleans()), max_size=40),
    again=st.lists(st.integers(0, 39), max_size=5),
    losses=st.dictionaries(st.integers(1, 30), st.sampled_from(LOSSES), max_size=5),
    named=st.booleans(),
    report=st.sampled_from([_blocking, _awaiting]),
)
def test_exactly_the_good_ones_are_exported(
    kinds: Sequence[tuple[str, bool]],
    again: Sequence[int],
    losses: Mapping[int, Action],
    named: bool,
    report: Callable[[StandIn, Sequence[AnyResult]], Sequence[ReportOutcome]],
) -> None:
    standin = StandIn() if named else _Taciturn()
    ids = [f"accr_{number}_{kind}" for number, (kind, _) in enumerate(kinds)]
    for record_id, (kind, _) in zip(ids, kinds, strict=True):
        status = KINDS[kind]
        if status is not None:
            standin.add(card_expense("1", record_id=record_id, review_status=status))
    results = [
        _exported(record_id) if succeeded else _failed(record_id)
        for record_id, (_, succeeded) in zip(ids, kinds, strict=True)
    ]
    results += [results[number % len(results)] for number in again if results]
    before = dict(standin.records)
    # By the number of the request, reading ones included. A page that cannot be read is an error, so none is made.
    standin.faults.extend(
        Fault(action, matches=_is_number(number, standin, posts_alone=action == UNREADABLE))
        for number, action in losses.items()
    )

    outcomes = report(standin, results)

    good = {each.accounting_record_id: each for each in results if each.accounting_record_id.endswith("good")}
    assert standin.results == good
    assert {each: standin.records[each] for each in before if each not in good} == {
        each: record for each, record in before.items() if each not in good
    }
    assert [outcome.accounting_record_id for outcome in outcomes] == ids
    for outcome, (kind, succeeded) in zip(outcomes, kinds, strict=True):
        expected = {
            "good": {ReportStatus.REPORTED},
            "missing": {ReportStatus.NOT_FOUND},
            "exported": {ReportStatus.ALREADY_EXPORTED},
            "early": {ReportStatus.NOT_READY},
        }[kind]
        # Where every record of a lost call was not ready, nothing tells that the call did not make them so.
        in_doubt = bool(losses) and (succeeded if kind == "exported" else not succeeded) and kind != "missing"
        assert outcome.status in (expected | {ReportStatus.REPORTED} if in_doubt else expected)
    assert len(standin.asked) <= 4 * len(ids) + 4 * len(losses) + 2
