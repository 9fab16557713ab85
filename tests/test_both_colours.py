"""Blocking and awaitable methods are one text: a method that awaits would be the second one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import brex_accounting
import rillet

_PACKAGES = [Path(package.__path__[0]) for package in (brex_accounting, rillet)]


def awaiting(text: str) -> Iterator[str]:
    """The public functions and methods of a module that are written to be awaited."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node.name


@pytest.mark.parametrize("package", _PACKAGES, ids=lambda package: package.name)
def test_no_public_method_of_a_client_is_written_to_be_awaited(package: Path) -> None:
    modules = sorted(package.rglob("*.py"))
    found = {path.name: tuple(awaiting(path.read_text(encoding="utf-8"))) for path in modules}
    assert len(modules) > 20
    assert {name: methods for name, methods in found.items() if methods} == {}


def test_a_method_that_awaits_would_be_found() -> None:
    assert list(awaiting("class Vendors:\n    async def find(self): ...\n    async def _find(self): ...\n")) == ["find"]
