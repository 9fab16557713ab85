"""The stand-in's store of receipt files, which in reality is a host of its own.

A link carries its own permission for 15 minutes. A request that brings a token as well is refused, as such stores do
(https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import attrs

from brex_accounting.receipts import ReceiptFile
from brex_accounting.records import Receipt
from clientkit.testing import Asked
from clientkit.wire import Answer

_PATH = "/receipt-files/"
_LIFETIME = timedelta(minutes=15)


class ReceiptFiles:
    """The files of each receipt, by the receipt's id: `StandIn.receipt_files`. Its links are served by the stand-in itself."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.by_receipt = dict[str, list[ReceiptFile]]()
        self._now = now

    def add(self, receipt_id: str, content: bytes, content_type: str = "application/pdf") -> Receipt:
        """Keep one more file of a receipt; the receipt as a record holds it."""
        file = ReceiptFile(receipt_id=receipt_id, content=content, content_type=content_type)
        self.by_receipt.setdefault(receipt_id, []).append(file)
        return Receipt(id=receipt_id)

    def linked(self, receipts: Sequence[Receipt], asked: Asked) -> tuple[Receipt, ...]:
        """The receipts with new links to the files that are kept here; others keep the links that they have."""
        host = asked.headers.get("host")
        place = f"http://{host}" if host is not None else "https://receipts.stand-in.test"
        expires = int((self._now() + _LIFETIME).timestamp())
        return tuple(
            attrs.evolve(
                receipt,
                download_uris=tuple(
                    f"{place}{path}?expires={expires}&signature={_signature(path, str(expires))}"
                    for path in (f"{_PATH}{receipt.id}/{number}" for number in range(len(self.by_receipt[receipt.id])))
                ),
            )
            if receipt.id in self.by_receipt
            else receipt
            for receipt in receipts
        )

    def serves(self, asked: Asked) -> bool:
        """Whether a request is for this store rather than for the API."""
        return asked.path.startswith(_PATH)

    def answer(self, asked: Asked) -> Answer:
        """The file behind a link, or why there is none, as XML."""
        if "authorization" in asked.headers:
            return _refused(400, "InvalidArgument", "Only one auth mechanism allowed")
        expires = asked.one("expires") or ""
        if asked.one("signature") != _signature(asked.path, expires):
            return _refused(403, "SignatureDoesNotMatch", "The signature is not the one of this link")
        if self._now().timestamp() >= int(expires):
            return _refused(403, "AccessDenied", "Request has expired")
        receipt_id, _, number = asked.path.removeprefix(_PATH).partition("/")
        file = self.by_receipt[receipt_id][int(number)]
        return Answer(status=200, headers={"content-type": file.content_type or ""}, content=file.content)


def _signature(path: str, expires: str) -> str:
    return hashlib.sha256(f"stand-in {path} {expires}".encode()).hexdigest()


def _refused(status: int, code: str, message: str) -> Answer:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status=status, headers={"content-type": "application/xml"}, content=body.encode())
