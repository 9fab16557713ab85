"""The slices on procrastinate, whose queue is in the journal's PostgreSQL: no Redis is needed.

::

    python -m queues.procrastinate_worker schema
    python -m queues.procrastinate_worker work

The database keeps one message of a tenant (``queueing_lock``) and one slice at a time (``lock``).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import JobDeferrer, Status

from queues.slices import Places, SliceEnd, export_slice

_LOG = logging.getLogger("queues")
# When every tenant that has no message gets one; cron, and a sixth field would be seconds.
_EVERY = os.environ.get("EXPORT_EVERY_CRON", "*/15 * * * *")
#: A worker that has said nothing for so many seconds is dead, and its tenants go to others.
SILENCE = float(os.environ.get("EXPORT_LEASE_SECONDS", "60"))

_places = Places.from_env()
app = App(connector=PsycopgConnector(conninfo=_places.journal))


@app.periodic(cron=_EVERY)
@app.task(name="offer_all", queueing_lock="offer_all", pass_context=True)
async def offer_all(context: JobContext, timestamp: int) -> None:
    """Give every tenant a message that has none, and take the tenants of workers that are gone from them."""
    del context, timestamp
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENCE):
        _LOG.warning("the worker of %s is gone", job.lock or job.task_name)
        # Not tried again as it is: its tenant may have another message by now.
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
    for tenant in _places.names():
        with _told(tenant):
            await _message(tenant).defer_async(tenant=tenant)


@app.task(name="export_tenant", pass_context=True)
def export_tenant(context: JobContext, tenant: str) -> None:
    """Carry out one slice; what is left goes behind all others."""
    made = export_slice(tenant, _places, is_stopping=context.should_abort)
    if made.end is SliceEnd.MORE:
        with _told(tenant):
            _message(tenant).defer(tenant=tenant)


def _message(tenant: str) -> JobDeferrer:
    return export_tenant.configure(lock=tenant, queueing_lock=tenant)


@contextmanager
def _told(tenant: str) -> Generator[None]:
    """Log that a tenant has a new message, unless it has one already."""
    with suppress(AlreadyEnqueued):
        yield
        _LOG.info("offered", extra={"tenant": tenant})
