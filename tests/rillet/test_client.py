"""What a client says about itself to Rillet, what it is built from, and what its errors tell."""

from __future__ import annotations

import functools
import logging
import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit import codec
from clientkit.errors import error_type
from clientkit.pacing import Pacer
from clientkit.testing import Fault, Respond, json_answer
from clientkit.transport import InProcess
from clientkit.wire import Answer, Outgoing
from rillet import (
    ApiError,
    AsyncClient,
    BadRequestError,
    Client,
    ConfigurationError,
    ExternalReferenceTypeNotFoundError,
    NotFoundError,
    OrganizationOperations,
    StatusError,
    UnreadableAnswerError,
    Verdict,
    Violation,
)
from rillet.client import BASE_URLS, Environment
from rillet.errors import read_problem
from rillet.testing import StandIn
from support.endpoint_runner import Runner
from support.rillet.books import CHARGE, books

TOKEN = "rk-6fb1c5c1-not-to-be-seen"


def test_every_request_names_its_version_and_sender(run: Runner[Client], standin: StandIn) -> None:
    run.call(lambda client: client.organization.get())
    run.call(lambda client: client.charges.create(CHARGE))

    for asked in standin.asked:
        assert asked.headers["x-rillet-api-version"] == "4"
        assert asked.headers["authorization"] == f"Bearer {standin.api_key}"
        assert asked.headers["accept"] == "application/json"
        assert asked.headers["user-agent"].startswith("brex-rillet/")


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_known_version_is_sent_as_it_is(kind: Callable[..., object]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kind(TOKEN, api_version="3")


def test_an_unknown_version_is_warned_about_and_sent(standin: StandIn) -> None:
    with pytest.warns(UserWarning, match="version 12 of Rillet's API is unknown"):
        client = Client(standin.api_key, api_version="12", transport=standin.transport())
    client.organization.get()
    assert standin.asked[0].headers["x-rillet-api-version"] == "12"


@pytest.mark.parametrize("version", ["", "v4", "4.0", "-1", "\u0664"])
def test_a_version_is_a_whole_number(version: str) -> None:
    with pytest.raises(ConfigurationError, match="api_version"):
        Client(TOKEN, api_version=version)


@pytest.mark.parametrize("environment", ["production", "sandbox"])
def test_environments(environment: Environment) -> None:
    with Client(TOKEN, environment=environment) as client:
        assert client.base_url == BASE_URLS[environment]


def test_an_environment_that_does_not_exist() -> None:
    with pytest.raises(ConfigurationError, match="'staging'"):
        Client(TOKEN, environment="staging")  # type: ignore[arg-type]  # a typing error, and one at run time


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch, standin: StandIn) -> None:
    monkeypatch.setenv("RILLET_API_KEY", standin.api_key)
    monkeypatch.delenv("RILLET_BASE_URL", raising=False)
    monkeypatch.setenv("RILLET_ENVIRONMENT", "sandbox")
    with Client.from_env() as client:
        assert client.base_url == BASE_URLS["sandbox"]
    assert AsyncClient.from_env().base_url == BASE_URLS["sandbox"]

    with standin.serve() as url:
        monkeypatch.setenv("RILLET_BASE_URL", url)
        monkeypatch.setenv("RILLET_API_VERSION", "3")
        with Client.from_env() as client:
            assert client.organization.get() == standin.organization
    assert standin.asked[-1].headers["x-rillet-api-version"] == "3"


def test_the_variables_of_one_tenant(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RILLET_API_KEY", TOKEN)
    monkeypatch.setenv("ACME_RILLET_API_KEY", standin.api_key)
    with standin.serve() as url:
        monkeypatch.setenv("ACME_RILLET_BASE_URL", url)
        with Client.from_env(prefix="ACME_") as client:
            assert client.organization.get() == standin.organization
    assert AsyncClient.from_env(prefix="ACME_").base_url == url
    for from_env in (Client.from_env, AsyncClient.from_env):
        with pytest.raises(ConfigurationError, match="the environment variable BOLT_RILLET_API_KEY is not set"):
            from_env(prefix="BOLT_")


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("RILLET_API_KEY", "", "RILLET_API_KEY is not set"),
        ("RILLET_API_KEY", "two words", "RILLET_API_KEY is empty or holds characters"),
        ("RILLET_ENVIRONMENT", "staging", "staging"),
        ("RILLET_API_VERSION", "2026-01-01", "whole numbers"),
        (
            "RILLET_BASE_URL",
            "http://example.com",
            "RILLET_BASE_URL 'http://example.com' would send the token unencrypted",
        ),
        ("RILLET_BASE_URL", "notaurl", "RILLET_BASE_URL 'notaurl' is not of the form"),
    ],
)
@pytest.mark.parametrize("from_env", [Client.from_env, AsyncClient.from_env])
def test_an_environment_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, from_env: Callable[[], object], variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv("RILLET_API_KEY", TOKEN)
    for name in ("RILLET_ENVIRONMENT", "RILLET_BASE_URL", "RILLET_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=says) as caught:
        from_env()
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("https://rillet.io/forbidden", "forbidden"),
        ("https://rillet.com/illegal-argument/", "illegal-argument"),
        ("https://api.rillet.com/exception/external_reference_type_not_found", "external_reference_type_not_found"),
        ("about:blank", "about:blank"),
        ("", None),
    ],
)
def test_a_code_is_the_last_segment_of_a_problems_type(kind: str, code: str | None) -> None:
    answer = json_answer(400, {"type": kind, "title": "T", "detail": "D", "status": 400, "instance": "/x"})
    problem = read_problem(answer)
    assert (problem.code, problem.title, problem.detail) == (code, "T", "D")
    assert problem.details == {"status": 400, "instance": "/x"}


