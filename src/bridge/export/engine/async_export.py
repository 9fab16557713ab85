"""An export to be awaited: the same engine, in threads of its own beside an event loop that sends its requests."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import copy_context
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import brex_accounting
from brex_accounting import Record
from bridge.books import Books
from bridge.export.engine.approvals import Review
from bridge.export.engine.export import Export
from bridge.export.engine.holding import Hold, holds_nothing
from bridge.export.engine.kept_books import KeptBooks
from bridge.export.engine.parts import check_order, check_parts
from bridge.export.engine.runner import never
from bridge.export.engine.saved_plan import SavedPlan
from bridge.export.engine.tasks.receipts import Download
from bridge.export.journal.protocol import Journal
from bridge.export.ledgers.protocol import Ledger
from bridge.export.ledgers.rillet import in_loop
from bridge.export.reporting.progress import Progress, ShowProgress, silent
from bridge.export.reporting.report import ExportOutcome
from bridge.export.reporting.verification import Disagreement
from bridge.export.sources.protocol import Source
from bridge.mapping import Bridge
from bridge.plan import Plan
from clientkit.event_loop import blocking_client
from clientkit.stopping import stopping

if TYPE_CHECKING:
    import rillet

T = TypeVar("T")


class AsyncExport:
    """An `Export` for a service that runs in one event loop; each method is awaited and does the same as in `Export`.

    The caller's loop sends all requests, with the connections and the rate limit of the clients. The engine and the journal,
    which block, have their own threads: one for the run and one for each record in flight. Nothing blocks the loop.

    Any task of a loop may call it, as any thread may call an `Export`.

    If a method is cancelled, the run begins no other record, requests that wait for the rate limit are not sent, and what is
    in flight is finished and written down before the cancellation goes on. A second cancellation does not wait for that; the
    next run then finds out, as after a kill.

    Args:
        brex: The client of the Brex account, or a `Source`, which is called in threads.
        rillet: The client of the Rillet organization, or a `Ledger`, which is called in threads.
        bridge: The mapping and its settings. Its mappers and rates are called in threads.
        journal: As for `Export`.
        batch: As for `Export`.
        in_flight: As for `Export`.
        hold: As for `Export`; called in threads.
        receipts: As for `Export`; called in threads.
        clock: As for `Export`.
        kept: As for `Export`.
    """

    def __init__(
        self,
        brex: brex_accounting.AsyncClient | Source,
        rillet: rillet.AsyncClient | Ledger,
        bridge: Bridge,
        *,
        journal: Journal | None = None,
        batch: int = 100,
        in_flight: int = 6,
        hold: Hold = holds_nothing,
        receipts: Download | None = None,
        clock: Callable[[], float] = time.monotonic,
        kept: KeptBooks | None = None,
    ) -> None:
        check_order(brex, rillet)
        check_parts(bridge=bridge, journal=journal, batch=batch, in_flight=in_flight, kept=kept, hold=hold, clock=clock)

        def made(loop: asyncio.AbstractEventLoop) -> Export:
            given = brex
            return Export(
                blocking_client(given, brex_accounting.Client, loop)
                if isinstance(given, brex_accounting.AsyncClient)
                else given,
                in_loop(rillet, loop),
                bridge,
                journal=journal,
                batch=batch,
                in_flight=in_flight,
                hold=hold,
                receipts=receipts,
                clock=clock,
                kept=kept,
            )

        self._shown = f"<AsyncExport from {brex!r} to {rillet!r}>"
        self._made = made
        self._export: tuple[asyncio.AbstractEventLoop, Export] | None = None

    def __repr__(self) -> str:
        return self._shown

    async def plan(self, *, updated_after: datetime | None = None, changed_since: datetime | None = None) -> Plan:
        """See `Export.plan`."""
        return await self._carried_out(
            lambda export: export.plan(updated_after=updated_after, changed_since=changed_since)
        )

    async def saved(self, plan: Plan) -> SavedPlan:
        """See `Export.saved`."""
        return await self._carried_out(lambda export: export.saved(plan))

    async def run(
        self,
        *,
        plan: SavedPlan | None = None,
        ids: Sequence[str] | None = None,
        updated_after: datetime | None = None,
        changed_since: datetime | None = None,
        keep: int | None = None,
        progress: ShowProgress | bool = silent,
        stop: Callable[[], bool] = never,
    ) -> ExportOutcome:
        """See `Export.run`. `progress` is called in the event loop, `stop` in a thread."""
        loop, cancelled = asyncio.get_running_loop(), threading.Event()

        def show(each: Progress) -> None:
            with suppress(RuntimeError):
                if callable(progress):
                    loop.call_soon_threadsafe(progress, each)

        return await self._carried_out(
            lambda export: export.run(
                plan=plan,
                ids=ids,
                updated_after=updated_after,
                changed_since=changed_since,
                keep=keep,
                progress=show if callable(progress) and progress is not silent else progress,
                stop=lambda: cancelled.is_set() or stop(),
            ),
            cancelled,
        )

    async def replay(
        self,
        record_id: str,
        *,
        anew: bool = False,
        adopt: str | None = None,
        even_dismissed: bool = False,
        by: str | None = None,
    ) -> ExportOutcome:
        """See `Export.replay`."""
        return await self._carried_out(
            lambda export: export.replay(record_id, anew=anew, adopt=adopt, even_dismissed=even_dismissed, by=by)
        )

    async def dismiss(self, record_id: str, *, why: str, by: str | None = None) -> ExportOutcome:
        """See `Export.dismiss`."""
        return await self._carried_out(lambda export: export.dismiss(record_id, why=why, by=by))

    async def hold(self, record_id: str, *, by: str, why: str) -> Review:
        """See `Export.hold`."""
        return await self._carried_out(lambda export: export.hold(record_id, by=by, why=why))

    async def approve(self, record_id: str, *, by: str) -> Review:
        """See `Export.approve`."""
        return await self._carried_out(lambda export: export.approve(record_id, by=by))

    async def verify(self) -> tuple[Disagreement, ...]:
        """See `Export.verify`."""
        return await self._carried_out(lambda export: export.verify())

    async def books(self) -> Books:
        """See `Export.books`."""
        return await self._carried_out(lambda export: export.books())

    async def record(self, record_id: str) -> Record:
        """See `Export.record`."""
        return await self._carried_out(lambda export: export.record(record_id))

    async def _carried_out(self, work: Callable[[Export], T], cancelled: threading.Event | None = None) -> T:
        """What a thread comes to. It is never left behind while it may write, unless it is cancelled twice."""
        loop, cancelled = asyncio.get_running_loop(), cancelled or threading.Event()
        if self._export is None or self._export[0] is not loop:
            self._export = loop, self._made(loop)
        export, future = self._export[1], loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        def carry_out() -> None:
            result, error = None, None
            try:
                # What waits for its turn has sent nothing, so it ends at once.
                with stopping(cancelled.is_set):
                    result = work(export)
            except BaseException as raised:  # noqa: BLE001 - it is raised where the method is awaited
                error = raised
            # A loop that is closed has nobody who waits.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, result, error)

        threading.Thread(target=copy_context().run, args=(carry_out,), name="export", daemon=True).start()
        try:
            done: T = await asyncio.shield(future)
        except asyncio.CancelledError:
            cancelled.set()
            await asyncio.wait([future])
            if not future.cancelled():
                # Read, so that nobody is told of an exception that was not.
                future.exception()
            raise
        return done
