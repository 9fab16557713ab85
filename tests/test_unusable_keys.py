"""A client that cannot be built leaves no key in the frames of its error, which notebooks and error trackers keep."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable

import pytest

import brex_accounting
import rillet
from brex_accounting import UserToken
from clientkit import ConfigurationError

KEY = "a-key-that-nobody-may-see"
_CLIENTS = (brex_accounting.Client, brex_accounting.AsyncClient, rillet.Client, rillet.AsyncClient)


def held(error: BaseException | None) -> list[str]:
    """The local variables with the key in the frames behind an error, and behind those that it came from."""
    found = list[str]()
    while error is not None:
        assert KEY not in str(error)
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename != __file__:
                found += [
                    f"{frame.f_code.co_name}: {name}" for name, each in frame.f_locals.items() if KEY in repr(each)
                ]
        error = error.__cause__ or error.__context__
    return found


@pytest.mark.parametrize("client", _CLIENTS)
@pytest.mark.parametrize(("key", "url"), [(f"{KEY} ", None), (KEY, "http://example.com"), (KEY, "https://[")])
def test_no_frame_behind_the_error_holds_the_key(client: Callable[..., object], key: str, url: str | None) -> None:
    with pytest.raises(ConfigurationError) as caught:
        client(key, **({} if url is None else {"base_url": url}))

    assert held(caught.value) == []


@pytest.mark.parametrize("client", _CLIENTS)
@pytest.mark.parametrize(("key", "url"), [(f"{KEY} ", ""), (KEY, "http://example.com")])
def test_nor_does_one_of_a_client_from_the_environment(
    client: type[brex_accounting.Client | brex_accounting.AsyncClient | rillet.Client | rillet.AsyncClient],
    key: str,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("BREX_TOKEN", "RILLET_API_KEY"):
        monkeypatch.setenv(name, key)
    for name in ("BREX_BASE_URL", "RILLET_BASE_URL"):
        monkeypatch.setenv(name, url)

    with pytest.raises(ConfigurationError) as caught:
        client.from_env()

    assert held(caught.value) == []


def test_nor_does_one_of_a_consent_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREX_TOKEN_FILE", "tokens.json")
    monkeypatch.setenv("BREX_CLIENT_ID", "some-client")
    monkeypatch.setenv("BREX_CLIENT_SECRET", KEY)
    monkeypatch.setenv("BREX_AUTH_URL", "http://example.com")

    with pytest.raises(ConfigurationError, match="BREX_AUTH_URL") as caught:
        brex_accounting.Client.from_env()

    assert held(caught.value) == []


def test_nor_does_one_of_a_user_token() -> None:
    with pytest.raises(ConfigurationError) as caught:
        UserToken(f"{KEY}\n")

    assert held(caught.value) == []


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_nor_does_one_of_another_argument(environment: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        rillet.Client(KEY, environment=environment, api_version="four")  # type: ignore[arg-type]  # the case

    assert held(caught.value) == []


def test_a_warning_of_an_unknown_version_names_the_line_that_builds_the_client() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rillet.Client(KEY, api_version="9").close()

    assert [each.filename for each in caught] == [__file__]
