"""Makers make what the class itself makes."""

from __future__ import annotations

from abc import ABC
from typing import Any

import attrs
import pytest

from clientkit.making import maker


@attrs.frozen(kw_only=True)
class Point:
    x: int
    y: int = 0
    seen: list[int] = attrs.field(factory=list[int])
    kind: str = attrs.field(default="point", init=False)


@attrs.frozen
class Pair:
    first: object
    second: object = attrs.field(default=None, alias="second_one")


@attrs.frozen(kw_only=True)
class Checked:
    x: int

    def __attrs_post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("it is negative")


@attrs.frozen(slots=False)
class Loose:
    x: int


@attrs.frozen(kw_only=True)
class Base(ABC):
    x: int


@attrs.frozen(kw_only=True)
class Derived(Base):
    y: int = 1


def test_a_maker_takes_what_the_class_takes_and_makes_the_same() -> None:
    assert maker(Point)(x=1) == Point(x=1)
    assert maker(Point)(x=1, y=2, seen=[3]) == Point(x=1, y=2, seen=[3])
    assert maker(Pair)(1, second_one=2) == maker(Pair)(1, 2) == Pair(1, 2)
    assert maker(Derived)(x=3) == Derived(x=3)
    assert maker(Loose)(3) == Loose(3)
    assert repr(maker(Point)(x=1)) == "Point(x=1, y=0, seen=[], kind='point')"


@attrs.frozen(kw_only=True)
class Named:
    kind: str
    twin: str = "t"
    unset: list[int] = attrs.field(factory=list[int])
    made: str = "m"
    default_0: str = "d"


def test_a_field_may_have_any_name() -> None:
    assert maker(Named)(kind="vouchers") == Named(kind="vouchers")
    told: dict[str, Any] = {"kind": "vouchers", "twin": "x", "made": "y", "default_0": "z"}
    assert maker(Named)(**told) == Named(**told)


def test_what_is_made_is_of_the_class_itself_and_frozen() -> None:
    made = maker(Derived)(x=3)
    assert type(made) is Derived
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.x = 4  # type: ignore[misc]
    assert attrs.evolve(made, x=4) == Derived(x=4)


def test_each_object_has_a_default_of_its_own() -> None:
    make = maker(Point)
    make(x=1).seen.append(5)
    assert make(x=1).seen == []


def test_a_maker_refuses_what_the_class_refuses() -> None:
    make: Any = maker(Point)
    for arguments in ({}, {"x": 1, "z": 2}, {"x": 1, "kind": "other"}):
        with pytest.raises(TypeError):
            make(**arguments)
    with pytest.raises(ValueError, match="it is negative"):
        maker(Checked)(x=-1)


def test_a_class_whose_constructor_does_more_stays_its_own_maker() -> None:
    @attrs.frozen
    class Converted:
        x: int = attrs.field(converter=int)

    @attrs.frozen(init=False)
    class ByHand:
        x: int

        def __init__(self) -> None:
            object.__setattr__(self, "x", 7)

    class Extended(Point):
        pass

    @attrs.frozen
    class Dependent:
        x: int
        y: int = attrs.field(default=attrs.Factory(lambda self: self.x, takes_self=True))

    kept = list[type]()

    @attrs.frozen(slots=False)
    class Registered:
        x: int

        def __init_subclass__(cls) -> None:
            kept.append(cls)

    kinds: list[Any] = [Converted, ByHand, Extended, Dependent, Registered, int]
    for kind in kinds:
        assert maker(kind) is kind
    assert kept == []
