"""The two base clients that a service's client builds on."""

from __future__ import annotations

import functools
import importlib
import os
import random
import re
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Generic, NoReturn, ParamSpec, TypeVar, cast, overload
from urllib.parse import urlsplit

import attrs

from clientkit.addresses import is_loopback
from clientkit.call_context import Authorization, BearerToken, CallContext, Clocks, Options, RetryPolicy, Service
from clientkit.drivers import drive, drive_async, over, over_async, pause
from clientkit.errors import ConfigurationError
from clientkit.exchange import call_flow
from clientkit.pacing import Pacing
from clientkit.requests import Page, PageRequest, Request
from clientkit.transport import AsyncHttpTransport, AsyncTransport, HttpTransport, Transport
from clientkit.wire import Answered

# Type checkers take the name for true, whatever it is given; jedi reads only what this does not rule out.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Coroutine

    import httpx

    from clientkit.endpoints import BoundEndpoint
    from clientkit.paging import AsyncPager, Pager
    from clientkit.sequences import CallSequence

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
#: jedi takes `Self` for the class that says it, and would complete no resource after ``with rillet.Client() as client``.
ClientT = TypeVar("ClientT", bound="_Base")

CLOCKS = Clocks(monotonic=time.monotonic, wall=time.time, chance=random.random)


# What a host can be made of, an IPv6 address included; anything else is understood differently by different libraries.
_HOST = re.compile(r"[\w.:-]+")


def new_call_context(
    service: Service,
    *,
    base_url: str,
    token: str | Authorization | None,
    options: Options | None = None,
    pacer: Pacing | None = None,
    clocks: Clocks | None = None,
) -> CallContext:
    """Everything a client has besides its transport. Raises `ConfigurationError` for an unsafe URL or token.

    Args:
        service: What the floor has to know about the service.
        base_url: https, or http on loopback alone.
        token: A bearer token, or what gives the ``Authorization`` header of each attempt; None sends no such header.
        options: Timeout, deadline, retries and the bound on an answer's size.
        pacer: Keeps requests below the service's limit, where it has one.
        clocks: Instead of the machine's clocks, for tests.
    """
    return CallContext(
        service=service,
        base_url=checked_base_url(base_url),
        authorization=BearerToken(checked_token(token)) if isinstance(token, str) else token,
        options=options or Options(),
        pacer=pacer,
        clocks=clocks or CLOCKS,
    )


def checked_base_url(base_url: str, name: str = "base_url") -> str:
    """`base_url` without a slash at its end, if a token may be sent there: https, or http on loopback alone.

    `name` is the argument or variable that it comes from.
    """
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"{name} is not a URL: {error}") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(f"{name} must not hold a user name or a password")
    # urlsplit drops line breaks and empty queries without a word, but they would be sent.
    clean = base_url.isprintable() and not any(mark in base_url for mark in " ?#\\")
    clean = clean and _HOST.fullmatch(host or "") is not None
    if not host or parts.scheme not in {"http", "https"} or not clean:
        raise ConfigurationError(f"{name} {base_url!r} is not of the form https://host[/path]")
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationError(f"{name} {base_url!r} would send the token unencrypted; http is for loopback alone")
    return parts.geturl().rstrip("/")


def checked_token(token: str, name: str = "the token") -> str:
    """`token` itself, if it can stand in a header. The error never shows it, but the `name` of where it comes from."""
    if token and token.isascii() and token.isprintable() and " " not in token:
        return token
    # A traceback with local variables would show it.
    del token
    raise ConfigurationError(f"{name} is empty or holds characters that no token has (a line break, a blank?)")


def or_problem(build: Callable[P, T]) -> Callable[P, T | ConfigurationError]:
    """`build`, which returns a `ConfigurationError` instead of raising it: without the frames, which hold the token."""

    @functools.wraps(build)
    def built(*args: P.args, **kwargs: P.kwargs) -> T | ConfigurationError:
        try:
            return build(*args, **kwargs)
        except ConfigurationError as error:
            return error.with_traceback(None)

    return built


def without_problem(built: T | ConfigurationError) -> T:
    """What `or_problem` has built. Raises the problem; the caller has forgotten the token before."""
    if isinstance(built, ConfigurationError):
        raise built
    return built


