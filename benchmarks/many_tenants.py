"""Fairness, throughput and growth of many tenants on one journal, on simulated clocks::

    python benchmarks/many_tenants.py [tenants,tenants,…] [place]

`place` is the journal of all: an SQLite file, which is the default, or a PostgreSQL. Ten workers share one queue, first come
first served. Every fiftieth tenant is twenty times as large as the others. A slice lasts a minute, an answer takes a second, and
each key is allowed 60 requests a minute: all of that passes on clocks of their own, as fast as the processor can work. Services
are stand-ins in the same process, and their time is counted too. Printed are, as JSON, a line for each number of tenants.
"""

from __future__ import annotations

import heapq
import itertools
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import sqlalchemy as sa

import brex_accounting
import brex_accounting.testing
import rillet
import rillet.testing
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, Entity, Settings
from bridge.export import Export, SqlJournal, StopCode
from clientkit import Answer, Clocks, Outgoing, Pacer
from clientkit.transport import InProcess

WORKERS, SMALL, LARGE, EVERY = 10, 5, 100, 50
SLICE, ANSWER = 60.0, 1.0
START = datetime(2026, 2, 6, 9, tzinfo=UTC)
US = Entity(name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340")
BRIDGE = Bridge(Settings(entities=(US,), reference_type="brex"))


class Clock:
    """The time of the worker whose slice is carried out; for its threads."""

    def __init__(self) -> None:
        self.now = 0.0
        self._lock = threading.Lock()
        self.clocks = Clocks(monotonic=lambda: self.now, wall=lambda: self.now, chance=lambda: 0.5)

    def datetime(self) -> datetime:
        return START + timedelta(seconds=self.now)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds


class Tenant:
    """A company in both stand-ins, and the pace of its key."""

    def __init__(self, name: str, records: int, clock: Clock) -> None:
        self.name, self.records, self._clock, self.turned_away = name, records, clock, 0
        ready = (card_expense("10.00", coding=[gl("61000")], record_id=f"accr_{each:05d}") for each in range(records))
        self.brex = brex_accounting.testing.StandIn(ready, rate_limit=None, now=clock.datetime)
        self.rillet = rillet.testing.StandIn(reference_types={"brex"}, now=clock.datetime)
        self._pacer = Pacer(60, margin=0.5)

    def slice(self, place: str) -> bool:
        """Export until a minute is over; whether something is left."""
        clock, end = self._clock, self._clock.now + SLICE
        with (
            SqlJournal(place, namespace=self.name, now=clock.datetime) as journal,
            rillet.Client(
                self.rillet.api_key,
                transport=InProcess(self._delayed(self.rillet.transport().send)),
                pacer=self._pacer,
                clocks=clock.clocks,
                sleep=clock.sleep,
            ) as books,
        ):
            brex = self.brex.client(sleep=clock.sleep)
            outcome = Export(brex, books, BRIDGE, journal=journal, in_flight=1).run(
                stop=lambda: clock.now >= end, keep=0
            )
        assert outcome.stop_code in {None, StopCode.INTERRUPTED}, outcome.stopped
        return outcome.stop_code is StopCode.INTERRUPTED

    def _delayed(self, send: Callable[[Outgoing], Answer]) -> Callable[[Outgoing], Answer]:
        def delayed(outgoing: Outgoing) -> Answer:
            self._clock.sleep(ANSWER)
            answer = send(outgoing)
            self.turned_away += answer.status == 429
            return answer

        return delayed


@attrs.frozen
class Round:
    """What one round came to: when each tenant's slices began, and the time of the last end, in simulated seconds."""

    begun: list[tuple[float, str]]
    ended: float

    def first(self, tenant: str) -> float:
        return min(at for at, each in self.begun if each == tenant)

    def most_slices_beside(self, tenant: str) -> int:
        """The most slices that one other tenant began while this one waited."""
        mine = self.first(tenant)
        return max(Counter(each for at, each in self.begun if at < mine).values(), default=0)


def carried_out(tenants: list[Tenant], clock: Clock, place: str) -> Round:
    """Everybody gets a message at the same moment; what is left goes to the end of the queue."""
    order, begun, ended = itertools.count(), list[tuple[float, str]](), 0.0
    queue = [(0.0, next(order), each) for each in tenants]
    free = [0.0] * WORKERS
    while queue:
        offered, _, tenant = heapq.heappop(queue)
        clock.now = max(heapq.heappop(free), offered)
        begun.append((clock.now, tenant.name))
        if tenant.slice(place):
            heapq.heappush(queue, (clock.now, next(order), tenant))
        heapq.heappush(free, clock.now)
        ended = max(ended, clock.now)
    return Round(begun, ended)


def rows(place: str, prefix: str) -> int:
    is_file = "://" not in place
    engine = sa.create_engine(f"sqlite:///{place}" if is_file else place.replace("postgresql:", "postgresql+psycopg:"))
    query = sa.text("SELECT count(*) FROM journal_attempts WHERE namespace LIKE :name")
    with engine.begin() as connection:
        found = int(connection.execute(query, {"name": f"{prefix}%"}).scalar_one())
    engine.dispose()
    return found


def main(count: int, place: str) -> None:
    clock, prefix = Clock(), f"of-{count}-"
    sizes = (LARGE if number % EVERY == 0 else SMALL for number in range(count))
    tenants = [Tenant(f"{prefix}{number}", size, clock) for number, size in enumerate(sizes)]
    began = time.process_time()
    made = carried_out(tenants, clock, place)
    seconds = time.process_time() - began
    small = [each.name for each in tenants if each.records == SMALL]
    records, posted = sum(each.records for each in tenants), sum(len(each.rillet.charges) for each in tenants)
    assert posted == records == sum(len(each.brex.results) for each in tenants)
    told = {
        "tenants": count,
        "posted": posted,
        "429": sum(each.turned_away for each in tenants),
        "most slices of another while a small one waits": max(made.most_slices_beside(each) for each in small),
        "longest wait of a small one": round(max(made.first(each) for each in small)),
        "simulated seconds": round(made.ended),
        "records an hour": round(posted / made.ended * 3_600),
        "processor seconds of a tenant": round(seconds / count, 3),
        "rows of a record": round(rows(place, prefix) / posted, 2),
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        given = [*sys.argv[1:], *["50,100,200", str(Path(folder) / "journal.db")][len(sys.argv) - 1 :]]
        SqlJournal(given[1]).close()
        for each in given[0].split(","):
            main(int(each), given[1])
