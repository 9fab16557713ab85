"""Eight companies, one of them twenty times as large, and the workers that export them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeAlias

import attrs
from typing_extensions import override

import brex_accounting.testing
import rillet.testing
from bridge.export import AttemptState, SqlJournal
from clientkit import Answer
from clientkit.testing import Action, Asked
from support.companies.exported import REFERENCE_TYPE, SETTINGS_TEXT, Company, expense
from support.queues.fast import WINDOW

ROOT = Path(__file__).parents[3]
LARGE, REFUSED = "acme", "gizmo"
SMALL = ("bolt", "cargo", "delta", "ember", "fjord", "harbor")
TENANTS = tuple(sorted((LARGE, REFUSED, *SMALL)))
Event: TypeAlias = Mapping[str, object]


class Counting(rillet.testing.StandIn):
    """Counts whom it turned away."""

    turned_away = 0

    @override
    def take(self, asked: Asked) -> tuple[Answer | None, Action | None]:
        answer, action = super().take(asked)
        self.turned_away += answer is not None and answer.status == 429
        return answer, action


@attrs.define
class World:
    """The companies of all tenants, served on loopback, and the environment of a worker."""

    folder: Path
    journal: str
    companies: Mapping[str, Company]
    environment: Mapping[str, str]
    running: list[subprocess.Popen[bytes]] = attrs.field(factory=list[subprocess.Popen[bytes]])

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Run a module by ``support.queues.fast``; its output is in the folder."""
        command = [sys.executable, "-m", "support.queues.fast", *arguments]
        with (self.folder / f"log-{len(self.running)}").open("wb") as log:
            made = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment, cwd=self.folder)
        self.running.append(made)
        return made

    def logs(self) -> str:
        """What all processes wrote."""
        return "\n".join(f"{each.name}:\n{each.read_text('utf-8')}" for each in sorted(self.folder.glob("log-*")))

    def events(self) -> Sequence[dict[str, object]]:
        """What the queues logged, oldest first."""
        path = self.folder / "events"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(each) for each in lines]

    def ended(self, tenant: str) -> Sequence[Event]:
        """The ends of a tenant's slices."""
        return [each for each in self.events() if each.get("tenant") == tenant and "end" in each]

    def posted(self) -> int:
        """How many records Rillet has."""
        return sum(len(each.rillet.charges) for each in self.companies.values())

    def has_posted(self, count: int) -> bool:
        """Whether Rillet has so many records."""
        return self.posted() >= count

    def wait_until(self, holds: Callable[[], bool], what: str, seconds: float = 120.0) -> None:
        """Wait for something that the workers bring about. Raises `AssertionError` with their logs."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"{what} did not come about:\n{self.logs()}"
            time.sleep(0.02)

    def unfinished(self) -> Sequence[str]:
        """Of each tenant what is not as it should be while nobody works: attempts without an outcome, Brex not told."""
        found = list[str]()
        for tenant, company in self.companies.items():
            with SqlJournal(self.journal, namespace=tenant) as journal:
                found += [
                    f"{tenant}: {each.subject} is open" for each in journal.walk() if each.state is AttemptState.OPEN
                ]
                found += [f"{tenant}: {each} is in hand" for each in company.brex.records if journal.held(each)]
            if company.posted_references() != company.exported():
                found.append(f"{tenant}: posted {company.posted_references()}, told {company.exported()}")
        return found

    def end_all(self) -> None:
        """Kill what still runs."""
        for each in self.running:
            with suppress(ProcessLookupError):
                each.send_signal(signal.SIGKILL)
            each.wait()


def write_settings(folder: Path, tenant: str, brex: str, books: str) -> None:
    """The settings file of a tenant whose services are at these addresses."""
    text = f'{SETTINGS_TEXT}\n[tenant]\nbrex_base_url = "{brex}"\nrillet_base_url = "{books}"\n'
    (folder / f"{tenant}.toml").write_text(text, encoding="utf-8")


def new_world(folder: Path, journal: str, pace: str, stack: ExitStack, *, size: int, slice_seconds: float) -> World:
    """Companies with `size` records each, the large one with 20 times as many, served until the stack closes."""
    settings = folder / "tenants"
    settings.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BREX_", "RILLET_"))}
    environment |= {
        "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("src", "tests", "examples")),
        "EXPORT_TENANTS": str(settings),
        "EXPORT_JOURNAL": journal,
        "EXPORT_PACE": pace,
        "EXPORT_SLICE_SECONDS": str(slice_seconds),
        "EXPORT_LEASE_SECONDS": "3",
        "EXPORT_EVERY_SECONDS": "1",
        "EXPORT_EVERY_CRON": "* * * * * */1",
        "EXPORT_CONCURRENCY": "1",
        "QUEUE_EVENTS": str(folder / "events"),
    }
    companies = dict[str, Company]()
    for tenant in TENANTS:
        records = [expense(number) for number in range(size * (20 if tenant == LARGE else 1))]
        company = companies[tenant] = Company(
            brex=brex_accounting.testing.StandIn(records, rate_limit=None),
            rillet=Counting(reference_types={REFERENCE_TYPE}, rate_limit=(60, WINDOW), api_key=f"key-of-{tenant}"),
        )
        urls = stack.enter_context(company.brex.serve()), stack.enter_context(company.rillet.serve())
        write_settings(settings, tenant, *urls)
        environment |= {
            f"{tenant.upper()}_BREX_TOKEN": company.brex.token,
            f"{tenant.upper()}_RILLET_API_KEY": "a-withdrawn-key" if tenant == REFUSED else company.rillet.api_key,
        }
    world = World(folder=folder, journal=journal, companies=companies, environment=environment)
    stack.callback(world.end_all)
    return world
