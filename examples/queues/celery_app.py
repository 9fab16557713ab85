"""The slices on Celery with Redis.

::

    celery --app queues.celery_app worker --pool threads --concurrency 20
    celery --app queues.celery_app beat

The broker is Celery's own ``CELERY_BROKER_URL``. A worker waits for answers most of the time, so it has threads.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager

import redis
from celery import Celery
from celery.signals import worker_shutting_down
from redis.exceptions import LockError, RedisError

from queues.slices import Places, SliceEnd, export_slice

_LOG = logging.getLogger("queues")
# Seconds between two rounds in which every tenant that nobody has in hand gets a message.
_EVERY = float(os.environ.get("EXPORT_EVERY_SECONDS", "900"))
# For so long nobody else takes a tenant whose worker has died.
_LEASE = float(os.environ.get("EXPORT_LEASE_SECONDS", "60"))
# A message that is older is dropped, and the next round sends another.
_LONGEST_QUEUE = 6 * 3_600.0

app = Celery("queues")
app.conf.update(
    broker_url=os.environ.get("CELERY_BROKER_URL", "redis://localhost:6379/0"),
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    # A worker holds the message that it works on and no other one, so nobody waits behind a long slice.
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    # Longer than a slice with the waits of its last records: Redis hands out again what was not acknowledged by then.
    broker_transport_options={"visibility_timeout": 1_800},
    broker_connection_retry_on_startup=True,
    beat_schedule={"offer": {"task": "queues.offer_all", "schedule": _EVERY, "options": {"expires": _EVERY}}},
)


class _Worker:
    """This process: whether it shuts down, and the Redis of the turns, which the pace uses too."""

    def __init__(self) -> None:
        self.places = Places.from_env()
        self.redis = redis.Redis.from_url(self.places.pace)  # pyright: ignore[reportUnknownMemberType] - untyped options
        self.is_stopping = False


_worker = _Worker()


@worker_shutting_down.connect
def _shuts_down(**_: object) -> None:
    # SIGTERM. No lock and no event: it may interrupt whoever holds it.
    _worker.is_stopping = True


@app.task(name="queues.offer_all")
def offer_all() -> None:
    """Give every tenant a message that has none and that nobody has in hand."""
    for tenant in _worker.places.names():
        if not _worker.redis.exists(_turn(tenant)):
            offer(tenant)


def offer(tenant: str) -> None:
    """Send the message of a tenant behind all others, unless there is one."""
    if _worker.redis.set(_queued(tenant), "1", nx=True, ex=round(_LONGEST_QUEUE)):
        _LOG.info("offered", extra={"tenant": tenant})
        app.send_task("queues.export_tenant", args=(tenant,), expires=_LONGEST_QUEUE)


@app.task(name="queues.export_tenant")
def export_tenant(tenant: str) -> None:
    """Carry out one slice; what is left goes behind all others."""
    _worker.redis.delete(_queued(tenant))
    with _turn_of(tenant) as is_mine:
        if not is_mine:
            return
        made = export_slice(tenant, _worker.places, is_stopping=lambda: _worker.is_stopping)
    if made.end is SliceEnd.MORE:
        offer(tenant)


@contextmanager
def _turn_of(tenant: str) -> Generator[bool]:
    """Whether the tenant is this worker's for as long as the context lasts.

    It is renewed meanwhile. Where the Redis forgets it, two workers export one tenant: that costs requests, and the journal
    keeps them from posting anything twice.
    """
    lock = _worker.redis.lock(_turn(tenant), timeout=_LEASE, thread_local=False)
    if not lock.acquire(blocking=False):
        yield False
        return
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(_LEASE / 3):
            try:
                lock.reacquire()
            except (LockError, RedisError) as error:
                _LOG.warning("the turn of %s cannot be renewed: %s", tenant, type(error).__name__)

    renewing = threading.Thread(target=renew, daemon=True)
    renewing.start()
    try:
        yield True
    finally:
        ended.set()
        renewing.join()
        try:
            lock.release()
        except (LockError, RedisError) as error:
            _LOG.warning("the turn of %s cannot be given back: %s", tenant, type(error).__name__)


def _turn(tenant: str) -> str:
    return f"export:turn:{tenant}"


def _queued(tenant: str) -> str:
    return f"export:queued:{tenant}"
