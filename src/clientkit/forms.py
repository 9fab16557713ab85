"""Bodies of requests that are forms: a file, or fields."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import urlencode

import attrs


@attrs.frozen(kw_only=True)
class Multipart:
    """One file as a body of type ``multipart/form-data`` (https://www.rfc-editor.org/rfc/rfc7578).

    `name` is the name of its part, `content_type` for instance ``application/pdf``. Equal files make equal bytes, so
    that a repetition sends what was sent before. Raises `ValueError` for an empty file name and for a content type that
    cannot stand in a header.
    """

    name: str = "file"
    filename: str = attrs.field(validator=attrs.validators.min_len(1))
    content: bytes = attrs.field(repr=False)
    content_type: str = attrs.field(validator=attrs.validators.matches_re(r"[!-.0-~]+/[!-~][ -~]*"))

    @property
    def boundary(self) -> str:
        """The line between the parts, which does not occur in the file."""
        salt = 0
        while (mark := hashlib.sha256(b"%d:" % salt + self.content).hexdigest()[:32]).encode() in self.content:
            salt += 1
        return mark

    def encode(self) -> bytes:
        """The body's bytes."""
        mark = self.boundary
        head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="{_quoted(self.name)}"; '
            f'filename="{_quoted(self.filename)}"\r\nContent-Type: {self.content_type}\r\n\r\n'
        )
        return head.encode() + self.content + f"\r\n--{mark}--\r\n".encode()


@attrs.frozen
class Form:
    """Fields as a body of type ``application/x-www-form-urlencoded``; its repr does not show them."""

    fields: Mapping[str, str] = attrs.field(repr=False)

    def encode(self) -> bytes:
        """The body's bytes."""
        return urlencode(self.fields).encode()


def _quoted(text: str) -> str:
    # The escapes of https://html.spec.whatwg.org/#multipart-form-data, which servers expect.
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
