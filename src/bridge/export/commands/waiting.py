"""That a command waits for its journal is said, because nothing else is shown before it is open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import typer

_SECONDS = 3.0


def _to_stderr(text: str) -> None:
    typer.echo(text, err=True)


@contextmanager
def telling_of_a_wait(
    journal: str, *, seconds: float = _SECONDS, say: Callable[[str], object] = _to_stderr
) -> Generator[None]:
    """Says once that the journal is waited for, where that takes longer than so many `seconds`."""
    # A URL may hold a password.
    name = "The journal" if "://" in journal else f"The journal {journal}"
    text = f"{name} does not open yet: it is in use by another process, or it is being upgraded. Waiting."
    timer = threading.Timer(seconds, say, (text,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
