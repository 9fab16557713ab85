"""What is loaded when it is first asked for: the public names of packages (PEP 562), and what comes with extras."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType


def lazy(package: str, homes: Mapping[str, Sequence[str]]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of `package`, whose public names live in the modules of `homes`.

    Its modules are there too, after an import of the package alone, and ``__version__``.
    """
    home_of = {name: module for module, names in homes.items() for name in names}

    def load(name: str) -> object:
        module = home_of.get(name)
        value: object
        if module is not None:
            value = getattr(_imported(module), name)
        elif name == "__version__":
            from clientkit.client import release

            value = release()
        else:
            value = _module(package, name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        # Nobody but a person at a prompt asks for all names.
        import pkgutil

        modules = (each.name for each in pkgutil.iter_modules(sys.modules[package].__path__))
        return sorted({*home_of, *(name for name in modules if not name.startswith("_"))})

    return load, names


def of_extra(module: str, *, needs: str, what: str, extra: str) -> ModuleType:
    """A module that `needs` a package of an extra. Raises `ModuleNotFoundError` with the extra to install without it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name != needs:
            raise
        text = f'{what} need their extra. Install it with: pip install "brex-rillet[{extra}]"'
        raise ModuleNotFoundError(text, name=needs) from None


def _imported(module: str) -> ModuleType:
    """A module. An `AttributeError` inside of it would tell nothing but that the package does not have the name."""
    try:
        return importlib.import_module(module)
    except AttributeError as error:
        raise ImportError(f"{module} cannot be imported: {error}", name=module) from error


def _module(package: str, name: str) -> object:
    """A module of the package. Private ones are not offered, and an error inside of it is its own."""
    full = f"{package}.{name}"
    if not name.startswith("_"):
        try:
            return _imported(full)
        except ModuleNotFoundError as error:
            if error.name != full:
                raise
    raise AttributeError(f"module {package!r} has no attribute {name!r}")
