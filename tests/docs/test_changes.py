"""What users are told about changes: a fragment each, and a check that none is forgotten."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FRAGMENTS = [path for path in sorted((ROOT / "changes").glob("*.md")) if path.name != "README.md"]


def _problem() -> Callable[[Sequence[str], str], str | None]:
    spec = importlib.util.spec_from_file_location("check_fragments", ROOT / "tools" / "check_fragments.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[Sequence[str], str], str | None] = module.problem
    return found


def test_a_fragment_is_a_word_a_kind_and_a_text() -> None:
    # A release leaves none.
    for path in FRAGMENTS:
        _, kind, ending = path.name.split(".")
        assert kind in {"added", "changed", "fixed"}, path
        assert ending == "md", path
        assert path.read_text(encoding="utf-8").strip(), path


@pytest.mark.parametrize(
    ("changed", "bodies", "is_missing"),
    [
        (["src/rillet/client.py"], "", True),
        (["src/rillet/client.py", "changes/README.txt"], "It says No-changelog: in the middle.", True),
        (["src/rillet/client.py", "changes/clients.fixed.md"], "", False),
        (["src/rillet/client.py", "CHANGELOG.md"], "", False),
        (["src/rillet/client.py"], "Why.\n\nNo-changelog: a rename inside.", False),
        (["tests/test_imports.py", "docs/exporting.md"], "", False),
    ],
)
def test_a_change_of_src_comes_with_a_fragment(changed: Sequence[str], bodies: str, *, is_missing: bool) -> None:
    assert (_problem()(changed, bodies) is not None) == is_missing


def test_sources_without_a_history_are_not_checked(tmp_path: Path) -> None:
    environment = {**os.environ, "GIT_DIR": str(tmp_path / "nothing")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "check_fragments.py")], env=environment, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr.strip()) == (
        0,
        "there is no history here, so whether changes have fragments is not checked",
    )
