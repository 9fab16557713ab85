"""Write docs/reference: every public name of every package, with its signature and what its docstring says.

Run it as ``python docs/make_reference.py``; a test fails where the pages do not fit the code.
"""

from __future__ import annotations

import enum
import importlib
import inspect
from pathlib import Path

import brex_accounting
import rillet
from clientkit.client import LazyResource
from clientkit.endpoints import SyncResource

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
_OURS = ("brex_accounting", "bridge", "clientkit", "rillet")
_WIDTH = 100


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
        if shown := callable(thing) and hasattr(thing, "__name__") and _signature(name, thing):
            return f"## {name}\n\n```python\n{shown}\n```\n\n{_doc(thing)}".rstrip()
        return f"## {name}\n\n{_described(thing)}"
    parts = [f"## {name}"]
    if thing not in _RESOURCES and thing not in _CALLED and not issubclass(thing, enum.Enum | BaseException):
        shown = _signature(name, thing)
        parts.append(f"```python\n{shown}\n```" if shown else "")
    parts.append(_doc(thing))
    if issubclass(thing, enum.Enum):
        parts.append("Values: " + ", ".join(f"`{each.value}`" for each in thing) + ".")
    blocking = _RESOURCES.get(thing, thing)
    if blocking in _CALLED:
        parts.append(_HOW.format(name=name, called=_CALLED[blocking]))
    prefix = f"{_CALLED[blocking]}." if blocking in _CALLED else ""
    parts += [_method(f"{prefix}{method}", value) for method, value in _members(blocking)]
    return "\n\n".join(part for part in parts if part)


def _called() -> dict[type, str]:
    """How each resource is reached from its client."""
    return {
        getattr(client, attribute): f"client.{attribute}"
        for client in (brex_accounting.Client, rillet.Client)
        for attribute, each in vars(client).items()
        if isinstance(each, LazyResource)
    }


def _members(kind: type) -> list[tuple[str, object]]:
    """What users can call or read, inherited members included."""
    found = dict[str, object]()
    # What all errors have stands with the first of them.
    for base in [kind] if issubclass(kind, BaseException) else reversed(kind.__mro__):
        if base.__module__.partition(".")[0] in _OURS:
            found |= {name: getattr(kind, name) for name in vars(base) if not name.startswith("_")}
    static = {name: inspect.getattr_static(kind, name) for name in found}
    return [
        (name, static[name] if isinstance(static[name], property | classmethod | staticmethod) else value)
        for name, value in found.items()
        if isinstance(static[name], property | classmethod | staticmethod) or inspect.isfunction(value)
    ]


def _method(name: str, value: object) -> str:
    inner = getattr(value, "__func__", None) or value
    if isinstance(inner, property):
        return f"### `{name}`\n\n{_doc(inner)}"
    bound = not isinstance(value, staticmethod)
    return f"### `{_signature(name, inner, bound=bound, on_one_line=True)}`\n\n{_doc(inner)}"


def _signature(name: str, thing: object, *, bound: bool = False, on_one_line: bool = False) -> str:
    """How it is called: each parameter on a line of its own where they are many."""
    try:
        signature = inspect.signature(thing)  # type: ignore[arg-type]  # it raises for what is not callable
    except (TypeError, ValueError):
        return ""
    parameters = list(signature.parameters.values())[1 if bound else 0 :]
    shown = str(signature.replace(parameters=[_shown(each) for each in parameters])).replace("'", "").replace('"', "")
    if inspect.isclass(thing):
        shown = shown.removesuffix(" -> None")
    if on_one_line or len(name) + len(shown) <= _WIDTH:
        return f"{name}{shown}"
    inside, _, answer = shown.rpartition(")")
    lines = "".join(f"    {each},\n" for each in _split(inside[1:]))
    return f"{name}(\n{lines}){answer}"


def _shown(parameter: inspect.Parameter) -> inspect.Parameter:
    # Defaults that are made for each call, or whose repr holds an address or an environment, tell nobody anything.
    default = parameter.default
    if default is not inspect.Parameter.empty and (" at 0x" in repr(default) or repr(default) == "NOTHING"):
        return parameter.replace(default=_Unsaid())
    return parameter


class _Unsaid:
    def __repr__(self) -> str:
        return "…"


def _split(parameters: str) -> list[str]:
    """Parameters as they are written, apart: a comma inside of brackets does not part them."""
    found, depth = [""], 0
    for letter in parameters:
        depth += {"[": 1, "(": 1, "{": 1, "]": -1, ")": -1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [each.strip() for each in found]


def _described(thing: object) -> str:
    if inspect.ismodule(thing):
        return f"The module `{thing.__name__}`."
    shown = repr(thing)
    return (
        f"`{shown}`" if len(shown) < 200 and " at 0x" not in shown else f"A value of the type `{type(thing).__name__}`."
    )


def _doc(thing: object) -> str:
    return inspect.cleandoc(getattr(thing, "__doc__", None) or "")


_CALLED = _called()
#: The class that declares the endpoints of a resource, and the resource.
_RESOURCES = {base: kind for kind in _CALLED for base in kind.__bases__ if base is not SyncResource}
_HOW = (
    "Called as shown, and on an asynchronous client with `await` (or `async for`) before it. "
    "`{name}.….build(…)` gives the request of a method of one call, and sends nothing."
)


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path)
