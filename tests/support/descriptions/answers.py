"""Answers as Rillet's description allows them, and as its service was seen to give them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hypothesis import strategies as st

from support.descriptions.rillet import Schema, flat, resolved, variant

_DEPTH = 5
#: Texts that are numbers, by the name of their property.
_NUMERALS = {"amount", "rate", "percentage", "exchange_rate"}

decimals = st.decimals("-1000000", "1000000", places=4)
fractions = st.sampled_from(["", ".1", ".12", ".123", ".123456", ".123456789"])
instants = st.tuples(st.integers(0, 23), fractions).map(lambda drawn: f"2026-03-14T{drawn[0]:02}:09:26{drawn[1]}Z")
_FORMATS: Mapping[str, st.SearchStrategy[object]] = {
    "uuid": st.uuids().map(str),
    "date": st.dates().map(str),
    "date-time": instants,
    "yearMonth": st.just("2026-03"),
}


@st.composite
def answers(draw: st.DrawFn, schema: Schema, *, surprises: bool, name: str = "", depth: int = 0) -> object:
    """A body that conforms to `schema`.

    With `surprises` it also has what a client must live with: unknown properties and values, nulls for what may be left
    out, numbers as text.
    """
    schema = resolved(schema)
    if "oneOf" in schema:
        mapping = schema["discriminator"]["mapping"]
        tag = draw(st.sampled_from(sorted(mapping)))
        if surprises and draw(st.integers(0, 9)) == 0:
            return {schema["discriminator"]["propertyName"]: "NEW_VARIANT", "novelty": [1, Decimal("2.5"), None]}
        member = variant(schema, tag)
        assert member is not None
        body = draw(_objects(member, surprises=surprises, depth=depth))
        return {**body, schema["discriminator"]["propertyName"]: tag}
    if "enum" in schema:
        return draw(st.sampled_from([*schema["enum"], *(["NEVER_SEEN"] if surprises else [])]))
    kind = schema.get("type", "object")
    if kind == "array":
        least = max(1, schema.get("minItems", 0)) if depth < _DEPTH else schema.get("minItems", 0)
        size = draw(st.integers(schema.get("minItems", 0), max(least, 2) if depth < _DEPTH else least))
        items = schema["items"]
        return [draw(answers(items, surprises=surprises, name=name, depth=depth + 1)) for _ in range(size)]
    if kind == "object":
        return draw(_objects(schema, surprises=surprises, depth=depth))
    return draw(_scalars(schema, name, surprises=surprises))


@st.composite
def _objects(draw: st.DrawFn, schema: Schema, *, surprises: bool, depth: int) -> dict[str, object]:
    properties, required = flat(schema)
    body = dict[str, object]()
    for name, each in properties.items():
        optional = name not in required
        if optional and (depth > _DEPTH or draw(st.booleans())):
            continue
        if optional and surprises and draw(st.integers(0, 5)) == 0:
            body[name] = None
        else:
            body[name] = draw(answers(each, surprises=surprises, name=name, depth=depth + 1))
    if surprises and draw(st.booleans()):
        body["not_described"] = {"nested": [None, Decimal("1.10"), {"a": True}]}
    return body


def _scalars(schema: Schema, name: str, *, surprises: bool) -> st.SearchStrategy[object]:
    kind = schema["type"]
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        return st.integers(1, 1000)
    if kind == "number":
        return decimals.map(str) if surprises else decimals
    # The facts have no patterns.
    if name == "month_day":
        return st.just("--03-14")
    if name in _NUMERALS:
        return decimals.map(str)
    return _FORMATS.get(schema.get("format", ""), st.text(min_size=1, max_size=8))
