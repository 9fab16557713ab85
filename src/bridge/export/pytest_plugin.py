"""Fixtures for pytest, which are there once the package is installed: both services offline, what breaks them, and time.

::

    def test_my_export(brex, rillet_books, brex_client, rillet_client):
        brex.add(card_expense("42.75", coding=[gl("61000")]))
        Export(brex_client, rillet_client, Bridge(SETTINGS)).run()
        assert len(rillet_books.charges) == 1

Nothing is imported before a test asks for a fixture. A fixture of one's own with the same name goes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    import brex_accounting
    import brex_accounting.testing
    import rillet
    import rillet.testing
    from bridge.export.manual_clock import ManualClock
    from clientkit.testing import StandIn


class BreakService(Protocol):
    """Makes the next requests to a stand-in fail."""

    def __call__(
        self, standin: StandIn, *, status: int = 503, path: str = "", method: str | None = None, times: int = 1
    ) -> None:
        """Answer `times` requests whose path begins with `path` with this `status`, without handling them.

        `method` is POST or another one; an export looks up what is there by a GET before it posts. Each attempt counts.
        """
        ...


@pytest.fixture
def service_clock() -> ManualClock:
    """Time that passes when the test says so; both stand-ins and both clients go by it."""
    from bridge.export.manual_clock import ManualClock

    return ManualClock()


@pytest.fixture
def brex(service_clock: ManualClock) -> brex_accounting.testing.StandIn:
    """An empty Brex account; `add` puts records into it."""
    from brex_accounting.testing import StandIn

    return StandIn(now=service_clock.now)


@pytest.fixture
def rillet_books(service_clock: ManualClock) -> rillet.testing.StandIn:
    """A Rillet organization with a small chart of accounts, which knows the reference type ``brex``."""
    from rillet.testing import StandIn

    return StandIn(reference_types={"brex"}, now=service_clock.now)


@pytest.fixture
def brex_client(brex: brex_accounting.testing.StandIn, service_clock: ManualClock) -> Iterator[brex_accounting.Client]:
    """A client of the Brex account, whose waits pass at once."""
    with brex.client(sleep=service_clock.sleep) as client:
        yield client


@pytest.fixture
def rillet_client(rillet_books: rillet.testing.StandIn, service_clock: ManualClock) -> Iterator[rillet.Client]:
    """A client of the Rillet organization, whose waits pass at once."""
    with rillet_books.client(sleep=service_clock.sleep) as client:
        yield client


@pytest.fixture
def break_service() -> BreakService:
    """Call it as ``break_service(rillet_books, status=503, method="POST")``; other faults are in `clientkit.testing`."""
    from clientkit.testing import Asked, Fault, Respond
    from clientkit.wire import Answer

    def broken(
        standin: StandIn, *, status: int = 503, path: str = "", method: str | None = None, times: int = 1
    ) -> None:
        def matches(asked: Asked) -> bool:
            return asked.path.startswith(path) and method in {None, asked.method}

        standin.faults.append(Fault(Respond(Answer(status=status)), matches=matches, times=times))

    return broken
