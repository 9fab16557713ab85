"""Write docs/reference: every public name of every package, with its signature and what its docstring says.

Run it as ``python docs/make_reference.py``; a test fails where the pages do not fit the code.
"""

from __future__ import annotations

import enum
import importlib
import inspect
from pathlib import Path

PACKAGES = (
    "brex_accounting",
    "brex_accounting.webhooks",
    "brex_accounting.testing",
    "brex_accounting.testing.records",
    "rillet",
    "rillet.webhooks",
    "rillet.testing",
    "bridge",
    "bridge.closing",
    "bridge.export",
    "bridge.export.closing",
    "bridge.billing",
    "bridge.billing.sync",
    "clientkit",
    "clientkit.testing",
)
HERE = Path(__file__).parent / "reference"


def page(package: str) -> str:
    """The reference page of one package."""
    module = importlib.import_module(package)
    entries = [_entry(name, getattr(module, name)) for name in sorted(module.__all__, key=str.lower)]
    parts = [f"# {package}", _doc(module), *entries]
    return "\n\n".join(part for part in parts if part) + "\n"


def index() -> str:
    """The page that leads to the others."""
    lines = [
        f"- [{package}]({package}.md): {_doc(importlib.import_module(package)).splitlines()[0]}" for package in PACKAGES
    ]
    lines.append("- [operations](operations.md): every operation of both services, and the method that serves it")
    return "# Reference\n\nMade from the code by `python docs/make_reference.py`.\n\n" + "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Every page by its path."""
    return {HERE / "README.md": index(), **{HERE / f"{package}.md": page(package) for package in PACKAGES}}


def _entry(name: str, thing: object) -> str:
    if not inspect.isclass(thing):
        if callable(thing) and hasattr(thing, "__name__"):
            return f"## {name}\n\n```python\n{name}{_signature(thing)}\n```\n\n{_doc(thing)}".rstrip()
        return f"## {name}\n\n{_described(thing)}"
    parts = [f"## {name}"]
    if not issubclass(thing, enum.Enum | BaseException):
        parts.append(f"```python\n{name}{_signature(thing)}\n```")
    parts.append(_doc(thing))
    if issubclass(thing, enum.Enum):
        parts.append("Values: " + ", ".join(f"`{each.value}`" for each in thing) + ".")
    parts += [_method(method, value) for method, value in _members(thing)]
    return "\n\n".join(part for part in parts if part)


def _members(kind: type) -> list[tuple[str, object]]:
    found = [(name, value) for name, value in vars(kind).items() if not name.startswith("_")]
    return [(name, value) for name, value in found if _is_callable(value) or isinstance(value, property)]


def _is_callable(value: object) -> bool:
    return inspect.isfunction(value) or isinstance(value, classmethod | staticmethod) or hasattr(value, "_build")


def _method(name: str, value: object) -> str:
    inner = getattr(value, "_build", None) or getattr(value, "__func__", None) or value
    if isinstance(inner, property):
        return f"### `{name}`\n\n{_doc(inner)}"
    return f"### `{name}{_signature(inner)}`\n\n{_doc(inner)}"


def _signature(thing: object) -> str:
    try:
        shown = str(inspect.signature(thing))  # type: ignore[arg-type]  # it raises for what is not callable
    except (TypeError, ValueError):
        return "(…)"
    # Defaults whose repr holds an address or an environment would change from run to run.
    return "(…)" if " at 0x" in shown else shown.replace("'", "")


def _described(thing: object) -> str:
    if inspect.ismodule(thing):
        return f"The module `{thing.__name__}`."
    shown = repr(thing)
    return (
        f"`{shown}`" if len(shown) < 200 and " at 0x" not in shown else f"A value of the type `{type(thing).__name__}`."
    )


def _doc(thing: object) -> str:
    return inspect.cleandoc(getattr(thing, "__doc__", None) or "")


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path)
