"""What a ledger of the caller's own gives, checked where it is asked: a wrong answer is told with the method's name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar, cast

import attrs

from bridge.books import Books
from bridge.callers import described
from bridge.documents.protocol import Document, Found, PlannedVendor, Ref
from bridge.export.journal.protocol import JournalError
from bridge.export.ledgers.protocol import Ability, Ledger, LookUp, UnreadableObjectError
from bridge.export.owners import Owned
from bridge.settings.values import SettingsError
from bridge.unreadable import UnreadableEntry
from clientkit.errors import ApiError
from clientkit.pacing import Pacing
from clientkit.requests import Request

T = TypeVar("T")

_EXPECTED = (ApiError, JournalError, SettingsError, UnreadableObjectError)
# What the mapping asks of each at least.
_MEMBERS: Mapping[str, Sequence[str]] = {
    "accounts": ("id", "code", "name", "type", "status"),
    "subsidiaries": ("id", "trade_name", "currency", "timezone"),
    "vendors": ("id", "name"),
}


class WrongAnswerError(ApiError):
    """A method of a ledger of your own gave what it must not give, or raised what nobody expects.

    The message names the class and the method. `service` is the ledger's name.

    `giver` is the document whose method it is, if it is none of the ledger's.
    """

    def __init__(self, ledger: Ledger, method: str, fault: str, giver: Document | None = None) -> None:
        super().__init__(f"{type(giver or ledger).__name__}.{method} {fault}.")
        self.service = ledger.name


def snapshot_of(ledger: Ledger) -> Books:
    """The ledger's snapshot. Raises `WrongAnswerError`, and what the ledger raises on purpose."""
    return books_of(ledger, "snapshot", ledger.snapshot)


def try_to_read(ledger: Ledger) -> None:
    """Read whose the ledger is, or its books where it does not tell that. Raises `ApiError` where it cannot be read."""
    if isinstance(ledger, Owned):
        ledger.owner()
    else:
        snapshot_of(ledger)


def books_of(ledger: Ledger, method: str, call: Callable[[], Books]) -> Books:
    """Books that a method gives. Raises as `snapshot_of`."""
    books = _asked(ledger, method, call, Books, "Books")
    closed = books.last_closed
    if closed is not None and not _is_day(closed):
        raise WrongAnswerError(
            ledger, method, f"gave Books whose last_closed is {_name(closed)}, and it has to be a date"
        )
    for field, members in _MEMBERS.items():
        fault = _fault_of_all(getattr(books, field), members)
        if fault is not None:
            raise WrongAnswerError(ledger, method, f"gave Books whose {field} {fault}")
    return books


def with_bills_of(ledger: Ledger, books: Books) -> Books:
    """The books with every bill. Raises as `snapshot_of`."""
    return books_of(ledger, "with_bills", lambda: ledger.with_bills(books))


def with_reimbursements_of(ledger: Ledger, books: Books) -> Books:
    """The books with every reimbursement. Raises as `snapshot_of`."""
    return books_of(ledger, "with_reimbursements", lambda: ledger.with_reimbursements(books))


