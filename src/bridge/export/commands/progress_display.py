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
from bridge.export.reporting.progress_bar import OnBar, columns

_EVERY = 60.0
# Somebody who waits sees soon that it goes on; of a short run there is nothing to say.
_FIRST = 10.0


class LoggedProgress:
    """Writes a line of the log after the `first` seconds, and when `every` seconds have passed since the last one."""

    def __init__(
        self, every: float = _EVERY, clock: Callable[[], float] = time.monotonic, *, first: float = _FIRST
    ) -> None:
        self._every, self._clock = every, clock
        self._next = clock() + min(first, every)

    def __call__(self, progress: Progress) -> None:
        """A record is done."""
        now = self._clock()
        if now >= self._next:
            self._next = now + self._every
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
