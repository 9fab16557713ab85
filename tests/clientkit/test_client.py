"""The two clients: where a token may go, what they share, and what they refuse."""

from __future__ import annotations

import asyncio
import platform
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import rillet.testing
from clientkit import (
    Answer,
    ConfigurationError,
    Options,
    Outgoing,
    Pacer,
    RetryPolicy,
    errors,
)
from clientkit.client import (
    checked_base_url,
    checked_token,
    from_environment,
    release,
    user_agent,
)
from clientkit.transport import AsyncHttpTransport, HttpTransport, InProcess
from support.shop import AsyncShop, ItemOperations, Shop, ShopStandIn, connect

GET = ItemOperations.get.build("a")


# --- base URLs and tokens ------------------------------------------------------------------

_HOSTS = st.sampled_from(["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "shop.test", "10.0.0.1", "localhost.evil.test",
                          "127.0.0.1.evil.test", "[::2]", "0.0.0.0", "2130706433"])  # fmt: skip
_PIECES = st.lists(
    st.sampled_from(["http", "HTTPS", "https", ":", "//", "/", "@", "?", "#", "\\", "localhost", "127.0.0.1", "[::1]", "evil.test", ":80",
                     ":99999", "user", "%40", "\n", " ", "\t", "[", "ä", ".", "%0a", "\x00"]),
    max_size=8,
).map("".join)  # fmt: skip


@given(
    st.sampled_from(["http", "https", "HTTP", "Https", "ftp", "ws", ""]),
    _HOSTS,
    st.sampled_from(["", ":8080"]),
    st.sampled_from(["", "/", "/v1", "/v1//"]),
)
def test_http_is_for_loopback_alone(scheme: str, host: str, port: str, path: str) -> None:
    loopback = host in {"localhost", "127.0.0.1", "127.8.9.1", "[::1]"}
    allowed = scheme.lower() == "https" or (scheme.lower() == "http" and loopback)
    try:
        made = checked_base_url(f"{scheme}://{host}{port}{path}")
    except ConfigurationError:
        assert not allowed
    else:
        assert allowed
        assert made == f"{scheme.lower()}://{host}{port}{path.rstrip('/')}"


@given(
    st.text()
    | _PIECES
    | _PIECES.map(lambda rest: f"https://{rest}")
    | _PIECES.map(lambda rest: f"http://localhost{rest}")
)
@example("https://shop.test\n")
@example("https://shop.test?")
@example("https://shop.test#")
@example("http://localhost:80\\.evil.test")
def test_a_base_url_that_passes_leads_where_it_says(text: str) -> None:
    try:
        made = checked_base_url(text)
    except ConfigurationError:
        return
    # What the checker understood and what the HTTP library does with it must be the same.
    try:
        reached = httpx.URL(f"{made}/items")
    except httpx.InvalidURL:
        return
    said = urlsplit(made)
    assert reached.scheme == said.scheme
    assert reached.scheme == "https" or said.hostname in {"localhost", "127.0.0.1", "::1"}
    assert reached.path.endswith("/items")
    assert not reached.query
    assert not reached.fragment
    assert not reached.userinfo
    if said.hostname is not None and said.hostname.isascii():
        assert reached.raw_host.decode() == said.hostname


