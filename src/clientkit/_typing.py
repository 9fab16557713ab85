"""What type checkers need and a running program does not: typing_extensions takes long to load."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from typing_extensions import override
else:
    F = TypeVar("F", bound=Callable[..., Any])

    def override(method: F) -> F:
        """Say that a method stands for one of a base class; type checkers look whether it does."""
        return method


__all__ = ["override"]
