"""The attrs classes of a package, for laws that hold of all."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import attrs


def classes_of(*packages: ModuleType) -> dict[str, type[Any]]:
    """Every public attrs class of some packages by its name, without those of their stand-ins."""
    found = dict[str, type[Any]]()
    for package in packages:
        for module in _modules(package):
            for name, kind in vars(module).items():
                if isinstance(kind, type) and attrs.has(kind) and not name.startswith("_"):
                    found[f"{package.__name__}.{name}"] = kind
    return found


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".testing" not in found.name:
            yield importlib.import_module(found.name)
