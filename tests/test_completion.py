"""Editors that complete by jedi, such as Spyder, vim and those with python-lsp, know what a call gives."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import rillet

jedi: Any = pytest.importorskip("jedi", reason="jedi comes with the extra docs")
SOURCES = Path(rillet.__file__).parents[1]


def offered(line: str) -> set[str]:
    """What is offered at the end of the last line of a program."""
    package = "brex_accounting" if "records" in line else "rillet"
    program = f"import {package}\nclient = {package}.Client('key')\n{line}"
    project = jedi.Project(SOURCES, sys_path=[str(SOURCES), *sys.path])
    lines = program.splitlines()
    return {each.name for each in jedi.Script(program, project=project).complete(len(lines), len(lines[-1]))}


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("client.vendors.", {"get", "list", "find"}),
        ("client.vendors.get('x').", {"account_code", "external_references"}),
        ("client.vendors.list().", {"collect", "first", "pages"}),
        ("for each in client.vendors.list():\n    each.", {"account_code", "external_references"}),
        ("client.bills.find(reference=ref)[0].", {"expense_number", "due_date"}),
        ("client.records.list().first().", {"line_items", "review_status"}),
    ],
)
def test_the_answer_of_a_call_is_completed(line: str, names: set[str]) -> None:
    assert names <= offered(line)
