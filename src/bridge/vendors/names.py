"""Which names of vendors look like one and the same, so that a vendor who is only written otherwise is not created again.

Alike are names that differ in case, accents, punctuation, blanks, the order of words, a plural, the legal form (Inc, GmbH,
S.A.), a web domain, the number of a shop or what a card's descriptor adds (``UBER *TRIP 1234``), and names with one slip
of the pen in one long word. A word more or less makes another name: Delta Air Lines is not Delta, nor Delta Dental.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

_LEGAL_FORM = re.compile(
    "ab|ag|aps|asa?|bv|co|company|corp|corporation|gmbh|inc|incorporated|kg|kgaa|kk|limited|ll[cp]|lp|ltd|mbh|nv|ohg|oyj?|"
    "plc|pte|pty|sa|sarl|sas|se|sl|spa|sro|srl|ug"
)
_FILLERS = frozenset({"and", "the", "und"})
#: Services that write their own name before that of the shop: ``SQ *BLUE BOTTLE``.
_PROCESSORS = frozenset({"dd", "in", "paypal", "pp", "py", "sp", "sq", "sumup", "tst", "zettle"})
_SHOP_NUMBER = re.compile(r"[a-z]?\d{3,}")
_SHOP = frozenset({"location", "no", "nr", "shop", "store", "t", "unit"})
_APOSTROPHES = re.compile("['`\u2019\u00b4]")
_ACCENTS = re.compile("[\u0300-\u036f]")
_DOMAIN = re.compile(r"\bwww\.|(?<=\w\w)\.(?:ai|app|co|com|de|io|net|org)(?:\.[a-z]{2})?\b")

# Shorter names are different with one letter: Canva and Canvas, Lyft and Lift.
_LONG_NAME = 8
_LONG_WORD = 7


class NameIndex(Generic[T]):
    """Things by their names, for finding those whose names look like another."""

    def __init__(self, named: Iterable[tuple[str, T]] = ()) -> None:
        self._things = list[T]()
        self._by_words = dict[str, list[int]]()
        self._by_long_word = dict[tuple[str, str], list[tuple[str, int]]]()
        for name, thing in named:
            self.add(name, thing)

    def add(self, name: str, thing: T) -> None:
        """Let a thing be found by a name; one with nothing in it that tells is never found."""
        number, words = len(self._things), _words(name)
        self._things.append(thing)
        for spelling in _spellings(words):
            self._by_words.setdefault(spelling, []).append(number)
        for word, rest in _long_words(words):
            self._by_long_word.setdefault(rest, []).append((word, number))

    def like(self, name: str) -> tuple[T, ...]:
        """The things whose names look like this one, in the order in which they were added."""
        words = _words(name)
        found = {number for spelling in _spellings(words) for number in self._by_words.get(spelling, ())}
        for word, rest in _long_words(words):
            found.update(number for other, number in self._by_long_word.get(rest, ()) if _is_slip(word, other))
        return tuple(self._things[number] for number in sorted(found))


def _words(name: str) -> list[str]:
    """What tells in a name, in its order: without accents, legal form, shop number and plurals."""
    text = _without_descriptor(unicodedata.normalize("NFKC", _APOSTROPHES.sub("", name)).casefold())
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    # Korean syllables fall into letters above, which would make short names long.
    text = unicodedata.normalize("NFC", _DOMAIN.sub(" ", text))
    parts = "".join(each if each == "+" or unicodedata.category(each)[0] in "LMN" else " " for each in text).split()
    words = [word for word in _with_initials_joined(parts) if word not in _FILLERS]
    while len(words) > 1 and (_LEGAL_FORM.fullmatch(words[-1]) or _SHOP_NUMBER.fullmatch(words[-1])):
        is_number = words.pop()[-1].isdigit()
        while is_number and len(words) > 1 and words[-1] in _SHOP:
            words.pop()
    if sum(map(len, words)) < _LONG_NAME:
        return words
    return [word[:-1] if len(word) > 4 and word.endswith("s") else word for word in words]


def _without_descriptor(text: str) -> str:
    before, star, after = text.partition("*")
    if not star:
        return text
    if before.strip() in _PROCESSORS:
        return after
    # E*Trade is a name.
    return before if len(before.strip()) > 3 else text


def _with_initials_joined(parts: Iterable[str]) -> Iterator[str]:
    """``s a`` and ``sa`` are one word; so are ``h m`` and ``hm``."""
    initials = ""
    for part in parts:
        if len(part) == 1 and part.isalpha():
            initials += part
            continue
        if initials:
            yield initials
        initials = ""
        yield part
    if initials:
        yield initials


def _spellings(words: list[str]) -> set[str]:
    """In any order, and as one word: Sample, Bo is Bo Sample, and Coca-Cola is Cocacola."""
    return {" ".join(sorted(words)), "".join(words)} - {""}


def _long_words(words: list[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """The words long enough for a slip, each with what has to be equal: its first letters and the other words."""
    for number, word in enumerate(words):
        if len(word) >= _LONG_WORD and word.isalpha():
            yield word, (" ".join(sorted(words[:number] + words[number + 1 :])), word[:2])


def _is_slip(one: str, other: str) -> bool:
    """Whether one letter is left out, added, wrong or exchanged with its neighbour."""
    if abs(len(one) - len(other)) > 1:
        return False
    shorter = min(len(one), len(other))
    start = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    end = next((at for at in range(shorter - start) if one[-1 - at] != other[-1 - at]), shorter - start)
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    return max(len(left), len(right)) <= 1 or (len(left) == len(right) == 2 and left == right[::-1])
