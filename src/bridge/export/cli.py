"""The command ``brex-rillet``; what it needs beyond the core is the ``cli`` extra."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper

from bridge.export.commands import MODULES

_MISSING = 'brex-rillet needs its command line extra. Install it with: pip install "brex-rillet[cli]"'


def main() -> None:
    """Run the command. Exit status 0: all exported; 1: some refused; 2: could not run."""
    open_streams()
    write_anything()
    # Its name comes first, or else help, completion and messages need them all.
    named = sys.argv[1] if len(sys.argv) > 1 else ""
    module = "quick_help" if sys.argv[1:] == ["--help"] else MODULES.get(named, "every")
    try:
        import_module(f"bridge.export.commands.{module}")
        from bridge.export.commands.root import app
    except ModuleNotFoundError as error:
        if error.name not in {"typer", "rich", "click"}:
            raise
        sys.exit(_fail(_MISSING))
    except KeyboardInterrupt:
        # Loading takes a moment, in which nothing is to be cleaned up.
        sys.exit(_fail("Interrupted before anything was begun."))
    app()


def open_streams() -> None:
    """Give a process that was started without standard streams, as some daemons are, streams that lead nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # It also takes the number of the closed one, so that no file or connection gets it.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - open until the end


def write_anything() -> None:
    """Let standard output and error take any text: what their encoding lacks is escaped, because the work is done by then."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fail(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 2
