"""An endpoint that is written once is an ordinary method on both resources."""

from __future__ import annotations

import asyncio
import copy
import inspect
import io
import pickle
import pydoc
import typing
from collections.abc import Callable, Coroutine, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar, cast
from unittest import mock

import attrs
import pytest

from clientkit import (
    Answer,
    AsyncPager,
    AsyncResource,
    CallSequence,
    Page,
    Pager,
    PageRequest,
    Request,
    SyncResource,
    ask,
    listing,
    operation,
    several,
)
from support.endpoint_runner import Runner
from support.shop import PAGING, AsyncItems, AsyncShop, Item, ItemOperations, Items, NewItem, Shop, ShopStandIn, connect

T = TypeVar("T")

ITEM = Item(id="a", price=Decimal(1))
RESOURCES = pytest.mark.parametrize("resource", [Items, AsyncItems])


class Table:
    """A client for tests of one's own: a table of requests and answers."""

    def __init__(self, answers: dict[Request[Any], object]) -> None:
        self.answers = answers

    def execute(self, request: Request[T]) -> T:
        return cast("T", self.answers[request])


class AsyncTable:
    """The same for an asynchronous client."""

    def __init__(self, answers: dict[Request[Any], object]) -> None:
        self.answers = answers

    async def execute(self, request: Request[T]) -> T:
        return cast("T", self.answers[request])


# --- calling ----------------------------------------------------------------------------


def test_every_way_of_calling_sends_the_same(run: Runner[Shop], standin: ShopStandIn) -> None:
    assert run.call(lambda shop: shop.items.get("a b", on=date(2026, 1, 2))).id == "a%20b"
    assert run.call(lambda shop: shop.items.create(NewItem(price=Decimal(1)), idempotency_key="k")).id == "items"
    assert run.call(lambda shop: shop.items.delete("a")) is None
    assert [(asked.method, asked.path, dict(asked.query)) for asked in standin.asked] == [
        ("GET", "/items/a%20b", {"on": ("2026-01-02",)}),
        ("POST", "/items", {}),
        ("DELETE", "/items/a", {}),
    ]
    assert standin.asked[1].json() == {"price": "1"}
    assert standin.asked[1].headers["idempotency-key"] == "k"


def test_a_method_of_several_calls_decides_by_their_answers(run: Runner[Shop], standin: ShopStandIn) -> None:
    standin.answers["GET", "/items/b"] = Answer(status=404)
    found = run.call(lambda shop: shop.items.find(["a", "b", "c"], on=date(2026, 1, 2)))
    assert [item.id for item in found] == ["a", "c"]
    assert [asked.path for asked in standin.asked] == ["/items/a", "/items/b", "/items/c"]


def test_a_method_of_several_calls_keeps_of_a_listing_what_it_looks_for() -> None:
    dear, page = attrs.evolve(ITEM, id="b", price=Decimal(3)), ItemOperations.list.build().at(None)
    answers: dict[Request[Any], object] = {page: Page(items=(ITEM, dear), next_cursor=None)}
    assert Items(Table(answers)).dearer_than(Decimal(2)) == {"b": dear}
    assert asyncio.run(AsyncItems(AsyncTable(answers)).dearer_than(Decimal(3))) == {}


def test_a_table_of_requests_is_a_client() -> None:
    answers: dict[Request[Any], object] = {
        ItemOperations.get.build("a"): ITEM,
        ItemOperations.some.build(["a"]): (ITEM,),
    }
    items = Items(Table(answers))
    assert items.get("a") == ITEM
    assert items.some(["a"]) == (ITEM,)


def test_an_awaitable_endpoint_waits_to_be_awaited() -> None:
    items = AsyncItems(AsyncTable({ItemOperations.get.build("a"): ITEM}))

    async def both() -> tuple[Item, Item]:
        first, second = await asyncio.gather(items.get("a"), items.get(item_id="a"))
        return first, second

    assert asyncio.run(both()) == (ITEM, ITEM)
    assert isinstance(items.list(), AsyncPager)


def test_a_listing_sends_nothing_before_it_is_read() -> None:
    pager = Items(Table({})).list(limit=3)
    assert isinstance(pager, Pager)
    with pytest.raises(KeyError):
        next(iter(pager))


def test_building_alone_sends_nothing() -> None:
    expected = Request(method="GET", path="/items/a", returns=Item, query={"on": None})
    assert ItemOperations.get.build("a") == Items.get.build("a") == AsyncItems.get.build(item_id="a") == expected
    assert Items.list.build(limit=2).at(None).target() == "/items?limit=2"


