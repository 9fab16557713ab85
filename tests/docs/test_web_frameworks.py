"""The services of the page about web frameworks, on a real socket: they end soon, although a run waits for the rate limit."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

pytest.importorskip("fastapi", reason="fastapi of the extra `dev` is not installed")
pytest.importorskip("flask", reason="flask of the extra `dev` is not installed")
pytest.importorskip("uvicorn", reason="the extra `serve` is not installed")

import uvicorn

import brex_accounting.testing
import bridge.export
import rillet.testing
from bridge import Bridge
from bridge.export import (
    ApprovalError,
    AsyncExport,
    ChangedSinceSeenError,
    Export,
    NothingToApproveError,
    SqlJournal,
)
from clientkit import Answer, ApiError
from clientkit.testing import Fault, Respond
from rillet import Pacer
from support.companies.exported import REFERENCE_TYPE, SETTINGS, Company, expense

PAGE = Path(__file__).resolve().parents[2] / "docs" / "web-frameworks.md"
#: A whole wait is a minute. What is in flight is answered at once here.
SOON = 15.0


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    there = ModuleType("__page__")
    monkeypatch.setitem(sys.modules, there.__name__, there)
    for code in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        exec(code, there.__dict__)
    return there.__dict__


@pytest.fixture
def company() -> Company:
    records = [expense(number) for number in range(20)]
    return Company(
        brex=brex_accounting.testing.StandIn(records, rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )


def seconds_to_end(app: Callable[..., Any], waits: threading.Event) -> float:
    """Serve until something waits for its turn, and end the server as its handler of SIGTERM does."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=5))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        serving.start()
        assert waits.wait(60)
        assert httpx.get(f"http://127.0.0.1:{door.getsockname()[1]}/openapi.json").status_code == 200
        began = time.monotonic()
        server.should_exit = True
        serving.join(90)
        assert not serving.is_alive()
        return time.monotonic() - began


def check_nothing_is_in_doubt(company: Company, journal: SqlJournal) -> None:
    assert 0 < len(company.posted_references()) < 20
    assert company.exported() == company.posted_references()
    assert [each.subject for each in journal.walk() if each.is_open] == []
    assert company.export().run().complete
    assert company.exported() == company.posted_references() == sorted(company.brex.records)


def test_a_service_ends_soon(page: dict[str, Any], company: Company, tmp_path: Path) -> None:
    waits = threading.Event()

    def sleep(seconds: float) -> None:
        waits.set()
        time.sleep(seconds)

    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        books = company.rillet.client(pacer=Pacer(16, 60.0), sleep=sleep)
        export = Export(company.brex.client(), books, Bridge(SETTINGS), journal=journal)
        assert seconds_to_end(page["service"](export), waits) < SOON
        check_nothing_is_in_doubt(company, journal)


def test_every_error_of_an_export_has_an_answer(page: dict[str, Any]) -> None:
    of_export: dict[type[Exception], int] = page["OF_AN_EXPORT"]
    public = [getattr(package, name) for package in (bridge, bridge.export) for name in package.__all__]
    errors = [each for each in public if isinstance(each, type) and issubclass(each, Exception)]
    table = PAGE.read_text("utf-8").split("Together they answer like this", 1)[1].split("\n\n", 2)[1]

    assert [each.__name__ for each in errors if not issubclass(each, (ApiError, *of_export))] == []
    assert "`ConfigurationError`" in table
    # Of an approval the table has the subclasses.
    for kind, status in {**of_export, NothingToApproveError: 409, ChangedSinceSeenError: 409}.items():
        rows = [row for row in table.splitlines() if f"`{kind.__name__}`" in row]
        assert kind is ApprovalError or [row.rstrip(" |").rpartition("| ")[2] for row in rows] == [str(status)]


def test_the_health_of_a_service_shows_a_key_that_is_refused_later(page: dict[str, Any], company: Company) -> None:
    is_revoked = threading.Event()
    revoked = Fault(Respond(Answer(status=401)), matches=lambda _: is_revoked.is_set(), times=1000)
    company.rillet.faults.append(revoked)
    app = page["service"](company.export())
    with socket.create_server(("127.0.0.1", 0)) as door:
        health = f"http://127.0.0.1:{door.getsockname()[1]}/health"
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=5))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        serving.start()

        assert until(health, 200) == {"problem": None}
        is_revoked.set()
        page["announcements"].tell(["accr_001"])
        assert until(health, 503) == {"problem": "UnauthorizedError"}

        server.should_exit = True
        serving.join(90)
    assert not serving.is_alive()


def until(address: str, status: int) -> object:
    """What the address says as soon as it has this status."""
    end = time.monotonic() + 60
    while (answer := httpx.get(address)).status_code != status:
        assert time.monotonic() < end
    return answer.json()


def test_a_service_that_awaits_ends_soon(page: dict[str, Any], company: Company, tmp_path: Path) -> None:
    waits = threading.Event()

    async def sleep(seconds: float) -> None:
        waits.set()
        await asyncio.sleep(seconds)

    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        books = company.rillet.async_client(pacer=Pacer(16, 60.0), sleep=sleep)
        export = AsyncExport(company.brex.async_client(), books, Bridge(SETTINGS), journal=journal)
        assert seconds_to_end(page["async_service"](export), waits) < SOON
        check_nothing_is_in_doubt(company, journal)
