"""How the numbers of an action choose what it happens to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

ACCOUNTS = ("61000", "62000", "63000")
#: What settles another record: it has no account of its own, and its object in Rillet has no mark.
SETTLING = ("paid", "fee", "out")


def chosen(many: Sequence[T], number: int) -> T:
    """One of many; every number chooses one."""
    return many[number % len(many)]
