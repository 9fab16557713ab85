"""A service that answers what it was told, one request after the other, for tests of single endpoints."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from typing_extensions import override

import rillet
from clientkit.pacing import Pacer
from clientkit.testing import Asked, StandIn, json_answer
from clientkit.wire import Answer
from support.endpoint_runner import Runner, runner

R = TypeVar("R")

WAYS = ("blocking-in-process", "awaitable-in-process")


class Scripted(StandIn):
    """Answers a JSON body with status 200 and None with an empty 204; an `Answer` goes out as it is."""

    def __init__(self, *answers: object) -> None:
        super().__init__()
        self._answers: Iterator[object] = iter(answers)

    @override
    def respond(self, asked: Asked) -> Answer:
        answer = next(self._answers)
        if isinstance(answer, Answer):
            return answer
        return Answer(status=204) if answer is None else json_answer(200, answer)

    @property
    def only(self) -> Asked:
        """The one request that came."""
        (asked,) = self.asked
        return asked


@contextmanager
def scripted(way: str, *answers: object) -> Generator[tuple[Runner[rillet.Client], Scripted]]:
    """A Rillet client in one of `WAYS`, and the service that it reaches."""
    service = Scripted(*answers)
    free = Pacer(10_000, 1.0)
    with runner(way, service, rillet.Client, rillet.AsyncClient, api_key="key", pacer=free) as run:
        yield run, service


def on(client: object, blocking: type[R], awaitable: type[Any]) -> R:
    """A resource of the client, whichever kind it is; an awaitable one stands under the type of the blocking one."""
    kind: Any = blocking if isinstance(client, rillet.Client) else awaitable
    return cast("R", kind(client))


def target(asked: Asked) -> tuple[str, str, dict[str, str]]:
    """Method, path and query of a request whose query names are given once each."""
    return asked.method, asked.path, {name: value for name, (value,) in asked.query.items()}
