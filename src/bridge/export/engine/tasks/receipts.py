"""Receipts: the files of a record that is in Rillet as a bill or a charge, each attached to it once.

Rillet neither lists nor deletes what is attached, so nothing can be looked up. A file that a journal has as attached is not
sent again. Any other is sent under a key that is the same for the same file, so that for 24 hours a repetition attaches
nothing; after that it attaches the file once more: a picture that is there twice harms nothing, a missing one does.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator, Sequence

import attrs

import brex_accounting
import rillet
from brex_accounting import Receipt, Record
from brex_accounting.receipts import ReceiptFile
from bridge.export.engine.attempts import Attempt, AttemptState, Journal, attempt_key, receipt_subject
from bridge.export.engine.claims import BusyError
from bridge.export.engine.sender import Poster, was_refused
from bridge.export.reporting.report import Attached, Unattached
from clientkit import codec
from clientkit.errors import (
    AnswerTooLargeError,
    ApiError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    StatusError,
    UnauthorizedError,
    UnreadableAnswerError,
)
from clientkit.requests import Request, segment
from clientkit.wire import Answered
from rillet import BillOperations, ChargeOperations

#: Brex takes no larger receipt (https://developer.brex.com/openapi/expenses_api/).
LARGEST_FILE = 50 * 2**20

_TAKING = frozenset({"bills", "charges"})
# What Rillet is known to take: the end of a file's name, and how such a file begins.
_TYPES = {
    "application/pdf": ("pdf", b"%PDF-"),
    "image/jpeg": ("jpg", b"\xff\xd8\xff"),
    "image/png": ("png", b"\x89PNG\r\n\x1a\n"),
}
_NOT_ALLOWED, _TIMED_OUT = 405, 408


class Attaching:
    """Attaches receipts in one run; for any thread."""

    def __init__(self, brex: brex_accounting.Client, client: rillet.Client, journal: Journal) -> None:
        self._brex, self._rillet, self._journal = brex.with_options(max_answer_bytes=LARGEST_FILE), client, journal
        self._poster = Poster(client, journal)
        self._not_taken = set[str]()
        self._guard = threading.Lock()

    def attach(self, record: Record, kind: str, object_id: str) -> Attached:
        """Attach what is not attached yet to the object of a record, whose subject the caller has claimed.

        `kind` is the object's, such as ``charges``; what is neither a bill nor a charge takes no files.

        Raises:
            ApiError: A service failed for a reason that may pass; what was attached until then is not attached again.
            BusyError: Another exporter has taken the record over meanwhile.
            JournalError: The journal cannot be read or written.
        """
        target, files, unattached = _Target(record=record, kind=kind, id=object_id), 0, list[Unattached]()
        for receipt in record.receipts if kind in _TAKING else ():
            for lasting in self._attach(target, receipt) if kind not in self._not_taken else ():
                if lasting is None:
                    files += 1
                elif lasting.code:
                    why, code = str(lasting), lasting.code
                    unattached.append(Unattached(record_id=record.id, receipt_id=receipt.id, why=why, code=code))
        return Attached(files=files, unattached=tuple(unattached))

    def _attach(self, target: _Target, receipt: Receipt) -> Iterator[_LastingError | None]:
        """Attach the files of one receipt: None for each that was, and why not for each that cannot be."""
        subjects = [receipt_subject(target.id, receipt.id, number) for number in range(len(receipt.download_uris))]
        made = self._journal.attempts_of(subjects)
        left = [number for number, each in enumerate(subjects) if not _is_attached(made.get(each, ()))]
        try:
            files = self._download(target.record, receipt) if left or not subjects else ()
        except _LastingError as error:
            yield error
            return
        for number in left:
            # Files take their time, which the claim has to outlast.
            if not self._journal.claim(target.record.id):
                raise BusyError("another exporter has it in hand; the next run sees what came of it")
            subject = subjects[number]
            try:
                self._upload(target, files[number], number, made.get(subject, ()))
            except _LastingError as error:
                yield error
            else:
                yield None

    def _download(self, record: Record, receipt: Receipt) -> Sequence[ReceiptFile]:
        if not receipt.download_uris:
            raise _LastingError("no_link", "Brex gives no link to its file")
        try:
            return self._brex.receipts.download(attrs.evolve(record, receipts=(receipt,)))
        except AnswerTooLargeError as error:
            raise _LastingError("too_large", f"its file is larger than {LARGEST_FILE // 2**20} MiB") from error
        except ApiError as error:
            if _may_pass(error):
                raise
            raise _LastingError("link_gone", f"its file cannot be had: {error}") from error
        except ValueError as error:
            raise _LastingError("unsafe_link", str(error)) from error

    def _upload(self, target: _Target, file: ReceiptFile, number: int, attempts: Sequence[Attempt]) -> None:
        if not file.content:
            raise _LastingError("empty", "its file is empty")
        content_type = _type_of(file)
        if content_type is None:
            said = file.content_type or "a file of no known type"
            raise _LastingError("type", f"Rillet takes PDF, JPEG and PNG, and this is {said}; attach it by hand")
        filename = _filename(file.receipt_id, number, content_type)
        subject = receipt_subject(target.id, file.receipt_id, number)
        attempt = self._next_attempt(target, subject, attempts, _summary(target, file, filename, content_type))
        upload = BillOperations.upload_document if target.kind == "bills" else ChargeOperations.upload_document
        request = upload.build(target.id, filename, file.content, content_type, idempotency_key=attempt.key)
        try:
            answered = _understood(self._rillet.answer(request), request)
        except ApiError as error:
            state = AttemptState.REJECTED if was_refused(error) else AttemptState.OPEN
            self._poster.note_error(attempt, error, state)
            # A token that posted the object and may not attach files will not do so in the next run either.
            if state is AttemptState.REJECTED or isinstance(error, ForbiddenError):
                raise self._refusal(error, target) from error
            raise
        state, answer, trace_id = AttemptState.POSTED, answered.content, answered.trace_id
        self._poster.settle(attrs.evolve(attempt, state=state, answer=answer, trace_id=trace_id, error=None))

    def _next_attempt(self, target: _Target, subject: str, attempts: Sequence[Attempt], payload: bytes) -> Attempt:
        """The attempt without an outcome while its key lives, or else another one."""
        last = attempts[-1] if attempts else None
        if last is not None and last.state is AttemptState.OPEN:
            if last.is_fresh(self._journal.now()):
                return last
            self._poster.abandon(last, "Rillet no longer knows its key; the file is attached again")
        number = len(attempts) + 1
        attempt = Attempt(
            subject=subject,
            version=0,
            number=number,
            kind=target.kind,
            path=f"/{target.kind}/{segment(target.id)}",
            payload=payload,
            key=attempt_key(subject, 0, number),
            intended_at=self._journal.now(),
            intended_by=self._journal.who,
            object_id=target.id,
        )
        self._journal.intend(attempt)
        return attempt

    def _refusal(self, error: ApiError, target: _Target) -> _LastingError:
        not_allowed = isinstance(error, StatusError) and error.status == _NOT_ALLOWED
        if not not_allowed and not (isinstance(error, NotFoundError) and self._is_there(target)):
            return _LastingError("rejected", str(error))
        with self._guard:
            # What a run knows already it does not tell again.
            code = "" if target.kind in self._not_taken else "not_taken"
            self._not_taken.add(target.kind)
        return _LastingError(
            code, f"Rillet does not take files on {target.kind} here, so receipts of none are attached"
        )

    def _is_there(self, target: _Target) -> bool:
        """Whether Rillet has the object that it did not find when a file came for it."""
        objects = self._rillet.bills if target.kind == "bills" else self._rillet.charges
        try:
            objects.get(target.id)
        except NotFoundError:
            return False
        return True


@attrs.frozen(kw_only=True)
class _Target:
    """What files are attached to: a bill or a charge, and the record that it is for."""

    record: Record
    kind: str
    id: str


def _understood(answered: Answered[None], request: Request[None]) -> Answered[None]:
    """The answer to an upload, which has no body or one of JSON; the page of a proxy says nothing about the file."""
    if answered.content:
        try:
            codec.parse(answered.content)
        except codec.CodecError as error:
            raise UnreadableAnswerError(
                service="Rillet",
                method=request.method,
                path=request.path,
                status=answered.status,
                headers=answered.headers,
                content=answered.content,
                trace_id=answered.trace_id,
                attempts=(),
                reason=str(error),
            ) from error
    return answered


class _LastingError(Exception):
    """Trying again would change nothing."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


def _is_attached(attempts: Sequence[Attempt]) -> bool:
    return bool(attempts) and attempts[-1].is_there


def _may_pass(error: ApiError) -> bool:
    """Whether a download may work later. An answer of the API that refuses the token is about more than this file."""
    if not isinstance(error, StatusError) or error.status >= 500:
        return True
    of_api = error.path.startswith("/")
    if of_api and (isinstance(error, UnauthorizedError | ForbiddenError) or error.status < 400):
        return True
    return isinstance(error, RateLimitedError | ConflictError) or error.status == _TIMED_OUT


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
