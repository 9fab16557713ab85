"""Unions: told apart by their tag, written with it, and kept as they came where it is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit import codec
from clientkit.codec import CodecError, Extra, always_sent, as_number, unknown_fields
from clientkit.codec.unions import UnknownVariant, tagged_union


@attrs.frozen(kw_only=True)
class Circle:
    radius: Decimal = attrs.field(metadata=as_number())
    shape: Literal["CIRCLE"] = attrs.field(default="CIRCLE", metadata=always_sent())
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Square:
    side: int
    shape: Literal["SQUARE"] = attrs.field(default="SQUARE", metadata=always_sent())
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Group:
    shapes: tuple[Figure, ...]
    shape: Literal["GROUP"] = attrs.field(default="GROUP", metadata=always_sent())
    extra: Extra = unknown_fields()


Figure: TypeAlias = Circle | Square | Group | UnknownVariant


def _guess(found: Mapping[str, object]) -> str | None:
    return "CIRCLE" if "radius" in found else None


tagged_union(Figure, "shape", untagged=_guess)


@attrs.frozen(kw_only=True)
class Drawing:
    main: Figure
    frame: Figure | None = None
    others: tuple[Figure, ...] = ()


def read(text: bytes) -> Drawing:
    return codec.structure(codec.parse(text), Drawing)


decimals = st.decimals(min_value=-(10**6), max_value=10**6, places=3)
names = st.text(st.characters(codec="utf-8"), max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | decimals | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
extras = st.dictionaries(st.sampled_from(["note", "colour", "z"]), json_values, max_size=2)


def unknown(kind: str, raw: dict[str, object]) -> UnknownVariant:
    return UnknownVariant(kind=kind, raw={**raw, "shape": kind})


unknowns = st.builds(
    unknown,
    names.filter(lambda kind: kind not in {"CIRCLE", "SQUARE", "GROUP"}),
    st.dictionaries(names, json_values, max_size=3),
)
plain_figures = (
    st.builds(Circle, radius=decimals, extra=extras)
    | st.builds(Square, side=st.integers(0, 9), extra=extras)
    | unknowns
)
figures: st.SearchStrategy[Any] = st.recursive(
    plain_figures, lambda inner: st.builds(Group, shapes=st.lists(inner, max_size=3).map(tuple), extra=extras)
)
drawings = st.builds(Drawing, main=figures, frame=st.none() | figures, others=st.lists(figures, max_size=3).map(tuple))


@given(drawings)
def test_what_is_written_reads_back_equal(drawing: Drawing) -> None:
    assert read(codec.dumps(drawing)) == drawing


@given(figures)
def test_a_variant_always_carries_its_tag(figure: Figure) -> None:
    written = codec.parse(codec.dumps(figure))
    assert isinstance(written, dict)
    assert written["shape"] == (figure.kind if isinstance(figure, UnknownVariant) else figure.shape)


@given(unknowns)
def test_an_unknown_variant_is_written_back_as_it_came(figure: UnknownVariant) -> None:
    text = codec.dumps({"main": figure})
    assert codec.dumps(read(text)) == text


def test_the_tag_decides_and_not_the_fields(engine: str) -> None:
    assert read(b'{"main": {"shape": "SQUARE", "side": 2, "radius": 1}}').main == Square(side=2, extra={"radius": 1})
    both = read(b'{"main": {"shape": "ELLIPSE", "radius": 1.50, "nothing": null}}').main
    assert both == UnknownVariant(kind="ELLIPSE", raw={"shape": "ELLIPSE", "radius": Decimal("1.50"), "nothing": None})


def test_null_and_absence_of_an_optional_union_are_none() -> None:
    assert read(b'{"main": {"shape": "SQUARE", "side": 2}, "frame": null}').frame is None
    assert read(b'{"main": {"shape": "SQUARE", "side": 2}}').frame is None


def test_an_optional_union_without_a_default_reads_null() -> None:
    @attrs.frozen
    class Held:
        figure: Figure | None

    assert codec.structure({"figure": None}, Held) == Held(None)
    assert codec.structure({"figure": {"shape": "SQUARE", "side": 1}}, Held) == Held(Square(side=1))


@pytest.mark.parametrize("tag", [b"", b'"shape": null, '])
def test_without_a_tag_the_guess_decides(tag: bytes) -> None:
    assert read(b'{"main": {' + tag + b'"radius": "1.5"}}').main == Circle(radius=Decimal("1.5"))


@pytest.mark.parametrize("body", [{}, {"side": 3}, {"shape": None, "side": 3}, {"shape": 7}, {"shape": ["SQUARE"]}])
def test_what_cannot_be_told_is_kept(body: dict[str, object]) -> None:
    main = codec.structure({"main": body}, Drawing).main
    assert main == UnknownVariant(kind=None, raw=body)
    assert codec.unstructure(main) == body


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b'{"main": null}', "NoneType is not an object with a 'shape' @ $.main"),
        (b'{"main": "SQUARE"}', "str is not an object with a 'shape' @ $.main"),
        (b'{"main": {"shape": "SQUARE", "side": 1.5}}', "is not a whole number @ $.main.side"),
        (b'{"main": {"shape": "GROUP", "shapes": [{"shape": "CIRCLE"}]}}', "missing @ $.main.shapes[0].radius"),
        (b'{"main": {"shape": "SQUARE", "side": 1}, "frame": []}', "list is not an object with a 'shape' @ $.frame"),
        (
            b'{"main": {"shape": "SQUARE", "side": 1}, "others": [7]}',
            "int is not an object with a 'shape' @ $.others[0]",
        ),
    ],
)
def test_a_misfit_is_refused_with_its_place(text: bytes, complaint: str) -> None:
    with pytest.raises(CodecError) as caught:
        read(text)
    assert complaint in str(caught.value)


def test_variants_are_values() -> None:
    drawing = Drawing(main=Square(side=1), frame=UnknownVariant(kind="X", raw={"shape": "X", "list": [1]}))
    assert hash(drawing) == hash(attrs.evolve(drawing))
    assert drawing != attrs.evolve(drawing, frame=UnknownVariant(kind="X", raw={"shape": "X", "list": [2]}))


@attrs.frozen(kw_only=True)
class Untagged:
    shape: str


def test_a_union_that_its_tag_does_not_tell_apart_is_refused() -> None:
    with pytest.raises(TypeError, match="Untagged has no default for 'shape'"):
        tagged_union(Circle | Untagged | UnknownVariant, "shape")
    with pytest.raises(TypeError, match="Circle has no default for 'kind'"):
        tagged_union(Circle | Square | UnknownVariant, "kind")

    @attrs.frozen(kw_only=True)
    class Disc:
        shape: str = "CIRCLE"

    with pytest.raises(TypeError, match="the same 'shape'"):
        tagged_union(Circle | Disc | UnknownVariant, "shape")


def test_a_union_without_room_for_new_variants_is_refused() -> None:
    with pytest.raises(TypeError, match="no UnknownVariant"):
        tagged_union(Circle | Square, "shape")
