"""How many bytes pages keep when they are read, beside the tree of ``json.loads``, and beside peers::

    python benchmarks/kept.py

Ten pages of 100 objects are read and kept, and what Python holds for them is counted, with what this library remembers.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Sequence

from decode import Read, ways
from pages import samples

from clientkit.codec import pages, readers, shadows, text

PAGES = 10


def kept(read: Read, contents: Sequence[bytes]) -> int:
    """The bytes that are held for pages that are read, by a reader that has learnt what the service sends."""
    for content in contents[-2:]:
        read(content)
    text.number.cache_clear()
    forget()
    gc.collect()
    tracemalloc.start()
    pages = [read(content) for content in contents[:PAGES]]
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del pages
    return held


def forget() -> None:
    """Forget the parts of objects that this library remembers."""
    for memory in readers._parts.values():
        memory.clear()
    for each in gc.get_objects():
        if isinstance(each, pages._Arrays | shadows._Arrays | shadows._Parts):
            each.clear()


def main() -> None:
    """Print a row for each way."""
    tables = dict[str, dict[str, float]]()
    for sample in samples():
        held = {name: kept(read, sample.contents) for name, read in ways(sample).items()}
        tables[sample.title] = {name: each / held["json.loads"] for name, each in held.items()}
    print("| " + " | ".join(["bytes kept, of those of `json.loads`", *tables]) + " |")
    print("|---" * (len(tables) + 1) + "|")
    for name in next(iter(tables.values())):
        print("| " + " | ".join([name, *(f"{table[name]:.2f}" for table in tables.values())]) + " |")


if __name__ == "__main__":
    main()
