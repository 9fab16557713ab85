"""Who holds a claim: an exporter's name, a chance number and, where it can be told, the very process.

That is ``NAME NUMBER@STARTED BOOT/SPACE/PROCESS``. Earlier releases wrote no ``@STARTED``, and read on over it.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import NamedTuple

# Linux always gives the first time namespace this number.
_MACHINE_TIME = "time:[4026531834]"


def holder(name: str, token: str) -> str:
    """The holder that this process is. A child process is another one, which has nothing of its parent's in hand."""
    here, number = _here(), os.getpid()
    return f"{name} {token}" if here is None else f"{name} {token}{_started(number)} {here}/{number}"


def name_of(holder: str) -> str:
    """The exporter's name in a holder."""
    parts = holder.split(" ")
    # The chance number, and the process where it can be told.
    return " ".join(parts[: -2 if "/" in parts[-1] and len(parts) > 2 else -1]) or holder


def has_ended(holder: str) -> bool:
    """Whether a holder was a process of this machine that is no more. False where that cannot be told for sure."""
    here, (before, _, process) = _here(), holder.rpartition(" ")
    place, _, number = process.rpartition("/")
    if here is None or place != here or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        # It is another user's process, or another one that has its number by now.
        pass
    except (OSError, OverflowError):
        return False
    there, started = _process(int(number)), before.rpartition(" ")[2].partition("@")[2]
    # Where it cannot be told, as with a claim of an earlier release, the lease ends it.
    return there is not None and (there.is_dead or bool(started and there.started != started))


class _Process(NamedTuple):
    """When a process began, in ticks since the machine's boot, and whether it ended and only waits for its parent."""

    started: str
    is_dead: bool


def _process(number: int) -> _Process | None:
    """A process of this space of numbers; None where that cannot be told."""
    try:
        # What is mounted there may be of another space of numbers.
        if Path("/proc/self").readlink().name != str(os.getpid()) or not _is_machine_time():
            return None
        # The name of its program is in brackets, and may have any bytes.
        fields = Path(f"/proc/{number}/stat").read_bytes().rpartition(b")")[2].split()
        state, threads, started = fields[0], fields[17], fields[19]
    except (OSError, IndexError):
        return None
    # Where only the first thread has ended, the others still work.
    return _Process(started.decode("ascii"), is_dead=state in {b"Z", b"X"} and threads in {b"0", b"1"})


def _is_machine_time() -> bool:
    """Whether times count from the machine's boot here: in a time namespace of its own a process has another start."""
    try:
        return Path("/proc/self/ns/time").readlink().name == _MACHINE_TIME
    except FileNotFoundError:
        # This Linux is older than time namespaces.
        return True


@cache
def _started(number: int) -> str:
    """When this process began, as a part of a holder. It is remembered: a claim has one holder from end to end."""
    me = _process(number)
    return "" if me is None else f"@{me.started}"


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


if hasattr(os, "register_at_fork"):
    # A child process may be in another space of numbers, and may have the number of what forked its parent.
    os.register_at_fork(after_in_child=_started.cache_clear)
    os.register_at_fork(after_in_child=_here.cache_clear)
