"""How far an export is: a bar on a terminal, elsewhere a line of the log every so often."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import Progress as Bar

from bridge.export.engine.runner import ShowProgress
from bridge.export.reporting import audit_log
from bridge.export.reporting.progress import Progress
from bridge.export.reporting.progress_bar import EVERY, FIRST, Occasion, OnBar, columns


class LoggedProgress:
    """Writes a line of the log after the `first` seconds, and when `every` seconds have passed since the last one."""

    def __init__(
        self, every: float = EVERY, clock: Callable[[], float] = time.monotonic, *, first: float = FIRST
    ) -> None:
        self._occasion = Occasion(clock, first=min(first, every), every=every)

    def __call__(self, progress: Progress) -> None:
        """A record is done."""
        if self._occasion.has_come():
            audit_log.progressed(progress.done, progress.of, progress.rest or timedelta())


@contextmanager
def shown_progress() -> Generator[ShowProgress]:
    """A bar on the terminal, apart from what is printed; lines of the log where there is none."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield LoggedProgress()
        return
    with Bar(*columns(), console=console) as bar:
        yield OnBar(bar)
