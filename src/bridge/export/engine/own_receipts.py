"""Receipts from a store of the caller's own, which may raise anything and give anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import attrs

from brex_accounting import Record
from brex_accounting.receipts import ReceiptFile
from bridge.callers import CallerError, calling

#: Whose code it is, in messages.
STORE = "the receipts store of your program"
_WANTED = "it has to give a sequence of ReceiptFile"
# It is a part of a key in the journal.
_LONGEST_ID = 200


@attrs.frozen
class OwnReceipts:
    """A function of the caller that gives the files of a record, whether or not the source has a receipt for it."""

    give: Callable[[Record], object]

    def files(self, record: Record) -> dict[str, Sequence[ReceiptFile]]:
        """The files by the ids of their receipts. Raises `CallerError` for whatever is raised, and for what are no files."""
        by_receipt = dict[str, list[ReceiptFile]]()
        for each in calling(STORE, self._listed, record):
            by_receipt.setdefault(each.receipt_id, []).append(each)
        return {**by_receipt}

    def _listed(self, record: Record) -> list[ReceiptFile]:
        given = self.give(record)
        if isinstance(given, str | bytes) or not isinstance(given, Iterable):
            raise CallerError(f"{STORE} gave {type(given).__name__}, and {_WANTED}")
        listed = list[ReceiptFile]()
        for each in given:  # pyright: ignore[reportUnknownVariableType] - it may be anything
            if not isinstance(each, ReceiptFile):
                name = type(each).__name__  # pyright: ignore[reportUnknownArgumentType]
                raise CallerError(f"{STORE} gave {name} among the files, and {_WANTED}")
            if not _is_id(each.receipt_id):
                raise CallerError(f"{STORE} gave a file whose receipt_id is no text of 1 to {_LONGEST_ID} characters")
            listed.append(each)
        return listed


def _is_id(given: object) -> bool:
    return isinstance(given, str) and 0 < len(given) <= _LONGEST_ID and given.isprintable()


def wrong_with(file: ReceiptFile) -> str | None:
    """What is wrong with a file that the caller gave; None where nothing is."""
    return _wrong(file.content, file.content_type)


def _wrong(content: object, content_type: object) -> str | None:
    if not isinstance(content, bytes):
        return f"{STORE} gave a file whose content is {type(content).__name__}, and it has to be bytes"
    if not (content_type is None or isinstance(content_type, str)):
        return (
            f"{STORE} gave a file whose content_type is {type(content_type).__name__}, and it has to be a text or None"
        )
    return None if content else f"{STORE} gave a file without content"
