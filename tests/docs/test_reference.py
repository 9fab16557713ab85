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
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import attrs
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
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'docs'}",
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [sys.executable, "-c", _PRINTS], cwd=ROOT, env=environment, capture_output=True, check=True, encoding="utf-8"
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def _text() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(MAKER.HERE.glob("*.md")))


def test_pages_fit_the_code(made: dict[str, str]) -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in MAKER.HERE.glob("*.md")}

    assert {**made, "operations.md": there["operations.md"]} == there, "run: python docs/make_reference.py"


@pytest.mark.parametrize("package", MAKER.PACKAGES)
def test_every_public_name_resolves_is_documented_and_is_on_its_page(package: str) -> None:
    module = importlib.import_module(package)
    pages = {name: (MAKER.HERE / file).read_text(encoding="utf-8") for name, file in MAKER.PLACES[package].items()}

    assert set(module.__all__) == pages.keys()
    assert [name for name, page in pages.items() if f"\n## {name}\n" not in page] == []
    undocumented = [
        name
        for name in module.__all__
        if callable(getattr(module, name))
        and isinstance(getattr(module, name), type)
        and not getattr(module, name).__doc__
    ]
    assert not undocumented


def test_every_package_with_public_names_has_a_page() -> None:
    found = {
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "src").rglob("*.py")
        if re.search(r"^__all__ = ", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    # Their names are those of a package above them.
    found -= {"rillet.reports", "bridge.closing.accruals", "bridge.export.commands.every", "clientkit.codec"}

    assert found == set(MAKER.PACKAGES)


def _resources() -> Iterator[tuple[str, type]]:
    for client in (brex_accounting.Client, rillet.Client):
        for attribute, resource in vars(client).items():
            if isinstance(resource, LazyResource):
                yield attribute, getattr(client, attribute)


def test_every_method_of_a_client_is_there_as_it_is_called() -> None:
    text = _text()
    methods = [
        f"client.{attribute}.{name}"
        for attribute, resource in _resources()
        for name, _ in inspect.getmembers(resource, inspect.isfunction)
        if not name.startswith("_")
    ]
    assert {"client.vendors.find", "client.accounts.by_code", "client.receipts.download"} <= set(methods)
    assert [method for method in methods if f"### {method}\n\n```python\n{method}(" not in text] == []
    assert "client.vendors.get(vendor_id: str) -> Vendor\n" in text


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("rillet.md", "### Client.with_options"),
        ("rillet.md", "### AsyncClient.execute"),
        ("brex_accounting.md", "### Client.answer"),
        ("brex_accounting.md", "### Client.close"),
        ("brex_accounting.md", "- `requests_sent: int`: How many"),
        ("rillet.testing.md", "### StandIn.serve"),
        ("rillet.testing.md", "- `faults: list[Fault]`"),
        ("rillet.testing.md", "- `idempotency_keys: IdempotencyKeys`"),
        ("brex_accounting.testing.md", "- `faults: list[Fault]`"),
    ],
)
def test_inherited_members_are_there(page: str, line: str) -> None:
    assert f"\n{line}" in (MAKER.HERE / page).read_text(encoding="utf-8")


def test_every_field_of_a_value_has_a_line() -> None:
    missing = [
        f"{package}.{name}.{each.alias}"
        for package in MAKER.PACKAGES
        for name, file in MAKER.PLACES[package].items()
        for kind in [getattr(importlib.import_module(package), name)]
        if isinstance(kind, type) and attrs.has(kind) and not issubclass(kind, BaseException)
        for entry in [_entry(file, name)]
        for each in attrs.fields(kind)
        if each.init and f"\n- `{each.alias}: " not in entry
    ]
    assert missing == []


def _entry(file: str, name: str) -> str:
    page: str = (MAKER.HERE / file).read_text(encoding="utf-8")
    return page.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]


def test_a_signature_names_its_parameters() -> None:
    text = _text()
    assert "(…)" not in text.replace(".build(…)", "")
    assert "- `payment_terms: int | None = None`\n" in text
    assert "    api_key: str = 'stand-in-key',\n" in text
    assert "    sleep: Callable[[float], object] = …,\n" in text
    assert " at 0x" not in text
    assert "<built-in" not in text


def test_no_page_is_too_long_to_read() -> None:
    assert [path.name for path in MAKER.HERE.glob("*.md") if path.stat().st_size > 50_000] == []


def test_links_inside_the_reference_lead_somewhere() -> None:
    pages = {path.name: path.read_text(encoding="utf-8") for path in MAKER.HERE.glob("*.md")}
    anchors = {
        name: {re.sub(r"[^\w-]", "", heading.lower()) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
        for name, text in pages.items()
    }
    links = [(name, *link) for name, text in pages.items() for link in re.findall(r"\]\(([\w.]*)#([\w-]+)\)", text)]

    assert len(links) > 2_000
    assert [link for link in links if link[2] not in anchors[link[1] or link[0]]] == []


def test_a_protocol_is_shown_as_it_is_called(made: dict[str, str]) -> None:
    assert "(*args, **kwargs)" not in "".join(made.values())
    (secrets,) = re.findall(r"^## Secrets\n.*?(?=^## )", made["bridge.export.md"], re.MULTILINE | re.DOTALL)
    assert "secrets(tenant: str, name: str, /) -> str | None" in secrets
    (store,) = re.findall(r"^## SeenStore\n.*?(?=^## )", made["brex_accounting.md"], re.MULTILINE | re.DOTALL)
    assert "A protocol: any object with these members fits." in store
