"""How Brex pages its listings (https://developer.brex.com/guides/pagination), and the bounds of their parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from urllib.parse import urlencode

from clientkit.requests import Paging, Query

#: The most fields or field values of one page, and of one call that writes field values.
MOST_PER_CALL = 1000

# Brex names no bound for most listings by ids.
_IDS_PER_CALL = 100
# In characters of the query: a request line of more than 8 kB is refused by many servers.
_IDS_LENGTH = 6_000


def _next_cursor(body: Mapping[str, object]) -> str | None:
    cursor = body.get("next_cursor")
    more = body.get("has_next_page", True)
    return cursor if isinstance(cursor, str) and cursor and more is not False else None


def _total(body: Mapping[str, object]) -> int | None:
    total = body.get("total_count")
    return int(total) if isinstance(total, int | Decimal) and not isinstance(total, bool) else None


PAGING = Paging(next_cursor=_next_cursor, total=_total)


def checked_limit(limit: int | None, most: int) -> int | None:
    """`limit` itself. Raises `ValueError` for one that Brex refuses."""
    if limit is not None and not 1 <= limit <= most:
        raise ValueError(f"limit is {limit}; Brex takes 1 to {most}")
    return limit


def id_parts(name: str, ids: Sequence[str] | None, most: int = _IDS_PER_CALL) -> Sequence[Query]:
    """The queries of a listing by ids, each of at most so many, and of a length that a request line can have."""
    if ids is None:
        return ({},)
    parts = list[list[str]]()
    left = 0
    for each in dict.fromkeys(ids):
        length = len(urlencode({name: each})) + 1
        if not parts or length > left or len(parts[-1]) == most:
            parts.append([])
            left = _IDS_LENGTH
        parts[-1].append(each)
        left -= length
    return [{name: tuple(part)} for part in parts]
