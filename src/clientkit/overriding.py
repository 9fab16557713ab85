"""`override` marks a method that replaces an inherited one, for type checkers (PEP 698).

It does nothing when it runs, where loading `typing_extensions` would take longer than reading a small answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing_extensions import override as override  # noqa: PLC0414 - that is how a name is exported
else:
    M = TypeVar("M")

    def override(method: M, /) -> M:
        """The same method."""
        return method
