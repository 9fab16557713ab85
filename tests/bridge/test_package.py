"""What the package exports."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import bridge


def test_every_exported_name_resolves_to_its_home() -> None:
    homes = {name: module for module, names in bridge._HOMES.items() for name in names}
    for name in bridge.__all__:
        assert getattr(bridge, name) is getattr(importlib.import_module(homes[name]), name)


def test_the_lists_of_names_agree() -> None:
    lazy = [name for names in bridge._HOMES.values() for name in names]
    assert sorted(lazy) == sorted(bridge.__all__) == dir(bridge)
    assert list(bridge.__all__) == sorted(bridge.__all__)
    for_checkers = {
        (node.module, name.name)
        for node in ast.walk(ast.parse(inspect.getsource(bridge)))
        if isinstance(node, ast.ImportFrom) and node.module in bridge._HOMES
        for name in node.names
    }
    assert for_checkers == {(module, name) for module, names in bridge._HOMES.items() for name in names}


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