def from_environment(variable: str, environment: Mapping[str, str] | None = None) -> str:
    """The value of an environment variable. Raises `ConfigurationError` naming it if it is not set or empty."""
    value = (os.environ if environment is None else environment).get(variable, "")
    if not value:
        raise ConfigurationError(f"the environment variable {variable} is not set")
    return value


def release() -> str:
    """The version of the SDK, such as ``0.1.0``."""
    return _RELEASE


def user_agent() -> str:
    """Which release of the SDK runs on which Python, as services see it."""
    return f"brex-rillet/{release()} python/{sys.version.split()[0]}"


def _leaves_this_machine(context: CallContext) -> bool:
    # Plain http is loopback, where a proxy of the environment would only see what it must not.
    return not context.base_url.startswith("http:")


def _check_one_way(transport: object, http_client: object) -> None:
    if transport is not None and http_client is not None:
        raise ConfigurationError("a client takes a transport or an httpx client (http_client=), not both")


def _one_request(
    asked: Request[Any] | BoundEndpoint[..., object, Any], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> Request[Any]:
    """What `answer` sends: a request as it is, or what a method of a resource builds of its arguments."""
    if isinstance(asked, Request):
        if args or kwargs:
            raise TypeError("a request is complete: answer takes arguments for a method of a resource alone")
        return asked
    build = getattr(asked, "build", None)
    if build is None:
        kind = type(asked).__name__
        raise TypeError(f"answer takes a method of a resource, such as client.vendors.get, or a request; not {kind}")
    built: Request[Any] | PageRequest[Any] | CallSequence[Any] = build(*args, **kwargs)
    if isinstance(built, PageRequest):
        return built.at(None)
    if not isinstance(built, Request):
        raise TypeError(f"{getattr(asked, '__qualname__', asked)} makes several calls, and answer is of one")
    return built


class LazyResource(Generic[R]):
    """An attribute of a client that imports its resource's module when it is first used.

    Read from the client's class it is the resource's class, so that ``help``, ``inspect`` and autospec find its methods.
    """

    def __init__(self, module: str, name: str) -> None:
        self._module, self._class = module, name

    def __set_name__(self, owner: type, name: str) -> None:
        self._attribute = name

    if TYPE_CHECKING:

        @overload
        def __get__(self, client: None, owner: type) -> type[R]: ...

    # jedi would take both, and show each signature twice.
    @overload
    def __get__(self, client: object, owner: type) -> R: ...
    def __get__(self, client: object | None, owner: type) -> type[R] | R:
        kind: Callable[[object], R] = getattr(importlib.import_module(self._module), self._class)
        if client is None:
            return cast("type[R]", kind)
        made = kind(client)
        client.__dict__[self._attribute] = made
        return made


class _Base:
    """What both clients share: settings that stay, and the refusal to be pickled."""

    _context: CallContext

    def with_options(  # noqa: PYI019
        self: ClientT,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        retry: RetryPolicy | None = None,
        max_answer_bytes: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ClientT:
        """The same client with other bounds; connections and pace are shared, and closing it closes nothing.

        `timeout` bounds one attempt and `deadline` the whole call, in seconds. `headers` join those that it has, such as
        ``{"X-Gateway": "…"}``; those that the SDK sets itself cannot be replaced.
        """
        changes = {
            name: value
            for name, value in {
                "timeout": timeout,
                "deadline": deadline,
                "retry": retry,
                "max_answer_bytes": max_answer_bytes,
                "headers": None if headers is None else {**self._context.options.headers, **headers},
            }.items()
            if value is not None
        }
        twin = object.__new__(type(self))
        twin.__dict__.update({name: value for name, value in self.__dict__.items() if name in _SHARED})
        options = attrs.evolve(self._context.options, **changes)  # type: ignore[arg-type]  # built by name just above
        twin._context = attrs.evolve(self._context, options=options)
        twin.__dict__["_owns_transport"] = False
        return twin

    @property
    def base_url(self) -> str:
        """Where requests go, without a slash at the end."""
        return self._context.base_url

    @property
    def requests_sent(self) -> int:
        """How many requests this client sent so far, repetitions included; twins of `with_options` count together."""
        return self._context.meter.sent

    @property
    def pacer(self) -> Pacing | None:
        """What keeps its requests below the service's limit; None where nothing does."""
        return self._context.pacer

    def __repr__(self) -> str:
        if "_context" not in self.__dict__:
            return f"<{type(self).__name__} that could not be built>"
        return f"{type(self).__module__.partition('.')[0]}.{type(self).__name__}(base_url={self.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds open connections and a token; pass its settings and build another one")


# `pyproject.toml` says the same. The metadata of the installation would, too, and take as long to read as all of cattrs.
_RELEASE = "0.2.0"

_SHARED = frozenset({"_context", "_transport", "_sleep"})


class BaseClient(_Base):
    """A blocking client. Use it as a context manager, or call `close`."""

    def __init__(
        self,
        context: CallContext,
        transport: Transport | None = None,
        *,
        http_client: httpx.Client | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._context = context
        _check_one_way(transport, http_client)
        self._owns_transport = transport is None
        self._transport = transport or HttpTransport(proxies=_leaves_this_machine(context), client=http_client)
        self._sleep = sleep

    def execute(self, request: Request[T]) -> T:
        """Send any request with this client's retries and pace: the way to an endpoint that the SDK does not know."""
        return self.answer(request).value

    @overload
    def answer(self, request: Request[T]) -> Answered[T]: ...
    @overload
    def answer(self, request: BoundEndpoint[P, T, Request[T]], *args: P.args, **kwargs: P.kwargs) -> Answered[T]: ...
    @overload
    def answer(
        self, request: BoundEndpoint[P, Pager[T], PageRequest[T]], *args: P.args, **kwargs: P.kwargs
    ) -> Answered[Page[T]]: ...
    def answer(
        self,
        request: Request[T] | BoundEndpoint[P, object, Request[T] | PageRequest[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Answered[T] | Answered[Page[T]]:
        """The raw response: the status, headers and trace id of one call along with its value.

        `request` is a method of a resource, and what it is called with follows: ``client.answer(client.vendors.get, "…")``.
        Of a listing it is the first page. A request that was built elsewhere is taken as well. Raises as the call itself
        does, and `TypeError` for a method of several calls, such as ``modify``.
        """
        return drive(call_flow(_one_request(request, args, kwargs), self._context), over(self._transport, self._sleep))

    def close(self) -> None:
        """Close the connections, if this client opened them."""
        if self._owns_transport:
            self._transport.close()

    def __enter__(self: ClientT) -> ClientT:  # noqa: PYI019
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncBaseClient(_Base):
    """A client to be awaited. Use it as an asynchronous context manager, or call `aclose`."""

    def __init__(
        self,
        context: CallContext,
        transport: AsyncTransport | None = None,
        *,
        http_client: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[object]] = pause,
    ) -> None:
        self._context = context
        _check_one_way(transport, http_client)
        self._owns_transport = transport is None
        self._transport = transport or AsyncHttpTransport(proxies=_leaves_this_machine(context), client=http_client)
        self._sleep = sleep

    async def execute(self, request: Request[T]) -> T:
        """Send any request with this client's retries and pace: the way to an endpoint that the SDK does not know."""
        return (await self.answer(request)).value

    @overload
    async def answer(self, request: Request[T]) -> Answered[T]: ...
    @overload
    async def answer(
        self, request: BoundEndpoint[P, Coroutine[Any, Any, T], Request[T]], *args: P.args, **kwargs: P.kwargs
    ) -> Answered[T]: ...
    @overload
    async def answer(
        self, request: BoundEndpoint[P, AsyncPager[T], PageRequest[T]], *args: P.args, **kwargs: P.kwargs
    ) -> Answered[Page[T]]: ...
    async def answer(
        self,
        request: Request[T] | BoundEndpoint[P, object, Request[T] | PageRequest[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Answered[T] | Answered[Page[T]]:
        """The raw response, as of a blocking client: ``await client.answer(client.vendors.get, "…")``."""
        flow = call_flow(_one_request(request, args, kwargs), self._context)
        return await drive_async(flow, over_async(self._transport, self._sleep))

    async def aclose(self) -> None:
        """Close the connections, if this client opened them."""
        if self._owns_transport:
            await self._transport.aclose()

    async def __aenter__(self: ClientT) -> ClientT:  # noqa: PYI019
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
