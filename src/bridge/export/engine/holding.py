"""Postings that wait for somebody's approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from bridge.callers import described
from bridge.decisions import Post

#: Why a posting has to wait for somebody's approval, or None where it may go.
Hold: TypeAlias = Callable[[Post], str | None]


def holds_nothing(post: Post) -> str | None:
    """Lets every posting go."""
    del post
    return None


def guarded(hold: Hold) -> Hold:
    """The same, but one that raises holds the posting: somebody has to look why."""

    def held(post: Post) -> str | None:
        try:
            return hold(post)
        except Exception as error:  # noqa: BLE001 - it is the caller's
            return f"what decides about approvals raised {described(error)}"

    return held
