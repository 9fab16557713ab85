"""A file of tests is named by what it is about, or says in the list of the others what holds."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def make_tests() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_tests", ROOT / "docs" / "make_tests.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKER = make_tests()


def test_tests_about_several_modules_are_listed() -> None:
    page: str = MAKER.page()
    assert page == MAKER.PAGE.read_text(encoding="utf-8"), "run: python docs/make_tests.py"


def test_every_listed_file_says_what_holds() -> None:
    rows = re.findall(r"^\| `(\S+\.py)` \| (.*) \|$", MAKER.page(), re.MULTILINE)
    assert "docs/test_tests_page.py" in dict(rows)
    assert [path for path, holds in rows if not holds] == []
