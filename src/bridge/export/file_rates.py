"""Exchange rates from a file that somebody keeps up to date."""

from __future__ import annotations

import logging
from datetime import date
from decimal import Decimal
from pathlib import Path
from threading import Lock

from bridge.rates import RateTable

_LOG = logging.getLogger(__name__)


class FileRates:
    """The rates of a CSV file (see `RateTable.read`), for a `Bridge`; read again whenever the file has changed.

    So a watch that lasts for weeks goes on with today's rates. A changed file that cannot be used is logged as a warning,
    and the rates stay those from before; replace the file in one step, by renaming another, so that it is never half
    there. Several threads may ask at once. What is pickled is the path.

    Raises:
        RatesError: At the beginning, the file holds something that cannot be used.
        OSError: At the beginning, the file cannot be read.
        UnicodeDecodeError: At the beginning, the file is not in UTF-8.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        self._seen = self._stamp()
        self._table = self._read()

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self._path,)

    def __call__(self, base: str, target: str, day: date) -> Decimal | None:
        """How many units of `target` one unit of `base` buys on a day; None where the file does not tell."""
        with self._lock:
            stamp = self._stamp()
            if stamp != self._seen:
                self._seen = stamp
                self._read_again()
        return self._table(base, target, day)

    def _read_again(self) -> None:
        try:
            self._table = self._read()
        except (OSError, ValueError) as error:
            _LOG.warning("the exchange rates stay as they were, because %s cannot be used: %s", self._path, error)
        else:
            _LOG.info("read the exchange rates in %s again", self._path)

    def _read(self) -> RateTable:
        return RateTable.read(self._path.read_text(encoding="utf-8"), source=str(self._path))

    def _stamp(self) -> tuple[int, ...] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