@RESOURCES
def test_wrong_arguments_are_errors_of_the_endpoint(resource: Any) -> None:
    items: Any = resource(Table({}))
    for arguments, named in (((), {}), (("a",), {"of": 1}), (("a", date(2026, 1, 1)), {})):
        with pytest.raises(TypeError, match=r"ItemOperations\.get\(\)"):
            _finish(items.get(*arguments, **named))
    with pytest.raises(TypeError, match=r"ItemOperations\.list\(\)"):
        items.list("red")


def _finish(result: object) -> object:
    return asyncio.run(cast("Coroutine[Any, Any, object]", result)) if inspect.iscoroutine(result) else result


# --- looking ------------------------------------------------------------------------------


def test_endpoints_are_ordinary_functions() -> None:
    assert inspect.isfunction(Items.get)
    assert inspect.isfunction(AsyncItems.get)
    assert inspect.iscoroutinefunction(AsyncItems.get)
    assert inspect.iscoroutinefunction(AsyncItems.find)
    assert not inspect.iscoroutinefunction(Items.get)
    assert not inspect.iscoroutinefunction(AsyncItems.list)
    assert (AsyncItems.get.__qualname__, AsyncItems.get.__module__, AsyncItems.get.__name__) == (
        "AsyncItems.get",
        "support.shop",
        "get",
    )


@RESOURCES
def test_signatures_are_those_of_the_builder_with_the_answer(resource: Any) -> None:
    signature: Callable[[Any], object] = inspect.signature
    assert str(signature(resource.get)) == "(self, item_id: 'str', *, on: 'date | None' = None) -> 'Item'"
    assert str(signature(resource.delete)) == "(self, item_id: 'str') -> 'None'"
    pager = "Pager" if resource.__name__ == "Items" else "AsyncPager"
    assert str(signature(resource.list)).endswith(f"limit: 'int | None' = None) -> '{pager}[Item]'")


def test_type_hints_resolve_also_where_list_is_an_endpoint() -> None:
    assert typing.get_type_hints(Items.get) == {"item_id": str, "on": date | None, "return": Item}
    assert typing.get_type_hints(AsyncItems.some) == {"ids": Sequence[str], "return": tuple[Item, ...]}
    assert typing.get_type_hints(Items.find)["return"] == tuple[Item, ...]
    assert typing.get_type_hints(AsyncItems.dearer_than)["return"] == dict[str, Item]
    assert typing.get_type_hints(Items.list)["return"] == Pager[Item]
    assert typing.get_type_hints(AsyncItems.list)["return"] == AsyncPager[Item]
    assert typing.get_type_hints(AsyncItems.delete)["return"] is type(None)


@RESOURCES
def test_help_shows_the_docstring_and_the_signature(resource: Any) -> None:
    out = io.StringIO()
    pydoc.Helper(output=out)(resource(Table({})).get)
    shown = out.getvalue()
    assert "get(item_id: 'str', *, on: 'date | None' = None) -> 'Item'" in shown
    assert "item_id: Which one." in shown
    assert "Items, newest first." in pydoc.render_doc(resource, renderer=pydoc.plaintext)  # type: ignore[attr-defined]  # typeshed leaves it out


# --- mocking, copying, pickling -------------------------------------------------------------


def test_autospec_knows_the_signature_and_what_is_awaited() -> None:
    blocking = mock.create_autospec(Items, instance=True)
    blocking.get.return_value = ITEM
    assert blocking.get("a") is ITEM
    with pytest.raises(TypeError):
        blocking.get(of=1)
    awaitable = mock.create_autospec(AsyncItems, instance=True)
    awaitable.get.return_value = ITEM
    assert asyncio.run(awaitable.get("a")) is ITEM
    with pytest.raises(TypeError):
        awaitable.get()
    assert isinstance(mock.MagicMock(spec=AsyncItems).get, mock.AsyncMock)
    assert not isinstance(mock.MagicMock(spec=AsyncItems).list, mock.AsyncMock)


def test_one_endpoint_can_be_replaced_for_a_while() -> None:
    items = Items(Table({}))
    with mock.patch.object(Items, "get", autospec=True, return_value=ITEM) as fake:
        assert items.get("a") is ITEM
        fake.assert_called_once_with(items, "a")
    with mock.patch.object(items, "get", return_value=ITEM):
        assert items.get("b") is ITEM


