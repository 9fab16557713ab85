"""The page of operations names every operation of both services, and fits the code and the facts."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def make_operations() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_operations", ROOT / "docs" / "make_operations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


MAKER = make_operations()
PAGE: str = MAKER.PAGE.read_text(encoding="utf-8")


def test_the_page_fits_the_code_and_the_facts() -> None:
    assert MAKER.page() == PAGE, "run: python docs/make_operations.py"


@pytest.mark.parametrize(
    ("service", "at_least"), list(zip(MAKER.SERVICES, (110, 19), strict=True)), ids=["Rillet", "Brex"]
)
def test_every_operation_is_there_once_and_served(service: object, at_least: int) -> None:
    operations = MAKER.described(service)
    rows = [line for line in PAGE.splitlines() if re.match(r"\| `[\w-]+` \|", line)]
    served = {name for line in rows if line.count("client.") >= 2 for name in re.findall(r"^\| `([\w-]+)`", line)}

    assert len(operations) == len({each.id for each in operations}) >= at_least
    assert {each.id for each in operations} <= served
