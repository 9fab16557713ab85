"""Editors that complete by jedi, such as Spyder, vim and those with python-lsp, know what a call gives."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rillet

jedi: Any = pytest.importorskip("jedi", reason="jedi comes with the extra docs")
SOURCES = Path(rillet.__file__).parents[1]


PROJECT = jedi.Project(SOURCES, sys_path=[str(SOURCES), *sys.path])


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Jedi's cache of one process, since one process reads there what another has written in part."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(jedi.settings, "cache_directory", str(tmp_path_factory.mktemp("jedi")))
        yield


def at_the_end(program: str) -> tuple[Any, int, int]:
    """A program, and where its last line ends."""
    lines = program.splitlines()
    return jedi.Script(program, project=PROJECT), len(lines), len(lines[-1])


def offered(line: str) -> set[str]:
    """What is offered at the end of the last line of a program that has a client of each kind."""
    package = "brex_accounting" if "records" in line else "rillet"
    clients = f"import {package}\nclient = {package}.Client('key')\nother = {package}.AsyncClient('key')"
    script, row, column = at_the_end(f"{clients}\n{line}")
    return {each.name for each in script.complete(row, column)}


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("client.vendors.", {"get", "list", "find"}),
        ("client.vendors.get('x').", {"account_code", "external_references"}),
        ("client.vendors.list().", {"collect", "first", "pages"}),
        ("for each in client.vendors.list():\n    each.", {"account_code", "external_references"}),
        ("client.bills.find(reference=ref)[0].", {"expense_number", "due_date"}),
        ("client.records.list().first().", {"line_items", "review_status"}),
        ("with rillet.Client('key') as mine:\n    mine.", {"vendors", "bills", "reports"}),
        ("client.with_options(timeout=3).vendors.get('x').", {"account_code", "external_references"}),
    ],
)
def test_the_answer_of_a_call_is_completed(line: str, names: set[str]) -> None:
    assert names <= offered(line)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("(await other.vendors.get('x')).", {"account_code", "external_references"}),
        ("async for each in other.vendors.list():\n        each.", {"account_code", "external_references"}),
        ("(await other.bills.find(reference=ref))[0].", {"expense_number", "due_date"}),
        ("(await other.records.list().first()).", {"line_items", "review_status"}),
        ("async with rillet.AsyncClient('key') as mine:\n        mine.", {"vendors", "bills", "reports"}),
    ],
)
def test_what_is_awaited_is_completed(line: str, names: set[str]) -> None:
    assert names <= offered(f"async def main():\n    {line}")


def test_what_is_awaited_and_what_is_not_are_told_apart() -> None:
    assert "account_code" not in offered("other.vendors.get('x').")
    assert "send" not in offered("client.vendors.get('x').")


@pytest.mark.parametrize(
    ("call", "signature"),
    [
        ("client.vendors.get(", "get(vendor_id: str)"),
        ("client.vendors.list(", "list(*, updated_after: datetime | None=None, limit: int | None=None)"),
        ("client.bills.find(", "find(reference: ExternalReference, *, updated_after: datetime)"),
    ],
)
@pytest.mark.parametrize("kind", ["Client", "AsyncClient"])
def test_what_a_call_takes_is_shown_and_nothing_else(kind: str, call: str, signature: str) -> None:
    script, row, column = at_the_end(f"import rillet\nclient = rillet.{kind}('key')\n{call}")
    assert [each.to_string() for each in script.get_signatures(row, column)] == [signature]
