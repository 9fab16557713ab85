"""Requests as values: what to send and how to read the answer, with no I/O."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar, cast
from urllib.parse import quote, urlencode, urlsplit

import attrs

from clientkit.addresses import is_address, is_loopback, is_public
from clientkit.codec import CodecError, FieldProblem, Shape, instant_text, page_reader, parse, structure
from clientkit.field_problems import shortened
from clientkit.model import ShownBriefly
from clientkit.overriding import override

if TYPE_CHECKING:
    from clientkit.tolerance import Unreadable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

QueryValue: TypeAlias = str | int | bool | date | datetime | Enum | Sequence[str] | Sequence[Enum] | None
Query: TypeAlias = Mapping[str, QueryValue]

# Characters of a link's address in messages.
_NAMED = 500

# Bytes of a page from which on a reader of its own is worth making.
_LONG = 16_384

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


def segment(value: str) -> str:
    """An id as one segment of a path: nothing in it can change the rest of the path.

    Raises `ValueError` for an empty id and for ``.`` and ``..``, which name another path, `TypeError` for what is no text.
    """
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without type checks
        own = " or its .id" if hasattr(value, "id") else ""
        raise TypeError(f"an id is a text, not a value of {type(value).__name__}; pass the id itself{own}")
    if value in {"", ".", ".."}:
        raise ValueError(f"{value!r} is not an id")
    return quote(value, safe="")


@attrs.frozen(kw_only=True)
class Download:
    """A body as it came, and what its sender says it is, such as ``application/pdf``."""

    content: bytes = attrs.field(repr=False)
    content_type: str | None = None


def _is_header_text(_: object, attribute: attrs.Attribute[str | None], value: str | None) -> None:
    # An empty key would be no key to the service, and yet make a POST look repeatable.
    if value is not None and not (value and value.isascii() and value.isprintable() and value == value.strip()):
        raise ValueError(f"{attribute.name} {value!r} cannot stand in a header: it must be printable ASCII, not empty")


def _is_path(value: Request[Any] | PageRequest[Any], _: object, path: str) -> None:
    # It follows the base URL as it is: without a slash it would lengthen the host's name, and the token would go elsewhere.
    if getattr(value, "link", None) is None and not path.startswith("/"):
        raise ValueError(f"path {path!r} does not begin with a slash; a path is such as '/vendors'")


@attrs.frozen(kw_only=True)
class Request(Generic[T]):
    """One request and the type of its answer. Raises `ValueError` for a path that does not begin with a slash.

    `returns` is the class of the answer's JSON, a `Shape`, ``bytes`` or `Download` for the body as it came, or None for
    no body. `query` values that are None are left out; `body` is anything the codec can write, ``bytes`` of JSON that
    was written before, a `Multipart` or a `Form`.
    `takes_key` says that the service honours an ``Idempotency-Key`` here, so a key is made for each call that brings
    none, and repeating is safe; `repeatable` says that it is safe without a key, whatever the method.
    `link` is an absolute URL on another host (see `follow`); no token goes there, and `path` only names it in errors.
    `operation` is the name of the endpoint that made it, such as ``rillet.charges.create``, for traces.
    """

    method: str
    path: str = attrs.field(validator=_is_path)
    returns: type[T] | Shape[T] | None = None
    query: Query = attrs.field(factory=dict[str, QueryValue], hash=False)
    body: object = attrs.field(default=None, hash=False)
    accept: str = "application/json"
    takes_key: bool = False
    repeatable: bool = False
    idempotency_key: str | None = attrs.field(default=None, validator=_is_header_text)
    # Its query is a permission, which must not reach a log through a repr.
    link: str | None = attrs.field(default=None, repr=False)
    operation: str = attrs.field(default="", eq=False, repr=False)

    @property
    def is_repeatable(self) -> bool:
        """Whether sending this request twice is as good as sending it once."""
        return self.repeatable or self.method in _REPEATABLE or (self.takes_key and self.idempotency_key is not None)

    def target(self) -> str:
        """Path and query as they stand in the request line."""
        pairs = [(name, text) for name, value in self.query.items() for text in _texts(value)]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path


class Executor(Protocol):
    """What a blocking resource needs of its client; a table of requests and answers will do in tests."""

    def execute(self, request: Request[T]) -> T:
        """Send a request and read its answer."""
        ...


class AsyncExecutor(Protocol):
    """What an asynchronous resource needs of its client."""

    async def execute(self, request: Request[T]) -> T:
        """Send a request and read its answer."""
        ...


def post(path: str, returns: type[T], body: object, idempotency_key: str | None) -> Request[T]:
    """A creation that the service repeats safely under one key."""
    return Request(
        method="POST", path=path, returns=returns, body=body, takes_key=True, idempotency_key=idempotency_key
    )


def follow(link: str) -> Request[Download]:
    """The file behind a link that carries its own permission, such as a presigned one: sent without the client's token.

    Links lead to the public internet: an address of a private network is refused, in the link or behind its host's name.
    Those to this machine, where http will do, are for clients whose `base_url` is there too (see `checked_link`).
    Raises `ValueError` for a link that is not https or leads elsewhere; the message leaves the query out.
    """
    try:
        parts = urlsplit(link)
        host, user = parts.hostname or "", parts.username or parts.password
        # Reading it is what checks it: cut off, the link would lead to another port.
        _ = parts.port
    except ValueError:
        raise ValueError("a link that is no URL cannot be followed") from None
    named = _named(link)
    is_here = is_loopback(host)
    encrypted = parts.scheme == "https" or (parts.scheme == "http" and is_here)
    if not (encrypted and host) or user is not None:
        raise ValueError(f"{named} is not a link that can be followed safely: it must be https, without a user name")
    if is_address(host) and not is_here and not is_public(host):
        raise ValueError(f"{named} is not a link that can be followed safely: it leads into a private network")
    return Request(method="GET", path=named, link=link, returns=Download, accept="*/*")


def checked_link(link: str, base_url: str) -> str:
    """`link` itself, if a client of `base_url` may follow it. Raises `ValueError` for a link to this machine otherwise."""
    if leads_here(link) and not leads_here(base_url):
        raise ValueError(f"{_named(link)} is not a link that can be followed safely: it leads to this machine")
    return link


def _named(link: str) -> str:
    """A link without what is a permission in it."""
    parts = urlsplit(link)
    return shortened(f"{parts.scheme}://{parts.hostname or ''}{parts.path}", _NAMED)


def leads_here(url: str) -> bool:
    """Whether a URL names this machine."""
    return is_loopback(urlsplit(url).hostname or "")


@attrs.frozen(kw_only=True)
class Page(ShownBriefly, Generic[T_co]):
    """One page of a listing. `total` is the number of items of the whole listing, where the service tells it."""

    items: tuple[T_co, ...]
    next_cursor: str | None = None
    total: int | None = None

    def _repr_html_(self) -> str:
        from clientkit.showing import html_list

        return html_list("Page", self.items, more=self.next_cursor is not None)


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

    @property
    def tells_total(self) -> bool:
        """Whether a page may tell how many items the whole listing has."""
        return self.total is not _untold


@attrs.frozen(kw_only=True)
class PageRequest(Generic[T]):
    """A listing: the request for its first page, and how to come to the next.

    `parts` are queries that one listing has to be cut into, because the service bounds a parameter; each is paged to
    its end. `key` tells items apart, so that a listing which starts again repeats nothing. An item that cannot be read
    is an error of its page, or an `Unreadable` where `is_tolerant` says so (see `tolerant`).
    """

    path: str = attrs.field(validator=_is_path)
    item: type[T]
    items_key: str
    paging: Paging
    query: Query = attrs.field(factory=dict[str, QueryValue])
    parts: Sequence[Query] = ({},)
    key: Callable[[T], str] | None = None
    is_tolerant: bool = False
    operation: str = attrs.field(default="", eq=False, repr=False)

    def tolerant(self) -> PageRequest[T | Unreadable]:
        """The same listing, in which one item that cannot be read does not stop the others."""
        from clientkit.tolerance import tolerant_key

        listing = cast("PageRequest[T | Unreadable]", self)
        return attrs.evolve(listing, key=None if self.key is None else tolerant_key(self.key), is_tolerant=True)

    def at(self, cursor: str | None, part: int = 0) -> Request[Page[T]]:
        """The request for the page at `cursor`, or for the first page."""
        query = {**self.query, **self.parts[part], "cursor": cursor}
        shape: Shape[Page[T]] = _PageShape(self)
        return Request(method="GET", path=self.path, returns=shape, query=query, operation=self.operation)


class _PageShape(Shape[Page[Any]]):
    __slots__ = ("_listing",)

    def __init__(self, listing: PageRequest[Any]) -> None:
        self._listing = listing

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, _PageShape) and self._listing == other._listing

    @override
    def __hash__(self) -> int:
        return hash((self._listing.item, self._listing.items_key))

    @override
    def read(self, value: object) -> Page[Any]:
        if not isinstance(value, dict):
            raise CodecError.of(FieldProblem(text=f"a page is an object, not {type(value).__name__}"))
        body = cast("dict[str, object]", value)
        if self._listing.items_key not in body:
            raise CodecError.of(FieldProblem(text=f"the page has no {self._listing.items_key!r}"))
        return self._page(body, self._items(body[self._listing.items_key]))

    @override
    def read_text(self, content: bytes) -> Page[Any]:
        reader = page_reader(self._listing.item, self._listing.items_key) if len(content) >= _LONG else None
        if reader is None:
            return self.read(parse(content))
        if found := reader.read(content):
            return self._page(*found)
        page = self.read(body := parse(content))
        reader.learn(cast("dict[str, object]", body), page.items)
        return page

    def _page(self, body: Mapping[str, object], items: tuple[Any, ...]) -> Page[Any]:
        paging = self._listing.paging
        return Page(items=items, next_cursor=paging.next_cursor(body), total=paging.total(body))

    def _items(self, value: object) -> tuple[Any, ...]:
        of_items: type[tuple[Any, ...]] = types.GenericAlias(tuple, (self._listing.item, ...))  # type: ignore[assignment]
        try:
            return structure(value, of_items)
        except CodecError:
            if not self._listing.is_tolerant:
                raise
        # One by one only now: a page that is right as a whole, as nearly all are, is read faster so.
        from clientkit.tolerance import read_each

        return read_each(value, self._listing.item)


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
