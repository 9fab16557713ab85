"""How Brex pages its listings (https://developer.brex.com/guides/pagination), and the bounds of their parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from clientkit.requests import Paging, Query

# Brex names no bound for most listings by ids; a request line of more than 8 kB is refused by many servers.
_IDS_PER_CALL = 100


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


def id_parts(name: str, ids: Sequence[str] | None) -> Sequence[Query]:
    """The queries of a listing by ids, each of a length that a request line can have."""
    if ids is None:
        return ({},)
    if isinstance(ids, str):
        raise TypeError(f"{name} takes a sequence of ids, not one id")
    unique = tuple(dict.fromkeys(ids))
    return [{name: unique[start : start + _IDS_PER_CALL]} for start in range(0, len(unique), _IDS_PER_CALL)]
