"""Webhooks of Brex and of Rillet, taken by an ASGI application that any ASGI server can run.

::

    from functools import partial

    announcements = Announcements()
    brex = WebhookReceiver(partial(brex_accounting.webhooks.verify, secrets=SECRET), announcing(announcements.tell))
    books = WebhookReceiver(partial(rillet.webhooks.verify, secrets=TOKEN), partial(log_rillet_event, journal))
    app = WebhookApp({"/brex": brex, "/rillet": books})

`bridge.export.watching.loop` exports what is announced. Both services want HTTPS, which is the business of the server or of
the proxy before it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Generic, Protocol, TypeAlias, TypeVar, cast

import brex_accounting.webhooks
import rillet.webhooks
from bridge.export.engine.attempts import is_record, is_summary
from bridge.export.engine.claims import BusyError
from bridge.export.journal.namespaces import tenant_of
from bridge.export.journal.protocol import Journal
from bridge.export.reporting import audit_log
from clientkit.errors import ApiError
from clientkit.webhooks import (
    DuplicateWebhookError,
    MalformedWebhookError,
    SeenIds,
    SeenStoreError,
    SharedSeenStore,
    StaleWebhookError,
    UnknownRecipientError,
    UnreadableWebhookError,
    WebhookSecretError,
    WrongSignatureError,
    check_new,
)

#: The longest body that is read, in bytes.
MOST_BYTES = 2_000_000

# No body has a length of more digits, and Python reads no number of thousands of them.
_MOST_DIGITS = 18

# The first that fits counts. `ApiError` alone is Brex not giving its secrets.
_STATUSES: Mapping[type[ApiError], int] = {
    WrongSignatureError: 401,
    MalformedWebhookError: 400,
    StaleWebhookError: 400,
    UnknownRecipientError: 404,
    UnreadableWebhookError: 500,
    WebhookSecretError: 500,
    ApiError: 503,
}

#: Takes the headers and the body of one delivery, and raises where they must not be acted upon or could not be.
Receiver: TypeAlias = Callable[[Iterable[tuple[bytes, bytes]], bytes], None]

_Incoming: TypeAlias = Callable[[], Awaitable[Mapping[str, object]]]
_Send: TypeAlias = Callable[[dict[str, object]], Awaitable[None]]

_LOG = logging.getLogger(__name__)


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


E = TypeVar("E", bound=_HasId)


class WebhookReceiver(Generic[E]):
    """Takes each event of one service once, in whatever thread it comes.

    An event counts as taken when it was handled without an error, so that one which was not is handled when the service
    sends it again. The newest 100,000 ids are remembered in this process, and all of them in `seen`, for other processes and
    for the next one. There an event is written down after it was handled: one that a process dies of comes again, and one
    that two processes take at the same moment is handled twice. Where `seen` cannot be asked, events are handled all the same.

    Args:
        verify: The event behind the headers and the body as it came: the service's `verify` with its secrets, or
            `SecretCache.verify`. Raises `WebhookError`.
        handle: What to do with it, within the time that the service waits for an answer.
        seen: Which events were handled, such as `SqlSeenIds` or ``clientkit.RedisSeenIds``; one for each service and tenant.
    """

    def __init__(
        self,
        verify: Callable[[Iterable[tuple[bytes, bytes]], bytes], E],
        handle: Callable[[E], None],
        *,
        seen: SharedSeenStore | None = None,
    ) -> None:
        self._verify, self._handle, self._shared = verify, handle, seen
        self._seen, self._lock = SeenIds(), threading.Lock()

    def __call__(self, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
        """Verify and handle one delivery.

        Raises:
            WebhookError: The request must not be acted upon; `clientkit.webhooks` draws the tree.
        """
        self.take(self.read(headers, body))

    def read(self, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> E:
        """The event of one delivery, once it is verified. Raises `WebhookError`."""
        return self._verify(headers, body)

    def take(self, event: E) -> None:
        """Handle an event that was verified, unless it was handled before. Raises `DuplicateWebhookError`."""
        # A second delivery waits for what becomes of the first: if that fails, the second is handled.
        with self._lock:
            check_new(event.id, self._seen)
            if self._was_handled(event.id):
                raise DuplicateWebhookError(event.id)
            try:
                self._handle(event)
            except BaseException:
                self._seen.discard(event.id)
                raise
            self._write_down(event.id)

    def _was_handled(self, id: str) -> bool:
        """Whether the store says so; nothing is lost where it cannot."""
        try:
            return self._shared is not None and self._shared.has(id)
        except SeenStoreError as error:
            _LOG.warning("Whether a webhook was handled before is unknown, so it is handled: id=%s %s", id, error)
            return False

    def _write_down(self, id: str) -> None:
        try:
            if self._shared is not None:
                self._shared.add(id)
        except SeenStoreError as error:
            _LOG.warning("A webhook was handled and is not written down, so it may be once more: id=%s %s", id, error)


def announcing(
    tell: Callable[[Iterable[str]], None], *, company_id: str | None = None
) -> Callable[[brex_accounting.webhooks.Event], None]:
    """What handles Brex's events: tells the ids of records that became ready; every other event is let pass.

    With `company_id`, the `id` of the company in Brex, so are records of other companies, and of none that is named, with a
    warning: the company id may be wrong, or the address at which Brex delivers.
    """

    def handle(event: brex_accounting.webhooks.Event) -> None:
        if not isinstance(event, brex_accounting.webhooks.RecordsReadyForExport):
            audit_log.log("ignored", event_id=event.id, event=event.type.value)
        elif company_id is not None and company_id != event.company_id:
            told = {} if event.company_id is None else {"company_id": event.company_id}
            audit_log.warn(
                _LOG,
                "An event of another company is let pass",
                f"only those of {company_id} are taken: is that its company_id in the settings?",
                event_id=event.id,
                **told,
            )
        else:
            tell(event.record_ids)
            audit_log.log("announced", event_id=event.id, records=len(event.record_ids))

    return handle


def log_rillet_event(journal: Journal, event: rillet.webhooks.Event) -> None:
    """Log an event of Rillet's; with a warning where it deleted what the journal has as exported.

    A body that is newer than this release has the id that its field ``id`` tells. A deletion without one gets a warning:
    nobody can tell whether it was of something exported.

    Raises:
        JournalError: The journal cannot be read.
    """
    with tenant_of(journal):
        _log_told(journal, event, _object_id(event.data))


def _log_told(journal: Journal, event: rillet.webhooks.Event, object_id: str | None) -> None:
    audit_log.log("told", event_id=event.id, entity=event.entity.value, event=event.event.value, object_id=object_id)
    if event.event != rillet.webhooks.EventType.DELETED:
        return
    if object_id is None:
        audit_log.warn(
            _LOG,
            "Somebody deleted something in Rillet, and the event does not tell what",
            "`brex-rillet verify` names what is gone of what was exported",
            event_id=event.id,
            entity=event.entity.value,
        )
        return
    found = (each for each in journal.by_object(object_id) if each.is_there)
    there = {each.subject: each.kind for each in found if is_record(each.subject) or is_summary(each.subject)}
    for subject, kind in there.items():
        audit_log.warn(
            _LOG,
            "Somebody deleted in Rillet what was exported",
            "`brex-rillet replay` posts it anew",
            record_id=subject,
            kind=kind,
            object_id=object_id,
        )


def _object_id(data: rillet.webhooks.EventData) -> str | None:
    """The id of what an event is about; None where its body tells none."""
    if isinstance(data, str):
        return data
    named: object = data.get("id") if isinstance(data, dict) else getattr(data, "id", None)
    return named if isinstance(named, str) else None


class WebhookApp:
    """An ASGI 3 application with one path for each receiver.

    A receiver runs in a thread of its own. The sender is answered with a status and nothing else; why a delivery was
    turned away is in the log.

    Args:
        receivers: By path, such as ``/brex``.
        most_bytes: The longest body that is read.
    """

    def __init__(self, receivers: Mapping[str, Receiver], *, most_bytes: int = MOST_BYTES) -> None:
        self._receivers, self._most_bytes = dict(receivers), most_bytes

    async def __call__(self, scope: Mapping[str, object], receive: _Incoming, send: _Send) -> None:
        """Serve one connection. Raises `ValueError` for a protocol other than HTTP."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"webhooks come over HTTP, not {scope['type']}")
        status = await self._status(scope, receive)
        headers = [(b"content-length", b"0"), *([(b"allow", b"POST")] if status == 405 else [])]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _status(self, scope: Mapping[str, object], receive: _Incoming) -> int:
        mounted = cast("str", scope.get("root_path", ""))
        path = cast("str", scope["path"]).removeprefix(mounted)
        receiver = self._receivers.get(path)
        if receiver is None:
            return 404
        if scope["method"] != "POST":
            return 405
        headers = tuple(cast("Iterable[tuple[bytes, bytes]]", scope["headers"]))
        body = None if self._is_too_long(headers) else await self._body(receive)
        if body is None:
            text = "Turned away at %s: a body that did not arrive whole within %d bytes"
            _LOG.warning(text, mounted + path, self._most_bytes)
            return 413
        return await asyncio.to_thread(_received, receiver, mounted + path, headers, body)

    def _is_too_long(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether the sender itself says so: then nothing is read."""
        told = [value for name, value in headers if name.lower() == b"content-length"]
        return any(value.isdigit() and (len(value) > _MOST_DIGITS or int(value) > self._most_bytes) for value in told)

    async def _body(self, receive: _Incoming) -> bytes | None:
        """The whole body; None where it is too long, or its sender hung up."""
        body = bytearray()
        while len(body) <= self._most_bytes:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += cast("bytes", message.get("body", b""))
            if not message.get("more_body", False):
                return bytes(body) if len(body) <= self._most_bytes else None
        return None


def _received(receiver: Receiver, path: str, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> int:
    try:
        receiver(headers, body)
    except DuplicateWebhookError as error:
        _LOG.info("Taken before at %s: %s", path, error)
        return 200
    except ApiError as error:
        status = next(status for kind, status in _STATUSES.items() if isinstance(error, kind))
        level = logging.ERROR if status >= 500 else logging.WARNING
        audit_log.failure(_LOG, level, f"Answered {status} at {path}", error)
        return status
    except BusyError as error:
        # Normal with several receivers.
        _LOG.info("Answered 503 at %s, so that it comes again: %s", path, error)
        return 503
    except Exception:  # noqa: BLE001 - whatever it was, the service has to send the event again
        _LOG.exception("A webhook at %s could not be handled; it comes again", path)
        return 500
    return 200


async def _live(receive: _Incoming, send: _Send) -> None:
    """Starting and ending take no work."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