def test_violations_are_read_as_they_come() -> None:
    listed: list[object] = [{"field": "a", "message": "b"}, {"field": "c"}, {"message": "d"}, "e", 5, None]
    problem = read_problem(json_answer(400, {"message": "Validation failed", "violations": listed}))

    assert problem.title == "Validation failed"
    assert problem.violations == (
        Violation(field="a", message="b"),
        Violation(field="c"),
        Violation(message="d"),
        Violation(message="e"),
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
problems = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("type", "title", "detail", "status", "violations", "message"), json_values),
)
bodies = st.binary(max_size=200) | problems.map(codec.dumps) | json_values.map(codec.dumps)


@given(content=bodies, status=st.sampled_from([400, 401, 403, 404, 409, 422, 418, 500, 503]))
def test_any_error_answer_becomes_the_error_of_its_status(content: bytes, status: int) -> None:
    answer = Answer(status=status, headers={"content-type": "text/html", "x-trace-id": "t-1"}, content=content)
    client = Client(TOKEN, transport=InProcess(lambda _: answer), pacer=Pacer(1_000_000), sleep=lambda _: None)

    with pytest.raises(error_type(status)) as caught:
        client.organization.get()

    error = caught.value
    assert (error.status, error.trace_id, error.path) == (status, "t-1", "/organizations/self")
    assert "t-1" in str(error)


@given(
    answer=st.builds(
        Answer,
        status=st.integers(200, 599),
        headers=st.fixed_dictionaries({"content-type": st.sampled_from(["application/json", "text/html", ""])}),
        content=bodies,
    )
)
def test_no_error_and_no_log_shows_the_key(answer: Answer) -> None:
    logged = list[str]()

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(self.format(record))

    log, handler = logging.getLogger("clientkit"), Keep()
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    # With a pace of its own: at Rillet's, the deadline passes while hundreds of examples wait for their turn.
    pacer = Pacer(1_000_000)
    client = Client(TOKEN, transport=InProcess(lambda _: answer), pacer=pacer, sleep=lambda _: None)
    shown = [repr(client)]
    try:
        client.organization.get()
    except ApiError as error:
        shown += [str(error), repr(error), repr(vars(error)), pickle.dumps(error).decode("latin-1")]
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
    assert logged
    assert TOKEN not in "\n".join(shown + logged)


def test_errors_have_the_type_that_their_code_or_status_says(run: Runner[Client], standin: StandIn) -> None:
    with pytest.raises(NotFoundError) as missing:
        run.call(lambda client: client.charges.get("../vendors"))
    assert (missing.value.code, missing.value.problem.detail) == ("not-found", "Charge ../vendors not found")

    reference = json_answer(400, {"type": "https://x.test/exception/external_reference_type_not_found", "title": "t"})
    standin.faults.append(Fault(Respond(reference)))
    with pytest.raises(ExternalReferenceTypeNotFoundError, match="Settings") as unknown:
        run.call(lambda client: client.charges.create(CHARGE))
    assert isinstance(unknown.value, BadRequestError)
    assert (missing.value.verdict, unknown.value.verdict) == (Verdict.REFUSED, Verdict.FATAL)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=200, headers={"content-type": "text/html"}, content=b"<html>maintenance</html>"),
        Answer(status=200, headers={"content-type": "application/json"}, content=b'{"id": '),
        json_answer(200, {"id": 7}),
        json_answer(200, []),
    ],
)
def test_a_success_that_cannot_be_read(run: Runner[Client], standin: StandIn, answer: Answer) -> None:
    standin.faults.append(Fault(Respond(answer)))
    with pytest.raises(UnreadableAnswerError):
        run.call(lambda client: client.organization.get())
    assert len(standin.asked) == 1


def test_a_redirect_is_an_error(run: Runner[Client], standin: StandIn) -> None:
    standin.faults.append(Fault(Respond(Answer(status=307, headers={"location": "https://example.com/"}))))
    with pytest.raises(StatusError) as caught:
        run.call(lambda client: client.organization.get())
    assert (caught.value.status, len(standin.asked)) == (307, 1)


def test_one_call_can_tell_its_trace_id() -> None:
    standin = books()
    answered = standin.client().answer(OrganizationOperations.get.build())
    assert answered.value == standin.organization
    assert (answered.status, answered.trace_id) == (200, answered.headers["x-trace-id"])


def test_importing_the_package_imports_no_machinery() -> None:
    program = "import sys, rillet; print([name for name in ('httpx', 'cattrs', 'attrs') if name in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_error_of_a_deep_body_pickles() -> None:
    body = b'{"title": "Bad", "deep": ' + b"[" * 600 + b"]" * 600 + b"}"
    transport = InProcess(lambda _: Answer(status=400, content=body))
    with pytest.raises(BadRequestError) as caught:
        Client("key", transport=transport).vendors.get("x")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_client_that_could_not_be_built_can_be_shown() -> None:
    assert "could not be built" in repr(object.__new__(Client))


def _always(answer: Answer, _: Outgoing) -> Answer:
    return answer


@pytest.mark.parametrize("many", [10_000, 300_000])
def test_a_message_does_not_grow_with_the_answer(many: int) -> None:
    for status, body in (
        (200, b'{"vendors": [' + b"1," * many + b'1], "pagination": {}}'),
        (400, b'{"title": "' + b"a" * many + b'"}'),
    ):
        answer = Answer(status=status, content=body)
        transport = InProcess(functools.partial(_always, answer))
        with pytest.raises(ApiError) as caught:
            Client("key", transport=transport).vendors.list().collect()
        assert len(str(caught.value)) < 2_300
