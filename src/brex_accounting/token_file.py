"""Tokens in a file that several processes share."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

from brex_accounting.tokens import Tokens
from clientkit import codec
from clientkit.errors import ConfigurationError
from clientkit.private_file import file_lock, read_private, replace_private

# Bytes; a file of tokens has some thousands.
_LARGEST = 1_048_576


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
            content = read_private(self._path, _LARGEST)
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
        replace_private(self._path, lambda: codec.dumps(tokens))

    def lock(self) -> AbstractContextManager[bool]:
        """As `LockingTokenStore.lock`. The system lets go of it when the process dies. Raises `OSError`."""
        return file_lock(self._path)
