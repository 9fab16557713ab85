from __future__ import annotations

import json
import os
import pickle
import stat
import traceback
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from brex_accounting.auth import UserToken
from brex_accounting.oauth import AuthorizationError, OAuthApp, OAuthClient, check_state
from brex_accounting.renewing import OAuth
from brex_accounting.testing import StandIn
from brex_accounting.token_file import FileTokenStore
from brex_accounting.token_status import TokenKind, TokenStatus
from brex_accounting.tokens import MemoryTokenStore, Tokens
from clientkit.call_context import Refusal
from clientkit.errors import ApiError, ConfigurationError
from clientkit.transport import InProcess
from clientkit.wire import Answer, Outgoing, Send, Wait
from support.brex.oauth import (
    NOW,
    WHO_AM_I,
    app,
    client,
    clocks,
    paths,
    seed,
)
from support.clocks import ManualClock


@pytest.mark.place
def test_a_file_keeps_tokens_for_its_owner_alone(brex: StandIn, tmp_path: Path) -> None:
    path, tokens = tmp_path / "tokens.json", seed(brex)
    assert FileTokenStore(path).load() is None
    FileTokenStore(path).save(tokens)
    assert FileTokenStore(str(path)).load() == tokens
    FileTokenStore(path).save(attrs.evolve(tokens, access_token="access-2"))
    assert FileTokenStore(path).load() == attrs.evolve(tokens, access_token="access-2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["tokens.json"]  # noqa: PTH208 - names alone


def test_a_file_that_cannot_be_written_keeps_the_old_tokens(
    brex: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, tokens = tmp_path / "tokens.json", seed(brex)
    FileTokenStore(path).save(tokens)

    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        FileTokenStore(path).save(attrs.evolve(tokens, access_token="access-2"))
    assert FileTokenStore(path).load() == tokens
    assert [each.name for each in tmp_path.iterdir()] == ["tokens.json"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"access_token": 5}', b'{"access_token": "access-9", "issued_at": "access-9"}']
)
def test_a_file_with_something_else_is_not_shown(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokens.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="does not hold tokens") as caught:
        FileTokenStore(path).load()
    assert "access-9" not in "".join(traceback.format_exception(caught.value))


def test_a_user_token_expires_by_not_being_used(clock: ManualClock) -> None:
    token = UserToken("bxt_1", issued_at=NOW - timedelta(days=5), clocks=clocks(clock))
    (status,) = token.credential_status()
    assert (status.kind, status.age) == (TokenKind.USER_TOKEN, timedelta(days=5))
    assert status.left == timedelta(days=85)
    assert token.header() == "Bearer bxt_1"
    (status,) = token.credential_status()
    assert (status.last_used_at, status.left) == (NOW, timedelta(days=90))


def test_what_is_not_known_of_a_user_token_is_none(clock: ManualClock) -> None:
    (status,) = UserToken("bxt_1", clocks=clocks(clock)).credential_status()
    assert (status.age, status.last_used_at, status.expires_at, status.left) == (None, None, None, None)
    with pytest.raises(ConfigurationError):
        UserToken("bxt_1\n")


def test_a_warning_comes_once_for_each_time_of_expiry(clock: ManualClock) -> None:
    warned = list[TokenStatus]()
    token = UserToken(
        "bxt_1",
        last_used_at=NOW - timedelta(days=75),
        on_expiring=warned.append,
        warn_ahead=timedelta(days=14),
        clocks=clocks(clock),
    )
    token.credential_status()
    assert not warned
    clock.now += timedelta(days=1)
    for _ in range(3):
        token.credential_status()
    assert [status.left for status in warned] == [timedelta(days=14)]
    token.header()
    clock.now += timedelta(days=76)
    token.header()
    token.header()
    assert [status.left for status in warned] == [timedelta(days=14)] * 2


def test_oauth_tells_the_ages_of_both_tokens(oauth: OAuth, clock: ManualClock) -> None:
    access, refresh = oauth.credential_status()
    assert (access.kind, access.age, access.left) == (
        TokenKind.ACCESS_TOKEN,
        timedelta(minutes=59),
        timedelta(minutes=30),
    )
    assert (refresh.kind, refresh.age) == (TokenKind.REFRESH_TOKEN, timedelta(days=10))
    assert refresh.left == timedelta(days=90) - timedelta(minutes=59)
    clock.now += timedelta(hours=2)
    assert oauth.credential_status()[0].left == -timedelta(hours=1, minutes=30)


def test_a_refresh_token_nobody_used_for_long_warns(brex: StandIn, clock: ManualClock) -> None:
    warned = list[TokenStatus]()
    oauth = OAuth(app(), MemoryTokenStore(seed(brex)), on_expiring=warned.append, clocks=clocks(clock))
    clock.now += timedelta(days=80)
    oauth.credential_status()
    client(brex, oauth, clock).company.get()
    assert [status.kind for status in warned] == [TokenKind.REFRESH_TOKEN]
    assert oauth.credential_status()[1].left == timedelta(days=90)


def test_without_a_callback_the_warning_is_logged(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    UserToken("bxt_1", last_used_at=NOW - timedelta(days=89), clocks=clocks(clock)).credential_status()
    assert caplog.messages == ["the Brex user token expires at 2026-03-02 12:00:00+00:00 unless it is used before"]


def test_a_callback_that_fails_is_logged_and_fails_no_call(
    brex: StandIn, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: TokenStatus) -> None:
        raise OSError("no mail today")

    oauth = OAuth(app(), MemoryTokenStore(seed(brex)), on_expiring=broken, clocks=clocks(clock))
    clock.now += timedelta(days=80)
    made = client(brex, oauth, clock)
    assert made.company.get() == brex.team.company
    assert [status.kind for status in made.credential_status()] == [TokenKind.ACCESS_TOKEN, TokenKind.REFRESH_TOKEN]
    assert caplog.messages == ["the callback that should tell of an expiring Brex refresh token failed"]
    assert "no mail today" in caplog.text


# --- a file that processes share -----------------------------------------------------------------


def _process(path: Path, clock: ManualClock) -> OAuth:
    return OAuth(app(), FileTokenStore(path), clocks=clocks(clock))


def test_of_two_processes_one_renews_and_the_other_takes_its_tokens(
    brex: StandIn, clock: ManualClock, tmp_path: Path
) -> None:
    path = tmp_path / "tokens.json"
    FileTokenStore(path).save(seed(brex))
    first, second = _process(path, clock), _process(path, clock)
    refusal = Refusal(header=first.header(), status=401)
    leader, follower = first.renew(refusal, 10.0), second.renew(refusal, 10.0)
    step = next(leader)
    assert isinstance(step, Send)
    assert isinstance(next(follower), Wait)
    assert isinstance(follower.send(None), Wait)
    with pytest.raises(StopIteration) as led:
        leader.send(brex.transport().send(step.outgoing))
    with pytest.raises(StopIteration) as followed:
        follower.send(None)
    assert (led.value.value, followed.value.value) == (True, True)
    assert first.header() == second.header() != refusal.header
    assert paths(brex) == ["token"]


def test_tokens_are_taken_over_though_a_clock_was_put_back(brex: StandIn, clock: ManualClock, tmp_path: Path) -> None:
    path, tokens = tmp_path / "tokens.json", seed(brex)
    day = timedelta(days=1)
    ahead = attrs.evolve(tokens, issued_at=tokens.issued_at + day, expires_at=tokens.expires_at + day)
    FileTokenStore(path).save(ahead)
    first, second = _process(path, clock), _process(path, clock)
    refusal = Refusal(header=first.header(), status=401)
    leader = first.renew(refusal, 10.0)
    step = next(leader)
    assert isinstance(step, Send)
    with pytest.raises(StopIteration):
        leader.send(brex.transport().send(step.outgoing))
    # A server that rotates would take another use of the old refresh token for theft.
    with pytest.raises(StopIteration) as followed:
        next(second.renew(refusal, 10.0))
    assert followed.value.value is True
    assert second.header() == first.header() != refusal.header
    assert paths(brex) == ["token"]


def test_a_process_that_dies_lets_go(brex: StandIn, clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    FileTokenStore(path).save(seed(brex))
    first, second = _process(path, clock), _process(path, clock)
    refusal = Refusal(header=first.header(), status=401)
    leader = first.renew(refusal, 10.0)
    assert isinstance(next(leader), Send)
    leader.close()
    assert isinstance(next(second.renew(refusal, 10.0)), Send)


def test_a_lock_that_is_never_let_go_is_waited_for_within_the_call(
    brex: StandIn, clock: ManualClock, tmp_path: Path
) -> None:
    path = tmp_path / "tokens.json"
    FileTokenStore(path).save(seed(brex))
    oauth = _process(path, clock)
    waiting = oauth.renew(Refusal(header=oauth.header(), status=401), 1.0)
    with FileTokenStore(path).lock() as is_held:
        assert is_held
        with pytest.raises(AuthorizationError, match="another process"):
            list(waiting)


def test_a_store_that_cannot_be_locked_is_told(brex: StandIn, clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    FileTokenStore(path).save(seed(brex))
    oauth = _process(path, clock)
    (tmp_path / "tokens.json.lock").mkdir()
    with pytest.raises(AuthorizationError, match="could not be locked"):
        next(oauth.renew(Refusal(header=oauth.header(), status=401), 1.0))


@pytest.mark.place
def test_a_link_stays_a_link(brex: StandIn, tmp_path: Path) -> None:
    (tmp_path / "mounted").mkdir()
    behind, link, tokens = tmp_path / "mounted" / "real.json", tmp_path / "tokens.json", seed(brex)
    link.symlink_to(behind)
    FileTokenStore(link).save(tokens)
    assert link.is_symlink()
    assert FileTokenStore(behind).load() == FileTokenStore(link).load() == tokens
    assert [each.name for each in behind.parent.iterdir()] == ["real.json"]


@pytest.mark.place
def test_what_a_killed_save_left_is_cleared_up(brex: StandIn, tmp_path: Path) -> None:
    path, tokens = tmp_path / "tokens.json", seed(brex)
    old, young, other = (
        tmp_path / name for name in (".tokens.json.a1.tmp", ".tokens.json.b2.tmp", ".other.json.c3.tmp")
    )
    for each in (old, young, other):
        each.write_text("left")
    for each in (old, other):
        os.utime(each, (0, 0))
    FileTokenStore(path).save(tokens)
    assert sorted(each.name for each in tmp_path.iterdir()) == [other.name, young.name, "tokens.json"]


@pytest.mark.place
def test_a_file_that_others_may_read_is_made_private(brex: StandIn, tmp_path: Path) -> None:
    path, tokens = tmp_path / "tokens.json", seed(brex)
    FileTokenStore(path).save(tokens)
    path.chmod(0o644)
    assert FileTokenStore(path).load() == tokens
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_too_large_is_no_file_of_tokens(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_bytes(b" " * 2_000_000)
    with pytest.raises(ConfigurationError, match="does not hold tokens"):
        FileTokenStore(path).load()


# --- the state and the lifetime of a consent ------------------------------------------------------


@pytest.mark.parametrize(("given", "expected"), [("other", "state-1"), (None, "state-1"), ("", ""), ("state-1", None)])
def test_a_state_that_did_not_come_back_ends_the_consent(given: str | None, expected: str | None) -> None:
    check_state("state-1", "state-1")
    check_state("zustand-\N{SNOWMAN}", "zustand-\N{SNOWMAN}")
    with pytest.raises(AuthorizationError, match="begin again"):
        check_state(given, expected)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("-1000000000000000", 0), ("-99999999999", 0), ("0", 0), ("1.9", 1), ("null", 3600), ("9" * 17, 90 * 86_400)],
)
def test_a_lifetime_is_what_it_can_be(told: str, seconds: int) -> None:
    body = b'{"access_token": "access-2", "expires_in": %s}' % told.encode()
    transport = InProcess(lambda _: Answer(status=200, content=body))
    with OAuthClient(app(secret="s"), transport=transport, clocks=clocks(ManualClock(NOW))) as oauth:
        tokens = oauth.client_credentials(["a"])
    assert (tokens.expires_at - NOW).total_seconds() == seconds


# --- secrets in tracebacks ------------------------------------------------------------------------


class _Full(MemoryTokenStore):
    def save(self, tokens: Tokens) -> None:
        raise OSError("disk full")


def _shown(error: BaseException) -> str:
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.mark.parametrize(
    "body",
    [
        b'{"access_token": "FRESH-ACCESS", "refresh_token": "FRESH-REFRESH", "expires_in": 3600}',
        b'{"access_token": "FRESH-ACCESS", "refresh_token": "FRESH-REFRESH", "expires_in": "soon"}',
        b'{"access_token": "FRESH-ACCESS\\n", "refresh_token": "FRESH-REFRESH"}',
        b'{"access_token": "FRESH-ACCESS", "refresh_token": "FRESH-REF',
    ],
)
def test_no_traceback_shows_fresh_tokens(brex: StandIn, clock: ManualClock, body: bytes) -> None:
    oauth = OAuth(app(), _Full(seed(brex)), clocks=clocks(clock))
    transport = InProcess(
        lambda asked: Answer(status=200, content=body) if asked.url.endswith("/token") else Answer(status=401)
    )
    with pytest.raises(AuthorizationError) as caught:
        client(brex, oauth, clock, transport).execute(WHO_AM_I)
    shown = [line for line in _shown(caught.value).splitlines() if "FRESH" in line and "body = " not in line]
    assert shown == []


@pytest.mark.parametrize("status", [200, 403, 502])
def test_no_error_repeats_the_token_that_a_gateway_echoes(brex: StandIn, clock: ManualClock, status: int) -> None:
    token = "bxt_the-token/of+this"

    def echo(asked: Outgoing) -> Answer:
        said = {"message": f"you sent {asked.headers['Authorization']}", "type": "ECHO"}
        headers = {"x-echo": asked.headers["Authorization"], "content-type": "application/json"}
        return Answer(status=status, headers=headers, content=json.dumps(said).replace("/", "\\/").encode())

    with pytest.raises(ApiError) as caught:
        client(brex, UserToken(token), clock, InProcess(echo)).execute(WHO_AM_I)
    for told in (str(caught.value), pickle.dumps(caught.value), str(vars(caught.value))):
        assert "the-token" not in str(told)


@pytest.mark.parametrize(
    ("issuer", "given", "is_right"),
    [
        (None, None, True),
        (None, "https://auth.example/x", True),
        (None, "https://other.example", False),
        (None, "", False),
        ("https://issuer.example", "https://issuer.example", True),
        ("https://issuer.example", None, False),
        ("https://issuer.example", "https://issuer.example/", False),
        ("https://issuer.example", "https://auth.example/x", False),
    ],
)
def test_a_redirect_of_another_issuer_is_refused(issuer: str | None, given: str | None, is_right: bool) -> None:
    app = OAuthApp(client_id="c", base_url="https://auth.example/x", issuer=issuer)
    if is_right:
        app.check_issuer(given)
        return
    with pytest.raises(AuthorizationError, match="another issuer"):
        app.check_issuer(given)
