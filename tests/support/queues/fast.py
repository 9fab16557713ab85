"""Runs the module that it is given with its arguments, as ``python -m`` does, in a world that goes faster.

A minute of Rillet's pace is a few seconds there, and what the queues log is written as JSON lines. To import it changes nothing.
"""

from __future__ import annotations

import json
import logging
import os
import runpy
import sys
import time
from pathlib import Path

from typing_extensions import override

from clientkit import Pacing, SharedPacer
from clientkit.shared_pacing import SharedPaces

#: Seconds that stand for Rillet's minute, and how much longer a request may be on its way than another.
WINDOW = 3.0
MARGIN = 2.0


class _Events(logging.Handler):
    @override
    def emit(self, record: logging.LogRecord) -> None:
        facts = {name: value for name, value in vars(record).items() if name in {"tenant", "end", "why", "counts"}}
        event = {"at": time.time(), "pid": os.getpid(), "event": record.getMessage(), **facts}
        with Path(os.environ["QUEUE_EVENTS"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")


def _pacing(self: SharedPaces, name: str, limit: int, window: float, margin: float) -> Pacing:
    del window, margin
    return SharedPacer(self._store, name, limit, WINDOW, margin=MARGIN)


if __name__ == "__main__":
    SharedPaces.pacing = _pacing  # type: ignore[method-assign]  # what the test is for is the rest
    log = logging.getLogger("queues")
    log.setLevel(logging.INFO)
    log.addHandler(_Events())
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
