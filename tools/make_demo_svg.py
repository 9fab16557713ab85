"""Write docs/demo.svg, the picture of ``brex-rillet demo`` in the README: ``python tools/make_demo_svg.py``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "demo.svg"
_WIDTH = 128
# What was exported, and the proof at the end, which is what the demonstration is for.
_FIRST_LINES, _LAST_LINES = 18, 24
_PROGRAM = "from bridge.export.cli import main; main()"


def picture(text: str) -> str:
    """What a terminal shows, as a picture whose parts are named alike in every run."""
    lines = text.rstrip().splitlines()
    shown = Text.from_ansi("\n".join([*lines[:_FIRST_LINES], "…", *lines[-_LAST_LINES:]]))
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=_WIDTH, file=nowhere, force_terminal=True)
        console.print(Text("$ brex-rillet demo"), shown, sep="\n")
    drawn = console.export_svg(title="brex-rillet demo", unique_id="demo")
    # No font is fetched from elsewhere.
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)


if __name__ == "__main__":
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(_WIDTH)}
    done = subprocess.run([sys.executable, "-c", _PROGRAM, "demo"], env=environment, check=True, capture_output=True)
    PICTURE.write_text(picture(done.stdout.decode("utf-8")), encoding="utf-8")
    print(PICTURE)
