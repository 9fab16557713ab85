"""When to try again what may be in vain."""

from __future__ import annotations

#: After so many times in vain it is tried seldom, but it is tried.
_MOST_IN_VAIN = 6


class Effort:
    """A way that costs more than it saves where it is in vain: each time it is left alone for twice as long."""

    def __init__(self) -> None:
        #: So many times it is not to be tried.
        self.left = 0
        self._in_vain = 0

    def is_left(self) -> bool:
        """Whether it is not to be tried this time."""
        if self.left > 0:
            self.left -= 1
            return True
        return False

    def paid(self) -> None:
        """Note that it was worth it."""
        self._in_vain = 0

    def was_in_vain(self) -> None:
        """Note that it was not."""
        self._in_vain += 1
        self.left = 2 ** min(self._in_vain, _MOST_IN_VAIN)
