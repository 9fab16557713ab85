"""The tree of errors, what they say, and what they never show."""

from __future__ import annotations

import copy
import pickle
import re
from typing import TypeAlias

import pytest

from clientkit import errors
from clientkit.errors import (
    AnswerError,
    ApiError,
    Call,
    ConfigurationError,
    EarlierTry,
    NoAnswerError,
    PagingError,
    ServerError,
    StatusError,
    UnreadableAnswerError,
    error_type,
)
from clientkit.problems import Problem, Violation
from clientkit.verdicts import Verdict
from clientkit.wire import Answer


def _drawn() -> set[tuple[str, str | None]]:
    """The names in the tree of the docstring, each with the one that it hangs from."""
    found, path = set[tuple[str, str | None]](), list[str]()
    for line in (errors.__doc__ or "").splitlines():
        matched = re.match(r"^    ([│├└─ ]*)([A-Z]\w+Error)\b", line)
        if matched:
            depth = len(matched[1]) // 4
            path[depth:] = [matched[2]]
            found.add((matched[2], path[depth - 1] if depth else None))
    return found


def _real() -> set[tuple[str, str | None]]:
    classes = [
        value
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, ApiError) and not name.startswith("_")
    ]
    shown = set(classes)
    return {
        (each.__name__, next((base.__name__ for base in each.__mro__[1:] if base in shown), None)) for each in classes
    }


def test_the_drawn_tree_is_the_real_one() -> None:
    assert _drawn() == _real()
    assert len(_drawn()) > 15


@pytest.mark.parametrize("status", range(300, 600))
def test_every_status_has_an_error_of_its_branch(status: int) -> None:
    kind = error_type(status)
    assert issubclass(kind, StatusError)
    assert (kind is errors.RedirectError) == (status < 400)
    assert (kind is ServerError) == (status >= 500)
    told = re.search(r"\d{3}", kind.__doc__ or "")
    if kind not in {StatusError, errors.RedirectError, ServerError}:
        assert told is not None
        assert told[0] == str(status)


_ATTEMPTS = (EarlierTry(outcome="answered 503", waited=0.5),)
_CALL = Call(service="Shop", method="POST", path="/items")
_RETRIED = _CALL._replace(attempts=_ATTEMPTS)
_ANSWER = Answer(status=400, headers={"x": "1", "set-cookie": "session"}, content=b"body")
_PROBLEM = Problem(
    code="bad",
    title="Bad",
    detail="Very bad",
    violations=(Violation(field="price", message="is negative"),),
    details={"a": [1]},
)


def _all_errors() -> list[ApiError]:
    found: list[ApiError] = [
        ApiError("text"), ConfigurationError("text"), PagingError("/items", "it repeats"),
        UnreadableAnswerError(_RETRIED, _ANSWER, "t-1", reason="no JSON"),
        errors.AnswerTooLargeError(_RETRIED, _ANSWER, "t-1", reason="too large"),
        AnswerError(_RETRIED, _ANSWER, "t-1"),
    ]  # fmt: skip
    no_answer: list[type[NoAnswerError]] = [NoAnswerError, *NoAnswerError.__subclasses__()]
    status: list[type[StatusError]] = [StatusError, *StatusError.__subclasses__()]
    found += [kind(_RETRIED, "lost") for kind in no_answer]
    found += [kind(_RETRIED, _ANSWER, "t-1", problem=_PROBLEM) for kind in status]
    return found


@pytest.mark.parametrize("error", _all_errors(), ids=lambda error: type(error).__name__)
def test_every_error_survives_pickling_and_copying(error: ApiError) -> None:
    error.add_note("seen at night")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)


def test_the_message_says_which_call_what_was_said_and_what_to_do() -> None:
    error = errors.RateLimitedError(_RETRIED, Answer(status=429), "t-1", problem=_PROBLEM)
    assert str(error) == (
        "Shop: POST /items answered 429 [bad]: Bad: Very bad; price: is negative (trace id t-1) after 2 attempts. "
        "Another program may share the limit; lower the client's pace or try later."
    )
    assert (error.code, error.details, error.violations) == ("bad", {"a": [1]}, _PROBLEM.violations)


def test_nothing_is_said_twice_or_invented() -> None:
    same = StatusError(_CALL, Answer(status=418), problem=Problem(title="Teapot", detail="Teapot"))
    assert str(same) == "Shop: POST /items answered 418: Teapot."
    assert str(StatusError(_CALL, Answer(status=418))) == "Shop: POST /items answered 418."
    sentences = StatusError(_CALL, Answer(status=418), problem=Problem(title="A pot.", detail="Use a kettle."))
    assert str(sentences) == "Shop: POST /items answered 418: A pot: Use a kettle."
    assert str(NoAnswerError(_CALL, "It hung up.")).startswith(
        "Shop: POST /items got no answer: It hung up. The service"
    )
    assert str(Violation(message="is missing")) == "is missing"


def test_cookies_and_long_bodies_are_not_kept() -> None:
    error = StatusError(_CALL, Answer(status=400, headers={"set-cookie": "session", "x": "1"}, content=b"x" * 100_000))
    assert error.headers == {"x": "1"}
    assert len(error.content) == 16_384


