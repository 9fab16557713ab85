"""The readers that are fast and those that are careful read the same, and refuse the same.

``BREX_RILLET_BODIES=100000`` tries so many bodies of each class.
"""

from __future__ import annotations

import copy
import importlib
import os
import pickle
import pkgutil
import random
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import attrs
import pytest

import brex_accounting
import rillet
from clientkit.codec import CodecError, Extra, hooks, parse, structure, unknown_fields
from clientkit.codec.remembered import MOST_REMEMBERED, Remembered
from support.bodies import body_of, exactly, spoiled

BODIES = int(os.environ.get("BREX_RILLET_BODIES", "60"))
SPOILED_EACH = 20


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".testing" not in found.name:
            yield importlib.import_module(found.name)


def answers() -> dict[str, type[Any]]:
    """Every class of both services that keeps what it does not know."""
    found = dict[str, type[Any]]()
    for package in (rillet, brex_accounting):
        for module in _modules(package):
            for name, kind in vars(module).items():
                if isinstance(kind, type) and attrs.has(kind) and "extra" in attrs.fields_dict(kind):
                    found[f"{package.__name__}.{name}"] = kind
    return found


def outcome(read: Any, value: object, kind: type[Any]) -> object:
    try:
        return exactly(read(value, kind))
    except Exception:  # noqa: BLE001 - the fast readers refuse in any way
        return "refused"


@pytest.mark.parametrize("name", sorted(answers()))
def test_both_readers_read_and_refuse_the_same(name: str) -> None:
    kind, chance = answers()[name], random.Random(name)
    for _ in range(max(1, BODIES // SPOILED_EACH)):
        right = body_of(kind, chance)
        for body in (right, *(spoiled(right, chance) for _ in range(SPOILED_EACH - 1))):
            fast = outcome(hooks._fast.structure, body, kind)
            assert fast == outcome(hooks._careful.structure, body, kind), body


@attrs.frozen(kw_only=True)
class Party:
    id: str
    name: str | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Booking:
    party: Party
    others: tuple[Party, ...] = ()
    extra: Extra = unknown_fields()


def test_equal_parts_of_texts_are_one_object() -> None:
    body = {
        "party": {"id": "1", "type": "COMPANY"},
        "others": [{"type": "COMPANY", "id": "1"}, {"id": "1", "type": "COMPANY"}],
    }

    read = structure(body, Booking)

    assert read.others[1] is read.party
    assert read.others[0] == read.party


@pytest.mark.parametrize(("first", "second"), [(1, True), (True, 1), (1, 1.0), ([1], [True]), ("1", 1)])
def test_parts_are_not_confused_whose_unknown_fields_are_merely_equal(first: object, second: object) -> None:
    read = [
        structure({"party": {"id": "1", "level": level}}, Booking).party.extra["level"] for level in (first, second)
    ]

    assert [repr(each) for each in read] == [repr(first), repr(second)]


def test_a_part_that_does_not_fit_is_refused_after_one_that_equals_it() -> None:
    structure({"party": {"id": "1", "name": "x"}}, Booking)

    with pytest.raises(CodecError, match=r"party\.id"):
        structure({"party": {"id": 1, "name": "x"}}, Booking)


def test_unknown_fields_that_are_shared_cannot_be_changed() -> None:
    shared: Any = structure({"party": {"id": "1", "type": "COMPANY"}}, Booking).party.extra

    for change in (
        lambda: shared.update(a=1),
        lambda: shared.__setitem__("a", 1),
        shared.clear,
        lambda: shared.pop("type"),
    ):
        with pytest.raises(TypeError, match=r"attrs\.evolve"):
            change()
    assert shared == {"type": "COMPANY"}
    assert {**shared} == dict(copy.deepcopy(shared)) == pickle.loads(pickle.dumps(shared)) == {"type": "COMPANY"}


def test_what_was_read_is_frozen_and_of_its_class() -> None:
    read = structure({"party": {"id": "1"}}, Booking)

    assert type(read) is Booking
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        read.party.id = "2"  # type: ignore[misc]
    assert hash(read.party) == hash(Party(id="1"))
    assert pickle.loads(pickle.dumps(read)) == read


def test_few_and_short_texts_are_remembered() -> None:
    remembered = Remembered(len)

    for number in range(MOST_REMEMBERED * 2):
        assert remembered[str(number)] == len(str(number))
    assert remembered["1" * 1_000_000] == 1_000_000
    assert len(remembered) <= MOST_REMEMBERED
    assert max(map(len, remembered)) < 10


def test_equal_amounts_keep_the_places_that_they_came_with() -> None:
    read: Any = parse(b"[1.50, 1.5, 1.50, 15e-1]")

    assert [str(each) for each in read] == ["1.50", "1.5", "1.50", "1.5"]


def test_what_is_remembered_is_bounded() -> None:
    for number in range(MOST_REMEMBERED * 2):
        assert structure({"party": {"id": str(number)}}, Booking).party.id == str(number)
