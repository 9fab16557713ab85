"""What others trace of httpx: a link is a permission, and in none of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from clientkit.requests import Request, follow
from support.shop import AsyncShop, Shop, ShopStandIn, connect

ASK = Request(method="GET", path="/items/a", returns=object)


def ask_all(standin: ShopStandIn, *, is_awaited: bool, is_given: bool) -> None:
    """A call and a link, with the caller's httpx client or without."""

    async def awaited(url: str) -> None:
        given = httpx.AsyncClient(trust_env=False) if is_given else None
        async with AsyncShop(connect(url), http_client=given) as shop:
            await shop.execute(ASK)
            await shop.execute(follow(f"{url}/file?signature=private"))
        if given is not None:
            await given.aclose()

    with standin.serve() as url:
        if is_awaited:
            asyncio.run(awaited(url))
            return
        given = httpx.Client(trust_env=False) if is_given else None
        with Shop(connect(url), http_client=given) as shop:
            shop.execute(ASK)
            shop.execute(follow(f"{url}/file?signature=private"))
        if given is not None:
            given.close()


@pytest.fixture
def spans() -> Iterator[Any]:
    """The spans of OpenTelemetry's instrumentation of httpx."""
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.httpx")
    trace = pytest.importorskip("opentelemetry.sdk.trace")
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), trace.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = instrumentation.HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield exporter.get_finished_spans
    instrumentor.uninstrument()


@pytest.mark.parametrize("is_awaited", [False, True])
@pytest.mark.parametrize("is_given", [False, True])
def test_a_link_is_in_no_span(standin: ShopStandIn, spans: Any, *, is_awaited: bool, is_given: bool) -> None:
    ask_all(standin, is_awaited=is_awaited, is_given=is_given)
    assert [asked.path for asked in standin.asked] == ["/items/a", "/file"]
    urls = [each.attributes["http.url"] for each in spans()]
    # Connections of our own are ours to trace: see the page on telemetry.
    assert [url.rpartition("/items/")[2] for url in urls] == (["a"] if is_given else [])


@pytest.mark.parametrize("is_awaited", [False, True])
def test_who_wraps_every_client_of_httpx_sees_no_link(
    standin: ShopStandIn, monkeypatch: pytest.MonkeyPatch, *, is_awaited: bool
) -> None:
    seen = list[str]()
    for kind in (httpx.Client, httpx.AsyncClient):
        send: Any = kind.send

        def wrapped(self: object, request: httpx.Request, *, _send: Any = send, **named: Any) -> object:
            seen.append(request.url.raw_path.decode())
            return _send(self, request, **named)

        monkeypatch.setattr(kind, "send", wrapped)
    ask_all(standin, is_awaited=is_awaited, is_given=False)
    assert [asked.path for asked in standin.asked] == ["/items/a", "/file"]
    assert seen == ["/items/a"]
