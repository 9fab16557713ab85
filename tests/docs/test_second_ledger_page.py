"""The code of the page about a second ledger is typed strictly as it stands, so that it can be copied."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "second-ledger.md").read_text(encoding="utf-8")


def test_its_code_is_clean_for_a_strict_type_checker(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy of the extra `dev` is not installed")
    module = tmp_path / "own_ledger.py"
    module.write_text("\n\n".join(re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)), "utf-8")

    # In the project's folder, and with its cache, so that the packages are read once for all checks.
    told = subprocess.run([sys.executable, "-m", "mypy", module], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (told.returncode, told.stdout.partition(":")[0]) == (0, "Success"), told.stdout + told.stderr
