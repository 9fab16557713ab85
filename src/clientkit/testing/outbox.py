"""Events on their way to those who are told of them, delivered when the test says so."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

import attrs

from clientkit.codec.enums import OpenEnum


class DeliveryStatus(OpenEnum):
    """How far one event has come on its way to one receiver."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@attrs.define(kw_only=True)
class Delivery:
    """One event on its way to one receiver, with the same id and body in every attempt.

    `answers` has the status of each attempt so far, None where there was no answer. `next_attempt` is the moment of the
    next one, None once there are no more.
    """

    id: str
    body: bytes
    answers: list[int | None] = attrs.field(factory=list[int | None])
    next_attempt: datetime | None

    @property
    def status(self) -> DeliveryStatus:
        """Whether it has arrived, may still arrive, or never will."""
        if self.has_arrived:
            return DeliveryStatus.DELIVERED
        return DeliveryStatus.PENDING if self.next_attempt is not None else DeliveryStatus.FAILED

    @property
    def has_arrived(self) -> bool:
        """Whether the last attempt was answered with a status of success."""
        last = self.answers[-1] if self.answers else None
        return last is not None and 200 <= last < 300


D = TypeVar("D", bound=Delivery)


class Outbox(ABC, Generic[D]):
    """Every delivery, oldest first. Nothing is sent before the test says so."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.deliveries = list[D]()
        self._now = now

    @abstractmethod
    def _attempt(self, delivery: D, now: datetime) -> None:
        """Deliver once, note the answer, and plan the next attempt if this one failed."""

    def deliver_due(self) -> tuple[D, ...]:
        """Make every attempt whose time has come by the stand-in's clock, each once; what was attempted."""
        now = self._now()
        due = tuple(each for each in self.deliveries if each.next_attempt is not None and each.next_attempt <= now)
        for each in due:
            self._attempt(each, now)
        return due

    @property
    def next_attempt(self) -> datetime | None:
        """The moment to move the clock to for the next attempt; None when everything has arrived or failed."""
        return min((each.next_attempt for each in self.deliveries if each.next_attempt is not None), default=None)
