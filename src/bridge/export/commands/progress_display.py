"""How far an export is: a bar on a terminal, elsewhere a line of the log every so often."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from bridge.export.engine.export import Export
from bridge.export.reporting import audit_log
from bridge.export.reporting.progress import Progress, ShowProgress
from bridge.export.reporting.progress_bar import EVERY, FIRST, Lines, Occasion, OnBar, columns


class LoggedProgress:
    """Writes a line of the log after the `first` seconds, when `every` seconds have passed since, and at the end.

    Of a run that ends before the `first` seconds nothing is written.
    """

    def __init__(
        self, every: float = EVERY, clock: Callable[[], float] = time.monotonic, *, first: float = FIRST
    ) -> None:
        self._occasion = Occasion(clock, first=min(first, every), every=every)

    def __call__(self, progress: Progress) -> None:
        """A record is done."""
        if self._occasion.has_come(is_last=progress.done >= progress.of):
            audit_log.progressed(progress.done, progress.of, progress.rest or timedelta())


def _to_stderr(requests: int) -> None:
    typer.echo(f"still working: {requests} requests sent so far", err=True)


@contextmanager
def telling_of_requests(
    export: Export, *, first: float = FIRST, every: float = EVERY, say: Callable[[int], object] = _to_stderr
) -> Generator[Callable[[], None]]:
    """Says that the work goes on, after the `first` seconds and whenever `every` seconds have passed, until the end.

    Books of some thousand objects take minutes to read, and before they are there is nothing else to show. What it gives ends
    it before, once there is.
    """
    ended = threading.Event()

    def tell() -> None:
        wait = first
        while not ended.wait(wait):
            say(export.source.requests_sent + export.ledger.requests_sent)
            wait = every

    teller = threading.Thread(target=tell, name="progress", daemon=True)
    teller.start()
    try:
        yield ended.set
    finally:
        ended.set()
        teller.join()


def _after(end: Callable[[], None], show: ShowProgress) -> ShowProgress:
    def advance(progress: Progress) -> None:
        end()
        show(progress)

    return advance


@contextmanager
def shown_progress(
    *, logs: bool = False, reads: Export | None = None, what: str = "records", verb: str = "Exporting"
) -> Generator[ShowProgress]:
    """A bar on the terminal, apart from what is printed; lines of the log where there is none.

    With `logs` these are lines of the log that the command writes, else plain ones. Lines also tell that `reads` sends
    requests, until the first record is done.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        if reads is not None:
            with telling_of_requests(reads, say=audit_log.working) as end:
                yield _after(end, LoggedProgress())
            return
        yield LoggedProgress() if logs else Lines(sys.stderr, short_runs=False, what=what)
        return
    with Bar(*columns(), console=console) as bar:
        yield OnBar(bar, verb)
