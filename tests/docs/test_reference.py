"""The reference has every public name, and fits the code."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def make_reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs" / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKER = make_reference()


@pytest.mark.parametrize("path", sorted(MAKER.pages()), ids=lambda path: path.name)
def test_pages_fit_the_code(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == MAKER.pages()[path], "run: python docs/make_reference.py"


@pytest.mark.parametrize("package", MAKER.PACKAGES)
def test_every_public_name_resolves_is_documented_and_is_on_its_page(package: str) -> None:
    module = importlib.import_module(package)
    headings = set(re.findall(r"^## (\w+)$", (MAKER.HERE / f"{package}.md").read_text(encoding="utf-8"), re.MULTILINE))

    assert set(module.__all__) == headings
    undocumented = [
        name
        for name in module.__all__
        if callable(getattr(module, name))
        and isinstance(getattr(module, name), type)
        and not getattr(module, name).__doc__
    ]
    assert not undocumented
