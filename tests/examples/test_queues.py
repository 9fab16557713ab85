"""The recipes for queues, with real servers and real workers: eight tenants, two workers, kills and a person beside them.

``QUEUE_SIZE`` is how many records a small tenant has, 3 if it is not set, and ``QUEUE_KILLS`` how many workers are killed.
"""

from __future__ import annotations

import base64
import importlib.util
import itertools
import json
import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TypeAlias, cast

import attrs
import pytest
import sqlalchemy as sa

from bridge.export import SqlJournal, read_tenants
from support import postgres, redis
from support.companies.exported import SETTINGS_TEXT
from support.queues.world import LARGE, REFUSED, SMALL, TENANTS, Counting, World, new_world

SIZE = int(os.environ.get("QUEUE_SIZE", "3"))
KILLS = int(os.environ.get("QUEUE_KILLS", "3"))
SLICE_SECONDS = 1.5
# Seconds of real time for everything; a machine may be busy.
PATIENCE = 60.0 * SIZE

Start: TypeAlias = Callable[[World], "subprocess.Popen[bytes]"]


@attrs.frozen
class Queue:
    """A queue with its companies; `start` starts a worker of it, `messages` are the arguments of those that wait."""

    world: World
    start: Start
    messages: Callable[[World], Sequence[object]]


def start_celery(world: World) -> subprocess.Popen[bytes]:
    options = ("--pool", "threads", "--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO")
    return world.start("celery", "--app", "queues.celery_app", "worker", *options)


def start_procrastinate(world: World) -> subprocess.Popen[bytes]:
    return world.start("queues.procrastinate_worker", "work")


def messages_in_redis(world: World) -> Sequence[object]:
    import redis as client

    server = client.Redis.from_url(world.environment["EXPORT_PACE"])  # pyright: ignore[reportUnknownMemberType]
    waiting = cast("list[bytes]", server.lrange("celery", 0, -1))
    bodies = [json.loads(base64.b64decode(json.loads(each)["body"])) for each in waiting]
    return [positional or named for positional, named, _ in bodies]


