"""One endpoint test, four ways: blocking or awaitable, in process or over sockets.

@pytest.fixture(params=WAYS)
def run(request: pytest.FixtureRequest, standin: StandIn) -> Iterator[Runner[rillet.Client]]:
    with runner(request.param, standin, rillet.Client, rillet.AsyncClient, api_key=standin.api_key) as made:
        yield made

def test_get(run: Runner[rillet.Client]) -> None:
    assert run.call(lambda client: client.vendors.get("…")).name == "…"
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast, overload

from clientkit.client import AsyncBaseClient, BaseClient
from clientkit.paging import AsyncPager, Pager
from clientkit.testing import StandIn

C = TypeVar("C", bound=BaseClient)
T = TypeVar("T")

WAYS = ("blocking-in-process", "awaitable-in-process", "blocking-over-sockets", "awaitable-over-sockets")


@dataclass(frozen=True)
class Runner(Generic[C]):
    """Calls endpoints of one client. An awaitable client stands here under the type of the blocking one."""

    client: C
    loop: asyncio.Runner | None = None

    @overload
    def call(self, endpoint: Callable[[C], Pager[T]]) -> list[T]: ...
    @overload
    def call(self, endpoint: Callable[[C], Iterator[T]]) -> list[T]: ...
    @overload
    def call(self, endpoint: Callable[[C], T]) -> T: ...
    def call(self, endpoint: Callable[[C], Any]) -> Any:
        """What the endpoint returns, awaited where needed; a pager, or its pages, as a list."""
        found: object = endpoint(self.client)
        if self.loop is not None:
            return self.loop.run(_awaited(found))
        return list(cast("Iterator[object]", found)) if isinstance(found, Pager | Iterator) else found


async def _awaited(found: Any) -> object:
    if isinstance(found, AsyncPager | AsyncIterator):
        return [each async for each in cast("AsyncIterator[object]", found)]
    return await found if inspect.isawaitable(found) else found


@contextmanager
def runner(
    way: str,
    standin: StandIn,
    blocking: Callable[..., C],
    awaitable: Callable[..., AsyncBaseClient],
    **arguments: Any,
) -> Generator[Runner[C]]:
    """A runner whose client reaches `standin` in one of `WAYS`; `arguments` go to the client's constructor."""
    called, _, place = way.partition("-")
    if place == "in-process":
        transport = standin.transport() if called == "blocking" else standin.async_transport()
        wired = {"base_url": "https://stand-in.test", **arguments, "transport": transport}
        with _client(called, blocking, awaitable, wired) as made:
            yield made
    else:
        with standin.serve() as url, _client(called, blocking, awaitable, {**arguments, "base_url": url}) as made:
            yield made


@contextmanager
def _client(
    called: str,
    blocking: Callable[..., C],
    awaitable: Callable[..., AsyncBaseClient],
    arguments: dict[str, Any],
) -> Generator[Runner[C]]:
    if called == "blocking":
        with blocking(**arguments) as client:
            yield Runner(client)
        return
    with asyncio.Runner() as loop:
        twin = awaitable(**arguments)
        try:
            yield Runner(cast("C", twin), loop)
        finally:
            loop.run(twin.aclose())
