"""What the ledger has and cannot be read. It keeps back the records that need it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import cast

import attrs

_LONGEST_REASON = 300
# What an object is, and not which one.
_SAYS_NOTHING = frozenset({"type", "subtype", "currency", "country"})


@attrs.frozen(kw_only=True)
class UnreadableEntry:
    """An object of the ledger that does not have the documented shape.

    `kind` is what it is, such as ``account`` or ``vendor``, `id` is there where it has one, and `why` says what does not
    fit. `texts` is everything that it says, so that who needs it is found: by id, code, name, address or reference.
    `is_named` tells whether it says by what others name it, such as an account by its code.
    """

    kind: str
    id: str | None
    why: str
    is_named: bool = True
    # It may hold people's addresses, which must not reach a log through a repr.
    texts: frozenset[str] = attrs.field(default=frozenset(), repr=False)

    def __str__(self) -> str:
        which = f"the {self.kind} {self.id}" if self.id else f"a {self.kind} without an id"
        why = self.why if len(self.why) <= _LONGEST_REASON else f"{self.why[:_LONGEST_REASON]}…"
        return f"{which} cannot be read ({why})"


def texts_in(value: object) -> Iterator[str]:
    """Every text and number in parsed JSON, however deep."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, Mapping):
            members = cast("Mapping[str, object]", each)
            left.extend(value for key, value in members.items() if key not in _SAYS_NOTHING)
        elif isinstance(each, str):
            yield each
        elif isinstance(each, Sequence):
            left.extend(cast("Sequence[object]", each))
        elif isinstance(each, int | float | Decimal) and not isinstance(each, bool):
            yield str(each)


class UnreadableIndex:
    """Finds unreadable entries by what they say."""

    def __init__(self, entries: Sequence[UnreadableEntry], forms: Callable[[str], Sequence[str]]) -> None:
        self._forms = forms
        self._by_text = dict[tuple[str, str], UnreadableEntry]()
        for entry in entries:
            for text in (*entry.texts, *(() if entry.id is None else (entry.id,))):
                for form in forms(text):
                    self._by_text.setdefault((entry.kind, form), entry)

    def find(self, kind: str, wanted: Sequence[str | None]) -> UnreadableEntry | None:
        """The first entry of a kind that says one of these texts."""
        keys = ((kind, form) for text in wanted if text for form in self._forms(text))
        return next((self._by_text[key] for key in keys if key in self._by_text), None)
