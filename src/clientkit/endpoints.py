"""Write an endpoint once; call it on a blocking client or await it on an asynchronous one.

An endpoint is a method that builds a `Request` (or a `PageRequest`, or for several calls a sequence of them) and does
nothing else::

    class VendorOperations:
        @operation
        def get(self, vendor_id: str) -> Request[Vendor]:
            return Request(method="GET", path=f"/vendors/{segment(vendor_id)}", returns=Vendor)

    class Vendors(VendorOperations, SyncResource): ...
    class AsyncVendors(VendorOperations, AsyncResource): ...

Type checkers see a descriptor whose result depends on the resource that it is read from; at run time every resource
class gets ordinary functions, so that `help`, `inspect`, mocks and tracebacks meet nothing unusual.
``client.vendors.get.build("…")`` is the request alone; nothing is sent.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Coroutine
from types import FunctionType
from typing import (
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    Protocol,
    Self,
    TypeVar,
    cast,
    get_args,
    overload,
)

import attrs

from clientkit.arguments import checked_arguments
from clientkit.overriding import override
from clientkit.paging import AsyncPager, Pager
from clientkit.requests import AsyncExecutor, Executor, PageRequest, Request
from clientkit.sequences import CallSequence, drive_calls, drive_calls_async

# Type checkers take the name for true, whatever it is given; jedi reads only what this does not rule out.
TYPE_CHECKING = False

P = ParamSpec("P")
T = TypeVar("T")
B = TypeVar("B")
A_co = TypeVar("A_co", covariant=True)
B_co = TypeVar("B_co", covariant=True)


class BoundEndpoint(Protocol[P, A_co, B_co]):
    """An endpoint as it is read from a resource: called, it gives the answer; `build` gives what it would send."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> A_co:
        """The answer, or a coroutine or pager of it."""
        ...

    def build(self, *args: P.args, **kwargs: P.kwargs) -> B_co:
        """The request, listing or calls alone, without sending anything."""
        ...


class _Endpoint:
    """The run-time half: makes an ordinary function for each kind of resource."""

    _is_paged = False

    def __init__(self, build: Callable[..., Any], /) -> None:
        self._build: Any = build
        self._built = self._named(checked_arguments(build))
        self._operation = ""
        self.__doc__ = build.__doc__
        if not TYPE_CHECKING:
            self.build = functools.partial(self._built, None)

    def __set_name__(self, owner: type, name: str) -> None:
        # A resource is a module, such as rillet.payables.charges, unless its class says another name.
        package, _, rest = owner.__module__.partition(".")
        resource: str = getattr(owner, "_resource", rest.rpartition(".")[2])
        self._operation = ".".join(filter(None, (package, resource, name)))

    def _named(self, build: Callable[..., Any]) -> Callable[..., Any]:
        """What the endpoint builds, with the endpoint's name."""

        @functools.wraps(build)
        def built(*args: Any, **kwargs: Any) -> Any:
            return attrs.evolve(build(*args, **kwargs), operation=self._operation)

        return built

    def method(self, owner: type[SyncResource | AsyncResource], *, blocking: bool) -> Callable[..., Any]:
        """An ordinary method of `owner` that carries out this endpoint."""
        call = self._blocking(self._built) if blocking else self._awaiting(self._built)
        declared = inspect.signature(self._build)
        pager = owner._pager if self._is_paged else None
        answer = _answer(declared.return_annotation, pager)
        # The endpoint's own globals, so that its annotations resolve. Not __wrapped__: unittest.mock would follow it
        # and take an awaitable endpoint for a blocking one.
        names = self._build.__globals__ if pager is None else {pager.__name__: pager, **self._build.__globals__}
        made: Any = FunctionType(call.__code__, names, self._build.__name__, None, call.__closure__)
        made.__qualname__ = f"{owner.__qualname__}.{self._build.__name__}"
        made.__module__ = owner.__module__
        made.__doc__ = self._build.__doc__
        made.__annotations__ = {**self._build.__annotations__, "return": answer}
        made.__signature__ = declared.replace(return_annotation=answer)
        made.build = functools.partial(self._built, None)
        result: Callable[..., Any] = made
        return result

    def _blocking(self, build: Callable[..., Any]) -> FunctionType:
        raise NotImplementedError

    def _awaiting(self, build: Callable[..., Any]) -> FunctionType:
        raise NotImplementedError