@pytest.mark.parametrize("endpoint", [Items.get, Items.list, Items.find, AsyncItems.get, AsyncItems.list])
def test_endpoints_pickle_by_name(endpoint: object) -> None:
    assert pickle.loads(pickle.dumps(endpoint)) is endpoint


def test_a_resource_copies_with_its_client_and_never_pickles_it() -> None:
    items = Items(Table({ItemOperations.get.build("a"): ITEM}))
    assert copy.copy(items).get("a") == ITEM
    with pytest.raises(TypeError, match="open connections and a token"):
        pickle.dumps(Shop(connect(), ShopStandIn().transport()).items.get)


# --- extending ---------------------------------------------------------------------------------


class ApprovalOperations:
    @operation
    def approve(self, item_id: str, /, *, by: str) -> Request[Item]:
        """Approve an item."""
        return Request(method="POST", path=f"/items/{item_id}/approve", returns=Item, body={"by": by})

    @listing
    def waiting(self) -> PageRequest[Item]:
        return PageRequest(path="/waiting", item=Item, items_key="items", paging=PAGING)


class MyItems(ApprovalOperations, Items):
    """More endpoints, and one that is overridden."""

    def get(self, item_id: str, *, on: date | None = None) -> Item:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
        return super().get(item_id, on=on or date(2026, 1, 1))


class MyAsyncItems(ApprovalOperations, AsyncItems):
    async def get(self, item_id: str, *, on: date | None = None) -> Item:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
        return await super().get(item_id, on=on or date(2026, 1, 1))


class Renewed(Items):
    """An endpoint declared anew in the resource itself."""

    @operation
    def get(self, item_id: str) -> Request[Item]:  # type: ignore[override]  # fewer parameters, on purpose
        return Request(method="GET", path=f"/v2/items/{item_id}", returns=Item)


_TABLE: dict[Request[Any], object] = {
    ItemOperations.get.build("a", on=date(2026, 1, 1)): ITEM,
    ApprovalOperations.approve.build("a", by="me"): ITEM,
    Request(method="GET", path="/v2/items/a", returns=Item): ITEM,
}


def test_integrators_add_and_override_endpoints() -> None:
    mine = MyItems(Table(_TABLE))
    assert mine.approve("a", by="me") == ITEM
    assert mine.get("a") == ITEM
    assert isinstance(mine.waiting(), Pager)
    assert cast("Any", MyItems.approve).__qualname__ == "MyItems.approve"
    assert MyItems.list is Items.list
    assert Renewed(Table(_TABLE)).get("a") == ITEM
    assert Renewed.get.build("a").path == "/v2/items/a"


def test_integrators_add_and_override_awaitable_endpoints() -> None:
    mine = MyAsyncItems(AsyncTable(_TABLE))
    assert asyncio.run(mine.approve("a", by="me")) == ITEM
    assert asyncio.run(mine.get("a")) == ITEM
    assert inspect.iscoroutinefunction(MyAsyncItems.approve)


def test_annotations_may_be_objects_instead_of_text() -> None:
    # As in a module without `from __future__ import annotations`.
    def find(self: object, item_id: str) -> Request[Item]:
        return ItemOperations.get.build(item_id)

    def every(self: object) -> PageRequest[Item]:
        return ItemOperations.list.build()

    def both(self: object) -> CallSequence[Item]:
        return ask(ItemOperations.get.build("a"))

    find.__annotations__ = {"item_id": str, "return": Request[Item]}
    both.__annotations__ = {"return": CallSequence[Item]}
    every.__annotations__ = {"return": PageRequest[Item]}
    found = type("Found", (SyncResource,), {"find": operation(find), "both": several(both), "every": listing(every)})
    awaited = type("Awaited", (AsyncResource,), {"find": operation(find), "every": listing(every)})
    assert typing.get_type_hints(vars(found)["find"])["return"] is Item
    assert typing.get_type_hints(vars(found)["both"])["return"] is Item
    assert typing.get_type_hints(vars(found)["every"])["return"] == Pager[Item]
    assert typing.get_type_hints(vars(awaited)["every"])["return"] == AsyncPager[Item]


# --- clients ------------------------------------------------------------------------------------


def test_a_client_makes_each_resource_once() -> None:
    shop = Shop(connect(), ShopStandIn().transport())
    assert shop.items is shop.items
    assert type(shop.items) is Items
    assert type(AsyncShop(connect(), ShopStandIn().async_transport()).items) is AsyncItems
    assert "items" not in vars(shop.with_options(timeout=1))
    assert Shop.items is Items
