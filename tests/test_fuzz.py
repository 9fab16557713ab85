"""Damaged input meets declared errors only; ``tools/fuzz.py`` feeds as much as there is time for."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

#: Inputs to each parser; set it for a long run.
_INPUTS = int(os.environ.get("BREX_RILLET_FUZZ", "300"))


def _tool() -> ModuleType:
    path = Path(__file__).parents[1] / "tools" / "fuzz.py"
    spec = importlib.util.spec_from_file_location("fuzz", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["fuzz"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FUZZ = _tool()
_NAMES = (
    "answers of Rillet", "answers of Brex", "webhooks of Rillet", "webhooks of Brex", "OAuth answers", "token files",
    "links of receipts", "settings", "rates", "journal rows",
)  # fmt: skip


@pytest.mark.parametrize("name", _NAMES)
def test_damaged_input_meets_declared_errors_only(name: str, tmp_path: Path) -> None:
    parsers = FUZZ.parsers(tmp_path)
    assert tuple(parsers) == _NAMES
    outcome = FUZZ.fuzz(parsers[name], _INPUTS, seed=7)
    assert outcome.slowest < FUZZ.SLOWEST
    # What is damaged is refused more often than not, and what is right is read.
    assert 0 < outcome.refused < outcome.taken


def test_an_undeclared_error_is_told_with_its_input() -> None:
    def parse(content: bytes, *_: object) -> object:
        raise KeyError(content)

    parser = FUZZ.Parser(parse=parse, declared=(ValueError,), seeds=[b"seed"])
    with pytest.raises(KeyError) as caught:
        FUZZ.fuzz(parser, 1, seed=1)
    assert caught.value.__notes__[0].startswith("input: b")
