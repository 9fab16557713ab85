"""Set-up that several tests of the floor share."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clientkit import Options, RetryPolicy, errors
from clientkit.codec import text
from support.callers import Caller
from support.endpoint_runner import WAYS, Runner, runner
from support.raw_server import tls_pair
from support.shop import AsyncShop, Shop, ShopStandIn, connect

_AT_ONCE = Options(retry=RetryPolicy(base=0.0))


@pytest.fixture(params=["msgspec", "json"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The test runs once with msgspec and once as if it were not installed."""
    if request.param == "json":
        monkeypatch.setitem(sys.modules, "msgspec", None)
    else:
        pytest.importorskip("msgspec", reason="the extra `fast` is not installed")
    monkeypatch.setattr(text, "_parse", text._make_parse())
    return str(request.param)


@pytest.fixture
def standin() -> ShopStandIn:
    return ShopStandIn()


@pytest.fixture(params=WAYS)
def run(request: pytest.FixtureRequest, standin: ShopStandIn) -> Iterator[Runner[Shop]]:
    """A client of `standin`: blocking or awaitable, in process or over sockets."""
    with runner(request.param, standin, _shop, _async_shop) as made:
        yield made


def _shop(base_url: str, **wired: Any) -> Shop:
    return Shop(connect(base_url, options=_AT_ONCE), **wired)


def _async_shop(base_url: str, **wired: Any) -> AsyncShop:
    return AsyncShop(connect(base_url, options=_AT_ONCE), **wired)


@pytest.fixture(scope="session")
def _warm() -> None:
    # The first call of a process imports what it needs, which is no part of what is measured here.
    caller = Caller(is_awaited=True)
    with pytest.raises(errors.NotSentError):
        caller.ask(caller.client("http://127.0.0.1:1"))
    caller.close()


@pytest.fixture(params=[False, True], ids=["blocking", "awaited"])
def caller(request: pytest.FixtureRequest, _warm: None) -> Iterator[Caller]:
    made = Caller(request.param)
    yield made
    made.close()


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """TLS of a server that clients trust for as long as the test lasts."""
    server, certificate = tls_pair()
    path = tmp_path / "trusted.pem"
    path.write_text(certificate, encoding="ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setenv("NO_PROXY", "*")
    return server
