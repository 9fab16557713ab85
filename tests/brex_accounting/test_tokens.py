from __future__ import annotations

import os
import stat
import traceback
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from brex_accounting.auth import OAuth, UserToken
from brex_accounting.testing import StandIn
from brex_accounting.tokens import FileTokenStore, MemoryTokenStore, TokenKind, TokenStatus
from brex_oauth import (
    NOW,
    app,
    client,
    clocks,
    seed,
)
from clientkit.errors import ConfigurationError
from hand_clock import HandClock


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


def test_a_user_token_expires_by_not_being_used(clock: HandClock) -> None:
    token = UserToken("bxt_1", issued_at=NOW - timedelta(days=5), clocks=clocks(clock))
    (status,) = token.credential_status()
    assert (status.kind, status.age) == (TokenKind.USER_TOKEN, timedelta(days=5))
    assert status.left == timedelta(days=85)
    assert token.header() == "Bearer bxt_1"
    (status,) = token.credential_status()
    assert (status.last_used_at, status.left) == (NOW, timedelta(days=90))


def test_what_is_not_known_of_a_user_token_is_none(clock: HandClock) -> None:
    (status,) = UserToken("bxt_1", clocks=clocks(clock)).credential_status()
    assert (status.age, status.last_used_at, status.expires_at, status.left) == (None, None, None, None)
    with pytest.raises(ConfigurationError):
        UserToken("bxt_1\n")


def test_a_warning_comes_once_for_each_time_of_expiry(clock: HandClock) -> None:
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


def test_oauth_tells_the_ages_of_both_tokens(oauth: OAuth, clock: HandClock) -> None:
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


def test_a_refresh_token_nobody_used_for_long_warns(brex: StandIn, clock: HandClock) -> None:
    warned = list[TokenStatus]()
    oauth = OAuth(app(), MemoryTokenStore(seed(brex)), on_expiring=warned.append, clocks=clocks(clock))
    clock.now += timedelta(days=80)
    oauth.credential_status()
    client(brex, oauth, clock).company.get()
    assert [status.kind for status in warned] == [TokenKind.REFRESH_TOKEN]
    assert oauth.credential_status()[1].left == timedelta(days=90)


def test_without_a_callback_the_warning_is_logged(clock: HandClock, caplog: pytest.LogCaptureFixture) -> None:
    UserToken("bxt_1", last_used_at=NOW - timedelta(days=89), clocks=clocks(clock)).credential_status()
    assert caplog.messages == ["the Brex user token expires at 2026-03-02 12:00:00+00:00 unless it is used before"]


def test_a_callback_that_fails_is_logged_and_fails_no_call(
    brex: StandIn, clock: HandClock, caplog: pytest.LogCaptureFixture
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
