"""Methods made of several calls, written once and carried out in two ways."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, TypeVar, cast

import pytest

from clientkit import Answer, ApiError, Call, NotFoundError, PagingError, Request
from clientkit.sequences import CallSequence, ask, drive_calls, drive_calls_async
from support.shop import Item, ItemOperations

T = TypeVar("T")

ITEM = Item(id="a", price=Decimal(1))
MISSING = NotFoundError(Call(service="Shop", method="GET", path="/items/b"), Answer(status=404))
OTHER = ApiError("another error")


class Client:
    """Answers in order; an exception among the answers is raised."""

    def __init__(self, *answers: object) -> None:
        self._answers: Iterator[object] = iter(answers)
        self.asked = list[Request[Any]]()

    def execute(self, request: Request[T]) -> T:
        self.asked.append(request)
        answer = next(self._answers)
        if isinstance(answer, BaseException):
            raise answer
        return cast("T", answer)


class AsyncClient:
    def __init__(self, blocking: Client) -> None:
        self._blocking = blocking

    async def execute(self, request: Request[T]) -> T:
        await asyncio.sleep(0)
        return self._blocking.execute(request)


def _blocking(steps: CallSequence[T], client: Client) -> T:
    return drive_calls(steps, client)


def _awaiting(steps: CallSequence[T], client: Client) -> T:
    return asyncio.run(drive_calls_async(steps, AsyncClient(client)))


BOTH = pytest.mark.parametrize("carry", [_blocking, _awaiting])
Carry = Callable[[CallSequence[Any], Client], Any]


def _first_of(ids: list[str], ended: list[str]) -> CallSequence[Item]:
    try:
        for each in ids:
            try:
                return (yield from ask(ItemOperations.get.build(each)))
            except NotFoundError:
                continue
        raise PagingError("/items", "none is there")
    finally:
        ended.append("ended")


@BOTH
def test_an_answer_goes_to_the_step_that_asked(carry: Carry) -> None:
    client, ended = Client(ITEM), list[str]()
    assert carry(_first_of(["a", "b"], ended), client) is ITEM
    assert client.asked == [ItemOperations.get.build("a")]
    assert ended == ["ended"]


@BOTH
def test_an_error_goes_there_too_and_may_be_got_over(carry: Carry) -> None:
    client = Client(MISSING, MISSING, ITEM)
    assert carry(_first_of(["x", "y", "a"], []), client) is ITEM
    assert len(client.asked) == 3


@BOTH
def test_an_error_that_is_not_got_over_is_the_callers(carry: Carry) -> None:
    ended = list[str]()
    with pytest.raises(ApiError) as caught:
        carry(_first_of(["x", "a"], ended), Client(OTHER, ITEM))
    assert caught.value is OTHER
    with pytest.raises(PagingError, match="none is there"):
        carry(_first_of(["x"], ended), Client(MISSING))
    assert ended == ["ended", "ended"]


@BOTH
def test_what_is_no_error_of_the_sdk_ends_the_steps(carry: Carry) -> None:
    ended = list[str]()
    with pytest.raises(ZeroDivisionError):
        carry(_first_of(["x", "a"], ended), Client(ZeroDivisionError(), ITEM))
    assert ended == ["ended"]
