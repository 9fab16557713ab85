"""The reference has every public name, and fits the code."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import brex_accounting
import rillet
from clientkit.client import LazyResource

ROOT = Path(__file__).resolve().parents[2]


def make_reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs" / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKER = make_reference()
#: Prints the pages by the names of their files.
_PRINTS = """
import json, runpy
made = runpy.run_path("docs/make_reference.py")["pages"]()
print(json.dumps({path.name: text for path, text in made.items()}))
"""


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """The pages, made by a process of their own: classes show themselves otherwise once somebody has read their types."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", _PRINTS], cwd=ROOT, env=environment, capture_output=True, check=True, encoding="utf-8"
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", ["README", *MAKER.PACKAGES])
def test_pages_fit_the_code(made: dict[str, str], name: str) -> None:
    page = MAKER.HERE / f"{name}.md"
    assert page.read_text(encoding="utf-8") == made[page.name], "run: python docs/make_reference.py"


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


def _methods() -> list[str]:
    return [
        f"client.{attribute}.{name}("
        for client in (brex_accounting.Client, rillet.Client)
        for attribute, resource in vars(client).items()
        if isinstance(resource, LazyResource)
        for name, _ in inspect.getmembers(getattr(client, attribute), inspect.isfunction)
        if not name.startswith("_")
    ]


def test_every_method_of_a_client_is_there_as_it_is_called() -> None:
    text = "".join(MAKER.pages().values())
    methods = _methods()
    assert {"client.vendors.find(", "client.accounts.by_code(", "client.receipts.download("} <= set(methods)
    assert [method for method in methods if f"### `{method}" not in text] == []
    assert "### `client.vendors.get(vendor_id: str) -> Vendor`" in text


def test_a_signature_names_its_parameters() -> None:
    text = "".join(MAKER.pages().values())
    assert "(…)" not in text.replace(".build(…)", "")
    assert "    payment_terms: int | None = None,\n" in text
    assert " at 0x" not in text
