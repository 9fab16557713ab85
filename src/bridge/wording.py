"""What texts for people call the things that are posted, and what they advise about those that are not."""

from __future__ import annotations


class Wording:
    """The words of an export of Brex's records; another use of the engine has its own.

    An advice names nothing but what its readers can do and set. `subject` is how the journal calls a thing. `is_wanted` tells
    that it says something else now, and not that nothing of it is left to post.
    """

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
        del subject, is_wanted
        return "take back what settles it, or set on_change to correct"

    def if_closed(self, subject: str, *, is_wanted: bool) -> str:
        """What to do about a changed thing in a closed period."""
        del subject, is_wanted
        return "set on_change to correct, or correct it by hand"

    def if_left(self, subject: str, *, is_wanted: bool) -> str:
        """What to do about a changed thing that the settings leave to a person."""
        del subject, is_wanted
        return "correct it by hand, or let on_change or on_delete allow it"


RECORDS = Wording()