def test_a_message_does_not_grow_with_the_answer_and_keeps_its_advice() -> None:
    long = "x" * 1_000_000
    problem = Problem(code=long, title=long, detail=long, violations=(Violation(field=long, message=long),) * 9)
    found = [
        errors.RateLimitedError(_RETRIED, Answer(status=429), "t-1", problem=problem),
        UnreadableAnswerError(_RETRIED, Answer(status=200), "t-1", reason=long),
    ]
    for error in found:
        assert 2_000 < len(str(error)) < 2_300
        assert "... (trace id t-1) after 2 attempts. " in str(error)
    lost = NoAnswerError(_CALL, long)
    assert len(str(lost)) < 2_300
    assert str(lost).endswith(NoAnswerError.advice)


def test_a_configuration_error_is_a_value_error_too() -> None:
    with pytest.raises(ValueError, match="text"):
        raise ConfigurationError("text")


_JSON = {"content-type": "application/problem+json; charset=utf-8"}
_PAGE = {"content-type": "text/html"}
_Said: TypeAlias = tuple[dict[str, str], bytes]
_OWN: _Said = (_JSON, b'{"title": "no"}')
_BARE: _Said = ({}, b"")
_PROXY: _Said = (_PAGE, b"<html>")


def _answered(status: int, said: _Said, *, path: str = "/items") -> StatusError:
    headers, content = said
    call = _CALL._replace(path=path)
    return error_type(status)(call, Answer(status=status, headers=headers, content=content))


def _expected(status: int) -> tuple[Verdict, Verdict]:
    """The verdicts on an answer in the service's own words, and on one without a body."""
    if status in {401, 403}:
        return Verdict.FATAL, Verdict.FATAL
    if status == 429:
        return Verdict.PASSING, Verdict.PASSING
    if status in {407, 408, 409} or not 400 <= status < 500:
        return Verdict.UNCLEAR, Verdict.UNCLEAR
    return Verdict.REFUSED, Verdict.UNCLEAR


@pytest.mark.parametrize("status", range(300, 600))
def test_the_verdict_on_a_status_depends_on_who_said_it(status: int) -> None:
    own, bare, proxy = (_answered(status, each) for each in (_OWN, _BARE, _PROXY))
    assert (own.verdict, bare.verdict) == _expected(status)
    assert proxy.verdict is Verdict.UNCLEAR
    assert [each.is_from_service for each in (own, bare, proxy)] == [True, False, False]


@pytest.mark.parametrize("status", [400, 404, 405, 413, 422])
def test_the_statuses_that_refuse_a_request(status: int) -> None:
    assert _answered(status, _OWN).verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    "said",
    [
        (_JSON, b""), (_JSON, b"[]"), (_JSON, b'"no"'), (_JSON, b'{"title": '), (_JSON, b"\xff"), (_JSON, b"<html>"),
        (_PAGE, b'{"title": "no"}'), ({"content-type": "text/plain"}, b"{}"), ({"content-type": ""}, b"{}"),
    ],
)  # fmt: skip
def test_what_is_not_in_the_words_of_the_service(said: _Said) -> None:
    error = _answered(404, said)
    assert (error.is_from_service, error.verdict) == (False, Verdict.UNCLEAR)


@pytest.mark.parametrize(
    "said", [({}, b"{}"), ({"content-type": "Application/JSON"}, b'{"a": "' + b"x" * 99_999 + b'"}')]
)
def test_what_is_in_the_words_of_the_service(said: _Said) -> None:
    error = _answered(404, said)
    assert (error.is_from_service, error.verdict) == (True, Verdict.REFUSED)
    assert pickle.loads(pickle.dumps(error)).verdict is Verdict.REFUSED


@pytest.mark.parametrize("status", [401, 403, 404, 429])
@pytest.mark.parametrize("said", [_OWN, _BARE, _PROXY])
def test_what_another_host_says_about_a_link_is_unclear(status: int, said: _Said) -> None:
    error = _answered(status, said, path="https://files.test/receipt")
    assert (error.is_from_service, error.verdict) == (False, Verdict.UNCLEAR)


@pytest.mark.parametrize("status", [302, 401, 404, 408, 409, 429, 500, 503])
def test_a_read_is_never_said_to_have_been_carried_out(status: int) -> None:
    call = _CALL._replace(method="GET")
    for headers, content in (_OWN, _BARE, _PROXY):
        error = error_type(status)(call, Answer(status=status, headers=headers, content=content))
        assert error.verdict is not Verdict.UNCLEAR
    page = error_type(status)(call, Answer(status=status, headers=_PAGE, content=b"<html>"))
    assert page.verdict is Verdict.PASSING
    assert errors.AnswerTimeoutError(call, "30 s").verdict is Verdict.PASSING
    assert UnreadableAnswerError(call, Answer(status=200), reason="no id").verdict is Verdict.PASSING


def test_the_verdict_on_errors_without_a_status() -> None:
    found = {type(error): error.verdict for error in _all_errors() if not isinstance(error, StatusError)}
    assert found == {
        ApiError: Verdict.UNCLEAR,
        ConfigurationError: Verdict.FATAL,
        PagingError: Verdict.PASSING,
        AnswerError: Verdict.UNCLEAR,
        UnreadableAnswerError: Verdict.UNCLEAR,
        errors.AnswerTooLargeError: Verdict.UNCLEAR,
        NoAnswerError: Verdict.UNCLEAR,
        errors.NotSentError: Verdict.PASSING,
        errors.ConnectionLostError: Verdict.UNCLEAR,
        errors.AnswerTimeoutError: Verdict.UNCLEAR,
        errors.DeadlineExceededError: Verdict.UNCLEAR,
    }


def test_a_success_that_cannot_be_read_is_no_refusal_of_the_service() -> None:
    error = UnreadableAnswerError(_CALL, Answer(status=200, headers=_JSON, content=b"{}"), reason="no id")
    assert not error.is_from_service