def looked_up(ledger: Ledger, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
    """What the ledger finds. Raises as `snapshot_of`; what is wrong about one record is unreadable, and keeps it back alone."""
    looked = _asked(ledger, "find", lambda: ledger.find(subjects, since=since, sources=sources), LookUp, "a LookUp")
    for field in ("by_subject", "by_source", "unreadable"):
        given: object = getattr(looked, field)
        if not isinstance(given, Mapping):
            text = f"gave a LookUp whose {field} is {_name(given)}, and it has to be a mapping"
            raise WrongAnswerError(ledger, "find", text)
    if not _is_found(looked.unmarked):
        raise WrongAnswerError(ledger, "find", "gave a LookUp whose unmarked is no tuple of Found")
    wrong = [key for by in (looked.by_subject, looked.by_source) for key, found in by.items() if not _is_found(found)]
    if not wrong:
        return looked
    why = f"{type(ledger).__name__}.find gave something else than a tuple of Found for it"
    unreadable = {key: UnreadableEntry(kind="document", id=None, why=why) for key in wrong}
    return attrs.evolve(
        looked,
        by_subject=_without(looked.by_subject, wrong),
        by_source=_without(looked.by_source, wrong),
        unreadable={**looked.unreadable, **unreadable},
    )


def object_at(ledger: Ledger, ref: Ref) -> Found | None:
    """The object with this ref, None where it is not there. Raises as `snapshot_of`, and where another one is given."""
    found = _asked(ledger, "get", lambda: ledger.get(ref), object, "")
    if found is None:
        return None
    if not _is_found((found,)):
        raise WrongAnswerError(ledger, "get", f"gave {_name(found)}, and it has to give a Found or None")
    if found.ref != ref:
        raise WrongAnswerError(ledger, "get", f"gave {found.ref}, and was asked for {ref}")
    return found


def ability_of(ledger: Ledger, kind: str) -> Ability:
    """What the ledger can do with a kind of document. Raises as `snapshot_of`."""
    return _asked(ledger, "ability", lambda: ledger.ability(kind), Ability, "an Ability")


def vendor_request(ledger: Ledger, planned: PlannedVendor) -> Request[Any]:
    """The request that creates a vendor. Raises as `snapshot_of`."""
    request: Request[Any] = _asked(ledger, "create_vendor", lambda: ledger.create_vendor(planned), Request, "a Request")
    if (fault := fault_of_creation(request.method, request.body)) is not None:
        raise WrongAnswerError(ledger, "create_vendor", fault)
    return request


def fault_of_creation(method: str, body: object) -> str | None:
    """What is wrong with a request that is to create something; None where nothing is."""
    if method != "POST":
        return f"gave a {method}, and it has to be a POST"
    return "gave a request without a body" if body is None else None


def deletion_request(ledger: Ledger, ref: Ref) -> Request[Any]:
    """The request that deletes an object. Raises as `snapshot_of`."""
    request: Request[Any] = _asked(ledger, "delete", lambda: ledger.delete(ref), Request, "a Request")
    if request.method != "DELETE":
        # What a POST makes would be taken for the record's document, and its lost answer never be found.
        fault = f"gave a {request.method}, and it has to be a DELETE: a ledger that only reverses does not delete (see Ability)"
        raise WrongAnswerError(ledger, "delete", fault)
    return request


def replacing_request(ledger: Ledger, document: Document, present: Found) -> Request[Any]:
    """The request that makes an object say what the document says. Raises as `snapshot_of`."""
    request = document.replace(present)
    if not _is_request(request):
        raise WrongAnswerError(ledger, "replace", f"gave {_name(request)}, and it has to give a Request", document)
    if request.method != "PUT":
        raise WrongAnswerError(ledger, "replace", f"gave a {request.method}, and it has to be a PUT", document)
    return request


def pacer_of(ledger: Ledger) -> Pacing | None:
    """What bounds the ledger's requests. Raises as `snapshot_of`."""
    pacer = _asked(ledger, "pacer", lambda: ledger.pacer, object, "")
    numbers = [getattr(pacer, name, None) for name in ("limit", "window")]
    if pacer is None or all(isinstance(each, int | float) and each > 0 for each in numbers):
        return pacer
    text = f"gave {_name(pacer)}, and it has to give None or a Pacing, which has a limit and a window"
    raise WrongAnswerError(ledger, "pacer", text)


def counter_of(ledger: Ledger) -> Callable[[], int]:
    """Tells how many requests the ledger has sent; what it told last where it fails, since only a count hangs on it.

    The first time it raises as `snapshot_of`.
    """
    last: int | None = None

    def count() -> int:
        nonlocal last
        try:
            last = _asked(ledger, "requests_sent", lambda: ledger.requests_sent, int, "an int")
        except Exception:
            if last is None:
                raise
        return last

    return count


def _asked(ledger: Ledger, method: str, call: Callable[[], T], kind: type, wanted: str) -> T:
    try:
        given = call()
    except _EXPECTED:
        raise
    except Exception as error:
        raise WrongAnswerError(ledger, method, f"failed: {described(error)}") from error
    if not isinstance(given, kind):
        raise WrongAnswerError(ledger, method, f"gave {_name(given)}, and it has to give {wanted}")
    return given


def _fault_of_all(given: object, members: Sequence[str]) -> str | None:
    if (entries := _entries(given)) is None:
        return f"is {_name(given)}, and it has to be a tuple"
    for each in entries:
        missing = next((name for name in members if not hasattr(each, name)), None)
        if missing is not None:
            return f"has {_name(each)}, which has no {missing}"
    return None


def _is_request(given: object) -> bool:
    return isinstance(given, Request)


def _is_found(given: object) -> bool:
    entries = _entries(given)
    return entries is not None and all(isinstance(each, Found) for each in entries)


def _entries(given: object) -> Sequence[object] | None:
    # Of what they are nobody knows, and who asks looks.
    return cast("Sequence[object]", given) if isinstance(given, tuple | list) else None


def _is_day(given: object) -> bool:
    return isinstance(given, date) and not isinstance(given, datetime)


def _without(found: Mapping[str, tuple[Found, ...]], keys: Collection[str]) -> dict[str, tuple[Found, ...]]:
    return {key: each for key, each in found.items() if key not in keys}


def _name(given: object) -> str:
    return type(given).__name__
