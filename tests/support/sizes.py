"""How much a run tries: little by default, and all of it with ``BREX_RILLET_FULL=1``, as `.ci/run` does."""

from __future__ import annotations

import os

FULL = bool(os.environ.get("BREX_RILLET_FULL"))


def size(variable: str, *, quick: int, full: int) -> int:
    """What the environment variable says, or else what a quick or a full run takes."""
    return int(os.environ.get(variable) or (full if FULL else quick))
