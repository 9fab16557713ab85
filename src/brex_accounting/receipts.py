"""The files of receipts, which Brex keeps behind presigned links that stop working after 15 minutes.

https://developer.brex.com/openapi/accounting_api/accounting-records/getaccountingrecord
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import attrs

from brex_accounting.records import Record, RecordOperations
from clientkit.endpoints import AsyncResource, SyncResource, several
from clientkit.errors import BadRequestError, ForbiddenError
from clientkit.requests import follow
from clientkit.sequences import CallSequence, ask

# A file's receipt, and its number among the files of that receipt.
_Place: TypeAlias = tuple[str, int]

# What stores of files answer to a presigned link after its time
# (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
_EXPIRED = (BadRequestError, ForbiddenError)


@attrs.frozen(kw_only=True)
class ReceiptFile:
    """One file of a receipt; `content_type` is what the store of the file says, such as ``image/jpeg``."""

    receipt_id: str
    content: bytes = attrs.field(repr=False)
    content_type: str | None = None


class ReceiptOperations:
    """The files of receipts; Brex has no endpoint for them but the links that records carry."""

    @several
    def download(self, record: Record) -> CallSequence[tuple[ReceiptFile, ...]]:
        """All files of a record's receipts, none if it has no receipt.

        The links lead to another host and carry their own permission; the token is not sent there. Where a link has
        expired, the record is read again for a new one. A file larger than the client's bound, 64 MiB unless
        ``client.with_options(max_answer_bytes=…)`` sets another, is not read to its end.

        Raises:
            ForbiddenError: A link does not work even when it is new.
            AnswerTooLargeError: A file is larger than the bound.
            ValueError: A link is not https.
        """
        files = list[ReceiptFile]()
        links = _links(record)
        for place in tuple(links):
            try:
                download = yield from ask(follow(links[place]))
            except _EXPIRED:
                renewed = _links((yield from ask(RecordOperations.get.build(record.id))))
                if place not in renewed:
                    raise
                links = {**links, **renewed}
                download = yield from ask(follow(links[place]))
            files.append(ReceiptFile(receipt_id=place[0], content=download.content, content_type=download.content_type))
        return tuple(files)


def _links(record: Record) -> Mapping[_Place, str]:
    return {
        (receipt.id, number): link for receipt in record.receipts for number, link in enumerate(receipt.download_uris)
    }


class Receipts(ReceiptOperations, SyncResource):
    """Receipts, blocking."""


class AsyncReceipts(ReceiptOperations, AsyncResource):
    """Receipts, to be awaited."""
