"""Requests as values: what to send and how to read the answer, with no I/O."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar, cast
from urllib.parse import quote, urlencode

import attrs
from typing_extensions import override

from clientkit.codec import CodecError, Shape, instant_text, structure

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

QueryValue: TypeAlias = str | int | bool | date | datetime | Enum | Sequence[str] | Sequence[Enum] | None
Query: TypeAlias = Mapping[str, QueryValue]

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


def segment(value: str) -> str:
    """An id as one segment of a path: nothing in it can change the rest of the path.

    Raises `ValueError` for an empty id and for ``.`` and ``..``, which name another path.
    """
    if value in {"", ".", ".."}:
        raise ValueError(f"{value!r} is not an id")
    return quote(value, safe="")


@attrs.frozen(kw_only=True)
class Request(Generic[T]):
    """One request and the type of its answer.

    `returns` is the class of the answer's JSON, a `Shape`, ``bytes`` for the body as it came, or None for no body.
    `query` values that are None are left out; `body` is anything the codec can write. `takes_key` says that the service
    honours an ``Idempotency-Key`` here, so a key is made for each call that brings none, and repeating is safe.
    """

    method: str
    path: str
    returns: type[T] | Shape[T] | None = None
    query: Query = attrs.field(factory=dict[str, QueryValue])
    body: object = None
    accept: str = "application/json"
    takes_key: bool = False
    idempotency_key: str | None = None

    @property
    def is_repeatable(self) -> bool:
        """Whether sending this request twice is as good as sending it once."""
        return self.method in _REPEATABLE or (self.takes_key and self.idempotency_key is not None)

    def target(self) -> str:
        """Path and query as they stand in the request line."""
        pairs = [(name, text) for name, value in self.query.items() for text in _texts(value)]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path


def post(path: str, returns: type[T], body: object, idempotency_key: str | None) -> Request[T]:
    """A creation that the service repeats safely under one key."""
    return Request(
        method="POST", path=path, returns=returns, body=body, takes_key=True, idempotency_key=idempotency_key
    )


@attrs.frozen(kw_only=True)
class Page(Generic[T_co]):
    """One page of a listing. `total` is the number of items of the whole listing, where the service tells it."""

    items: tuple[T_co, ...]
    next_cursor: str | None = None
    total: int | None = None


def _untold(_: Mapping[str, object]) -> int | None:
    return None


@attrs.frozen(kw_only=True)
class Paging:
    """How a service pages: where the next cursor stands, and how long a cursor lives.

    `next_cursor` reads it from the parsed body, None at the end. A cursor older than `cursor_lifetime` seconds is not
    used any more: the listing starts again and skips what it has already given.
    """

    next_cursor: Callable[[Mapping[str, object]], str | None]
    total: Callable[[Mapping[str, object]], int | None] = attrs.field(default=_untold)
    cursor_lifetime: float | None = None


@attrs.frozen(kw_only=True)
class PageRequest(Generic[T]):
    """A listing: the request for its first page, and how to come to the next.

    `parts` are queries that one listing has to be cut into, because the service bounds a parameter; each is paged to
    its end. `key` tells items apart, so that a listing which starts again repeats nothing.
    """

    path: str
    item: type[T]
    items_key: str
    paging: Paging
    query: Query = attrs.field(factory=dict[str, QueryValue])
    parts: Sequence[Query] = ({},)
    key: Callable[[T], str] | None = None

    def at(self, cursor: str | None, part: int = 0) -> Request[Page[T]]:
        """The request for the page at `cursor`, or for the first page."""
        query = {**self.query, **self.parts[part], "cursor": cursor}
        shape: Shape[Page[T]] = _PageShape(item=self.item, items_key=self.items_key, paging=self.paging)
        return Request(method="GET", path=self.path, returns=shape, query=query)


@attrs.frozen(kw_only=True)
class _PageShape(Shape[Page[Any]]):
    item: type[Any]
    items_key: str
    paging: Paging

    @override
    def read(self, value: object) -> Page[Any]:
        if not isinstance(value, dict):
            raise CodecError(f"a page is an object, not {type(value).__name__} @ $")
        body = cast("dict[str, object]", value)
        if self.items_key not in body:
            raise CodecError(f"the page has no {self.items_key!r} @ $")
        of_items: type[tuple[Any, ...]] = types.GenericAlias(tuple, (self.item, ...))  # type: ignore[assignment]
        items = structure(body[self.items_key], of_items)
        return Page(items=items, next_cursor=self.paging.next_cursor(body), total=self.paging.total(body))


def _texts(value: QueryValue) -> Sequence[str]:
    if value is None:
        return ()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(_text(each)) for each in value]
    return (_text(value),)


def _text(value: str | int | date | Enum) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value.value) if isinstance(value, Enum) else str(value)
