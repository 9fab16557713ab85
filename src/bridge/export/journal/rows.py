"""Attempts, members and refusals as rows of the journal's tables, and back.

Times are texts in UTC that sort as they follow each other, so that the tables can be read with any tool.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Any

import attrs

from bridge.export.engine.attempts import Attempt, AttemptState, Purpose
from bridge.export.journal.protocol import Reasons, Refusal
from bridge.mappers.summaries import Member

#: How many rows are read, or subjects named, at once.
PORTION = 500
#: Everything of an attempt but its members, which have a table of their own.
COLUMNS = tuple(field.name for field in attrs.fields(Attempt) if field.name not in {"members", "is_old_answer"})
#: What is not known before the answer.
OUTCOME = ("state", "kind", "object_id", "answer", "trace_id", "error", "settled_at", "settled_by")

_INTEGERS, _BYTES = frozenset({"version", "number"}), frozenset({"payload", "answer"})
_EMPTY = frozenset(field.name for field in attrs.fields(Attempt) if field.default is None)
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_AS_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


class RowError(ValueError):
    """A row is not what the journal writes. What the cell holds is not said: it may be anything."""


def text_of(moment: datetime) -> str:
    """A time as the tables have it."""
    return moment.astimezone(UTC).strftime(_TIME)


def text_in(value: object, name: str) -> str | None:
    """A text of the tables. Raises `RowError`."""
    if value is None or isinstance(value, str):
        return value
    raise RowError(f"a cell of {name!r} is no text")


def moment_of(value: object, name: str) -> datetime | None:
    """A time of the tables. Raises `RowError`."""
    return None if value is None else _time(value, name)


def attempt_row(attempt: Attempt, names: Iterable[str]) -> dict[str, object]:
    """These columns of an attempt."""
    return {name: _plain(getattr(attempt, name)) for name in names}


def can_be_written(attempt: Attempt) -> bool:
    """Whether every database takes the texts of an outcome, which may come from a service: encoded, and without U+0000."""
    texts = [each for name in OUTCOME if isinstance(each := getattr(attempt, name), str)]
    try:
        return b"\0" not in "".join(texts).encode()
    except UnicodeEncodeError:
        return False


def attempt_of(row: Mapping[Any, Any]) -> Attempt:
    """The attempt of a row, without its members. Raises `RowError`."""
    values: dict[str, Any] = {name: _checked(row, name) for name in COLUMNS}
    for name in ("intended_at", "settled_at", "reported_at"):
        values[name] = moment_of(values[name], name)
    try:
        values["state"], values["purpose"] = AttemptState(values["state"]), Purpose(values["purpose"])
    except ValueError:
        raise RowError("an attempt has a state or purpose that this release does not know") from None
    return Attempt(**values)


def member_rows(attempt: Attempt) -> list[dict[str, object]]:
    """The members of a summary."""
    return [
        {
            "subject": each.record_id,
            "summary": attempt.subject,
            "version": each.version,
            "content": each.content,
            "form": each.form,
        }
        for each in attempt.members
    ]


def member_of(row: Mapping[Any, Any]) -> Member:
    """The member of a row. Raises `RowError`."""
    subject, version = _checked(row, "subject"), _checked(row, "version")
    content, form = _checked(row, "content"), text_in(row["form"], "form")
    return Member(record_id=subject, version=version, content=content, form=form)


#: What a refusal says that is over.
NO_REASONS = "[]"


def reasons_text(reasons: Reasons) -> str:
    """Reasons as the tables have them: JSON."""
    return json.dumps([[code, text] for code, text in reasons], ensure_ascii=False)


def refusal_of(row: Mapping[Any, Any]) -> Refusal:
    """The refusal of a row. Raises `RowError`."""
    try:
        reasons = tuple((str(code), str(text)) for code, text in json.loads(row["reasons"]))
    except (ValueError, TypeError, RecursionError):
        raise RowError("a refusal has no reasons that can be read") from None
    return Refusal(
        subject=_checked(row, "subject"),
        version=_checked(row, "version"),
        at=_time(row["at"], "at"),
        last_at=_time(row["last_at"], "last_at"),
        by=text_in(row["by"], "by") or "",
        reasons=reasons,
    )


def portions(subjects: Iterable[str]) -> Iterator[list[str]]:
    """Each subject once, in lists that a statement can name."""
    left = iter(dict.fromkeys(subjects))
    while some := list(islice(left, PORTION)):
        yield some


def _checked(row: Mapping[Any, Any], name: str) -> Any:
    """A cell. SQLite keeps values of any type in any column, and a damaged file may hold anything."""
    value: object = row[name]
    wanted = int if name in _INTEGERS else bytes if name in _BYTES else str
    if isinstance(value, wanted) or (value is None and name in _EMPTY):
        return value
    raise RowError(f"a cell of {name!r} is not what the journal writes")


def _time(value: object, name: str) -> datetime:
    text = str(value)
    try:
        if _AS_WRITTEN.fullmatch(text):
            # Reading by a format takes five times as long, and an attempt has three times.
            return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise RowError(f"a cell of {name!r} is no time") from None


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return text_of(value)
    return value.value if isinstance(value, StrEnum) else value
