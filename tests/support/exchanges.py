"""A call without a network: its answers are given, its clock is moved by its waits alone."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import attrs

from clientkit import (
    Answer,
    Answered,
    Clocks,
    Exchanged,
    Options,
    Outgoing,
    Pacer,
    Request,
    TransportFailure,
)
from clientkit.call_context import CallContext
from clientkit.exchange import call_flow
from clientkit.testing import json_answer
from clientkit.wire import Send, Wait
from support.shop import SERVICE, Item, ItemOperations, NewItem, connect

OK = json_answer(200, {"id": "a", "price": "1.10"}, x_trace="t-9")
GET: Request[Item] = ItemOperations.get.build("a")
KEYED: Request[Item] = ItemOperations.create.build(NewItem(price=Decimal(1)), idempotency_key="k")
UNKEYED = Request(method="POST", path="/items", returns=Item, body={})
LOST = TransportFailure("broke off", sent=True)
UNTIL_MIDNIGHT = 1_000_000.0


class World:
    """A service that follows a script, and clocks that only move when the call waits or the service takes its time."""

    def __init__(self, script: Sequence[Exchanged], *, takes: float = 0.0, jitter: float = 1.0) -> None:
        self.script, self.takes, self.jitter = list(script), takes, jitter
        self.time = 50.0
        self.sent = list[Outgoing]()
        self.waits = list[float]()

    def context(self, options: Options | None = None, pacer: Pacer | None = None, **changes: Any) -> CallContext:
        clocks = Clocks(monotonic=lambda: self.time, wall=lambda: UNTIL_MIDNIGHT, chance=lambda: self.jitter)
        return connect(options=options, pacer=pacer, clocks=clocks, service=attrs.evolve(SERVICE, **changes))

    def run(self, request: Request[Any], context: CallContext | None = None) -> Answered[Any]:
        flow = call_flow(request, context or self.context())
        exchanged: Exchanged | None = None
        try:
            while True:
                step = flow.send(exchanged)
                exchanged = None
                if isinstance(step, Wait):
                    assert step.seconds >= 0
                    self.waits.append(step.seconds)
                    self.time += step.seconds
                    continue
                assert isinstance(step, Send)
                self.sent.append(step.outgoing)
                self.time += self.takes
                exchanged = self.script.pop(0)
        except StopIteration as stop:
            found: Answered[Any] = stop.value
            return found


def status_answer(status: int, **headers: str) -> Answer:
    return json_answer(status, {"code": f"c{status}", "title": "No"}, **headers)
