"""What a listing gives in the place of an item that cannot be read, where it may not stop the others.

Most listings never need it, so it is loaded when one does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import attrs

from clientkit.codec import CodecError, structure

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Unreadable:
    """An item of a listing that does not have the documented shape, in the place of the item.

    `id` is there where the item has one, `problem` says what does not fit, and `raw` is the item as parsed JSON.
    """

    id: str | None
    problem: str
    # What does not fit may be other people's data, and must not reach a log through a repr.
    raw: object = attrs.field(repr=False, hash=False)


def read_each(items: object, kind: type[Any]) -> tuple[object, ...]:
    """The items of a page one by one, each as a `kind` or as an `Unreadable`."""
    return tuple(_read(each, kind) for each in structure(items, list[object]))


def tolerant_key(key: Callable[[T], str]) -> Callable[[T | Unreadable], str]:
    """`key` for items of which some cannot be read."""

    def key_of(item: T | Unreadable) -> str:
        return (item.id or repr(item.raw)) if isinstance(item, Unreadable) else key(item)

    return key_of


def _read(value: object, kind: type[Any]) -> object:
    try:
        return structure(value, kind)
    except CodecError as error:
        return Unreadable(id=_id_of(value), problem=str(error), raw=value)


def _id_of(item: object) -> str | None:
    found = cast("dict[str, object]", item).get("id") if isinstance(item, dict) else None
    return found if isinstance(found, str) else None
