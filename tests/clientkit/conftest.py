"""Set-up that several tests of the floor share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from clientkit import Options, RetryPolicy
from clientkit.codec import text
from support.endpoint_runner import WAYS, Runner, runner
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
