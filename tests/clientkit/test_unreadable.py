"""Listings in which some items cannot be read: by default an error, on request a value beside the others."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import attrs
import pytest

from clientkit import AsyncPager, Page, Pager, PagingError, Request, Shape, Unreadable, UnreadableAnswerError, codec
from clientkit.sequences import ask_all, drive_calls
from clientkit.testing import json_answer
from clientkit.wire import Answer
from support.endpoint_runner import Runner
from support.shop import Item, ItemOperations, Shop, ShopStandIn

T = TypeVar("T")

_LISTING = ItemOperations.list.build()


def _page(*items: object, cursor: str | None = None) -> Answer:
    return json_answer(200, {"items": items, "next": cursor})


def _good(name: str) -> dict[str, object]:
    return {"id": name, "price": "1"}


def _read(*items: object) -> Page[Item | Unreadable]:
    shape = _LISTING.tolerant().at(None).returns
    assert shape is not None
    return codec.structure({"items": list(items)}, shape)


def test_the_others_are_read_in_their_order(run: Runner[Shop], standin: ShopStandIn) -> None:
    bad = {"id": "b", "price": None, "parts": [{"name": 7, "weight": 1}]}
    standin.answers["GET", "/items"] = _page(_good("a"), bad, _good("c"))

    found = run.call(lambda client: client.items.list().tolerant())

    problem = "None is not a decimal number @ $.price; 7 is not text @ $.parts[0].name"
    assert found == [
        Item(id="a", price=Decimal(1)), Unreadable(id="b", problem=problem, raw=bad), Item(id="c", price=Decimal(1)),
    ]  # fmt: skip


def test_without_asking_for_it_the_page_is_an_error(run: Runner[Shop], standin: ShopStandIn) -> None:
    standin.answers["GET", "/items"] = _page(_good("a"), {"id": "b"})
    with pytest.raises(UnreadableAnswerError, match=r"missing @ \$\[1\]\.price"):
        run.call(lambda client: client.items.list())


def test_pages_are_tolerant_too(run: Runner[Shop], standin: ShopStandIn) -> None:
    standin.answers["GET", "/items"] = _page(_good("a"), {"id": "b"})
    (page,) = run.call(lambda client: client.items.list().tolerant().pages())
    assert [type(each) for each in page.items] == [Item, Unreadable]


class Answering:
    """Answers every request with one body."""

    def __init__(self, *items: object) -> None:
        self.items = items

    def execute(self, request: Request[T]) -> T:
        assert isinstance(request.returns, Shape)
        return request.returns.read({"items": list(self.items)})


def test_the_steps_of_several_calls_are_tolerant_where_the_listing_is() -> None:
    steps = ask_all(_LISTING.tolerant())
    assert [type(each) for each in drive_calls(steps, Answering(_good("a"), {"id": "b"}))] == [Item, Unreadable]
    with pytest.raises(codec.CodecError):
        drive_calls(ask_all(_LISTING), Answering(_good("a"), {"id": "b"}))


@pytest.mark.parametrize("item", [{}, {"id": 7}, {"id": None}, [], "a", None, 3])
def test_an_item_without_an_id_that_is_text_has_none(item: object) -> None:
    (found,) = _read(item).items
    assert isinstance(found, Unreadable)
    assert (found.id, found.raw) == (None, item)


def test_an_unreadable_item_does_not_show_what_it_holds() -> None:
    (found,) = _read({"id": "a", "note": "salary of Jane"}).items
    assert repr(found) == "Unreadable(id='a', problem='required field missing @ $.price')"
    assert len({found, found}) == 1


@pytest.mark.parametrize("body", [{}, [], {"items": None}, {"items": {"id": "a"}}])
def test_what_is_no_list_of_items_is_an_error_all_the_same(
    run: Runner[Shop], standin: ShopStandIn, body: object
) -> None:
    standin.answers["GET", "/items"] = json_answer(200, body)
    with pytest.raises(UnreadableAnswerError):
        run.call(lambda client: client.items.list().tolerant())


class Repeating:
    """Answers every page with the same items and another cursor."""

    def __init__(self, *items: object) -> None:
        self.items, self.count = items, 0

    def execute(self, _: object) -> Page[Item | Unreadable]:
        self.count += 1
        return attrs.evolve(_read(*self.items), next_cursor=str(self.count))


def test_unreadable_items_are_told_apart_so_that_a_listing_ends() -> None:
    repeating = Repeating({"id": "a"}, {}, {"price": 1}, _good("b"))
    pager: Pager[Item | Unreadable] = Pager(repeating, _LISTING.tolerant())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    found = list[Item | Unreadable]()
    with pytest.raises(PagingError):
        found.extend(item for page in pager.pages() for item in page.items)
    assert len(found) == 4
    assert repeating.count > 1


def test_a_listing_without_a_key_stays_without_one() -> None:
    assert attrs.evolve(_LISTING, key=None).tolerant().key is None


def test_it_can_be_asked_for_twice() -> None:
    listing = _LISTING.tolerant().tolerant()
    assert listing.key is not None
    assert [listing.key(each) for each in _read({"id": "a"}, _good("b")).items] == ["a", "b"]


def test_a_tolerant_pager_is_told_by_its_path() -> None:
    assert repr(Pager(Repeating(), _LISTING).tolerant()) == "<Pager of /items>"  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert isinstance(AsyncPager(Repeating(), _LISTING).tolerant(), AsyncPager)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
