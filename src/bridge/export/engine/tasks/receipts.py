"""Receipts: the files of a record that is in Rillet as a bill or a charge, each attached to it once.

Rillet neither lists nor deletes what is attached, so nothing can be looked up. A file that a journal has as attached is not
sent again. Any other is sent under a key that is the same for the same file, so that for 24 hours a repetition attaches
nothing; after that it attaches the file once more: a picture that is there twice harms nothing, a missing one does.

What fails for now keeps its record back, so that the next run tries again, for a week after the record was posted. Then the
receipt is listed as given up. A file that its store says is gone is listed at once, and with a journal asked for again in
the runs of the next week. So is what the caller's own store does not give, whatever the reason.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeAlias

import attrs

from brex_accounting import Receipt, Record
from brex_accounting.receipts import ReceiptFile
from bridge.callers import CallerError
from bridge.documents.protocol import Ref
from bridge.export.engine.attempts import Attempt, facts_of, receipt_subject
from bridge.export.engine.calls import Calls, ask
from bridge.export.engine.claims import BusyError
from bridge.export.engine.facts import RECEIPT, Seen, Settlement
from bridge.export.engine.looked_up import object_of
from bridge.export.engine.next_step import settle
from bridge.export.engine.own_receipts import STORE, OwnReceipts, wrong_with
from bridge.export.engine.sender import Intent, Sender
from bridge.export.ledgers.own import ability_of
from bridge.export.ledgers.protocol import File, Sent
from bridge.export.reporting.report import Attached, Unattached
from bridge.settings.values import Settings
from clientkit import codec
from clientkit.errors import (
    AnswerTooLargeError,
    ApiError,
    Call,
    ForbiddenError,
    NotFoundError,
    StatusError,
    UnreadableAnswerError,
)
from clientkit.requests import Request, segment
from clientkit.verdicts import Verdict
from clientkit.wire import Answer

#: Downloads the files of a record's receipts.
Download: TypeAlias = Callable[[Record], Sequence[ReceiptFile]]

#: Brex takes no larger receipt (https://developer.brex.com/openapi/expenses_api/).
LARGEST_FILE = 50 * 2**20

#: How long a receipt is tried again that cannot be had or attached for now.
PATIENCE = timedelta(days=7)
#: The code of a receipt whose file is gone where it was.
LINK_GONE = "link_gone"
_STORE_FAILED, _NOT_IN_STORE, _INTERRUPTED = "store_failed", "not_in_store", "interrupted"
#: The codes of receipts that may come yet, although their records are not kept back for them.
ASKED_AGAIN = frozenset({LINK_GONE, _STORE_FAILED, _NOT_IN_STORE, _INTERRUPTED})

# What Rillet is known to take: the end of a file's name, and how such a file begins.
_TYPES = {
    "application/pdf": ("pdf", b"%PDF-"),
    "image/jpeg": ("jpg", b"\xff\xd8\xff"),
    "image/png": ("png", b"\x89PNG\r\n\x1a\n"),
}
_NOT_ALLOWED, _PROXY_WANTS_PASSWORD, _TIMED_OUT, _TOO_MANY = 405, 407, 408, 429


class ReceiptUploader:
    """Attaches receipts in one run; for any thread."""

    def __init__(self, store: Download | OwnReceipts, sender: Sender, settings: Settings) -> None:
        self._store, self._sender, self._settings = store, sender, settings
        self._not_taken = set[str]()
        self._guard = threading.Lock()

    def attach(self, record: Record, ref: Ref) -> Calls[Attached]:
        """Attach what is not attached yet to the object of a record, whose subject the caller has claimed.

        Raises:
            ApiError: A service failed for a reason that may pass; what was attached until then is not attached again.
            BusyError: Another exporter has taken the record over meanwhile.
            JournalError: The journal cannot be read or written.
        """
        if not ability_of(self._sender.ledger, ref.kind).takes_files:
            return self.unattachable(record, ref.kind)
        if not isinstance(self._store, OwnReceipts):
            return (yield from self._attach_all(_Target(record=record, ref=ref)))
        try:
            given = yield from ask(partial(self._store.files, record))
        except CallerError as error:
            return self._not_given(record, f"{error}{self._again}")
        return (yield from self._attach_all(_Target(record=record, ref=ref, given=given)))

    def _attach_all(self, target: _Target) -> Calls[Attached]:
        record, ref, files, unattached = target.record, target.ref, 0, list[Unattached]()
        passing: ApiError | None = None
        for receipt in target.receipts:
            if ref.kind in self._not_taken:
                unattached.append(self._unattached(record, receipt, *self._no_files(ref.kind)))
                continue
            try:
                results = yield from self._attach(target, receipt)
            except ApiError as error:
                if error.verdict is not Verdict.FATAL and self._is_given_up(record):
                    why = f"it was tried for {PATIENCE.days} days and is given up; attach it by hand: {error}"
                    unattached.append(self._unattached(record, receipt, why, "given_up"))
                    continue
                # One file that fails for now keeps the others from nothing.
                passing = passing or error
                continue
            for lasting in results:
                if lasting is None:
                    files += 1
                else:
                    unattached.append(self._unattached(record, receipt, str(lasting), lasting.code))
        if passing is not None:
            raise passing
        return Attached(files=files, unattached=tuple(unattached))

    def _is_given_up(self, record: Record) -> bool:
        """Whether a record was posted too long ago to be kept back for a receipt any longer, as the journal tells."""
        journal = self._sender.journal
        posted = [each.intended_at for each in journal.attempts(record.id) if each.is_there]
        return bool(posted) and journal.now() - max(posted) > PATIENCE

    def unattachable(self, record: Record, kind: str) -> Attached:
        """The receipts of a record whose kind of document takes no files: each is listed, with a link to the record."""
        told = self._no_files(kind)
        return Attached(unattached=tuple(self._unattached(record, each, *told) for each in record.receipts))

    def left_open(self, record: Record) -> Attached:
        """The receipts of a record whose run is given up while they are attached; nobody knows which of them are."""
        why = "the run was interrupted while it was attached; the next run attaches it"
        return Attached(unattached=tuple(self._unattached(record, each, why, _INTERRUPTED) for each in record.receipts))

    def _not_given(self, record: Record, why: str) -> Attached:
        """The receipts of a record for which the caller's own store failed; which ones there are, it alone knows."""
        receipts = record.receipts or (Receipt(id=""),)
        return Attached(unattached=tuple(self._unattached(record, each, why, _STORE_FAILED) for each in receipts))

    @property
    def _again(self) -> str:
        """What is told of a receipt that may come yet."""
        return "" if self._sender.journal.forgets else f"; it is asked for again for {PATIENCE.days} days"

    def _no_files(self, kind: str) -> tuple[str, str]:
        of = f"{kind.partition('/')[0]} payments" if "/" in kind else kind
        return f"{self._sender.ledger.name} does not take files on {of} here", "not_taken"

    def _unattached(self, record: Record, receipt: Receipt, why: str, code: str) -> Unattached:
        link = self._settings.record_address(record.id)
        return Unattached(record_id=record.id, receipt_id=receipt.id, why=why, code=code, link=link)

    def _attach(self, target: _Target, receipt: Receipt) -> Calls[list[_LastingError | None]]:
        """Attach the files of one receipt: None for each that was, and why not for each that cannot be."""
        count = len(receipt.download_uris if target.given is None else target.given.get(receipt.id, ()))
        subjects = [receipt_subject(target.ref.id, receipt.id, number) for number in range(count)]
        made = self._sender.journal.attempts_of(subjects)
        left = [
            number
            for number, each in enumerate(subjects)
            if self._settlement(made.get(each, ())) is not Settlement.KEEP
        ]
        results = list[_LastingError | None]()
        try:
            files = (yield from self._files(target, receipt)) if left or not subjects else ()
        except _LastingError as error:
            return [error]
        for number in left:
            # Files take their time, which the claim has to outlast.
            if not self._sender.journal.claim(target.record.id):
                raise BusyError("another exporter has it in hand; the next run sees what came of it")
            try:
                yield from self._upload(target, files[number], number, made.get(subjects[number], ()))
            except _LastingError as error:
                results.append(error)
            else:
                results.append(None)
        return results

    def _files(self, target: _Target, receipt: Receipt) -> Calls[Sequence[ReceiptFile]]:
        if isinstance(self._store, OwnReceipts):
            files = (target.given or {}).get(receipt.id, ())
            if not files:
                raise _LastingError(_NOT_IN_STORE, f"{STORE} has no file for it{self._again}")
            return files
        return (yield from self._download(self._store, target.record, receipt))

    def _download(self, download: Download, record: Record, receipt: Receipt) -> Calls[Sequence[ReceiptFile]]:
        if not receipt.download_uris:
            raise _LastingError("no_link", "Brex gives no link to its file")
        try:
            files = yield from ask(lambda: download(attrs.evolve(record, receipts=(receipt,))))
        except AnswerTooLargeError as error:
            raise _LastingError("too_large", f"its file is larger than {LARGEST_FILE // 2**20} MiB") from error
        except ApiError as error:
            if _may_pass(error):
                raise
            raise _LastingError(LINK_GONE, f"its file cannot be had{self._again}: {error}") from error
        except ValueError as error:
            raise _LastingError("unsafe_link", str(error)) from error
        for each in files:
            _check_whole(each)
        return files

    def _upload(self, target: _Target, file: ReceiptFile, number: int, attempts: Sequence[Attempt]) -> Calls[None]:
        if target.given is not None and (wrong := _wrong_with(file)) is not None:
            raise _LastingError(_STORE_FAILED, f"{wrong}{self._again}")
        content_type = _type_of(file)
        if content_type is None:
            said = file.content_type or "a file of no known type"
            name = self._sender.ledger.name
            raise _LastingError("type", f"{name} takes PDF, JPEG and PNG, and this is {said}; attach it by hand")
        filename = _filename(file.receipt_id, number, content_type)
        subject = receipt_subject(target.ref.id, file.receipt_id, number)
        sent = File(filename=filename, content=file.content, content_type=content_type)
        last = attempts[-1] if attempts else None
        settlement = self._settlement(attempts)

        def upload(attempt: Attempt) -> Sent:
            return self._sender.ledger.upload(attempt, target.ref, sent)

        try:
            if last is not None and settlement is Settlement.SEND_AGAIN:
                yield from self._sender.send_again(last, by=upload)
                return
            if last is not None and settlement is Settlement.ABANDON_AND_SEND:
                name = self._sender.ledger.name
                self._sender.abandon(last, f"{name} no longer knows its key; the file is attached again")
            request = Request[None](method="POST", path=f"/{target.ref.kind}/{segment(target.ref.id)}")
            intent = Intent(
                subject=subject,
                version=0,
                kind=target.ref.kind,
                request=request,
                payload=_summary(target, file, filename, content_type),
                object_id=target.ref.id,
            )
            yield from self._sender.send(intent, by=upload)
        except ApiError as error:
            # A token that posted the object and may not attach files will not do so in the next run either. The page of a
            # proxy says nothing of the kind.
            is_barred = isinstance(error, ForbiddenError) and error.verdict is Verdict.FATAL
            if error.verdict is Verdict.REFUSED or is_barred:
                raise (yield from self._refusal(error, target)) from error
            raise

    def _settlement(self, attempts: Sequence[Attempt]) -> Settlement:
        """What to do about a file; nobody can look whether it is attached."""
        return settle(facts_of(attempts[-1] if attempts else None, self._sender.journal.now(), Seen.NO, RECEIPT))

    def _refusal(self, error: ApiError, target: _Target) -> Calls[_LastingError]:
        not_allowed = isinstance(error, StatusError) and error.status == _NOT_ALLOWED
        if not not_allowed and not (isinstance(error, NotFoundError) and (yield from self._is_there(target))):
            return _LastingError("rejected", str(error))
        with self._guard:
            self._not_taken.add(target.ref.kind)
        name = self._sender.ledger.name
        return _LastingError("not_taken", f"{name} does not take files on {target.ref.kind} here")

    def _is_there(self, target: _Target) -> Calls[bool]:
        """Whether the ledger has the object that it did not find when a file came for it."""
        sender = self._sender
        found = yield from ask(partial(object_of, target.record.id, target.ref, sender.ledger, sender.journal))
        return found is not None


