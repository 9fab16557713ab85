"""Nobody reads the text of an error but people: what a program needs of one is a value that the error carries."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import clientkit

_SOURCE = Path(clientkit.__file__).parents[1]

#: Methods of a text that take it apart or look for something in it, and those of patterns.
_OF_TEXTS = {
    *("count", "endswith", "find", "index", "partition", "removeprefix", "removesuffix", "replace"),
    *("rfind", "rindex", "rpartition", "rsplit", "split", "splitlines", "startswith"),
}
_OF_PATTERNS = {"findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn"}

#: What reads a text all the same, and why.
_ALLOWED = {
    # The first line of what a driver says, without the statement and its values, which are secrets.
    "bridge/export/journal/places.py": ["str(getattr(error, 'orig', None) or type(error).__name__).partition('\\n')"],
}


class _Names:
    """Which names of a function stand for errors, and which for their texts."""

    def __init__(self, scope: ast.AST) -> None:
        nodes = list(ast.walk(scope))
        self._errors = {each.name for each in nodes if isinstance(each, ast.ExceptHandler) and each.name is not None}
        self._errors |= {each.arg for each in nodes if isinstance(each, ast.arg) and _is_of_errors(each.annotation)}
        self._texts = {
            each.target.id
            for each in nodes
            if isinstance(each, ast.For | ast.comprehension)
            if isinstance(each.target, ast.Name) and self._are_texts(each.iter)
        }
        for each in nodes:
            if isinstance(each, ast.Assign) and self.is_text(each.value):
                self._texts |= {target.id for target in each.targets if isinstance(target, ast.Name)}

    def is_text(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                found = name in self._texts
            case ast.Call(func=ast.Name(id="str" | "repr"), args=[of, *_]):
                found = any(self._is_error(each) for each in ast.walk(of))
            case ast.Call(func=ast.Attribute(value=of, attr="lower" | "upper" | "strip" | "casefold")):
                found = self.is_text(of)
            case ast.JoinedStr(values=parts):
                found = any(isinstance(each, ast.FormattedValue) and self._is_error(each.value) for each in parts)
            case ast.Subscript(value=of):
                found = self._are_texts(of)
            case ast.Attribute(attr=name):
                found = name == "why"
            case _:
                found = False
        return found

    def _are_texts(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Attribute) and node.attr in {"args", "problems"} and self._is_error(node.value)

    def _is_error(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id in self._errors


def _is_of_errors(annotation: ast.expr | None) -> bool:
    kind = "" if annotation is None else ast.unparse(annotation)
    return "Error" in kind or "Exception" in kind


def _reads(source: str) -> list[str]:
    """What in a module takes the text of an error apart."""
    return [each for scope in _scopes(ast.parse(source)) for each in _reads_of(scope)]


def _scopes(module: ast.Module) -> Iterator[ast.AST]:
    """Functions and methods, and what stands outside them."""
    for node in module.body:
        yield from node.body if isinstance(node, ast.ClassDef) else [node]


def _reads_of(scope: ast.AST) -> Iterator[str]:
    names = _Names(scope)
    for node in ast.walk(scope):
        match node:
            case ast.Call(func=ast.Attribute(value=of, attr=name), args=given):
                is_read = name in _OF_TEXTS and names.is_text(of)
                is_read = is_read or (name in _OF_PATTERNS and any(map(names.is_text, given)))
            case ast.Compare(left=left, ops=ops, comparators=others):
                is_read = not isinstance(ops[0], ast.Is | ast.IsNot) and any(map(names.is_text, [left, *others]))
            case _:
                is_read = False
        if is_read:
            yield ast.unparse(node)


@pytest.mark.parametrize(
    "code",
    [
        "str(error).partition(': ')",
        "str(error).lower().startswith('no')",
        "f'{error}'.rpartition(' @ ')",
        "re.match('a', str(error))",
        "PATTERN.findall(repr(error))",
        "'missing' in str(error)",
        "str(error) == 'missing'",
        "error.args[0] == 'missing'",
        "[each.split(': ') for each in error.problems]",
        "failed.why.startswith('no')",
    ],
)
def test_what_reads_the_text_of_an_error_is_found(code: str) -> None:
    caught = f"def f():\n    try:\n        g()\n    except E as error:\n        return {code}\n"
    given = f"def f(error: ValueError):\n    return {code}\n"
    later = f"class C:\n    def f(self, error: ValueError):\n        text = str(error)\n        return {code}\n"
    assert [len(_reads(each)) for each in (caught, given, later.replace("return str(error)", "return text"))] == [
        1,
        1,
        1,
    ]


@pytest.mark.parametrize(
    "code", ["str(error)", "f'{error}: {name}'", "error.code == 'missing'", "name.partition(': ')", "error.why is None"]
)
def test_what_shows_an_error_is_not(code: str) -> None:
    assert _reads(f"def f(error: ValueError, name):\n    return {code}\n") == []


def test_no_text_of_an_error_is_taken_apart() -> None:
    found = {path.relative_to(_SOURCE).as_posix(): _reads(path.read_text()) for path in sorted(_SOURCE.rglob("*.py"))}
    assert {path: each for path, each in found.items() if each} == _ALLOWED
