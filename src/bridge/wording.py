"""What texts for people call the things that are posted, and what they advise about those that are not."""

from __future__ import annotations

from copy import copy
from typing import Self

from bridge.settings.choices import OnChange, OnDelete

_NO_ENTRY = "correct it by hand, which an entry of the difference cannot"


class Wording:
    """The words of an export of Brex's records; another use of the engine has its own.

    An advice names nothing but what its readers can do and set. `subject` is how the journal calls a thing. `is_wanted` tells
    that it says something else now, and not that nothing of it is left to post.
    """

    on_change = OnChange.REPLACE
    on_delete = OnDelete.REFUSE
    #: Whether the settings can have it deleted: the ledger deletes such objects, and no entry corrects it.
    is_deletable = True

    #: One of what is posted.
    thing = "record"
    #: What posts it.
    run = "export"
    #: Where it comes from.
    source = "Brex"
    #: What the source calls one that is in the ledger.
    taken = "exported"
    #: The end of a sentence about what is in the ledger already.
    is_there = "is there already; an export only tells Brex"

    def under(self, on_change: OnChange, on_delete: OnDelete, *, is_deletable: bool) -> Self:
        """The words about one thing under these settings, so that no advice names what is set already."""
        told = copy(self)
        told.on_change, told.on_delete, told.is_deletable = on_change, on_delete, is_deletable
        return told

    def named(self, subject: str) -> str:
        """A thing by what it is and its id."""
        return f"{self.thing} {subject}"

    def nothing_left(self, stands: str, why: str) -> str:
        """That nothing is left to post of what stands in the ledger, where `why` is what the mapping says."""
        del why
        return f"nothing is left to post of {stands}"

    def change(self, key: str, before: str | None, after: str | None, *, are_lines: bool) -> str:
        """How a part of a document's head has changed; empty if its lines, of which `are_lines` tells, say so already."""
        del are_lines
        return f"{key} {before} becomes {after}"

    def if_deleted(self, subject: str) -> str:
        """What to do about a thing that was deleted in the ledger."""
        del subject
        return "replay it to post it anew, or dismiss it"

    def if_settled(self, subject: str, *, is_wanted: bool) -> str:
        """What to do about a changed thing that is settled in the ledger."""
        del subject
        if is_wanted:
            return self._corrected("take back what settles it")
        return self._and_removed("take back what settles it")

    def if_closed(self, subject: str, *, is_wanted: bool) -> str:
        """What to do about a changed thing in a closed period."""
        del subject
        if is_wanted:
            return self._corrected("correct it by hand")
        return f"reverse it by hand in an open period, or {self._and_removed('open its period')}"

    def if_left(self, subject: str, *, is_wanted: bool) -> str:
        """What to do about a changed thing that the settings leave to a person."""
        del subject
        return self._corrected("correct it by hand") if is_wanted else self._removed()

    def _corrected(self, first: str) -> str:
        """What is left to do, or the setting that corrects what has changed."""
        return _NO_ENTRY if self.on_change is OnChange.CORRECT else f"{first}, or set on_change to correct"

    def _and_removed(self, first: str) -> str:
        """What to do before nothing of it is left, and where the next run does not delete it, that too."""
        is_next = self.on_delete is OnDelete.DELETE and self.is_deletable
        return first if is_next else f"{first}, and {self._removed()}"

    def _removed(self) -> str:
        """How nothing of it is left in the ledger."""
        by_hand = "delete or reverse by hand what there is of it"
        is_set = self.on_delete is OnDelete.DELETE or not self.is_deletable
        return by_hand if is_set else f"{by_hand}, or set on_delete to delete"


RECORDS = Wording()
