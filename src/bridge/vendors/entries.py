"""The entries of ``[[vendors]]`` by what they are compared with, so that a record is not compared with each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bridge.books import normalised

if TYPE_CHECKING:
    from bridge.settings.values import VendorMapping


class VendorEntries:
    """Finds the entry that means somebody; the first of several counts."""

    def __init__(self, entries: Sequence[VendorMapping]) -> None:
        self._entries = entries
        # What comes later does not replace it.
        self._ids, self._emails, self._names = dict[str, int](), dict[str, int](), dict[str, int]()
        for number, entry in enumerate(entries):
            self._ids.setdefault(entry.brex, number)
            self._emails.setdefault(entry.brex.strip().casefold(), number)
            self._names.setdefault(normalised(entry.brex), number)

    def about(self, brex_id: str, *, email: str, company: str) -> VendorMapping | None:
        """The first entry by the Brex id, the e-mail address or a company's name; what is not known is empty."""
        found = (
            self._ids.get(brex_id),
            self._emails.get(email.casefold()) if email else None,
            self._names.get(normalised(company)) if company else None,
        )
        first = min((number for number in found if number is not None), default=None)
        return None if first is None else self._entries[first]
