"""Runs the Python blocks of a page in their order, with what is installed: ``python tools/run_blocks.py README.md``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(page: Path) -> int:
    """Run them as one program, and how many they were."""
    text = page.read_text(encoding="utf-8")
    names: dict[str, object] = {"__name__": "__main__"}
    blocks = list(_BLOCK.finditer(text))
    for block in blocks:
        # With the lines that it has in the page, so that a traceback leads there.
        lines = "\n" * text.count("\n", 0, block.start(1))
        exec(compile(lines + block.group(1), str(page), "exec"), names)  # noqa: S102 - they are this project's
    return len(blocks)


if __name__ == "__main__":
    print(f"{run(Path(sys.argv[1]))} blocks ran on Python {sys.version.split()[0]}")
