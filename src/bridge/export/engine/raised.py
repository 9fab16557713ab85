"""An exception that nobody expected, in words that say whose code raised it."""

from __future__ import annotations

import sys
import traceback
from types import FrameType

from bridge.callers import described

_PACKAGES = frozenset({"bridge", "brex_accounting", "clientkit", "rillet"})


def told(error: BaseException) -> str:
    """The exception, and the function of the caller's program that raised it, where it was not the package's own."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    place = next((each.f_code.co_qualname for each in frames if _is_callers(each)), None)
    return described(error) if place is None else f"{place} of your program failed: {described(error)}"


def _is_callers(frame: FrameType) -> bool:
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return (
        package not in _PACKAGES
        and package not in sys.stdlib_module_names
        and "site-packages" not in frame.f_code.co_filename
    )
