"""A small service to test the floor with: its models, endpoints, clients and stand-in.

A shop sells items. Only what the floor can do is here, each thing once: plain endpoints, a listing with pages, a
creation under an idempotency key, a body as bytes, an answer that is no JSON, and methods of several calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

import attrs

from clientkit import codec
from clientkit.call_context import CallContext, Clocks, Options, Service
from clientkit.client import AsyncBaseClient, BaseClient, LazyResource, new_call_context
from clientkit.codec import Extra, always_sent, as_number, unknown_fields, wire_name
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
from clientkit.errors import BadRequestError, NotFoundError
from clientkit.pacing import Pacer
from clientkit.problems import Problem
from clientkit.requests import PageRequest, Paging, Request, post, segment
from clientkit.sequences import CallSequence, ask, ask_all
from clientkit.testing import Asked, StandIn, json_answer
from clientkit.wire import Answer

TOKEN = "sk-the-token-that-nobody-may-see"


class Colour(OpenEnum):
    RED = "RED"
    BLUE = "BLUE"


@attrs.frozen(kw_only=True)
class Part:
    name: str
    weight: Decimal = attrs.field(metadata=as_number())
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Item:
    id: str
    price: Decimal
    count: int = 0
    sold: bool = False
    colour: Colour | None = None
    made_at: datetime | None = None
    due: date | None = None
    parts: tuple[Part, ...] = ()
    labels: Mapping[str, str] = attrs.field(factory=dict[str, str])
    type_: str = attrs.field(default="ITEM", metadata=wire_name("type", always=True))
    note: str | None = attrs.field(default=None, metadata=always_sent())
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewItem:
    price: Decimal
    parts: Sequence[Part] = ()


class OutOfStockError(BadRequestError):
    advice = "Wait for the next delivery."


def _next_cursor(body: Mapping[str, object]) -> str | None:
    cursor = body.get("next")
    return cursor if isinstance(cursor, str) and cursor else None


def _total(body: Mapping[str, object]) -> int | None:
    total = body.get("total")
    return total if isinstance(total, int) else None


PAGING = Paging(next_cursor=_next_cursor, total=_total, cursor_lifetime=100.0)


def item_id(item: Item) -> str:
    return item.id


class ItemOperations:
    """What the shop does with items."""

    @operation
    def get(self, item_id: str, *, on: date | None = None) -> Request[Item]:
        """One item.

        Args:
            item_id: Which one.
            on: As it was on this day.
        """
        return Request(method="GET", path=f"/items/{segment(item_id)}", returns=Item, query={"on": on})

    @listing
    def list(self, *, colour: Colour | None = None, limit: int | None = None) -> PageRequest[Item]:
        """Items, newest first."""
        query = {"colour": colour, "limit": limit}
        return PageRequest(path="/items", item=Item, items_key="items", paging=PAGING, query=query, key=item_id)

    @several
    def find(self, ids: Sequence[str], *, on: date | None = None) -> CallSequence[tuple[Item, ...]]:
        """The items that are there, each asked for on its own."""
        found = tuple[Item, ...]()
        for each in ids:
            try:
                item = yield from ask(ItemOperations.get.build(each, on=on))
            except NotFoundError:
                continue
            found = (*found, item)
        return found

    @several
    def dearer_than(self, price: Decimal) -> CallSequence[dict[str, Item]]:
        """Every item that costs more, by its id."""
        found = yield from ask_all(ItemOperations.list.build(), where=lambda item: item.price > price)
        return {item.id: item for item in found}

    @operation
    def create(self, item: NewItem, *, idempotency_key: str | None = None) -> Request[Item]:
        """Put an item on sale."""
        return post("/items", Item, item, idempotency_key)

    @operation
    def delete(self, item_id: str) -> Request[None]:
        """Take an item off sale."""
        return Request(method="DELETE", path=f"/items/{segment(item_id)}")

    @operation
    def some(self, ids: Sequence[str]) -> Request[tuple[Item, ...]]:
        """Several items at once; here `Sequence`, because `list` is an endpoint of this class."""
        return Request(method="GET", path="/some", returns=tuple[Item, ...], query={"ids": ids})


class Items(ItemOperations, SyncResource):
    """Items, blocking."""


class AsyncItems(ItemOperations, AsyncResource):
    """Items, to be awaited."""


def read_problem(answer: Answer) -> Problem:
    try:
        body = codec.parse(answer.content)
    except codec.CodecError:
        return Problem()
    if not isinstance(body, dict):
        return Problem()
    fields = cast("dict[str, Any]", body)
    return Problem(code=fields.get("code"), title=fields.get("title"), details=fields)


SERVICE = Service(
    name="Shop",
    headers={"X-Version": "1"},
    trace_header="x-trace",
    read_problem=read_problem,
    error_types={"out_of_stock": OutOfStockError},
    advice={"frozen": "Thaw it first."},
    key_conflict=True,
)


def connect(
    base_url: str = "https://shop.test",
    *,
    service: Service = SERVICE,
    options: Options | None = None,
    pacer: Pacer | None = None,
    clocks: Clocks | None = None,
) -> CallContext:
    return new_call_context(service, base_url=base_url, token=TOKEN, options=options, pacer=pacer, clocks=clocks)


class Shop(BaseClient):
    items: LazyResource[Items] = LazyResource("support.shop", "Items")


class AsyncShop(AsyncBaseClient):
    items: LazyResource[AsyncItems] = LazyResource("support.shop", "AsyncItems")


class ShopStandIn(StandIn):
    """Answers as `answers` says, by method and path; everything else is an item with the id asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = dict[tuple[str, str], Answer]()

    def respond(self, asked: Asked) -> Answer:
        fixed = self.answers.get((asked.method, asked.path))
        if fixed is not None:
            return fixed
        if asked.method == "DELETE":
            return Answer(status=204)
        return json_answer(200, {"id": asked.path.rpartition("/")[2], "price": "1.10"}, x_trace="t-1")
