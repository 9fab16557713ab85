"""What type checkers must see of endpoints; checked by mypy --strict and pyright strict, never run.

Each line with an ignore comment is one that they must refuse: without the error the comment itself would be one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, Protocol, assert_type

import rillet
import rillet.webhooks
from clientkit import AsyncPager, Page, Pager, PageRequest, Request, SyncResource, Unreadable, listing, operation
from clientkit.wire import Answered
from support.shop import PAGING, AsyncItems, AsyncShop, Item, Items, NewItem, Shop


def blocking(shop: Shop, new: NewItem, day: date) -> None:
    assert_type(shop.items, Items)
    assert_type(shop.items.get("a"), Item)
    assert_type(shop.items.get(item_id="a", on=day), Item)
    assert_type(shop.items.create(new, idempotency_key="k"), Item)
    assert_type(shop.items.some(["a"]), "tuple[Item, ...]")
    assert_type(shop.items.find(["a"], on=day), "tuple[Item, ...]")
    assert_type(shop.items.dearer_than(Decimal(1)), "dict[str, Item]")
    shop.items.find("a", day)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    shop.items.delete("a")
    assert_type(shop.items.list(limit=3), Pager[Item])
    assert_type(shop.items.list().collect(), "list[Item]")
    for item in shop.items.list():
        assert_type(item, Item)
    for page in shop.items.list().pages():
        assert_type(page, Page[Item])
    assert_type(shop.items.list().tolerant(), Pager[Item | Unreadable])
    for found in shop.items.list().tolerant():
        assert_type(found.problem if isinstance(found, Unreadable) else found.price, str | Decimal)
    one: Iterator[Item] = iter(shop.items.list())
    assert_type(next(one), Item)
    assert_type(shop.execute(Request(method="GET", path="/x", returns=Item)), Item)
    assert_type(shop.answer(Items.get.build("a")), Answered[Item])
    assert_type(shop.answer(shop.items.get, "a", on=day), Answered[Item])
    assert_type(shop.answer(shop.items.list, limit=3), Answered[Page[Item]])
    shop.answer(shop.items.get)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    shop.answer(shop.items.get, 3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    shop.answer(shop.items.find, ["a"])  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    assert_type(shop.with_options(timeout=1), Shop)
    shop.items.get()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    shop.items.get(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    shop.items.get("a", day)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    shop.items.get("a", of=day)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    shop.items.delete(id="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    shop.items.list(colour="RED")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    shop.with_options(timout=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def awaiting(shop: AsyncShop, new: NewItem, day: date) -> None:
    assert_type(shop.items, AsyncItems)
    assert_type(await shop.items.get("a", on=day), Item)
    assert_type(await shop.items.create(new, idempotency_key="k"), Item)
    assert_type(await shop.answer(Items.get.build("a")), Answered[Item])
    assert_type(await shop.answer(shop.items.get, "a", on=day), Answered[Item])
    assert_type(await shop.answer(shop.items.list), Answered[Page[Item]])
    assert_type(await shop.items.find(["a"], on=day), "tuple[Item, ...]")
    assert_type(shop.items.list(limit=3), AsyncPager[Item])
    assert_type(await shop.items.list().collect(), "list[Item]")
    async for item in shop.items.list():
        assert_type(item, Item)
    async for page in shop.items.list().pages():
        assert_type(page, Page[Item])
    assert_type(await shop.items.list().tolerant().collect(), "list[Item | Unreadable]")
    pair = await asyncio.gather(shop.items.get("a"), shop.items.get("b"))
    assert_type(pair, "tuple[Item, Item]")
    task = asyncio.create_task(shop.items.get("a"))
    assert_type(await task, Item)
    assert_type(await asyncio.wait_for(shop.items.get("a"), 1), Item)
    shop.items.get("a")  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    wrong: Item = shop.items.get("a")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    del wrong
    list(shop.items.list())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]


def without_sending(shop: Shop, later: AsyncShop) -> None:
    assert_type(Items.get.build("a"), Request[Item])
    assert_type(AsyncItems.get.build("a", on=None), Request[Item])
    assert_type(Items.list.build(limit=2), PageRequest[Item])
    assert_type(Items.list.build().at(None), Request[Page[Item]])
    assert_type(Items.list.build().tolerant(), PageRequest[Item | Unreadable])
    assert_type(shop.items.get.build("a"), Request[Item])
    assert_type(later.items.get.build("a", on=None), Request[Item])
    assert_type(shop.items.list.build(limit=2), PageRequest[Item])
    assert_type(later.items.list.build(limit=2), PageRequest[Item])
    assert_type(shop.answer(shop.items.get.build("a")), Answered[Item])
    shop.items.get.build(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Items.get.build(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def passing_endpoints_around(shop: Shop, later: AsyncShop) -> None:
    get: Callable[[str], Item] = shop.items.get
    awaitable: Callable[[str], Awaitable[Item]] = later.items.get
    coroutine: Callable[[str], Coroutine[Any, Any, Item]] = later.items.get
    assert_type(partial(shop.items.get, "a")(), Item)
    assert_type(list(map(shop.items.get, ["a"])), "list[Item]")
    threaded: Coroutine[Any, Any, Item] = asyncio.to_thread(shop.items.get, "a")
    del get, awaitable, coroutine, threaded


class Getter(Protocol):
    def get(self, item_id: str, *, on: date | None = None) -> Item: ...


class AsyncGetter(Protocol):
    async def get(self, item_id: str, *, on: date | None = None) -> Item: ...


def protocols(shop: Shop, later: AsyncShop) -> None:
    # pyright does not apply __get__ when it matches a protocol (https://github.com/microsoft/pyright/issues/3287).
    plain: Getter = shop.items  # pyright: ignore[reportAssignmentType]
    awaitable: AsyncGetter = later.items  # pyright: ignore[reportAssignmentType]
    neither: Getter = later.items  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    del plain, awaitable, neither


class ApprovalOperations:
    @operation
    def approve(self, item_id: str, /, *, by: str) -> Request[Item]:
        """Approve an item."""
        return Request(method="POST", path=f"/items/{item_id}/approve", returns=Item, body={"by": by})

    @listing
    def waiting(self, *, by: str | None = None) -> PageRequest[Item]:
        """Items that wait for approval."""
        return PageRequest(path="/waiting", item=Item, items_key="items", paging=PAGING, query={"by": by})


class MyItems(ApprovalOperations, Items):
    def first_waiting(self) -> Item:
        return next(iter(self.waiting()))


class MyAsyncItems(ApprovalOperations, AsyncItems):
    async def first_waiting(self) -> Item | None:
        async for item in self.waiting():
            return item
        return None


class OnlyBlocking(SyncResource):
    @operation
    def ping(self) -> Request[dict[str, str]]:
        return Request(method="GET", path="/ping", returns=dict[str, str])


class NoEndpoint:
    @operation  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    def get(self) -> Item:
        raise NotImplementedError


def extended(shop: Shop, later: AsyncShop) -> None:
    assert_type(MyItems(shop).approve("a", by="me"), Item)
    assert_type(MyItems(shop).get("a"), Item)
    assert_type(MyItems(shop).waiting(), Pager[Item])
    assert_type(MyItems(shop).first_waiting(), Item)
    approving: Coroutine[Any, Any, Item] = MyAsyncItems(later).approve("a", by="me")
    del approving
    assert_type(OnlyBlocking(shop).ping(), "dict[str, str]")
    MyItems(shop).approve(item_id="a", by="me")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Items(later)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AsyncItems(shop)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class Overriding(Items):
    def get(self, item_id: str, *, on: date | None = None) -> Item:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
        return super().get(item_id, on=on)


class AsyncOverriding(AsyncItems):
    async def get(self, item_id: str, *, on: date | None = None) -> Item:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
        return await super().get(item_id, on=on)


def sequences(items: Items, ids: Sequence[str]) -> tuple[Item, ...]:
    return items.some(ids)


def changing(client: rillet.Client, later: rillet.AsyncClient) -> None:
    assert_type(client.vendors.modify("v", name="Ada", email=None), rillet.Vendor)
    client.vendors.modify("v", nmae="Ada")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.vendors.modify("v", name=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.bills.modify("b", due_date="2026-01-31")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    later.customers.modify("c", terms=30)  # type: ignore[call-arg, unused-coroutine]  # pyright: ignore[reportCallIssue, reportUnusedCoroutine]


def of_an_event(event: rillet.webhooks.Event) -> None:
    match event.data:
        case rillet.Bill() as bill:
            assert_type(bill.id, str)
        case str() as deleted:
            assert_type(deleted, str)
        case _:
            # What it may be is known, and not all of it has an id.
            _ = event.data.id  # type: ignore[union-attr]  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]
