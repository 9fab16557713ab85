"""What the files of a close package do with other people's texts."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

from clientkit.showing import plain


class MissingExtraError(ModuleNotFoundError):
    """The extra that writes the files is not installed; the message says how to install it."""


def missing_extra(name: str) -> MissingExtraError:
    """What to say where a package is not installed."""
    text = f'a close package needs {name}. Install it with: pip install "brex-rillet[close]"'
    return MissingExtraError(text, name=name)


@contextmanager
def needs_extra() -> Generator[None]:
    """For imports of the extra ``close``. Raises `MissingExtraError`."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "more") from None


def writable(text: str) -> str:
    """The text without what no file can hold: control characters, and halves of characters."""
    return plain(text).encode("utf-8", "replace").decode("utf-8")


def web_address(text: str) -> str | None:
    """The text where it is an address that a browser opens, None for any other, such as one that runs something."""
    if " " in text or "\n" in text:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme in {"http", "https"} and parts.netloc else None
