"""The lowest versions of what the packages stand on: none of them has a known hole."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
#: The first versions without the holes that are known of older ones (https://osv.dev).
_SAFE = {"h11": (0, 16), "httpcore": (1, 0, 9), "httpx": (0, 27)}


@pytest.mark.parametrize("name", _SAFE)
def test_no_installation_brings_a_version_with_a_known_hole(name: str) -> None:
    # CVE-2025-43859: h11 before 0.16 takes one chunked body for two, and older versions of httpcore ask for such an h11.
    declared = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    (bound,) = [each for each in declared if each.partition(">=")[0] == name]
    assert _numbers(bound.partition(">=")[2]) >= _SAFE[name]
    lowest = dict(line.split("==") for line in (_ROOT / ".ci/lowest.txt").read_text("ascii").split())
    assert _numbers(lowest[name]) == _numbers(bound.partition(">=")[2])


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    while numbers[-1:] == [0]:
        numbers.pop()
    return tuple(numbers)