class _Answered(_Endpoint, Generic[P, T, B]):
    """An endpoint whose call gives the answer itself: at once, or awaited. `B` is what it is built of."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
        @overload
        def __get__(self, instance: SyncResource, owner: type[Any], /) -> BoundEndpoint[P, T, B]: ...
        @overload
        def __get__(
            self, instance: AsyncResource, owner: type[Any], /
        ) -> BoundEndpoint[P, Coroutine[Any, Any, T], B]: ...
        def __get__(self, instance: object, owner: type[Any], /) -> Any: ...


class Operation(_Answered[P, T, Request[T]]):
    """A single exchange: one request, one answer."""

    def __init__(self, build: Callable[Concatenate[Any, P], Request[T]], /) -> None:
        super().__init__(build)

    if TYPE_CHECKING:

        def build(self, *args: P.args, **kwargs: P.kwargs) -> Request[T]:
            """The request alone, without sending it."""
            ...

    @override
    def _blocking(self, build: Callable[..., Any]) -> FunctionType:
        def call(self: SyncResource, /, *args: Any, **kwargs: Any) -> Any:
            return self._client.execute(build(self, *args, **kwargs))

        return cast("FunctionType", call)

    @override
    def _awaiting(self, build: Callable[..., Any]) -> FunctionType:
        async def call(self: AsyncResource, /, *args: Any, **kwargs: Any) -> Any:
            return await self._client.execute(build(self, *args, **kwargs))

        return cast("FunctionType", call)


class Listing(_Endpoint, Generic[P, T]):
    """A listing: as many exchanges as there are pages, each made when it is reached."""

    _is_paged = True

    def __init__(self, build: Callable[Concatenate[Any, P], PageRequest[T]], /) -> None:
        super().__init__(build)

    if TYPE_CHECKING:

        def build(self, *args: P.args, **kwargs: P.kwargs) -> PageRequest[T]:
            """The listing alone, without sending anything."""
            ...

        @overload
        def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
        @overload
        def __get__(
            self, instance: SyncResource, owner: type[Any], /
        ) -> BoundEndpoint[P, Pager[T], PageRequest[T]]: ...
        @overload
        def __get__(
            self, instance: AsyncResource, owner: type[Any], /
        ) -> BoundEndpoint[P, AsyncPager[T], PageRequest[T]]: ...
        def __get__(self, instance: object, owner: type[Any], /) -> Any: ...

    @override
    def _blocking(self, build: Callable[..., Any]) -> FunctionType:
        def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            return self._pager(self._client, build(self, *args, **kwargs))

        return cast("FunctionType", call)

    # Nothing is awaited before the pages are.
    _awaiting = _blocking


class Several(_Answered[P, T, CallSequence[T]]):
    """A method of several calls: a generator of requests, which has to decide by their answers what comes next.

    It is written with `ask` and `ask_all`, as in ``vendor = yield from ask(VendorOperations.get.build(vendor_id))``. An
    error of a call is raised there, and the method may know a way on.
    """

    def __init__(self, build: Callable[Concatenate[Any, P], CallSequence[T]], /) -> None:
        super().__init__(build)

    if TYPE_CHECKING:

        def build(self, *args: P.args, **kwargs: P.kwargs) -> CallSequence[T]:
            """The calls alone, without sending anything."""
            ...

    @override
    def _named(self, build: Callable[..., Any]) -> Callable[..., Any]:
        # Its calls are of endpoints that have names.
        return build

    @override
    def _blocking(self, build: Callable[..., Any]) -> FunctionType:
        def call(self: SyncResource, /, *args: Any, **kwargs: Any) -> Any:
            return self._drive_calls(build(self, *args, **kwargs), self._client)

        return cast("FunctionType", call)

    @override
    def _awaiting(self, build: Callable[..., Any]) -> FunctionType:
        async def call(self: AsyncResource, /, *args: Any, **kwargs: Any) -> Any:
            return await self._drive_calls(build(self, *args, **kwargs), self._client)

        return cast("FunctionType", call)


def _answer(declared: Any, pager: Any) -> Any:
    """What a call gives, from what its builder is declared to return; both as text where annotations are text."""
    if isinstance(declared, str):
        answer = declared.partition("[")[2][:-1]
        return f"{pager.__name__}[{answer}]" if pager is not None else answer
    # A sequence of calls names its answer last.
    kind = (get_args(declared) or (Any,))[-1]
    return pager[kind] if pager is not None else kind


def _declared(owner: type) -> dict[str, _Endpoint]:
    """The endpoints that `owner` would answer with, nearest definition first."""
    nearest: dict[str, object] = {}
    for base in owner.__mro__:
        for name, value in vars(base).items():
            nearest.setdefault(name, value)
    return {name: value for name, value in nearest.items() if isinstance(value, _Endpoint)}


class SyncResource:
    """Endpoints read from this class block until the answer is there."""

    _pager = Pager
    _drive_calls = staticmethod(drive_calls)

    def __init__(self, client: Executor) -> None:
        self._client = client

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client!r}>"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, endpoint in _declared(cls).items():
            setattr(cls, name, endpoint.method(cls, blocking=True))


class AsyncResource:
    """Endpoints read from this class must be awaited."""

    _pager = AsyncPager
    _drive_calls = staticmethod(drive_calls_async)

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client!r}>"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, endpoint in _declared(cls).items():
            setattr(cls, name, endpoint.method(cls, blocking=False))


if TYPE_CHECKING:
    operation = Operation
    listing = Listing
    several = Several
else:
    if sys.platform == "jedi":
        # Never so. jedi cannot tell the platform, and does not follow what is written to `globals`.
        from clientkit._completion import listing, operation, several  # noqa: F401
    globals().update(operation=Operation, listing=Listing, several=Several)
