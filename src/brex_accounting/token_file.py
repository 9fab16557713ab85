"""Tokens in a file that several processes share."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from brex_accounting.tokens import Tokens
from clientkit import codec
from clientkit.errors import ConfigurationError

_log = logging.getLogger("brex_accounting")

# Bytes; a file of tokens has some thousands.
_LARGEST = 1_048_576
# Seconds after which a file that a save was about to write has nobody any more who writes it.
_ABANDONED = 60.0


class FileTokenStore:
    """A `LockingTokenStore` in a file that only its owner may read.

    The file is replaced as a whole: after a crash it holds the old tokens or the new ones. Where `path` is a symbolic link,
    the file behind it is replaced. A file beside it, whose name ends in ``.lock``, says who renews.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def load(self) -> Tokens | None:
        """The tokens in the file, None where there is no file.

        A file that others may read is made private, or a warning is logged. Raises `ConfigurationError` for any other
        content, and `OSError`.
        """
        try:
            with self._path.open("rb") as file:
                self._make_private(file.fileno())
                content = file.read(_LARGEST + 1)
            if len(content) <= _LARGEST:
                return codec.structure(codec.parse(content), Tokens)
        except FileNotFoundError:
            return None
        except codec.CodecError:
            pass
        # A traceback with local variables would show it.
        content = b""
        # Raised outside the handler: the message of its error may show a part of the file.
        raise ConfigurationError(f"{self._path} does not hold tokens")

    def save(self, tokens: Tokens) -> None:
        """Write the tokens to the disk. Raises `OSError`."""
        target = Path(os.path.realpath(self._path))
        # mkstemp makes the file readable for its owner only.
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(codec.dumps(tokens))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        finally:
            with suppress(FileNotFoundError):
                Path(name).unlink()
        _sync_folder(target.parent)
        self._clear_up(target)

    @contextmanager
    def lock(self) -> Generator[bool]:
        """As `LockingTokenStore.lock`. The system lets go of it when the process dies. Raises `OSError`."""
        target = Path(os.path.realpath(self._path))
        handle = os.open(target.with_name(f"{target.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield _try_lock(handle)
        finally:
            os.close(handle)

    def _make_private(self, handle: int) -> None:
        if os.name != "posix" or not os.fstat(handle).st_mode & 0o077:
            return
        try:
            os.fchmod(handle, 0o600)
        except OSError:
            _log.warning("others than its owner may read the tokens in %s", self._path)

    def _clear_up(self, target: Path) -> None:
        """Remove what a process that was killed in the middle of a save has left, which holds tokens."""
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
        _log.debug("%s cannot be synced", folder)
    finally:
        os.close(handle)


if sys.platform == "win32":  # pragma: no cover - tests run on POSIX

    def _try_lock(handle: int) -> bool:
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _try_lock(handle: int) -> bool:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
