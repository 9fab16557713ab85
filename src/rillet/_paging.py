"""How Rillet pages (https://docs.api.rillet.com/docs/getting-started)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from clientkit.requests import Paging

# A cursor lives two hours; an older one is answered with the first page and no error. The minute is for clocks.
_CURSOR_LIFETIME = 2 * 3600.0 - 60.0


def _next_cursor(body: Mapping[str, object]) -> str | None:
    # The end looks like a missing `pagination`, an empty one, or a null cursor.
    pagination = body.get("pagination")
    if not isinstance(pagination, dict):
        return None
    cursor = cast("dict[str, object]", pagination).get("next_cursor")
    return cursor if isinstance(cursor, str) and cursor else None


def _none(_: Mapping[str, object]) -> str | None:
    return None


# Most items of a page (Rillet's OpenAPI description).
_MOST = 100


def checked_limit(limit: int | None) -> int | None:
    """`limit` itself. Raises `ValueError` for one that Rillet refuses."""
    if limit is not None and not 1 <= limit <= _MOST:
        raise ValueError(f"limit is {limit}; Rillet takes 1 to {_MOST}")
    return limit


#: Lists that come in pages of up to 100.
KEYSET = Paging(next_cursor=_next_cursor, cursor_lifetime=_CURSOR_LIFETIME)

#: Lists that come whole.
WHOLE = Paging(next_cursor=_none)
