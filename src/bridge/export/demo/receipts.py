"""The files of the demonstration company's receipts."""

from __future__ import annotations

import struct
import zlib

_SIDE = 32
_TEAL = b"\x00\x80\x80"


def receipt_file(receipt_id: str) -> tuple[bytes, str]:
    """The content of a receipt and its type: a picture for every second, a page that names the receipt for the others."""
    return (_picture(), "image/png") if receipt_id[-1] in "02468" else (_page(receipt_id), "application/pdf")


def _picture() -> bytes:
    """A square in one colour (https://www.w3.org/TR/png-3/)."""
    rows = (b"\0" + _TEAL * _SIDE) * _SIDE
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    parts = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _page(text: str) -> bytes:
    """One page with one line of text."""
    content = f"BT /F1 18 Tf 40 240 Td (Receipt {text}) Tj ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    written, places = b"%PDF-1.4\n", list[int]()
    for number, each in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return written + end % (size, table, size, len(written))
