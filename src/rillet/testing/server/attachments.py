"""Files that were attached to documents; Rillet neither lists nor deletes them, so the test looks here."""

from __future__ import annotations

import re
from collections.abc import Container
from email.message import Message

import attrs

from clientkit.testing import Asked
from rillet.testing.server.routing import Call, invalid

#: What the service is known to take as a charge's receipt.
RECEIPT_TYPES = frozenset({"application/pdf", "image/jpeg", "image/png"})

_PARAMETER = re.compile(r'; *(name|filename)="([^"]*)"')
_TYPE = re.compile(r"^content-type: *([^\r]*)", re.IGNORECASE | re.MULTILINE)
# What RFC 7578's senders write for the characters that would end a quoted name.
_ESCAPES = {"%22": '"', "%0D": "\r", "%0A": "\n"}


@attrs.frozen(kw_only=True)
class Attachment:
    """One file, and the id of the bill or charge that it is attached to."""

    document_id: str
    filename: str
    content_type: str
    content: bytes = attrs.field(repr=False)


class Attachments:
    """Every attachment, oldest first."""

    def __init__(self) -> None:
        self.kept = list[Attachment]()

    def keep(self, call: Call, document_id: str, *, types: Container[str] | None = None) -> None:
        """Attach the part named ``file`` of a multipart body. Refuses any other body, and other content types."""
        made = _file(call.asked, document_id)
        if types is not None and made.content_type not in types:
            raise invalid(f"Files of type {made.content_type} are not supported", "file")
        self.kept.append(made)


def _file(asked: Asked, document_id: str) -> Attachment:
    header = Message()
    header["content-type"] = asked.headers.get("content-type", "")
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        raise invalid("The body must be multipart/form-data", "file")
    # A line break stands before each boundary, in thought before the first one too.
    for part in (b"\r\n" + asked.content).split(b"\r\n--" + boundary.encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        text = head.decode(errors="replace")
        named = dict(_PARAMETER.findall(text))
        kind = _TYPE.search(text)
        if named.get("name") == "file":
            return Attachment(
                document_id=document_id,
                filename=_unescaped(named.get("filename", "")),
                content_type="application/octet-stream" if kind is None else kind[1],
                content=content,
            )
    raise invalid("file must not be null", "file")


def _unescaped(filename: str) -> str:
    for escape, character in _ESCAPES.items():
        filename = filename.replace(escape, character)
    return filename
