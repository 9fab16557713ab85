"""What the package offers, and that it loads nothing before it is asked for."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import brex_accounting
import bridge.export
import clientkit
import rillet

_SOURCE = Path(clientkit.__file__).parent


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'clientkit' has no attribute 'Skip'"):
        clientkit.Skip  # type: ignore[attr-defined]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]  # noqa: B018


def test_a_type_checker_tells_of_a_name_that_is_not_there() -> None:
    """A strict one refuses the comments where it has nothing to tell."""
    with pytest.raises(AttributeError):
        bridge.Absent  # type: ignore[attr-defined]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]  # noqa: B018
    with pytest.raises(AttributeError):
        bridge.export.Absent  # type: ignore[attr-defined]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]  # noqa: B018
    with pytest.raises(AttributeError):
        brex_accounting.Absent  # type: ignore[attr-defined]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]  # noqa: B018
    with pytest.raises(AttributeError):
        rillet.Absent  # type: ignore[attr-defined]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]  # noqa: B018


def _loaded_after(code: str) -> set[str]:
    script = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(_SOURCE.parent)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True, env=environment)
    return set(json.loads(done.stdout))


def test_an_error_inside_of_a_module_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    homes = '{"shop.items": ("Item",)}'
    lazy = f"from clientkit._lazy import lazy\n__getattr__, __dir__ = lazy(__name__, {homes})\n"
    (shop / "__init__.py").write_text(lazy, encoding="utf-8")
    (shop / "items.py").write_text("import json\n\nItem = json.gone\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    shop_of = importlib.import_module("shop")
    for name in ("Item", "items"):
        with pytest.raises(ImportError, match=r"shop\.items cannot be imported: module 'json' has no attribute 'gone'"):
            getattr(shop_of, name)


def test_importing_the_package_loads_no_library() -> None:
    loaded = _loaded_after("import clientkit")
    assert "clientkit" in loaded
    assert not loaded & {"attrs", "cattrs", "httpx", "msgspec", "asyncio", "clientkit.client", "clientkit.errors"}


def test_errors_load_without_the_network() -> None:
    loaded = _loaded_after("from clientkit import NotFoundError, Page, segment, operation")
    assert "clientkit.errors" in loaded
    assert not loaded & {"httpx", "asyncio", "clientkit.client", "clientkit.transport"}


_ITEM = """
import attrs
from clientkit import codec

@attrs.frozen
class Item:
    id: str
    notes: tuple[str, ...] = ()
    next: "Item | None" = None

content = b'[{"id":"1","notes":["a"],"next":{"id":"2"}}]'
items = codec.loads(content, tuple[Item, ...])
assert items == (Item("1", ("a",), Item("2")),)
assert b"[" + codec.dumps(items[0]) + b"]" == content
"""


def test_what_fits_is_read_and_written_without_cattrs() -> None:
    assert "cattrs" not in _loaded_after(_ITEM)


def test_cattrs_is_loaded_to_say_what_does_not_fit() -> None:
    loaded = _loaded_after(
        f"""{_ITEM}
try:
    codec.loads(b'[{{"id":1}}]', tuple[Item, ...])
except codec.CodecError as error:
    assert str(error) == "1 is not text @ $[0].id"
else:
    raise AssertionError
"""
    )
    assert "cattrs" in loaded


def test_only_the_transport_names_the_http_library() -> None:
    naming = {path for path in _SOURCE.rglob("*.py") if "import httpx" in path.read_text("utf-8")}
    assert {path.parent.name for path in naming} == {"transport", "clientkit"}
    # The client names the type of its argument, which is no import at run time.
    assert [path.name for path in naming if path.parent == _SOURCE] == ["client.py"]
