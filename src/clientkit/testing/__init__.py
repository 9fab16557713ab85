"""Build a stand-in of a service: a function from request to answer, in process or as a server on loopback.

`rillet.testing` and `brex_accounting.testing` are built with it. Tests can request faults::

    standin.faults.append(Fault(AnswerLost(), matches=lambda asked: asked.method == "POST"))
"""

from __future__ import annotations

from clientkit.testing.outbox import Delivery, DeliveryStatus, Outbox
from clientkit.testing.routing import Handler, RateLimit, Refusal, Route, Router
from clientkit.testing.standin import (
    Action,
    AnswerLost,
    AnswerTruncated,
    Asked,
    Fault,
    PostTo,
    Receive,
    RequestLost,
    Respond,
    StandIn,
    json_answer,
    no_async_wait,
    no_wait,
)

__all__ = [
    "Action",
    "AnswerLost",
    "AnswerTruncated",
    "Asked",
    "Delivery",
    "DeliveryStatus",
    "Fault",
    "Handler",
    "Outbox",
    "PostTo",
    "RateLimit",
    "Receive",
    "Refusal",
    "RequestLost",
    "Respond",
    "Route",
    "Router",
    "StandIn",
    "json_answer",
    "no_async_wait",
    "no_wait",
]