def messages_in_postgresql(world: World) -> Sequence[object]:
    engine = sa.create_engine(world.journal.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        waiting = connection.execute(sa.text("SELECT args FROM procrastinate_jobs WHERE status = 'todo'"))
        found = [list(each.values()) for each in waiting.scalars()]
    engine.dispose()
    return found


@pytest.fixture
def celery(tmp_path: Path) -> Iterator[Queue]:
    if importlib.util.find_spec("celery") is None:
        pytest.skip("the extra `celery` is not installed")
    if why := redis.missing():
        pytest.skip(why)
    with ExitStack() as stack:
        pace = stack.enter_context(redis.redis_server())
        # One journal for all: a database of many machines, where there is one.
        journal = str(tmp_path / "journal.db") if postgres.missing() else stack.enter_context(postgres.postgres())
        world = new_world(tmp_path, journal, pace, stack, size=SIZE, slice_seconds=SLICE_SECONDS)
        broker = {"CELERY_BROKER_URL": pace.replace("unix:", "redis+socket:", 1)}
        world = attrs.evolve(world, environment={**world.environment, **broker})
        stack.callback(world.end_all)
        world.start("celery", "--app", "queues.celery_app", "beat", "--max-interval", "1", "--loglevel", "INFO")
        yield Queue(world, start_celery, messages_in_redis)


@pytest.fixture
def procrastinate(tmp_path: Path) -> Iterator[Queue]:
    if importlib.util.find_spec("procrastinate") is None:
        pytest.skip("the extra `procrastinate` is not installed")
    if why := postgres.missing():
        pytest.skip(why)
    with ExitStack() as stack:
        database = stack.enter_context(postgres.postgres())
        world = new_world(tmp_path, database, database, stack, size=SIZE, slice_seconds=SLICE_SECONDS)
        made = world.start("queues.procrastinate_worker", "schema")
        assert made.wait(timeout=PATIENCE) == 0, world.logs()
        yield Queue(world, start_procrastinate, messages_in_postgresql)


@pytest.fixture(params=["celery", "procrastinate"])
def queue(request: pytest.FixtureRequest) -> Queue:
    made: Queue = request.getfixturevalue(request.param)
    return made


def a_person_plans(world: World) -> subprocess.Popen[bytes]:
    """Somebody looks at the plan of the large tenant, with its key and the shared pace, while it is exported."""
    (world.folder / "settings.toml").write_text(SETTINGS_TEXT, encoding="utf-8")
    names = ("BREX_TOKEN", "RILLET_API_KEY")
    theirs = {each: world.environment[f"{LARGE.upper()}_{each}"] for each in names}
    tenant = read_tenants(world.environment["EXPORT_TENANTS"]).get(LARGE)
    theirs |= {"BREX_BASE_URL": str(tenant.brex_base_url), "RILLET_BASE_URL": str(tenant.rillet_base_url)}
    beside = attrs.evolve(world, environment={**world.environment, **theirs})
    options = ("--settings", "settings.toml", "--journal", world.journal, "--namespace", LARGE)
    return beside.start("bridge.export.cli", "plan", *options, "--pace", world.environment["EXPORT_PACE"])


@pytest.mark.full
def test_nothing_is_lost_or_doubled_and_nobody_waits_long(queue: Queue) -> None:
    world, good = queue.world, (LARGE, *SMALL)
    chance = random.Random(7)
    workers = [queue.start(world) for _ in range(2)]
    total = sum(len(world.companies[each].brex.records) for each in good)
    first, *others = sorted(chance.sample(range(2, total * 3 // 4), KILLS + 1))

    world.wait_until(partial(world.has_posted, first), f"{first} of {total}", PATIENCE)
    for each in workers:
        each.send_signal(signal.SIGTERM)
    assert [each.wait(timeout=PATIENCE) for each in workers] == [0, 0], world.logs()
    # Whatever was in flight is written down, and Brex knows of it.
    assert world.unfinished() == []
    assert first <= world.posted() < total
    # What waits are the names of tenants, and rounds, which have a time at most. No key stands in a message.
    messages = queue.messages(world)
    assert [LARGE] in messages
    assert [each for each in messages if each not in [[name] for name in TENANTS] and not is_a_round(each)] == []
    workers = [queue.start(world) for _ in range(2)]
    person = a_person_plans(world)
    cut_off = set[int]()
    for point in others:
        world.wait_until(partial(world.has_posted, point), f"{point} of {total}", PATIENCE)
        victim = workers.pop(chance.randrange(2))
        victim.kill()
        victim.wait()
        cut_off.add(victim.pid)
        workers.append(queue.start(world))
    done = {each: len(world.companies[each].brex.records) for each in good}
    world.wait_until(
        lambda: all(len(world.companies[each].exported()) == count for each, count in done.items()),
        "the end",
        PATIENCE,
    )
    world.wait_until(
        lambda: all(world.ended(each) and world.ended(each)[-1]["end"] == "done" for each in good),
        "the end of the last slice",
        PATIENCE,
    )
    assert person.wait(timeout=PATIENCE) == 0, world.logs()
    for each in workers:
        each.send_signal(signal.SIGTERM)
    assert [each.wait(timeout=PATIENCE) for each in workers] == [0, 0], world.logs()

    # Nothing is lost or doubled, whoever was killed, in one journal for all.
    for tenant in good:
        company = world.companies[tenant]
        assert company.posted_references() == company.exported() == sorted(company.brex.records), tenant
        assert [each.name for each in company.rillet.vendors].count("Cumulus Cloud") == 1
    assert world.unfinished() == []
    # Nobody was ever turned away, a person beside the workers included.
    turned_away = {name: cast("Counting", each.rillet).turned_away for name, each in world.companies.items()}
    assert turned_away == dict.fromkeys(TENANTS, 0)
    assert_parked(world)
    assert_fair(world, cut_off)
    assert_counted(world, cut_off)


def is_a_round(arguments: object) -> bool:
    """No arguments, or the time of the round."""
    return arguments == {} or (isinstance(arguments, list) and str(cast("object", arguments))[1:-1].isdecimal())


def assert_parked(world: World) -> None:
    """The tenant whose key is refused is reported once and left alone; its records wait."""
    ends = world.ended(REFUSED)
    assert [each["end"] for each in ends] == ["parked"]
    assert "401" in str(ends[0]["why"])
    company = world.companies[REFUSED]
    assert (company.posted_references(), company.exported()) == ([], [])
    assert len(company.rillet.asked) < 5
    with SqlJournal(world.journal, namespace=REFUSED) as journal:
        assert journal.mark(f"{REFUSED} is parked until") is not None


def assert_fair(world: World, cut_off: set[int]) -> None:
    """While a tenant waits, no other one has two slices; what a kill has taken from somebody's hands is not waiting."""
    events = world.events()
    for tenant in SMALL:
        offered = [
            place for place, each in enumerate(events) if each["event"] == "offered" and each["tenant"] == tenant
        ]
        assert offered
        waited_with = list[str]()
        for each in itertools.islice(events, offered[0], None):
            if each["event"] == "slice begins":
                if each["tenant"] == tenant:
                    break
                waited_with.append(str(each["tenant"]))
        assert max(Counter(waited_with).values(), default=0) <= 1 + len(cut_off), (tenant, waited_with)


def assert_counted(world: World, cut_off: set[int]) -> None:
    """The counts of each tenant's slices add up, but for those that a kill cut off."""
    begun_by = {(each["tenant"], each["pid"]) for each in world.events() if each["event"] == "slice begins"}
    whole = [each for each in (LARGE, *SMALL) if not any((each, pid) in begun_by for pid in cut_off)]
    for tenant in whole:
        counts = [cast("dict[str, int]", each["counts"]) for each in world.ended(tenant)]
        posted = sum(each.get("posted", 0) for each in counts)
        assert posted == len(world.companies[tenant].brex.records), (tenant, counts)
