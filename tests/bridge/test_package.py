"""What the package exports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import bridge


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = getattr(bridge, "nothing")  # noqa: B009 - the type checkers know that there is no such name


PURE = sorted(Path(bridge.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("module", PURE, ids=lambda path: path.stem)
def test_nothing_in_the_pure_part_asks_the_world(module: Path) -> None:
    # What needs an import is forbidden by the import contracts; this is what does not.
    impure = {"now", "today", "utcnow", "fromtimestamp", "open", "print", "input", "eval", "exec", "__import__"}
    used = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Attribute | ast.Name)
    }
    assert not used & impure
