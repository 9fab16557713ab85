"""How long a page of answers takes to become objects, beside ``json.loads`` of the same bytes, and beside peers.

CPU time of pages of 100 objects, 40 distinct pages in rotation, all ways in turn, so that whatever else the machine does
meets all of them alike; medians of the ratios::

    python benchmarks/decode.py [rounds]
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pages import Sample, samples
from peers import readers

from clientkit import codec
from clientkit.codec.pages import PageReader as PlainPageReader

Read = Callable[[bytes], object]


def ways(sample: Sample) -> dict[str, Read]:
    """Every way to read a page, ``json.loads`` first."""
    shape: Any = sample.shape
    found: dict[str, Read] = {"json.loads": json.loads}

    cut = PlainPageReader.of(sample.listing.item, sample.listing.items_key, codec.hooks._straight.rules)

    def read_plainly(content: bytes) -> object:
        # What reading a page does without msgspec.
        if cut is not None and (found := cut.read(content)):
            return shape._page(*found)
        codec.text.make_room(content)
        return codec.structure(codec.text._parse_plainly(content), shape)

    found["this library"] = read_plainly
    if codec.text._parse is not codec.text._parse_plainly:
        found["this library, fast"] = lambda content: codec.loads(content, shape)
    found.update(readers(sample))
    return found


def seconds(read: Read, contents: Sequence[bytes]) -> float:
    """CPU time to read some pages: a clock of the process ticks too coarsely for one. No garbage is left to collect."""
    gc.collect()
    # The ways of this library share a memory, and the second would find the amounts that the first has read.
    codec.text.number.cache_clear()
    started = time.process_time()
    for content in contents:
        read(content)
    return time.process_time() - started


def measure(sample: Sample, found: Mapping[str, Read], rounds: int) -> dict[str, float]:
    """The median of the CPU time of each way that was found, as a multiple of that of ``json.loads``."""
    for read in found.values():
        read(sample.contents[0])
    gc.freeze()
    ratios: dict[str, list[float]] = {name: [] for name in found}
    for number in range(rounds):
        contents = [sample.contents[(number * 4 + each) % len(sample.contents)] for each in range(4)]
        took = {name: seconds(read, contents) for name, read in found.items()}
        for name, each in took.items():
            ratios[name].append(each / took["json.loads"])
    return {name: statistics.median(each) for name, each in ratios.items()}


def main(rounds: int) -> None:
    """Print a table, one column a kind of page."""
    print(f"load {os.getloadavg()[0]:.1f}, CPython {sys.version.split()[0]}, {rounds} rounds")
    tables = {sample.title: measure(sample, ways(sample), rounds) for sample in samples()}
    print("| " + " | ".join(["a page to objects, CPU time of `json.loads`", *tables]) + " |")
    print("|---" * (len(tables) + 1) + "|")
    for name in next(iter(tables.values())):
        print("| " + " | ".join([name, *(f"{table[name]:.2f}" for table in tables.values())]) + " |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 101)