@pytest.mark.parametrize(
    "base_url", ["https://user@shop.test", "https://user:hunter2@shop.test", "https://:hunter2@shop.test"]
)
def test_a_password_in_the_base_url_is_refused_and_not_shown(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="must not hold a user name or a password") as caught:
        checked_base_url(base_url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("base_url", ["https://[::1", "https://shop.test:port", "https://shop.test:99999"])
def test_what_is_no_url_is_told(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url is not a URL"):
        checked_base_url(base_url)


@given(st.text())
@example("abc\n")
@example("")
def test_a_token_that_passes_can_stand_in_a_header(token: str) -> None:
    fits = bool(token) and all("!" <= character <= "~" for character in token)
    try:
        assert checked_token(token) is token
        assert fits
    except ConfigurationError:
        assert not fits


def test_a_variable_that_is_not_set_is_named() -> None:
    assert from_environment("KEY", {"KEY": "value"}) == "value"
    for environment in ({}, {"KEY": ""}):
        with pytest.raises(ConfigurationError, match="environment variable KEY is not set"):
            from_environment("KEY", environment)


def test_the_environment_of_the_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TEST_KEY", "value")
    assert from_environment("SHOP_TEST_KEY") == "value"


def test_the_user_agent_names_the_release_and_python() -> None:
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert release() == project["project"]["version"]
    assert user_agent() == f"brex-rillet/{release()} python/{platform.python_version()}"


def test_without_options_a_connection_has_the_documented_bounds() -> None:
    made = connect()
    assert made.options == Options()
    assert 0 <= made.clocks.chance() < 1
    assert made.clocks.monotonic() <= made.clocks.monotonic()
    assert made.clocks.wall() > 1.7e9


# --- options, sharing, closing ---------------------------------------------------------------


class Counting(InProcess):
    def __init__(self) -> None:
        super().__init__(self.answer)
        self.sent = list[Outgoing]()
        self.closed = 0

    def answer(self, outgoing: Outgoing) -> Answer:
        self.sent.append(outgoing)
        return Answer(status=503 if len(self.sent) < 3 else 200, content=b'{"id": "a", "price": 1}')

    def close(self) -> None:
        self.closed += 1


def test_other_options_share_connections_and_pace() -> None:
    transport, waits = Counting(), list[float]()
    pacer = Pacer(100)
    shop = Shop(connect(pacer=pacer), transport, sleep=waits.append)
    twin = shop.with_options(timeout=7.0, deadline=70.0, max_answer_bytes=700, retry=RetryPolicy(base=0.0))
    assert type(twin) is Shop
    twin.items.get("a")
    assert [(sent.timeout, sent.max_answer_bytes) for sent in transport.sent] == [(7.0, 700)] * 3
    assert waits == [0.0, 0.0]
    assert twin._context.pacer is shop._context.pacer is pacer
    assert shop._context.options == Options()
    assert twin.with_options(timeout=8.0)._context.options.deadline == 70.0
    assert twin.base_url == shop.base_url == "https://shop.test"


def test_a_bound_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="must be > 0"):
        Shop(connect(), Counting()).with_options(timeout=-1)


def test_a_client_closes_what_it_opened_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = list[object]()

    def close(self: object) -> None:
        closed.append(self)

    monkeypatch.setattr(HttpTransport, "close", close)
    given_one = Counting()
    with Shop(connect(), given_one):
        pass
    assert given_one.closed == 0
    with Shop(connect()) as shop:
        with shop.with_options(timeout=1):
            pass
        assert not closed
    assert closed == [shop._transport]


def test_an_asynchronous_client_closes_what_it_opened_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = list[object]()

    async def close(self: object) -> None:
        closed.append(self)

    monkeypatch.setattr(AsyncHttpTransport, "aclose", close)

    async def main() -> AsyncShop:
        async with AsyncShop(connect(), ShopStandIn().async_transport()):
            pass
        async with AsyncShop(connect()) as shop:
            async with shop.with_options(timeout=1):
                pass
            assert not closed
        return shop

    assert closed == [asyncio.run(main())._transport]


@pytest.mark.parametrize(
    ("base_url", "proxies"), [("http://localhost:1", False), ("HTTP://127.0.0.1", False), ("https://shop.test", True)]
)
def test_plain_http_never_passes_a_proxy_of_the_environment(
    base_url: str, proxies: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Shop(connect(base_url)) as shop:
        transport = shop._transport
        assert isinstance(transport, HttpTransport)
        assert (transport._way_out.proxy is not None) == proxies


def test_an_answer_comes_with_its_status_and_trace() -> None:
    standin = ShopStandIn()
    answered = Shop(connect(), standin.transport()).answer(GET)
    assert (answered.value.id, answered.status, answered.trace_id) == ("a", 200, "t-1")
    again = asyncio.run(AsyncShop(connect(), standin.async_transport()).answer(GET))
    assert again == answered


def test_the_raw_response_of_any_method_takes_its_arguments() -> None:
    standin = ShopStandIn()
    shop, later = Shop(connect(), standin.transport()), AsyncShop(connect(), standin.async_transport())
    answered = shop.answer(shop.items.get, "a")
    assert (answered.value, answered.status, answered.trace_id) == (shop.items.get("a"), 200, "t-1")
    assert asyncio.run(later.answer(later.items.get, item_id="a")) == answered


def test_the_raw_response_of_a_listing_is_its_first_page() -> None:
    standin = rillet.testing.StandIn(vendors=[rillet.testing.vendor(name) for name in ("Ada", "Bo", "Cy")])
    with standin.client() as client:
        page = client.answer(client.vendors.list, limit=2)
        assert (page.status, page.value.items) == (200, next(client.vendors.list(limit=2).pages()).items)

    async def awaited() -> tuple[object, ...]:
        async with standin.async_client() as client:
            return (await client.answer(client.vendors.list, limit=2)).value.items

    assert asyncio.run(awaited()) == page.value.items
    assert len(page.value.items) == 2


def test_what_is_no_single_call_has_no_raw_response() -> None:
    standin = ShopStandIn()
    shop: Any = Shop(connect(), standin.transport())
    with pytest.raises(TypeError, match=r"Items\.find makes several calls, and answer is of one"):
        shop.answer(shop.items.find, ["a"])
    with pytest.raises(TypeError, match=r"such as client\.vendors\.get, or a request; not Item$"):
        shop.answer(shop.items.get("a"))
    with pytest.raises(TypeError, match="a request is complete"):
        shop.answer(GET, "a")
    with pytest.raises(TypeError, match="item_id"):
        shop.answer(shop.items.get, 3)


def test_an_error_of_the_service_is_an_error_of_both_clients() -> None:
    standin = ShopStandIn()
    standin.answers["GET", "/items/a"] = Answer(status=404)
    with pytest.raises(errors.NotFoundError):
        Shop(connect(), standin.transport()).items.get("a")
    with pytest.raises(errors.NotFoundError):
        asyncio.run(AsyncShop(connect(), standin.async_transport()).items.get("a"))
