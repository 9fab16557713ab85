"""Each package lists its public names once; what its endpoints take or give and its settings are made of is among them."""

from __future__ import annotations

import ast
import enum
import importlib
import importlib.util
import inspect
import pkgutil
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

import brex_accounting
import bridge.billing
import clientkit
import rillet
from clientkit.client import LazyResource
from clientkit.codec import Extra

ROOT = Path(__file__).resolve().parents[1]
_OURS = ("brex_accounting", "bridge", "clientkit", "rillet")


def _make_exports() -> Any:
    spec = importlib.util.spec_from_file_location("make_exports", ROOT / "docs" / "make_exports.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE = _make_exports()
PACKAGES: list[Path] = sorted(MAKE.packages())


def _name(path: Path) -> str:
    return ".".join(path.parent.relative_to(MAKE.SOURCE).parts)


def test_every_package_with_lazy_names_has_its_lists_made() -> None:
    lazy = [path for path in MAKE.SOURCE.rglob("__init__.py") if "= lazy(" in path.read_text(encoding="utf-8")]
    assert sorted(lazy) == PACKAGES
    assert {"brex_accounting", "bridge", "bridge.export", "clientkit", "rillet"} <= {_name(path) for path in PACKAGES}


@pytest.mark.parametrize("path", PACKAGES, ids=_name)
def test_the_lists_are_those_of_the_imports(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert MAKE.written(text) == text, "run python docs/make_exports.py"


@pytest.mark.parametrize("path", PACKAGES, ids=_name)
def test_every_name_is_that_of_its_module_and_said_once(path: Path) -> None:
    module = importlib.import_module(_name(path))
    homes = {name: home for home, names in module._HOMES.items() for name in names}
    assert list(module.__all__) == sorted(set(module.__all__)) == sorted(homes)
    modules = {each.name for each in pkgutil.iter_modules(module.__path__) if not each.name.startswith("_")}
    assert dir(module) == sorted({*homes, *modules})
    for name, home in homes.items():
        assert getattr(module, name) is getattr(importlib.import_module(home), name)


def test_a_name_in_the_imports_alone_is_noticed() -> None:
    text = f'if TYPE_CHECKING:\n    from shop.items import Item, NewItem\n\n{MAKE.BEGIN}__all__ = ["Item"]\n{MAKE.END}'
    made = MAKE.written(text)
    assert made != text
    assert MAKE.written(made) == made
    assert ast.literal_eval(made.partition("__all__ = ")[2].partition("]")[0] + "]") == ["Item", "NewItem"]


# --- what endpoints take and give ---------------------------------------------------------------


def methods(client: type) -> Iterator[tuple[str, Any]]:
    """Every public method of every resource of a client."""
    for attribute, resource in vars(client).items():
        if isinstance(resource, LazyResource):
            for name, method in inspect.getmembers(getattr(client, attribute), inspect.isfunction):
                if not name.startswith("_"):
                    yield f"{attribute}.{name}", method


def reachable(kinds: Iterable[object], found: set[type]) -> set[type]:
    """The classes of this repository that these types are made of, fields included."""
    for kind in kinds:
        if isinstance(kind, type) and kind not in found and kind.__module__.partition(".")[0] in _OURS:
            found.add(kind)
            if attrs.has(kind):
                hints = typing.get_type_hints(kind)
                reachable((hints[each.name] for each in attrs.fields(kind)), found)
        if kind is not Extra:
            reachable(typing.get_args(kind), found)
    return found


def missing(kinds: Iterable[object], *packages: ModuleType) -> list[str]:
    """The classes that these types are made of and nobody can import from one of the packages."""
    return sorted(
        kind.__qualname__
        for kind in reachable(kinds, set())
        if not any(getattr(each, kind.__name__, None) is kind for each in (*packages, clientkit))
    )


CALLS = [
    pytest.param(package, method, id=f"{package.__name__}-{name}")
    for package in (brex_accounting, rillet)
    for name, method in methods(package.Client)
]


@pytest.mark.parametrize(("package", "method"), CALLS)
def test_what_a_method_takes_and_gives_can_be_imported(package: ModuleType, method: Any) -> None:
    private = missing(typing.get_type_hints(method).values(), package)
    assert private == [], f"import these in {package.__file__}"


SETTINGS = [(bridge, bridge.Settings), (bridge.billing, bridge.billing.BillingSettings)]


@pytest.mark.parametrize(("package", "settings"), SETTINGS, ids=["export", "billing"])
def test_what_settings_are_made_of_can_be_imported(package: ModuleType, settings: type) -> None:
    private = missing([settings], package, bridge)
    assert private == [], f"import these in {package.__file__}"


def test_every_mapper_of_the_package_can_be_imported() -> None:
    private = {each for each in bridge.DEFAULT_MAPPERS.values() if getattr(bridge, each.__name__, None) is not each}
    assert private == set(), f"import these in {bridge.__file__}"


class Colour(enum.Enum):
    RED = "RED"


@attrs.frozen
class Wheel:
    colour: Colour | None


@attrs.frozen
class Car:
    wheels: tuple[Wheel, ...]


def test_a_model_that_is_not_exported_would_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def get(car_id: str) -> object:
        raise NotImplementedError

    get.__annotations__ = {"car_id": str, "return": Car}
    monkeypatch.setattr(f"{__name__}._OURS", (*_OURS, __name__.partition(".")[0]))
    assert missing(typing.get_type_hints(get).values(), rillet) == ["Car", "Colour", "Wheel"]
