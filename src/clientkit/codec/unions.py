"""Unions of classes that a field of the JSON, their tag, tells apart; a variant unknown today is kept as it came.

A variant names its tag with a field that is always written::

    @attrs.frozen(kw_only=True)
    class CardPayment:
        card: str
        type: Literal["CARD"] = attrs.field(default="CARD", metadata=always_sent())

    Payment: TypeAlias = CardPayment | CashPayment | UnknownVariant
    tagged_union(Payment, "type")

From then on the codec reads ``Payment`` and ``Payment | None`` wherever a field is declared so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast, get_args

import attrs

from clientkit import codec
from clientkit.codec import CodecError, Extra


@attrs.frozen(kw_only=True)
class UnknownVariant:
    """A member of a union that this release does not know, written back as it came.

    `kind` is the value of the tag, None where there was none; `raw` is the whole object, its tag included, and all that
    is written.
    """

    kind: str | None
    raw: Extra = attrs.field(hash=False)


def _nothing(_: Mapping[str, object]) -> str | None:
    return None


def tagged_union(union: object, tag: str, *, untagged: Callable[[Mapping[str, object]], str | None] = _nothing) -> None:
    """Teach the codec a union of attrs classes and `UnknownVariant`.

    `tag` is the field, and the JSON name, whose default tells the classes apart. `untagged` guesses the tag of an object
    that came without one. Raises `TypeError` for a union whose classes the tag does not tell apart.
    """
    classes: tuple[type[Any], ...] = get_args(union)
    if UnknownVariant not in classes:
        raise TypeError(f"{union} has no UnknownVariant, so a new variant of the service could not be read")
    known = {_tag_of(kind, tag): kind for kind in classes if kind is not UnknownVariant}
    if len(known) != len(classes) - 1:
        raise TypeError(f"two classes of {union} have the same {tag!r}")

    def read(value: object, structure: codec.Structure) -> object:
        if not isinstance(value, dict):
            raise CodecError(f"{type(value).__name__} is not an object with a {tag!r}")
        found = cast("dict[str, object]", value)
        name = found.get(tag)
        if name is None:
            name = untagged(found)
        if isinstance(name, str) and name in known:
            return structure(found, known[name])
        return UnknownVariant(kind=name if isinstance(name, str) else None, raw=found)

    codec.register(union, read=read)


def _tag_of(kind: type[Any], tag: str) -> str:
    field = attrs.fields_dict(kind).get(tag)
    if field is None or not isinstance(field.default, str):
        raise TypeError(f"{kind.__name__} has no default for {tag!r}, which tells it apart")
    return field.default


def _as_it_came(variant: UnknownVariant) -> Extra:
    return variant.raw


codec.register(UnknownVariant, write=_as_it_came)