@attrs.frozen(kw_only=True)
class _Target:
    """What files are attached to: a bill or a charge, and the record that it is for.

    `given` are the files of the caller's own store by the ids of their receipts, None where the source has them.
    """

    record: Record
    ref: Ref
    given: Mapping[str, Sequence[ReceiptFile]] | None = None

    @property
    def receipts(self) -> Sequence[Receipt]:
        """Those that the source has, and those of which only the caller's own store knows."""
        known = [each.id for each in self.record.receipts]
        return (*self.record.receipts, *(Receipt(id=each) for each in self.given or () if each not in known))


class _LastingError(Exception):
    """Trying again would change nothing."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


def _may_pass(error: ApiError) -> bool:
    """Whether a download may work later: unless whoever keeps the file says that it is gone.

    The page of a proxy, a redirect to a log-in and an empty answer say nothing about the file, and an answer of the API
    that refuses the token is about more than this file.
    """
    if not isinstance(error, StatusError) or (error.path.startswith("/") and error.verdict is Verdict.FATAL):
        return True
    is_page = _is_page(error.content)
    passing = {_PROXY_WANTS_PASSWORD, _TIMED_OUT, _TOO_MANY, 409}
    return is_page or not error.content or not 400 <= error.status < 500 or error.status in passing


def _check_whole(file: ReceiptFile) -> None:
    """Raise where what came is no file: nothing at all, or the page of a proxy or a log-in."""
    if file.content and not _is_page(file.content):
        return
    reason = "a page came in its place" if file.content else "nothing came"
    call = Call(service="The store of receipts", method="GET", path=f"the file of {file.receipt_id}")
    raise UnreadableAnswerError(call, Answer(status=200, content=file.content), reason=reason)


def _wrong_with(file: ReceiptFile) -> str | None:
    """What is wrong with a file of the caller's own store."""
    return wrong_with(file) or (f"{STORE} gave a page in the place of a file" if _is_page(file.content) else None)


def _is_page(content: bytes) -> bool:
    start = content[:1000].lower()
    return b"<html" in start or b"<!doctype html" in start


def _type_of(file: ReceiptFile) -> str | None:
    """One of the types that Rillet takes: as the store of the file says, or else as the file begins."""
    said = (file.content_type or "").partition(";")[0].strip().lower()
    if said in _TYPES:
        return said
    return next((name for name, (_, start) in _TYPES.items() if file.content.startswith(start)), None)


def _filename(receipt_id: str, number: int, content_type: str) -> str:
    place = f"_{number + 1}" if number else ""
    return f"{re.sub(r'[^A-Za-z0-9._-]', '_', receipt_id)}{place}.{_TYPES[content_type][0]}"


def _summary(target: _Target, file: ReceiptFile, filename: str, content_type: str) -> bytes:
    """What the journal keeps of a file; the file itself stays with Brex."""
    return codec.dumps(
        {
            "record_id": target.record.id,
            "receipt_id": file.receipt_id,
            "filename": filename,
            "content_type": content_type,
            "bytes": len(file.content),
            "sha256": hashlib.sha256(file.content).hexdigest(),
        }
    )
