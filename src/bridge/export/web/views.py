"""What the templates show, as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote, urlencode

import attrs

from bridge.closing.delimited import Cell
from bridge.datatable import money, trimmed
from bridge.export.closing.texts import web_address
from bridge.export.engine.approvals import ReviewStep
from bridge.export.engine.attempts import Attempt, AttemptState, Purpose, is_receipt, is_summary, reason_of_dismissal
from bridge.export.reporting.history import History, became_of, said_by
from bridge.export.reporting.naming import noun
from bridge.export.web.overview import Row, Status
from bridge.settings.values import Settings

ROWS_OF_A_PAGE = 50


@attrs.frozen(kw_only=True)
class Query:
    """What of the list is asked for."""

    status: Status | None = None
    words: str = ""
    page: int = 1

    def address(self, **changed: object) -> str:
        """The address of the list with something else asked for."""
        told = attrs.evolve(self, **{"page": 1, **changed})  # type: ignore[arg-type]  # names of its own fields
        parts = {
            "status": "" if told.status is None else told.status.value,
            "q": told.words,
            "page": "" if told.page == 1 else str(told.page),
        }
        text = urlencode({name: value for name, value in parts.items() if value})
        return f"/?{text}" if text else "/"


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened to a record, with its details as lines."""

    at: datetime
    title: str
    lines: tuple[str, ...] = ()
    link: str | None = None


def record_address(record_id: str) -> str:
    """Where a record is on the page."""
    return f"/records/{quote(record_id, safe='')}"


def brex_link(settings: Settings, record_id: str) -> str | None:
    """The record in Brex, where the settings say how its address is made."""
    made = settings.record_address(quote(record_id, safe=""))
    return None if made is None else web_address(made)


def rillet_link(settings: Settings, kind: str | None, object_id: str | None) -> str | None:
    """The object in Rillet, where there is one and the settings say how its address is made."""
    if kind is None or object_id is None:
        return None
    made = settings.object_address(quote(kind), quote(object_id, safe=""))
    return None if made is None else web_address(made)


def amount_text(row: Row) -> str:
    """The amount with its currency, empty where none is known."""
    return "" if row.amount is None else f"{money(row.amount, row.currency)} {row.currency}"


def cell_text(cell: Cell) -> str:
    """A cell of a report."""
    if isinstance(cell, Decimal):
        return trimmed(cell)
    return "" if cell is None else str(cell)


def moment_text(moment: datetime) -> str:
    """A moment as the page writes it."""
    return f"{moment.astimezone(UTC):%d %b %Y, %H:%M:%S} UTC"


def events(history: History, settings: Settings) -> list[Event]:
    """All that happened, the newest first."""
    found = [*_attempts(history, settings), *_refusals(history), *_reviews(history), *_plans(history)]
    return sorted(found, key=lambda each: each.at, reverse=True)


_TITLES: Mapping[AttemptState, str] = {
    AttemptState.POSTED: "Posted to Rillet",
    AttemptState.ADOPTED: "Found in Rillet",
    AttemptState.REJECTED: "Not taken by Rillet",
    AttemptState.ABANDONED: "Given up",
    AttemptState.DISMISSED: "Dismissed by a person",
}


def _attempts(history: History, settings: Settings) -> Iterator[Event]:
    for each in history.attempts:
        if each.purpose is Purpose.DISMISSAL:
            yield from _dismissal(each)
            continue
        became = became_of(each, history.attempts)
        lines = [
            f"{noun(each.kind)} {each.object_id}" if each.object_id else "",
            became,
            said_by(each, history.attempts),
            each.error or "",
            f"as one entry with other records ({each.subject})" if is_summary(each.subject) else "",
            f"version {each.version} of the record, attempt {each.number}, by {each.intended_by}",
            f"Brex was told {moment_text(each.reported_at)}" if each.reported_at else "",
            f"Rillet's trace id {each.trace_id}" if each.trace_id else "",
        ]
        yield Event(
            at=each.settled_at or each.intended_at,
            title=_title(each),
            lines=tuple(line for line in lines if line),
            link=rillet_link(settings, each.kind, each.object_id) if each.is_there and not became else None,
        )


def _dismissal(attempt: Attempt) -> Iterator[Event]:
    """That a person dismissed a record, and who took it up again."""
    why = reason_of_dismissal(attempt)
    told = f"Brex was told {moment_text(attempt.reported_at)}" if attempt.reported_at else ""
    lines = tuple(line for line in (why, told) if line)
    yield Event(at=attempt.intended_at, title=f"Dismissed by {attempt.intended_by}", lines=lines)
    if attempt.was_undone and attempt.settled_at is not None:
        who = attempt.settled_by or "a person"
        yield Event(at=attempt.settled_at, title=f"Taken up again by {who}", lines=(f"dismissed before: {why}",))


def _title(attempt: Attempt) -> str:
    if is_receipt(attempt.subject):
        return "Receipt attached in Rillet" if attempt.is_there else "Receipt not attached"
    if attempt.was_carried_out and attempt.is_change:
        return "Deleted in Rillet" if attempt.deletes else "Replaced in Rillet"
    return "Sent to Rillet; no answer yet" if attempt.is_open else _TITLES[attempt.state]


def _refusals(history: History) -> Iterator[Event]:
    for each in history.refusals:
        until = f"said last {moment_text(each.last_at)}, by {each.by}"
        title = "Refused no more" if each.is_over else "Held" if each.is_held else "Refused"
        yield Event(at=each.at, title=title, lines=(*each.texts, until))


def _plans(history: History) -> Iterator[Event]:
    for each in history.plans:
        yield Event(at=each.at, title=f"Approved by {each.by}", lines=(f"with {each.name}",))


def _reviews(history: History) -> Iterator[Event]:
    for each in history.reviews:
        if each.step is ReviewStep.HOLD:
            yield Event(at=each.at, title=f"Held by {each.by}", lines=(each.why,))
        else:
            yield Event(
                at=each.at, title=f"Approved by {each.by}", lines=tuple(line for line in (each.before,) if line)
            )
