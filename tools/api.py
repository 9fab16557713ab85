"""What programs can use of the packages, one line each, and what of it a release broke.

``python tools/api.py`` names every line of ``tools/api.txt``, the API of the last release, that is no longer true;
``--write`` keeps the API of now. The lines are made from the packages as they are at run time, so a name that is in no list
any more is missed, too.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parents[1]
SNAPSHOT = ROOT / "tools" / "api.txt"
_TOP = ("brex_accounting", "bridge", "clientkit", "rillet")


def packages() -> list[str]:
    """Every package with public names."""
    found = {
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "src").rglob("*.py")
        if re.search(r"^__all__ = ", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    return sorted(found - {"bridge.export.commands"})


def snapshot() -> list[str]:
    """Every public name, parameter, field, member and method, a line each."""
    lines = set[str]()
    for package in packages():
        module = importlib.import_module(package)
        for name in module.__all__:
            lines |= set(_lines(f"{package}.{name}", getattr(module, name)))
    return sorted(lines)


def broken(before: Iterable[str], now: Iterable[str]) -> list[str]:
    """What was there before and is not any more, or has become needed; what is new breaks nobody, unless it is needed."""
    then, today = set(before), set(now)
    known = {line.split(" ")[0] for line in then}
    needed = {line for line in today - then if line.endswith(" needed") and line.partition("(")[0] in known}
    return sorted((then - today) | needed)


def _lines(path: str, thing: object) -> Iterator[str]:
    yield path
    if inspect.isclass(thing):
        if issubclass(thing, enum.Enum):
            yield from (f"{path}.{each.name}" for each in thing)
        elif not issubclass(thing, BaseException):
            yield from _parameters(path, thing)
        if attrs.has(thing):
            yield from (f"{path}.{each.name}" for each in attrs.fields(thing) if not each.name.startswith("_"))
        for name, member in inspect.getmembers(thing):
            if name.startswith("_") or not _is_ours(thing, name):
                continue
            yield f"{path}.{name}"
            if inspect.isfunction(member) or inspect.ismethod(member):
                yield from _parameters(f"{path}.{name}", member)
    elif inspect.isfunction(thing):
        yield from _parameters(path, thing)


def _is_ours(kind: type, name: str) -> bool:
    if issubclass(kind, BaseException):
        # What all errors have stands with the first of them.
        return name in vars(kind)
    owner = next((base for base in kind.__mro__ if name in vars(base)), object)
    return owner.__module__.partition(".")[0] in _TOP


def _parameters(path: str, thing: object) -> Iterator[str]:
    try:
        signature = inspect.signature(thing)  # type: ignore[arg-type]  # it raises for what is not callable
    except (TypeError, ValueError):
        return
    for place, each in enumerate(signature.parameters.values()):
        if each.name == "self":
            continue
        by = f"#{place}" if each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD} else ""
        needed = each.default is each.empty and each.kind not in {each.VAR_POSITIONAL, each.VAR_KEYWORD}
        yield f"{path}({each.name}{by})" + (" needed" if needed else "")


if __name__ == "__main__":
    if "--write" in sys.argv:
        version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
        SNAPSHOT.write_text("\n".join([f"# {version}", *snapshot()]) + "\n", encoding="utf-8")
        print(SNAPSHOT)
    else:
        breaks = broken(SNAPSHOT.read_text(encoding="utf-8").splitlines()[1:], snapshot())
        print("\n".join(breaks) or "nothing that the last release had is gone")
        sys.exit(bool(breaks))
