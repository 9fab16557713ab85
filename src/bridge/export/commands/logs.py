"""The log of a command on standard error, for people or for programs."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from typing_extensions import override


class LogLevel(StrEnum):
    """From which level on lines are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"


AtLevel = Annotated[
    LogLevel,
    typer.Option(
        "--log-level",
        help="info: a line for each decision, with ids and codes only. debug: also the answers of the services.",
    ),
]
LogJson = Annotated[bool, typer.Option("--log-json", help="Write each line of the log as a JSON object.")]

_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """A line is an object with time (UTC), level, logger, message and every other attribute of the log record."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        facts = {name: value for name, value in vars(record).items() if name not in _USUAL}
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **facts,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


@contextmanager
def logging_to_stderr(level: LogLevel, *, as_json: bool) -> Generator[None]:
    """Write the log of the bridge to standard error for as long as the context lasts.

    Where that is no terminal, the progress is written at any level.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else logging.Formatter(_TEXT))
    log, progress = logging.getLogger("bridge"), logging.getLogger("bridge.export.reporting.progress")
    before = log.level, progress.level
    log.addHandler(handler)
    log.setLevel(level.value.upper())
    progress.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before[0])
        progress.setLevel(before[1])
