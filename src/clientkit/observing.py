"""What an observer is told of calls and of work. Without one nothing is told, and it costs nothing.

`clientkit.telemetry` is the observer for OpenTelemetry. Nobody is told a token, a body, a query or the text of an error.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import ParamSpec, Protocol, TypeAlias, TypeVar

from clientkit.wire import Exchanged, Outgoing

P = ParamSpec("P")
T = TypeVar("T")

#: Names and values of what is told, such as ``record_id``.
Facts: TypeAlias = Mapping[str, str | int | float | bool]


class ObservedCall(Protocol):
    """One call in progress. Its methods are called in the order of what happens and never raise."""

    def waits(self, seconds: float) -> None:
        """It waits for its turn in the pace."""
        ...

    def sends(self, outgoing: Outgoing) -> None:
        """An attempt leaves."""
        ...

    def came(self, exchanged: Exchanged) -> None:
        """What came of the attempt."""
        ...

    def ended(self, error: BaseException | None) -> None:
        """The call is over; the error is what the caller gets."""
        ...


class Observer(Protocol):
    """Is told of all calls and all work of this process, in any thread."""

    def call(self, service: str, operation: str, facts: Facts) -> ObservedCall:
        """A call begins. `operation` is such as ``rillet.charges.create``."""
        ...

    def work(self, name: str, facts: Facts) -> AbstractContextManager[object]:
        """A piece of work, for as long as the context lasts; what begins inside belongs to it."""
        ...

    def note(self, facts: Facts) -> None:
        """Something about the work in progress."""
        ...

    def count(self, name: str, facts: Facts) -> None:
        """One more of something."""
        ...


class _Unobserved:
    def waits(self, seconds: float) -> None:
        pass

    def sends(self, outgoing: Outgoing) -> None:
        pass

    def came(self, exchanged: Exchanged) -> None:
        pass

    def ended(self, error: BaseException | None) -> None:
        pass


_UNOBSERVED = _Unobserved()
_observers = list[Observer]()
_NO_LABELS: Mapping[str, str] = {}
_labels: ContextVar[Mapping[str, str]] = ContextVar("labels", default=_NO_LABELS)


def observe_by(observer: Observer | None) -> None:
    """Tell this observer from now on, and no other one; None tells nobody."""
    _observers[:] = [] if observer is None else [observer]


@contextmanager
def labelled(**labels: str) -> Generator[None]:
    """Give whatever is observed or logged inside these labels, such as ``tenant="acme"``; they reach the threads of an export too."""
    token = _labels.set({**_labels.get(), **labels})
    try:
        yield
    finally:
        _labels.reset(token)


def labels() -> Mapping[str, str]:
    """The labels of this context."""
    return _labels.get()


def observed_call(service: str, operation: str) -> ObservedCall:
    """Tell that a call begins."""
    for observer in _observers:
        return observer.call(service, operation, _labels.get())
    return _UNOBSERVED


def work(name: str, **facts: str | float) -> AbstractContextManager[object]:
    """Tell of a piece of work for as long as the context lasts."""
    for observer in _observers:
        return observer.work(name, {**_labels.get(), **facts})
    return nullcontext()


def is_work(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make each call of a function a piece of work."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            with work(name):
                return function(*args, **kwargs)

        return call

    return decorate


def note(**facts: str | float) -> None:
    """Tell something about the work in progress."""
    for observer in _observers:
        observer.note(facts)


def count(name: str, **facts: str | float) -> None:
    """Tell that there is one more of something."""
    for observer in _observers:
        observer.count(name, {**_labels.get(), **facts})
