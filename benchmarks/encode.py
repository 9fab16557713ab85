"""How long a journal entry takes to become JSON text, beside ``json.dumps`` of the ready dict, and beside peers::

python benchmarks/encode.py [rounds]
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from decode import seconds
from pages import Sample, samples
from peers import readers

from clientkit import codec
from clientkit.codec import hooks

Write = Callable[[Any], object]


def ways(sample: Sample) -> dict[str, tuple[Write, Sequence[Sequence[Any]]]]:
    """Every way to write the objects of a page, ``json.dumps`` first, with the objects of each page."""
    key = sample.listing.items_key
    pages: list[Any] = [codec.loads(content, sample.shape) for content in sample.contents]  # type: ignore[type-var]
    found: dict[str, tuple[Write, Sequence[Sequence[Any]]]] = {
        "json.dumps": (json.dumps, [json.loads(content)[key] for content in sample.contents]),
        "this library": (_as_text, [page.items for page in pages]),
    }
    if hooks._encoders() is not None:
        found["this library, fast"] = codec.dumps, [page.items for page in pages]
    peers = readers(sample)
    for title, read in peers.items():
        write = _writer(title)
        if write is not None:
            found[title] = write, [getattr(read(content), key) for content in sample.contents]
    return found


def _as_text(value: Any) -> bytes:
    """As this library writes without msgspec."""
    kind: type[Any] = value.__class__
    return hooks._writers.of(kind)(value).encode()


def _writer(title: str) -> Write | None:
    if title == "pydantic, frozen model":
        return lambda model: model.model_dump_json(by_alias=True, exclude_defaults=True)
    if title == "msgspec, frozen Struct":
        import msgspec

        return msgspec.json.Encoder().encode
    return None


def _all(objects: Sequence[Any], *, write: Write) -> None:
    for each in objects:
        write(each)


def measure(sample: Sample, rounds: int) -> dict[str, float]:
    """The median of each way's CPU time, as a multiple of that of ``json.dumps``."""
    found = ways(sample)
    # Else each collection walks all pages, and what is written next is no longer in the processor's cache.
    gc.collect()
    gc.freeze()
    ratios: dict[str, list[float]] = {name: [] for name in found}
    for number in range(rounds):
        took = {
            name: seconds(partial(_all, write=write), [pages[(number * 2 + each) % len(pages)] for each in range(2)])
            for name, (write, pages) in found.items()
        }
        for name, each in took.items():
            ratios[name].append(each / took["json.dumps"])
    return {name: statistics.median(each) for name, each in ratios.items()}


def main(rounds: int) -> None:
    """Print a row for each way."""
    sample = next(each for each in samples() if "journal" in each.title)
    print("| a Rillet journal entry to JSON text | CPU time of `json.dumps` |\n|---|---|")
    for name, ratio in measure(sample, rounds).items():
        print(f"| {name} | {ratio:.2f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 61)
