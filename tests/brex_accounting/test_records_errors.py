"""Answers that no client wants, and clients that cannot be built: typed errors that name the call, never the token."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import (
    AnswerError,
    ApiError,
    AsyncClient,
    BadRequestError,
    Client,
    ConfigurationError,
    ConflictError,
    ConnectionLostError,
    ForbiddenError,
    NotFoundError,
    Options,
    RateLimitedError,
    RecordsNotFoundError,
    RecordsNotReadyError,
    RedirectError,
    RetryPolicy,
    ServerError,
    StatusError,
    UnauthorizedError,
    UnprocessableError,
    UnreadableAnswerError,
)
from brex_accounting.testing import TOKEN, StandIn
from brex_accounting.token_file import FileTokenStore
from clientkit.testing import AnswerLost, AnswerTruncated, Fault, RequestLost, Respond
from clientkit.wire import Answer
from support.endpoint_runner import Runner

JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html; charset=utf-8"}
TRACE = {"x-brex-trace-id": "trace-7"}
ONCE = Options(retry=RetryPolicy(attempts=1))


def _accounting(code: str, **details: object) -> bytes:
    return json.dumps({"error_code": code, "message": "Said so.", "details": details}).encode()


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (Answer(status=400, headers=JSON, content=_accounting("INVALID_REQUEST")), BadRequestError, "INVALID_REQUEST"),
        (Answer(status=401), UnauthorizedError, None),
        (Answer(status=401, headers=JSON, content=b'{"type":"UNAUTHORIZED","message":"No."}'), UnauthorizedError, "UNAUTHORIZED"),
        (Answer(status=403), ForbiddenError, None),
        (Answer(status=403, headers=JSON, content=_accounting("FORBIDDEN")), ForbiddenError, "FORBIDDEN"),
        (Answer(status=404, headers=JSON, content=_accounting("NOT_FOUND")), RecordsNotFoundError, "NOT_FOUND"),
        (Answer(status=404, headers=HTML, content=b"<h1>Not here</h1>"), NotFoundError, None),
        (Answer(status=404, headers=JSON, content=b'{"type":"NOT_FOUND","code":"USER_NOT_FOUND","message":"No."}'), NotFoundError, "USER_NOT_FOUND"),
        (Answer(status=409, headers=JSON, content=_accounting("OF_TOMORROW")), ConflictError, "OF_TOMORROW"),
        (Answer(status=418, headers=JSON, content=b'"short and stout"'), StatusError, None),
        (Answer(status=422, headers=JSON, content=b"{"), UnprocessableError, None),
        (Answer(status=422, headers=JSON, content=_accounting("ACCOUNTING_RECORD_NOT_READY_FOR_EXPORT")), RecordsNotReadyError, "ACCOUNTING_RECORD_NOT_READY_FOR_EXPORT"),
        (Answer(status=429), RateLimitedError, None),
        (Answer(status=500, headers=JSON, content=_accounting("INTERNAL_ERROR")), ServerError, "INTERNAL_ERROR"),
        (Answer(status=502, headers=HTML, content=b"<html>bad gateway</html>"), ServerError, None),
        (Answer(status=503, headers=JSON, content=b"[]"), ServerError, None),
        (Answer(status=301, headers={"location": "https://elsewhere.example.com/"}), RedirectError, None),
        (Answer(status=307, headers={"location": "https://elsewhere.example.com/"}), RedirectError, None),
    ],
)  # fmt: skip
def test_a_refusal_is_a_typed_error(
    run: Runner[Client], standin: StandIn, answer: Answer, kind: type[StatusError], code: str | None
) -> None:
    standin.faults.append(
        Fault(Respond(Answer(status=answer.status, headers={**answer.headers, **TRACE}, content=answer.content)))
    )
    with pytest.raises(kind) as caught:
        run.call(lambda client: client.records.get("accr_1"))
    error = caught.value
    assert (error.status, error.code, error.content) == (answer.status, code, answer.content)
    assert (error.method, error.path, error.trace_id) == ("GET", "/v3/accounting/records/accr_1", "trace-7")
    for part in ("Brex", "GET", "/v3/accounting/records/accr_1", str(answer.status), "trace-7", code or ""):
        assert part in str(error)
    assert len(standin.asked) == 1


@pytest.mark.parametrize(
    ("headers", "content", "reason"),
    [
        (JSON, b"", "not JSON"),
        (JSON, b"{", "not JSON"),
        (JSON, b'{"items": [], "has_next_page": fal', "not JSON"),
        (JSON, b'{"items": NaN}', "not JSON"),
        (HTML, b"<html>Sign in</html>", "text/html"),
        (JSON, b"[]", "a page is an object"),
        (JSON, b"{}", "has no 'items'"),
        (JSON, b'{"items": [{"id": 7}]}', "7 is not text @ $[0].id"),
        (JSON, b'{"items": null}', "@ $"),
    ],
)
def test_a_success_that_cannot_be_read_says_why(
    run: Runner[Client], standin: StandIn, headers: dict[str, str], content: bytes, reason: str
) -> None:
    standin.faults.append(Fault(Respond(Answer(status=200, headers={**headers, **TRACE}, content=content))))
    with pytest.raises(UnreadableAnswerError) as caught:
        run.call(lambda client: client.records.list())
    assert reason in caught.value.reason
    assert (caught.value.method, caught.value.path, caught.value.trace_id) == (
        "GET",
        "/v3/accounting/records",
        "trace-7",
    )
    assert caught.value.content == content
    assert "trace-7" in str(caught.value)


@pytest.mark.parametrize("fault", [RequestLost(), AnswerLost(), AnswerTruncated()])
def test_a_broken_connection_is_no_answer(
    run: Runner[Client], standin: StandIn, fault: RequestLost | AnswerLost | AnswerTruncated
) -> None:
    standin.faults.append(Fault(fault))
    with pytest.raises(ConnectionLostError) as caught:
        run.call(lambda client: client.records.list())
    assert (caught.value.method, caught.value.path) == ("GET", "/v3/accounting/records")


def test_a_read_is_repeated_after_a_lost_answer(standin: StandIn) -> None:
    standin.faults.append(Fault(AnswerLost(), times=2))
    with standin.client(sleep=lambda _: None) as client:
        assert client.records.list().collect() == []
    assert len(standin.asked) == 3


def test_a_wrong_token_is_refused_in_both_ways_of_brex(standin: StandIn) -> None:
    with standin.client(token="bxt_wrong") as client:
        with pytest.raises(ForbiddenError) as forbidden:
            client.records.list().collect()
        standin.empty_unauthorized = True
        with pytest.raises(UnauthorizedError) as unauthorized:
            client.records.list().collect()
    assert forbidden.value.code == "FORBIDDEN"
    assert unauthorized.value.content == b""
    assert "bxt_wrong" not in f"{forbidden.value!r}{unauthorized.value!r}"


def _everything_shown(error: BaseException) -> str:
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    return f"{error}{error!r}{error.__dict__}{shown}{pickle.dumps(error)!r}"


@given(
    status=st.sampled_from([200, 204, 301, 400, 401, 403, 404, 409, 422, 429, 500, 503, 599]),
    kind=st.sampled_from(["application/json", "text/html", "", "application/problem+json; charset=x"]),
    content=st.binary(max_size=60)
    | st.sampled_from([b'{"error_code": 5, "details": []}', b'{"message": {}}', b'{"items": [null]}', b"1e999999999"]),
)
def test_any_answer_is_a_typed_error_without_the_token(status: int, kind: str, content: bytes) -> None:
    standin = StandIn()
    standin.faults.append(
        Fault(Respond(Answer(status=status, headers={"content-type": kind, **TRACE}, content=content)))
    )
    # None of these answers is a record.
    with standin.client(options=ONCE) as client, pytest.raises(AnswerError) as caught:
        client.records.get("accr_1")
    error = caught.value
    assert (error.status, error.trace_id) == (status, "trace-7")
    assert TOKEN not in _everything_shown(error)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.args, copy.__dict__) == (type(error), error.args, error.__dict__)


@pytest.mark.parametrize("fault", [RequestLost(), AnswerTruncated(), Respond(Answer(status=500))])
def test_no_log_and_no_error_shows_the_token(
    caplog: pytest.LogCaptureFixture, standin: StandIn, fault: RequestLost | AnswerTruncated | Respond
) -> None:
    standin.faults.append(Fault(fault))
    with (
        caplog.at_level(logging.DEBUG),
        standin.serve() as url,
        Client(TOKEN, base_url=url, options=ONCE) as client,
        pytest.raises(ApiError) as caught,
    ):
        client.records.get("accr_1")
    assert caplog.records
    assert TOKEN not in caplog.text
    assert TOKEN not in f"{client!r}{client.__dict__}{_everything_shown(caught.value)}"


@pytest.mark.parametrize("make", [Client, AsyncClient])
@pytest.mark.parametrize("token", ["", "bxt a", "bxt_\n", "bxt_é"])
def test_a_token_that_cannot_stand_in_a_header_is_refused_unseen(make: Callable[..., object], token: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make(token)
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize("base_url", ["http://api.brex.com", "ftp://x", "https://u:p@api.brex.com", "api.brex.com", ""])
def test_an_unsafe_address_is_refused(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        Client(TOKEN, base_url=base_url)


def test_from_env_reads_token_and_address(monkeypatch: pytest.MonkeyPatch, standin: StandIn) -> None:
    monkeypatch.setenv("BREX_TOKEN", TOKEN)
    with standin.serve() as url:
        monkeypatch.setenv("BREX_BASE_URL", url)
        with Client.from_env() as client:
            assert client.records.list().collect() == []
            assert client.base_url == url
    assert standin.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_from_env_reads_the_variables_of_one_tenant(
    monkeypatch: pytest.MonkeyPatch, kind: type[Client | AsyncClient]
) -> None:
    monkeypatch.setenv("BREX_TOKEN", "of nobody")
    monkeypatch.setenv("ACME_BREX_TOKEN", TOKEN)
    monkeypatch.setenv("ACME_BREX_BASE_URL", "https://acme.example.com")
    assert kind.from_env(prefix="ACME_").base_url == "https://acme.example.com"
    with pytest.raises(ConfigurationError, match="the environment variable BOLT_BREX_TOKEN is not set"):
        kind.from_env(prefix="BOLT_")


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("BREX_TOKEN", "two words", "ACME_BREX_TOKEN is empty or holds characters"),
        ("BREX_BASE_URL", "notaurl", "ACME_BREX_BASE_URL 'notaurl' is not of the form"),
    ],
)
def test_the_variable_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, kind: type[Client | AsyncClient], variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv("ACME_BREX_TOKEN", TOKEN)
    monkeypatch.setenv(f"ACME_{variable}", value)
    with pytest.raises(ConfigurationError, match=f"^{says}"):
        kind.from_env(prefix="ACME_")


@pytest.fixture
def consenting() -> StandIn:
    """A stand-in with the clock of this machine, which a client from the environment has too."""
    return StandIn()


@pytest.fixture
def consented(monkeypatch: pytest.MonkeyPatch, consenting: StandIn, tmp_path: Path) -> Iterator[FileTokenStore]:
    """A served stand-in, and the environment of an application that somebody has consented to."""
    store = FileTokenStore(tmp_path / "tokens.json")
    store.save(consenting.oauth.tokens())
    with consenting.serve() as url:
        application = consenting.oauth.app(url)
        monkeypatch.delenv("BREX_TOKEN", raising=False)
        monkeypatch.setenv("BREX_TOKEN_FILE", str(tmp_path / "tokens.json"))
        monkeypatch.setenv("BREX_CLIENT_ID", application.client_id)
        monkeypatch.setenv("BREX_CLIENT_SECRET", application.client_secret or "")
        monkeypatch.setenv("BREX_AUTH_URL", application.base_url)
        monkeypatch.setenv("BREX_BASE_URL", url)
        yield store


def test_from_env_takes_the_tokens_of_a_consent_and_saves_renewed_ones(
    consenting: StandIn, consented: FileTokenStore
) -> None:
    first = consented.load()
    assert first is not None
    with Client.from_env() as client:
        assert client.records.list().collect() == []
    assert consenting.asked[0].headers["authorization"] == f"Bearer {first.access_token}"

    consented.save(attrs.evolve(first, access_token="not this one", expires_at=first.issued_at))
    with Client.from_env() as client:
        assert client.records.list().collect() == []
    renewed = consented.load()
    assert renewed is not None
    assert renewed.access_token not in {first.access_token, "not this one"}
    assert consenting.asked[-1].headers["authorization"] == f"Bearer {renewed.access_token}"


def test_from_env_refuses_two_credentials(monkeypatch: pytest.MonkeyPatch, consented: FileTokenStore) -> None:
    monkeypatch.setenv("BREX_TOKEN", TOKEN)
    with pytest.raises(ConfigurationError, match="BREX_TOKEN and BREX_TOKEN_FILE are both set") as caught:
        Client.from_env()
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "tokens.json: the token store is empty"), ("{}", "tokens.json does not hold tokens")],
)
def test_from_env_names_the_file_that_holds_no_tokens(
    consented: FileTokenStore, tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "tokens.json"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        Client.from_env()


def test_from_env_names_what_a_consent_needs_beside_its_tokens(
    monkeypatch: pytest.MonkeyPatch, consented: FileTokenStore
) -> None:
    monkeypatch.delenv("BREX_CLIENT_ID")
    with pytest.raises(ConfigurationError, match="BREX_CLIENT_ID"):
        Client.from_env()


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_from_env_speaks_to_production_unless_told(
    monkeypatch: pytest.MonkeyPatch, kind: type[Client | AsyncClient]
) -> None:
    monkeypatch.setenv("BREX_TOKEN", TOKEN)
    for base_url in (None, ""):
        if base_url is None:
            monkeypatch.delenv("BREX_BASE_URL", raising=False)
        else:
            monkeypatch.setenv("BREX_BASE_URL", base_url)
        assert kind.from_env().base_url == "https://api.brex.com"


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("value", [None, ""])
def test_from_env_names_the_variable_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, kind: type[Client | AsyncClient], value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv("BREX_TOKEN", raising=False)
    else:
        monkeypatch.setenv("BREX_TOKEN", value)
    with pytest.raises(ConfigurationError, match="BREX_TOKEN"):
        kind.from_env()
