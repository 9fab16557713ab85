"""Who holds a claim: an exporter's name, a chance number and, where it can be told, the very process."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path


def holder(name: str, token: str) -> str:
    """The holder that this process is. A child process is another one, which has nothing of its parent's in hand."""
    here = _here()
    return f"{name} {token}" if here is None else f"{name} {token} {here}/{os.getpid()}"


def name_of(holder: str) -> str:
    """The exporter's name in a holder."""
    parts = holder.split(" ")
    # The chance number, and the process where it can be told.
    return " ".join(parts[: -2 if "/" in parts[-1] and len(parts) > 2 else -1]) or holder


def has_ended(holder: str) -> bool:
    """Whether a holder was a process of this machine that is no more. False where that cannot be told for sure."""
    here, (place, _, number) = _here(), holder.rpartition(" ")[2].rpartition("/")
    if here is None or place != here or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        # It is another user's process.
        return False
    # Where another process has its number by now, the lease ends the claim.
    return False


@cache
def _here() -> str | None:
    """Where a process's number means this process: this boot of the machine, and this space of numbers.

    A host's name is not enough: containers may share it, and each counts its processes from 1. Only Linux tells both.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = Path("/proc/self/ns/pid").readlink().name
    except (OSError, ValueError):
        return None
    return f"{boot}/{space}"
