"""A bar for whoever waits: rich's or tqdm's, whichever is installed, and plain lines where neither can move."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, TextIO, TypeAlias

from typing_extensions import override

from bridge.export.reporting.progress import Progress
from clientkit.showing import plain

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import ProgressColumn

Show: TypeAlias = Callable[[Progress], object]

# Somebody who waits sees soon that it goes on; of a short run there is nothing to say, and no log has to be full of it.
FIRST, EVERY = 10.0, 60.0
_NAME = 24
# Seconds after which a bar that is not redrawn by itself looks again.
_MOMENT = 1.0


class OnBar:
    """Moves rich's bar."""

    def __init__(self, bar: Bar, verb: str = "Exporting") -> None:
        self._bar = bar
        self._task = bar.add_task(verb, total=None, progress=None)

    def __call__(self, progress: Progress) -> None:
        """A record is done."""
        name = plain(progress.record_id)[:_NAME]
        self._bar.update(self._task, completed=progress.done, total=progress.of, description=name, progress=progress)


class Occasion:
    """Tells after the `first` seconds that it is time to say something, and when `every` seconds have passed since it did."""

    def __init__(self, clock: Callable[[], float], *, first: float, every: float) -> None:
        self._clock, self._every = clock, every
        self._next = clock() + first
        #: Whether it was time before, so that whoever reads waits for an end.
        self.came = False

    def has_come(self, *, is_last: bool = False) -> bool:
        """Whether it is time; the next one is later. The last word is due where there was one before."""
        now = self._clock()
        if now < self._next and not (is_last and self.came):
            return False
        self.came = True
        self._next = now + self._every
        return True


class Lines:
    """Writes a line after the `first` seconds, one whenever `every` seconds have passed, and one for the last record.

    Without `short_runs` nothing is written of a run that ends before the `first` seconds.
    """

    def __init__(
        self,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
        *,
        first: float = FIRST,
        every: float = EVERY,
        short_runs: bool = True,
        what: str = "records",
    ) -> None:
        self._stream, self._occasion = stream, Occasion(clock, first=first, every=every)
        self._short_runs, self._what = short_runs, what

    def __call__(self, progress: Progress) -> None:
        """A record is done."""
        is_last = progress.done >= progress.of
        if not self._occasion.has_come(is_last=is_last) and not (is_last and self._short_runs):
            return
        rest = f", {plain(progress.outlook)}" if progress.outlook else ""
        self._stream.write(f"{progress.done} of {progress.of} {self._what}{rest}\n")
        self._stream.flush()


def columns() -> tuple[ProgressColumn, ...]:
    """The parts of rich's bar; what services named is no markup."""
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn
    from rich.text import Text

    class Outlook(ProgressColumn):
        """Asked at each refresh, because a run waits between its records."""

        @override
        def render(self, task: Task) -> Text:
            progress = task.fields["progress"]
            return Text(plain(progress.outlook) if isinstance(progress, Progress) else "")

    return (
        TextColumn("{task.description:24}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        Outlook(),
    )


@contextmanager
def progress_bar() -> Generator[Show]:
    """What shows the progress of one run on standard error, or in the cell of a notebook."""
    if _in_notebook():
        shown = _in_cell()
    elif sys.stderr.isatty() and _has("rich"):
        shown = _rich()
    elif sys.stderr.isatty() and _has("tqdm"):
        shown = _tqdm()
    else:
        shown = nullcontext(Lines(sys.stderr))
    with shown as show:
        yield show


def _in_cell() -> AbstractContextManager[Show]:
    """Tqdm's bar is text, which the stored notebook keeps. Rich's is a widget and leaves nothing, so a line follows it."""
    if _has("tqdm"):
        return _tqdm()
    return _rich(Lines(sys.stderr)) if _has("rich") and _has("ipywidgets") else nullcontext(Lines(sys.stderr))


@contextmanager
def _rich(lines: Lines | None = None) -> Generator[Show]:
    from rich.console import Console
    from rich.progress import Progress as Bar

    last: Progress | None = None
    with Bar(*columns(), console=Console(stderr=True)) as bar:
        on_bar = OnBar(bar)

        def show(progress: Progress) -> None:
            nonlocal last
            last = progress
            on_bar(progress)

        yield show
    if lines is not None and last is not None:
        lines(last)


@contextmanager
def _tqdm() -> Generator[Show]:
    import tqdm

    last: Progress | None = None

    def tell() -> None:
        # tqdm estimates the rest itself.
        wait = "" if last is None else plain(last.wait)
        if wait != (bar.postfix or ""):
            bar.set_postfix_str(wait)

    with tqdm.tqdm(unit="record") as bar, _repeating(tell):

        def show(progress: Progress) -> None:
            nonlocal last
            last, bar.total = progress, progress.of
            bar.set_description(plain(progress.record_id)[:_NAME], refresh=False)
            bar.set_postfix_str(plain(progress.wait), refresh=False)
            bar.update(progress.done - bar.n)

        yield show


@contextmanager
def _repeating(tell: Callable[[], object]) -> Generator[None]:
    """Have something told again and again in a thread, because a run waits between its records."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(_MOMENT):
            tell()

    teller = threading.Thread(target=repeat, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and "IPKernelApp" in shell.config


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
