"""Files with secrets: only their owner may read them, and they are replaced as a whole."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOG = logging.getLogger("clientkit")

# Seconds after which a file that somebody was about to write has nobody any more who writes it.
_ABANDONED = 60.0


def read_private(path: Path, most: int) -> bytes:
    """The content of a file, of at most `most` bytes and one more, which tells that it is too long.

    A file that others may read is made private, or a warning is logged. Raises `OSError`.
    """
    with path.open("rb") as file:
        _make_private(file.fileno(), path)
        return file.read(most + 1)


def replace_private(path: Path, content: Callable[[], bytes]) -> None:
    """Write a file to the disk, for its owner alone: after a crash it is what it was, or all of `content`.

    It is a callable so that no local variable of a traceback holds what is written. Where `path` is a symbolic link, the
    file behind it is replaced. Raises `OSError`.
    """
    target = Path(os.path.realpath(path))
    # mkstemp makes the file readable for its owner only.
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content())
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()
    _sync_folder(target.parent)
    _clear_up(target)


@contextmanager
def file_lock(path: Path, *, wait: bool = False) -> Generator[bool]:
    """Be the only one of all processes who has the lock of a file; whether nobody else has it. With `wait` it is waited for.

    It is a file beside `path`, whose name ends in ``.lock``. The system lets go of it when the process dies. Raises `OSError`.
    """
    target = Path(os.path.realpath(path))
    handle = os.open(target.with_name(f"{target.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield _lock(handle, wait=wait)
    finally:
        os.close(handle)


def _make_private(handle: int, path: Path) -> None:
    if os.name != "posix" or not os.fstat(handle).st_mode & 0o077:
        return
    try:
        os.fchmod(handle, 0o600)
    except OSError:
        _LOG.warning("others than its owner may read the secrets in %s", path)


def _clear_up(target: Path) -> None:
    """Remove what a process that was killed in the middle of a replacement has left, which holds secrets."""
    for each in target.parent.iterdir():
        if each.name.startswith(f".{target.name}.") and each.name.endswith(".tmp"):
            with suppress(OSError):
                if time.time() - each.stat().st_mtime > _ABANDONED:
                    each.unlink()


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        # Not every file system syncs folders; the file itself is on the disk.
        _LOG.debug("%s cannot be synced", folder)
    finally:
        os.close(handle)


if sys.platform == "win32":  # pragma: no cover - tests run on POSIX

    def _lock(handle: int, *, wait: bool) -> bool:
        import msvcrt

        try:
            # Python waits for ten seconds.
            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _lock(handle: int, *, wait: bool) -> bool:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True
